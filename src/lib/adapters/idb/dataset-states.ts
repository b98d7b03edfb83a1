// States of a dataset in IndexedDB: the import is its chunks, each later state a row with its change (read-state.ts reads them); committing
// writes one row and the dataset’s own, in one transaction.
import { describeChange } from '../../core/data/dataset-states.ts';
import { examplesBytes, withoutDuplicates, type Examples } from '../../core/data/examples.ts';
import { applyChangeInPlace, type RowChange } from '../../core/data/row-change.ts';
import { rowIdentities } from '../../core/data/row-identities.ts';
import type { DatasetVersion } from '../../core/ids.ts';
import {
  DatasetMoved,
  type DatasetCommit,
  type DatasetHistory,
  type DatasetRecord,
  type MergedStates,
} from '../../ports/dataset-store.ts';
import type { Database, DatasetRow, StateRow } from './database.ts';
import { allOf, isSame, stateOf, type StoredDataset } from './read-state.ts';
import type { Seal } from './seal.ts';
import { storing } from './storing.ts';

export interface StateStore {
  readonly database: Database;
  readonly seal: Seal;
  readonly now: () => number;
}

const rootOf = ({ record, states }: DatasetRow): DatasetCommit =>
  states?.root ?? {
    number: 0,
    parent: null,
    message: 'Imported',
    at: record.importedAt,
    version: record.version,
    count: record.count,
    classCounts: record.classCounts,
    changed: 0,
    added: record.count,
    removed: 0,
  };

async function statesOf(
  database: Database,
  seal: Seal,
  id: string,
): Promise<
  | {
      readonly stored: StoredDataset;
      readonly row: DatasetRow;
      readonly states: readonly StateRow[];
      readonly commits: readonly DatasetCommit[];
    }
  | undefined
> {
  const transaction = database.transaction(['datasets', 'states']);
  const [stored, kept] = await Promise.all([
    transaction.objectStore('datasets').get(id),
    transaction.objectStore('states').getAll(allOf(id)),
  ]);
  if (stored === undefined) return undefined;
  const row = await seal.open('datasets', id, stored);
  const states = await Promise.all(kept.map((one, index) => seal.open('states', [id, index + 1], one)));
  return { stored, row, states, commits: [rootOf(row), ...states.map((one) => one.commit)] };
}

export async function identities(
  database: Database,
  seal: Seal,
  id: string,
  state: number,
): Promise<Uint32Array | undefined> {
  const found = await statesOf(database, seal, id);
  return found === undefined ? undefined : rowIdentities(rootOf(found.row).count, found.states, state);
}

export async function history(
  database: Database,
  seal: Seal,
  id: string,
): Promise<DatasetHistory | undefined> {
  const found = await statesOf(database, seal, id);
  if (found === undefined) return undefined;
  const { row, commits } = found;
  return { head: row.states?.head ?? 0, commits, tags: row.tags ?? [] };
}

/** `base` undefined: on whatever the head is by now. */
export async function commit(
  { database, seal, now }: StateStore,
  id: string,
  base: DatasetVersion | undefined,
  change: RowChange,
  message: string,
  merge?: MergedStates,
): Promise<DatasetRecord> {
  const read = await stateOf(database, seal, id);
  if (read === undefined) throw new Error(`There is no dataset ${id}.`);
  const { row, stored, states, examples } = read;
  if (base !== undefined && row.record.version !== base) throw new DatasetMoved(id);
  const head = row.states?.head ?? 0;
  if (merge !== undefined && merge.onto !== head) throw new DatasetMoved(id);
  const after = applyChangeInPlace(examples, change);
  if (after.count === 0) throw new Error('The change would leave the dataset without a row.');
  const number = states.length + 1;
  const made = describeChange(row.record.contract, after, change);
  const bytes = change.examples === undefined ? 0 : examplesBytes(change.examples);
  const { version, count, classCounts } = made;
  const next: DatasetRow = {
    ...row,
    record: { ...row.record, version, count, classCounts, bytes: row.record.bytes + bytes },
    states: { root: rootOf(row), head: number },
  };
  const state: StateRow = {
    commit: {
      number,
      parent: head,
      ...(merge === undefined ? {} : { merged: merge.from }),
      message,
      at: now(),
      ...made,
    },
    change,
  };
  if (!(await replace(database, seal, stored, next, state, bytes))) throw new DatasetMoved(id);
  return next.record;
}

