// Whether groups are more than chance makes: the same search on the same rows, every column shuffled by itself. Whatever a column is like
// stays, and what columns have to do with each other is gone. (A permutation reference in place of the uniform one of the gap statistic,
// Tibshirani, Walther & Hastie 2001.) What it cannot tell apart: columns that rise together are enough to beat it, groups or none.
import type { OptionValues } from '../named-options.ts';
import { random } from '../random.ts';
import { pointsAt, type Grouper, type GroupPoints } from './grouper.ts';
import { drawnRows, meanSilhouette, sampleOf } from './silhouette.ts';

/** None of 19 beats what is not chance in 1 of 20. */
export const SHUFFLES = 19;
/** Of more rows so many are shuffled: fewer rows make groups of chance look better, not worse. */
const MOST_SHUFFLED = 400;

export interface Chance {
  /** [SHUFFLES]: the silhouette that each came to, the best first. */
  readonly silhouettes: readonly number[];
  /** Rows that were shuffled. */
  readonly rows: number;
}

/** Places of a point that one column takes. */
export interface Block {
  readonly at: number;
  readonly width: number;
}

/** Yields the share that is done. */
export function* chanceOf(
  grouper: Grouper,
  points: GroupPoints,
  blocks: readonly Block[],
  options: OptionValues,
  seed: number,
): Generator<number, Chance, undefined> {
  const drawn = pointsAt(points, drawnRows(points.count, MOST_SHUFFLED, seed, 'shuffled'));
  const rows = Uint32Array.from({ length: drawn.count }, (_, row) => row);
  const found: number[] = [];
  for (let shuffle = 0; shuffle < SHUFFLES; shuffle += 1) {
    const shuffled = shuffledBy(drawn, blocks, seed, shuffle);
    const sample = yield* within(sampleOf(shuffled, rows), shuffle, 0);
    const distinct = distinctPoints(shuffled);
    // Shuffled, fewer rows than groups may differ: of such groups nothing is worse than chance.
    if (grouper.unsuited({ count: drawn.count, distinct }, options) !== undefined) {
      found.push(1);
      continue;
    }
    const task = { points: shuffled, sample, distinct, options, seed: seed + shuffle + 1 };
    const { groupOf, groups } = yield* within(grouper.group(task), shuffle, 0.9);
    found.push(meanSilhouette(sample, groupOf, groups));
  }
  return { silhouettes: found.sort((a, b) => b - a), rows: drawn.count };
}

function* within<Result>(
  steps: Generator<number, Result, undefined>,
  shuffle: number,
  share: number,
): Generator<number, Result, undefined> {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
    yield (shuffle + step.value * share) / SHUFFLES;
  }
}

function shuffledBy(
  { count, size, values }: GroupPoints,
  blocks: readonly Block[],
  seed: number,
  shuffle: number,
): GroupPoints {
  const own = values.slice();
  for (const [column, { at, width }] of blocks.entries()) {
    const from = random(seed, 'shuffled', shuffle, column).shuffle(
      Uint32Array.from({ length: count }, (_, row) => row),
    );
    for (let row = 0; row < count; row += 1)
      for (let i = at; i < at + width; i += 1) own[row * size + i] = values[from[row]! * size + i]!;
  }
  return { count, size, values: own };
}

const MOST_COUNTED = 1001;

/** Points that differ from one another; counting stops at 1,001. */
export function distinctPoints({ count, size, values }: GroupPoints): number {
  const seen = new Set<string>();
  for (let row = 0; row < count && seen.size < MOST_COUNTED; row += 1)
    seen.add(values.subarray(row * size, (row + 1) * size).join());
  return seen.size;
}
