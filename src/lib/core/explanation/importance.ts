// What a model as a whole makes of a column: how much worse it does where the column is shuffled (Breiman 2001; Fisher, Rudin &
// Dominici 2019), and how its answer moves with the column, on average and row by row (partial dependence, Friedman 2001; individual
// conditional expectation, Goldstein et al. 2015).
import { random } from '../random.ts';
import { rowWidth, type ColumnPlace, type ScoreRows } from './black-box.ts';

export interface Importance {
  readonly column: string;
  /** Mean of what the figure loses over the shuffles, and their standard deviation. */
  readonly loss: number;
  readonly deviation: number;
}

/** Highest first. `figure` of the features [count, F] is better the higher. */
export function permutationImportance(
  figure: (features: Float32Array) => number,
  features: Float32Array,
  count: number,
  columns: readonly ColumnPlace[],
  options: { readonly seed: number; readonly repeats?: number },
): Importance[] {
  const { repeats = 5, seed } = options;
  const width = rowWidth(columns);
  const whole = figure(features);
  return columns
    .map(({ name, from, to }, index) => {
      const losses = Array.from({ length: repeats }, (_, repeat) => {
        const order = random(seed, 'importance', index, repeat).shuffle(
          Uint32Array.from({ length: count }, (__, row) => row),
        );
        const shuffled = features.slice();
        for (let row = 0; row < count; row += 1)
          for (let i = from; i < to; i += 1) shuffled[row * width + i] = features[order[row]! * width + i]!;
        return whole - figure(shuffled);
      });
      const loss = losses.reduce((sum, one) => sum + one, 0) / repeats;
      const variance = losses.reduce((sum, one) => sum + (one - loss) ** 2, 0) / repeats;
      return { column: name, loss, deviation: Math.sqrt(variance) };
    })
    .toSorted((a, b) => b.loss - a.loss);
}

export interface Dependence {
  /** [values] mean score where every row has this value. */
  readonly mean: Float64Array<ArrayBuffer>;
  /** [rows, values] the score of each row at each value. */
  readonly rows: Float64Array<ArrayBuffer>;
}

/** `values`: encoded, each [to − from] of the column; what every row is given in turn. */
export function dependence(
  score: ScoreRows,
  features: Float32Array,
  count: number,
  columns: readonly ColumnPlace[],
  column: ColumnPlace,
  values: readonly ArrayLike<number>[],
): Dependence {
  const width = rowWidth(columns);
  const rows = new Float64Array(count * values.length);
  const mean = new Float64Array(values.length);
  for (const [at, value] of values.entries()) {
    const changed = features.slice(0, count * width);
    for (let row = 0; row < count; row += 1)
      for (let i = column.from; i < column.to; i += 1) changed[row * width + i] = value[i - column.from]!;
    const scores = score(changed, count);
    for (let row = 0; row < count; row += 1) {
      rows[row * values.length + at] = scores[row]!;
      mean[at]! += scores[row]! / count;
    }
  }
  return { mean, rows };
}
