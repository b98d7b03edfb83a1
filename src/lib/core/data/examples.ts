// Examples once read and encoded: flat typed arrays, the only form in which data reaches a Trainer or a store.

/** `count` examples, row-major. Owns its buffers. */
export interface Examples {
  readonly count: number;
  /** [count, ...exampleShape]. A Uint8Array holds image bytes and stands for value / 255; a Float32Array holds features. */
  readonly features: Uint8Array | Float32Array;
  /** [count]: class indices (Int32Array), or scaled numbers (Float32Array). */
  readonly targets: Int32Array | Float32Array;
  /** [count, 2]: 64 bits of SHA-256 over the encoded example and its target: deduplication, and splits that do not move. */
  readonly hashes: Uint32Array;
}

/** The values of one example. */
export const exampleSize = (examples: Examples): number =>
  examples.count === 0 ? 0 : examples.features.length / examples.count;

/** The examples at `indices`, copied, in that order. */
export function selectExamples(examples: Examples, indices: ArrayLike<number>): Examples {
  const size = exampleSize(examples);
  const count = indices.length;
  const features =
    examples.features instanceof Uint8Array ? new Uint8Array(count * size) : new Float32Array(count * size);
  const targets = examples.targets instanceof Int32Array ? new Int32Array(count) : new Float32Array(count);
  const hashes = new Uint32Array(count * 2);
  for (let row = 0; row < count; row += 1) {
    const from = indices[row] ?? 0;
    features.set(examples.features.subarray(from * size, (from + 1) * size), row * size);
    targets[row] = examples.targets[from] ?? 0;
    hashes.set(examples.hashes.subarray(from * 2, from * 2 + 2), row * 2);
  }
  return { count, features, targets, hashes };
}
