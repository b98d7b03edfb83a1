import { expect, test } from 'vitest';
import type { TableContract } from '../data/contract.ts';
import { grow } from '../learners/boosted-trees.ts';
import { forest, tree, type ForestPredictor } from '../learners/forest.ts';
import { goesLeft, type DecisionTree } from '../learners/decision-tree.ts';
import { learnt } from '../learners/learner.ts';
import { readOptions } from '../named-options.ts';
import { random } from '../random.ts';
import { binRows } from '../trees/columns.ts';
import { columnPlaces, type ColumnPlace, type ScoreRows } from './black-box.ts';
import { dependence, permutationImportance } from './importance.ts';
import { localLine } from './local-line.ts';
import { EXACT_COLUMNS, shapley } from './shapley.ts';
import { boostedShapley, forestShapley, plainTree } from './tree-shapley.ts';

const number = (name: string) =>
  ({
    type: 'number',
    name,
    minimum: null,
    maximum: null,
    missingAllowed: false,
    mean: 0,
    standardDeviation: 1,
  }) as const;
const contract: TableContract = {
  kind: 'table',
  columns: [
    number('a'),
    { type: 'category', name: 'colour', categories: ['red', 'blue', 'white'], missingAllowed: true },
    number('b'),
    number('c'),
  ],
  target: {
    type: 'classes',
    name: 'y',
    classes: ['no', 'yes'].map((label) => ({ label, values: [label] })),
  },
};
const places = columnPlaces(contract);
const WIDTH = 6;
const draw = random(1, 'explained rows');
const count = 200;
const features = new Float32Array(count * WIDTH);
const targets = new Int32Array(count);
for (let row = 0; row < count; row += 1) {
  const [a, b, c] = [draw.normal(), draw.normal(), draw.normal()];
  const colour = draw.below(3);
  features.set([a, 0, 0, 0, b, c], row * WIDTH);
  features[row * WIDTH + 1 + colour] = 1;
  targets[row] = a + (colour === 1 ? 1.5 : 0) + a * b > 0.3 ? 1 : 0;
}
const rows = { count, features, targets };
const row = (at: number) => features.slice(at * WIDTH, (at + 1) * WIDTH);
const sum = (values: ArrayLike<number>): number =>
  Array.from(values).reduce((total, value) => total + value, 0);

/** f(x) = 2 + 3·a − b + 0·c + 4·[blue]. */
const line: ScoreRows = (given, rowsGiven) =>
  Float64Array.from({ length: rowsGiven }, (_, at) => {
    const own = given.subarray(at * WIDTH, (at + 1) * WIDTH);
    return 2 + 3 * own[0]! - own[4]! + 4 * own[2]!;
  });

test('of a line, each column adds its weight times its distance from the background’s mean', () => {
  const background = { background: features.slice(0, 50 * WIDTH), backgroundCount: 50 };
  const found = shapley(line, row(60), { columns: places, ...background, seed: 1 });
  const mean = (at: number): number =>
    sum(Array.from({ length: 50 }, (_, one) => features[one * WIDTH + at]!)) / 50;
  const own = row(60);
  const expected = [3 * (own[0]! - mean(0)), 4 * (own[2]! - mean(2)), -(own[4]! - mean(4)), 0];
  for (const [at, effect] of expected.entries()) expect(found.effects[at]).toBeCloseTo(effect, 9);
  expect(found.base + sum(found.effects)).toBeCloseTo(line(own, 1)[0]!, 9);
});

