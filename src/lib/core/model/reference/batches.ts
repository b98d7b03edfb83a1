// Batches gathered from rows in host memory: bytes stand for value / 255.

type Features = Uint8Array | Float32Array;

/** Copies `size` values of each row in `indices` into `into` [indices.length, size], in that order. */
export function gatherFeatures(
  features: Features,
  size: number,
  indices: ArrayLike<number>,
  into: Float32Array,
): void {
  const bytes = features instanceof Uint8Array;
  for (let row = 0; row < indices.length; row += 1) {
    const from = indices[row]! * size;
    const to = row * size;
    if (bytes) for (let i = 0; i < size; i += 1) into[to + i] = features[from + i]! / 255;
    else into.set(features.subarray(from, from + size), to);
  }
}

/** All values of `features`, as numbers. */
export function asNumbers(features: Features): Float32Array<ArrayBuffer> {
  const numbers = new Float32Array(features.length);
  if (features instanceof Uint8Array)
    for (let i = 0; i < features.length; i += 1) numbers[i] = features[i]! / 255;
  else numbers.set(features);
  return numbers;
}

/** [from, from + count): row numbers in order. */
export const consecutive = (from: number, count: number): Uint32Array<ArrayBuffer> =>
  Uint32Array.from({ length: count }, (_, index) => from + index);
