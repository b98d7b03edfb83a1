// The hashes of a dataset's rows without the rows: what duplicates are looked for in, and what its version is made of.
import type { Database, Sealed } from './database.ts';
import type { Seal } from './seal.ts';

/** [count, 2] of each chunk, of a dataset or an import in progress: `stored`, and those that `borrowing` of its chunks borrow. */
export async function openHashes(
  database: Database,
  seal: Seal,
  id: string,
  stored: readonly (Uint32Array | Sealed)[],
  borrowing: number,
): Promise<readonly Uint32Array[]> {
  const own = await Promise.all(stored.map((one, index) => seal.open('hashes', [id, index], one)));
  if (borrowing === 0) return own;
  const { hashesAlone, withBorrowed } = await import('./borrowed-rows.ts');
  const whole = await withBorrowed(database, seal, id, own.map(hashesAlone), borrowing, 'hashes');
  if (whole === undefined) throw new Error(`The dataset ${id} was deleted.`);
  return whole.map(({ hashes }) => hashes);
}
