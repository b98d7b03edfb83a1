// An ensemble as JSON that a person can read and another program can use: columns by name, splits in the columns' own units. What
// is read back is the same state to the bit, half grown or whole, so that a file can be the base of a federation.
import * as v from 'valibot';
import type { ModelProblem } from '../aggregation/summed-model.ts';
import { classLabels, type TableContract } from '../data/contract.ts';
import { fail, ok, type Result } from '../result.ts';
import { boostedTrees, type BoostedTrees } from './boosted-trees.ts';
import type { BinnedColumn } from './columns.ts';
import { objectives, TreesSpec } from './spec.ts';
import { emptyState, phases, readState, type TreeNode, type TreesState } from './state.ts';

const finite = v.pipe(v.number(), v.finite());
const index = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const weighed = { node: index, weight: finite, cover: finite };
const Node = v.variant('type', [
  v.strictObject({ type: v.literal('leaf'), ...weighed }),
  /** Of the level being grown: a leaf until it splits. */
  v.strictObject({ type: v.literal('open'), ...weighed }),
  v.strictObject({
    type: v.literal('number-split'),
    ...weighed,
    column: v.string(),
    /** Bins up to this one go left. */
    bin: index,
    /** The same in the column's own unit, for reading; null: every number goes left, and what is missing right. */
    atMost: v.nullable(finite),
    missing: v.picklist(['left', 'right']),
    gain: finite,
  }),
  v.strictObject({
    type: v.literal('category-split'),
    ...weighed,
    column: v.string(),
    /** Goes left; all others right. */
    category: v.string(),
    missing: v.picklist(['left', 'right']),
    gain: finite,
  }),
]);
type Node = v.InferOutput<typeof Node>;

/** The children of node i are 2i + 1 (left) and 2i + 2; a row's output is the sum of the weights of the nodes where it ends. */
const Ensemble = v.strictObject({
  format: v.literal('tributary-trees'),
  version: v.literal(1),
  objective: v.picklist(objectives),
  classes: v.nullable(v.array(v.string())),
  settings: TreesSpec,
  progress: v.strictObject({ phase: v.picklist(phases), stage: index, level: index }),
  columns: v.array(
    v.variant('type', [
      v.strictObject({
        type: v.literal('number'),
        name: v.string(),
        mean: finite,
        standardDeviation: finite,
        /** (value − mean) / standardDeviation, ascending. */
        edges: v.array(finite),
      }),
      v.strictObject({ type: v.literal('category'), name: v.string(), categories: v.array(v.string()) }),
    ]),
  ),
  trees: v.array(v.strictObject({ stage: index, output: index, nodes: v.array(Node) })),
});
type Ensemble = v.InferOutput<typeof Ensemble>;

/** The text of a state: JSON, two spaces. Refused where the parameters are not these trees'. */
export function writeEnsemble(
  { layout }: BoostedTrees,
  contract: TableContract,
  parameters: Float32Array,
): Result<string, ModelProblem> {
  const read = readState(layout, parameters);
  if (!read.ok) return read;
  const state = read.value;
  const { spec, columns, outputs, objective } = layout;
  const ensemble: Ensemble = {
    format: 'tributary-trees',
    version: 1,
    objective,
    classes: labelsOf(contract),
    settings: spec,
    progress: { phase: state.phase, stage: state.stage, level: state.level },
    columns: columns.columns.map((column) =>
      column.type === 'number'
        ? { ...scaleOf(column), edges: [...edgesOf(state, column)] }
        : { type: 'category', name: column.name, categories: [...column.categories] },
    ),
    trees: Array.from({ length: spec.stages * outputs }, (_, tree) => ({
      stage: Math.floor(tree / outputs),
      output: tree % outputs,
      nodes: nodesOf(state, tree),
    })).filter((tree) => tree.nodes.length > 0),
  };
  return ok(JSON.stringify(ensemble, null, 2));
}

const labelsOf = (contract: TableContract): string[] | null => {
  const labels = classLabels(contract);
  return labels === undefined ? null : [...labels];
};

const scaleOf = ({ name, source }: Extract<BinnedColumn, { type: 'number' }>) => ({
  type: 'number' as const,
  name,
  mean: source.mean,
  standardDeviation: source.standardDeviation,
});

const edgesOf = (state: TreesState, column: { readonly numberIndex: number }): Float32Array => {
  const width = state.layout.spec.bins - 1;
  return state.edges.subarray(column.numberIndex * width, (column.numberIndex + 1) * width);
};

