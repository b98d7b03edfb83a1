// Which rows of a table are held out, before anything is fitted: by each row's own hash, so that the order of a file decides nothing.
// Each way is for what the model will meet: rows like these (the classes kept in proportion, or as chance has it), groups never seen, or
// a later time.

export interface SplitRows {
  /** [rows]: 32 bits a row, equal for equal rows, which therefore stand on one side. */
  readonly hashes: Uint32Array;
  /** [rows]; undefined for numbers to predict. */
  readonly classes?: ArrayLike<number> | undefined;
}

export type HowToSplit =
  | { readonly type: 'rows' }
  /** Each row by its own hash alone: none ever moves, whatever others come. */
  | { readonly type: 'chance' }
  /** [rows]: rows of one group stand on one side; a group is known by its hash. */
  | { readonly type: 'groups'; readonly hashes: Uint32Array }
  /**
   * [rows]: the latest rows are held out; rows of one time stand on one side. `gap`: rows nearer to each other than this look at the same
   * (windows of a series), so that none of a pair judges what the other has taught.
   */
  | { readonly type: 'time'; readonly times: readonly number[] | Float64Array; readonly gap?: number };

export interface RowSplit {
  /** Row numbers, ascending. */
  readonly training: Uint32Array<ArrayBuffer>;
  readonly heldOut: Uint32Array<ArrayBuffer>;
}

/** Holds out about `share` (0–0.9) of the rows. */
export function splitRows(rows: SplitRows, how: HowToSplit, share: number): RowSplit {
  const isHeldOut = heldOutRows(rows, how, share);
  const training: number[] = [];
  const heldOut: number[] = [];
  for (let row = 0; row < rows.hashes.length; row += 1) (isHeldOut(row) ? heldOut : training).push(row);
  return { training: Uint32Array.from(training), heldOut: Uint32Array.from(heldOut) };
}

function heldOutRows(
  { hashes, classes }: SplitRows,
  how: HowToSplit,
  share: number,
): (row: number) => boolean {
  switch (how.type) {
    case 'rows': {
      // Within each class the lowest hashes: the proportions are kept to one row, and only rows at the border move as data grows.
      const byClass = new Map<number, number[]>();
      for (let row = 0; row < hashes.length; row += 1) {
        const own = classes?.[row] ?? 0;
        const list = byClass.get(own) ?? [];
        byClass.set(own, list);
        list.push(hashes[row]!);
      }
      const borders = new Map<number, number>();
      for (const [own, list] of byClass) {
        const wanted = Math.round(list.length * share);
        const sorted = Float64Array.from(list).sort();
        borders.set(own, wanted >= sorted.length ? Infinity : sorted[wanted]!);
      }
      return (row) => hashes[row]! < (borders.get(classes?.[row] ?? 0) ?? 0);
    }
    case 'chance':
      return (row) => hashes[row]! < share * 2 ** 32;
    case 'groups': {
      const taken = groupsTaken(how.hashes, share);
      return (row) => taken.has(how.hashes[row]!);
    }
    case 'time': {
      const border = timeBorder(how.times, share);
      return (row) => border !== undefined && how.times[row]! >= border;
    }
    default:
      return how satisfies never;
  }
}

/**
 * Groups in the order of their hashes, each taken where it brings the rows nearer to the share: so that few groups are held out too,
 * and one of half the rows is not, unless there is no other. All of them never.
 */
function groupsTaken(hashes: Uint32Array, share: number): ReadonlySet<number> {
  const sizes = new Map<number, number>();
  for (const hash of hashes) sizes.set(hash, (sizes.get(hash) ?? 0) + 1);
  const taken = new Set<number>();
  if (sizes.size < 2 || share <= 0) return taken;
  const inOrder = [...sizes].toSorted(([a], [b]) => a - b);
  let left = hashes.length * share;
  for (const [hash, size] of inOrder) {
    if (Math.abs(left - size) >= left || taken.size === sizes.size - 1) continue;
    taken.add(hash);
    left -= size;
  }
  const [smallest] = inOrder.toSorted(([, a], [, b]) => a - b);
  if (taken.size === 0 && smallest !== undefined) taken.add(smallest[0]);
  return taken;
}

