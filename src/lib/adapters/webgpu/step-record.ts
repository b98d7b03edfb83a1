// What one step is told: how many rows and which, what they should give where it is trained on, the optimiser's numbers, and which units drop out.
// Records lie one after the other in a buffer, and a step's bind group begins at its own.
import { dropoutMask } from '../../core/model/dropout.ts';
import { momentRule, momentStep, momentumOf } from '../../core/model/optimizer.ts';
import type { SessionPlan } from '../../ports/trainer.ts';
import type { Regions } from './regions.ts';

/** Words of the head; `count` is an integer. `rate` is η, over the first bias correction where an optimiser has moments. */
const HEAD = { count: 0, rate: 1, momentum: 2, proximal: 3, secondCorrection: 4, keep: 5 } as const;
const HEAD_WORDS = 8;

/** WGSL of a number of the head. */
export const recordNumber = (name: Exclude<keyof typeof HEAD, 'count'>): string =>
  `bitcast<f32>(record[${HEAD[name]}])`;
export const RECORD_COUNT = `record[${HEAD.count}]`;

interface Mask {
  readonly layer: number;
  readonly rate: number;
  /** Units of one row; a bit each over the whole batch from word `first`, 1 where it stays. */
  readonly units: number;
  readonly first: number;
}

export interface RecordLayout {
  readonly batch: number;
  /** First word of the row numbers, and of the targets (as floats): [batch] each. */
  readonly indices: number;
  readonly targets: number;
  readonly masks: Mask[];
}

export function layRecord(regions: Regions, batch: number): RecordLayout {
  regions.take(HEAD_WORDS);
  return { batch, indices: regions.take(batch), targets: regions.take(batch), masks: [] };
}

/** Writes the record of a step into `words`, whose length is a record's. Rows that the batch lacks are row 0, which counts for nothing. */
export function writeRecord(
  words: Uint32Array,
  layout: RecordLayout,
  indices: Uint32Array,
  targets?: ArrayLike<number>,
): void {
  words[HEAD.count] = indices.length;
  words.fill(0, layout.indices, layout.indices + layout.batch);
  words.set(indices, layout.indices);
  if (targets === undefined) return;
  const numbers = floatsOf(words);
  for (let row = 0; row < indices.length; row += 1)
    numbers[layout.targets + row] = targets[indices[row] ?? 0] ?? NaN;
}

/** The optimiser's numbers for step `t`, counted from 1, and what drops out in it. */
export function writeTraining(
  words: Uint32Array,
  layout: RecordLayout,
  { learningRate, optimizer, proximalTerm, seed }: SessionPlan,
  t: number,
): void {
  const numbers = floatsOf(words);
  const rule = momentRule(optimizer);
  const step = rule && momentStep(rule, learningRate, t);
  numbers[HEAD.rate] = step?.rate ?? learningRate;
  numbers[HEAD.momentum] = momentumOf(optimizer);
  numbers[HEAD.proximal] = proximalTerm;
  numbers[HEAD.secondCorrection] = step?.correction ?? 1;
  numbers[HEAD.keep] = step?.keep ?? 1;
  for (const { layer, rate, units, first: word } of layout.masks) {
    const length = (words[HEAD.count] ?? 0) * units;
    const mask = dropoutMask(seed, t - 1, layer, rate, length);
    words.fill(0, word, word + Math.ceil(length / 32));
    for (let unit = 0; unit < length; unit += 1)
      if (mask[unit] !== 0) words[word + (unit >>> 5)]! |= 1 << (unit & 31);
  }
}

const floatsOf = (words: Uint32Array): Float32Array =>
  new Float32Array(words.buffer, words.byteOffset, words.length);
