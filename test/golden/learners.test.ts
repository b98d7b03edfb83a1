// Learners against scikit-learn's on the same rows, and against worked examples.
import { expect, test } from 'vitest';
import type { DataContract } from '#lib/core/data/contract.ts';
import { grow } from '#lib/core/learners/boosted-trees.ts';
import { tree } from '#lib/core/learners/forest.ts';
import { learners } from '#lib/core/learners/index.ts';
import { learnt, type Learner } from '#lib/core/learners/learner.ts';
import { learn as learnLine } from '#lib/core/learners/linear.ts';
import { learn as learnLogistic } from '#lib/core/learners/logistic.ts';
import { minimise } from '#lib/core/learners/lbfgs.ts';
import { readOptions } from '#lib/core/named-options.ts';
import { boostedTrees } from '#lib/core/trees/boosted-trees.ts';
import { trainSummed } from '../support/summed-training.ts';
import {
  features,
  numbers,
  ridge,
  three,
  threeFit,
  tree as treeAnswers,
  two,
  twoFit,
} from './learner-answers.ts';

const learnerNamed = (name: string): Learner | undefined => learners.find((one) => one.name === name);
const count = two.length;
const contractOf = (target: 'number' | 2 | 3): DataContract => ({
  kind: 'table',
  columns: ['a', 'b', 'c'].map((name) => ({
    type: 'number',
    name,
    minimum: null,
    maximum: null,
    missingAllowed: false,
    mean: 0,
    standardDeviation: 1,
  })),
  target:
    target === 'number'
      ? { type: 'number', name: 'y', mean: 0, standardDeviation: 1 }
      : {
          type: 'classes',
          name: 'y',
          classes: Array.from({ length: target }, (_, one) => ({ label: `${one}`, values: [`${one}`] })),
        },
});
const optionsOf = (
  learner: Pick<Learner, 'name' | 'title' | 'options'>,
  given: Record<string, number> = {},
) => {
  const read = readOptions(learner, given);
  if (!read.ok) throw new Error(read.error.message);
  return read.value;
};
const lesson = (target: 'number' | 2 | 3, targets: readonly number[], name: string, given = {}) => ({
  contract: contractOf(target),
  rows: {
    count,
    features: Float32Array.from(features),
    targets: target === 'number' ? Float32Array.from(targets) : Int32Array.from(targets),
  },
  options: optionsOf(learnerNamed(name)!, given),
  seed: 1,
});

test('ridge regression is scikit-learn’s Ridge to 1e-6, the f32 of the rows', () => {
  const found = learnt(learnLine(lesson('number', numbers, 'linear')));
  expect(found.intercept).toBeCloseTo(ridge.intercept, 6);
  for (const [i, weight] of ridge.weights.entries()) expect(found.weights[i]).toBeCloseTo(weight, 6);
});

test('logistic regression is scikit-learn’s of two classes, and of three, to 1e-5', () => {
  const found = learnt(learnLogistic(lesson(2, two, 'logistic')));
  for (const [i, weight] of [...twoFit.weights, twoFit.intercept].entries())
    expect(found.weights[i]).toBeCloseTo(weight, 5);
  const shares = learnt(learnLogistic(lesson(3, three, 'logistic', { lambda: 2 }))).predict(
    Float32Array.from(features).subarray(0, 15),
    5,
  );
  for (const [i, share] of threeFit.shares.entries()) expect(shares[i]).toBeCloseTo(share, 5);
});

test('L-BFGS finds the bottom of Rosenbrock’s valley', () => {
  const point = Float64Array.of(-1.2, 1);
  const search = minimise(
    ([x = 0, y = 0], gradient) => {
      gradient[0] = -2 * (1 - x) - 400 * x * (y - x * x);
      gradient[1] = 200 * (y - x * x);
      return (1 - x) ** 2 + 100 * (y - x * x) ** 2;
    },
    point,
    { iterations: 100, tolerance: 1e-10 },
  );
  while (search.next().done !== true);
  expect(point[0]).toBeCloseTo(1, 8);
  expect(point[1]).toBeCloseTo(1, 8);
});

