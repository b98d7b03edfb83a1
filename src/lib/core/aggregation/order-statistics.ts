// The values that a round's updates have at each coordinate, in ascending order: what median, trimmed mean and Bulyan are
// made of. Nearly their whole cost is here, so it is written for speed, and for no branch that depends on a value.
import type { UpdateBlock } from './strategy.ts';

/** The middle value, or the mean of the two in the middle. Of at least one number. */
export function medianOf(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle];
  if (upper === undefined) throw new RangeError('There is no median of nothing.');
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2;
}

/** Coordinates sorted side by side, a multiple of 4: those of 100 updates fit the 32 KB nearest the processor. */
export const TILE = 64;

export interface Sorter {
  /**
   * Calls `use` with tiles of the block in turn: sorted[rank · TILE + i] is the value of that rank at coordinate `offset` + i,
   * for i < `count` and the ranks asked for. `rows` are indices into block.values, as many as the sorter was made for. Values must
   * be finite; −0 ranks below 0. `sorted` is valid during the call only.
   */
  sort(
    block: UpdateBlock,
    rows: readonly number[],
    use: (sorted: Float32Array, offset: number, count: number) => void,
  ): void;
}

/** Sorts `count` values a coordinate, as far as the ranks [first, end), from 0, need it. */
export function sorter(count: number, first = 0, end = count): Sorter {
  const pairs = sortingNetwork(count, first, end);
  const keys = new Int32Array(count * TILE);
  const sorted = new Float32Array(keys.buffer);
  return {
    sort(block, rows, use) {
      const length = block.values[0]?.length ?? 0;
      const columns = rows.map((row) => bitsOf(block.values[row] ?? new Float32Array(0)));
      for (let from = 0; from < length; from += TILE) {
        const width = Math.min(TILE, length - from);
        for (const [rank, column] of columns.entries()) gather(keys, rank * TILE, column, from, width);
        for (let pair = 0; pair < pairs.length; pair += 2) exchange(keys, pairs[pair]!, pairs[pair + 1]!);
        for (let at = first * TILE; at < end * TILE; at += 1) keys[at] = flipped(keys[at]!);
        use(sorted, block.offset + from, width);
      }
    },
  };
}

const bitsOf = (values: Float32Array): Int32Array =>
  new Int32Array(values.buffer, values.byteOffset, values.length);

/**
 * The bits of a float as a whole number in the order of the floats: the lower 31 turned round where it is negative (Knuth,
 * TAOCP 3, on radix sorting). Its own inverse.
 */
const flipped = (bits: number): number => bits ^ ((bits >> 31) & 0x7fffffff);

function gather(keys: Int32Array, to: number, column: Int32Array, from: number, width: number): void {
  for (let i = 0; i < width; i += 1) keys[to + i] = flipped(column[from + i]!);
}

/**
 * The lesser of each pair of keys to tile `low`, the greater to tile `high`, without a branch: half the guesses at one would
 * be wrong. Four at a time: 1.7 ns a pair where the plain loop takes 2.6, and Math.min and Math.max 3.3 (Node 20, x64, a busy
 * machine). Insertion sort of each coordinate's values takes 1.6 to 2.1 times as long as the whole network.
 */
function exchange(keys: Int32Array, low: number, high: number): void {
  const a = low * TILE;
  const b = high * TILE;
  for (let i = 0; i < TILE; i += 4) {
    const a0 = keys[a + i]!;
    const b0 = keys[b + i]!;
    const a1 = keys[a + i + 1]!;
    const b1 = keys[b + i + 1]!;
    const a2 = keys[a + i + 2]!;
    const b2 = keys[b + i + 2]!;
    const a3 = keys[a + i + 3]!;
    const b3 = keys[b + i + 3]!;
    const swap0 = (a0 ^ b0) & -+(b0 < a0);
    const swap1 = (a1 ^ b1) & -+(b1 < a1);
    const swap2 = (a2 ^ b2) & -+(b2 < a2);
    const swap3 = (a3 ^ b3) & -+(b3 < a3);
    keys[a + i] = a0 ^ swap0;
    keys[b + i] = b0 ^ swap0;
    keys[a + i + 1] = a1 ^ swap1;
    keys[b + i + 1] = b1 ^ swap1;
    keys[a + i + 2] = a2 ^ swap2;
    keys[b + i + 2] = b2 ^ swap2;
    keys[a + i + 3] = a3 ^ swap3;
    keys[b + i + 3] = b3 ^ swap3;
  }
}

/**
 * Pairs (low, high) of places to compare and exchange, one after the other, after which the ranks [first, end) stand in their
 * places: Batcher's merge exchange (Knuth, TAOCP 3, §5.2.2, algorithm M) without the exchanges that no such rank depends on.
 */
export function sortingNetwork(count: number, first = 0, end = count): Uint16Array {
  const pairs: (readonly [number, number])[] = [];
  const top = 2 ** Math.max(0, Math.ceil(Math.log2(count)) - 1);
  for (let p = count < 2 ? 0 : top; p >= 1; p >>= 1) {
    let distance = p;
    let phase = 0;
    for (let q = top; ; q >>= 1) {
      for (let i = 0; i < count - distance; i += 1) if ((i & p) === phase) pairs.push([i, i + distance]);
      if (q === p) break;
      distance = q - p;
      phase = p;
    }
  }
  const isNeeded = Array.from({ length: count }, (_, place) => place >= first && place < end);
  const kept = pairs.toReversed().filter(([low, high]) => {
    if (isNeeded[low] !== true && isNeeded[high] !== true) return false;
    isNeeded[low] = true;
    isNeeded[high] = true;
    return true;
  });
  return Uint16Array.from(kept.toReversed().flat());
}
