// The whole of a boosting run as one flat vector of f32 values: a header, the edges between bins, and all trees, the one that is
// being grown with its open nodes. Views read and write the vector in place; what goes into it is the growth's work (growth.ts).
//   header [HEADER] · edges [numbers, bins − 1] · nodes [stages, outputs, 2^(depth + 1) − 1, FIELDS]
// A tree lies as a heap: the children of node i are 2i + 1 and 2i + 2. A node without a kind is not there.
import { fail, ok, type Result } from '../result.ts';
import type { ModelProblem } from '../aggregation/summed-model.ts';
import { objectives, type Objective, type TreesSpec } from './spec.ts';
import type { BinnedColumns } from './columns.ts';

/** What spec and contract make together; everything that a state must agree with. */
export interface TreesLayout {
  readonly spec: TreesSpec;
  readonly columns: BinnedColumns;
  readonly objective: Objective;
  readonly outputs: number;
  /** 2^(depth + 1) − 1 */
  readonly nodesPerTree: number;
  readonly edgesLength: number;
  /** P */
  readonly parameterCount: number;
}

/** counting: the next sums are counts for quantiles. growing: they are derivatives for the open nodes. complete: none is wanted. */
export const phases = ['counting', 'growing', 'complete'] as const;
export type Phase = (typeof phases)[number];

export interface Split {
  /** Among the contract's columns. */
  readonly column: number;
  /** Numbers: cells up to this one go left. Categories: this one goes left. */
  readonly cell: number;
  readonly missingGoesLeft: boolean;
  /** ½ · (…) − γ of Chen & Guestrin 2016, eq. 7. */
  readonly gain: number;
}

/** `weight`: what a row that ends here adds to the output, η included. `cover`: Σ of second derivatives. */
export type TreeNode = { readonly weight: number; readonly cover: number } & (
  { readonly type: 'leaf' } | { readonly type: 'open' } | ({ readonly type: 'split' } & Split)
);

const FORMAT = 1;
const HEADER = 15;
const [PHASE, STAGE, LEVEL] = [12, 13, 14];
const FIELDS = 6;
const [KIND, CELL, MISSING, WEIGHT, GAIN, COVER] = [0, 1, 2, 3, 4, 5];
/** KIND: 0 absent, 1 leaf, 2 open, 3 + c split on column c. */
const [LEAF, OPEN, SPLIT] = [1, 2, 3];

export function treesLayout(
  spec: TreesSpec,
  columns: BinnedColumns,
  objective: Objective,
  outputs: number,
): TreesLayout {
  const nodesPerTree = 2 ** (spec.depth + 1) - 1;
  const edgesLength = columns.numbers.length * (spec.bins - 1);
  const parameterCount = HEADER + edgesLength + spec.stages * outputs * nodesPerTree * FIELDS;
  return { spec, columns, objective, outputs, nodesPerTree, edgesLength, parameterCount };
}

/** One vector, read as a boosting run. All of it is written in place. */
export interface TreesState {
  readonly layout: TreesLayout;
  readonly vector: Float32Array;
  phase: Phase;
  /** Of the tree or trees being grown, from 0; `stages` once complete. */
  stage: number;
  /** Of the open nodes, from 0 at the root. */
  level: number;
  /** [numbers, bins − 1]: a view. */
  readonly edges: Float32Array;
  /** undefined: there is no such node. */
  node(tree: number, index: number): TreeNode | undefined;
  setNode(tree: number, index: number, node: TreeNode): void;
  /** Where a row that lies at `cells` of its columns ends in a tree: the index of a node that is no split. */
  leafOf(tree: number, binned: Uint16Array, at: number): number;
  /** The weight of a node, which must be there. */
  weightAt(tree: number, index: number): number;
  isOpen(tree: number, index: number): boolean;
}

const header = ({ spec, columns, objective, outputs }: TreesLayout): Float32Array =>
  Float32Array.of(
    FORMAT,
    objectives.indexOf(objective),
    outputs,
    spec.stages,
    spec.depth,
    spec.bins,
    columns.columns.length,
    columns.numbers.length,
    spec.learningRate,
    spec.lambda,
    spec.gamma,
    spec.minimumChildWeight,
  );

/** A state without edges and without trees. */
export function emptyState(layout: TreesLayout): TreesState {
  const vector = new Float32Array(layout.parameterCount);
  vector.set(header(layout));
  return viewOf(layout, vector);
}

