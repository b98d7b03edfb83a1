// Shapley values of trees in polynomial time (Lundberg et al. 2020, "From local explanations to global understanding with explainable
// AI for trees", algorithm 2: the path-dependent TreeSHAP). What is not known goes both ways at a split, by how many rows went
// there in training. A column is one player, however many features it is encoded in.
import { goesLeft, treeNodes, type DecisionTree } from '../learners/decision-tree.ts';
import type { BoostedPredictor } from '../learners/boosted-trees.ts';
import type { ForestPredictor } from '../learners/forest.ts';
import { binRows, type BinnedColumns } from '../trees/columns.ts';
import type { TreesState } from '../trees/state.ts';
import type { Attribution } from './black-box.ts';

interface PathStep {
  /** −1 for the root. */
  readonly column: number;
  /** Share of the ways through here where the column is not known, and where it is (0 or 1). */
  readonly zero: number;
  readonly one: number;
  /** The share of sets of each size. */
  weight: number;
}

/** Adds one tree's effects on output `output` of the row at `at` of `binned` to `effects`; returns its mean output. */
function addTree(
  tree: DecisionTree,
  columns: BinnedColumns,
  binned: Uint16Array,
  at: number,
  output: number,
  scale: number,
  effects: Float64Array,
): void {
  const visit = (
    node: number,
    path: readonly PathStep[],
    zero: number,
    one: number,
    column: number,
  ): void => {
    const extended = extend(path, zero, one, column);
    const own = tree.column[node]!;
    if (own < 0) {
      const value = tree.values[node * tree.outputs + output]! * scale;
      for (let i = 1; i < extended.length; i += 1) {
        const step = extended[i]!;
        effects[step.column]! += unwoundSum(extended, i) * (step.one - step.zero) * value;
      }
      return;
    }
    const [left, right] = [tree.left[node]!, tree.right[node]!];
    const [hot, cold] = goesLeft(tree, columns, node, binned, at) ? [left, right] : [right, left];
    const before = extended.findIndex((step, i) => i > 0 && step.column === own);
    const step = before < 0 ? undefined : extended[before];
    const rest = before < 0 ? extended : unwind(extended, before);
    const share = (child: number): number => (step?.zero ?? 1) * (tree.cover[child]! / tree.cover[node]!);
    visit(hot, rest, share(hot), step?.one ?? 1, own);
    visit(cold, rest, share(cold), 0, own);
  };
  visit(0, [], 1, 1, -1);
}

function extend(path: readonly PathStep[], zero: number, one: number, column: number): PathStep[] {
  const length = path.length;
  const next: PathStep[] = [
    ...path.map((step) => ({ ...step })),
    { column, zero, one, weight: length === 0 ? 1 : 0 },
  ];
  for (let i = length - 1; i >= 0; i -= 1) {
    next[i + 1]!.weight += (one * next[i]!.weight * (i + 1)) / (length + 1);
    next[i]!.weight = (zero * next[i]!.weight * (length - i)) / (length + 1);
  }
  return next;
}

function unwind(path: readonly PathStep[], at: number): PathStep[] {
  const last = path.length - 1;
  const { one, zero } = path[at]!;
  const weights = path.map((step) => step.weight);
  let carried = weights[last]!;
  for (let i = last - 1; i >= 0; i -= 1) {
    if (one !== 0) {
      const kept = weights[i]!;
      weights[i] = (carried * (last + 1)) / ((i + 1) * one);
      carried = kept - (weights[i]! * zero * (last - i)) / (last + 1);
    } else weights[i] = (weights[i]! * (last + 1)) / (zero * (last - i));
  }
  return path.toSpliced(at, 1).map((step, i) => ({ ...step, weight: weights[i]! }));
}

function unwoundSum(path: readonly PathStep[], at: number): number {
  return unwind(path, at).reduce((sum, step) => sum + step.weight, 0);
}

/** The mean output over the rows that the tree was grown from, as its covers weigh its leaves. */
function meanOf(tree: DecisionTree, output: number): number {
  let sum = 0;
  for (let node = 0; node < tree.column.length; node += 1)
    if (tree.column[node]! < 0) sum += tree.cover[node]! * tree.values[node * tree.outputs + output]!;
  return sum / tree.cover[0]!;
}

/** Effects on the share of class `output` (or the number) that a forest predicts for one row [F]. */
export function forestShapley(forest: ForestPredictor, row: Float32Array, output: number): Attribution {
  const { trees, columns, edges } = forest;
  const binned = binRows(columns, edges, row, 1);
  const effects = new Float64Array(columns.columns.length);
  let base = 0;
  for (const tree of trees) {
    addTree(tree, columns, binned, 0, output, 1 / trees.length, effects);
    base += meanOf(tree, output) / trees.length;
  }
  return { base, score: forest.predict(row, 1)[output]!, effects };
}

/**
 * Effects on a raw output of boosted trees for one row [F]: ln odds of the second class, a class's margin, or the encoded number.
 * `score` is that output.
 */
export function boostedShapley({ state }: BoostedPredictor, row: Float32Array, output: number): Attribution {
  const { columns, outputs, spec } = state.layout;
  const binned = binRows(columns, state.edges, row, 1);
  const effects = new Float64Array(columns.columns.length);
  let base = 0;
  let score = 0;
  for (let stage = 0; stage < spec.stages; stage += 1) {
    const index = stage * outputs + output;
    const tree = plainTree(state, index);
    addTree(tree, columns, binned, 0, 0, 1, effects);
    base += meanOf(tree, 0);
    score += state.weightAt(index, state.leafOf(index, binned, 0));
  }
  return { base, score, effects };
}

/** One tree of an ensemble as flat arrays of the nodes that are there. */
export function plainTree(state: TreesState, tree: number): DecisionTree {
  const nodes = treeNodes(1);
  const { left, right, cover } = nodes.tree;
  const add = (index: number): number => {
    const node = state.node(tree, index);
    if (node === undefined) throw new Error(`The tree has no node ${index}.`);
    const at = nodes.add(node.cover, [node.weight]);
    if (node.type === 'split') {
      nodes.split(at, node.column, node.cell, node.missingGoesLeft);
      left[at] = add(2 * index + 1);
      right[at] = add(2 * index + 2);
      // Covers are kept as f32, and need not add up to the last bit: those of the children do here, so that shares add up to 1.
      cover[at] = cover[left[at]!]! + cover[right[at]!]!;
    }
    return at;
  };
  add(0);
  return nodes.whole();
}
