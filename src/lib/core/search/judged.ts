// What a device measures of its own training in a round whose local settings are tried: on rows that it does not learn from, the mean
// loss of the version as it came and of what training made of it.
import * as v from 'valibot';

/** Nats or squared error. What a device measures beyond says no more, and is told as this. */
export const HIGHEST_LOSS = 1e6;
/** Of fewer rows the loss would be nearly a figure of a single one: a device that can keep no more apart tells nothing. */
export const LEAST_ROWS_JUDGING = 10;

const loss = v.pipe(v.number(), v.finite(), v.minValue(0), v.maxValue(HIGHEST_LOSS));
const rows = v.pipe(v.number(), v.safeInteger(), v.minValue(LEAST_ROWS_JUDGING));

/** Told with an update. */
export const Judged = v.strictObject({ rows, before: loss, after: loss });
export type Judged = v.InferOutput<typeof Judged>;

/** No answer is taken to be worth less than that of a coin that has two sides: of rows that are nearly all alike doubling says little. */
const COIN = Math.LN2;

/**
 * Whether training undid what the version knew, held against `ofNothing`, the loss of an answer that looks at no row: it knew much before
 * and next to nothing after, or is twice as bad now as that answer and as the version was. A learning rate that is far too high does
 * this; the mean of a round with such an update in it would know as little.
 */
export const isUndone = ({ before, after }: Pick<Judged, 'before' | 'after'>, ofNothing: number): boolean =>
  (before <= ofNothing / 2 && after >= 0.95 * ofNothing && after >= COIN / 2) ||
  after >= 2 * Math.max(before, ofNothing, COIN);

/** Told by a device that gives the round up, since training ended in nothing that could be sent. */
export const JudgedInVain = v.strictObject({ rows, before: loss });
export type JudgedInVain = v.InferOutput<typeof JudgedInVain>;

/** Either, and which of the settings the device was given, by their place in the list: as a round keeps it. */
export const Tried = v.strictObject({
  settings: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
  // No bounds of today's: a round that was kept before them is read as well.
  rows: v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
  before: v.pipe(v.number(), v.minValue(0)),
  /** null: in vain. */
  after: v.nullable(v.pipe(v.number(), v.minValue(0))),
});
export type Tried = v.InferOutput<typeof Tried>;
