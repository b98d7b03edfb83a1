// Folds updates into a strategy's state as they arrive: read from the blob store in chunks through one fixed buffer, so
// that memory is a few models, whatever the size of the cohort.
import { createHash } from 'node:crypto';
import { fedavg } from '#lib/core/aggregation/fedavg.ts';
import { addChunk, endUpdate, fixedPointSum } from '#lib/core/aggregation/fixed-point-sum.ts';
import type { AggregationFailure } from '#lib/core/aggregation/strategy.ts';
import type { Digest, ParticipantId } from '#lib/core/ids.ts';
import { ok, type Result } from '#lib/core/result.ts';
import type { Report } from '#lib/core/round/round-state.ts';
import type { Blobs } from '../ports/blobs.ts';

/** A multiple of 4, small enough for the processor's cache. */
export const CHUNK_BYTES = 256 * 1024;

/** Bytes in the store differ from their name: a damaged disk. */
export class BlobDamaged extends Error {
  override readonly name = 'BlobDamaged';
  constructor(readonly digest: Digest) {
    super(`The bytes ${digest} are damaged on disk.`);
  }
}

export interface Folding {
  /**
   * Adds an update, once: a second call for the participant changes nothing. `verify`: read its digest again, because it
   * was not this process that checked it.
   */
  add(report: Report, verify: boolean): Promise<void>;
  /** The new parameters from those of the base; the folding is spent. */
  finish(base: Digest): Promise<Result<Float32Array<ArrayBuffer>, AggregationFailure>>;
}

/** Calls must not overlap. After one has thrown the folding must be thrown away. */
export function folding(blobs: Blobs, parameterCount: number, quantum: number): Folding {
  const setting = {
    parameterCount,
    options: {},
    training: { learningRate: 1, momentum: 0, proximalTerm: 0 },
    population: 1,
  };
  const sum = fixedPointSum(parameterCount, quantum);
  const scratch = new ArrayBuffer(CHUNK_BYTES);
  const folded = new Set<ParticipantId>();
  return {
    async add(report, verify) {
      if (folded.has(report.participant)) return;
      const hash = verify ? createHash('sha256') : undefined;
      await blobs.read(report.update, scratch, (chunk, offset) => {
        hash?.update(chunk);
        const values = new Float32Array(chunk.buffer, chunk.byteOffset, chunk.byteLength / 4);
        addChunk(sum, offset / 4, values, report.examples);
      });
      if (hash !== undefined && hash.digest('hex') !== report.update) throw new BlobDamaged(report.update);
      endUpdate(sum, report.examples);
      folded.add(report.participant);
    },
    async finish(base) {
      const parameters = await readParameters(blobs, base, parameterCount, scratch);
      const made = fedavg.finish(sum, parameters, new Float32Array(0), setting);
      return made.ok ? ok(made.value.parameters) : made;
    },
  };
}

/** Parameters [P] of a version, checked against their digest. Throws BlobMissing and BlobDamaged. */
export async function readParameters(
  blobs: Blobs,
  digest: Digest,
  parameterCount: number,
  scratch = new ArrayBuffer(CHUNK_BYTES),
): Promise<Float32Array<ArrayBuffer>> {
  const parameters = new Float32Array(parameterCount);
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
