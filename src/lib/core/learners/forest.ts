// Trees that vote: one (CART), one split alone (a rule that a person can keep in mind), or a random forest (Breiman 2001: rows drawn
// with replacement for each tree, columns drawn for each split; the mean of the trees' shares, as scikit-learn has it).
import { binnedColumns, binRows, type BinnedColumns } from '../trees/columns.ts';
import type { DataContract } from '../data/contract.ts';
import type { OptionValues } from '../named-options.ts';
import { random } from '../random.ts';
import { growTree, leafOf, type DecisionTree, type TreeRows } from './decision-tree.ts';
import { exactEdges } from './exact-edges.ts';
import {
  optionOf,
  outputsOf,
  ownCount,
  taskOf,
  type Learner,
  type Learning,
  type LearningPoint,
  type Lesson,
  type LearntPart,
  type Predictor,
} from './learner.ts';

export interface ForestPredictor extends Predictor {
  readonly trees: readonly DecisionTree[];
  readonly columns: BinnedColumns;
  /** [numbers, bins − 1]: encoded. */
  readonly edges: Float32Array;
}

const BINS = 128;
const depth = {
  name: 'depth',
  title: 'Depth',
  hint: 'Splits from the root to the deepest leaf',
  isWhole: true,
};
const leaf = {
  name: 'leaf',
  title: 'Rows of a leaf',
  hint: 'No leaf has fewer',
  minimum: 1,
  maximum: 1_000_000,
  isWhole: true,
};

const unsuited = (contract: DataContract): string | undefined =>
  contract.kind === 'table' ? undefined : 'it takes tables, and this contract is of pictures or sound.';

export const oneRule: Learner = {
  name: 'rule',
  title: 'One rule',
  description: 'The one question that tells most: what a person could keep in mind.',
  options: [],
  unsuited,
  revive,
  learn: (lesson) => growTrees(lesson, { trees: 1, depth: 1, leaf: 1, share: 1, isDrawn: false }),
};

export const tree: Learner = {
  name: 'tree',
  title: 'Decision tree',
  description: 'A few questions one after the other (CART): easy to read and to explain.',
  options: [
    { ...depth, default: 6, minimum: 1, maximum: 30 },
    { ...leaf, default: 5 },
  ],
  unsuited,
  revive,
  learn: (lesson) =>
    growTrees(lesson, {
      trees: 1,
      depth: optionOf(lesson.options, 'depth'),
      leaf: optionOf(lesson.options, 'leaf'),
      share: 1,
      isDrawn: false,
    }),
};

export const forest: Learner = {
  name: 'forest',
  title: 'Random forest',
  description: 'Many trees on draws of the rows, averaged: good without tuning.',
  options: [
    {
      name: 'trees',
      title: 'Trees',
      hint: 'More are steadier and slower',
      default: 100,
      minimum: 1,
      maximum: 2000,
      isWhole: true,
    },
    { ...depth, default: 16, minimum: 1, maximum: 30 },
    { ...leaf, default: 1 },
    {
      name: 'share',
      title: 'Share of columns',
      hint: 'Looked at for each split; 0: the square root of their number for classes, a third for numbers',
      default: 0,
      minimum: 0,
      maximum: 1,
    },
  ],
  unsuited,
  revive,
  learn: (lesson) =>
    growTrees(lesson, {
      trees: optionOf(lesson.options, 'trees'),
      depth: optionOf(lesson.options, 'depth'),
      leaf: optionOf(lesson.options, 'leaf'),
      share: optionOf(lesson.options, 'share'),
      isDrawn: true,
    }),
};

interface Plan {
  readonly trees: number;
  readonly depth: number;
  readonly leaf: number;
  readonly share: number;
  /** Rows are drawn with replacement. */
  readonly isDrawn: boolean;
}

function* growTrees({ contract, rows, seed }: Lesson, plan: Plan): Learning<ForestPredictor> {
  if (contract.kind !== 'table') throw new RangeError('Trees take tables.');
  const task = taskOf(contract);
  const columns = binnedColumns(contract, BINS);
  const edges = exactEdges(columns, rows);
  const binned = binRows(columns, edges, rows.features, rows.count);
  const width = columns.columns.length;
  const usual = task.type === 'classes' ? Math.sqrt(width) : width / 3;
  const columnsTried = Math.max(1, Math.floor(plan.share === 0 ? usual : plan.share * width));
  const treeRows = {
    binned,
    targets: rows.targets,
    outputs: outputsOf(task),
    isNumber: task.type === 'number',
  };
  const trees: DecisionTree[] = [];
  // A row that was not drawn may have been drawn as a copy, or as what lies beside it: then nothing was unseen.
  const apart = plan.isDrawn && ownCount(rows) === rows.count ? outOfBag(rows, treeRows) : undefined;
  for (let index = 0; index < plan.trees; index += 1) {
    const draw = random(seed, 'forest', index);
    const drawn = Uint32Array.from({ length: rows.count }, (_, row) =>
      plan.isDrawn ? draw.below(rows.count) : row,
    );
    const grown = growTree(columns, treeRows, drawn, { ...plan, columnsTried }, draw);
    trees.push(grown);
    apart?.add(drawn, (row) => leafOf(grown, columns, binned, row * width) * grown.outputs, grown.values);
    yield (index + 1) / plan.trees;
  }
  const predictor = forestPredictor(trees, columns, edges);
  return apart === undefined ? predictor : { ...predictor, curve: apart.curve };
}

