// Pictures varied anew in each epoch, so that a network learns what does not depend on how they were taken: mirrored and moved (Krizhevsky,
// Sutskever & Hinton 2012, §4.1; moved over a reflected edge, so that no bar of one colour tells how far), turned, lit otherwise (Howard
// 2013, arXiv 1312.5402), and with a square covered (Cutout, DeVries & Taylor 2017, arXiv 1708.04552). Rows to judge by are never varied.
// What is drawn depends on (seed, epoch, place of the row) alone: a run that goes on after a checkpoint sees the very same pixels.
import type { Augmentation } from './model/spec.ts';
import { random, type Random } from './random.ts';

interface Pixels<Values extends Uint8Array | Float32Array> {
  readonly count: number;
  /** [count, H, W, C]; a Uint8Array stands for value / 255. */
  readonly features: Values;
}

/** Pictures between two yields: some milliseconds of work. */
const AT_ONCE = 64;

/**
 * The same rows as epoch `epoch` shows them: [count, H, W, C], in a buffer of its own. `shape` is [H, W, C]. A piece at each step, so
 * that whoever asks can hear others meanwhile.
 */
export function* augmenting<Values extends Uint8Array | Float32Array>(
  { count, features }: Pixels<Values>,
  shape: readonly number[],
  how: Augmentation,
  seed: number,
  epoch: number,
): Generator<void, Values> {
  const size = sizeOf(shape);
  const draw = random(seed, 'augmentation', epoch);
  // As slice(): of the kind that was given.
  const varied = features.slice() as Values;
  for (let row = 0; row < count; row += 1) {
    if (row % AT_ONCE === AT_ONCE - 1) yield;
    const of = [row * size, (row + 1) * size] as const;
    vary(features.subarray(...of), varied.subarray(...of), drawn(draw, how, shape), shape);
  }
  return varied;
}

/** Some of these rows as the epoch shows them, with what was drawn for each; `places` ascend. */
export function augmentedAt<Values extends Uint8Array | Float32Array>(
  { features }: Pick<Pixels<Values>, 'features'>,
  shape: readonly number[],
  how: Augmentation,
  seed: number,
  epoch: number,
  places: readonly number[],
): readonly { readonly pixels: Values; readonly variant: Variant }[] {
  const size = sizeOf(shape);
  const draw = random(seed, 'augmentation', epoch);
  let next = 0;
  return places.map((place) => {
    for (; next < place; next += 1) drawn(draw, how, shape);
    next += 1;
    const variant = drawn(draw, how, shape);
    const from = features.subarray(place * size, (place + 1) * size);
    const pixels = from.slice() as Values;
    vary(from, pixels, variant, shape);
    return { pixels, variant };
  });
}

const sizeOf = (shape: readonly number[]): number => shape.reduce((size, side) => size * side, 1);

/** What is drawn for a picture in an epoch: moved and turned first, then mirrored, lit and covered. */
export interface Variant {
  readonly isMirrored: boolean;
  /** Whole pixels. */
  readonly down: number;
  readonly right: number;
  /** Radians. */
  readonly angle: number;
  /** 1: as it was. */
  readonly contrast: number;
  /** Added, of the whole range. */
  readonly brightness: number;
  /** Its corner may lie outside: then less is covered, as in the paper. */
  readonly hole: { readonly top: number; readonly left: number; readonly side: number };
}

/** Everything is drawn whether it is wanted or not: a setting that is changed moves no other. */
function drawn(draw: Random, how: Augmentation, [height = 0, width = 0]: readonly number[]): Variant {
  const between = (most: number): number => (2 * draw.next() - 1) * most;
  const isMirrored = draw.next() < 0.5 && how.flip;
  const down = Math.round(between(how.shift * height));
  const right = Math.round(between(how.shift * width));
  const angle = (between(how.turn) * Math.PI) / 180;
  const contrast = 1 + between(how.light);
  const brightness = between(how.light) / 2;
  const side = Math.round(how.cutout * Math.min(height, width));
  const top = Math.floor(draw.next() * height) - (side >> 1);
  const left = Math.floor(draw.next() * width) - (side >> 1);
  return { isMirrored, down, right, angle, contrast, brightness, hole: { top, left, side } };
}

