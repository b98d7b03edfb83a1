// Decoding pictures in Node, without native code: the same DecodeImage as the browser's canvas. A JPEG's chroma may differ from the
// browser's by a few levels: decoders are free in how they interpolate it.
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import decodeWebp, { init as initWebp } from '@jsquash/webp/decode.js';
import { convertIndexedToRgb, decode as decodePng, type DecodedPng } from 'fast-png';
import jpeg from 'jpeg-js';
import { exifOrientation, upright } from '../../modalities/image/exif-orientation.ts';
import { MAXIMUM_PIXELS } from '../../modalities/image/picture-size.ts';
import type { DecodeImage, Picture } from '../../modalities/image/picture.ts';

/** Rejects, with whatever the decoder throws, when the picture is damaged. */
export const decodeImageInNode: DecodeImage = async (bytes, format) => {
  switch (format) {
    case 'jpeg': {
      const { width, height, data } = jpeg.decode(bytes, {
        useTArray: true,
        formatAsRGBA: true,
        tolerantDecoding: false,
        maxResolutionInMP: MAXIMUM_PIXELS / 1e6,
        maxMemoryUsageInMB: 2048,
      });
      return upright({ width, height, rgba: data }, exifOrientation(bytes));
    }
    case 'png':
      return pictureOfPng(decodePng(bytes, { checkCrc: true }));
    case 'webp': {
      await (webp ??= startWebp());
      const { width, height, data } = await decodeWebp(new Uint8Array(bytes).buffer);
      return { width, height, rgba: data };
    }
    default:
      return format satisfies never;
  }
};

let webp: Promise<void> | undefined;

/** The decoder would fetch its WebAssembly from a URL; Node's fetch knows no files. */
async function startWebp(): Promise<void> {
  // The decoder makes its result with this constructor, which Node does not have.
  if (!('ImageData' in globalThis))
    Object.assign(globalThis, {
      ImageData: class {
        constructor(
          readonly data: Uint8ClampedArray,
          readonly width: number,
          readonly height: number,
        ) {}
      },
    });
  const path = createRequire(import.meta.url).resolve('@jsquash/webp/codec/dec/webp_dec.wasm');
  await initWebp(await WebAssembly.compile(new Uint8Array(await readFile(path))));
}

/** Grey, grey with alpha, RGB, RGBA or palette, of 1 to 16 bits, as RGBA of 8. */
function pictureOfPng(png: DecodedPng): Picture {
  const { width, height } = png;
  const rgba = new Uint8Array(width * height * 4);
  const palette = png.palette === undefined ? undefined : convertIndexedToRgb(png);
  const data = palette ?? png.data;
  const channels = palette === undefined ? png.channels : (png.palette?.[0]?.length ?? 3);
  const depth = palette === undefined ? png.depth : 8;
  const isPacked = depth < 8;
  const rowBytes = isPacked ? Math.ceil((width * channels * depth) / 8) : width * channels;
  const sample = (row: number, index: number): number => {
    if (!isPacked)
      return depth === 16 ? (data[row * rowBytes + index] ?? 0) >> 8 : (data[row * rowBytes + index] ?? 0);
    const bit = index * depth;
    const value = ((data[row * rowBytes + (bit >> 3)] ?? 0) >> (8 - depth - (bit & 7))) & ((1 << depth) - 1);
    return Math.round((value * 255) / ((1 << depth) - 1));
  };
  for (let y = 0; y < height; y += 1)
    for (let x = 0; x < width; x += 1) {
      const at = (y * width + x) * 4;
      const from = x * channels;
      const isGrey = channels < 3;
      rgba[at] = sample(y, from);
      rgba[at + 1] = isGrey ? rgba[at]! : sample(y, from + 1);
      rgba[at + 2] = isGrey ? rgba[at]! : sample(y, from + 2);
      rgba[at + 3] = channels === 2 || channels === 4 ? sample(y, from + channels - 1) : 255;
    }
  return { width, height, rgba };
}
