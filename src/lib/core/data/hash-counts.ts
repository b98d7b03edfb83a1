// A counting set of 64-bit hashes in flat arrays: a million of them take 24 MB, where a Set of bigints takes 100.

export interface HashCounts {
  /** Distinct hashes held. */
  readonly size: number;
  /** Counts one more of this hash, and returns how many there were before. */
  add(first: number, second: number): number;
}

/** Open addressing with linear probing, doubled at half full. The hashes are already well mixed. */
export function hashCounts(expected = 1024): HashCounts {
  let capacity = 1024;
  while (capacity < expected * 2) capacity *= 2;
  let firsts = new Uint32Array(capacity);
  let seconds = new Uint32Array(capacity);
  let counts = new Uint32Array(capacity);
  let size = 0;

  const place = (first: number, second: number): number => {
    let at = (first ^ (second >>> 7)) & (capacity - 1);
    while (counts[at] !== 0 && (firsts[at] !== first || seconds[at] !== second)) at = (at + 1) & (capacity - 1);
    return at;
  };
  const grow = (): void => {
    const [oldFirsts, oldSeconds, oldCounts] = [firsts, seconds, counts];
    capacity *= 2;
    firsts = new Uint32Array(capacity);
    seconds = new Uint32Array(capacity);
    counts = new Uint32Array(capacity);
    for (let old = 0; old < oldCounts.length; old += 1) {
      const count = oldCounts[old]!;
      if (count === 0) continue;
      const at = place(oldFirsts[old]!, oldSeconds[old]!);
      firsts[at] = oldFirsts[old]!;
      seconds[at] = oldSeconds[old]!;
      counts[at] = count;
    }
  };

  return {
    get size() {
      return size;
    },
    add(first, second) {
      const at = place(first, second);
      const before = counts[at]!;
      if (before === 0) {
        firsts[at] = first;
        seconds[at] = second;
        size += 1;
      }
      counts[at] = before + 1;
      if (size * 2 > capacity) grow();
      return before;
    },
  };
}
