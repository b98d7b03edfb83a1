// Copies that change the order of axes, for devices whose memory the host can reach.

/** [rows, columns] → [columns, rows], in tiles that stay in the cache. */
export function transposeInto(from: Float32Array, rows: number, columns: number, to: Float32Array): void {
  const tile = 32;
  for (let rowStart = 0; rowStart < rows; rowStart += tile) {
    const rowEnd = Math.min(rows, rowStart + tile);
    for (let columnStart = 0; columnStart < columns; columnStart += tile) {
      const columnEnd = Math.min(columns, columnStart + tile);
      for (let column = columnStart; column < columnEnd; column += 1)
        for (let row = rowStart; row < rowEnd; row += 1)
          to[column * rows + row] = from[row * columns + column]!;
    }
  }
}

/** Permutes three axes: axis i of the result is axis order[i] of `shape`. */
export function permuteAxes(
  from: Float32Array,
  shape: readonly [number, number, number],
  order: readonly [number, number, number],
  to: Float32Array,
): void {
  const strides = [shape[1] * shape[2], shape[2], 1] as const;
  const [first, second, third] = [strides[order[0]] ?? 1, strides[order[1]] ?? 1, strides[order[2]] ?? 1];
  const [rows, columns, depth] = [shape[order[0]] ?? 1, shape[order[1]] ?? 1, shape[order[2]] ?? 1];
  let next = 0;
  for (let row = 0; row < rows; row += 1)
    for (let column = 0; column < columns; column += 1) {
      const start = row * first + column * second;
      if (third === 1) {
        to.set(from.subarray(start, start + depth), next);
        next += depth;
      } else
        for (let layer = 0; layer < depth; layer += 1) {
          to[next] = from[start + layer * third]!;
          next += 1;
        }
    }
}

/** Filter [taps, channels, filters] → [taps reversed, filters, channels]: what a gradient is convolved with. */
export function flippedFilter(
  from: Float32Array,
  taps: number,
  channels: number,
  filters: number,
  to: Float32Array,
): void {
  const area = channels * filters;
  for (let tap = 0; tap < taps; tap += 1)
    transposeInto(
      from.subarray(tap * area, (tap + 1) * area),
      channels,
      filters,
      to.subarray((taps - 1 - tap) * area, (taps - tap) * area),
    );
}
