// A small part of the rows that stands for all of them.
import { selectRows } from '../core/data/examples.ts';
import type { Rows } from '../ports/trainer.ts';

/** At most `most` rows, evenly spread: rows stand in the order of their import, which for class folders is by class. */
export function spreadRows(rows: Rows, most: number): Rows {
  if (rows.count <= most) return rows;
  return selectRows(rows, spreadPlaces(rows.count, most));
}

/** `most` of `count` places, no fewer than that, evenly spread. */
export const spreadPlaces = (count: number, most: number): number[] =>
  Array.from({ length: most }, (_, one) => Math.floor((one * count) / most));
