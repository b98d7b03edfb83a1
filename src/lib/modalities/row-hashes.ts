// Rows of a table by their hash, before anything is fitted: what tells them apart in a split, and what a table is known by.
import { murmur128 } from '../core/data/example-hash.ts';
import { datePartsOf } from '../core/recipe/steps/dates.ts';

/**
 * [rows, 2]: 64 bits over a row's cells as they stand in the file; a date by its parts, however it is written. `fields`: those that count,
 * in their order; all where it is left out.
 */
export function rowHashes(
  rows: readonly (readonly string[])[],
  fields?: readonly number[],
): Uint32Array<ArrayBuffer> {
  const hashes = new Uint32Array(rows.length * 2);
  const words = new Uint32Array(4);
  const encoder = new TextEncoder();
  for (const [row, cells] of rows.entries()) {
    const counted = fields === undefined ? cells : fields.map((field) => cells[field] ?? '');
    const bytes = encoder.encode(
      counted.map((cell) => datePartsOf(cell)?.join('\u001f') ?? cell).join('\u001f'),
    );
    murmur128(words, bytes, 0, bytes.length, 0);
    hashes[2 * row] = words[0]!;
    hashes[2 * row + 1] = words[1]!;
  }
  return hashes;
}