/**
 * The forest so far on the rows that its trees had not drawn (Breiman 2001, §3.1): each row judged by those trees alone. Shares are
 * kept off zero by half a vote, so that one tree that is sure and wrong costs what it should and not infinity.
 */
function outOfBag(
  { count, targets }: Lesson['rows'],
  { outputs, isNumber }: Pick<TreeRows, 'outputs' | 'isNumber'>,
) {
  const sums = new Float64Array(count * outputs);
  const votes = new Int32Array(count);
  const curve: LearningPoint[] = [];
  return {
    curve,
    add(drawn: Uint32Array, leafAt: (row: number) => number, values: Float64Array): void {
      const inside = new Uint8Array(count);
      for (const row of drawn) inside[row] = 1;
      let [loss, judged] = [0, 0];
      for (let row = 0; row < count; row += 1) {
        if (inside[row] === 0) {
          const leaf = leafAt(row);
          votes[row]! += 1;
          for (let k = 0; k < outputs; k += 1) sums[row * outputs + k]! += values[leaf + k]!;
        }
        const seen = votes[row]!;
        if (seen === 0) continue;
        judged += 1;
        loss += isNumber
          ? (sums[row]! / seen - targets[row]!) ** 2 / 2
          : -Math.log((sums[row * outputs + targets[row]!]! + 0.5) / (seen + outputs / 2));
      }
      if (judged > 0) curve.push({ step: curve.length + 1, loss: loss / judged });
    },
  };
}

const ARRAYS = 7;

function revive(
  contract: DataContract,
  _: OptionValues,
  [edges, ...parts]: readonly LearntPart[],
): ForestPredictor | undefined {
  if (contract.kind !== 'table') return undefined;
  const columns = binnedColumns(contract, BINS);
  const outputs = outputsOf(taskOf(contract));
  if (!(edges instanceof Float32Array) || edges.length !== columns.numbers.length * (BINS - 1))
    return undefined;
  if (parts.length === 0 || parts.length % ARRAYS !== 0) return undefined;
  const trees: DecisionTree[] = [];
  for (let at = 0; at < parts.length; at += ARRAYS) {
    const [column, cell, missingLeft, left, right, cover, values] = parts.slice(at, at + ARRAYS);
    if (
      !(column instanceof Int32Array) ||
      !(cell instanceof Int32Array) ||
      !(missingLeft instanceof Uint8Array) ||
      !(left instanceof Int32Array) ||
      !(right instanceof Int32Array) ||
      !(cover instanceof Float64Array) ||
      !(values instanceof Float64Array)
    )
      return undefined;
    const one = { column, cell, missingLeft, left, right, cover, values, outputs };
    if (!isTree(one, columns.columns.length)) return undefined;
    trees.push(one);
  }
  return forestPredictor(trees, columns, edges);
}

/** Whether every path ends in a leaf: children stand behind their parents, within the arrays. */
function isTree({ column, left, right, values, outputs, ...others }: DecisionTree, columns: number): boolean {
  const nodes = column.length;
  if (nodes === 0 || values.length !== nodes * outputs) return false;
  if ([others.cell, others.missingLeft, left, right, others.cover].some((part) => part.length !== nodes))
    return false;
  return column.every(
    (own, node) =>
      own < 0 ||
      (own < columns && [left[node]!, right[node]!].every((child) => child > node && child < nodes)),
  );
}

function forestPredictor(
  trees: readonly DecisionTree[],
  columns: BinnedColumns,
  edges: Float32Array,
): ForestPredictor {
  const outputs = trees[0]?.outputs ?? 1;
  return {
    trees,
    columns,
    edges,
    learnt: [
      edges,
      ...trees.flatMap((one) => [
        one.column,
        one.cell,
        one.missingLeft,
        one.left,
        one.right,
        one.cover,
        one.values,
      ]),
    ],
    predict(features, count) {
      const binned = binRows(columns, edges, features, count);
      const width = columns.columns.length;
      const means = new Float64Array(count * outputs);
      for (const one of trees)
        for (let row = 0; row < count; row += 1) {
          const at = leafOf(one, columns, binned, row * width) * outputs;
          for (let k = 0; k < outputs; k += 1)
            means[row * outputs + k]! += one.values[at + k]! / trees.length;
        }
      return means;
    },
  };
}
