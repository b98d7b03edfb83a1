// Two-dimensional convolution (cross-correlation, as every framework has it): x [B, H, W, C], kernel [kh, kw, C, F],
// y [B, oh, ow, F]; sums in f64.
import type { WindowGeometry } from '../window-geometry.ts';
import { zeros, type Numbers } from './numbers.ts';

/** Calls `visit` with the offsets of each (pixel of x, pixel of y, tap of the kernel) that meet. */
function visitTaps(geometry: WindowGeometry, visit: (x: number, y: number, tap: number) => void): void {
  const { batch, height, width, channels, windowHeight, windowWidth, outputHeight, outputWidth } = geometry;
  for (let image = 0; image < batch; image += 1)
    for (let row = 0; row < outputHeight; row += 1)
      for (let column = 0; column < outputWidth; column += 1) {
        const y = ((image * outputHeight + row) * outputWidth + column) * geometry.outputChannels;
        for (let ky = 0; ky < windowHeight; ky += 1) {
          const inputRow = row * geometry.strideY + ky - geometry.top;
          if (inputRow < 0 || inputRow >= height) continue;
          for (let kx = 0; kx < windowWidth; kx += 1) {
            const inputColumn = column * geometry.strideX + kx - geometry.left;
            if (inputColumn < 0 || inputColumn >= width) continue;
            visit(
              ((image * height + inputRow) * width + inputColumn) * channels,
              y,
              (ky * windowWidth + kx) * channels * geometry.outputChannels,
            );
          }
        }
      }
}

export function convolutionForward(
  x: Numbers,
  kernel: Numbers,
  bias: Numbers | undefined,
  geometry: WindowGeometry,
): Numbers {
  const { channels, outputChannels: filters } = geometry;
  const sums = new Float64Array(geometry.batch * geometry.outputHeight * geometry.outputWidth * filters);
  if (bias !== undefined) for (let start = 0; start < sums.length; start += filters) sums.set(bias, start);
  visitTaps(geometry, (xAt, yAt, tap) => {
    for (let channel = 0; channel < channels; channel += 1) {
      const value = x[xAt + channel]!;
      if (value === 0) continue;
      const from = tap + channel * filters;
      for (let filter = 0; filter < filters; filter += 1)
        sums[yAt + filter]! += value * kernel[from + filter]!;
    }
  });
  const y = zeros(kernel, sums.length);
  y.set(sums);
  return y;
}

export function convolutionKernelGradient(x: Numbers, dy: Numbers, geometry: WindowGeometry): Numbers {
  const { channels, outputChannels: filters } = geometry;
  const sums = new Float64Array(geometry.windowHeight * geometry.windowWidth * channels * filters);
  visitTaps(geometry, (xAt, yAt, tap) => {
    for (let channel = 0; channel < channels; channel += 1) {
      const value = x[xAt + channel]!;
      if (value === 0) continue;
      const to = tap + channel * filters;
      for (let filter = 0; filter < filters; filter += 1) sums[to + filter]! += value * dy[yAt + filter]!;
    }
  });
  const gradient = zeros(dy, sums.length);
  gradient.set(sums);
  return gradient;
}

export function convolutionInputGradient(dy: Numbers, kernel: Numbers, geometry: WindowGeometry): Numbers {
  const { channels, outputChannels: filters } = geometry;
  const sums = new Float64Array(geometry.batch * geometry.height * geometry.width * channels);
  visitTaps(geometry, (xAt, yAt, tap) => {
    for (let channel = 0; channel < channels; channel += 1) {
      const from = tap + channel * filters;
      let sum = 0;
      for (let filter = 0; filter < filters; filter += 1) sum += dy[yAt + filter]! * kernel[from + filter]!;
      sums[xAt + channel]! += sum;
    }
  });
  const dx = zeros(dy, sums.length);
  dx.set(sums);
  return dx;
}
