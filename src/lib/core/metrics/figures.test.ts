import { expect, test } from 'vitest';
import { classFigures, figure } from './figures.ts';
import type { ClassificationTally, RegressionTally } from './tally.ts';
import { addTallies, tallyFits } from './tally-sums.ts';

// Three classes, rows true, columns predicted:
//   5 1 0 | 6      recall 5/6, 2/4, 3/3 → balanced accuracy (5/6 + 1/2 + 1)/3 = 7/9
//   1 2 1 | 4      precision 5/6, 2/3, 3/4
//   0 0 3 | 3      F1 2·5/12, 2·2/7, 2·3/7
const tally: ClassificationTally = {
  type: 'classification',
  count: 13,
  lossSum: 6.5,
  confusion: [5, 1, 0, 1, 2, 1, 0, 0, 3],
};

test('the figures of a confusion matrix follow from its rows and columns', () => {
  expect(figure(tally, 'accuracy')).toBeCloseTo(10 / 13, 12);
  expect(figure(tally, 'balanced-accuracy')).toBeCloseTo(7 / 9, 12);
  expect(figure(tally, 'f1-macro')).toBeCloseTo((10 / 12 + 4 / 7 + 6 / 7) / 3, 12);
  expect(figure(tally, 'loss')).toBe(0.5);
  expect(classFigures(tally.confusion)[1]).toEqual({ support: 4, recall: 0.5, precision: 2 / 3, f1: 4 / 7 });
});

test('a class that does not occur counts neither for nor against balanced accuracy', () => {
  const absent = { ...tally, count: 10, confusion: [6, 0, 0, 2, 2, 0, 0, 0, 0] };
  expect(figure(absent, 'balanced-accuracy')).toBe(0.75);
  expect(classFigures(absent.confusion)[2]).toEqual({
    support: 0,
    recall: undefined,
    precision: undefined,
    f1: undefined,
  });
});

test('nothing measured is undefined, never 0', () => {
  expect(
    figure({ ...tally, count: 0, lossSum: 0, confusion: new Array<number>(9).fill(0) }, 'accuracy'),
  ).toBeUndefined();
  expect(figure(tally, 'rmse')).toBeUndefined();
});

test('sums of tallies give the pooled figure, which the mean of the devices’ own figures is not', () => {
  const other: ClassificationTally = {
    type: 'classification',
    count: 2,
    lossSum: 4,
    confusion: [0, 2, 0, 0, 0, 0, 0, 0, 0],
  };
  const pooled = addTallies(tally, other);
  expect(pooled && figure(pooled, 'accuracy')).toBeCloseTo(10 / 15, 12);
  expect(((figure(tally, 'accuracy') ?? 0) + (figure(other, 'accuracy') ?? 0)) / 2).not.toBeCloseTo(
    10 / 15,
    2,
  );
});

test('regression figures come from sums: y = 1, 2, 3 against ŷ = 1, 3, 5', () => {
  // Errors 0, 1, 2: squares sum to 5, absolutes to 3; Σy = 6, Σy² = 14, so R² = 1 − 5/(14 − 12).
  const sums: RegressionTally = {
    type: 'regression',
    count: 3,
    squaredErrorSum: 5,
    absoluteErrorSum: 3,
    targetSum: 6,
    targetSquareSum: 14,
  };
  expect(figure(sums, 'rmse')).toBeCloseTo(Math.sqrt(5 / 3), 12);
  expect(figure(sums, 'mae')).toBe(1);
  expect(figure(sums, 'r2')).toBeCloseTo(1 - 5 / 2, 12);
});

test('a tally that does not add up, or is of another size or kind, does not fit', () => {
  expect(tallyFits(tally, { type: 'classification', classes: 3 })).toBe(true);
  expect(tallyFits({ ...tally, count: 14 }, { type: 'classification', classes: 3 })).toBe(false);
  expect(tallyFits(tally, { type: 'classification', classes: 4 })).toBe(false);
  expect(tallyFits(tally, { type: 'regression' })).toBe(false);
  expect(addTallies(tally, { ...tally, confusion: [1, 0, 0, 1] })).toBeUndefined();
});
