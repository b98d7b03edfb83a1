// What one commit of a dataset does to its rows, and what two states of it differ in.
import { joinExamples, selectExamples, type Examples } from './examples.ts';

export interface RowCounts {
  readonly changed: number;
  readonly added: number;
  readonly removed: number;
}

export interface RowChange {
  /** Rows that get other values, ascending. */
  readonly replaced: Uint32Array;
  /** Rows that go, ascending; none of them is replaced. Row numbers are those before the change. */
  readonly removed: Uint32Array;
  /** The new values of the replaced rows, in their order, then the rows that are appended; undefined where there are neither. */
  readonly examples: Examples | undefined;
  /**
   * Of a merge: the rows that the appended ones become, ascending, and who they are already (row-identities.ts). Absent in any other
   * change: they come last, and are new.
   */
  readonly inserted?: { readonly rows: Uint32Array; readonly identities: Uint32Array };
  /** Of a merge: its rows as a person counts them, without those that get another identity or hash alone. */
  readonly told?: RowCounts;
}

export const isChange = (change: RowChange): boolean =>
  change.removed.length > 0 || (change.examples?.count ?? 0) > 0;

/** The rows after the change, copied. Throws a RangeError for a row that is not there. */
export const applyChange = (before: Examples, change: RowChange): Examples => changed(before, change, false);

/** As `applyChange`, for rows that nobody else holds: where no row goes or comes, they are changed where they lie. */
export const applyChangeInPlace = (own: Examples, change: RowChange): Examples => changed(own, change, true);

/** The rows of a state. Copied once, whatever the number of edits on the way: those are made where the copy lies. */
export const afterChanges = (imported: Examples, [first, ...others]: readonly RowChange[]): Examples =>
  first === undefined ? imported : others.reduce(applyChangeInPlace, applyChange(imported, first));

function changed(before: Examples, change: RowChange, isOwn: boolean): Examples {
  const { replaced, removed, examples } = change;
  const rows = replaced.length + removed.length;
  const last = Math.max(replaced.at(-1) ?? -1, removed.at(-1) ?? -1);
  if (last >= before.count || replaced.length > (examples?.count ?? 0))
    throw new RangeError(`The change is of ${rows} rows up to ${last}, the dataset has ${before.count}.`);
  const size = before.count === 0 ? 0 : before.features.length / before.count;
  const kept = removed.length === 0 ? before : selectExamples(before, rowsWithout(before.count, removed));
  const result: Examples =
    kept === before && !isOwn
      ? {
          ...before,
          features: before.features.slice(),
          targets: before.targets.slice(),
          hashes: before.hashes.slice(),
        }
      : kept;
  const texts = result.texts?.map((cells) => cells.slice());
  let gone = 0;
  for (const [index, row] of replaced.entries()) {
    while (gone < removed.length && removed[gone]! < row) gone += 1;
    const at = row - gone;
    result.features.set(examples!.features.subarray(index * size, (index + 1) * size), at * size);
    result.targets[at] = examples!.targets[index]!;
    result.hashes.set(examples!.hashes.subarray(index * 2, index * 2 + 2), at * 2);
    for (const [column, cells] of (texts ?? []).entries())
      cells[at] = examples!.texts?.[column]?.[index] ?? '';
  }
  const changedRows: Examples = texts === undefined ? result : { ...result, texts };
  const appended = (examples?.count ?? 0) - replaced.length;
  if (appended === 0) return changedRows;
  const fresh = selectExamples(
    examples!,
    Array.from({ length: appended }, (_, index) => replaced.length + index),
  );
  const joined = joinExamples([changedRows, fresh]) ?? changedRows;
  if (change.inserted === undefined) return joined;
  const places = change.inserted.rows;
  let come = 0;
  return selectExamples(
    joined,
    Array.from({ length: joined.count }, (_, row) =>
      places[come] === row ? result.count + come++ : row - come,
    ),
  );
}

/** The rows of `count` that are not among `removed`, ascending. */
export function rowsWithout(count: number, removed: Uint32Array): Uint32Array {
  const rows = new Uint32Array(count - removed.length);
  let gone = 0;
  for (let row = 0; row < count; row += 1) {
    if (gone < removed.length && removed[gone] === row) gone += 1;
    else rows[row - gone] = row;
  }
  return rows;
}

export interface RowDifference {
  /** Rows of the first state, ascending. */
  readonly removed: readonly number[];
  /** Rows of the second state, ascending. */
  readonly added: readonly number[];
  /** Rows that stand in the same place of both and differ. */
  readonly changed: readonly number[];
}

/** By the rows' hashes, [n, 2]: equal rows are the same row wherever they stand. */
export function differenceOf(before: Uint32Array, after: Uint32Array): RowDifference {
  const counts = { before: before.length / 2, after: after.length / 2 };
  const differs = (row: number): boolean =>
    row >= counts.before ||
    row >= counts.after ||
    before[row * 2] !== after[row * 2] ||
    before[row * 2 + 1] !== after[row * 2 + 1];
  const unequal = Array.from({ length: Math.max(counts.before, counts.after) }, (_, row) => row).filter(
    differs,
  );
  const key = (hashes: Uint32Array, row: number): string => `${hashes[row * 2]}:${hashes[row * 2 + 1]}`;
  // Rows that only moved, because others before them went, are taken out on both sides.
  const moved = new Map<string, number>();
  for (const row of unequal)
    if (row < counts.after) moved.set(key(after, row), (moved.get(key(after, row)) ?? 0) + 1);
  const gone = new Set<number>();
  for (const row of unequal) {
    if (row >= counts.before) continue;
    const left = moved.get(key(before, row)) ?? 0;
    if (left === 0) gone.add(row);
    else moved.set(key(before, row), left - 1);
  }
  const come = new Set<number>();
  for (const row of unequal.toReversed()) {
    if (row >= counts.after) continue;
    const left = moved.get(key(after, row)) ?? 0;
    if (left === 0) continue;
    come.add(row);
    moved.set(key(after, row), left - 1);
  }
  const ascending = (rows: ReadonlySet<number>, other: ReadonlySet<number>): number[] =>
    [...rows].filter((row) => !other.has(row)).toSorted((a, b) => a - b);
  return {
    removed: ascending(gone, come),
    added: ascending(come, gone),
    changed: [...gone].filter((row) => come.has(row)),
  };
}
