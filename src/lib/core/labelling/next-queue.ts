// The queue of a labelling page, front first: at random until a model can tell two classes apart, then by what that model is unsure of.
import {
  inRandomOrder,
  mostUncertainFirst,
  spreadOut,
  uncertainties,
  type QueueOrder,
} from './queue-order.ts';

export interface QueueModel {
  /** [rows of the queue, classes] */
  readonly shares: Float64Array;
  readonly classes: number;
  /** Of a row: what examples are told apart by. */
  features(row: number): ArrayLike<number>;
}

/** So many at the front are asked before the next model comes: those are not to be alike. */
export const FRONT = 10;

/** `rows` in the order in which to ask; the same seed, rows and model give the same. */
export function nextQueue(
  rows: Uint32Array,
  order: QueueOrder,
  seed: number,
  model: QueueModel | undefined,
): Uint32Array<ArrayBuffer> {
  if (order === 'random' || model === undefined) return inRandomOrder(rows, seed);
  const sorted = mostUncertainFirst(rows, uncertainties(model.shares, model.classes, order));
  return spreadOut(sorted, (place) => model.features(sorted[place]!), FRONT);
}
