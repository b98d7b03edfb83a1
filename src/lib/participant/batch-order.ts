// The order in which an epoch takes its rows: it depends on the seed and the epoch alone, so that training cut anywhere
// goes on with the very batches it would have taken.
import { random } from '../core/random.ts';

/** A permutation of 0 … count − 1. */
export function epochOrder(seed: number, epoch: number, count: number): Uint32Array<ArrayBuffer> {
  const order = new Uint32Array(count);
  for (let row = 0; row < count; row += 1) order[row] = row;
  return random(seed, 'batches', epoch).shuffle(order);
}

/** The last batch of an epoch is smaller where `batchSize` does not divide `count`. */
export const batchesOf = (count: number, batchSize: number): number => Math.ceil(count / batchSize);

/** The seed of one round's batches and dropout: every round draws anew, and a repeated run draws the same. */
export const roundSeed = (seed: number, round: number): number =>
  random(seed, 'round', round).below(4294967296);
