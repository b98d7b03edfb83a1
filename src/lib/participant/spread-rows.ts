// A small part of the rows that stands for all of them.
import { selectRows } from '../core/data/examples.ts';
import type { Rows } from '../ports/trainer.ts';

/** At most `most` rows, evenly spread: rows stand in the order of their import, which for class folders is by class. */
export function spreadRows(rows: Rows, most: number): Rows {
  if (rows.count <= most) return rows;
  return selectRows(
    rows,
    Array.from({ length: most }, (_, one) => Math.floor((one * rows.count) / most)),
  );
}
