// Decoding pictures with what every browser has, in a worker.
import type { DecodeImage } from '../../modalities/image/picture.ts';

/** One canvas is used for all pictures: decoding is asynchronous, drawing and reading back are not. */
export function canvasDecoder(): DecodeImage {
  let canvas: OffscreenCanvas | undefined;
  return async (bytes, format) => {
    const blob = new Blob([new Uint8Array(bytes)], { type: `image/${format}` });
    // Upright by EXIF; alpha apart, and colours as they are stored, as the decoders in Node give them.
    const bitmap = await createImageBitmap(blob, {
      imageOrientation: 'from-image',
      premultiplyAlpha: 'none',
      colorSpaceConversion: 'none',
    });
    try {
      const { width, height } = bitmap;
      canvas ??= new OffscreenCanvas(width, height);
      if (canvas.width !== width) canvas.width = width;
      if (canvas.height !== height) canvas.height = height;
      const context = canvas.getContext('2d', { willReadFrequently: true });
      if (context === null) throw new Error('This browser gives no 2D canvas to a worker.');
      context.clearRect(0, 0, width, height);
      context.drawImage(bitmap, 0, 0);
      return { width, height, rgba: context.getImageData(0, 0, width, height).data };
    } finally {
      bitmap.close();
    }
  };
}
