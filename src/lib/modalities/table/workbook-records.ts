// Records of one sheet of a workbook: the one that a person named, else the first that has the columns that are looked for.
import { listOf, quoted } from '../import-report.ts';
import type { SourceFile } from '../source-file.ts';
import { cellRecords } from './cell-records.ts';
import { cellSpellings, SPELLING_ROWS } from './cell-spelling.ts';
import { respelledCells } from './cell-respelling.ts';
import { firstLines } from './first-lines.ts';
import { folded } from './header-line.ts';
import { cellsWords, namedCells, type NamedCells } from './named-cells.ts';
import type { RecordOptions, RecordSink } from './record-source.ts';
import { columnName, sheetExtent } from './sheet-extent.ts';
import type { SheetRow } from './sheet-rows.ts';
import { damagedPart, openWorkbook, type SheetRows, type Workbook } from './workbook.ts';

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
  { rows, told, part }: SheetRows,
  file: SourceFile,
  sink: RecordSink,
  options: RecordOptions,
): Promise<void> {
  const first: SheetRow[] = [];
  for (let next = rows.next(); next.done !== true; next = rows.next()) {
    first.push(next.value);
    if (first.length >= SPELLING_ROWS) break;
  }
  const damage = (): string => {
    const after = told.damagedAfter ?? 0;
    return damagedPart(part, after === 0 ? '' : ` behind row ${after.toLocaleString('en')}`).message;
  };
  if (first.length === 0) {
    if (told.damagedAfter !== undefined) return sink.refuse('corrupt-archive', damage(), 1);
    return sink.refuse(
      'empty-file',
      `The sheet ${quoted(sheet)} has no cells. Choose another sheet, or a file with a header line and rows.`,
      1,
    );
  }
  const { titles, from, to } = sheetExtent(first);
  const outside = namedCells();
  const lineOf = (row: SheetRow): string[] => {
    noteOutside(row, from, to, outside);
    const line: string[] = [];
    for (let column = from; column < to; column += 1) line.push(row.cells[column] ?? '');
    return line;
  };
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
  let done = 0;
  const emit = (line: string[], row: number): void => {
    // Of a row whose cells all lie beside the columns nothing is left.
    if (line.every((cell) => cell === '')) return;
    const read = respelled(line);
    if ('message' in read) sink.refuse('not-a-number', read.message, row);
    else sink.record(record(read, row));
    done += 1;
  };
  for (const [at, line] of data.entries())
    emit(line, first[titles + at + (header === 'names' ? 1 : 0)]?.row ?? start);
  // How many rows there are is not known before the end: they come nearer to it, and never there.
  const pieces = (): Promise<boolean> =>
    sink.piece(Math.floor(file.size * (1 - 1 / (1 + done / ROWS_AT_ONCE))));
  let goesOn = await pieces();
  for (const row of rows) {
    if (!goesOn) return;
    emit(lineOf(row), row.row);
    if (done % ROWS_AT_ONCE !== 0) continue;
    options.signal?.throwIfAborted();
    goesOn = await pieces();
  }
  const beside = outside.words();
  if (beside !== undefined)
    tell(`left unread beside the columns ${columnName(from)} to ${columnName(to - 1)}: ${beside}.`);
  if (told.formulas > 0)
    tell(
      `formulas whose values were never worked out are empty: ${cellsWords(told.formulas)}. Open the workbook in Excel or LibreOffice and save it.`,
    );
  if (told.errors > 0) tell(`errors (#N/A, #DIV/0!) are taken as missing: ${cellsWords(told.errors)}.`);
  if (told.times > 0)
    tell(`times of day and durations are read as parts of a day, noon as 0.5: ${cellsWords(told.times)}.`);
  if (told.textless > 0)
    tell(
      `cells that refer to a text which the workbook does not have are empty: ${cellsWords(told.textless)}. It is damaged: open it in Excel or LibreOffice, and save it again.`,
    );
  if (told.damagedAfter !== undefined) sink.refuse('corrupt-archive', damage(), told.damagedAfter + 1);
  await sink.piece(file.size);
}

/** Notes the cells of a row that no column of the table holds. */
function noteOutside({ row, cells }: SheetRow, from: number, to: number, outside: NamedCells): void {
  for (let column = 0; column < cells.length; column += 1) {
    // Between them lies the table.
    if (column === from) column = to;
    if ((cells[column] ?? '') === '') continue;
    const place = column;
    outside.add(() => columnName(place) + row);
  }
}

const ROWS_AT_ONCE = 4096;
