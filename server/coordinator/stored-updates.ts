// What the two ways of collecting updates share: the plan of a round's aggregation, and reading stored bytes back as values.
import { createHash } from 'node:crypto';
import type {
  Aggregated,
  AggregationFailure,
  AggregationSetting,
  Strategy,
  UpdateFacts,
} from '#lib/core/aggregation/strategy.ts';
import type { Digest, FederationId, ParticipantId } from '#lib/core/ids.ts';
import type { Range } from '#lib/core/model/ranges.ts';
import type { DrawBytes } from '#lib/core/privacy/random-bits.ts';
import type { Result } from '#lib/core/result.ts';
import type { Report } from '#lib/core/round/round-state.ts';
import { codecNamed } from '#lib/core/update/codec/index.ts';
import type { CodecFault, Emit } from '#lib/core/update/codec/codec.ts';
import { updateContext } from '#lib/core/update/context.ts';
import type { Blobs } from '../ports/blobs.ts';

/** A multiple of 4, small enough for the processor's cache. */
export const CHUNK_BYTES = 256 * 1024;

/** What bytes of this many are read through: a chunk, or less where they are fewer. */
export const scratchFor = (bytes: number): ArrayBuffer =>
  new ArrayBuffer(Math.min(CHUNK_BYTES, Math.max(4, bytes)));

/** Bytes in the store differ from their name: a damaged disk. */
export class BlobDamaged extends Error {
  override readonly name = 'BlobDamaged';
  constructor(readonly digest: Digest) {
    super(`The bytes ${digest} are damaged on disk.`);
  }
}

/** What a round's aggregation is made of: fixed when the round is configured. */
export interface AggregationPlan<S extends Strategy = Strategy> {
  readonly federation: FederationId;
  readonly strategy: S;
  readonly setting: AggregationSetting;
  readonly quantum: number;
  /** Whose updates the others are measured against; absent where the strategy needs none. */
  readonly roots?: readonly ParticipantId[] | undefined;
  /** Noise of the server, which is paid for before the collecting is finished; absent: none. */
  readonly noise?:
    | {
        readonly clipNorm: number;
        readonly noiseMultiplier: number;
        /** Updates that the sum is divided by, whoever came. */
        readonly expected: number;
        readonly draw: DrawBytes;
      }
    | undefined;
  /** What of the parameters is each device's own: no version moves there; absent where all is shared. */
  readonly own?: readonly Range[] | undefined;
}

/** What the next version is made from. */
export interface BaseVersion {
  readonly digest: Digest;
  /** What the strategy remembers with it; null: nothing. */
  readonly state: Digest | null;
  /** What the downlink lost up to it; null: nothing. */
  readonly residual: Digest | null;
}

export interface Collecting {
  /**
   * Takes an update, once: a second call for the participant changes nothing. `verify`: read its digest again, because it
   * was not this process that checked it.
   */
  add(report: Report, verify: boolean): Promise<void>;
  /** The new master parameters from those of the base; the collecting is spent. */
  finish(base: ReadBase): Promise<Result<Aggregated, AggregationFailure>>;
  /** Gives up what was spooled; safe at any time. */
  close(): Promise<void>;
}

export const factsOf = ({ examples, steps, baseLoss, norm, staleness }: Report): UpdateFacts => ({
  examples,
  steps,
  baseLoss,
  norm,
  staleness,
});

/** Hands on the decoded values of a stored update, in order. Throws BlobMissing and BlobDamaged. */
export async function decodeUpdate(
  blobs: Blobs,
  plan: AggregationPlan,
  report: Report,
  verify: boolean,
  scratch: ArrayBuffer,
  emit: Emit,
): Promise<void> {
  const hash = verify ? createHash('sha256') : undefined;
  const length = plan.strategy.updateLength(plan.setting.parameterCount);
  const seed = updateContext(plan.federation, report.round, report.participant);
  const decoder = codecNamed(report.codec).decoder(length, seed, emit);
  let fault: CodecFault | undefined;
  await blobs.read(report.update, scratch, (chunk) => {
    hash?.update(chunk);
    fault ??= decoder.write(chunk);
  });
  // It was decoded once before it was accepted: what can no longer be decoded is not what was stored.
  if (fault !== undefined || decoder.end() !== undefined) throw new BlobDamaged(report.update);
  if (hash !== undefined && hash.digest('hex') !== report.update) throw new BlobDamaged(report.update);
}

/** f32 values of a blob, checked against its digest. Throws BlobMissing and BlobDamaged. */
export async function readParameters(
  blobs: Blobs,
  digest: Digest,
  length: number,
  scratch = scratchFor(4 * length),
): Promise<Float32Array<ArrayBuffer>> {
  const parameters = new Float32Array(length);
  const bytes = new Uint8Array(parameters.buffer);
  const hash = createHash('sha256');
  await blobs.read(digest, scratch, (chunk, offset) => {
    hash.update(chunk);
    if (offset + chunk.length > bytes.length) throw new BlobDamaged(digest);
    bytes.set(chunk, offset);
  });
  if (hash.digest('hex') !== digest) throw new BlobDamaged(digest);
  return parameters;
}

export interface ReadBase {
  /** [P]: what devices hold. */
  readonly held: Float32Array<ArrayBuffer>;
  /** [P]: held + residual, from which the strategy goes on. */
  readonly master: Float32Array<ArrayBuffer>;
  /** [stateLength] */
  readonly state: Float32Array<ArrayBuffer>;
}

/** The base as the strategy needs it: state and residual are zeros where the version has none, or those of another strategy. */
export async function readBase(
  blobs: Blobs,
  { strategy, setting }: AggregationPlan,
  base: BaseVersion,
  scratch = scratchFor(4 * setting.parameterCount),
): Promise<ReadBase> {
  const read = async (digest: Digest | null, length: number): Promise<Float32Array<ArrayBuffer>> =>
    digest === null || length === 0 || (await blobs.size(digest)) !== 4 * length
      ? new Float32Array(length)
      : readParameters(blobs, digest, length, scratch);
  const held = await readParameters(blobs, base.digest, setting.parameterCount, scratch);
  const residual = await read(base.residual, held.length);
  return {
    held,
    master: base.residual === null ? held : held.map((value, i) => value + residual[i]!),
    state: await read(base.state, strategy.stateLength(setting)),
  };
}
