// What a device does in a round of boosting: it adds up its own rows, for the open nodes or for the quantiles, exactly.
import { WORDS, writeExact } from '../aggregation/exact-words.ts';
import type { ModelProblem, ModelRows } from '../aggregation/summed-model.ts';
import { fail, ok, type Result } from '../result.ts';
import { FINE_CELLS, fineCounts } from './bin-edges.ts';
import { binRows } from './columns.ts';
import { derivatives, MAXIMUM_ROWS } from './gradients.ts';
import type { TreesLayout, TreesState } from './state.ts';

/** Whole numbers in one update: enough for the deepest open level of all outputs, and for the counts where they are asked for. */
export function sumsLength({ spec, columns, outputs }: TreesLayout): number {
  const histograms = outputs * 2 ** (spec.depth - 1) * columns.cells * 2;
  const counts = spec.binning === 'quantiles' ? columns.numbers.length * FINE_CELLS : 0;
  return Math.max(histograms, counts);
}

/** Where the histogram of an open node begins among the sums: first derivatives [cells], then second ones [cells]. */
export const histogramAt = ({ layout, level }: TreesState, output: number, place: number): number =>
  (output * 2 ** level + place) * layout.columns.cells * 2;

/** The update of one device, [updateLength]. */
export function ownSums(state: TreesState, rows: ModelRows): Result<Float32Array<ArrayBuffer>, ModelProblem> {
  const { layout } = state;
  const unsuited = rowsProblem(layout, rows);
  if (unsuited !== undefined) return fail({ kind: 'unsuited-rows', message: unsuited });
  const sums = new Float64Array(sumsLength(layout));
  switch (state.phase) {
    case 'counting':
      sums.set(fineCounts(layout.columns, rows.features, rows.count));
      break;
    case 'growing':
      addHistograms(state, rows, sums);
      break;
    case 'complete':
      break;
    default:
      return state.phase satisfies never;
  }
  const update = new Float32Array(sums.length * WORDS);
  writeExact(sums, update);
  return ok(update);
}

/** Why rows cannot be worked with, in a sentence. */
export function rowsProblem(
  { columns, objective, outputs }: TreesLayout,
  rows: ModelRows,
): string | undefined {
  if (rows.count > MAXIMUM_ROWS)
    return `Exact sums hold ${MAXIMUM_ROWS} rows of one device, and this dataset has ${rows.count}. Divide it.`;
  if (rows.features.length !== rows.count * columns.features)
    return `These trees need rows of ${columns.features} values. Import the data again by this federation's contract.`;
  if (objective === 'squared-error') return undefined;
  const classes = objective === 'logistic' ? 2 : outputs;
  for (let row = 0; row < rows.count; row += 1) {
    const target = rows.targets[row]!;
    if (!(target >= 0 && target < classes && Number.isInteger(target)))
      return `Row ${row} has class ${target}, and there are ${classes}. Import the data again by this federation's contract.`;
  }
  return undefined;
}

/**
 * The outputs of every row [count, outputs], by the trees of the stages before `stages`. Added in the order of the trees, in f64:
 * the same bits wherever a row lies.
 */
export function margins(
  state: TreesState,
  binned: Uint16Array,
  count: number,
  stages: number,
): Float64Array<ArrayBuffer> {
  const { outputs } = state.layout;
  const sums = new Float64Array(count * outputs);
  for (let stage = 0; stage < stages; stage += 1)
    for (let output = 0; output < outputs; output += 1) {
      const tree = stage * outputs + output;
      for (let row = 0; row < count; row += 1)
        sums[row * outputs + output]! += state.weightAt(tree, state.leafOf(tree, binned, row));
    }
  return sums;
}

function addHistograms(state: TreesState, rows: ModelRows, sums: Float64Array): void {
  const { columns, objective, outputs } = state.layout;
  const binned = binRows(columns, state.edges, rows.features, rows.count);
  const before = margins(state, binned, rows.count, state.stage);
  const derive = derivatives(objective);
  const first = new Float64Array(outputs);
  const second = new Float64Array(outputs);
  const width = columns.columns.length;
  const firstCells = Int32Array.from(columns.columns, (column) => column.firstCell);
  const root = 2 ** state.level - 1;
  for (let row = 0; row < rows.count; row += 1) {
    derive(before.subarray(row * outputs, (row + 1) * outputs), rows.targets[row]!, first, second);
    for (let output = 0; output < outputs; output += 1) {
      const tree = state.stage * outputs + output;
      const node = state.leafOf(tree, binned, row);
      if (!state.isOpen(tree, node)) continue;
      const at = histogramAt(state, output, node - root);
      const g = first[output]!;
      const h = second[output]!;
      for (let column = 0; column < width; column += 1) {
        const cell = at + firstCells[column]! + binned[row * width + column]!;
        sums[cell] = sums[cell]! + g;
        sums[cell + columns.cells] = sums[cell + columns.cells]! + h;
      }
    }
  }
}
