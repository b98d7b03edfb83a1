// Conditions that a version must meet before it may be live: each names one figure that the server has of every version, and how
// far it may go. Which way is better follows from the figure, so that nobody can ask for an accuracy of at most 90 %.
// How long a prediction takes is none of them: devices differ, and none tells it.
import * as v from 'valibot';
import { MetricName } from '../metrics/figures.ts';

const threshold = v.pipe(v.number(), v.finite());
const positive = v.pipe(threshold, v.gtValue(0));

export const Gate = v.variant('kind', [
  /** Over all rows that devices hold out. */
  v.strictObject({ kind: v.literal('quality'), metric: MetricName, threshold }),
  /** Of one class, or of whichever does worst (null): a rare class weighs little in the figure over all rows. */
  v.strictObject({
    kind: v.literal('class'),
    metric: v.picklist(['recall', 'precision', 'f1']),
    label: v.nullable(v.pipe(v.string(), v.minLength(1), v.maxLength(200))),
    threshold,
  }),
  /** The success metric at the device where it is worst, or where a quarter of them is worse. */
  v.strictObject({ kind: v.literal('device'), place: v.picklist(['worst', 'worst-quarter']), threshold }),
  /** From the best device to the worst, of the success metric: at most. */
  v.strictObject({ kind: v.literal('spread'), threshold: v.pipe(threshold, v.minValue(0)) }),
  /** Bytes of the model. */
  v.strictObject({ kind: v.literal('size'), threshold: positive }),
  /** Bytes that a device sent in the version's round, on average. */
  v.strictObject({ kind: v.literal('bytes'), threshold: positive }),
  /** Rounds of its run, up to this version. */
  v.strictObject({ kind: v.literal('rounds'), threshold: positive }),
  /** Milliseconds from the opening of its round to its commit. */
  v.strictObject({ kind: v.literal('duration'), threshold: positive }),
]);
export type Gate = v.InferOutput<typeof Gate>;

export const Gates = v.pipe(v.array(Gate), v.maxLength(20));
export type Gates = v.InferOutput<typeof Gates>;
