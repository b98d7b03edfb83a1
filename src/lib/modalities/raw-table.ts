// Tables as they stand in their files, cell by cell, for whoever fits an encoding himself: nothing is scaled or matched to a contract
// here. (Reading against a contract, in bounded memory, is table/read-table.ts.)
import { fail, ok, type Result } from '../core/result.ts';
import { listOf, quoted } from './import-report.ts';
import { fileName, isHidden, type SourceFile } from './source-file.ts';
import { recordTexts } from './table/csv-scanner.ts';
import { openedTables } from './table/packed-tables.ts';
import { HEAD_BYTES, readRecords, tableForm } from './table/record-source.ts';

export interface RawTable {
  readonly header: readonly string[];
  /** Cells, white space around them removed; as many as the header has. */
  readonly rows: readonly (readonly string[])[];
  /** [rows]: which row of its file each is, from 1, the header not counted, rows that were left out counted. */
  readonly numbers: readonly number[];
  /** The files, and the first row of each: rows of a file lie one after the other. */
  readonly files: readonly { readonly name: string; readonly from: number }[];
  /** Rows that could not be read as rows of the table, which were left out. */
  readonly unreadable: number;
  readonly firstProblem: string | undefined;
  /** How the files were read, where a person should know. */
  readonly notes?: readonly string[];
}

/** Cells are kept as texts: 20 million of them take about a gigabyte. */
export const MOST_CELLS = 20_000_000;

/** Files of one header, in any order of columns, one below the other. `wanted` is a column that the header ought to hold. */
export async function readRawTable(
  files: readonly SourceFile[],
  wanted: string,
  signal?: AbortSignal,
): Promise<Result<RawTable, string>> {
  const visible = (await openedTables(files, signal))
    .filter((file) => !isHidden(file.path))
    .toSorted((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
  if (visible.length === 0) return fail('There is no file in what was named. Name a CSV file.');
  let header: readonly string[] | undefined;
  const rows: (readonly string[])[] = [];
  const numbers: number[] = [];
  const from: { readonly name: string; readonly from: number }[] = [];
  const notes: string[] = [];
  let unreadable = 0;
  let firstProblem: string | undefined;
  for (const file of visible) {
    const name = fileName(file.path);
    const head = await file.read(0, Math.min(HEAD_BYTES, file.size));
    const form = tableForm(file, head);
    if (typeof form !== 'string') return fail(`${quoted(name)}: ${form.message}`);
    let order: readonly number[] = [];
    let problem: string | undefined;
    // Records of JSON, Parquet and Arrow have no line before them.
    let headerRow = 0;
    from.push({ name, from: rows.length });
    await readRecords(
      form,
      file,
      head,
      {
        header(names, row) {
          if (form === 'delimited' || form === 'workbook' || form === 'arff') headerRow = row;
          header ??= names;
          // Two columns of one name are not one column twice.
          order = header.map((column, at) => (names[at] === column ? at : names.indexOf(column)));
          if (names.length === header.length && !order.includes(-1)) return true;
          problem = `${quoted(name)} has other columns (${listOf(names.map(quoted))}) than the files before it (${listOf(header.map(quoted))}). Name files of one table.`;
          return false;
        },
        record(record) {
          const cells = recordTexts(record);
          if (cells.every((cell) => cell === '')) return;
          numbers.push(record.row - headerRow);
          rows.push(order.map((place) => cells[place] ?? ''));
        },
        refuse(_, message) {
          unreadable += 1;
          firstProblem ??= message;
        },
        note: (text) => void notes.push(text),
        piece() {
          if (rows.length * order.length > MOST_CELLS)
            problem = `The table has more than ${MOST_CELLS.toLocaleString('en')} cells, which is more than is held in memory here. Take a sample of its rows.`;
          return Promise.resolve(problem === undefined);
        },
      },
      { wanted: header ?? [wanted], signal },
    );
    if (problem !== undefined) return fail(problem);
  }
  if (header === undefined)
    return fail(firstProblem ?? 'The files hold no lines of text. Name a CSV with a header line and rows.');
  if (rows.length === 0) return fail(firstProblem ?? 'The table has a header line and no rows.');
  return ok({ header, rows, numbers, files: from, unreadable, firstProblem, notes });
}
