// Training and held-out rows, chosen by each row's own hash: appending or deleting rows moves none of the others, and
// a duplicate can never stand on both sides. Where the contract holds rows together by a column, the hash's first word is that of
// the column's value (column-rules.ts), and no group ever stands on both.
import type { Examples } from './examples.ts';

export interface Split {
  /** Row numbers, ascending. */
  readonly training: Uint32Array<ArrayBuffer>;
  readonly heldOut: Uint32Array<ArrayBuffer>;
}

/** A row is held out when its hash falls in the first `heldOutShare` (0–0.9, default 0.2) of the hash range. */
export function splitExamples(examples: Pick<Examples, 'count' | 'hashes'>, heldOutShare = 0.2): Split {
  const training: number[] = [];
  const heldOut: number[] = [];
  const threshold = heldOutShare * 4294967296;
  for (let row = 0; row < examples.count; row += 1)
    ((examples.hashes[row * 2] ?? 0) < threshold ? heldOut : training).push(row);
  return { training: Uint32Array.from(training), heldOut: Uint32Array.from(heldOut) };
}
