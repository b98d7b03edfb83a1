// Figures of predicted numbers, of rows that lie in one place; in the target's own units.

export interface NumberScores {
  readonly count: number;
  readonly mae: number;
  readonly rmse: number;
  /** 1 − Σ(y − ŷ)² / Σ(y − ȳ)²; undefined where y does not vary. */
  readonly r2: number | undefined;
  readonly medianAbsoluteError: number;
  /** Mean of ŷ − y: above 0, it predicts too much. */
  readonly bias: number;
}

/** undefined where there is no row. */
export function numberScores(
  predicted: ArrayLike<number>,
  targets: ArrayLike<number>,
): NumberScores | undefined {
  const count = targets.length;
  if (count === 0) return undefined;
  let absolute = 0;
  let squared = 0;
  let sum = 0;
  let bias = 0;
  const errors = new Float64Array(count);
  for (let row = 0; row < count; row += 1) {
    const error = predicted[row]! - targets[row]!;
    errors[row] = Math.abs(error);
    absolute += Math.abs(error);
    squared += error * error;
    bias += error;
    sum += targets[row]!;
  }
  let spread = 0;
  for (let row = 0; row < count; row += 1) spread += (targets[row]! - sum / count) ** 2;
  errors.sort();
  const middle = count >>> 1;
  return {
    count,
    mae: absolute / count,
    rmse: Math.sqrt(squared / count),
    r2: spread > 0 ? 1 - squared / spread : undefined,
    medianAbsoluteError: count % 2 === 1 ? errors[middle]! : (errors[middle - 1]! + errors[middle]!) / 2,
    bias: bias / count,
  };
}
