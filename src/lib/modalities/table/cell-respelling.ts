// Cells as the spellings of their columns have them (cell-spelling.ts).
import type { Misfit, Respell } from './cell-spelling.ts';

/** The cells of a row, changed in place; or why it cannot be read. */
export const respelledCells =
  (fields: readonly (Respell | undefined)[]) =>
  (cells: string[]): string[] | Misfit => {
    for (const [field, cell] of cells.entries()) {
      const read = fields[field]?.(cell) ?? cell;
      if (typeof read !== 'string') return read;
      cells[field] = read;
    }
    return cells;
  };