/** The time from which on rows are held out: of the two that lie about the share the nearer one, but never so late that none is. */
function timeBorder(times: ArrayLike<number>, share: number): number | undefined {
  if (times.length === 0 || share <= 0) return undefined;
  const sorted = Float64Array.from(times).sort();
  const wanted = sorted.length * share;
  const border = sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length - wanted))]!;
  const from = sorted.indexOf(border);
  const next = sorted.findLastIndex((time) => time === border) + 1;
  const isNextNearer = Math.abs(sorted.length - next - wanted) < Math.abs(sorted.length - from - wanted);
  return isNextNearer && next < sorted.length ? sorted[next] : border;
}

/** What rows stay together by, beside their own hashes, where a part of them judges the rest. */
export type Together = Extract<HowToSplit, { readonly type: 'groups' | 'time' }>;

export const togetherBy = (how: HowToSplit): Together | undefined =>
  how.type === 'groups' || how.type === 'time' ? how : undefined;

/**
 * Which of `folds` parts each row belongs to, with the classes kept in proportion; equal rows of a class in one part. `together`:
 * whole groups instead, the parts about equally large, or spells of time one after the other.
 */
export function foldsOf(
  { hashes, classes }: SplitRows,
  folds: number,
  together?: Together,
): Uint8Array<ArrayBuffer> {
  if (together?.type === 'groups') return groupFolds(together.hashes, folds);
  if (together?.type === 'time') return timeFolds(together.times, folds);
  const order = Array.from({ length: hashes.length }, (_, row) => row).sort(
    (a, b) => (classes?.[a] ?? 0) - (classes?.[b] ?? 0) || hashes[a]! - hashes[b]! || a - b,
  );
  const fold = new Uint8Array(hashes.length);
  let distinct = -1;
  for (const [at, row] of order.entries()) {
    const before = order[at - 1];
    const isEqual =
      before !== undefined && hashes[before] === hashes[row] && classes?.[before] === classes?.[row];
    if (!isEqual) distinct += 1;
    fold[row] = distinct % folds;
  }
  return fold;
}

/** Of rows to learn from, those that share nothing with the rows that judge, which are one spell of time where rows have one. */
export function clearOf(learning: Uint32Array, judging: Uint32Array, together?: Together): Uint32Array {
  if (together?.type !== 'time' || together.gap === undefined) return learning;
  const { times, gap } = together;
  let [first, last] = [Infinity, -Infinity];
  for (const row of judging) {
    first = Math.min(first, times[row]!);
    last = Math.max(last, times[row]!);
  }
  return learning.filter((row) => first - times[row]! >= gap || times[row]! - last >= gap);
}

/** The largest group first, each to the part that has the fewest rows. */
function groupFolds(hashes: Uint32Array, folds: number): Uint8Array<ArrayBuffer> {
  const sizes = new Map<number, number>();
  for (const hash of hashes) sizes.set(hash, (sizes.get(hash) ?? 0) + 1);
  const filled = new Float64Array(folds);
  const foldOf = new Map<number, number>();
  for (const [hash, size] of [...sizes].toSorted(([a, first], [b, second]) => second - first || a - b)) {
    const fold = filled.indexOf(Math.min(...filled));
    foldOf.set(hash, fold);
    filled[fold]! += size;
  }
  return Uint8Array.from(hashes, (hash) => foldOf.get(hash) ?? 0);
}

/** Rows of one time in one part. */
function timeFolds(times: ArrayLike<number>, folds: number): Uint8Array<ArrayBuffer> {
  const sorted = Float64Array.from(times).sort();
  const foldOf = new Map<number, number>();
  for (const [at, time] of sorted.entries())
    if (!foldOf.has(time)) foldOf.set(time, Math.min(folds - 1, Math.floor((at * folds) / sorted.length)));
  return Uint8Array.from(times, (time) => foldOf.get(time) ?? 0);
}
