// How a vector of f32 values crosses the wire. A codec is pure and seeded: encoding the same values under the same seed gives
// the same bytes, and decoding them gives the same values, bit for bit, in every engine. The seed comes from the context of
// the message (federation, round, participant), so that nobody chooses it. Which codec carries what is the plan's business.

/** Why bytes are no encoding. */
export type CodecFault =
  | { readonly kind: 'wrong-length'; readonly expected: number; readonly got: number }
  | { readonly kind: 'malformed'; readonly reason: string };

/** Turns bytes into values as they come, in memory O(block) beyond what a rotation must hold. */
export interface Decoder {
  /** The next bytes, in order and cut anywhere; `bytes` is read during the call only. The first fault, if any. */
  write(bytes: Uint8Array): CodecFault | undefined;
  /** All bytes are in. Every value has been emitted once, in order, unless a fault is returned. */
  end(): CodecFault | undefined;
}

/** `values` stand at `offset` of the vector; they are valid during the call only. */
export type Emit = (offset: number, values: Float32Array) => void;

export interface Codec {
  /** As on the wire and on a command line: `f32`, `eden:3`, `topk:0.01`. */
  readonly name: string;
  readonly title: string;
  /** Whether what it loses of one vector must be added to the next, or the sum is biased (error feedback, Seide et al. 2014). */
  readonly needsErrorFeedback: boolean;
  /** Exact bytes of an encoding of `length` values. */
  byteLength(length: number): number;
  /** Every value must be finite (core/update/check-update): else a RangeError. */
  encode(values: Float32Array, seed: string): Uint8Array<ArrayBuffer>;
  decoder(length: number, seed: string, emit: Emit): Decoder;
}
