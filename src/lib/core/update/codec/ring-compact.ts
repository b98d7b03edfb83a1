// The compact mode of what secure aggregation sums: a rotation that the whole cohort shares makes coordinates nearly normal, and
// each goes to a whole number of steps, shifted by a dither that this slot alone has and everyone can draw again, modulo 2^m.
// Sums wrap, and are read as the representative nearest zero once all dithers are taken off: the ring must hold the sum of
// rotated vectors, which is nearly normal, not the worst case. Subtractive dither (Schuchman 1964) makes each error uniform
// over ± half a step, whatever the vector: unbiased while nothing wraps, with variance n·step²/12 for n encodings.
//
// Dithers are whole 65,536ths of a step: a decoded coordinate is an integer of m + 16 ≤ 24 bits, exact in f32, times the step;
// what that leaves of bias is below 2⁻¹⁷ of a step. Weighting and clipping come before; masks go over the packed words after.
import { random, type Random } from '../../random.ts';
import { multiplyWithin } from './finite.ts';
import { copyScaled, drawSigns, rotate, rotateBack, rotationBlocks } from './hadamard.ts';
import { packLanes, unpackLanes, wordsOf, type RingBits } from './ring-lanes.ts';

export type CompactBits = Exclude<RingBits, 32>;

export interface CompactRing {
  readonly bits: CompactBits;
  /** Values of the vectors. */
  readonly length: number;
  /** The step of each rotation block (rotationBlocks), in units of the values: the same for all, from stepForSigma. 0: all zeros. */
  readonly steps: readonly number[];
  readonly rotationSeed: string;
}

const FRACTION_BITS = 16;
const FINE = 2 ** FRACTION_BITS;

/** Half the ring's range in standard deviations of the sum: wraps are 5·10⁻⁴ of the coordinates at 3.5, 6·10⁻⁵ at 4. */
const halfRangeSigmas = (bits: CompactBits): number => (bits === 8 ? 4 : 3.5);

/** The step for a sum whose rotated coordinates have standard deviation `sigma` = ‖sum‖/√size of the block, dither left out. */
export const stepForSigma = (sigma: number, bits: CompactBits): number =>
  (2 * halfRangeSigmas(bits) * sigma) / 2 ** bits;

/** The step at which one encoding alone wraps nowhere: its largest coordinate takes 2^(m−1) − 1 steps, and the dither the rest. */
export const stepForLargest = (largest: number, bits: CompactBits): number => largest / (2 ** (bits - 1) - 1);

/** Coordinates of a sum beyond nine tenths of the range, as a fraction; from 1 % on sums wrap too often to be used. */
export const rangeHeld = (nearWrapping: number): boolean => nearWrapping < 0.01;

/** Words of an encoding. */
export const compactWords = (length: number, bits: CompactBits): number =>
  rotationBlocks(length).reduce((sum, block) => sum + wordsOf(block.size, bits), 0);

/** The packed coordinates of one vector; throws a RangeError where a value is not finite. Encodings are added by addLanes. */
export function encodeCompact(
  values: Float32Array,
  ring: CompactRing,
  ditherSeed: string,
): Uint32Array<ArrayBuffer> {
  const { bits, steps } = ring;
  if (values.length !== ring.length)
    throw new RangeError(`The ring is for ${ring.length} values, not ${values.length}.`);
  const words = new Uint32Array(compactWords(ring.length, bits));
  const rotation = rotationStream(ring.rotationSeed);
  const dither = ditherStream(ditherSeed);
  let at = 0;
  rotationBlocks(ring.length).forEach((block, index) => {
    const rotated = new Float32Array(block.size);
    const exponent = copyScaled(values, block, rotated);
    rotate(rotated, drawSigns(rotation, block.size));
    encodeBlock(rotated, 2 ** exponent / block.size, steps[index] ?? 0, bits, dither, words, at);
    at += wordsOf(block.size, bits);
  });
  return words;
}

/**
 * The sum of the vectors whose encodings add up to `words`, given each one's dither seed; and the fraction of coordinates near the
 * end of the range, for rangeHeld. Spare bits of words are not looked at.
 */