test('sampled values of many columns are near the exact ones, and add up exactly', () => {
  const n = EXACT_COLUMNS + 2;
  const columns: ColumnPlace[] = Array.from({ length: n }, (_, at) => ({
    name: `x${at}`,
    from: at,
    to: at + 1,
  }));
  const weights = columns.map((_, at) => (at % 3) - 1);
  // A line and one product: x₀·x₁ is shared evenly.
  const score: ScoreRows = (given, rowsGiven) =>
    Float64Array.from({ length: rowsGiven }, (_, at) => {
      const own = given.subarray(at * n, (at + 1) * n);
      return weights.reduce((total, weight, i) => total + weight * own[i]!, 6 * own[0]! * own[1]!);
    });
  const found = shapley(score, new Float32Array(n).fill(1), {
    columns,
    background: new Float32Array(n),
    backgroundCount: 1,
    seed: 2,
    samples: 4096,
  });
  expect(found.base + sum(found.effects)).toBeCloseTo(found.score, 9);
  for (const [at, weight] of weights.entries())
    expect(Math.abs(found.effects[at]! - weight - (at < 2 ? 3 : 0))).toBeLessThan(0.35);
});

/** Shapley values of a tree by their definition: every set of columns, the others going both ways by cover. */
function byDefinition(
  one: DecisionTree,
  columns: ForestPredictor['columns'],
  binned: Uint16Array,
  output: number,
) {
  const n = columns.columns.length;
  const value = (node: number, set: number): number => {
    const column = one.column[node]!;
    if (column < 0) return one.values[node * one.outputs + output]!;
    const [left, right] = [one.left[node]!, one.right[node]!];
    if ((set >> column) & 1) return value(goesLeft(one, columns, node, binned, 0) ? left : right, set);
    return (one.cover[left]! * value(left, set) + one.cover[right]! * value(right, set)) / one.cover[node]!;
  };
  const factorial = (k: number): number => (k < 2 ? 1 : k * factorial(k - 1));
  return Array.from({ length: n }, (_, column) => {
    let effect = 0;
    for (let set = 0; set < 2 ** n; set += 1) {
      if ((set >> column) & 1) continue;
      const size = sum(Array.from({ length: n }, (__, at) => (set >> at) & 1));
      const weight = (factorial(size) * factorial(n - size - 1)) / factorial(n);
      effect += weight * (value(0, set | (1 << column)) - value(0, set));
    }
    return effect;
  });
}

test('TreeSHAP of a tree is the Shapley value by its definition, columns met twice on a path included', () => {
  const grown = learnt(
    tree.learn({ contract, rows, options: { depth: 6, leaf: 3 }, seed: 1 }),
  ) as ForestPredictor;
  const [one] = grown.trees;
  for (const at of [0, 7, 33]) {
    const binned = binRows(grown.columns, grown.edges, row(at), 1);
    const found = forestShapley(grown, row(at), 1);
    for (const [column, effect] of byDefinition(one!, grown.columns, binned, 1).entries())
      expect(found.effects[column]).toBeCloseTo(effect, 9);
  }
});

test('Σ effects + base is what a forest and what boosted trees say, to 1e-9', () => {
  const options = readOptions(forest, { trees: 10, depth: 6 });
  if (!options.ok) throw new Error(options.error.message);
  const trees = learnt(forest.learn({ contract, rows, options: options.value, seed: 1 })) as ForestPredictor;
  const boosted = learnt(
    grow(
      {
        stages: 12,
        depth: 4,
        bins: 16,
        binning: 'quantiles',
        learningRate: 0.3,
        lambda: 1,
        gamma: 0,
        minimumChildWeight: 1,
      },
      contract,
      rows,
    ),
  );
  for (let at = 0; at < 20; at += 1) {
    const own = forestShapley(trees, row(at), 1);
    expect(own.base + sum(own.effects)).toBeCloseTo(own.score, 9);
    const other = boostedShapley(boosted, row(at), 0);
    expect(other.base + sum(other.effects)).toBeCloseTo(other.score, 9);
    // ln odds of the second class are the raw output.
    const share = boosted.predict(row(at), 1)[1]!;
    expect(Math.log(share / (1 - share))).toBeCloseTo(other.score, 4);
  }
  // Shapley values add up over trees: each tree's by its definition.
  const binned = binRows(boosted.state.layout.columns, boosted.state.edges, row(3), 1);
  const trees12 = Array.from({ length: 12 }, (_, stage) =>
    byDefinition(plainTree(boosted.state, stage), boosted.state.layout.columns, binned, 0),
  );
  const found = boostedShapley(boosted, row(3), 0);
  for (const [column, effect] of found.effects.entries())
    expect(effect).toBeCloseTo(sum(trees12.map((own) => own[column]!)), 9);
});

