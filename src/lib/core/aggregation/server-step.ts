// The last line of every strategy: the base moved by an aggregate delta, in f32, refused where it is no longer finite.
import { fail, ok, type Result } from '../result.ts';
import type { AggregationFailure } from './strategy.ts';

/** w ← fround(w + step(i)) for every coordinate; `step` may be any double. */
export function moved(
  base: Float32Array,
  step: (index: number) => number,
): Result<Float32Array<ArrayBuffer>, AggregationFailure> {
  const parameters = new Float32Array(base.length);
  for (let i = 0; i < parameters.length; i += 1) {
    const next = Math.fround(base[i]! + step(i));
    if (!Number.isFinite(next)) return fail({ kind: 'not-finite', index: i });
    parameters[i] = next;
  }
  return ok(parameters);
}
