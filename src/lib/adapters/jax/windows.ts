// Convolutions and pools in jax-js's operations. Images are [B, C, H, W] here, as its convolution has them: what is added to and
// done with a product before it is stored costs no kernel of its own, so that nothing is permuted in between.
import { lax, numpy as np, type Array as JaxArray, type Device } from '@jax-js/jax';
import type { WindowGeometry } from '../../core/model/window-geometry.ts';

type Pads = [number, number][];

/** Zeros round an image: of rows, then of columns. Negative where a stride leaves the last ones out. */
function padsOf(geometry: WindowGeometry): Pads {
  const { height, width, windowHeight, windowWidth, strideY, strideX, top, left } = geometry;
  return [
    [top, (geometry.outputHeight - 1) * strideY + windowHeight - height - top],
    [left, (geometry.outputWidth - 1) * strideX + windowWidth - width - left],
  ];
}

/** x [B, C, H, W] with a kernel [kh, kw, C, F] gives [B, F, H′, W′]. Takes both. */
export function convolution(x: JaxArray, kernel: JaxArray, geometry: WindowGeometry): JaxArray {
  const { strideY, strideX } = geometry;
  return lax.convGeneralDilated(x, np.transpose(kernel, [3, 2, 0, 1]), [strideY, strideX], padsOf(geometry));
}

/** x [B, C, H, W] as [B, C, H′, W′, kh·kw], zeros where a window leaves the image. Takes x. */
function windowsOf(x: JaxArray, geometry: WindowGeometry): JaxArray {
  const { windowHeight, windowWidth, strideY, strideX, height, width } = geometry;
  const [rows, columns] = padsOf(geometry);
  if (rows === undefined || columns === undefined) throw new Error('An image has rows and columns.');
  const cut = x.slice([], [], [0, height + Math.min(0, rows[1])], [0, width + Math.min(0, columns[1])]);
  const padded = np.pad(cut, [
    [0, 0],
    [0, 0],
    [rows[0], Math.max(0, rows[1])],
    [columns[0], Math.max(0, columns[1])],
  ]);
  return lax.reduceWindow(
    padded,
    (window) => window.reshape([windowHeight * windowWidth]),
    [windowHeight, windowWidth],
    [strideY, strideX],
  );
}

/** [H′, W′, kh·kw]: whether a window's pixel lies on the image. */
function insides(geometry: WindowGeometry): Int32Array<ArrayBuffer> {
  const { outputHeight, outputWidth, windowHeight, windowWidth } = geometry;
  const inside = new Int32Array(outputHeight * outputWidth * windowHeight * windowWidth);
  let at = 0;
  for (let row = 0; row < outputHeight; row += 1)
    for (let column = 0; column < outputWidth; column += 1)
      for (let y = 0; y < windowHeight; y += 1)
        for (let x = 0; x < windowWidth; x += 1) {
          const [imageRow, imageColumn] = [
            row * geometry.strideY + y - geometry.top,
            column * geometry.strideX + x - geometry.left,
          ];
          const isInside =
            imageRow >= 0 && imageRow < geometry.height && imageColumn >= 0 && imageColumn < geometry.width;
          inside[at] = isInside ? 1 : 0;
          at += 1;
        }
  return inside;
}

/**
 * Takes x. A tie is won by the first pixel, which takes the whole gradient, as everywhere here; jax-js's own maximum shares it
 * out. Zeros of padding never win.
 */
export function maximumPool(x: JaxArray, geometry: WindowGeometry, device: Device): JaxArray {
  const { outputHeight, outputWidth } = geometry;
  const size = geometry.windowHeight * geometry.windowWidth;
  const inside = insides(geometry);
  let pixels = windowsOf(x, geometry);
  if (inside.includes(0)) {
    const isInside = np.array(inside, { shape: [1, 1, outputHeight, outputWidth, size], device });
    pixels = np.where(isInside.greater(0), pixels, -3.4e38);
  }
  const order = np.array(
    Int32Array.from({ length: size }, (_, index) => index),
    { device },
  );
  const highest = lax.stopGradient(np.max(pixels.ref, -1, { keepdims: true }));
  const places = np.where(lax.stopGradient(pixels.ref).equal(highest), order.ref, size);
  const first = np.min(places, -1, { keepdims: true });
  return np.where(first.equal(order), pixels, 0).sum(-1);
}

/** Takes x. Pixels outside the image do not count. */
export function averagePool(x: JaxArray, geometry: WindowGeometry, device: Device): JaxArray {
  const { outputHeight, outputWidth } = geometry;
  const size = geometry.windowHeight * geometry.windowWidth;
  const inside = insides(geometry);
  const sums = windowsOf(x, geometry).sum(-1);
  if (!inside.includes(0)) return sums.mul(1 / size);
  const shares = new Float32Array(outputHeight * outputWidth);
  for (let window = 0; window < shares.length; window += 1)
    shares[window] =
      1 / inside.subarray(window * size, (window + 1) * size).reduce((total, one) => total + one, 0);
  return sums.mul(np.array(shares, { shape: [1, 1, outputHeight, outputWidth], device }));
}
