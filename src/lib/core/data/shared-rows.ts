// Rows that two datasets have alike lie once: a chunk keeps rows of its own and says of the others in which block (a chunk of another
// dataset) they lie. By rows, and not by chunks with borders that the content sets (LBFS, Muthitacharoen et al. 2001; FastCDC, Xia et al.
// 2016): edits of one row in a hundred, scattered, touch 1 − 0.99^k of the chunks of k rows, which is nearly all of them. As rsync's
// deltas do (Tridgell & Mackerras 1996), a chunk names runs of rows, so that rows put in or taken out shift nothing.
import { selectExamples, type Examples } from './examples.ts';
import type { Place } from './hash-places.ts';

/** [n, 4], ascending: the first place in the chunk, which block, the first row there, how many rows. */
export type Runs = Uint32Array;
export const RUN = 4;

/** `rows[i]` is where row i lies; undefined for those of the chunk's own. */
export function runsOf(rows: readonly (Place | undefined)[]): Runs {
  const runs: number[] = [];
  for (const [place, lies] of rows.entries()) {
    if (lies === undefined) continue;
    const last = runs.length - RUN;
    const goesOn =
      last >= 0 &&
      runs[last]! + runs[last + 3]! === place &&
      runs[last + 1] === lies.block &&
      runs[last + 2]! + runs[last + 3]! === lies.row;
    if (goesOn) runs[last + 3]! += 1;
    else runs.push(place, lies.block, lies.row, 1);
  }
  return Uint32Array.from(runs);
}

/** How many rows lie elsewhere. */
export function borrowedCount(runs: Runs): number {
  let count = 0;
  for (let at = 0; at < runs.length; at += RUN) count += runs[at + 3]!;
  return count;
}

/** Row numbers, ascending, as [n, 2]: the first of each run, and how many; and back. */
export function rangesOf(rows: Uint32Array): Uint32Array {
  const ranges: number[] = [];
  for (const [index, row] of rows.entries())
    if (index > 0 && rows[index - 1]! + 1 === row) ranges[ranges.length - 1]! += 1;
    else ranges.push(row, 1);
  return Uint32Array.from(ranges);
}
export function rowsIn(ranges: Uint32Array): Uint32Array {
  const rows: number[] = [];
  for (let at = 0; at < ranges.length; at += 2)
    for (let row = 0; row < ranges[at + 1]!; row += 1) rows.push(ranges[at]! + row);
  return Uint32Array.from(rows);
}

/** Whether two rows are the same bytes; their hashes are known to be equal. */
export function isSameRow(a: Examples, row: number, b: Examples, other: number): boolean {
  const size = a.features.length / a.count;
  if (size !== b.features.length / b.count || a.texts?.length !== b.texts?.length) return false;
  // A missing number may be NaN, and −0 is another byte than 0: Object.is tells both.
  if (!Object.is(a.targets[row], b.targets[other])) return false;
  for (let i = 0; i < size; i += 1)
    if (!Object.is(a.features[row * size + i], b.features[other * size + i])) return false;
  return (a.texts ?? []).every((cells, column) => cells[row] === b.texts?.[column]?.[other]);
}

/** A chunk being put together again of its own rows and the blocks', which come one after the other, in any order. */
export interface Joining {
  /** `rowAt` says at which place of `block` a row of it is. */
  take(which: number, block: Examples, rowAt: (row: number) => number): void;
  done(): Examples;
}

export function joining(own: Examples, runs: Runs): Joining {
  const count = own.count + borrowedCount(runs);
  let whole: Examples | undefined;

  /** With the first block: a chunk without rows of its own does not tell how wide they are. */
  const begin = (block: Examples): Examples => {
    const size = block.features.length / block.count;
    const made: Examples = {
      count,
      features:
        own.features instanceof Uint8Array ? new Uint8Array(count * size) : new Float32Array(count * size),
      targets: own.targets instanceof Int32Array ? new Int32Array(count) : new Float32Array(count),
      hashes: new Uint32Array(count * 2),
      ...(own.texts === undefined
        ? {}
        : { texts: own.texts.map(() => Array.from({ length: count }, () => '')) }),
    };
    let from = 0;
    let place = 0;
    for (let at = 0; at < runs.length; at += RUN) {
      copyRows(own, from, made, place, runs[at]! - place);
      from += runs[at]! - place;
      place = runs[at]! + runs[at + 3]!;
    }
    copyRows(own, from, made, place, count - place);
    return made;
  };

  return {
    take(which, block, rowAt) {
      whole ??= begin(block);
      for (let at = 0; at < runs.length; at += RUN)
        if (runs[at + 1] === which) copyRows(block, rowAt(runs[at + 2]!), whole, runs[at]!, runs[at + 3]!);
    },
    done: () => whole ?? own,
  };
}

function copyRows(from: Examples, first: number, to: Examples, place: number, count: number): void {
  if (count === 0) return;
  const size = to.features.length / to.count;
  to.features.set(from.features.subarray(first * size, (first + count) * size), place * size);
  to.targets.set(from.targets.subarray(first, first + count), place);
  to.hashes.set(from.hashes.subarray(first * 2, (first + count) * 2), place * 2);
  for (const [column, cells] of (to.texts ?? []).entries())
    for (let row = 0; row < count; row += 1)
      (cells as string[])[place + row] = from.texts?.[column]?.[first + row] ?? '';
}

/** The rows of a chunk that lie nowhere else, in their order. */
export const ownRows = (examples: Examples, rows: readonly (Place | undefined)[]): Examples =>
  selectExamples(
    examples,
    Array.from({ length: examples.count }, (_, row) => row).filter((row) => rows[row] === undefined),
  );
