// What a model as a whole makes of a column: how much worse it does where the column is shuffled (Breiman 2001; Fisher, Rudin &
// Dominici 2019), and how its answer moves with the column, on average and row by row (partial dependence, Friedman 2001; individual
// conditional expectation, Goldstein et al. 2015).
import { random } from '../random.ts';
import { rowWidth, type ColumnPlace } from './black-box.ts';

export interface Importance {
  readonly column: string;
  /** Mean of what the figure loses over the shuffles, and their standard deviation. */
  readonly loss: number;
  readonly deviation: number;
}

/** The rows with one column in another order, [count, F]; the repeat and the seed decide in which. */
export function withColumnShuffled(
  features: Float32Array,
  count: number,
  columns: readonly ColumnPlace[],
  index: number,
  { seed, repeat }: { readonly seed: number; readonly repeat: number },
): Float32Array<ArrayBuffer> {
  const width = rowWidth(columns);
  const place = columns[index];
  const shuffled = new Float32Array(features);
  if (place === undefined) return shuffled;
  const order = random(seed, 'importance', index, repeat).shuffle(
    Uint32Array.from({ length: count }, (_, row) => row),
  );
  for (let row = 0; row < count; row += 1)
    for (let i = place.from; i < place.to; i += 1)
      shuffled[row * width + i] = features[order[row]! * width + i]!;
  return shuffled;
}

/** Highest first. `figure` of the features [count, F] is better the higher; a model on an engine may take its time. */
export async function permutationImportance(
  figure: (features: Float32Array<ArrayBuffer>) => number | Promise<number>,
  features: Float32Array,
  count: number,
  columns: readonly ColumnPlace[],
  options: { readonly seed: number; readonly repeats?: number },
): Promise<Importance[]> {
  const { repeats = 5, seed } = options;
  const whole = await figure(new Float32Array(features));
  const found: Importance[] = [];
  for (const [index, { name }] of columns.entries()) {
    const losses: number[] = [];
    for (let repeat = 0; repeat < repeats; repeat += 1)
      losses.push(
        whole - (await figure(withColumnShuffled(features, count, columns, index, { seed, repeat }))),
      );
    const loss = losses.reduce((sum, one) => sum + one, 0) / repeats;
    const variance = losses.reduce((sum, one) => sum + (one - loss) ** 2, 0) / repeats;
    found.push({ column: name, loss, deviation: Math.sqrt(variance) });
  }
  return found.toSorted((a, b) => b.loss - a.loss);
}

export interface Dependence {
  /** [values] mean score where every row has this value. */
  readonly mean: Float64Array<ArrayBuffer>;
  /** [rows, values] the score of each row at each value. */
  readonly rows: Float64Array<ArrayBuffer>;
}

/** `values`: encoded, each [to − from] of the column; what every row is given in turn. */
export async function dependence(
  score: (features: Float32Array<ArrayBuffer>, count: number) => Float64Array | Promise<Float64Array>,
  features: Float32Array,
  count: number,
  columns: readonly ColumnPlace[],
  column: ColumnPlace,
  values: readonly ArrayLike<number>[],
): Promise<Dependence> {
  const width = rowWidth(columns);
  const rows = new Float64Array(count * values.length);
  const mean = new Float64Array(values.length);
  for (const [at, value] of values.entries()) {
    const changed = new Float32Array(features.subarray(0, count * width));
    for (let row = 0; row < count; row += 1)
      for (let i = column.from; i < column.to; i += 1) changed[row * width + i] = value[i - column.from]!;
    const scores = await score(changed, count);
    for (let row = 0; row < count; row += 1) {
      rows[row * values.length + at] = scores[row]!;
      mean[at]! += scores[row]! / count;
    }
  }
  return { mean, rows };
}
