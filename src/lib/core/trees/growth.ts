// What the server makes of a round's sums: edges from counts, or the next level of the trees in hand, or the next stage.
// A split's own sums give its children's weights, so that every version is a whole ensemble that can predict, and the leaves of
// the last level need no round of their own.
import { exactSumAt, WORDS } from '../aggregation/exact-words.ts';
import type { FixedPointSum } from '../aggregation/fixed-point-sum.ts';
import type { SumStrategy } from '../aggregation/strategy.ts';
import { summedStrategy } from '../aggregation/summed-strategy.ts';
import { bestSplit, bestWeight, totalOf, type Histogram, type Sums } from './best-split.ts';
import { FINE_CELLS, quantileEdges, rangeEdges } from './bin-edges.ts';
import { derivativeUnit } from './gradients.ts';
import { histogramAt, sumsLength } from './own-sums.ts';
import { emptyState, readState, type TreesLayout, type TreesState } from './state.ts';

/** The state before the first round. */
export function initialState(layout: TreesLayout): TreesState {
  const state = emptyState(layout);
  const { spec, columns } = layout;
  for (const column of columns.numbers)
    state.edges.set(rangeEdges(column, spec.bins), column.numberIndex * (spec.bins - 1));
  state.phase = spec.binning === 'quantiles' ? 'counting' : 'growing';
  plantRoots(state);
  return state;
}

/** The sum of a round's own sums, as a strategy like any other: each device counts once, whatever its rows. */
export const treesStrategy = (layout: TreesLayout): SumStrategy =>
  summedStrategy({
    name: 'boosted-trees',
    title: 'Boosted trees',
    description: 'Grows the next level of the trees from the histograms of all devices.',
    paper: 'Chen & Guestrin 2016, eq. 6 and 7',
    updateLength: sumsLength(layout) * WORDS,
    read: (parameters) => readState(layout, parameters),
    advance,
  });

/** One round forward, in place. */
function advance(state: TreesState, sum: FixedPointSum): void {
  switch (state.phase) {
    case 'counting':
      placeEdges(state, sum);
      state.phase = 'growing';
      return;
    case 'growing': {
      const { cells } = state.layout.columns;
      growLevel(state, (output, place) => {
        const at = histogramAt(state, output, place);
        return { first: sumsFrom(sum, at, cells), second: sumsFrom(sum, at + cells, cells) };
      });
      return;
    }
    case 'complete':
      return;
    default:
      return state.phase satisfies never;
  }
}

/** Whole numbers [length] from the `at`-th of the sums. */
const sumsFrom = (sum: FixedPointSum, at: number, length: number): Float64Array =>
  Float64Array.from({ length }, (_, i) => exactSumAt(sum, (at + i) * WORDS));

function placeEdges(state: TreesState, sum: FixedPointSum): void {
  for (const column of state.layout.columns.numbers) {
    placeQuantiles(state, column, sumsFrom(sum, column.numberIndex * FINE_CELLS, FINE_CELLS));
  }
}

/** Edges of one column from its counts [FINE_CELLS]. */
export function placeQuantiles(
  { layout: { spec }, edges }: TreesState,
  column: TreesLayout['columns']['numbers'][number],
  counts: Float64Array,
): void {
  // Missing on every device: any edges do.
  if (counts.some((count) => count > 0))
    edges.set(quantileEdges(column, counts, spec.bins), column.numberIndex * (spec.bins - 1));
}

/** The next level of the trees in hand, in place. Asked for the histograms of open nodes alone, each once; `place` counts within the level. */
export function growLevel(
  state: TreesState,
  histogramOf: (output: number, place: number) => Histogram,
): void {
  const { outputs } = state.layout;
  const root = 2 ** state.level - 1;
  let openNext = 0;
  for (let output = 0; output < outputs; output += 1) {
    const tree = state.stage * outputs + output;
    for (let place = 0; place <= root; place += 1) {
      if (!state.isOpen(tree, root + place)) continue;
      openNext += closeNode(state, tree, root + place, histogramOf(output, place));
    }
  }
  if (openNext > 0) {
    state.level += 1;
    return;
  }
  state.level = 0;
  state.stage += 1;
  if (state.stage === state.layout.spec.stages) state.phase = 'complete';
  else plantRoots(state);
}

/** Makes of an open node a leaf, or a split with its children; the number of them that are open. */
function closeNode(state: TreesState, tree: number, index: number, histogram: Histogram): number {
  const { spec, columns, objective } = state.layout;
  const unit = derivativeUnit(objective);
  const weighed = (sums: Sums) => ({
    // + 0: no −0, which JSON would not keep.
    weight: spec.learningRate * bestWeight(sums, unit, spec.lambda) + 0,
    cover: sums.second * unit,
  });
  const own = weighed(totalOf(histogram, columns));
  const split = bestSplit(histogram, columns, spec, unit);
  if (split === undefined) {
    state.setNode(tree, index, { type: 'leaf', ...own });
    return 0;
  }
  const { column, cell, missingGoesLeft, gain, left, right } = split;
  state.setNode(tree, index, { type: 'split', column, cell, missingGoesLeft, gain, ...own });
  const type = state.level + 1 < spec.depth ? 'open' : 'leaf';
  state.setNode(tree, 2 * index + 1, { type, ...weighed(left) });
  state.setNode(tree, 2 * index + 2, { type, ...weighed(right) });
  return type === 'open' ? 2 : 0;
}

/** The trees of a stage begin as one open node each, which weighs nothing yet. */
function plantRoots(state: TreesState): void {
  const { outputs } = state.layout;
  for (let output = 0; output < outputs; output += 1)
    state.setNode(state.stage * outputs + output, 0, { type: 'open', weight: 0, cover: 0 });
}
