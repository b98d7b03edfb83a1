// What every forecast must beat: that the last value stays (persistence), and that the last season comes again (Hyndman & Athanasopoulos
// 2021, §5.2). Nothing is learnt: the value stands in the window.
import type { DataContract, TableContract } from '../data/contract.ts';
import type { Learner, Predictor } from './learner.ts';

/** Which column of a window is repeated, or why there is none. */
type Repeated = (series: NonNullable<TableContract['series']>, own: number) => number | string;

function naive(name: string, title: string, description: string, repeated: Repeated): Learner {
  const columnOf = (contract: DataContract): number | string => {
    if (contract.kind !== 'table' || contract.series === undefined)
      return 'it is for windows of a series (--window).';
    const { own } = contract.series;
    if (contract.target.type !== 'number' || own === null)
      return 'it repeats a number, and the window does not hold the one that is foretold.';
    return repeated(contract.series, own);
  };
  const predictorOf = (contract: DataContract): Predictor => {
    const column = columnOf(contract);
    if (typeof column === 'string' || contract.kind !== 'table' || contract.target.type !== 'number')
      throw new RangeError('There is nothing to repeat.');
    const scale = contract.columns[column];
    if (scale?.type !== 'number') throw new RangeError('A window holds numbers.');
    const { target, columns } = contract;
    return {
      learnt: [Float64Array.of(column)],
      predict: (features, count) =>
        Float64Array.from(
          { length: count },
          (_, row) =>
            (features[row * columns.length + column]! * scale.standardDeviation + scale.mean - target.mean) /
            target.standardDeviation,
        ),
    };
  };
  return {
    name,
    title,
    description,
    options: [],
    unsuited(contract) {
      const column = columnOf(contract);
      return typeof column === 'string' ? column : undefined;
    },
    *learn({ contract }) {
      yield 1;
      return predictorOf(contract);
    },
    revive: (contract, _, [column]) =>
      column?.length === 1 && column[0] === columnOf(contract) ? predictorOf(contract) : undefined,
  };
}

export const persistence = naive(
  'persistence',
  'Stays as it is',
  'The last value of the window: what a forecast must beat.',
  ({ steps, channels }, own) => (steps - 1) * channels + own,
);

export const seasonalNaive = naive(
  'seasonal-naive',
  'As a season ago',
  'The value at the same hour of the day before, or day of the week before.',
  ({ steps, channels, horizon, season }, own) => {
    if (season === null) return 'no season is known of steps of this length (--season).';
    // Whole seasons before the target, as few as lie in the past.
    const back = Math.ceil(horizon / season) * season - horizon;
    return back < steps
      ? (steps - 1 - back) * channels + own
      : `the window of ${steps} steps does not reach a season of ${season} back (--window).`;
  },
);
