// Which row of a dataset is which, whatever became of it: a number that a row is given when it comes, and keeps in every state while its
// cells are changed and other rows go. Hashes cannot say it: they change with a cell. Nothing of it is stored but for merged rows:
// the changes themselves tell.
import { changesTo, type KeptState, type StateLink } from './dataset-states.ts';
import { rowsWithout, type RowChange } from './row-change.ts';

const appendedRows = ({ replaced, examples }: RowChange): number => (examples?.count ?? 0) - replaced.length;

/** Of each row of `state`; ascending, for rows keep their order and new ones come last. undefined where there is no such state. `kept` lacks the import, of so many rows. */
export function rowIdentities(
  imported: number,
  kept: readonly KeptState<StateLink>[],
  state: number,
): Uint32Array | undefined {
  let next = imported;
  const firstOf = new Map<RowChange, number>();
  for (const { change } of kept.toSorted((a, b) => a.commit.number - b.commit.number)) {
    firstOf.set(change, next);
    if (change.inserted === undefined) next += appendedRows(change);
  }
  return changesTo(kept, state)?.reduce(
    (before, change) => after(before, change, firstOf.get(change) ?? next),
    Uint32Array.from({ length: imported }, (_, row) => row),
  );
}

function after(before: Uint32Array<ArrayBuffer>, change: RowChange, first: number): Uint32Array<ArrayBuffer> {
  const left = rowsWithout(before.length, change.removed).map((row) => before[row]!);
  const come =
    change.inserted?.identities ??
    Uint32Array.from({ length: appendedRows(change) }, (_, index) => first + index);
  const identities = new Uint32Array(left.length + come.length);
  identities.set(left);
  identities.set(come, left.length);
  return identities.sort();
}
