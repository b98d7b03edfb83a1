// What every codec makes of fixed vectors and seeds, as SHA-256 of the bytes and of the decoded values: the same in Node and in
// Chromium, for ever. Recorded from this implementation (Node 20, V8). A change here is a change of the wire: updates encoded by
// a page of yesterday would be read as other values by a server of today.
import { bytesOf, digestOf } from '../../src/lib/core/digest.ts';
import { random } from '../../src/lib/core/random.ts';
import { codecNamed, decodeAll } from '../../src/lib/core/update/codec/index.ts';

const SEED = 'federation/round 3/participant';

/** Vectors by exact arithmetic alone: quotients and products of draws, no logarithm that engines may round differently. */
const vectors = {
  /** 5,123 entries: blocks of 4096 and 1024, and three values more. Small, as updates are. */
  even: (): Float32Array<ArrayBuffer> => {
    const draws = random(1, 'golden codecs');
    return Float32Array.from({ length: 5123 }, () => (draws.next() - 0.5) / 64);
  },
  /** 700 entries over forty-five powers of ten, both signs: saturation of halves, denormals, blocks that are padded. */
  wild: (): Float32Array<ArrayBuffer> => {
    const draws = random(2, 'golden codecs');
    return Float32Array.from({ length: 700 }, (_, i) => {
      const magnitude = i % 3 === 0 ? 3e5 : i % 3 === 1 ? 1e-6 : 1e-40;
      return (draws.next() - 0.5) * magnitude;
    });
  },
  /** 1,100,000 entries: a block of 2²⁰, for the longest sums. */
  long: (): Float32Array<ArrayBuffer> => {
    const draws = random(3, 'golden codecs');
    return Float32Array.from({ length: 1_100_000 }, () => (draws.next() - 0.5) * draws.next());
  },
};

export type VectorName = keyof typeof vectors;

export interface Golden {
  readonly codec: string;
  readonly vector: VectorName;
  /** First 16 hex digits of SHA-256. */
  readonly encoded: string;
  readonly decoded: string;
}

/** What this engine makes of it. */
export function digestsOf(codecName: string, vector: VectorName): Golden {
  const codec = codecNamed(codecName);
  const values = vectors[vector]();
  const bytes = codec.encode(values, SEED);
  const decoded = decodeAll(codec, bytes, values.length, SEED);
  if (!decoded.ok) throw new Error(JSON.stringify(decoded.error));
  return {
    codec: codecName,
    vector,
    encoded: digestOf(bytes).slice(0, 16),
    decoded: digestOf(bytesOf(decoded.value)).slice(0, 16),
  };
}

