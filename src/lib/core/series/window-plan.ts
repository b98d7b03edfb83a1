// How a table becomes windows: what a model of windows carries with it, so that rows that it has never seen become windows as those did
// that it learnt from. The scales of the channels stand in its contract.
import * as v from 'valibot';

export const WindowPlan = v.strictObject({
  /** The columns that make up the time of a row. */
  time: v.pipe(v.array(v.string()), v.minLength(1)),
  /** The column that names the series of a row; null: all rows are of one. */
  by: v.nullable(v.string()),
  /** From one moment to the next: milliseconds, or what the time counts. */
  step: v.pipe(v.number(), v.finite(), v.gtValue(0)),
  /** Moments of a gap that the value before it closes, at most. */
  fill: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
  /** `value` null: the column's numbers; else 1 where it holds this value, and 0 where another that was learnt. */
  channels: v.pipe(
    v.array(v.strictObject({ column: v.string(), value: v.nullable(v.string()) })),
    v.minLength(1),
  ),
});
export type WindowPlan = v.InferOutput<typeof WindowPlan>;
