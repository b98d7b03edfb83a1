// What was erased of this browser, as a text that a person can keep: it names what is gone, and holds none of it.
import type { DatasetVersion } from '../core/ids.ts';
import { listOf } from '../core/spoken-list.ts';
import type { DatasetRecord, DatasetStore } from '../ports/dataset-store.ts';
import type { RowsHeld } from './rows-held.ts';

export interface EraseReceipt {
  readonly dataset: string;
  readonly name: string;
  /** Over all rows of the state in use. */
  readonly version: DatasetVersion;
  readonly examples: number;
  readonly states: number;
  readonly bytes: number;
  /** What else held its rows, and went with it. */
  readonly also: readonly string[];
  /** Unix ms. */
  readonly at: number;
  /** Bytes that the browser says are used by this site, before and after; null where it does not say. */
  readonly used: { readonly before: number; readonly after: number } | null;
}

export const receiptText = ({ at, ...receipt }: EraseReceipt): string =>
  `${JSON.stringify({ format: 'tributary-erase-receipt', erasedAt: new Date(at).toISOString(), ...receipt }, null, 2)}\n`;

/**
 * Deletes a dataset with all that holds its rows, or what a cut-off import left; the receipt of a dataset once it cannot be read any
 * more. What holds its rows goes first: whatever breaks in between, the dataset is listed still, and can be deleted again.
 */
export async function eraseDataset(
  store: Pick<DatasetStore, 'record' | 'history' | 'read' | 'delete'>,
  id: string,
  holding: (record: DatasetRecord) => Promise<RowsHeld> = async () => ({ held: [], busy: [] }),
): Promise<EraseReceipt | undefined> {
  const [record, history, before] = [await store.record(id), await store.history(id), await usedBytes()];
  const { held, busy } = record === undefined ? { held: [], busy: [] } : await holding(record);
  if (busy.length > 0)
    throw new Error(
      `“${record?.name}” is learnt from now, by ${listOf(busy)}. Stop that first, then delete the data.`,
    );
  for (const one of held) await one.erase();
  await store.delete(id);
  if (record === undefined) return undefined;
  // What another tab wrote meanwhile: once the rows are gone it writes nothing of them that it does not take away itself.
  for (const one of (await holding(record)).held) await one.erase();
  if ((await store.read(id)) !== undefined)
    throw new Error(`“${record.name}” is still there. Close this app’s other tabs, and delete it again.`);
  const after = await usedBytes();
  return {
    dataset: id,
    name: record.name,
    version: record.version,
    examples: record.count,
    states: history?.commits.length ?? 1,
    bytes: record.bytes,
    also: held.map(({ what }) => what),
    at: Date.now(),
    used: before === null || after === null ? null : { before, after },
  };
}

/** As the browser estimates it. */
async function usedBytes(): Promise<number | null> {
  const { navigator } = globalThis as { readonly navigator?: { readonly storage?: StorageManager } };
  return (await navigator?.storage?.estimate())?.usage ?? null;
}