/** Edges are f32: more than seven digits would say nothing. */
const atMost = (
  { source }: Extract<BinnedColumn, { type: 'number' }>,
  edge: number | undefined,
): number | null =>
  edge === undefined ? null : Number((edge * source.standardDeviation + source.mean).toPrecision(7));

function nodesOf(state: TreesState, tree: number): Node[] {
  const nodes: Node[] = [];
  for (let at = 0; at < state.layout.nodesPerTree; at += 1) {
    const node = state.node(tree, at);
    if (node === undefined) continue;
    const { weight, cover } = node;
    if (node.type !== 'split') {
      nodes.push({ node: at, type: node.type, weight, cover });
      continue;
    }
    const column = state.layout.columns.columns[node.column]!;
    const missing = node.missingGoesLeft ? 'left' : 'right';
    const shared = { node: at, column: column.name, missing, gain: node.gain, weight, cover } as const;
    if (column.type === 'number') {
      const edge = edgesOf(state, column)[node.cell];
      nodes.push({ ...shared, type: 'number-split', bin: node.cell, atMost: atMost(column, edge) });
    } else nodes.push({ ...shared, type: 'category-split', category: column.categories[node.cell]! });
  }
  return nodes;
}

/** Trees and their state from the text of a file, for data of this contract. Any text may be given. */
export function readEnsemble(
  text: string,
  contract: TableContract,
): Result<{ readonly trees: BoostedTrees; readonly parameters: Float32Array<ArrayBuffer> }, ModelProblem> {
  const unreadable = (message: string) => fail<ModelProblem>({ kind: 'unreadable-file', message });
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return unreadable('The file is not JSON. Choose an ensemble that was exported here.');
  }
  const parsed = v.safeParse(Ensemble, json);
  if (!parsed.success) {
    const [issue] = parsed.issues;
    return unreadable(
      `${v.getDotPath(issue) ?? 'The file'}: ${issue.message}. Choose an ensemble that was exported here.`,
    );
  }
  const ensemble = parsed.output;
  const trees = boostedTrees(ensemble.settings, contract);
  if (!trees.ok) return trees;
  const differs = contractDifference(ensemble, trees.value, contract);
  if (differs !== undefined) return fail({ kind: 'unsuited-contract', message: differs });
  const state = emptyState(trees.value.layout);
  const problem = fillState(state, ensemble);
  if (problem !== undefined) return unreadable(problem);
  return ok({ trees: trees.value, parameters: Float32Array.from(state.vector) });
}

/** What the file was made for that this contract does not have, in a sentence. */
function contractDifference(
  ensemble: Ensemble,
  { layout }: BoostedTrees,
  contract: TableContract,
): string | undefined {
  if (
    ensemble.objective !== layout.objective ||
    JSON.stringify(ensemble.classes) !== JSON.stringify(labelsOf(contract))
  )
    return `The file predicts ${ensemble.classes?.join(', ') ?? 'a number'}; the contract asks for ${labelsOf(contract)?.join(', ') ?? 'a number'}.`;
  const expected = layout.columns.columns.map((column) =>
    column.type === 'number'
      ? scaleOf(column)
      : { type: column.type, name: column.name, categories: column.categories },
  );
  for (let at = 0; at < Math.max(expected.length, ensemble.columns.length); at += 1) {
    const got = ensemble.columns[at];
    const wanted = expected[at];
    if (wanted === undefined || got === undefined)
      return `The file has ${ensemble.columns.length} columns, and the contract ${expected.length}.`;
    const same =
      got.type === 'number' && wanted.type === 'number'
        ? got.name === wanted.name &&
          got.mean === wanted.mean &&
          got.standardDeviation === wanted.standardDeviation
        : got.type === 'category' &&
          wanted.type === 'category' &&
          got.name === wanted.name &&
          got.categories.join('\n') === wanted.categories.join('\n');
    if (!same)
      return `Column ${at} of the file, “${got.name}”, is not the contract's “${wanted.name}” with the same scale or categories.`;
  }
  return undefined;
}