test('LIME of a line returns its weights', () => {
  const found = localLine(line, row(5), { seed: 1 });
  for (const [at, weight] of [3, 0, 4, 0, -1, 0].entries()) expect(found.weights[at]).toBeCloseTo(weight, 6);
  expect(found.intercept).toBeCloseTo(2, 5);
  expect(found.fidelity).toBeCloseTo(1, 9);
  // Of a parabola at its bottom a line explains next to nothing.
  const bowl: ScoreRows = (given, n) => Float64Array.from({ length: n }, (_, at) => given[at]! ** 2);
  expect(localLine(bowl, new Float32Array(1), { seed: 1, spread: 3, width: 100 }).fidelity).toBeLessThan(
    0.05,
  );
});

test('LIME draws categories as categories, and missing numbers as missing', () => {
  // [number, its indicator, three categories, of which a tenth of the rows have none].
  const drawn = {
    columns: [
      { name: 'a', from: 0, to: 2, type: 'number' },
      { name: 'colour', from: 2, to: 5, type: 'category' },
    ],
    mean: Float32Array.of(0, 0.25, 0.5, 0.3, 0.1),
  } as const;
  const counts = { none: 0, missing: 0, first: 0 };
  const score: ScoreRows = (given, n) =>
    Float64Array.from({ length: n }, (_, at) => {
      const [value = 0, gap = 0, ...colours] = given.subarray(at * 5, (at + 1) * 5);
      expect(colours.every((one) => one === 0 || one === 1)).toBe(true);
      expect(sum(colours)).toBeLessThanOrEqual(1);
      if (gap === 1) expect(value).toBe(0);
      counts.missing += gap;
      counts.none += sum(colours) === 0 ? 1 : 0;
      counts.first += colours[0]!;
      return 2 * value + 7 * colours[1]!;
    });
  const found = localLine(score, Float32Array.of(1, 0, 0, 1, 0), { seed: 1, samples: 4000, drawn });
  // Three standard deviations of 4,000 draws: √(4000 · 0.25 · 0.75) = 27.
  expect(Math.abs(counts.missing - 1000)).toBeLessThan(82);
  expect(Math.abs(counts.none - 400)).toBeLessThan(57);
  expect(Math.abs(counts.first - 2000)).toBeLessThan(95);
  expect(found.weights[0]).toBeCloseTo(2, 5);
  // What the second colour adds against the first.
  expect(found.weights[3]! - found.weights[2]!).toBeCloseTo(7, 5);
  expect(found.fidelity).toBeCloseTo(1, 9);
});

test('a column that the model does not read has no importance, and the one it reads most comes first', async () => {
  const truth = line(features, count);
  const figure = (given: Float32Array): number =>
    -sum(line(given, count).map((score, at) => (score - truth[at]!) ** 2)) / count;
  const found = await permutationImportance(figure, features, count, places, { seed: 1 });
  expect(found.map((one) => one.column)).toEqual(['a', 'colour', 'b', 'c']);
  expect(found.at(-1)?.loss).toBe(0);
  // Shuffling a column of variance 1 and weight 3 costs 2·9: twice the variance.
  expect(found[0]!.loss).toBeGreaterThan(13);
  expect(found[0]!.loss).toBeLessThan(23);
});

test('partial dependence of a line is a line of that slope, for every row alike', async () => {
  const { mean, rows: each } = await dependence(line, features, 30, places, places[0]!, [[-1], [0], [1]]);
  expect(mean[1]! - mean[0]!).toBeCloseTo(3, 6);
  expect(mean[2]! - mean[1]!).toBeCloseTo(3, 6);
  for (let at = 0; at < 30; at += 1) expect(each[at * 3 + 2]! - each[at * 3]!).toBeCloseTo(6, 6);
});
