// A federation that learns for an upper one: rounds open when that asks for them, from versions that it hands down. When to ask, and
// what is sent up, is server/edge; here is what that needs of a federation.
import * as v from 'valibot';
import { bytesOf } from '#lib/core/digest.ts';
import { Digest, FederationId, RoundNumber, VersionNumber } from '#lib/core/ids.ts';
import type { Tally } from '#lib/core/metrics/tally.ts';
import { acceptedReports } from '#lib/core/round/round-state.ts';
import { fail, ok, type Result } from '#lib/core/result.ts';
import { BlobMissing, BlobSpaceFull } from '../ports/blobs.ts';
import {
  RecordsFull,
  type Change,
  type FederationRecord,
  type JournalRecord,
  type VersionRecord,
} from '../ports/records.ts';
import type { ActionRefusal } from './actions.ts';
import type { Federation } from './federation.ts';
import { hasGates, moved } from './live-version.ts';
import { BlobDamaged, readParameters } from './stored-updates.ts';
import { madeByNone } from './version-log.ts';
import { versionOfNoRound } from './version-of-no-round.ts';

/** Who decides when rounds of one federation run. */
export interface Upstream {
  readonly federation: FederationId;
  /** Rounds that are wanted from the version that was adopted last, those that are made already included; 0: none now. */
  readonly rounds: number;
  /** What the upper federation waits for or does, in a sentence: part of the status. */
  readonly status: string;
  /** Something has changed: devices, a round, scores. Called often; it must not throw. */
  moved(): void;
}

const whole = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

/** What an upper federation handed down, as the journal has it. */
export const AdoptedFrom = v.object({
  /** The upper server. */
  upstream: v.string(),
  federation: FederationId,
  /** The upper round that devices learn for; null: the version is scored alone. */
  round: v.nullable(RoundNumber),
  /** Its number above, and its bytes. */
  upper: VersionNumber,
  digest: Digest,
  /** Rows that the upper server was told of, which an update may claim; null: how many they are rides in a secure sum. */
  claimed: v.nullable(whole),
});
export type AdoptedFrom = v.InferOutput<typeof AdoptedFrom>;

const Adopted = v.object({ ...AdoptedFrom.entries, /** Its number here. */ version: VersionNumber });
export type Adopted = v.InferOutput<typeof Adopted>;

const ADOPTED = 'adopted';

/** The last that the journal tells of. */
export function lastAdopted(journal: readonly JournalRecord[]): Adopted | undefined {
  const line = journal.findLast(({ type }) => type === ADOPTED);
  const read = line === undefined ? undefined : v.safeParse(Adopted, line.payload);
  return read?.success === true ? read.output : undefined;
}

/** What rounds made of the version that was adopted last. */
export interface LearnedHere {
  readonly adopted: Adopted;
  readonly rounds: number;
  /** Rows behind it: the mean of the rounds, so that a device which took part in half of them counts by half; not above the claim. */
  readonly examples: number;
  /** What devices here say of the adopted version, added up; null: nothing yet. */
  readonly evaluation: { readonly participants: number; readonly tally: Tally } | null;
}

/** Versions made by rounds from the adopted one, oldest first; undefined: the newest version does not come from it. */
function madeFrom({ adopted, versions }: Federation): readonly VersionRecord[] | undefined {
  if (adopted === undefined) return undefined;
  const made: VersionRecord[] = [];
  let one: VersionRecord | undefined = versions.head;
  while (one !== undefined && one.version > adopted.version) {
    if (one.round !== null) made.unshift(one);
    one = one.parent === null ? undefined : versions.get(one.parent);
  }
  return one?.version === adopted.version ? made : undefined;
}

export function learnedHere(federation: Federation): LearnedHere | undefined {
  const { adopted, versions } = federation;
  const made = madeFrom(federation);
  const base = adopted && versions.get(adopted.version);
  if (adopted === undefined || made === undefined || base === undefined) return undefined;
  const rows = made.reduce((total, one) => total + one.examples, 0) / Math.max(1, made.length);
  return {
    adopted,
    rounds: made.length,
    examples: Math.max(1, Math.min(Math.round(rows), adopted.claimed ?? Infinity)),
    evaluation: versions.pooled(base.version) ?? null,
  };
}

/** What is above this federation; undefined: nothing. */
export const upstreamOf = ({ around: { upstream }, record }: Federation): Upstream | undefined =>
  upstream?.federation === record.id ? upstream : undefined;

/** Whether a round may open here as far as an upper federation is concerned. */
export function isAskedFor(federation: Federation): boolean {
  const upstream = upstreamOf(federation);
  return upstream === undefined || (madeFrom(federation)?.length ?? Infinity) < upstream.rounds;
}

const isSame = (one: AdoptedFrom, other: AdoptedFrom): boolean =>
  one.upstream === other.upstream &&
  one.federation === other.federation &&
  one.upper === other.upper &&
  one.digest === other.digest;

