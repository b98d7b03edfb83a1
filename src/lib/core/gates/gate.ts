// Conditions that a version must meet before it may be live: each names one figure that the server has of every version, and how
// far it may go. Which way is better follows from the figure, so that nobody can ask for an accuracy of at most 90 %.
import * as v from 'valibot';
import { MetricName } from '../metrics/metric-name.ts';
import { Slice } from './slice.ts';

const threshold = v.pipe(v.number(), v.finite());
const positive = v.pipe(threshold, v.gtValue(0));

export const Gate = v.variant('kind', [
  /** Over all rows that devices hold out, or over a slice of them. */
  v.strictObject({
    kind: v.literal('quality'),
    metric: MetricName,
    slice: v.exactOptional(Slice),
    threshold,
  }),
  /** Of one class, or of whichever does worst (null): a rare class weighs little in the figure over all rows. */
  v.strictObject({
    kind: v.literal('class'),
    metric: v.picklist(['recall', 'precision', 'f1']),
    label: v.nullable(v.pipe(v.string(), v.minLength(1), v.maxLength(200))),
    slice: v.exactOptional(Slice),
    threshold,
  }),
  /** The success metric at the device where it is worst, or where a quarter of them is worse. */
  v.strictObject({ kind: v.literal('device'), place: v.picklist(['worst', 'worst-quarter']), threshold }),
  /** From the best device to the worst, of the success metric: at most. */
  v.strictObject({ kind: v.literal('spread'), threshold: v.pipe(threshold, v.minValue(0)) }),
  /**
   * Milliseconds that one prediction takes at most: on all devices that score a version, on three quarters of them, on half. Devices
   * measure it where a gate asks for it, and tell it in steps (core/metrics/latency.ts).
   */
  v.strictObject({
    kind: v.literal('latency'),
    place: v.picklist(['worst', 'worst-quarter', 'median']),
    threshold: positive,
  }),
  /**
   * What it costs, at most: bytes of the model; bytes that a device sent in the version's round, on average; rounds of its run, up to
   * this version; milliseconds from the opening of its round to its commit.
   */
  v.strictObject({ kind: v.picklist(['size', 'bytes', 'rounds', 'duration']), threshold: positive }),
]);
export type Gate = v.InferOutput<typeof Gate>;

export const Gates = v.pipe(v.array(Gate), v.maxLength(20));
export type Gates = v.InferOutput<typeof Gates>;
