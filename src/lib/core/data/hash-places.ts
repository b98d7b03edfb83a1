// Where a row lies, by its 64-bit hash: flat arrays as in hash-counts.ts, with a place in the count's stead.

export interface Place {
  readonly block: number;
  readonly row: number;
}

export interface HashPlaces {
  /** Whatever has this hash already keeps its place. */
  add(first: number, second: number, block: number, row: number): void;
  find(first: number, second: number): Place | undefined;
}

/** A slot is [first, second, block + 1, row]; 0 is an empty one. */
const SLOT = 4;

/** Open addressing with linear probing, half full at most. `most` is how many will be added at most. */
export function hashPlaces(most: number): HashPlaces {
  let capacity = 1024;
  while (capacity < most * 2) capacity *= 2;
  const slots = new Uint32Array(capacity * SLOT);

  const slotOf = (first: number, second: number): number => {
    let slot = (first ^ (second >>> 7)) & (capacity - 1);
    for (;;) {
      const at = slot * SLOT;
      if (slots[at + 2] === 0 || (slots[at] === first && slots[at + 1] === second)) return at;
      slot = (slot + 1) & (capacity - 1);
    }
  };

  return {
    add(first, second, block, row) {
      const at = slotOf(first, second);
      if (slots[at + 2] === 0) slots.set([first, second, block + 1, row], at);
    },
    find(first, second) {
      const at = slotOf(first, second);
      const block = slots[at + 2]!;
      return block === 0 ? undefined : { block: block - 1, row: slots[at + 3]! };
    },
  };
}