/**
 * Goes on from a version of the upper federation, [P]. For the round and version that it was adopted for already nothing is done, so
 * that a restart keeps what was learned since; a round that is open for another ends without a version.
 */
export function adopt(
  federation: Federation,
  from: AdoptedFrom,
  parameters: Float32Array<ArrayBuffer>,
): Promise<Result<void, ActionRefusal>> {
  return federation.enqueue(async () => {
    const { adopted, versions, around } = federation;
    const made = madeFrom(federation);
    const isHere = adopted !== undefined && made !== undefined && isSame(adopted, from);
    if (isHere && (from.round === null || adopted.round === from.round)) return ok(undefined);
    if (parameters.length !== federation.model.parameterCount)
      return notNow(
        `Version ${from.upper} of ${from.upstream} has ${parameters.length} parameters where the model here has ${federation.model.parameterCount}.`,
      );
    const { clock, blobs } = around;
    await federation.feed({
      type: 'cancelled',
      reason: `The upper federation goes on from its version ${from.upper}.`,
      at: clock.now(),
    });
    // A round whose updates are in makes its version whatever is said: that comes first.
    if (federation.openRound !== undefined)
      return notNow(`Round ${federation.openRound.round} is about to make its version.`);
    const { head } = versions;
    const isHead = head.digest === from.digest && head.residual === null && !versions.isDamaged(head.version);
    try {
      if (isHead) await write(federation, { ...from, version: head.version }, []);
      else {
        const digest = await blobs.put(bytesOf(parameters));
        try {
          await insert(federation, from, digest, parameters.byteLength);
        } catch (error) {
          await federation.release(digest);
          throw error;
        }
      }
    } catch (error) {
      if (!(error instanceof BlobSpaceFull) && !(error instanceof RecordsFull)) throw error;
      return notNow('The disk of the edge is full: what the upper federation sent could not be kept.');
    }
    federation.damage = undefined;
    federation.endInterlude();
    federation.changed();
    return ok(undefined);
  });
}

async function insert(
  federation: Federation,
  from: AdoptedFrom,
  digest: Digest,
  bytes: number,
): Promise<void> {
  const { versions, record } = federation;
  const version = v.parse(VersionNumber, versions.head.version + 1);
  const at = federation.around.clock.now();
  const made = versionOfNoRound({
    federation: record.id,
    version,
    digest,
    bytes,
    parent: versions.head.version,
    committedAt: at,
  });
  const keepsLive = record.livePinned || hasGates(record);
  const next: FederationRecord = keepsLive ? record : { ...record, live: version };
  await write(federation, { ...from, version }, [
    { type: 'insert-version', record: made },
    ...(keepsLive
      ? []
      : [
          { type: 'change-federation', record: next } as const,
          moved(federation, { alias: 'live', version, at, by: 'automatic' }),
        ]),
    federation.logged(made, madeByNone),
  ]);
  versions.add(made);
  federation.record = next;
}

async function write(federation: Federation, adopted: Adopted, changes: readonly Change[]): Promise<void> {
  await federation.write([...changes, federation.entry(ADOPTED, adopted)]);
  federation.adopted = adopted;
}

/** What was learned, with its parameters [P] as the server has them; or why there is nothing, in a sentence. */
export function learned(
  federation: Federation,
): Promise<Result<LearnedHere & { readonly parameters: Float32Array<ArrayBuffer> }, string>> {
  return federation.enqueue(async () => {
    const here = learnedHere(federation);
    if (here === undefined || here.rounds === 0)
      return fail('No round of its devices made a version in time.');
    const { digest, residual } = federation.versions.head;
    const { parameterCount } = federation.model;
    const { blobs } = federation.around;
    try {
      const parameters = await readParameters(blobs, digest, parameterCount);
      // What the downlink's codec lost of it, devices here lack and the upper federation need not.
      const lost = residual === null ? undefined : await readParameters(blobs, residual, parameterCount);
      lost?.forEach((value, at) => (parameters[at]! += value));
      return ok({ ...here, parameters });
    } catch (error) {
      if (!(error instanceof BlobMissing) && !(error instanceof BlobDamaged)) throw error;
      return fail(`What its devices learned is damaged on the edge’s disk. ${error.message}`);
    }
  });
}

/** Time is up: the open round makes its version of what is there, where that suffices, or ends without one. */
export function closeRound(federation: Federation): Promise<void> {
  return federation.enqueue(async () => {
    const { openRound, around } = federation;
    const at = around.clock.now();
    if (openRound?.phase === 'reporting' && acceptedReports(openRound).length > 0)
      await federation.feed({ type: 'deadline', round: openRound.round, phase: 'reporting', at });
    else await federation.feed({ type: 'cancelled', reason: 'The upper federation waits no longer.', at });
  });
}

const notNow = (message: string) => fail<ActionRefusal>({ error: 'not-now', message });
