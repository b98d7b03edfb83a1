// Error feedback (Seide et al. 2014; Karimireddy et al. 2019, arXiv 1901.09847): what a codec loses of one vector is added to the
// next, so that a biased codec loses nothing for good. The residual belongs to one sender and one stream of vectors, and lives
// as long as it is kept: who holds it, and whether a device that comes back after many rounds should, is the caller's business.
import type { Codec } from './codec/codec.ts';
import { withinF32 } from './codec/finite.ts';

export interface FedBack {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** What the bytes lack of values + residual; a buffer of its own. */
  readonly residual: Float32Array<ArrayBuffer>;
}

/**
 * The encoding of `values` + `residual` (undefined: none yet), and what it lacks. Nothing given is changed. Throws a RangeError
 * where the residual has another length or a sum is not finite.
 */
export function encodeWithFeedback(
  values: Float32Array,
  residual: Float32Array | undefined,
  codec: Codec,
  seed: string,
): FedBack {
  if (residual !== undefined && residual.length !== values.length)
    throw new RangeError(
      `A residual of ${residual.length} values does not belong to ${values.length} values.`,
    );
  const rest = Float32Array.from(values);
  if (residual !== undefined) for (let i = 0; i < rest.length; i += 1) rest[i]! += residual[i]!;
  const bytes = codec.encode(rest, seed);
  const decoder = codec.decoder(rest.length, seed, (offset, part) => {
    for (let i = 0; i < part.length; i += 1) rest[offset + i] = withinF32(rest[offset + i]! - part[i]!);
  });
  const fault = decoder.write(bytes) ?? decoder.end();
  if (fault !== undefined)
    throw new Error(`The codec ${codec.name} does not read its own encoding: ${JSON.stringify(fault)}.`);
  return { bytes, residual: rest };
}
