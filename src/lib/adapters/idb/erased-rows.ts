// How a dataset is erased, and what it leaves of its rows: those that others borrow, and nothing else. Which those are is known once the
// records of the borrowers are opened, which no transaction outlives: a first one erases the dataset and notes that its chunks are to be
// looked through, and each chunk is then freed or cut down in one of its own, which looks whether anybody began or ceased to borrow
// meanwhile. Cut off anywhere, the note stays, and the next look at the list goes on.
import { selectExamples } from '../../core/data/examples.ts';
import { rangesOf, RUN } from '../../core/data/shared-rows.ts';
import { readBlock, sharingOf } from './borrowed-rows.ts';
import type { BlockKey, Database } from './database.ts';
import { allOf } from './read-state.ts';
import { erasedKey, erasedKeys, freeLeft } from './erased-left.ts';
import type { Seal } from './seal.ts';
import { storing } from './storing.ts';

/** Of a dataset, or of an import in progress. Rejects with DataLocked where others may borrow them: no list has it, and its rows go once it is opened. */
export async function eraseRows(database: Database, seal: Seal, id: string): Promise<void> {
  const transaction = database.transaction(
    ['datasets', 'imports', 'chunks', 'hashes', 'sharing', 'states', 'judgements', 'sounds', 'settings'],
    'readwrite',
  );
  const sharing = transaction.objectStore('sharing');
  const settings = transaction.objectStore('settings');
  const [all, own, marks, dataset, unfinished] = await Promise.all([
    sharing.count(),
    sharing.count(allOf(id)),
    settings.getAllKeys(erasedKeys()),
    transaction.objectStore('datasets').getKey(id),
    transaction.objectStore('imports').getKey(id),
  ]);
  // Erased before, in another tab say: what is left of it is lent, and stays.
  if (dataset === undefined && unfinished === undefined) {
    await Promise.all([...marks.map((mark) => settings.put('to free', mark)), transaction.done]);
    return freeLeft(database, seal);
  }
  // Of whom those borrow stands in records that may be sealed: any may lend.
  const mayLend = all > own;
  await Promise.all([
    transaction.objectStore('datasets').delete(id),
    transaction.objectStore('imports').delete(id),
    ...(['sharing', 'states', 'judgements', 'sounds'] as const).map((name) =>
      transaction.objectStore(name).delete(allOf(id)),
    ),
    ...(mayLend
      ? []
      : (['chunks', 'hashes'] as const).map((name) => transaction.objectStore(name).delete(allOf(id)))),
    ...[...marks, ...(mayLend ? [erasedKey(id)] : [])].map((mark) => settings.put('to free', mark)),
    transaction.done,
  ]);
  await freeLeft(database, seal);
}

/** Frees what nobody borrows of all datasets that were erased since this was done last. Rejects with DataLocked. */
export async function freeErased(database: Database, seal: Seal): Promise<void> {
  while (await freed(database, seal));
}

/** Whether it is to be done again, because somebody wrote in between. */
async function freed(database: Database, seal: Seal): Promise<boolean> {
  const reading = database.transaction(['settings', 'sharing']);
  const [marks, notes] = await Promise.all([
    reading.objectStore('settings').getAllKeys(erasedKeys()),
    reading.objectStore('settings').getAll(erasedKeys()),
  ]);
  if (!notes.includes('to free')) return false;
  const erased = new Set(marks.map((mark) => mark.slice(erasedKey('').length)));
  /** Of those who borrow: what erased datasets lend changes with every chunk that is cut down. */
  const borrowers = (keys: readonly (readonly [string, number])[]): string =>
    JSON.stringify(keys.filter(([id]) => !erased.has(id)));

  const sharing = await sharingOf(database, seal);
  const present = borrowers(sharing.map(([key]) => key));
  const borrowed = new Map<string, Range[]>();
  for (const [, one] of sharing) {
    if (one.type !== 'borrows') continue;
    for (let at = 0; at < one.runs.length; at += RUN) {
      const [block, first, count] = [one.blocks[one.runs[at + 1]!]!, one.runs[at + 2]!, one.runs[at + 3]!];
      if (!erased.has(block[0])) continue;
      const name = JSON.stringify(block);
      const ranges = borrowed.get(name);
      if (ranges === undefined) borrowed.set(name, [{ first, count }]);
      else ranges.push({ first, count });
    }
  }

  for (const id of erased)
    for (const key of await database.getAllKeys('chunks', allOf(id)))
      if (
        !(await cutDown(
          database,
          seal,
          key,
          borrowed.get(JSON.stringify(key)),
          (keys) => borrowers(keys) === present,
        ))
      )
        return true;

  const ending = database.transaction(['settings', 'sharing', 'chunks'], 'readwrite');
  const isStill = borrowers(await ending.objectStore('sharing').getAllKeys()) === present;
  if (isStill)
    for (const id of erased) {
      const isLent = (await ending.objectStore('chunks').count(allOf(id))) > 0;
      if (isLent) await ending.objectStore('settings').put('lends', erasedKey(id));
      else await ending.objectStore('settings').delete(erasedKey(id));
    }
  await ending.done;
  return !isStill;
}

interface Range {
  readonly first: number;
  readonly count: number;
}
/** Ascending; several may borrow a row. */
function rowsOf(ranges: readonly Range[]): Uint32Array {
  const isBorrowed = new Uint8Array(
    ranges.reduce((most, { first, count }) => Math.max(most, first + count), 0),
  );
  for (const { first, count } of ranges) isBorrowed.fill(1, first, first + count);
  return Uint32Array.from(isBorrowed.keys()).filter((row) => isBorrowed[row] === 1);
}

/** False, and nothing is done, where other datasets borrow than did. */
async function cutDown(
  database: Database,
  seal: Seal,
  key: [string, number],
  borrowed: readonly Range[] | undefined,
  isStill: (keys: readonly BlockKey[]) => boolean,
): Promise<boolean> {
  const block = borrowed === undefined ? undefined : await readBlock(database, seal, key);
  if (borrowed === undefined || block === undefined) {
    const freeing = database.transaction(['chunks', 'hashes', 'sharing'], 'readwrite');
    const goesOn = isStill(await freeing.objectStore('sharing').getAllKeys());
    if (goesOn)
      for (const name of ['chunks', 'hashes', 'sharing'] as const)
        await freeing.objectStore(name).delete(key);
    await freeing.done;
    return goesOn;
  }
  const rows = rowsOf(borrowed);
  if (rows.length === block.rows.count) return true;
  const { hashes, ...chunk } = selectExamples(block.rows, Array.from(rows, block.rowAt));
  return seal.writing(async (as) => {
    const [ownChunk, ownHashes, lends] = await Promise.all([
      as.seal('chunks', key, chunk),
      as.seal('hashes', key, hashes),
      as.seal('sharing', key, { type: 'lends', ranges: rangesOf(rows) }),
    ]);
    const writing = database.transaction(['chunks', 'hashes', 'sharing', 'lock'], 'readwrite');
    await as.confirm(writing);
    const goesOn = isStill(await writing.objectStore('sharing').getAllKeys());
    if (goesOn) {
      await storing(0, () =>
        Promise.all([
          writing.objectStore('chunks').put(ownChunk, key),
          writing.objectStore('hashes').put(ownHashes, key),
          writing.objectStore('sharing').put(lends, key),
          writing.done,
        ]),
      );
    } else await writing.done;
    return goesOn;
  });
}