/** `to` starts as a copy of `from`. */
function vary(
  from: Uint8Array | Float32Array,
  to: Uint8Array | Float32Array,
  variant: Variant,
  [height = 0, width = 0, channels = 0]: readonly number[],
): void {
  const { contrast, brightness, hole } = variant;
  place(from, to, variant, height, width, channels);
  if (contrast !== 1 || brightness !== 0) relight(to, variant, to instanceof Uint8Array ? 255 : 1);
  if (hole.side > 0) cover(to, variant, height, width, channels);
}

/** Each pixel asks where it came from. */
function place(
  from: Uint8Array | Float32Array,
  to: Uint8Array | Float32Array,
  { isMirrored, down, right, angle }: Variant,
  height: number,
  width: number,
  channels: number,
): void {
  if (!isMirrored && down === 0 && right === 0 && angle === 0) return;
  if (angle === 0) {
    const columns = Int32Array.from({ length: width }, (_, x) =>
      reflected((isMirrored ? width - 1 - x : x) - right, width),
    );
    for (let y = 0; y < height; y += 1) {
      const row = reflected(y - down, height) * width;
      for (let x = 0; x < width; x += 1) {
        const [at, source] = [(y * width + x) * channels, (row + columns[x]!) * channels];
        for (let c = 0; c < channels; c += 1) to[at + c] = from[source + c]!;
      }
    }
    return;
  }
  const [cosine, sine] = [Math.cos(angle), Math.sin(angle)];
  const [middleY, middleX] = [(height - 1) / 2, (width - 1) / 2];
  const rounding = from instanceof Uint8Array ? 0.5 : 0;
  for (let y = 0; y < height; y += 1)
    for (let x = 0; x < width; x += 1) {
      const [movedY, movedX] = [y - down, (isMirrored ? width - 1 - x : x) - right];
      const sourceY = middleY + (movedY - middleY) * cosine - (movedX - middleX) * sine;
      const sourceX = middleX + (movedY - middleY) * sine + (movedX - middleX) * cosine;
      // Between four pixels, by how near each is.
      const [floorY, floorX] = [Math.floor(sourceY), Math.floor(sourceX)];
      const [partY, partX] = [sourceY - floorY, sourceX - floorX];
      const [above, below] = [reflected(floorY, height) * width, reflected(floorY + 1, height) * width];
      const [before, after] = [reflected(floorX, width), reflected(floorX + 1, width)];
      const at = (y * width + x) * channels;
      for (let c = 0; c < channels; c += 1) {
        const upper =
          from[(above + before) * channels + c]! * (1 - partX) +
          from[(above + after) * channels + c]! * partX;
        const lower =
          from[(below + before) * channels + c]! * (1 - partX) +
          from[(below + after) * channels + c]! * partX;
        to[at + c] = upper * (1 - partY) + lower * partY + rounding;
      }
    }
}

/** A place beyond the edge, as a mirror at the edge's pixel shows it. */
export function reflected(at: number, length: number): number {
  if (at >= 0 && at < length) return at;
  if (length === 1) return 0;
  const period = 2 * (length - 1);
  const within = ((at % period) + period) % period;
  return within < length ? within : period - within;
}

/** About the picture's own mean. */
function relight(pixels: Uint8Array | Float32Array, { contrast, brightness }: Variant, most: number): void {
  let mean = 0;
  for (let i = 0; i < pixels.length; i += 1) mean += pixels[i]! / pixels.length;
  const shift = mean * (1 - contrast) + brightness * most + (most === 255 ? 0.5 : 0);
  for (let i = 0; i < pixels.length; i += 1)
    pixels[i] = Math.min(most, Math.max(0, pixels[i]! * contrast + shift));
}

/** By the picture's own mean, which says nothing. */
function cover(
  pixels: Uint8Array | Float32Array,
  { hole: { top, left, side } }: Variant,
  height: number,
  width: number,
  channels: number,
): void {
  for (let c = 0; c < channels; c += 1) {
    let sum = 0;
    for (let i = c; i < pixels.length; i += channels) sum += pixels[i]!;
    const mean = sum / (height * width);
    for (let y = Math.max(0, top); y < Math.min(height, top + side); y += 1)
      for (let x = Math.max(0, left); x < Math.min(width, left + side); x += 1)
        pixels[(y * width + x) * channels + c] = mean;
  }
}
