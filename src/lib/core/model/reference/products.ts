// Matrix products as the layers for sequences ask for them: an engine may give its own, faster one.
import { zeros, type Numbers } from './numbers.ts';

/** a·b of a [rows, inner] and b [inner, columns] → [rows, columns], a new array stored as `b` is. */
export type MatrixProduct = (a: Numbers, b: Numbers, rows: number, inner: number, columns: number) => Numbers;

/** y = a·b, y [rows, columns] given: plain loops by rows of b, skipping zeros of a; sums in f64. */
export function productInto(
  a: Numbers,
  b: Numbers,
  [rows, inner, columns]: readonly [rows: number, inner: number, columns: number],
  y: Numbers,
): void {
  const sums = new Float64Array(columns);
  for (let row = 0; row < rows; row += 1) {
    sums.fill(0);
    for (let i = 0; i < inner; i += 1) {
      const value = a[row * inner + i]!;
      if (value === 0) continue;
      const from = i * columns;
      for (let column = 0; column < columns; column += 1) sums[column]! += value * b[from + column]!;
    }
    y.set(sums, row * columns);
  }
}

export const plainProduct: MatrixProduct = (a, b, rows, inner, columns) => {
  const y = zeros(b, rows * columns);
  productInto(a, b, [rows, inner, columns], y);
  return y;
};

/** [rows, columns] → [columns, rows], a copy. */
export function turned(x: Numbers, rows: number, columns: number): Numbers {
  const y = zeros(x, x.length);
  for (let row = 0; row < rows; row += 1)
    for (let column = 0; column < columns; column += 1) y[column * rows + row] = x[row * columns + column]!;
  return y;
}

/** Adds `bias` [units] to each row of x [rows, units], in place. */
export function addToRows(x: Numbers, bias: Numbers): Numbers {
  const units = bias.length;
  for (let start = 0; start < x.length; start += units)
    for (let unit = 0; unit < units; unit += 1) x[start + unit]! += bias[unit]!;
  return x;
}

/** [batch, steps, width] → [steps, batch, width], or back with the two exchanged: a copy. */
export function stepsFirst(x: Numbers, batch: number, steps: number, width: number): Numbers {
  const y = zeros(x, x.length);
  for (let row = 0; row < batch; row += 1)
    for (let step = 0; step < steps; step += 1) {
      const from = (row * steps + step) * width;
      y.set(x.subarray(from, from + width), (step * batch + row) * width);
    }
  return y;
}
