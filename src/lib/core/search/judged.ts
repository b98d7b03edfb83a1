// What a device measures of its own training in a round whose local settings are tried: on rows that it never learns from, the mean
// loss of the version as it came and of what training made of it.
import * as v from 'valibot';

const loss = v.pipe(v.number(), v.finite(), v.minValue(0));

export const Judged = v.strictObject({
  rows: v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
  /** Nats or squared error. */
  before: loss,
  /** null: training ended in numbers that are none. */
  after: v.nullable(loss),
});
export type Judged = v.InferOutput<typeof Judged>;

/** The same, and which of the settings it was given, by their place in the list. */
export const Tried = v.strictObject({
  settings: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
  ...Judged.entries,
});
export type Tried = v.InferOutput<typeof Tried>;