export async function checkout(
  database: Database,
  seal: Seal,
  id: string,
  state: number,
): Promise<DatasetRecord> {
  const found = await statesOf(database, seal, id);
  if (found === undefined) throw new Error(`There is no dataset ${id}.`);
  const wanted = found.commits.find((one) => one.number === state);
  if (wanted === undefined) throw new Error(`The dataset ${id} has no state ${state}.`);
  const { version, count, classCounts } = wanted;
  const next: DatasetRow = {
    ...found.row,
    record: { ...found.row.record, version, count, classCounts },
    states: { root: rootOf(found.row), head: state },
  };
  if (!(await replace(database, seal, found.stored, next, undefined, 0))) throw new DatasetMoved(id);
  return next.record;
}

/** The last that is kept counts, in whichever tab. */
export async function keepBeside(
  database: Database,
  seal: Seal,
  id: string,
  change: (row: DatasetRow) => Pick<DatasetRow, 'recipe' | 'weakRules' | 'splits' | 'tags' | 'withheld'>,
): Promise<void> {
  for (;;) {
    const stored = await database.get('datasets', id);
    if (stored === undefined) throw new Error(`There is no dataset ${id}.`);
    const row = await seal.open('datasets', id, stored);
    if (await replace(database, seal, stored, { ...row, ...change(row) }, undefined, 0)) return;
  }
}

/** Examples for a dataset that has commits: one more of them. */
export async function append(store: StateStore, id: string, examples: Examples): Promise<DatasetRecord> {
  for (;;) {
    const read = await stateOf(store.database, store.seal, id);
    if (read === undefined) throw new Error(`There is no dataset ${id}.`);
    const fresh = withoutDuplicates(examples, [read.examples.hashes]);
    if (fresh.count === 0) return read.row.record;
    const change = { replaced: new Uint32Array(0), removed: new Uint32Array(0), examples: fresh };
    try {
      return await commit(store, id, read.row.record.version, change, 'Added examples');
    } catch (error) {
      // Another tab changed it: what was a duplicate then need not be one now.
      if (!(error instanceof DatasetMoved)) throw error;
    }
  }
}

/** False where somebody wrote in between. */
async function replace(
  database: Database,
  seal: Seal,
  before: StoredDataset,
  next: DatasetRow,
  state: StateRow | undefined,
  bytes: number,
): Promise<boolean> {
  return seal.writing(async (as) => {
    const key: [string, number] = [next.id, state?.commit.number ?? 0];
    const [own, ownState] = await Promise.all([
      as.seal('datasets', next.id, next),
      state === undefined ? undefined : as.seal('states', key, state),
    ]);
    const transaction = database.transaction(['datasets', 'states', 'lock'], 'readwrite', {
      durability: 'strict',
    });
    await as.confirm(transaction);
    const datasets = transaction.objectStore('datasets');
    const [present, taken] = await Promise.all([
      datasets.get(next.id),
      state === undefined ? undefined : transaction.objectStore('states').getKey(key),
    ]);
    // The head alone does not tell: another tab may have committed this number and gone back to the head that was read.
    if (!isSame(before, present) || taken !== undefined) {
      await transaction.done;
      return false;
    }
    await storing(bytes, () =>
      Promise.all([
        datasets.put(own),
        ownState === undefined ? undefined : transaction.objectStore('states').put(ownState, key),
        transaction.done,
      ]),
    );
    return true;
  });
}
