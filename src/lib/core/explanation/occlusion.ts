// Occlusion (Zeiler & Fergus 2014, "Visualizing and Understanding Convolutional Networks", §4.2): what a class loses where a part of the
// picture is covered. It asks nothing but answers of the model, and so checks what gradients say.

export interface Occluded {
  /** [H, W]: mean loss of the score over the covers that lie on a pixel; below 0 where covering it helps. */
  readonly loss: Float32Array<ArrayBuffer>;
  /** Side of the square cover, pixels. */
  readonly cover: number;
}

/** `pixels` [H, W, C]; `score` of pictures [count, H, W, C]. Covers are of the colour `covered` and half as far apart as they are wide. */
export async function occlusion(
  score: (
    pictures: Float32Array<ArrayBuffer>,
    count: number,
  ) => ArrayLike<number> | Promise<ArrayLike<number>>,
  pixels: ArrayLike<number>,
  [height, width, channels]: readonly [number, number, number],
  { cover = Math.max(2, Math.round(Math.min(height, width) / 6)), covered = 0 } = {},
): Promise<Occluded> {
  const places: (readonly [number, number])[] = [];
  const step = Math.max(1, cover >> 1);
  const starts = (side: number): number[] => {
    const last = Math.max(0, side - cover);
    const all = Array.from({ length: Math.floor(last / step) + 1 }, (_, at) => at * step);
    return all.at(-1) === last ? all : [...all, last];
  };
  for (const top of starts(height)) for (const left of starts(width)) places.push([top, left]);
  const size = height * width * channels;
  const pictures = new Float32Array((places.length + 1) * size);
  for (let at = 0; at <= places.length; at += 1) pictures.set(pixels, at * size);
  const eachPixel = ([top, left]: readonly [number, number], use: (pixel: number) => void): void => {
    for (let y = top; y < Math.min(height, top + cover); y += 1)
      for (let x = left; x < Math.min(width, left + cover); x += 1) use(y * width + x);
  };
  for (const [at, place] of places.entries())
    eachPixel(place, (pixel) =>
      pictures.fill(covered, at * size + pixel * channels, at * size + (pixel + 1) * channels),
    );
  const scores = await score(pictures, places.length + 1);
  const whole = scores[places.length]!;
  const loss = new Float32Array(height * width);
  const counts = new Uint16Array(height * width);
  for (const [at, place] of places.entries())
    eachPixel(place, (pixel) => {
      loss[pixel]! += whole - scores[at]!;
      counts[pixel]! += 1;
    });
  return { loss: loss.map((one, pixel) => one / Math.max(1, counts[pixel]!)), cover };
}
