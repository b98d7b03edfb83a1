// Rows as points of a space of many dimensions, by the two products that finding their axes takes: so that texts, of whose thousands of
// terms a row holds few, are never written out.

export interface Points {
  readonly count: number;
  /** Dimensions. */
  readonly width: number;
  /** [count, k]: the points less their mean, times `right` [width, k]. */
  times(right: Float64Array, k: number): Float64Array;
  /** [width, k]: the same turned, times `left` [count, k]. */
  turnedTimes(left: Float64Array, k: number): Float64Array;
  /** Σ of the squared distances from the mean. */
  readonly squares: number;
}

/** `values` [count, width], which it keeps and takes the mean of each column from. */
export function densePoints(values: Float32Array | Float64Array, count: number): Points {
  const width = count === 0 ? 0 : values.length / count;
  const means = new Float64Array(width);
  for (let row = 0; row < count; row += 1)
    for (let i = 0; i < width; i += 1) means[i]! += values[row * width + i]! / count;
  let squares = 0;
  for (let row = 0; row < count; row += 1)
    for (let i = 0; i < width; i += 1) {
      const centred = (values[row * width + i]! -= means[i]!);
      squares += centred * centred;
    }
  return {
    count,
    width,
    squares,
    times(right, k) {
      const out = new Float64Array(count * k);
      for (let row = 0; row < count; row += 1)
        for (let i = 0; i < width; i += 1) {
          const value = values[row * width + i]!;
          if (value !== 0) addScaled(out, row * k, right, i * k, value, k);
        }
      return out;
    },
    turnedTimes(left, k) {
      const out = new Float64Array(width * k);
      for (let row = 0; row < count; row += 1)
        for (let i = 0; i < width; i += 1) {
          const value = values[row * width + i]!;
          if (value !== 0) addScaled(out, i * k, left, row * k, value, k);
        }
      return out;
    },
  };
}

/** Of each row only what is not nothing: compressed rows, those of row r at [starts[r], starts[r + 1]). */
export function sparsePoints(
  width: number,
  starts: Uint32Array,
  places: Uint32Array,
  values: Float32Array,
): Points {
  const count = starts.length - 1;
  const means = new Float64Array(width);
  let squares = 0;
  for (let at = 0; at < starts[count]!; at += 1) {
    means[places[at]!]! += values[at]! / Math.max(1, count);
    squares += values[at]! ** 2;
  }
  for (const mean of means) squares -= count * mean * mean;
  return {
    count,
    width,
    squares: Math.max(0, squares),
    times(right, k) {
      const shift = new Float64Array(k);
      for (let i = 0; i < width; i += 1) addScaled(shift, 0, right, i * k, -means[i]!, k);
      const out = new Float64Array(count * k);
      for (let row = 0; row < count; row += 1) {
        out.set(shift, row * k);
        for (let at = starts[row]!; at < starts[row + 1]!; at += 1)
          addScaled(out, row * k, right, places[at]! * k, values[at]!, k);
      }
      return out;
    },
    turnedTimes(left, k) {
      const out = new Float64Array(width * k);
      const sums = new Float64Array(k);
      for (let row = 0; row < count; row += 1) {
        addScaled(sums, 0, left, row * k, 1, k);
        for (let at = starts[row]!; at < starts[row + 1]!; at += 1)
          addScaled(out, places[at]! * k, left, row * k, values[at]!, k);
      }
      for (let i = 0; i < width; i += 1) addScaled(out, i * k, sums, 0, -means[i]!, k);
      return out;
    },
  };
}

function addScaled(
  to: Float64Array,
  toAt: number,
  from: Float64Array,
  fromAt: number,
  by: number,
  k: number,
): void {
  for (let j = 0; j < k; j += 1) to[toAt + j]! += by * from[fromAt + j]!;
}
