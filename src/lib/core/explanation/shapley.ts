// Shapley values of a prediction (Lundberg & Lee 2017, "A Unified Approach to Interpreting Model Predictions"): what each column adds,
// averaged over all orders in which columns could become known; what is not known yet is filled in from background rows, and the
// score averaged over them (the interventional value function).
// Up to EXACT_COLUMNS columns all coalitions are asked; beyond, pairs of a coalition and its complement are drawn by the kernel's weights and the
// constrained least squares of their §4.1 solved (Covert & Lee 2021 on pairing). base + Σ effects = score either way.
import { solvePositive } from '../learners/cholesky.ts';
import { random } from '../random.ts';
import { rowWidth, type Attribution, type ColumnPlace, type ScoreRows } from './black-box.ts';

/** 2¹⁰ coalitions times the background rows are asked of the model. */
export const EXACT_COLUMNS = 10;

export interface ShapleyOptions {
  readonly columns: readonly ColumnPlace[];
  /** [backgroundCount, F] */
  readonly background: Float32Array;
  readonly backgroundCount: number;
  /** For sampling. */
  readonly seed: number;
  /** Coalitions asked where there are too many columns for all; 2,048 where left out. */
  readonly samples?: number;
}

/** `row` [F]. */
export function shapley(score: ScoreRows, row: Float32Array, options: ShapleyOptions): Attribution {
  const value = coalitionValue(score, row, options);
  return options.columns.length <= EXACT_COLUMNS
    ? exact(value, options.columns.length)
    : sampled(value, options.columns.length, options);
}

/** The mean score over background rows in which the columns of a coalition are those of `row`. */
function coalitionValue(
  score: ScoreRows,
  row: Float32Array,
  { columns, background, backgroundCount }: ShapleyOptions,
): (isKnown: (column: number) => boolean) => number {
  const width = rowWidth(columns);
  return (isKnown) => {
    const mixed = background.slice(0, backgroundCount * width);
    for (const [index, { from, to }] of columns.entries())
      if (isKnown(index))
        for (let at = 0; at < backgroundCount; at += 1)
          for (let i = from; i < to; i += 1) mixed[at * width + i] = row[i]!;
    return score(mixed, backgroundCount).reduce((sum, one) => sum + one, 0) / backgroundCount;
  };
}

/** φᵢ = Σ over coalitions S without i of |S|! (n − |S| − 1)! / n! · (v(S ∪ i) − v(S)). */
function exact(value: (isKnown: (column: number) => boolean) => number, n: number): Attribution {
  const values = Float64Array.from({ length: 2 ** n }, (_, set) =>
    value((column) => ((set >> column) & 1) === 1),
  );
  // 1 / (n · C(n − 1, s))
  const weights: number[] = [];
  for (let s = 0, choose = 1; s < n; choose = (choose * (n - 1 - s)) / (s + 1), s += 1)
    weights.push(1 / (n * choose));
  const effects = new Float64Array(n);
  for (let set = 0; set < values.length; set += 1) {
    let size = 0;
    for (let column = 0; column < n; column += 1) size += (set >> column) & 1;
    for (let column = 0; column < n; column += 1)
      if (((set >> column) & 1) === 0)
        effects[column]! += weights[size]! * (values[set | (1 << column)]! - values[set]!);
  }
  return { base: values[0]!, score: values.at(-1)!, effects };
}

function sampled(
  value: (isKnown: (column: number) => boolean) => number,
  n: number,
  { seed, samples = 2048 }: ShapleyOptions,
): Attribution {
  const base = value(() => false);
  const score = value(() => true);
  const draw = random(seed, 'shapley');
  // A coalition of size s is drawn with the kernel's whole mass at s, (n − 1)/(s (n − s)); all of one size alike.
  const masses = Array.from({ length: n - 1 }, (_, at) => (n - 1) / ((at + 1) * (n - 1 - at)));
  const total = masses.reduce((sum, mass) => sum + mass, 0);
  const order = Int32Array.from({ length: n }, (_, column) => column);
  // The last effect is what the others leave of the sum: n − 1 unknowns, and no constraint.
  const unknowns = n - 1;
  const matrix = new Float64Array(unknowns * unknowns);
  const right = new Float64Array(unknowns);
  const add = (isIn: Uint8Array, worth: number): void => {
    const last = isIn[n - 1]!;
    const wanted = worth - base - last * (score - base);
    for (let i = 0; i < unknowns; i += 1) {
      const a = isIn[i]! - last;
      if (a === 0) continue;
      right[i]! += a * wanted;
      for (let j = 0; j < unknowns; j += 1) matrix[i * unknowns + j]! += a * (isIn[j]! - last);
    }
  };
  for (let pair = 0; pair < samples / 2; pair += 1) {
    let left = draw.next() * total;
    let size = 1;
    while (size < n - 1 && left >= masses[size - 1]!) {
      left -= masses[size - 1]!;
      size += 1;
    }
    draw.shuffle(order);
    const isIn = new Uint8Array(n);
    for (let at = 0; at < size; at += 1) isIn[order[at]!] = 1;
    const complement = isIn.map((one) => 1 - one);
    add(
      isIn,
      value((column) => isIn[column] === 1),
    );
    add(
      complement,
      value((column) => complement[column] === 1),
    );
  }
  // Too few draws to tell columns apart would leave the matrix singular: a trace of a ridge decides then.
  for (let i = 0; i < unknowns; i += 1) matrix[i * unknowns + i]! += 1e-9;
  const solved = solvePositive(matrix, right) ?? new Float64Array(unknowns);
  const effects = new Float64Array(n);
  effects.set(solved);
  effects[n - 1] = score - base - solved.reduce((sum, one) => sum + one, 0);
  return { base, score, effects };
}
