// A dataset that is kept, as the table that it would be read from: for whoever fits an encoding anew, to the rows that he learns from.
import type { TableContract } from '../core/data/contract.ts';
import type { Examples } from '../core/data/examples.ts';
import { fail, ok, type Result } from '../core/result.ts';
import { MOST_CELLS, type RawTable } from './raw-table.ts';
import { cellTexts, decodedColumns } from './table/decoded-columns.ts';

/** The columns of the contract, its target last; each cell as the fewest digits that the kept float stands for. */
export function storedTable(contract: TableContract, examples: Examples): Result<RawTable, string> {
  if ((contract.columns.length + 1) * examples.count > MOST_CELLS)
    return fail(
      `The dataset has more than ${MOST_CELLS.toLocaleString('en')} cells, which is more than is held in memory here. Keep a sample of its rows as a dataset of its own.`,
    );
  const table = decodedColumns(contract, examples);
  return ok({
    header: table.columns.map((column) => column.name),
    rows: cellTexts(table, 0, table.rows),
    numbers: Array.from({ length: table.rows }, (_, row) => row + 1),
    files: [],
    unreadable: 0,
    firstProblem: undefined,
  });
}
