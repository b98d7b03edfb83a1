// Integrated gradients (Sundararajan, Taly & Yan 2017, "Axiomatic Attribution for Deep Networks", eq. 1): what each feature adds on the
// straight way from a baseline to a row, (x − x′) ∫ ∂F/∂x. They are complete: base + Σ effects = score, but for what the steps of the
// integral leave, which is measured and told; steps are added until it is little.
import type { Attribution } from './black-box.ts';

/** Scores [count] and gradients [count, F] of points [count, F]. */
export type ScoreSlopes = (
  points: Float64Array<ArrayBuffer>,
  count: number,
) => { readonly values: ArrayLike<number>; readonly gradient: ArrayLike<number> };

export interface PathOptions {
  /** What base + Σ effects may miss the score by, as a share of score − base and of 1. */
  readonly tolerance?: number;
  readonly fewestSteps?: number;
  readonly mostSteps?: number;
  /** Points that are asked for at once: they lie in memory together. */
  readonly atOnce?: number;
}

export interface PathAttribution extends Attribution {
  /** score − base − Σ effects. */
  readonly missed: number;
  readonly steps: number;
}

/** `row` and `baseline` [F]; effects [F]. */
export function integratedGradients(
  slopes: ScoreSlopes,
  row: ArrayLike<number>,
  baseline: ArrayLike<number>,
  { tolerance = 1e-4, fewestSteps = 32, mostSteps = 2048, atOnce = 64 }: PathOptions = {},
): PathAttribution {
  const size = row.length;
  const ends = new Float64Array(2 * size);
  ends.set(baseline);
  ends.set(row, size);
  const [base = 0, score = 0] = Array.from(slopes(ends, 2).values);
  for (let steps = fewestSteps; ; steps = Math.min(mostSteps, 4 * steps)) {
    const effects = alongPath(slopes, row, baseline, steps, atOnce);
    const missed = effects.reduce((left, effect) => left - effect, score - base);
    const isDone = Math.abs(missed) <= tolerance * Math.min(1, Math.abs(score - base));
    if (isDone || steps >= mostSteps) return { base, score, effects, missed, steps };
  }
}

/** By the middles of equal steps. */
function alongPath(
  slopes: ScoreSlopes,
  row: ArrayLike<number>,
  baseline: ArrayLike<number>,
  steps: number,
  atOnce: number,
): Float64Array<ArrayBuffer> {
  const size = row.length;
  const effects = new Float64Array(size);
  for (let from = 0; from < steps; from += atOnce) {
    const count = Math.min(atOnce, steps - from);
    const points = new Float64Array(count * size);
    for (let at = 0; at < count; at += 1) {
      const share = (from + at + 0.5) / steps;
      for (let i = 0; i < size; i += 1)
        points[at * size + i] = baseline[i]! + share * (row[i]! - baseline[i]!);
    }
    const { gradient } = slopes(points, count);
    for (let at = 0; at < count; at += 1)
      for (let i = 0; i < size; i += 1) effects[i]! += gradient[at * size + i]! / steps;
  }
  for (let i = 0; i < size; i += 1) effects[i]! *= row[i]! - baseline[i]!;
  return effects;
}
