// Which rows are shown where all would be too many: those whose hashes are least, so that rows added move few of the others in or out.
import type { Examples } from '../data/examples.ts';

/** Row numbers, ascending: all, or `most` of them. */
export function rowSample(
  { count, hashes }: Pick<Examples, 'count' | 'hashes'>,
  most: number,
): Uint32Array<ArrayBuffer> {
  const rows = Uint32Array.from({ length: count }, (_, row) => row);
  if (count <= most) return rows;
  // The second word first: by the first, rows are held out, and rows of one group have it in common (core/data/split.ts).
  return rows
    .sort((a, b) => hashes[2 * a + 1]! - hashes[2 * b + 1]! || hashes[2 * a]! - hashes[2 * b]! || a - b)
    .slice(0, most)
    .sort();
}
