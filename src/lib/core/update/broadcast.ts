// A new version on its way down to devices that hold an earlier one (error feedback at the one node that keeps state). The
// server's master parameters w move freely; devices hold the broadcast ŵ: c_t = C(w_t − ŵ_a), ŵ_t = ŵ_a + c_t, and what the
// codec lost, w_t − ŵ_t, stays at the server and goes with the next version. Everybody, late comers with the whole of ŵ_t too,
// holds identical bytes. After Seide et al. 2014 (error feedback), Tang et al. 2019 (DoubleSqueeze: compression both ways).
//
// The anchor a is not the version before, but one that several versions in a row start from: a device that is asked for one
// round in ten misses nine versions, and gets here with one difference or two, where a chain would take ten.
import type { Digest, FederationId, VersionNumber } from '../ids.ts';
import { fail, ok, type Result } from '../result.ts';
import type { Codec, CodecFault } from './codec/codec.ts';
import { decodeAll } from './codec/index.ts';

export interface Broadcast {
  /** ŵ_t [P]: what devices will hold. */
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

/** The versions that start from one anchor, at most: the next one starts from the last of them. */
export const ANCHOR_SPAN = 32;

/**
 * The anchor of `version`, made of `base`: that of `base` itself, as long as it is near enough, else `base`. A codec that leaves
 * coordinates out starts from the version before, always: between two anchors it could move no others.
 */
export function anchorOf(
  version: number,
  base: { readonly version: VersionNumber; readonly anchor: VersionNumber | null },
  codec: Pick<Codec, 'needsErrorFeedback'>,
): VersionNumber {
  const isNear = base.anchor !== null && version - base.anchor <= ANCHOR_SPAN;
  return isNear && !codec.needsErrorFeedback ? base.anchor : base.version;
}

/** How a version is had by who holds others. */
export interface Way<Difference> {
  /** What it begins with. */
  readonly from: Digest;
  /** It has to be fetched whole. */
  readonly whole: boolean;
  /** From there on, oldest first. */
  readonly steps: readonly Difference[];
}

/**
 * `differences`: newest first, each from its anchor, the first to `digest`. Who holds none of the anchors fetches the nearest
 * one whole and goes on from there: an eighth more than the version itself, and the versions that follow come as differences.
 */
export function wayTo<Difference extends { readonly from: Digest; readonly to: Digest }>(
  digest: Digest,
  differences: readonly Difference[],
  holds: (anchor: Digest) => boolean,
): Way<Difference> {
  const steps: Difference[] = [];
  let to = digest;
  for (const difference of differences) {
    if (difference.to !== to) break;
    steps.unshift(difference);
    to = difference.from;
    if (holds(to)) return { from: to, whole: false, steps };
  }
  const last = steps.at(-1);
  return last === undefined
    ? { from: digest, whole: true, steps: [] }
    : { from: last.from, whole: true, steps: [last] };
}

/** `master` w_t and `anchor` ŵ_a, both [P]; neither is changed. */
export function broadcast(master: Float32Array, anchor: Float32Array, codec: Codec, seed: string): Broadcast {
  const difference = Float32Array.from(master, (value, i) => value - anchor[i]!);
  const delta = codec.encode(difference, seed);
  const parameters = applyDelta(anchor, delta, codec, seed);
  if (!parameters.ok)
    throw new Error(`What ${codec.name} encodes it cannot decode: ${parameters.error.kind}.`);
  return {
    parameters: parameters.value,
    delta,
    residual: Float32Array.from(master, (value, i) => value - parameters.value[i]!),
  };
}

/** ŵ_t from ŵ_a and the bytes of c_t: one addition in f32 a coordinate, the same in every engine. */
export function applyDelta(
  anchor: Float32Array,
  delta: Uint8Array,
  codec: Codec,
  seed: string,
): Result<Float32Array<ArrayBuffer>, CodecFault> {
  const decoded = decodeAll(codec, delta, anchor.length, seed);
  if (!decoded.ok) return fail(decoded.error);
  const parameters = decoded.value;
  for (let i = 0; i < parameters.length; i += 1) parameters[i] = anchor[i]! + parameters[i]!;
  return ok(parameters);
}
