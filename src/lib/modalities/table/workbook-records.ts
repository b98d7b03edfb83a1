// Records of one sheet of a workbook: the one that a person named, else the first that has the columns that are looked for.
import { listOf, quoted } from '../import-report.ts';
import type { SourceFile } from '../source-file.ts';
import { cellRecords } from './cell-records.ts';
import { cellSpellings, SPELLING_ROWS } from './cell-spelling.ts';
import { respelledCells } from './cell-respelling.ts';
import { firstLines } from './first-lines.ts';
import { folded } from './header-line.ts';
import type { RecordOptions, RecordSink } from './record-source.ts';
import { openWorkbook, type SheetRow, type SheetRows, type Workbook } from './workbook.ts';

export async function readWorkbook(
  packed: SourceFile,
  file: SourceFile,
  sink: RecordSink,
  options: RecordOptions,
): Promise<void> {
  const opened = await openWorkbook(packed);
  if (!opened.ok) return sink.refuse(opened.error.kind, opened.error.message, 1);
  const sheet = await sheetOf(opened.value, file.reading?.sheet, options);
  if (sheet === undefined)
    return sink.refuse(
      'missing-column',
      `There is no sheet ${quoted(file.reading?.sheet ?? '')}. The workbook has ${listOf(opened.value.sheets.map(quoted), 20)}.`,
      1,
    );
  options.signal?.throwIfAborted();
  const read = await opened.value.rows(sheet);
  if (!read.ok) return sink.refuse(read.error.kind, read.error.message, 1);
  await readSheet(sheet, opened.value, read.value, file, sink, options);
}

/** undefined where there is none of that name. */
async function sheetOf(
  { sheets: all, rows }: Workbook,
  asked: string | undefined,
  { wanted, signal }: RecordOptions,
): Promise<string | undefined> {
  if (asked !== undefined) return all.find((name) => name === asked);
  const sheets = all.slice(0, MOST_SHEETS);
  const names = new Set(wanted.filter((name) => name !== '').map(folded));
  if (sheets.length === 1 || names.size === 0) return firstTable({ sheets, rows }, signal);
  let best = { sheet: await firstTable({ sheets, rows }, signal), found: 0 };
  for (const sheet of sheets) {
    signal?.throwIfAborted();
    const read = await rows(sheet);
    if (!read.ok) continue;
    const found = Math.max(
      0,
      ...taken(read.value.rows, LOOKED_AT).map(
        ({ cells }) => cells.filter((cell) => names.has(folded(cell))).length,
      ),
    );
    if (found > best.found) best = { sheet, found };
  }
  return best.sheet;
}

/** Sheets among which one is looked for. */
const MOST_SHEETS = 100;
/** Rows in which a header is looked for. */
const LOOKED_AT = 20;

/** The first with two lines of several cells; a sheet of remarks may stand before it. */
async function firstTable(
  { sheets, rows }: Workbook,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  for (const sheet of sheets) {
    signal?.throwIfAborted();
    const read = await rows(sheet);
    // What cannot be read says so where it is read.
    if (!read.ok) return sheet;
    const wide = taken(read.value.rows, LOOKED_AT).filter(({ cells }) => cells.filter(Boolean).length > 1);
    if (wide.length > 1) return sheet;
  }
  return sheets[0];
}

function taken(rows: Iterable<SheetRow>, most: number): readonly SheetRow[] {
  const first: SheetRow[] = [];
  for (const row of rows) {
    first.push(row);
    if (first.length >= most) break;
  }
  return first;
}

