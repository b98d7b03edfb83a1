// k-means as a model that is learnt from sums (core/aggregation/summed-model.ts): a device reports how many of its rows are next to
// each centre, and their sum; the server makes the means. One round is one iteration of Lloyd 1982 over all rows of all devices.
// Where everybody reports in every round the centres are those of pooled rows, bit for bit.
import { exactSumAt, WORDS, writeExact } from '../aggregation/exact-words.ts';
import type { FixedPointSum } from '../aggregation/fixed-point-sum.ts';
import type { SumStrategy } from '../aggregation/strategy.ts';
import { summedStrategy } from '../aggregation/summed-strategy.ts';
import type { ModelProblem, ModelRows, SummedModel } from '../aggregation/summed-model.ts';
import { exampleShape, type DataContract } from '../data/contract.ts';
import { random } from '../random.ts';
import type { ClusteringTally } from '../metrics/tally.ts';
import { fail, ok, type Result } from '../result.ts';
import { eachNearest, GRID, MAXIMUM_ROWS, squaredDistances } from './nearest.ts';
import { pointsOfContract, selected, spreadOut, type Points } from './seeding.ts';
import { roundsNeeded, type ClustersSpec } from './spec.ts';
import { clustersLayout, emptyVector, readState, type ClustersLayout, type ClustersState } from './state.ts';

/** 2²⁴ values are 64 MiB. */
const MAXIMUM_VALUES = 2 ** 24;

type Unlabelled = Pick<ModelRows, 'count' | 'features'>;

export interface Clusters extends SummedModel {
  readonly layout: ClustersLayout;
  /** [k, d], encoded; candidates are none yet: refused before the first round of a seeding. Owns its buffer. */
  centres(parameters: Float32Array): Result<Float32Array<ArrayBuffer>, ModelProblem>;
  /** Before centres have been chosen there is nothing to measure: a tally of no rows. */
  evaluate(parameters: Float32Array, rows: Unlabelled): Result<ClusteringTally, ModelProblem>;
}

export function clusters(spec: ClustersSpec, contract: DataContract): Result<Clusters, ModelProblem> {
  const layout = clustersLayout(
    spec,
    exampleShape(contract).reduce((product, side) => product * side, 1),
  );
  const { parameterCount } = layout;
  const updateLength = layout.points * (layout.size + 1) * WORDS;
  if (updateLength > MAXIMUM_VALUES)
    return fail({
      kind: 'too-large',
      message: `These clusters need updates of ${updateLength} values; at most ${MAXIMUM_VALUES} are carried. Choose fewer clusters or candidates.`,
    });
  const withRows = <T>(
    parameters: Float32Array,
    rows: Unlabelled,
    use: (state: ClustersState) => T,
  ): Result<T, ModelProblem> => {
    const state = readState(layout, parameters);
    if (!state.ok) return state;
    const message = rowsProblem(layout, rows);
    return message === undefined ? ok(use(state.value)) : fail({ kind: 'unsuited-rows', message });
  };
  const centred = (parameters: Float32Array): Result<ClustersState, ModelProblem> => {
    const state = readState(layout, parameters);
    return state.ok && state.value.phase === 'seeding'
      ? fail({
          kind: 'foreign-state',
          message: 'No centres have been chosen yet. Take a version after the first round.',
        })
      : state;
  };
  return ok({
    layout,
    parameterCount,
    updateLength,
    initial() {
      const vector = emptyVector(layout);
      const points = pointsOfContract(contract, layout.points, random(spec.seed, 'clusters', 'contract'));
      vector.set(points.values, vector.length - layout.points * layout.size);
      return vector;
    },
    update: (parameters, rows) => withRows(parameters, rows, (state) => ownSums(state, rows)),
    strategy: clustersStrategy(layout),
    progress(parameters) {
      const state = readState(layout, parameters);
      if (!state.ok) return state;
      const { phase, iteration } = state.value;
      const seeding = spec.candidates > 1 && phase !== 'seeding' ? 1 : 0;
      return ok({
        rounds: phase === 'complete' ? roundsNeeded(spec) : seeding + iteration,
        roundsNeeded: roundsNeeded(spec),
        isComplete: phase === 'complete',
      });
    },
    centres(parameters) {
      const state = centred(parameters);
      if (!state.ok) return state;
      return ok(Float32Array.from(state.value.points.subarray(0, spec.clusters * layout.size)));
    },
    predict(parameters, features, count) {
      const read = centred(parameters);
      if (!read.ok) return read;
      const message = rowsProblem(layout, { features, count });
      return message === undefined
        ? ok(squaredDistances(read.value, { features, count }))
        : fail({ kind: 'unsuited-rows', message });
    },
    evaluate: (parameters, rows) =>
      withRows(parameters, rows, (state): ClusteringTally => {
        let squaredDistanceSum = 0;
        const sizes = Array.from({ length: spec.clusters }, () => 0);
        if (state.phase === 'seeding') return { type: 'clustering', count: 0, squaredDistanceSum, sizes };
        eachNearest(state, rows, (_row, _units, point, squared) => {
          squaredDistanceSum += squared;
          sizes[point]! += 1;
        });
        return { type: 'clustering', count: rows.count, squaredDistanceSum, sizes };
      }),
  });
}

