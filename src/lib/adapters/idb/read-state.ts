// A dataset as it is read from IndexedDB: its import in chunks, and the changes on the way to the state that is wanted. What trains or
// takes part loads this and none of the writing.
import { changesTo } from '../../core/data/dataset-states.ts';
import { joinExamples, type Examples } from '../../core/data/examples.ts';
import type { Database, DatasetRow, StateRow } from './database.ts';
import type { Seal } from './seal.ts';

/** Keys [id, 0], [id, 1], … : an array sorts after every number. */
export const allOf = (id: string): IDBKeyRange => IDBKeyRange.bound([id], [id, []]);

export type StoredDataset = DatasetRow | { readonly id: string; readonly sealed: Uint8Array };

const besideOf = ({ recipe, weakRules, splits, tags, withheld }: DatasetRow) => [
  recipe,
  weakRules,
  splits,
  tags,
  withheld,
];

/** Whether nobody wrote in between: no two sealed records begin with the same vector, and no two states are alike. */
export function isSame(before: StoredDataset, now: StoredDataset | undefined): boolean {
  if (now === undefined) return false;
  if ('sealed' in before || 'sealed' in now)
    return 'sealed' in before && 'sealed' in now && String(before.sealed) === String(now.sealed);
  return (
    before.record.version === now.record.version &&
    before.states?.head === now.states?.head &&
    JSON.stringify(besideOf(before)) === JSON.stringify(besideOf(now))
  );
}

interface ReadState {
  readonly stored: StoredDataset;
  readonly row: DatasetRow;
  readonly states: readonly StateRow[];
  /** Of the wanted state; whoever asked owns them. */
  readonly examples: Examples;
}

/** A state with everything that belongs to it, from one transaction; undefined where there is no such dataset or state. */
export async function stateOf(
  database: Database,
  seal: Seal,
  id: string,
  wanted?: number,
): Promise<ReadState | undefined> {
  const transaction = database.transaction(['datasets', 'chunks', 'hashes', 'states', 'sharing']);
  const stored = await transaction.objectStore('datasets').get(id);
  if (stored === undefined) return undefined;
  const [chunks, hashes, kept, borrowing] = await Promise.all([
    transaction.objectStore('chunks').getAll(allOf(id)),
    transaction.objectStore('hashes').getAll(allOf(id)),
    transaction.objectStore('states').getAll(allOf(id)),
    transaction.objectStore('sharing').count(allOf(id)),
  ]);
  const row = await seal.open('datasets', id, stored);
  const opened = await Promise.all(
    chunks.map(async (chunk, index) => {
      const key: [string, number] = [id, index];
      const own = hashes[index];
      return {
        ...(await seal.open('chunks', key, chunk)),
        hashes: own === undefined ? new Uint32Array(0) : await seal.open('hashes', key, own),
      };
    }),
  );
  const states = await Promise.all(kept.map((one, index) => seal.open('states', [id, index + 1], one)));
  const whole =
    borrowing === 0
      ? opened
      : await (await import('./borrowed-rows.ts')).withBorrowed(database, seal, id, opened, borrowing);
  const imported = joinExamples(whole ?? []);
  const changes = changesTo(states, wanted ?? row.states?.head ?? 0);
  if (imported === undefined || changes === undefined) return undefined;
  // Most are used as they were imported: a device that takes part loads nothing for edits.
  const examples =
    changes.length === 0
      ? imported
      : (await import('../../core/data/row-change.ts')).afterChanges(imported, changes);
  return { stored, row, states, examples };
}
