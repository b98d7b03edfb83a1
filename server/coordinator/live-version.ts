// Which version `live` may name. Without gates commits move it to the newest; with them it goes to the newest version that passes every
// one, once devices have scored it, and to no other: by no commit, no page and no request. A version that was live before a gate was set
// stays so: what people use is not taken from them, and the console marks it.
import { judgedSentence } from '#lib/core/gates/gate-words.ts';
import { judgeGates, needsEvaluation, passesAll, type JudgedGate } from '#lib/core/gates/judge-gates.ts';
import { sliceOf } from '#lib/core/gates/asks-slices.ts';
import type { VersionNumber } from '#lib/core/ids.ts';
import type { AliasMove } from '#lib/protocol/views.ts';
import type { FederationRecord, VersionRecord } from '../ports/records.ts';
import type { Federation } from './federation.ts';
import { isReadable } from './version-damage.ts';

/** Versions that devices may still be scoring: of older ones nothing new is to be heard. */
const STILL_SCORED = 20;

const judgedVersion = (
  { record, versions }: Federation,
  version: VersionRecord,
  all: readonly VersionRecord[],
): readonly JudgedGate[] => judgeGates(record.spec, versions.view(version), all);

/** What keeps a version from being live: gates by their places in the spec, or that too few devices have scored it; and what to do. */
export function keptFromLive(
  federation: Federation,
  version: VersionRecord,
):
  | { readonly issues: readonly { readonly path: string; readonly message: string }[]; readonly says: string }
  | undefined {
  const { spec } = federation.record;
  const unmet = judgedVersion(federation, version, federation.versions.from(0))
    .map((judged, index) => ({ judged, path: `gates.${index}`, message: judgedSentence(judged, spec) }))
    .filter(({ judged }) => judged.standing !== 'passed');
  const { heard, asked } = scoringOf(federation, version);
  const isJudged = heard >= asked;
  if (unmet.length === 0 && isJudged) return undefined;
  const few = `${heard} ${heard === 1 ? 'device has' : 'devices have'} scored it, and ${asked} are needed before its conditions are judged.`;
  const issues =
    unmet.length > 0
      ? unmet.map(({ path, message }) => ({ path, message }))
      : [{ path: 'gates', message: few }];
  const first = unmet[0]?.message;
  // Another version is no way out where this one fails nothing, and waits for scores that never come from devices without held-out rows.
  const waits =
    !isJudged &&
    unmet.every(({ judged }) => judged.standing === 'not-measured' && needsEvaluation(judged.gate));
  const isUntimed =
    heard > 0 &&
    unmet.some(({ judged: { gate, standing } }) => gate.kind === 'latency' && standing === 'not-measured');
  const isUncounted =
    heard > 0 &&
    federation.versions.view(version).evaluation?.slices === undefined &&
    unmet.some(({ judged }) => sliceOf(judged.gate) !== undefined);
  const later = 'that they score once a condition asks for it: a later one will be.';
  const timed = `${isUntimed ? ` Devices time only versions ${later}` : ''}${isUncounted ? ` Devices count parts of their rows apart only for versions ${later}` : ''}`;
  return {
    issues,
    says: waits
      ? `${first === undefined ? '' : `${first} `}${few} Wait until more devices that hold rows out have scored it or a later one, lower the least number of updates of a round (“At least”), or take away the conditions that are judged by devices’ scores, which is written down.${timed}`
      : `${first ?? few} Choose a version that passes every condition, or change the conditions, which is written down.${timed}`,
  };
}

/** The version that `live` goes to by itself, from this one on; undefined: none passes the gates. */
export function automaticLive(federation: Federation, from = 0): VersionRecord | undefined {
  const { record, versions } = federation;
  const all = versions.from(0);
  if (!hasGates(record)) return all.findLast((one) => !versions.isDamaged(one.version)) ?? versions.head;
  for (let at = all.length - 1; at >= from; at -= 1) {
    const one = all[at];
    if (one === undefined || versions.isDamaged(one.version)) continue;
    if (passesAll(judgedVersion(federation, one, all)) && isHeardOut(federation, one)) return one;
  }
  return undefined;
}

/** The same, of those whose bytes can be read; others are marked as damaged. */
export async function readableLive(federation: Federation, from = 0): Promise<VersionRecord | undefined> {
  for (;;) {
    const one = automaticLive(federation, from);
    if (one === undefined || federation.versions.isDamaged(one.version)) return undefined;
    if (await isReadable(federation, one)) return one;
  }
}

/** Moves `live` forward where gates let it: to the newest of the versions that are still scored, or of all. Within the queue. */
export async function promote(
  federation: Federation,
  among: 'still-scored' | 'all' = 'still-scored',
): Promise<void> {
  const { record, versions } = federation;
  if (!hasGates(record) || record.livePinned || federation.between === 'evaluations') return;
  const oldest = among === 'all' ? 0 : versions.head.version - STILL_SCORED;
  const version = await readableLive(federation, Math.max(record.live + 1, oldest));
  if (version === undefined) return;
  const next: FederationRecord = { ...record, live: version.version };
  const at = federation.around.clock.now();
  await federation.write([
    { type: 'change-federation', record: next },
    moved(federation, { alias: 'live', version: version.version, at, by: 'automatic' }),
    federation.entry('live-moved', { version: version.version, gates: record.spec.gates ?? [] }),
  ]);
  federation.record = next;
  federation.changed();
}

export const hasGates = ({ spec }: Pick<FederationRecord, 'spec'>): boolean => (spec.gates ?? []).length > 0;

export const moved = ({ record }: Federation, move: AliasMove) =>
  ({ type: 'move-alias', federation: record.id, move }) as const;

/** The first device to score a version does not decide alone: as many are heard as a round needs, or as made the version. */
function scoringOf(
  { record, versions }: Federation,
  version: VersionRecord,
): { readonly heard: number; readonly asked: number } {
  const { gates = [], rules } = record.spec;
  const heard = versions.view(version).evaluation?.participants ?? 0;
  if (!gates.some(needsEvaluation)) return { heard, asked: 0 };
  // A version that was restored was made by nobody: it asks for as many as a round does.
  return {
    heard,
    asked: version.participants === 0 ? rules.minimum : Math.min(rules.minimum, version.participants),
  };
}

function isHeardOut(federation: Federation, version: VersionRecord): boolean {
  const { heard, asked } = scoringOf(federation, version);
  return heard >= asked;
}

/** Moved by hand to this version: whether commits leave it there. */
export const pinsAt = (federation: Federation, version: VersionNumber): boolean =>
  version < (automaticLive(federation)?.version ?? 0);
