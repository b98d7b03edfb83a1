// The boosted trees of core/trees on one device: without rounds, words and checks, and with each row's margins remembered from
// stage to stage. Between the same edges they are the trees of a federation, bit for bit; here edges lie at exact quantiles.
import type { NumberOption } from '../named-options.ts';
import { exactEdges } from './exact-edges.ts';
import { fineCounts, FINE_CELLS } from '../trees/bin-edges.ts';
import { boostedTrees as summedTrees } from '../trees/boosted-trees.ts';
import { binRows } from '../trees/columns.ts';
import { derivatives } from '../trees/gradients.ts';
import { growLevel, initialState, placeQuantiles } from '../trees/growth.ts';
import { predict } from '../trees/prediction.ts';
import type { Objective, TreesSpec } from '../trees/spec.ts';
import { readState, type TreesState } from '../trees/state.ts';
import type { DataContract } from '../data/contract.ts';
import {
  ownCount,
  type Learner,
  type LearnerRows,
  type Learning,
  type LearningPoint,
  type Lesson,
  type Predictor,
} from './learner.ts';

export interface BoostedPredictor extends Predictor {
  readonly state: TreesState;
}

const option = (
  name: string,
  title: string,
  hint: string,
  [usual, minimum, maximum]: readonly [number, number, number],
  isWhole = false,
): NumberOption => ({ name, title, hint, default: usual, minimum, maximum, isWhole });

export const boostedTrees: Learner = {
  name: 'boosted-trees',
  title: 'Boosted trees',
  description: 'Many small trees, each mending what those before got wrong: often the best for tables.',
  options: [
    option('stages', 'Stages', 'Trees one after the other', [100, 1, 1000], true),
    option('depth', 'Depth', 'Splits from the root to the deepest leaf', [4, 1, 8], true),
    option('bins', 'Bins', 'Cells of a column of numbers', [64, 2, 256], true),
    option('rate', 'Learning rate', 'How much of each tree is believed', [0.1, 0.001, 1]),
    option('lambda', 'Ridge', 'Pulls the weights of leaves to zero', [1, 0, 1000]),
    option('gamma', 'Least gain', 'What a split must gain', [0, 0, 1000]),
    option('child', 'Least weight of a child', 'Σ of second derivatives', [1, 0, 1e6]),
  ],
  unsuited(contract, options = {}) {
    const built = summedTrees(specOf(options), contract);
    return built.ok ? undefined : built.error.message;
  },
  learn,
  revive(contract, options, [vector]) {
    const model = summedTrees(specOf(options), contract);
    if (!model.ok || !(vector instanceof Float32Array)) return undefined;
    const state = readState(model.value.layout, vector);
    return state.ok ? boostedPredictor(state.value) : undefined;
  },
};

const specOf = (options: Lesson['options']): TreesSpec => {
  const value = (name: string): number =>
    options[name] ?? boostedTrees.options.find((one) => one.name === name)?.default ?? 0;
  return {
    stages: value('stages'),
    depth: value('depth'),
    bins: value('bins'),
    binning: 'quantiles',
    learningRate: value('rate'),
    lambda: value('lambda'),
    gamma: value('gamma'),
    minimumChildWeight: value('child'),
  };
};

function* learn({ contract, rows, options }: Lesson): Learning<BoostedPredictor> {
  return yield* grow(specOf(options), contract, rows, exactEdges);
}

/**
 * Throws where the trees cannot be built for the contract: `unsuited` says so before. Edges are those of a federation's counts
 * unless `edgesOf` finds others.
 */
