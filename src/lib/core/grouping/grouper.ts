// What finds groups among rows without being told what they are: a model without a target. A grouper is pure: the same points, options
// and seed give the same bits. How good its groups are, whether chance alone makes such groups, and what tells them apart is asked of any
// grouper's groups alike (silhouette.ts, chance.ts, profile.ts). A new one is a file here and its line in index.ts.
import type { LearntPart } from '../learners/learner.ts';
import type { NumberOption, OptionValues } from '../named-options.ts';
import type { Spread } from '../clustering/seeding.ts';
import type { Sample } from './silhouette.ts';

/** [count, size], row-major: how far apart two rows are is the Euclidean distance of their points. */
export type GroupPoints = Spread;

export interface GroupingTask {
  readonly points: GroupPoints;
  /** Of the points, whose distances from each other are known: by them a grouper may judge what it tries. */
  readonly sample: Sample;
  /** Points that differ from one another; counting may stop at 1,001. */
  readonly distinct: number;
  readonly options: OptionValues;
  readonly seed: number;
}

/** A number of groups that was tried. */
export interface Tried {
  readonly groups: number;
  /** Σ of squared distances from the own centre. */
  readonly inertia: number;
  /** Mean, of the sample. */
  readonly silhouette: number;
}

/** What puts any point into one of the groups that were found. */
export interface Assigner {
  /** [points.count], from 0. */
  assign(points: GroupPoints): Int32Array<ArrayBuffer>;
  /** Everything that was learnt, in a fixed order: what the model's digest is made of, and what a file keeps of it. */
  readonly learnt: readonly LearntPart[];
}

export interface Grouped extends Assigner {
  /** [points.count], from 0; the group of most rows first. Every row is in a group: what leaves rows over makes a group of them. */
  readonly groupOf: Int32Array<ArrayBuffer>;
  readonly groups: number;
  /** Where their number was chosen; none where it was given. */
  readonly tried: readonly Tried[];
}

/** Groups being looked for: yields the share that is done, 0–1, often enough for a person's hand. */
export type Grouping = Generator<number, Grouped, undefined>;

export interface Grouper {
  readonly name: string;
  readonly title: string;
  /** One sentence: when to choose it. */
  readonly description: string;
  readonly options: readonly NumberOption[];
  /** Why it cannot group so many rows with these options, in a sentence; undefined where it can. */
  unsuited(
    rows: { readonly count: number; readonly distinct: number },
    options: OptionValues,
  ): string | undefined;
  group(task: GroupingTask): Grouping;
  /** What it had learnt of points of this size; undefined where the parts do not fit. */
  revive(learnt: readonly LearntPart[], size: number): (Assigner & { readonly groups: number }) | undefined;
}

/** The points at `rows`, in that order. */
export function pointsAt({ size, values }: GroupPoints, rows: ArrayLike<number>): GroupPoints {
  const length = rows.length * size;
  // Of one kind with what it is taken from: loops over both stay quick.
  const own = values instanceof Float32Array ? new Float32Array(length) : new Float64Array(length);
  for (let at = 0; at < rows.length; at += 1)
    own.set(values.subarray(rows[at]! * size, (rows[at]! + 1) * size), at * size);
  return { count: rows.length, size, values: own };
}
