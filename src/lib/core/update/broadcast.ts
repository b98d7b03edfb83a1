// A new version on its way down to devices that hold the one before (ALGORITHMS of the downlink: error feedback at the one node
// that keeps state). The server's master parameters w move freely; devices hold the broadcast ŵ: c_t = C(w_t − ŵ_{t−1}),
// ŵ_t = ŵ_{t−1} + c_t, and what the codec lost, w_t − ŵ_t, stays at the server and goes with the next version. Everybody, late
// comers with the whole of ŵ_t too, holds identical bytes. After Seide et al. 2014 (error feedback), Tang et al. 2019
// (DoubleSqueeze: compression both ways).
import type { FederationId } from '../ids.ts';
import { fail, ok, type Result } from '../result.ts';
import type { Codec, CodecFault } from './codec/codec.ts';
import { decodeAll } from './codec/index.ts';

export interface Broadcast {
  /** ŵ_t [P]: what devices hold. */
  readonly parameters: Float32Array<ArrayBuffer>;
  /** c_t as it crosses the wire. */
  readonly delta: Uint8Array<ArrayBuffer>;
  /** w_t − ŵ_t [P]. */
  readonly residual: Float32Array<ArrayBuffer>;
}

/** The first versions of a run move most and come as near as 8 bits: of so many. */
export const FIRST_VERSIONS = 5;

/** What the seeded parts of a version's encoding depend on. */
export const versionContext = (federation: FederationId, version: number): string =>
  `${federation}/version/${version}`;

/** `master` w_t and `held` ŵ_{t−1}, both [P]; neither is changed. */
export function broadcast(master: Float32Array, held: Float32Array, codec: Codec, seed: string): Broadcast {
  const difference = Float32Array.from(master, (value, i) => value - held[i]!);
  const delta = codec.encode(difference, seed);
  const parameters = applyDelta(held, delta, codec, seed);
  if (!parameters.ok)
    throw new Error(`What ${codec.name} encodes it cannot decode: ${parameters.error.kind}.`);
  return {
    parameters: parameters.value,
    delta,
    residual: Float32Array.from(master, (value, i) => value - parameters.value[i]!),
  };
}

/** ŵ_t from ŵ_{t−1} and the bytes of c_t: one addition in f32 a coordinate, the same in every engine. */
export function applyDelta(
  held: Float32Array,
  delta: Uint8Array,
  codec: Codec,
  seed: string,
): Result<Float32Array<ArrayBuffer>, CodecFault> {
  const decoded = decodeAll(codec, delta, held.length, seed);
  if (!decoded.ok) return fail(decoded.error);
  const parameters = decoded.value;
  for (let i = 0; i < parameters.length; i += 1) parameters[i] = held[i]! + parameters[i]!;
  return ok(parameters);
}
