// From any picture to the bytes that a model of the contract sees, [H, W, C]. Pure arithmetic, so that page, worker and Node agree
// to the last bit; scaling by a canvas differs between browsers.
import type { ImageContract } from '../../core/data/contract.ts';
import { centredDigit } from './centred-digit.ts';
import { resampled } from './resample.ts';

/** [H, W, 4] RGBA, not premultiplied. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly rgba: Uint8Array | Uint8ClampedArray;
}

export type PictureFormat = 'png' | 'jpeg' | 'webp';

/** Decodes a picture file, upright as its EXIF orientation says; rejects when it is damaged. */
export type DecodeImage = (bytes: Uint8Array, format: PictureFormat) => Promise<Picture>;

/** [H, W, C] of the picture's own size: transparency on white; one channel is Rec. 601 luma. */
export function flattened(picture: Picture, channels: 1 | 3): Float32Array<ArrayBuffer> {
  const pixels = picture.width * picture.height;
  const { rgba } = picture;
  const out = new Float32Array(pixels * channels);
  for (let pixel = 0; pixel < pixels; pixel += 1) {
    const alpha = rgba[pixel * 4 + 3]! / 255;
    const white = 255 * (1 - alpha);
    const red = rgba[pixel * 4]! * alpha + white;
    const green = rgba[pixel * 4 + 1]! * alpha + white;
    const blue = rgba[pixel * 4 + 2]! * alpha + white;
    if (channels === 1) out[pixel] = 0.299 * red + 0.587 * green + 0.114 * blue;
    else {
      out[pixel * 3] = red;
      out[pixel * 3 + 1] = green;
      out[pixel * 3 + 2] = blue;
    }
  }
  return out;
}

/** A picture file or photo as an example: stretched to the contract's size, as Keras' image_dataset_from_directory does. */
export function pictureExample(picture: Picture, contract: ImageContract): Uint8Array<ArrayBuffer> {
  const flat = flattened(picture, contract.channels);
  return resampled(flat, picture.height, picture.width, contract.channels, contract.height, contract.width);
}

/**
 * Something drawn on the pad or held before the camera. For one channel it is brought into the form of MNIST (light strokes on
 * black, centred by mass); in colour it is taken from the middle square and resized.
 */
export function drawnExample(
  picture: Picture,
  origin: 'drawn' | 'camera',
  contract: ImageContract,
): Uint8Array<ArrayBuffer> {
  if (contract.channels === 1 && origin === 'drawn')
    return centredDigit(
      flattened(picture, 1),
      picture.height,
      picture.width,
      contract.height,
      contract.width,
    );
  return pictureExample(
    origin === 'camera' ? middleOf(picture, contract.width / contract.height) : picture,
    contract,
  );
}

/** The largest middle part of the given width-to-height ratio. */
export function middleOf(picture: Picture, ratio: number): Picture {
  const width = Math.max(1, Math.min(picture.width, Math.round(picture.height * ratio)));
  const height = Math.max(1, Math.min(picture.height, Math.round(picture.width / ratio)));
  const left = Math.floor((picture.width - width) / 2);
  const top = Math.floor((picture.height - height) / 2);
  const rgba = new Uint8Array(width * height * 4);
  for (let row = 0; row < height; row += 1) {
    const from = ((top + row) * picture.width + left) * 4;
    rgba.set(picture.rgba.subarray(from, from + width * 4), row * width * 4);
  }
  return { width, height, rgba };
}
