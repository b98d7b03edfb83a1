// How a JPEG lies, from its EXIF header (CIPA DC-008, tag 0x0112): browsers turn photos upright by themselves, the decoders in Node
// do not.
import type { Picture } from './picture.ts';

/** 1–8; 1 where the file does not say. Never throws. */
export function exifOrientation(jpeg: Uint8Array): number {
  const view = new DataView(jpeg.buffer, jpeg.byteOffset, jpeg.byteLength);
  let at = 2;
  while (at + 10 <= view.byteLength && view.getUint8(at) === 0xff) {
    const marker = view.getUint8(at + 1);
    const length = view.getUint16(at + 2);
    // "Exif" in the first application segment.
    if (marker === 0xe1 && view.getUint32(at + 4) === 0x45786966)
      return orientationTag(view, at + 10, Math.min(view.byteLength, at + 2 + length));
    if (marker === 0xda || length < 2) return 1;
    at += 2 + length;
  }
  return 1;
}

function orientationTag(view: DataView, tiff: number, end: number): number {
  if (tiff + 8 > end) return 1;
  const isLittle = view.getUint16(tiff) === 0x4949;
  const directory = tiff + view.getUint32(tiff + 4, isLittle);
  if (directory + 2 > end) return 1;
  const entries = view.getUint16(directory, isLittle);
  for (let entry = 0; entry < entries; entry += 1) {
    const at = directory + 2 + entry * 12;
    if (at + 12 > end) return 1;
    if (view.getUint16(at, isLittle) !== 0x0112) continue;
    const value = view.getUint16(at + 8, isLittle);
    return value >= 1 && value <= 8 ? value : 1;
  }
  return 1;
}

/** The picture turned and mirrored upright. */
export function upright(picture: Picture, orientation: number): Picture {
  if (orientation <= 1 || orientation > 8) return picture;
  const { width, height, rgba } = picture;
  const isTurned = orientation >= 5;
  const [outWidth, outHeight] = isTurned ? [height, width] : [width, height];
  const out = new Uint8Array(rgba.length);
  for (let y = 0; y < outHeight; y += 1)
    for (let x = 0; x < outWidth; x += 1) {
      const [sx, sy] = sourceOf(orientation, x, y, width, height);
      const from = (sy * width + sx) * 4;
      out.set(rgba.subarray(from, from + 4), (y * outWidth + x) * 4);
    }
  return { width: outWidth, height: outHeight, rgba: out };
}

/** Where the upright pixel (x, y) lies in the stored picture of width × height. */
function sourceOf(
  orientation: number,
  x: number,
  y: number,
  width: number,
  height: number,
): readonly [number, number] {
  switch (orientation) {
    case 2:
      return [width - 1 - x, y];
    case 3:
      return [width - 1 - x, height - 1 - y];
    case 4:
      return [x, height - 1 - y];
    case 5:
      return [y, x];
    case 6:
      return [y, height - 1 - x];
    case 7:
      return [width - 1 - y, height - 1 - x];
    case 8:
      return [width - 1 - y, x];
    default:
      return [x, y];
  }
}
