import { expect, test } from 'vitest';
import { constantTally } from './constant-tally.ts';
import { figure } from './figures.ts';

const figureOf = (tally: Parameters<typeof constantTally>[0], name: Parameters<typeof figure>[1]) => {
  const constant = constantTally(tally);
  return constant && figure(constant, name);
};

test('of classes it is the commonest for all, with the shares as its probabilities, as DummyClassifier(strategy="prior") has it', () => {
  // Six, four and three rows of three classes: 6/13 right, each class's recall 1, 0 and 0; F1 of the first 12/19.
  const tally = {
    type: 'classification' as const,
    count: 13,
    lossSum: 6.5,
    confusion: [5, 1, 0, 1, 2, 1, 0, 0, 3],
  };
  expect(figureOf(tally, 'accuracy')).toBeCloseTo(6 / 13, 12);
  expect(figureOf(tally, 'balanced-accuracy')).toBeCloseTo(1 / 3, 12);
  expect(figureOf(tally, 'f1-macro')).toBeCloseTo(12 / 19 / 3, 12);
  expect(figureOf(tally, 'loss')).toBeCloseTo(
    -(6 * Math.log(6 / 13) + 4 * Math.log(4 / 13) + 3 * Math.log(3 / 13)) / 13,
    12,
  );
});

test('of a number it is the mean, whose R² is 0 and whose error is the standard deviation; its absolute error is not known', () => {
  // 1, 2 and 3: squares about their mean sum to 2.
  const tally = {
    type: 'regression' as const,
    count: 3,
    squaredErrorSum: 5,
    absoluteErrorSum: 3,
    targetSum: 6,
    targetSquareSum: 14,
  };
  expect(figureOf(tally, 'rmse')).toBeCloseTo(Math.sqrt(2 / 3), 12);
  expect(figureOf(tally, 'r2')).toBeCloseTo(0, 12);
  expect(figureOf(tally, 'mae')).toBeNaN();
});

test('of nothing, and of clusters, there is none', () => {
  expect(
    constantTally({ type: 'classification', count: 0, lossSum: 0, confusion: [0, 0, 0, 0] }),
  ).toBeUndefined();
  expect(
    constantTally({ type: 'clustering', count: 3, squaredDistanceSum: 1, sizes: [1, 2] }),
  ).toBeUndefined();
});
