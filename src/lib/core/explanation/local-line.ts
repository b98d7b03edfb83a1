// LIME (Ribeiro, Singh & Guestrin 2016, "Why Should I Trust You?"): the straight line that comes closest to a model around one row. Rows
// are drawn around it, each scored by the model and weighed by its nearness, and a weighted ridge regression is fitted to them.
import { solvePositive } from '../learners/cholesky.ts';
import { random, type Random } from '../random.ts';
import type { ColumnPlace, ScoreRows } from './black-box.ts';

/** How rows are drawn around one: what is a category is drawn as one, by its share of the rows, as the authors do. */
export interface DrawnColumns {
  /** `number`: a value, and behind it its indicator of being missing where there is one. */
  readonly columns: readonly (ColumnPlace & { readonly type: 'number' | 'category' })[];
  /** [F]: the mean encoded row, in which a category's share stands. */
  readonly mean: Float32Array;
}

export interface LocalLine {
  /** [F]: how much the score grows with each encoded feature around the row. */
  readonly weights: Float64Array<ArrayBuffer>;
  readonly intercept: number;
  /** Share of the drawn scores' weighted variance that the line explains: what it is worth. 1 where they do not vary. */
  readonly fidelity: number;
}

export interface LocalLineOptions {
  readonly seed: number;
  /** Left out: every feature is a number. */
  readonly drawn?: DrawnColumns;
  readonly samples?: number;
  /** Standard deviation of the draws, in encoded units (standard deviations of a column). */
  readonly spread?: number;
  /** Width of the kernel e^(−d²/w²); √F · 0.75 as in the authors' code. */
  readonly width?: number;
  readonly ridge?: number;
}

/** `row` [F]. */
export function localLine(score: ScoreRows, row: Float32Array, options: LocalLineOptions): LocalLine {
  const { samples = 1000, spread = 1, ridge = 1e-9 } = options;
  const size = row.length;
  const kernel = options.width ?? Math.sqrt(size) * 0.75;
  const draw = random(options.seed, 'lime');
  const drawn = new Float32Array(samples * size);
  for (let at = 0; at < samples; at += 1)
    if (options.drawn === undefined)
      for (let i = 0; i < size; i += 1) drawn[at * size + i] = row[i]! + spread * draw.normal();
    else drawRow(drawn.subarray(at * size, (at + 1) * size), row, options.drawn, spread, draw);
  const scores = score(drawn, samples);
  const near = Float64Array.from({ length: samples }, (_, at) => {
    let distance = 0;
    for (let i = 0; i < size; i += 1) distance += (drawn[at * size + i]! - row[i]!) ** 2;
    return Math.exp(-distance / kernel ** 2);
  });
  // [weights, intercept] of features measured from the row.
  const n = size + 1;
  const matrix = new Float64Array(n * n);
  const right = new Float64Array(n);
  const own = new Float64Array(n);
  own[size] = 1;
  for (let at = 0; at < samples; at += 1) {
    for (let i = 0; i < size; i += 1) own[i] = drawn[at * size + i]! - row[i]!;
    for (let i = 0; i < n; i += 1) {
      right[i]! += near[at]! * own[i]! * scores[at]!;
      for (let j = 0; j <= i; j += 1) matrix[i * n + j]! += near[at]! * own[i]! * own[j]!;
    }
  }
  for (let i = 0; i < size; i += 1) matrix[i * n + i]! += ridge;
  const solved = solvePositive(matrix, right) ?? new Float64Array(n);
  const weights = solved.slice(0, size);
  let intercept = solved[size]!;
  const total = near.reduce((sum, one) => sum + one, 0);
  const mean = scores.reduce((sum, one, at) => sum + one * near[at]!, 0) / total;
  let left = 0;
  let all = 0;
  for (let at = 0; at < samples; at += 1) {
    let line = intercept;
    for (let i = 0; i < size; i += 1) line += weights[i]! * (drawn[at * size + i]! - row[i]!);
    left += near[at]! * (scores[at]! - line) ** 2;
    all += near[at]! * (scores[at]! - mean) ** 2;
  }
  for (let i = 0; i < size; i += 1) intercept -= weights[i]! * row[i]!;
  return { weights, intercept, fidelity: all > 0 ? 1 - left / all : 1 };
}

/** `into` [F], zeros. */
function drawRow(
  into: Float32Array,
  row: Float32Array,
  { columns, mean }: DrawnColumns,
  spread: number,
  draw: Random,
): void {
  for (const { type, from, to } of columns) {
    let left = draw.next();
    if (type === 'number') {
      const isMissing = to - from > 1 && left < mean[from + 1]!;
      if (isMissing) into[from + 1] = 1;
      else into[from] = row[from]! + spread * draw.normal();
      continue;
    }
    // What the shares leave is the share of rows without a category.
    for (let i = from; i < to; i += 1) {
      left -= mean[i]!;
      if (left >= 0) continue;
      into[i] = 1;
      break;
    }
  }
}
