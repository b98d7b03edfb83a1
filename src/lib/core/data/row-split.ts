// Which rows of a table are held out, before anything is fitted: by each row's own hash, so that the order of a file decides nothing.
// Three ways, each for what the model will meet: rows like these (the classes kept in proportion), groups never seen, or a later time.

export interface SplitRows {
  /** [rows]: 32 bits a row, equal for equal rows, which therefore stand on one side. */
  readonly hashes: Uint32Array;
  /** [rows]; undefined for numbers to predict. */
  readonly classes?: ArrayLike<number> | undefined;
}

export type HowToSplit =
  | { readonly type: 'rows' }
  /** [rows]: rows of one group stand on one side; a group is known by its hash. */
  | { readonly type: 'groups'; readonly hashes: Uint32Array }
  /** [rows]: the latest rows are held out; rows of one time stand on one side. */
  | { readonly type: 'time'; readonly times: readonly (number | string)[] };

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
    case 'groups': {
      const border = share * 4294967296;
      return (row) => how.hashes[row]! < border;
    }
    case 'time': {
      const sorted = how.times.toSorted(compared);
      const border = sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * (1 - share)))];
      return (row) => border !== undefined && compared(how.times[row]!, border) >= 0;
    }
    default:
      return how satisfies never;
  }
}

const compared = (a: number | string, b: number | string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Which of `folds` parts each row belongs to, with the classes kept in proportion; equal rows of a class in one part. */
export function foldsOf({ hashes, classes }: SplitRows, folds: number): Uint8Array<ArrayBuffer> {
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
