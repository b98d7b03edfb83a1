// Reading a dataset of whose rows some lie in chunks of others (core/data/shared-rows.ts). Loaded with the first such dataset.
import type { Examples } from '../../core/data/examples.ts';
import { joining, rowsIn, type Joining } from '../../core/data/shared-rows.ts';
import type { BlockKey, Database, SharingRow } from './database.ts';
import { allOf } from './read-state.ts';
import type { Seal } from './seal.ts';

/** What a block holds of rows, and the number that each had when it was lent. */
export interface Block {
  readonly rows: Examples;
  readonly rowAt: (row: number) => number;
}

type Wanted = 'examples' | 'hashes';

/**
 * The chunks of a dataset whole, of its own rows in each; undefined where it was erased since `borrowing` of its chunks were seen to borrow.
 * With `hashes` they have nothing else.
 */
export async function withBorrowed(
  database: Database,
  seal: Seal,
  id: string,
  own: readonly Examples[],
  borrowing: number,
  wanted: Wanted = 'examples',
): Promise<readonly Examples[] | undefined> {
  const parts: (Joining | undefined)[] = [];
  const users = new Map<string, { readonly block: BlockKey; readonly by: [Joining, number][] }>();
  const records = await sharingOf(database, seal, allOf(id));
  if (records.length < borrowing) return undefined;
  for (const [key, sharing] of records) {
    const chunk = own[key[1]];
    if (sharing.type !== 'borrows' || chunk === undefined) continue;
    const part = joining(chunk, sharing.runs);
    parts[key[1]] = part;
    for (const [which, block] of sharing.blocks.entries()) {
      const name = JSON.stringify(block);
      const known = users.get(name) ?? { block, by: [] };
      known.by.push([part, which]);
      users.set(name, known);
    }
  }
  // One block after the other: no more than one is held beside the rows that are made.
  for (const { block, by } of users.values()) {
    const found = await readBlock(database, seal, block, wanted);
    if (found === undefined) return undefined;
    try {
      for (const [part, which] of by) part.take(which, found.rows, found.rowAt);
    } catch (error) {
      if (error instanceof RowGone) return undefined;
      throw error;
    }
  }
  return own.map((chunk, index) => parts[index]?.done() ?? chunk);
}

/** undefined where there is none any more. */
export async function readBlock(
  database: Database,
  seal: Seal,
  key: BlockKey,
  wanted: Wanted = 'examples',
): Promise<Block | undefined> {
  const transaction = database.transaction(['chunks', 'hashes', 'sharing']);
  const [chunk, ownHashes, sharing] = await Promise.all([
    wanted === 'examples' ? transaction.objectStore('chunks').get([...key]) : undefined,
    transaction.objectStore('hashes').get([...key]),
    transaction.objectStore('sharing').get([...key]),
  ]);
  if (ownHashes === undefined) return undefined;
  const hashes = await seal.open('hashes', [...key], ownHashes);
  const rows: Examples =
    chunk === undefined ? hashesAlone(hashes) : { ...(await seal.open('chunks', [...key], chunk)), hashes };
  const opened = sharing === undefined ? undefined : await seal.open('sharing', [...key], sharing);
  return { rows, rowAt: opened?.type === 'lends' ? placeIn(rowsIn(opened.ranges)) : (row) => row };
}

export const hashesAlone = (hashes: Uint32Array): Examples => ({
  count: hashes.length / 2,
  features: new Uint8Array(0),
  targets: new Int32Array(0),
  hashes,
});

/** Nobody borrows this row any more: who did was erased. */
class RowGone extends Error {}

/** Where in `rows`, ascending, a row is. Throws RowGone. */
function placeIn(rows: Uint32Array): (row: number) => number {
  return (row) => {
    let [low, high] = [0, rows.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (rows[middle]! < row) low = middle + 1;
      else high = middle;
    }
    if (rows[low] !== row) throw new RowGone(`Row ${row} is gone.`);
    return low;
  };
}

export async function sharingOf(
  database: Database,
  seal: Seal,
  range?: IDBKeyRange,
): Promise<(readonly [[string, number], SharingRow])[]> {
  const store = database.transaction('sharing').store;
  const [keys, stored] = await Promise.all([store.getAllKeys(range), store.getAll(range)]);
  return Promise.all(
    keys.map(async (key, index) => [key, await seal.open('sharing', key, stored[index]!)] as const),
  );
}