/** The vector as this layout's state, not copied; refused where it is another one's. */
export function readState(layout: TreesLayout, vector: Float32Array): Result<TreesState, ModelProblem> {
  const foreign = (message: string) => fail<ModelProblem>({ kind: 'foreign-state', message });
  if (vector.length !== layout.parameterCount)
    return foreign(
      `These trees need ${layout.parameterCount} parameters, but the version has ${vector.length}. Take one of this federation.`,
    );
  const expected = header(layout);
  const at = expected.findIndex((value, i) => vector[i] !== value);
  if (at >= 0)
    return foreign(
      `Value ${at} of the version's header is ${vector[at]}, and these trees expect ${expected[at]}. Take a version of this federation.`,
    );
  if (
    phases[vector[PHASE]!] === undefined ||
    !(vector[STAGE]! >= 0 && vector[STAGE]! <= layout.spec.stages) ||
    !(vector[LEVEL]! >= 0 && vector[LEVEL]! < layout.spec.depth)
  )
    return foreign('The version does not say at which stage and level its trees are. Take an earlier one.');
  return ok(viewOf(layout, vector));
}

function viewOf(layout: TreesLayout, vector: Float32Array): TreesState {
  const { nodesPerTree, columns } = layout;
  const edges = vector.subarray(HEADER, HEADER + layout.edgesLength);
  const nodes = vector.subarray(HEADER + layout.edgesLength);
  const width = columns.columns.length;
  const isNumber = columns.columns.map((column) => column.type === 'number');
  const lastCell = columns.columns.map((column) => column.cells - 1);
  return {
    layout,
    vector,
    edges,
    get phase() {
      return phases[vector[PHASE]!] ?? 'complete';
    },
    set phase(phase) {
      vector[PHASE] = phases.indexOf(phase);
    },
    get stage() {
      return vector[STAGE]!;
    },
    set stage(stage) {
      vector[STAGE] = stage;
    },
    get level() {
      return vector[LEVEL]!;
    },
    set level(level) {
      vector[LEVEL] = level;
    },
    node(tree, index) {
      const at = (tree * nodesPerTree + index) * FIELDS;
      const kind = nodes[at + KIND]!;
      const weights = { weight: nodes[at + WEIGHT]!, cover: nodes[at + COVER]! };
      if (kind < LEAF) return undefined;
      if (kind < SPLIT) return { type: kind === LEAF ? 'leaf' : 'open', ...weights };
      return {
        type: 'split',
        column: kind - SPLIT,
        cell: nodes[at + CELL]!,
        missingGoesLeft: nodes[at + MISSING] === 1,
        gain: nodes[at + GAIN]!,
        ...weights,
      };
    },
    setNode(tree, index, node) {
      const at = (tree * nodesPerTree + index) * FIELDS;
      nodes.fill(0, at, at + FIELDS);
      nodes[at + WEIGHT] = node.weight;
      nodes[at + COVER] = node.cover;
      switch (node.type) {
        case 'leaf':
          nodes[at + KIND] = LEAF;
          return;
        case 'open':
          nodes[at + KIND] = OPEN;
          return;
        case 'split':
          nodes[at + KIND] = SPLIT + node.column;
          nodes[at + CELL] = node.cell;
          nodes[at + MISSING] = node.missingGoesLeft ? 1 : 0;
          nodes[at + GAIN] = node.gain;
          return;
        default:
          return node satisfies never;
      }
    },
    // For every row and tree: on the bare numbers, without making objects.
    leafOf(tree, binned, row) {
      let index = 0;
      for (let at = tree * nodesPerTree * FIELDS; ; at = (tree * nodesPerTree + index) * FIELDS) {
        const column = nodes[at + KIND]! - SPLIT;
        if (column < 0 || column >= width || 2 * index + 2 >= nodesPerTree) return index;
        const cell = binned[row * width + column]!;
        const goesLeft =
          cell === lastCell[column]
            ? nodes[at + MISSING] === 1
            : isNumber[column]
              ? cell <= nodes[at + CELL]!
              : cell === nodes[at + CELL]!;
        index = 2 * index + (goesLeft ? 1 : 2);
      }
    },
    weightAt: (tree, index) => nodes[(tree * nodesPerTree + index) * FIELDS + WEIGHT]!,
    isOpen: (tree, index) => nodes[(tree * nodesPerTree + index) * FIELDS + KIND] === OPEN,
  };
}
