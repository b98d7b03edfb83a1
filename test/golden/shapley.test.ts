// What python's shap says, of a function that is a black box and of trees.
import { expect, test } from 'vitest';
import type { TableContract } from '#lib/core/data/contract.ts';
import type { ScoreRows } from '#lib/core/explanation/black-box.ts';
import { shapley } from '#lib/core/explanation/shapley.ts';
import { forestShapley } from '#lib/core/explanation/tree-shapley.ts';
import { leafOf, type DecisionTree } from '#lib/core/learners/decision-tree.ts';
import type { ForestPredictor } from '#lib/core/learners/forest.ts';
import { binnedColumns, binRows } from '#lib/core/trees/columns.ts';
import { blackBox, trees as answers } from './shapley-answers.ts';

const rowsOf = (flat: readonly number[], width: number): Float32Array[] =>
  Array.from({ length: flat.length / width }, (_, at) =>
    Float32Array.from(flat.slice(at * width, (at + 1) * width)),
  );
const sum = (values: ArrayLike<number>): number =>
  Array.from(values).reduce((total, value) => total + value, 0);

test('Shapley values of a function of six columns are those of shap', () => {
  const width = 6;
  const score: ScoreRows = (given, count) =>
    Float64Array.from({ length: count }, (_, row) => {
      const x = given.subarray(row * width, (row + 1) * width);
      return x[0]! * x[1]! + Math.sin(x[2]!) + Math.max(x[3]!, 0) + x[4]! ** 2 * x[5]!;
    });
  const background = Float32Array.from(blackBox.background);
  const columns = Array.from({ length: width }, (_, at) => ({ name: `x${at}`, from: at, to: at + 1 }));
  for (const [at, row] of rowsOf(blackBox.rows, width).entries()) {
    const found = shapley(score, row, {
      columns,
      background,
      backgroundCount: background.length / width,
      seed: 1,
    });
    expect(found.base).toBeCloseTo(blackBox.base, 9);
    for (const [column, effect] of found.effects.entries())
      expect(effect).toBeCloseTo(blackBox.effects[at * width + column]!, 9);
  }
});

/** Trees of thresholds as trees of cells: the edges of a column are the thresholds that any tree splits it at. */
function forestOf(grown: typeof answers.grown, width: number): ForestPredictor {
  const thresholds = Array.from({ length: width }, (_, column) =>
    [
      ...new Set(
        grown.flatMap((tree) => tree.thresholds.filter((_value, node) => tree.column[node] === column)),
      ),
    ].sort((a, b) => a - b),
  );
  const bins = Math.max(...thresholds.map((own) => own.length)) + 1;
  const contract: TableContract = {
    kind: 'table',
    columns: thresholds.map((_, at) => ({
      type: 'number',
      name: `x${at}`,
      minimum: null,
      maximum: null,
      missingAllowed: false,
      mean: 0,
      standardDeviation: 1,
    })),
    target: { type: 'number', name: 'y', mean: 0, standardDeviation: 1 },
  };
  const columns = binnedColumns(contract, bins);
  const edges = new Float32Array(width * (bins - 1)).fill(Infinity);
  for (const [column, own] of thresholds.entries()) edges.set(own, column * (bins - 1));
  const trees = grown.map((tree): DecisionTree => ({
    column: Int32Array.from(tree.column),
    cell: Int32Array.from(tree.thresholds, (threshold, node) =>
      tree.column[node]! < 0 ? 0 : thresholds[tree.column[node]!]!.indexOf(threshold),
    ),
    missingLeft: new Uint8Array(tree.column.length).fill(1),
    left: Int32Array.from(tree.left),
    right: Int32Array.from(tree.right),
    cover: Float64Array.from(tree.cover),
    values: Float64Array.from(tree.values),
    outputs: 1,
  }));
  return {
    trees,
    learnt: [],
    columns,
    edges,
    predict: (features) => {
      const binned = binRows(columns, edges, features, 1);
      return Float64Array.of(
        sum(trees.map((tree) => tree.values[leafOf(tree, columns, binned, 0)]!)) / trees.length,
      );
    },
  };
}

test('Shapley values of trees are those of shap’s TreeExplainer', () => {
  const width = 4;
  const forest = forestOf(answers.grown, width);
  for (const [at, row] of rowsOf(answers.rows, width).entries()) {
    const found = forestShapley(forest, row, 0);
    expect(found.base).toBeCloseTo(answers.base, 9);
    expect(found.score).toBeCloseTo(answers.said[at]!, 9);
    for (const [column, effect] of found.effects.entries())
      expect(effect).toBeCloseTo(answers.effects[at * width + column]!, 9);
  }
  // A path that meets one column twice is among them.
  const meetsTwice = ({ column, left, right }: (typeof answers.grown)[number]): boolean => {
    const walk = (node: number, met: readonly number[]): boolean =>
      column[node]! >= 0 &&
      (met.includes(column[node]!) ||
        [left, right].some((side) => walk(side[node]!, [...met, column[node]!])));
    return walk(0, []);
  };
  expect(answers.grown.some(meetsTwice)).toBe(true);
});