export function decodeCompact(
  words: Uint32Array,
  ring: CompactRing,
  ditherSeeds: readonly string[],
): { readonly values: Float32Array<ArrayBuffer>; readonly nearWrapping: number } {
  const { bits, length, steps } = ring;
  if (words.length !== compactWords(length, bits))
    throw new RangeError(
      `A sum of ${length} values has ${compactWords(length, bits)} words, not ${words.length}.`,
    );
  const rotation = rotationStream(ring.rotationSeed);
  const dithers = ditherSeeds.map(ditherStream);
  const values = new Float32Array(length);
  let at = 0;
  let near = 0;
  let coordinates = 0;
  rotationBlocks(length).forEach((block, index) => {
    const rotated = new Float32Array(block.size);
    near += decodeBlock(words, at, bits, dithers, rotated);
    coordinates += block.size;
    unrotateBlock(rotated, drawSigns(rotation, block.size), steps[index] ?? 0, block.length);
    values.set(rotated.subarray(0, block.length), block.offset);
    at += wordsOf(block.size, bits);
  });
  return { values, nearWrapping: coordinates === 0 ? 0 : near / coordinates };
}

/** The signs that the cohort shares. */
export const rotationStream = (seed: string): Random => random(0, 'ring rotation', seed);

/** The dither of one slot. */
export const ditherStream = (seed: string): Random => random(0, 'ring dither', seed);

/** One block: coordinates rotated[i]·factor in steps, into `words` from `at`. */
export function encodeBlock(
  rotated: Float32Array,
  factor: number,
  step: number,
  bits: CompactBits,
  dither: Random,
  words: Uint32Array,
  at: number,
): void {
  const size = rotated.length;
  const perStep = step === 0 ? 0 : factor / step;
  const draws = drawDither(dither, size);
  const lanes = new Int32Array(size);
  // ⌊r/step + ½ + u⌋ with ½ + u in [0, 1). Modulo 2³² first: beyond it a ring of 2^m has turned many times.
  for (let i = 0; i < size; i += 1) lanes[i] = Math.floor(rotated[i]! * perStep + draws[i]! / FINE);
  packLanes(lanes, size, bits, words, at);
}

/** The coordinates of one block in 65,536ths of a step, all dithers taken off. Returns how many are near the end of the range. */
export function decodeBlock(
  words: Uint32Array,
  at: number,
  bits: CompactBits,
  dithers: readonly Random[],
  rotated: Float32Array,
): number {
  const size = rotated.length;
  const lanes = new Int32Array(size);
  unpackLanes(words, at, bits, lanes, size);
  const shifts = (FINE / 2) * dithers.length;
  for (let i = 0; i < size; i += 1) lanes[i] = (lanes[i]! << FRACTION_BITS) + shifts;
  for (const dither of dithers) {
    const draws = drawDither(dither, size);
    for (let i = 0; i < size; i += 1) lanes[i]! -= draws[i]!;
  }
  // Modulo 2^(m + 16), to the representative nearest zero.
  const spare = 32 - FRACTION_BITS - bits;
  const limit = 0.9 * 2 ** (bits - 1 + FRACTION_BITS);
  let near = 0;
  for (let i = 0; i < size; i += 1) {
    const coordinate = (lanes[i]! << spare) >> spare;
    if (coordinate > limit || coordinate < -limit) near += 1;
    rotated[i] = coordinate;
  }
  return near;
}

/** From 65,536ths of a step back to the values: the first `length` of x. */
export function unrotateBlock(x: Float32Array, signs: Uint32Array, step: number, length: number): void {
  rotateBack(x, signs);
  multiplyWithin(x, step / (FINE * x.length), length);
}

/** ½ + u in 65,536ths: 0 … 65,535, two of a word. */
function drawDither(stream: Random, size: number): Uint16Array {
  const words = new Uint32Array(size / 2);
  stream.fill(words);
  return new Uint16Array(words.buffer);
}
