// A small part of the rows that stands for all of them.
import type { Rows } from '../ports/trainer.ts';

/** At most `most` rows, evenly spread: rows stand in the order of their import, which for class folders is by class. */
export function spreadRows(rows: Rows, most: number): Rows {
  if (rows.count <= most) return rows;
  const size = rows.features.length / rows.count;
  const features =
    rows.features instanceof Uint8Array ? new Uint8Array(most * size) : new Float32Array(most * size);
  const targets = rows.targets instanceof Int32Array ? new Int32Array(most) : new Float32Array(most);
  for (let one = 0; one < most; one += 1) {
    const row = Math.floor((one * rows.count) / most);
    features.set(rows.features.subarray(row * size, (row + 1) * size), one * size);
    targets[one] = rows.targets[row] ?? 0;
  }
  return { count: most, features, targets };
}