function rowsProblem({ size }: ClustersLayout, { count, features }: Unlabelled): string | undefined {
  if (count > MAXIMUM_ROWS)
    return `Exact sums hold ${MAXIMUM_ROWS} rows of one device, and this dataset has ${count}. Divide it.`;
  if (features.length !== count * size)
    return `These clusters need rows of ${size} values. Import the data again by this federation's contract.`;
  return undefined;
}

/** [points, 1 + d] whole numbers: rows next to each point, then their sum in units of the grid. */
function ownSums(state: ClustersState, rows: Unlabelled): Float32Array<ArrayBuffer> {
  const { points, size } = state.layout;
  const sums = new Float64Array(points * (size + 1));
  if (state.phase !== 'complete')
    eachNearest(state, rows, (_row, units, point) => {
      const at = point * (size + 1);
      sums[at]! += 1;
      for (let i = 0; i < size; i += 1) sums[at + 1 + i]! += units[i]!;
    });
  const update = new Float32Array(sums.length * WORDS);
  writeExact(sums, update);
  return update;
}

const clustersStrategy = (layout: ClustersLayout): SumStrategy =>
  summedStrategy({
    name: 'k-means',
    title: 'k-means',
    description: 'Moves each centre to the mean of the rows next to it, over all devices.',
    paper: 'Lloyd 1982',
    updateLength: layout.points * (layout.size + 1) * WORDS,
    read: (parameters) => readState(layout, parameters),
    advance,
  });

/** One round forward, in place. */
function advance(state: ClustersState, sum: FixedPointSum): void {
  const { spec } = state.layout;
  switch (state.phase) {
    case 'seeding':
      chooseCentres(state, sum);
      state.phase = 'moving';
      return;
    case 'moving': {
      const before = state.points.slice();
      moveToMeans(state, sum);
      state.iteration += 1;
      const isSettled = state.points.every((value, i) => value === before[i]);
      if (isSettled || state.iteration === spec.iterations) state.phase = 'complete';
      return;
    }
    case 'complete':
      return;
    default:
      return state.phase satisfies never;
  }
}

/** Every active point to the mean of its rows; one without rows stays. [active]: rows of each. */
function moveToMeans({ layout, points, active }: ClustersState, sum: FixedPointSum): number[] {
  const { size } = layout;
  return Array.from({ length: active }, (_, point) => {
    const at = point * (size + 1) * WORDS;
    const count = exactSumAt(sum, at);
    if (count > 0)
      for (let i = 0; i < size; i += 1)
        points[point * size + i] = (exactSumAt(sum, at + (1 + i) * WORDS) * GRID) / count;
    return count;
  });
}

/** The first centres, among the candidates' means; where too few have rows, the drawn points that are left take their place. */
function chooseCentres(state: ClustersState, sum: FixedPointSum): void {
  const { spec, size, points: count } = state.layout;
  const weights = moveToMeans(state, sum);
  const means: Points = { count, size, values: Float32Array.from(state.points) };
  const draw = random(spec.seed, 'clusters', 'centres');
  const chosen = spreadOut(means, (index) => Math.max(0, weights[index]!), spec.clusters, draw);
  for (let index = 0; index < count && chosen.length < spec.clusters; index += 1)
    if (!chosen.includes(index)) chosen.push(index);
  state.points.fill(0);
  state.points.set(selected(means, chosen).values);
}
