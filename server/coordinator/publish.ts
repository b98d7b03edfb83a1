// A new version made durable: its parameters as devices will hold them, the difference that leads there, and what the server
// remembers with it.
import type { Aggregated } from '#lib/core/aggregation/strategy.ts';
import { bytesOf } from '#lib/core/digest.ts';
import type { Digest, VersionNumber } from '#lib/core/ids.ts';
import { broadcast } from '#lib/core/update/broadcast.ts';
import type { Codec } from '#lib/core/update/codec/codec.ts';
import type { Aggregation } from '#lib/core/round/round-state.ts';
import { BlobMissing, type Blobs } from '../ports/blobs.ts';
import type { VersionRecord } from '../ports/records.ts';
import { BlobDamaged, readParameters } from './stored-updates.ts';

/** How a version goes down: `f32` is the whole of it, exactly; any other codec a difference to its anchor. */
export interface Downlink {
  readonly codec: Codec;
  readonly seed: string;
  readonly anchor: { readonly version: VersionNumber; readonly digest: Digest };
}

/** A new version whose bytes are durable, retained once each. */
export type MadeVersion = Pick<VersionRecord, 'digest' | 'bytes' | 'state' | 'residual' | 'delta'> & {
  /** ‖new master − master of the base‖₂ */
  readonly norm: number;
};

/** What a version's difference starts from. */
export interface Anchor {
  readonly version: VersionNumber;
  /** [P] */
  readonly parameters: Float32Array;
}

/** The downlink's anchor; one that the disk has lost gives way to the round's base, whose parameters `held` are at hand. */
export async function anchorFor(
  blobs: Blobs,
  { codec, anchor: { version, digest } }: Downlink,
  { base, baseDigest }: Pick<Aggregation, 'base' | 'baseDigest'>,
  held: Float32Array,
): Promise<Anchor> {
  const onBase = { version: base, parameters: held };
  if (digest === baseDigest || codec.name === 'f32') return onBase;
  try {
    return { version, parameters: await readParameters(blobs, digest, held.length) };
  } catch (error) {
    if (error instanceof BlobMissing || error instanceof BlobDamaged) return onBase;
    throw error;
  }
}

export const digestsOf = ({ digest, state, residual, delta }: MadeVersion): Digest[] =>
  [digest, state, residual, delta?.digest].filter((one) => one !== null && one !== undefined);

/** Throws BlobSpaceFull, with nothing of it kept. */
export async function publish(
  blobs: Blobs,
  { parameters, state }: Aggregated,
  anchor: Anchor,
  { codec, seed }: Downlink,
  norm: number,
): Promise<MadeVersion> {
  const kept: Digest[] = [];
  const put = async (bytes: Uint8Array): Promise<Digest> => {
    const digest = await blobs.put(bytes);
    kept.push(digest);
    return digest;
  };
  try {
    const remembered = state.length === 0 ? null : await put(bytesOf(state));
    if (codec.name === 'f32')
      return {
        digest: await put(bytesOf(parameters)),
        bytes: parameters.byteLength,
        state: remembered,
        residual: null,
        delta: null,
        norm,
      };
    const sent = broadcast(parameters, anchor.parameters, codec, seed);
    return {
      digest: await put(bytesOf(sent.parameters)),
      bytes: parameters.byteLength,
      state: remembered,
      residual: await put(bytesOf(sent.residual)),
      delta: {
        anchor: anchor.version,
        digest: await put(sent.delta),
        bytes: sent.delta.byteLength,
        codec: codec.name,
      },
      norm,
    };
  } catch (error) {
    for (const digest of kept) await blobs.release(digest);
    throw error;
  }
}
