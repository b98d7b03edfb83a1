// What `tributary train` is asked for, all of it: what its manifest keeps, so that the same run can be had again.
import * as v from 'valibot';

const names = v.array(v.string());
const share = v.pipe(v.number(), v.minValue(0.01), v.maxValue(0.9));

export const TrainSetup = v.strictObject({
  data: v.pipe(names, v.minLength(1)),
  /** null: pictures, whose folders or labels are the target. */
  target: v.nullable(v.string()),
  task: v.nullable(v.picklist(['classes', 'number'])),
  without: names,
  heldOut: share,
  group: v.nullable(v.string()),
  time: v.nullable(v.string()),
  /** A recipe as it stands in a file, read where it is used; null: what is usual. */
  recipe: v.optional(v.nullable(v.record(v.string(), v.unknown())), null),
  /** `auto`, or a model of the catalogue with its settings as `forest:trees=200`. null: the usual one. */
  model: v.nullable(v.string()),
  budgetMs: v.nullable(v.pipe(v.number(), v.minValue(1))),
  /** Trials of a search at most; null: as many as the budget allows. */
  trials: v.nullable(v.pipe(v.number(), v.safeInteger(), v.minValue(1))),
  /** A column whose groups are compared; its cells stay here. */
  fairness: v.nullable(v.string()),
  /** The class whose giving is compared; null: the last. */
  positive: v.optional(v.nullable(v.string()), null),
  checkLabels: v.boolean(),
  /** Where the model is written; null: nowhere. */
  save: v.nullable(v.string()),
  seed: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
  backend: v.picklist(['simd', 'jax-wasm', 'wasm', 'cpu', 'reference']),
});
export type TrainSetup = v.InferOutput<typeof TrainSetup>;

/** The setup or the data cannot be used: the message says what to do. */
export class UnusableTraining extends Error {
  override readonly name = 'UnusableTraining';
}
