// Tables as they stand in their files, cell by cell, for whoever fits an encoding himself: nothing is scaled or matched to a contract
// here. (Reading against a contract, in bounded memory, is table/read-table.ts.)
import { fail, ok, type Result } from '../core/result.ts';
import { listOf, quoted } from './import-report.ts';
import { fileName, isHidden, type SourceFile } from './source-file.ts';
import { recordTexts } from './table/csv-scanner.ts';
import { HEAD_BYTES, readRecords, tableForm } from './table/record-source.ts';

export interface RawTable {
  readonly header: readonly string[];
  /** Cells, white space around them removed; as many as the header has. */
  readonly rows: readonly (readonly string[])[];
  /** Rows with too many or too few cells, which were left out. */
  readonly ragged: number;
  /** Name and number of rows of each file, in the order read. */
  readonly files: readonly { readonly name: string; readonly rows: number }[];
}

/** Cells are kept as texts: 20 million of them take about a gigabyte. */
export const MOST_CELLS = 20_000_000;

/** Files of one header, in any order of columns, one below the other. `wanted` is a column that the header ought to hold. */
export async function readRawTable(
  files: readonly SourceFile[],
  wanted: string,
  signal?: AbortSignal,
): Promise<Result<RawTable, string>> {
  const visible = files
    .filter((file) => !isHidden(file.path))
    .toSorted((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
  if (visible.length === 0) return fail('There is no file in what was named. Name a CSV file.');
  let header: readonly string[] | undefined;
  const rows: (readonly string[])[] = [];
  const read: { name: string; rows: number }[] = [];
  let ragged = 0;
  for (const file of visible) {
    const name = fileName(file.path);
    const head = await file.read(0, Math.min(HEAD_BYTES, file.size));
    const form = tableForm(name, head);
    if (typeof form !== 'string') return fail(`${quoted(name)}: ${form.message}`);
    let order: readonly number[] | undefined;
    let problem: string | undefined;
    const before = rows.length;
    await readRecords(
      form,
      file,
      head,
      {
        header(names) {
          header ??= names;
          const places = header.map((column) => names.indexOf(column));
          if (names.length !== header.length || places.includes(-1))
            problem = `${quoted(name)} has other columns (${listOf(names.map(quoted))}) than the files before it (${listOf(header.map(quoted))}). Name files of one table.`;
          else order = places;
          return problem === undefined;
        },
        record(record) {
          if (problem !== undefined) return;
          const cells = recordTexts(record);
          if (cells.every((cell) => cell === '')) return;
          rows.push(order === undefined ? cells : order.map((place) => cells[place] ?? ''));
          if (rows.length * cells.length > MOST_CELLS)
            problem = `The table has more than ${MOST_CELLS.toLocaleString('en')} cells, which is more than is held in memory here. Take a sample of its rows.`;
        },
        refuse(kind, message) {
          if (kind === 'ragged-row' || kind === 'not-json') ragged += 1;
          else if (kind !== 'empty-file') problem ??= `${quoted(name)}: ${message}`;
        },
        note: () => undefined,
        piece: () => Promise.resolve(problem === undefined),
      },
      { wanted: [wanted], signal },
    );
    if (problem !== undefined) return fail(problem);
    read.push({ name, rows: rows.length - before });
  }
  if (header === undefined)
    return fail('The files hold no lines of text. Name a CSV with a header line and rows.');
  if (rows.length === 0)
    return fail(
      ragged > 0
        ? `None of the ${ragged} rows has as many cells as the header (${header.length}). Check separators and quotation marks.`
        : 'The table has a header line and no rows.',
    );
  return ok({ header, rows, ragged, files: read });
}
