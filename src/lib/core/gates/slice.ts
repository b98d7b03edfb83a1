// A part of the rows that a condition may be about: one that a column of the data contract cuts out (core/statistics/parts.ts), or whichever
// of a column's parts does worst. Of fewer rows or devices than `LEAST_SLICE` nothing is told: figures of so few would point at persons.
import * as v from 'valibot';

/** Below which a slice has no figure, whatever a condition asks for. */
export const LEAST_SLICE = { rows: 10, devices: 2 } as const;
/** Of one federation: each is a tally of its own in what a device tells of a version. */
export const MOST_SLICES = 12;

export const SlicePart = {
  column: v.pipe(v.string(), v.minLength(1), v.maxLength(80)),
  /** In the words of the contract's parts: "is Female", "is above 38 and at most 52". */
  part: v.pipe(v.string(), v.minLength(1), v.maxLength(200)),
};
const least = (floor: number) =>
  v.exactOptional(v.pipe(v.number(), v.safeInteger(), v.minValue(floor), v.maxValue(1_000_000)));

export const Slice = v.strictObject({
  column: SlicePart.column,
  /** null: the part that does worst of those that rows are in. */
  part: v.nullable(SlicePart.part),
  /** Below which it counts as not measured yet; absent: those of LEAST_SLICE. */
  leastRows: least(LEAST_SLICE.rows),
  leastDevices: least(LEAST_SLICE.devices),
});
export type Slice = v.InferOutput<typeof Slice>;
