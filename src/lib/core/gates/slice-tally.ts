// What a device counted of one slice of its held-out rows.
import * as v from 'valibot';
import { Tally } from '../metrics/tally.ts';
import { MOST_SLICES, SlicePart } from './slice.ts';

const SliceTally = v.strictObject({ ...SlicePart, tally: Tally });
export type SliceTally = v.InferOutput<typeof SliceTally>;
export const SliceTallies = v.pipe(v.array(SliceTally), v.maxLength(MOST_SLICES));
