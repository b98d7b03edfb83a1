// Which rows of a table are held out, before anything is fitted: by each row's own hash, so that the order of a file decides nothing.
// Each way is for what the model will meet: rows like these (the classes kept in proportion, or as chance has it), groups never seen, or
// a later time. By which borders, and how they are kept: split-borders.ts.
import { fitBorders, heldOutBy, type SplitBorders } from './split-borders.ts';

export interface SplitRows {
  /** [rows]: 32 bits a row, equal for equal rows, which therefore stand on one side. */
  readonly hashes: Uint32Array;
  /** [rows]; undefined for numbers to predict. */
  readonly classes?: ArrayLike<number> | undefined;
  /** What each class is called. */
  readonly labels?: readonly string[] | undefined;
}

export type HowToSplit =
  | { readonly type: 'rows' }
  /** Each row by its own hash and the share alone. */
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

/** By borders that were found earlier, or by those of these rows, about `share` (0–0.9) of which are held out then. */
export function splitRows(
  rows: SplitRows,
  how: HowToSplit,
  share: number,
  borders: SplitBorders = fitBorders(rows, how, share),
): RowSplit {
  const isHeldOut = heldOutBy(rows, how, borders, share);
  const training: number[] = [];
  const heldOut: number[] = [];
  for (let row = 0; row < rows.hashes.length; row += 1) (isHeldOut(row) ? heldOut : training).push(row);
  return { training: Uint32Array.from(training), heldOut: Uint32Array.from(heldOut) };
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
