// Pixels of a model's picture onto a canvas of the same size.

/** `pixels` is [height, width, channels]. */
export function drawPixels(
  canvas: HTMLCanvasElement | undefined,
  picture: {
    readonly pixels: Uint8Array;
    readonly height: number;
    readonly width: number;
    readonly channels: 1 | 3;
  },
): void {
  const { pixels, height, width, channels } = picture;
  const context = canvas?.getContext('2d');
  if (context === undefined || context === null) return;
  const image = context.createImageData(width, height);
  for (let pixel = 0; pixel < width * height; pixel += 1)
    for (let channel = 0; channel < 4; channel += 1)
      image.data[pixel * 4 + channel] =
        channel === 3 ? 255 : (pixels[channels === 1 ? pixel : pixel * 3 + channel] ?? 0);
  context.putImageData(image, 0, 0);
}
