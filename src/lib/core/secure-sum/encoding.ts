// From a device's update to the words that are masked, and from the sum of words back to what a `sum` strategy folds: the weighted
// sum of updates, the sum of weights, and its scalars. Numbers that the ring of the coordinates would be too narrow for ride in the
// tail, in limbs of 16 bits a 32-bit word: 2¹⁶ devices add up without a carry getting lost.
import { SCALAR_QUANTUM, type FixedPointSum } from '../aggregation/fixed-point-sum.ts';
import type { AggregationSetting, SumStrategy, UpdateFacts } from '../aggregation/strategy.ts';
import { noisyUnits } from '../privacy/noise-in-sum.ts';
import type { DrawBytes } from '../privacy/random-bits.ts';
import { random } from '../random.ts';
import { fail, ok, type Result } from '../result.ts';
import { rotationBlocks } from '../update/codec/hadamard.ts';
import {
  compactWords,
  decodeCompact,
  encodeCompact,
  type CompactRing,
} from '../update/codec/ring-compact.ts';
import { encodeExact, unitOf, type ExactRing } from '../update/codec/ring-exact.ts';
import type { RingBits } from '../update/codec/ring-lanes.ts';
import type { SumConfig, SumEncoding } from './messages.ts';

/** 144 bits of two's complement: n_k · τ_k reaches 2⁵⁷ units of 1, and 2¹²¹ of SCALAR_QUANTUM. */
const SCALAR_LIMBS = 9;
/** 32 bits: a weight is at most 10⁵. */
export const WEIGHT_LIMBS = 2;
const LIMB = 0x10000n;

/** Steps of 2⁻¹⁴: those of core/aggregation/exact-words. */
const WORD_STEP = 2 ** -14;

export const tailWords = (scalars: number): number => WEIGHT_LIMBS + SCALAR_LIMBS * scalars;

/** Words of `length` coordinates. */
export const coordinateWords = (length: number, bits: RingBits): number =>
  bits === 32 ? length : compactWords(length, bits);

/** Scalars that the strategy sums beside the vector. */
export const scalarsOf = (strategy: Pick<SumStrategy, 'weigh'>, setting: AggregationSetting): number =>
  strategy.weigh({ examples: 1, steps: 1, baseLoss: 1, norm: 1, staleness: 0 }, setting).scalars.length;

/** Shared by the cohort and chosen by nobody alone. */
const seedOf = ({ federation, round }: SumConfig, ...of: readonly (string | number)[]): string =>
  [federation, round, ...of].join('/');

const exactRing = (encoding: Extract<SumEncoding, { type: 'exact' }>, cohort: number): ExactRing => ({
  clip: encoding.clip,
  cohort,
  largestWeight: encoding.mostWeight,
});

function compactRing(config: SumConfig, steps: readonly number[]): CompactRing {
  const { bits, length } = config;
  if (bits === 32) throw new RangeError('A ring of 32 bits sums exactly.');
  return { bits, length, steps, rotationSeed: seedOf(config, 'rotation') };
}

export interface Contribution {
  /** [length]: the update, or what it is of a summed model. Written over. */
  readonly values: Float32Array;
  /** `norm` is worked out here, after clipping. */
  readonly facts: Omit<UpdateFacts, 'norm'>;
  readonly strategy: Pick<SumStrategy, 'weigh'>;
  readonly setting: AggregationSetting;
  /** Another text each time: rounding is drawn once, and never again the same. */
  readonly rounding: string;
  /** The fewest honest devices of a sum that this one helps to open: their shares of noise add up to what is stated. */
  readonly survivors: number;
  /** For its share of noise: of the platform's CSPRNG. */
  readonly draw: DrawBytes;
}

/** The words to be masked. Throws a RangeError where the values are not those of the config. */
export function encodeContribution(
  config: SumConfig,
  slot: number,
  { values, facts, strategy, setting, rounding, survivors, draw }: Contribution,
): Uint32Array<ArrayBuffer> {
  const { encoding, length, words, tail } = config;
  if (values.length !== length)
    throw new RangeError(`The secure sum is of ${length} values, not ${values.length}.`);
  const out = new Uint32Array(words + tail);
  if (encoding.type === 'words') {
    for (let i = 0; i < length; i += 1) out[i] = Math.round(values[i]! / WORD_STEP);
    writeLimbs(out, words, 1n, WEIGHT_LIMBS);
    return out;
  }
  if (encoding.type === 'whole') throw new RangeError('This is a sum of statistics, and no update.');
  const draws = random(0, 'rounding of a secure sum', rounding);
  if (encoding.type === 'noisy') {
    out.set(noisyUnits(values, encoding, survivors, draws, draw));
    writeLimbs(out, words, 1n, WEIGHT_LIMBS);
    return out;
  }
  const norm = clip(values, encoding.clipNorm);
  const examples = Math.min(facts.examples, encoding.mostWeight);
  const { scale, weight, scalars } = strategy.weigh({ ...facts, examples, norm }, setting);
  if (encoding.type === 'exact') {
    if (scale !== 1) for (let i = 0; i < length; i += 1) values[i] = values[i]! * scale;
    out.set(encodeExact(values, weight, exactRing(encoding, config.cohort), draws));
  } else {
    const factor = (scale * weight) / encoding.mostWeight;
    for (let i = 0; i < length; i += 1) values[i] = values[i]! * factor;
    out.set(encodeCompact(values, compactRing(config, encoding.steps), seedOf(config, 'slot', slot)));
  }
  writeLimbs(out, words, BigInt(weight), WEIGHT_LIMBS);
  for (const [index, scalar] of scalars.entries())
    writeLimbs(
      out,
      words + WEIGHT_LIMBS + SCALAR_LIMBS * index,
      BigInt(Math.round(scalar / SCALAR_QUANTUM)),
      SCALAR_LIMBS,
    );
  return out;
}