async function readSheet(
  sheet: string,
  { sheets }: Workbook,
  { rows, told }: SheetRows,
  file: SourceFile,
  sink: RecordSink,
  options: RecordOptions,
): Promise<void> {
  const filled = withCells(rows);
  const first: SheetRow[] = [];
  for (let next = filled.next(); next.done !== true; next = filled.next()) {
    first.push(next.value);
    if (first.length >= SPELLING_ROWS) break;
  }
  if (first.length === 0)
    return sink.refuse(
      'empty-file',
      `The sheet ${quoted(sheet)} has no cells. Choose another sheet, or a file with a header line and rows.`,
      1,
    );
  // A table may begin anywhere in a sheet; its lines are as long as the longest.
  const left = Math.min(...first.map(({ cells }) => cells.findIndex((cell) => cell !== '')));
  const width = Math.max(...first.map(({ cells }) => cells.length)) - left;
  const lineOf = ({ cells }: SheetRow): string[] =>
    Array.from({ length: width }, (_, at) => cells[left + at] ?? '');
  const titles = titleLines(first.map(lineOf));
  const lines = first.slice(titles).map(lineOf);
  const { header, names, notes } = firstLines(lines, options.wanted, file.reading?.header, {
    hasTitles: false,
  });
  const data = lines.slice(header === 'names' ? 1 : 0);
  const { fields, notes: spelt } = cellSpellings(names, data, ';', options.readingOf);
  const respelled = respelledCells(fields);
  const start = first[titles]?.row ?? 1;
  sink.layout?.({ header, sheets, sheet });
  if (!sink.header(names, header === 'names' ? start : start - 1)) return;
  const tell = (text: string): void => sink.note(`${file.path}: ${text}`);
  if (sheets.length > 1) tell(`the sheet ${quoted(sheet)} is read, of ${listOf(sheets.map(quoted), 8)}.`);
  if (titles > 0)
    tell(
      `left unread before the line of column names: ${quoted(
        first
          .slice(0, titles)
          .flatMap(({ cells }) => cells.filter((cell) => cell !== ''))
          .join(' '),
      )}.`,
    );
  for (const note of [...notes, ...spelt]) tell(note);

  const record = cellRecords();
  let [done, outside] = [0, 0];
  const emit = (row: SheetRow): void => {
    const read = respelled(lineOf(row));
    if ('message' in read) sink.refuse('not-a-number', read.message, row.row);
    else sink.record(record(read, row.row));
    done += 1;
  };
  for (const row of first.slice(titles + (header === 'names' ? 1 : 0))) emit(row);
  // How many rows there are is not known before the end: they come nearer to it, and never there.
  const pieces = (): Promise<boolean> =>
    sink.piece(Math.floor(file.size * (1 - 1 / (1 + done / ROWS_AT_ONCE))));
  let goesOn = await pieces();
  for (const row of filled) {
    if (!goesOn) return;
    outside += row.cells.filter((cell, at) => cell !== '' && (at < left || at >= left + width)).length;
    emit(row);
    if (done % ROWS_AT_ONCE !== 0) continue;
    options.signal?.throwIfAborted();
    goesOn = await pieces();
  }
  const cells = (count: number): string => `${count.toLocaleString('en')} ${count === 1 ? 'cell' : 'cells'}`;
  if (outside > 0)
    tell(
      `left unread beside the columns of the first ${first.length.toLocaleString('en')} rows: ${cells(outside)}.`,
    );
  if (told.formulas > 0)
    tell(
      `formulas whose values were never worked out are empty: ${cells(told.formulas)}. Open the workbook in Excel or LibreOffice and save it.`,
    );
  if (told.errors > 0) tell(`errors (#N/A, #DIV/0!) are taken as missing: ${cells(told.errors)}.`);
  if (told.times > 0)
    tell(`times of day and durations are read as parts of a day, noon as 0.5: ${cells(told.times)}.`);
  await sink.piece(file.size);
}

const ROWS_AT_ONCE = 4096;

function* withCells(rows: Iterable<SheetRow>): Generator<SheetRow, void, undefined> {
  for (const row of rows) if (row.cells.length > 0) yield row;
}

/** Lines of one cell above a table of several: titles and remarks. */
function titleLines(lines: readonly (readonly string[])[]): number {
  const filled = (line: readonly string[]): number => line.filter((cell) => cell !== '').length;
  const widest = Math.max(...lines.map(filled));
  return widest < 2 ? 0 : lines.findIndex((line) => filled(line) > 1);
}
