// What is done with tallies: they add up, are held against what they must be of, and are settled for figures.
import { addScores, scoresFit, settledScores } from './score-sums.ts';
import type { ClassificationTally, ScoreSums, SettledTally, Tally } from './tally.ts';

/** The sum of two tallies of one kind and size; undefined where they do not fit together. */
export function addTallies(a: Tally, b: Tally): Tally | undefined {
  if (a.type === 'classification' && b.type === 'classification') {
    if (a.confusion.length !== b.confusion.length) return undefined;
    const scores = addedScores(a, b);
    return {
      type: 'classification',
      count: a.count + b.count,
      lossSum: a.lossSum + b.lossSum,
      confusion: a.confusion.map((cell, index) => cell + (b.confusion[index] ?? 0)),
      ...(scores === undefined ? {} : { scores }),
    };
  }
  if (a.type === 'regression' && b.type === 'regression')
    return {
      type: 'regression',
      count: a.count + b.count,
      squaredErrorSum: a.squaredErrorSum + b.squaredErrorSum,
      absoluteErrorSum: a.absoluteErrorSum + b.absoluteErrorSum,
      targetSum: a.targetSum + b.targetSum,
      targetSquareSum: a.targetSquareSum + b.targetSquareSum,
    };
  if (a.type === 'clustering' && b.type === 'clustering') {
    if (a.sizes.length !== b.sizes.length) return undefined;
    return {
      type: 'clustering',
      count: a.count + b.count,
      squaredDistanceSum: a.squaredDistanceSum + b.squaredDistanceSum,
      sizes: a.sizes.map((size, index) => size + (b.sizes[index] ?? 0)),
    };
  }
  return undefined;
}

/** Where one has none, those of the other: they say by themselves of how many rows they are. */
const addedScores = (a: ClassificationTally, b: ClassificationTally): ScoreSums | undefined =>
  a.scores === undefined || b.scores === undefined
    ? (a.scores ?? b.scores)
    : addScores(a.scores, b.scores, classesOf(a));

const classesOf = ({ confusion }: { readonly confusion: readonly number[] }): number =>
  Math.round(Math.sqrt(confusion.length));

/** Rows of classes without what AUC and others are read of: told by a program before protocol 5. */
export const lacksScores = (tally: Tally): boolean =>
  tally.type === 'classification' && tally.count > 0 && tally.scores === undefined;

/** What figures are read of. */
export function settled(tally: Tally): SettledTally {
  if (tally.type !== 'classification') return tally;
  const { scores, ...rest } = tally;
  const told = scores && settledScores(scores, classesOf(tally), tally.count);
  return told === undefined ? rest : { ...rest, scores: told };
}

/** What a tally must be of: rows of so many classes, of a number, or next to so many centres. */
export type TallyShape =
  | { readonly type: 'classification'; readonly classes: number }
  | { readonly type: 'regression' }
  | { readonly type: 'clustering'; readonly clusters: number };

/** Whether a tally adds up and is of the expected kind: the check on what a device claims. */
export function tallyFits(tally: Tally, shape: TallyShape): boolean {
  const addsUp = (parts: readonly number[], wanted: number): boolean =>
    parts.length === wanted && parts.reduce((total, part) => total + part, 0) === tally.count;
  switch (shape.type) {
    case 'classification':
      return (
        tally.type === shape.type &&
        addsUp(tally.confusion, shape.classes ** 2) &&
        tally.lossSum >= 0 &&
        (tally.scores === undefined || scoresFit(tally.scores, tally.confusion, shape.classes))
      );
    case 'regression':
      return tally.type === shape.type;
    case 'clustering':
      return tally.type === shape.type && addsUp(tally.sizes, shape.clusters);
    default:
      return shape satisfies never;
  }
}

export function shapeOf(tally: Tally | SettledTally): TallyShape {
  switch (tally.type) {
    case 'classification':
      return { type: 'classification', classes: classesOf(tally) };
    case 'regression':
      return { type: 'regression' };
    case 'clustering':
      return { type: 'clustering', clusters: tally.sizes.length };
    default:
      return tally satisfies never;
  }
}

/** The tally of no rows. */
export function emptyTally(shape: TallyShape): Tally {
  switch (shape.type) {
    case 'classification':
      return { type: 'classification', count: 0, lossSum: 0, confusion: zeros(shape.classes ** 2) };
    case 'regression':
      return {
        type: 'regression',
        count: 0,
        squaredErrorSum: 0,
        absoluteErrorSum: 0,
        targetSum: 0,
        targetSquareSum: 0,
      };
    case 'clustering':
      return { type: 'clustering', count: 0, squaredDistanceSum: 0, sizes: zeros(shape.clusters) };
    default:
      return shape satisfies never;
  }
}

const zeros = (length: number): number[] => Array.from({ length }, () => 0);