/** x ← x · min(1, most/‖x‖₂). Returns what ‖x‖ is then. */
function clip(values: Float32Array, most: number): number {
  let squares = 0;
  for (let i = 0; i < values.length; i += 1) squares += values[i]! * values[i]!;
  const norm = Math.sqrt(squares);
  if (!(norm > most)) return norm;
  const factor = most / norm;
  for (let i = 0; i < values.length; i += 1) values[i] = values[i]! * factor;
  return most;
}

export function writeLimbs(words: Uint32Array, at: number, number: bigint, limbs: number): void {
  let rest = BigInt.asUintN(16 * limbs, number);
  for (let i = 0; i < limbs; i += 1, rest /= LIMB) words[at + i] = Number(rest % LIMB);
}

/** Of the sums of limbs: Σ over the devices of the signed number. */
export function readLimbs(words: Uint32Array, at: number, limbs: number): bigint {
  let sum = 0n;
  for (let i = limbs - 1; i >= 0; i -= 1) sum = sum * LIMB + BigInt(words[at + i]!);
  return BigInt.asIntN(16 * limbs, sum);
}

export type SumFault =
  /** Somebody wrote what no device writes, or masks are left over. */
  | { readonly kind: 'weights'; readonly got: number; readonly least: number; readonly most: number }
  /** The ring was too narrow: this fraction of coordinates is near its end. */
  | { readonly kind: 'wrapped'; readonly fraction: number };

export const sumFaultSentence = (fault: SumFault): string =>
  fault.kind === 'weights'
    ? `The weights in the secure sum add up to ${fault.got}, where its devices can have from ${fault.least} to ${fault.most}.`
    : `${Math.round(100 * fault.fraction)} % of the coordinates of the secure sum lie at the end of its range: the ring is too narrow for how much these updates change. The next round sums exactly.`;

export interface DecodedSum {
  readonly sum: FixedPointSum;
  /** ‖·‖₂ of the weighted sum in each rotation block, less what dithers add, over mostWeight: the next round's range. */
  readonly norms: readonly number[];
  /** Of coordinates, near the end of the ring. */
  readonly nearWrapping: number;
}

/** From this fraction on a sum is not used. Where all coordinates wrap they are uniform, and a tenth lies so near the end. */
const TOO_MANY_WRAPPED = 0.05;

/** `words`: the sum without its masks; `slots`: U3. */
export function decodeSum(
  config: SumConfig,
  words: Uint32Array<ArrayBuffer>,
  slots: readonly number[],
  scalars: number,
): Result<DecodedSum, SumFault> {
  const { encoding, length } = config;
  if (encoding.type === 'whole') throw new RangeError('This is a sum of statistics, and no update.');
  const count = slots.length;
  const weight = Number(readLimbs(words, config.words, WEIGHT_LIMBS));
  const mostEach = 'mostWeight' in encoding ? encoding.mostWeight : 1;
  if (weight < count || weight > count * mostEach)
    return fail({ kind: 'weights', got: weight, least: count, most: count * mostEach });
  const sum = (values: Float64Array<ArrayBuffer>, quantum: number): FixedPointSum => ({
    values,
    quantum,
    weight,
    count,
    scalars: Array.from({ length: scalars }, (_, i) =>
      readLimbs(words, config.words + WEIGHT_LIMBS + SCALAR_LIMBS * i, SCALAR_LIMBS),
    ),
  });
  if (encoding.type === 'compact') {
    const seeds = slots.map((slot) => seedOf(config, 'slot', slot));
    const coordinates = words.subarray(0, config.words);
    const { values, nearWrapping } = decodeCompact(coordinates, compactRing(config, encoding.steps), seeds);
    if (nearWrapping >= TOO_MANY_WRAPPED) return fail({ kind: 'wrapped', fraction: nearWrapping });
    const norms = blockNorms(
      values,
      (size, block) => (count * size * (encoding.steps[block] ?? 0) ** 2) / 12,
    );
    return ok({ sum: sum(Float64Array.from(values), encoding.mostWeight), norms, nearWrapping });
  }
  const integers = Float64Array.from(new Int32Array(words.buffer, 0, length));
  if (encoding.type !== 'exact') {
    const quantum = encoding.type === 'noisy' ? encoding.quantum : WORD_STEP;
    return ok({ sum: sum(integers, quantum), norms: [], nearWrapping: 0 });
  }
  const unit = unitOf(exactRing(encoding, config.cohort));
  const norms = blockNorms(integers, () => 0).map((norm) => (norm * unit) / encoding.mostWeight);
  return ok({ sum: sum(integers, unit), norms, nearWrapping: 0 });
}

function blockNorms(
  values: Float32Array | Float64Array,
  noise: (size: number, block: number) => number,
): number[] {
  return rotationBlocks(values.length).map(({ offset, length, size }, block) => {
    let squares = 0;
    for (let i = offset; i < offset + length; i += 1) squares += values[i]! ** 2;
    return Math.sqrt(Math.max(0, squares - noise(size, block)));
  });
}