export const goldens: readonly Golden[] = [
  { codec: 'f32', vector: 'even', encoded: '8707ca841513bb6a', decoded: '8707ca841513bb6a' },
  { codec: 'f32', vector: 'wild', encoded: '356769e355b2478a', decoded: '356769e355b2478a' },
  { codec: 'f16', vector: 'even', encoded: 'fa99c82cca9bc7be', decoded: 'd628046d0d07be7c' },
  { codec: 'f16', vector: 'wild', encoded: 'b2056861283e7fef', decoded: '1b0cab79a0ed6bdd' },
  { codec: 'q8', vector: 'even', encoded: 'c4ce28b6bc06655e', decoded: '0a97ccc2a9d847a8' },
  { codec: 'q8', vector: 'wild', encoded: '16fb969853029b75', decoded: '1c3e0fc472a34029' },
  { codec: 'eden:1', vector: 'even', encoded: '08fa9c6bf755c294', decoded: 'b2e4bd3a3729c2c9' },
  { codec: 'eden:1', vector: 'wild', encoded: 'ee3c2d1653e5ada2', decoded: 'af2b48ab673e7d96' },
  { codec: 'eden:2', vector: 'even', encoded: 'ae77a90b62524ae0', decoded: 'f457970d41beb13c' },
  { codec: 'eden:2', vector: 'wild', encoded: '0b5a7cf144e612f8', decoded: '96251a5aa382a52e' },
  { codec: 'eden:3', vector: 'even', encoded: '290e0d034039dcf2', decoded: 'f426f61891b232de' },
  { codec: 'eden:3', vector: 'wild', encoded: 'd0f5eef80f6cd808', decoded: '6a5894921e6df313' },
  { codec: 'eden:4', vector: 'even', encoded: 'a87ec7b7ed7a0f7d', decoded: 'd5eb57ffc0071344' },
  { codec: 'eden:4', vector: 'wild', encoded: 'e0b0e766ea9f26cc', decoded: '3aaa94fae4b7265f' },
  { codec: 'topk:0.01', vector: 'even', encoded: '6ebb360c561cea11', decoded: '8bb675d9bcf20beb' },
  { codec: 'topk:0.01', vector: 'wild', encoded: '7213b7e1d1dfcee2', decoded: 'aa5405952c711f18' },
  { codec: 'topk:0.3', vector: 'even', encoded: 'e1af95210725e543', decoded: '1c408377d4a70a2b' },
  { codec: 'topk:0.3', vector: 'wild', encoded: '5aacf37b5017a364', decoded: '0fb6858c16536a93' },
  { codec: 'topk8:0.01', vector: 'even', encoded: '287faec3ad5f32a0', decoded: '25a53c4a8c11bd71' },
  { codec: 'topk8:0.01', vector: 'wild', encoded: '8836c47cfa7e8074', decoded: '041a1526e6f416a4' },
  { codec: 'topk8:0.3', vector: 'even', encoded: 'e8ce66bf3a9813b8', decoded: 'd1f11a4951814b0b' },
  { codec: 'topk8:0.3', vector: 'wild', encoded: 'bdb092506c2adbb4', decoded: 'c83e33718bd042b7' },
  { codec: 'ring:3', vector: 'even', encoded: 'dcd0b1fec0ddc355', decoded: '1f178ca75f0585f0' },
  { codec: 'ring:3', vector: 'wild', encoded: 'f2b2e099883e379f', decoded: '93fc52bef31d9d6c' },
  { codec: 'ring:4', vector: 'even', encoded: '3b18f58a48e27835', decoded: '9a8432d5535fa50c' },
  { codec: 'ring:4', vector: 'wild', encoded: '30a13919b7948b8e', decoded: '7973df4ffd2e36dd' },
  { codec: 'ring:5', vector: 'even', encoded: 'e4265f403ff7f882', decoded: '82f0807b7883ed68' },
  { codec: 'ring:5', vector: 'wild', encoded: 'a537c56c099224b4', decoded: '5b9dbdc4d5fb23d2' },
  { codec: 'ring:6', vector: 'even', encoded: '2b9ec040b0dc34d4', decoded: '3195ff60a3ec9cdf' },
  { codec: 'ring:6', vector: 'wild', encoded: '2aca638638cfd822', decoded: '7c5c82237cb15320' },
  { codec: 'ring:8', vector: 'even', encoded: 'bdcad4c8e75e9d08', decoded: '551bffb9cf3b72e5' },
  { codec: 'ring:8', vector: 'wild', encoded: '6224940d175eef54', decoded: '20621879c3bfc7b9' },
  { codec: 'ring:32', vector: 'even', encoded: '2290069bcc201d9b', decoded: 'fb6959ea85c2f290' },
  { codec: 'ring:32', vector: 'wild', encoded: '8a500af259ec1049', decoded: 'e875bc81d71c486e' },
  { codec: 'f16', vector: 'long', encoded: 'f9549f5c2a2bf5e4', decoded: '1bb205db8181ad14' },
  { codec: 'q8', vector: 'long', encoded: '67fcc66435f94ef3', decoded: '2900b6ff3f8a63d3' },
  { codec: 'eden:3', vector: 'long', encoded: '6bdbdcf4774bd460', decoded: '9c9f57826247fdb2' },
  { codec: 'topk:0.01', vector: 'long', encoded: '6b2cad7a4e76b881', decoded: 'ba8d6014e13855f1' },
  { codec: 'ring:4', vector: 'long', encoded: 'dbc40447901b9026', decoded: 'dc797bf8c77cca73' },
  { codec: 'ring:32', vector: 'long', encoded: 'b7047c0936b8f41f', decoded: 'ea5610332464908b' },
];
