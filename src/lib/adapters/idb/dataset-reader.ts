// Datasets in this browser's IndexedDB for whoever only reads: what trains or takes part needs none of the writing.
import type { DatasetStore } from '../../ports/dataset-store.ts';
import type { Database, DatasetRow } from './database.ts';
import { stateOf } from './read-state.ts';
import type { Seal } from './seal.ts';

export interface DatasetReader extends Pick<DatasetStore, 'record' | 'read' | 'withheld'> {
  /** All that is kept of a dataset but its examples. */
  row(id: string): Promise<DatasetRow | undefined>;
}

export function idbDatasetReader(database: Database, seal: Seal): DatasetReader {
  const row = async (id: string): Promise<DatasetRow | undefined> => {
    const kept = await database.get('datasets', id);
    return kept === undefined ? undefined : seal.open('datasets', id, kept);
  };
  return {
    row,
    record: async (id) => (await row(id))?.record,
    read: async (id, state) => (await stateOf(database, seal, id, state))?.examples,
    withheld: async (id) => (await row(id))?.withheld ?? [],
  };
}
