// Pools over [B, H, W, C]. Zeros of padding never win a maximum and never count in a mean (as in TensorFlow). A tie is won by
// the first pixel in row-major order, and takes the whole gradient.
import type { WindowGeometry } from '../window-geometry.ts';
import { zeros, type Numbers } from './numbers.ts';

interface Span {
  readonly from: number;
  readonly to: number;
}
const span = (output: number, stride: number, before: number, size: number, side: number): Span => ({
  from: Math.max(0, output * stride - before),
  to: Math.min(side, output * stride - before + size),
});

/** Calls `visit` for each output pixel with the part of the image under its window. */
function visitWindows(
  geometry: WindowGeometry,
  visit: (image: number, rows: Span, columns: Span, y: number) => void,
): void {
  for (let image = 0; image < geometry.batch; image += 1)
    for (let row = 0; row < geometry.outputHeight; row += 1) {
      const rows = span(row, geometry.strideY, geometry.top, geometry.windowHeight, geometry.height);
      for (let column = 0; column < geometry.outputWidth; column += 1) {
        const columns = span(column, geometry.strideX, geometry.left, geometry.windowWidth, geometry.width);
        visit(
          image,
          rows,
          columns,
          ((image * geometry.outputHeight + row) * geometry.outputWidth + column) * geometry.channels,
        );
      }
    }
}

const at = (geometry: WindowGeometry, image: number, row: number, column: number): number =>
  ((image * geometry.height + row) * geometry.width + column) * geometry.channels;

const outputLength = (geometry: WindowGeometry): number =>
  geometry.batch * geometry.outputHeight * geometry.outputWidth * geometry.channels;
const inputLength = (geometry: WindowGeometry): number =>
  geometry.batch * geometry.height * geometry.width * geometry.channels;

/** Writes into `y` where it is given. */
export function maximumPoolForward(
  x: Numbers,
  geometry: WindowGeometry,
  y = zeros(x, outputLength(geometry)),
): Numbers {
  const { channels } = geometry;
  visitWindows(geometry, (image, rows, columns, to) => {
    let first = true;
    for (let row = rows.from; row < rows.to; row += 1)
      for (let column = columns.from; column < columns.to; column += 1) {
        const from = at(geometry, image, row, column);
        for (let channel = 0; channel < channels; channel += 1) {
          const value = x[from + channel]!;
          if (first || value > y[to + channel]!) y[to + channel] = value;
        }
        first = false;
      }
  });
  return y;
}

/** `dx` must be zeros where it is given. */
export function maximumPoolBackward(
  x: Numbers,
  dy: Numbers,
  geometry: WindowGeometry,
  dx = zeros(x, inputLength(geometry)),
): Numbers {
  const { channels } = geometry;
  visitWindows(geometry, (image, rows, columns, to) => {
    for (let channel = 0; channel < channels; channel += 1) {
      let winner = -1;
      let highest = -Infinity;
      for (let row = rows.from; row < rows.to; row += 1)
        for (let column = columns.from; column < columns.to; column += 1) {
          const from = at(geometry, image, row, column) + channel;
          if (winner < 0 || x[from]! > highest) {
            winner = from;
            highest = x[from]!;
          }
        }
      dx[winner]! += dy[to + channel]!;
    }
  });
  return dx;
}

export function averagePoolForward(
  x: Numbers,
  geometry: WindowGeometry,
  y = zeros(x, outputLength(geometry)),
): Numbers {
  const { channels } = geometry;
  visitWindows(geometry, (image, rows, columns, to) => {
    const area = (rows.to - rows.from) * (columns.to - columns.from);
    for (let channel = 0; channel < channels; channel += 1) {
      let sum = 0;
      for (let row = rows.from; row < rows.to; row += 1)
        for (let column = columns.from; column < columns.to; column += 1)
          sum += x[at(geometry, image, row, column) + channel]!;
      y[to + channel] = sum / area;
    }
  });
  return y;
}

/** `dx` must be zeros where it is given. */
export function averagePoolBackward(
  dy: Numbers,
  geometry: WindowGeometry,
  dx = zeros(dy, inputLength(geometry)),
): Numbers {
  const { channels } = geometry;
  visitWindows(geometry, (image, rows, columns, to) => {
    const area = (rows.to - rows.from) * (columns.to - columns.from);
    for (let row = rows.from; row < rows.to; row += 1)
      for (let column = columns.from; column < columns.to; column += 1) {
        const from = at(geometry, image, row, column);
        for (let channel = 0; channel < channels; channel += 1)
          dx[from + channel]! += dy[to + channel]! / area;
      }
  });
  return dx;
}

/** [B, H, W, C] → [B, C]. */
export function globalAverageForward(
  x: Numbers,
  batch: number,
  pixels: number,
  channels: number,
  y = zeros(x, batch * channels),
): Numbers {
  const sums = new Float64Array(channels);
  for (let image = 0; image < batch; image += 1) {
    sums.fill(0);
    for (let pixel = 0; pixel < pixels; pixel += 1)
      for (let channel = 0; channel < channels; channel += 1)
        sums[channel]! += x[(image * pixels + pixel) * channels + channel]!;
    for (let channel = 0; channel < channels; channel += 1)
      y[image * channels + channel] = sums[channel]! / pixels;
  }
  return y;
}

export function globalAverageBackward(
  dy: Numbers,
  batch: number,
  pixels: number,
  channels: number,
  dx = zeros(dy, batch * pixels * channels),
): Numbers {
  for (let image = 0; image < batch; image += 1)
    for (let pixel = 0; pixel < pixels; pixel += 1)
      for (let channel = 0; channel < channels; channel += 1)
        dx[(image * pixels + pixel) * channels + channel] = dy[image * channels + channel]! / pixels;
  return dx;
}