test('a decision tree is scikit-learn’s: the same leaves for every row', () => {
  const { rows, ...rest } = lesson(3, three, 'tree', { depth: 3, leaf: 2 });
  const shares = learnt(tree.learn({ rows, ...rest })).predict(rows.features, count);
  for (const [i, share] of treeAnswers.shares.entries()) expect(shares[i]).toBeCloseTo(share, 9);
});

test('neighbours vote, and each class has one vote more: (2 + 1)/(3 + 2)', () => {
  const { contract, options } = lesson(2, two, 'k-nn', { k: 3 });
  const rows = {
    count: 4,
    features: Float32Array.of(0, 0, 0, 1, 0, 0, 0, 2, 0, 9, 9, 9),
    targets: Int32Array.of(1, 0, 1, 0),
  };
  const found = learnt(learnerNamed('k-nn')!.learn({ contract, rows, options, seed: 1 }));
  const shares = found.predict(Float32Array.of(0.1, 0, 0), 1);
  expect(shares[0]).toBeCloseTo(2 / 5, 12);
  expect(shares[1]).toBeCloseTo(3 / 5, 12);
});

test('the same answer for all is the share of each class, or the mean (DummyClassifier “prior”, DummyRegressor)', () => {
  const classes = learnt(learnerNamed('constant')!.learn(lesson(3, three, 'constant')));
  const expected = [0, 1, 2].map((one) => three.filter((target) => target === one).length / count);
  const shares = classes.predict(Float32Array.from(features), count);
  for (const [i, share] of expected.entries()) expect(shares[i]).toBeCloseTo(share, 12);
  const mean = learnt(learnerNamed('constant')!.learn(lesson('number', numbers, 'constant')));
  expect(mean.predict(Float32Array.from(features), count)[0]).toBeCloseTo(
    numbers.reduce((sum, one) => sum + one, 0) / count,
    6,
  );
});

test('boosted trees grown here are those of a federation, bit for bit', () => {
  const { contract, rows } = lesson(3, three, 'boosted-trees');
  const spec = {
    stages: 5,
    depth: 3,
    bins: 8,
    binning: 'quantiles',
    learningRate: 0.3,
    lambda: 1,
    gamma: 0,
    minimumChildWeight: 1,
  } as const;
  const model = boostedTrees(spec, contract);
  if (!model.ok) throw new Error(model.error.message);
  const half = (from: number, to: number) => ({
    count: to - from,
    features: rows.features.subarray(from * 3, to * 3),
    targets: rows.targets.subarray(from, to),
  });
  const federated = trainSummed(model.value, [half(0, 13), half(13, count)]).versions.at(-1)!;
  const { state } = learnt(grow(spec, contract, rows));
  expect(state.vector).toEqual(federated);
  expect(state.phase).toBe('complete');
});

/** Persistence and its like are for windows of a series: series-data.test.ts asks them. */
const ofRows = learners.filter(
  (learner) => learner.unsuited(contractOf(learner.name === 'linear' ? 'number' : 3)) === undefined,
);

test.each(ofRows)('$name learns the same bits from the same seed, and shares add up to 1', (learner) => {
  const target = learner.name === 'linear' ? 'number' : 3;
  const own = lesson(target, target === 3 ? three : numbers, learner.name);
  const [first, second] = [learnt(learner.learn(own)), learnt(learner.learn(own))];
  expect(first.learnt).toEqual(second.learnt);
  const outputs = first.predict(own.rows.features, count);
  expect(outputs).toEqual(second.predict(own.rows.features, count));
  expect(outputs).toHaveLength(target === 3 ? count * 3 : count);
  if (target === 3)
    for (let row = 0; row < count; row += 1)
      expect(outputs[3 * row]! + outputs[3 * row + 1]! + outputs[3 * row + 2]!).toBeCloseTo(1, 6);
});