/** Writes the file's edges and nodes into an empty state; what is wrong with them, in a sentence. */
function fillState(state: TreesState, { columns, trees, progress }: Ensemble): string | undefined {
  const { layout } = state;
  const { spec, outputs } = layout;
  const isComplete = progress.phase === 'complete';
  if (isComplete ? progress.stage !== spec.stages : progress.stage >= spec.stages)
    return `progress.stage: ${progress.stage} of ${spec.stages} stages is not where trees can be.`;
  if (progress.level >= spec.depth || (progress.phase !== 'growing' && progress.level !== 0))
    return `progress.level: ${progress.level} is not where trees of depth ${spec.depth} can be.`;
  state.phase = progress.phase;
  state.stage = progress.stage;
  state.level = progress.level;
  for (const column of layout.columns.numbers) {
    const given = columns[layout.columns.columns.indexOf(column)];
    const edges = given?.type === 'number' ? Float32Array.from(given.edges) : new Float32Array(0);
    if (
      edges.length !== spec.bins - 1 ||
      edges.some((edge, i) => !Number.isFinite(edge) || (i > 0 && edge < edges[i - 1]!))
    )
      return `Column “${column.name}” needs ${spec.bins - 1} edges, ascending.`;
    edgesOf(state, column).set(edges);
  }
  const wanted = (isComplete ? spec.stages : progress.stage + 1) * outputs;
  if (trees.length !== wanted)
    return `The file needs ${wanted} trees at this stage, and has ${trees.length}.`;
  for (const [at, { stage, output, nodes }] of trees.entries()) {
    if (stage * outputs + output !== at || output >= outputs) return `trees.${at} is not in its place.`;
    for (const node of nodes) {
      if (node.node >= layout.nodesPerTree || state.node(at, node.node) !== undefined)
        return `trees.${at}: node ${node.node} is there twice, or too deep for depth ${spec.depth}.`;
      const read = nodeFrom(state, node);
      if (!read.ok) return `trees.${at}, node ${node.node}: ${read.error}`;
      state.setNode(at, node.node, read.value);
    }
    const shape = shapeProblem(state, at, !isComplete && stage === progress.stage);
    if (shape !== undefined) return `trees.${at}, ${shape}`;
  }
  return undefined;
}

function nodeFrom(state: TreesState, node: Node): Result<TreeNode, string> {
  const weights = { weight: Math.fround(node.weight), cover: Math.fround(node.cover) };
  if (!Number.isFinite(weights.weight) || !Number.isFinite(weights.cover))
    return fail('its weight or cover is beyond 32 bits.');
  if (!('column' in node)) return ok({ type: node.type, ...weights });
  const { columns } = state.layout.columns;
  const at = columns.findIndex((column) => column.name === node.column);
  const column = columns[at];
  const split = {
    type: 'split',
    column: at,
    missingGoesLeft: node.missing === 'left',
    gain: Math.fround(node.gain),
    ...weights,
  } as const;
  if (node.type === 'number-split' && column?.type === 'number') {
    const edge = edgesOf(state, column)[node.bin];
    if (node.bin >= state.layout.spec.bins) return fail(`there is no bin ${node.bin}.`);
    if (atMost(column, edge) !== node.atMost)
      return fail(
        `“atMost” is ${node.atMost}, but bin ${node.bin} ends at ${atMost(column, edge)}. Change the edges.`,
      );
    return ok({ ...split, cell: node.bin });
  }
  if (node.type === 'category-split' && column?.type === 'category') {
    const cell = column.categories.indexOf(node.category);
    return cell < 0 ? fail(`there is no category “${node.category}”.`) : ok({ ...split, cell });
  }
  return fail(`“${node.column}” is no column of this kind.`);
}

/** Every split has two children, nothing else has any, and nodes are open only where the trees are being grown. */
function shapeProblem(state: TreesState, tree: number, isGrowing: boolean): string | undefined {
  const { nodesPerTree } = state.layout;
  const root = 2 ** state.level - 1;
  if (state.node(tree, 0) === undefined) return 'node 0: there is no root.';
  for (let at = 0; at < nodesPerTree; at += 1) {
    const node = state.node(tree, at);
    if (node?.type === 'open' && !(isGrowing && at >= root && at <= 2 * root))
      return `node ${at}: only the level being grown is open.`;
    for (const child of [2 * at + 1, 2 * at + 2]) {
      const isThere = child < nodesPerTree && state.node(tree, child) !== undefined;
      if ((node?.type === 'split') !== isThere)
        return `node ${child}: a split has two children, and nothing else has any.`;
    }
  }
  return undefined;
}
