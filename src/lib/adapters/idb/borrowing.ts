// An import whose rows are here already, as rows of other datasets of the same contract, keeps where they lie in their stead. Loaded
// with the first import beside another dataset.
import type { DataContract } from '../../core/data/contract.ts';
import { examplesBytes, type Examples } from '../../core/data/examples.ts';
import { hashPlaces, type HashPlaces, type Place } from '../../core/data/hash-places.ts';
import { isSameRow, ownRows, rowsIn, runsOf } from '../../core/data/shared-rows.ts';
import { readBlock, sharingOf } from './borrowed-rows.ts';
import type { BlockKey, Database, DatasetRow, Sealed, SharingRow } from './database.ts';
import { allOf } from './read-state.ts';
import type { Seal } from './seal.ts';

/** As a chunk is kept. */
export interface Shared {
  readonly own: Examples;
  readonly sharing: Extract<SharingRow, { type: 'borrows' }>;
  /** What its own rows need not take. */
  readonly bytes: number;
  /** Whether the rows that it borrows still lie where they were found; asked in the transaction that writes it. */
  areThere(transaction: LookingAt): Promise<boolean>;
}

/** The part of a transaction that is needed to look at what is borrowed. */
export interface LookingAt {
  objectStore(name: 'hashes'): { getKey(key: [string, number]): Promise<IDBValidKey | undefined> };
  objectStore(name: 'sharing'): { get(key: [string, number]): Promise<SharingRow | Sealed | undefined> };
}

export interface Borrowing {
  /** undefined where none of these rows is here. */
  share(examples: Examples): Promise<Shared | undefined>;
}

interface Lending {
  readonly key: BlockKey;
  /** As it lay when the rows were found: another one means that rows of it went. */
  readonly stored: SharingRow | Sealed | undefined;
  /** Of its rows, the numbers by which they are lent; undefined: they are counted. */
  readonly rows: Uint32Array | undefined;
}

/** undefined where no other dataset has this contract: equal bytes mean equal rows under one contract alone. */
export async function borrowing(
  database: Database,
  seal: Seal,
  contract: DataContract,
): Promise<Borrowing | undefined> {
  const lending: Lending[] = [];
  const known: Uint32Array[] = [];
  for (const key of await blocksOf(database, seal, contract)) {
    const transaction = database.transaction(['hashes', 'sharing']);
    const [hashes, stored] = await Promise.all([
      transaction.objectStore('hashes').get([...key]),
      transaction.objectStore('sharing').get([...key]),
    ]);
    if (hashes === undefined) continue;
    const opened = stored === undefined ? undefined : await seal.open('sharing', [...key], stored);
    known.push(await seal.open('hashes', [...key], hashes));
    lending.push({ key, stored, rows: opened?.type === 'lends' ? rowsIn(opened.ranges) : undefined });
  }
  if (lending.length === 0) return undefined;
  const places = hashPlaces(known.reduce((sum, hashes) => sum + hashes.length / 2, 0));
  for (const [block, hashes] of known.entries())
    for (let row = 0; row < hashes.length / 2; row += 1)
      places.add(hashes[row * 2]!, hashes[row * 2 + 1]!, block, row);
  return { share: (examples) => share(database, seal, examples, places, lending) };
}

/** Chunks of all datasets of this contract, and those of erased ones that they borrow from. */
async function blocksOf(
  database: Database,
  seal: Seal,
  contract: DataContract,
): Promise<readonly BlockKey[]> {
  const wanted = JSON.stringify(contract);
  const blocks = new Map<string, BlockKey>();
  const add = (key: BlockKey): unknown => blocks.set(JSON.stringify(key), key);
  for (const stored of await database.getAll('datasets')) {
    const { id, record }: DatasetRow = await seal.open('datasets', stored.id, stored);
    if (JSON.stringify(record.contract) !== wanted) continue;
    for (const key of await database.getAllKeys('hashes', allOf(id))) add(key);
    for (const [, sharing] of await sharingOf(database, seal, allOf(id)))
      if (sharing.type === 'borrows') for (const key of sharing.blocks) add(key);
  }
  return [...blocks.values()];
}

async function share(
  database: Database,
  seal: Seal,
  examples: Examples,
  places: HashPlaces,
  lending: readonly Lending[],
): Promise<Shared | undefined> {
  const { hashes, count } = examples;
  const found = Array.from({ length: count }, (_, row) =>
    places.find(hashes[row * 2]!, hashes[row * 2 + 1]!),
  );
  const rowsOf = new Map<number, number[]>();
  for (const [row, place] of found.entries()) {
    if (place === undefined) continue;
    const rows = rowsOf.get(place.block);
    if (rows === undefined) rowsOf.set(place.block, [row]);
    else rows.push(row);
  }
  // 64 bits can be equal by chance (32 of them are content where rows have a group): a row is taken for another by its bytes.
  const borrowed: (Place | undefined)[] = Array.from({ length: count }, () => undefined);
  const used: Lending[] = [];
  for (const [block, rows] of rowsOf) {
    const lent = lending[block]!;
    const read = await readBlock(database, seal, lent.key);
    if (read === undefined) continue;
    const same = rows.filter((row) => isSameRow(examples, row, read.rows, found[row]!.row));
    for (const row of same) {
      const at = found[row]!.row;
      borrowed[row] = { block: used.length, row: lent.rows?.[at] ?? at };
    }
    if (same.length > 0) used.push(lent);
  }
  if (used.length === 0) return undefined;
  const own = ownRows(examples, borrowed);
  const runs = runsOf(borrowed);
  const bytes = examplesBytes(examples) - examplesBytes(own) - runs.byteLength;
  // Single rows of next to nothing take less than where they lie.
  if (bytes <= 0) return undefined;
  return {
    own,
    sharing: { type: 'borrows', blocks: used.map(({ key }) => key), runs },
    bytes,
    async areThere(transaction) {
      const all = await Promise.all(
        used.map(async ({ key, stored }) => {
          const [present, sharing] = await Promise.all([
            transaction.objectStore('hashes').getKey([...key]),
            transaction.objectStore('sharing').get([...key]),
          ]);
          return present !== undefined && isSameSharing(stored, sharing);
        }),
      );
      return all.every(Boolean);
    },
  };
}

/** No two sealed records begin with the same vector; what a chunk borrows stays as it is as long as there is its dataset. */
function isSameSharing(
  before: SharingRow | Sealed | undefined,
  now: SharingRow | Sealed | undefined,
): boolean {
  if (before === undefined || now === undefined) return before === now;
  if ('sealed' in before || 'sealed' in now)
    return 'sealed' in before && 'sealed' in now && String(before.sealed) === String(now.sealed);
  return before.type === 'lends'
    ? now.type === 'lends' && String(now.ranges) === String(before.ranges)
    : now.type === 'borrows';
}