export function* grow(
  spec: TreesSpec,
  contract: DataContract,
  rows: LearnerRows,
  edgesOf?: typeof exactEdges,
): Learning<BoostedPredictor> {
  const model = summedTrees(spec, contract);
  if (!model.ok) throw new RangeError(model.error.message);
  const { layout } = model.value;
  const { columns, outputs, objective } = layout;
  const state = initialState(layout);
  if (edgesOf !== undefined) state.edges.set(edgesOf(columns, rows));
  else if (spec.binning === 'quantiles') {
    const counts = fineCounts(columns, rows.features, rows.count);
    for (const column of columns.numbers) {
      const from = column.numberIndex * FINE_CELLS;
      placeQuantiles(state, column, counts.subarray(from, from + FINE_CELLS));
    }
  }
  state.phase = 'growing';
  const binned = binRows(columns, state.edges, rows.features, rows.count);
  const margins = new Float64Array(rows.count * outputs);
  const slopes = new Float64Array(rows.count * outputs);
  const curves = new Float64Array(rows.count * outputs);
  const derive = derivatives(objective);
  const curve: LearningPoint[] = [];
  while (state.phase === 'growing') {
    const { stage } = state;
    for (let row = 0; row < rows.count; row += 1) {
      const [from, to] = [row * outputs, (row + 1) * outputs];
      derive(
        margins.subarray(from, to),
        rows.targets[row]!,
        slopes.subarray(from, to),
        curves.subarray(from, to),
      );
    }
    while (state.phase === 'growing' && state.stage === stage) {
      const histograms = levelHistograms(state, binned, slopes, curves, rows.count);
      growLevel(state, (output, place) => {
        const histogram = histograms[output * 2 ** state.level + place];
        if (histogram === undefined) throw new Error('An open node has no histogram.');
        return histogram;
      });
    }
    for (let output = 0; output < outputs; output += 1) {
      const tree = stage * outputs + output;
      for (let row = 0; row < rows.count; row += 1)
        margins[row * outputs + output]! += state.weightAt(tree, state.leafOf(tree, binned, row));
    }
    curve.push({ step: stage + 1, loss: meanLoss(objective, margins, rows) });
    yield (stage + 1) / spec.stages;
  }
  return { ...boostedPredictor(state), curve };
}

/** What the stages descend, of the rows as they came: nats, or half the squared error of the encoded target. `margins` [rows, outputs] */
function meanLoss(objective: Objective, margins: Float64Array, rows: LearnerRows): number {
  const { targets } = rows;
  const outputs = margins.length / rows.count;
  const count = ownCount(rows);
  let sum = 0;
  for (let row = 0; row < count; row += 1) {
    const target = targets[row]!;
    const margin = margins[row * outputs]!;
    switch (objective) {
      case 'logistic': {
        const wrong = target === 1 ? -margin : margin;
        sum += Math.max(wrong, 0) + Math.log1p(Math.exp(-Math.abs(wrong)));
        break;
      }
      case 'softmax': {
        const own = margins.subarray(row * outputs, (row + 1) * outputs);
        const highest = own.reduce((most, one) => Math.max(most, one), -Infinity);
        sum += highest + Math.log(own.reduce((all, one) => all + Math.exp(one - highest), 0)) - own[target]!;
        break;
      }
      case 'squared-error':
        sum += (margin - target) ** 2 / 2;
        break;
      default:
        return objective satisfies never;
    }
  }
  return sum / count;
}

/** Sums over the rows of every open node, [outputs · 2^level]. */
function levelHistograms(
  state: TreesState,
  binned: Uint16Array,
  slopes: Float64Array,
  curves: Float64Array,
  count: number,
) {
  const { columns, outputs } = state.layout;
  const width = columns.columns.length;
  const firstCells = Int32Array.from(columns.columns, (column) => column.firstCell);
  const places = 2 ** state.level;
  const root = places - 1;
  const histograms = Array.from({ length: outputs * places }, () => ({
    first: new Float64Array(columns.cells),
    second: new Float64Array(columns.cells),
  }));
  for (let output = 0; output < outputs; output += 1) {
    const tree = state.stage * outputs + output;
    for (let row = 0; row < count; row += 1) {
      const node = state.leafOf(tree, binned, row);
      if (!state.isOpen(tree, node)) continue;
      const { first, second } = histograms[output * places + node - root]!;
      const g = slopes[row * outputs + output]!;
      const h = curves[row * outputs + output]!;
      for (let column = 0; column < width; column += 1) {
        const cell = firstCells[column]! + binned[row * width + column]!;
        first[cell]! += g;
        second[cell]! += h;
      }
    }
  }
  return histograms;
}

export const boostedPredictor = (state: TreesState): BoostedPredictor => ({
  state,
  learnt: [state.vector],
  predict: (features, count) => Float64Array.from(predict(state, features, count)),
});
