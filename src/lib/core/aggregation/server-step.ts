// The last line of every strategy: the base moved by an aggregate delta, in f32, refused where it is no longer finite.
// What a strategy remembers is f32 too, as it is stored with the version: the next round starts from the rounded values
// whether or not the process has restarted in between. The step itself is taken before that rounding, in double.
import { fail, ok, type Result } from '../result.ts';
import type { Aggregated, AggregationFailure } from './strategy.ts';

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

/**
 * The same for a strategy that remembers `blocks` values of each parameter: `step(i, next)` writes them to next[i],
 * next[P + i] and so on, and one that f32 cannot hold is refused like a parameter.
 */
export function movedRemembering(
  base: Float32Array,
  blocks: number,
  step: (index: number, next: Float32Array) => number,
): Result<Aggregated, AggregationFailure> {
  const state = new Float32Array(blocks * base.length);
  const parameters = moved(base, (i) => step(i, state));
  if (!parameters.ok) return parameters;
  const lost = state.findIndex((value) => !Number.isFinite(value));
  if (lost !== -1) return fail({ kind: 'not-finite', index: lost % base.length });
  return ok({ parameters: parameters.value, state });
}
