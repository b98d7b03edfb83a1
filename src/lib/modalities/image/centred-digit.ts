// A drawing in the form of MNIST (LeCun et al. 1998, §III-A: size-normalised into a 20 × 20 box of the 28 × 28 field, its centre of
// mass in the middle), so that a digit drawn here looks to the model like those it has learnt.
import { resampled } from './resample.ts';

/**
 * `luma` is [height, width] in 0–255, strokes of either brightness. Returns [outHeight, outWidth], light on black; all zeros for
 * an empty pad.
 */
export function centredDigit(
  luma: Float32Array,
  height: number,
  width: number,
  outHeight: number,
  outWidth: number,
): Uint8Array<ArrayBuffer> {
  const ink = inkOf(luma, height, width);
  const box = inkBox(ink, height, width);
  const out = new Uint8Array(outHeight * outWidth);
  if (box === undefined) return out;
  // 20 of 28 pixels, whatever the contract's size.
  const field = (Math.min(outHeight, outWidth) * 20) / 28;
  const scale = field / Math.max(box.height, box.width);
  const smallHeight = Math.max(1, Math.round(box.height * scale));
  const smallWidth = Math.max(1, Math.round(box.width * scale));
  const cropped = new Float32Array(box.height * box.width);
  for (let y = 0; y < box.height; y += 1)
    cropped.set(
      ink.subarray((box.top + y) * width + box.left, (box.top + y) * width + box.left + box.width),
      y * box.width,
    );
  const small = resampled(cropped, box.height, box.width, 1, smallHeight, smallWidth);

  let mass = 0;
  let massY = 0;
  let massX = 0;
  for (let y = 0; y < smallHeight; y += 1)
    for (let x = 0; x < smallWidth; x += 1) {
      const value = small[y * smallWidth + x]!;
      mass += value;
      massY += value * y;
      massX += value * x;
    }
  if (mass === 0) return out;
  const top = Math.round((outHeight - 1) / 2 - massY / mass);
  const left = Math.round((outWidth - 1) / 2 - massX / mass);
  for (let y = 0; y < smallHeight; y += 1)
    for (let x = 0; x < smallWidth; x += 1) {
      const toY = top + y;
      const toX = left + x;
      if (toY >= 0 && toY < outHeight && toX >= 0 && toX < outWidth)
        out[toY * outWidth + toX] = small[y * smallWidth + x]!;
    }
  return out;
}

/** Brightness of the strokes above the ground: the border of a drawing is ground, and decides which of the two is light. */
function inkOf(luma: Float32Array, height: number, width: number): Float32Array {
  let border = 0;
  let count = 0;
  for (let x = 0; x < width; x += 1) {
    border += luma[x]! + luma[(height - 1) * width + x]!;
    count += 2;
  }
  for (let y = 0; y < height; y += 1) {
    border += luma[y * width]! + luma[y * width + width - 1]!;
    count += 2;
  }
  const isLightGround = border / count > 127;
  return isLightGround ? luma.map((value) => 255 - value) : luma;
}

/** The rectangle of everything clearly not ground. */
function inkBox(
  ink: Float32Array,
  height: number,
  width: number,
):
  | { readonly top: number; readonly left: number; readonly height: number; readonly width: number }
  | undefined {
  let top = height;
  let bottom = -1;
  let left = width;
  let right = -1;
  for (let y = 0; y < height; y += 1)
    for (let x = 0; x < width; x += 1)
      if (ink[y * width + x]! > 32) {
        top = Math.min(top, y);
        bottom = y;
        left = Math.min(left, x);
        right = Math.max(right, x);
      }
  return bottom < 0 ? undefined : { top, left, height: bottom - top + 1, width: right - left + 1 };
}
