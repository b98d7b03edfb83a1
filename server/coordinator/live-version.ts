// Which version `live` may name. Without gates commits move it to the newest; with them it goes to the newest version that passes every
// one, once devices have scored it, and to no other: by no commit, no page and no request. A version that was live before a gate was set
// stays so: what people use is not taken from them, and the console marks it.
import { judgedSentence } from '#lib/core/gates/gate-words.ts';
import { judgeGates, needsEvaluation, passesAll, type JudgedGate } from '#lib/core/gates/judge-gates.ts';
import type { VersionNumber } from '#lib/core/ids.ts';
import type { AliasMove } from '#lib/protocol/views.ts';
import type { FederationRecord, VersionRecord } from '../ports/records.ts';
import type { Federation } from './federation.ts';

/** Versions that devices may still be scoring: of older ones nothing new is to be heard. */
const STILL_SCORED = 20;

const judgedVersion = (
  { record, versions }: Federation,
  version: VersionRecord,
  all: readonly VersionRecord[],
): readonly JudgedGate[] => judgeGates(record.spec, versions.view(version), all);

/** Each gate that keeps a version from being live, by its place in the spec and in a sentence. */
export const failedGates = (
  federation: Federation,
  version: VersionRecord,
): readonly { readonly path: string; readonly message: string }[] =>
  judgedVersion(federation, version, federation.versions.from(0)).flatMap((judged, index) =>
    judged.standing === 'passed'
      ? []
      : [{ path: `gates.${index}`, message: judgedSentence(judged, federation.record.spec) }],
  );

/** The version that `live` goes to by itself, from this one on; undefined: none passes the gates. */
export function automaticLive(federation: Federation, from = 0): VersionRecord | undefined {
  const { record, versions } = federation;
  if (!hasGates(record)) return versions.head;
  const all = versions.from(0);
  for (let at = all.length - 1; at >= from; at -= 1) {
    const one = all[at];
    if (one === undefined || versions.isDamaged(one.version)) continue;
    if (passesAll(judgedVersion(federation, one, all)) && isHeardOut(federation, one)) return one;
  }
  return undefined;
}

/** Moves `live` forward where gates let it: to the newest of the versions that are still scored, or of all. Within the queue. */
export async function promote(
  federation: Federation,
  among: 'still-scored' | 'all' = 'still-scored',
): Promise<void> {
  const { record, versions } = federation;
  if (!hasGates(record) || record.livePinned || federation.between === 'evaluations') return;
  const oldest = among === 'all' ? 0 : versions.head.version - STILL_SCORED;
  const version = automaticLive(federation, Math.max(record.live + 1, oldest));
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
function isHeardOut({ record, versions }: Federation, version: VersionRecord): boolean {
  const { gates = [], rules } = record.spec;
  if (!gates.some(needsEvaluation)) return true;
  const heard = versions.view(version).evaluation?.participants ?? 0;
  // A version that was restored was made by nobody: it asks for as many as a round does.
  return (
    heard >= (version.participants === 0 ? rules.minimum : Math.min(rules.minimum, version.participants))
  );
}

/** Moved by hand to this version: whether commits leave it there. */
export const pinsAt = (federation: Federation, version: VersionNumber): boolean =>
  version < (automaticLive(federation)?.version ?? 0);
