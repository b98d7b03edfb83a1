// A workbook of Excel, LibreOffice or Google Sheets (.xlsx, ECMA-376 part 1 §18): its sheets, and the cells of one, as they stand there:
// numbers as plain decimals, dates in ISO 8601. By the zip reader that archives are read by, with its bounds and checksums, since the
// libraries for it (read-excel-file, SheetJS) unpack without either, and bring a reader of zip archives of their own.
import { isoText } from '../../core/data/iso-time.ts';
import { fail, ok, type Result } from '../../core/result.ts';
import { zipDirectory, zipReader, type ZipEntry } from '../zip-directory.ts';
import type { FileProblem, SourceFile } from '../source-file.ts';
import { attributeIn, xmlEvents } from './xml-events.ts';

export interface Workbook {
  /** In their order; hidden ones and charts are left out. */
  readonly sheets: readonly string[];
  /** Cells are '' where they are empty. Formulas whose value was never worked out are empty, and counted. */
  rows(sheet: string): Promise<Result<SheetRows, FileProblem>>;
}

export interface SheetRow {
  /** From 1, as the sheet counts them. */
  readonly row: number;
  readonly cells: readonly string[];
}

export interface SheetRows {
  readonly rows: Iterable<SheetRow>;
  /** Known at the end of the rows. */
  readonly told: { formulas: number; errors: number; times: number };
}

/** What one part may unpack to; deflate makes no more than 1032 of a byte, and sheets of few values come near it. */
export const WORKBOOK_LIMITS = { entryBytes: 256 * 1024 * 1024, ratio: 1032 } as const;
/** Of Excel: XFD. */
const MOST_COLUMNS = 16_384;

const damaged = fail<FileProblem>({
  kind: 'corrupt-archive',
  message: 'The workbook is damaged: its sheets are not listed. Save it again as .xlsx, or as CSV.',
});

export async function openWorkbook(file: SourceFile): Promise<Result<Workbook, FileProblem>> {
  const directory = await zipDirectory(file);
  if (!directory.ok) return directory;
  const entries = new Map<string, ZipEntry>(
    directory.value.map((entry) => [entry.path.toLowerCase(), entry]),
  );
  const reader = zipReader(file);
  const part = async (path: string): Promise<Result<Uint8Array, FileProblem> | undefined> => {
    const entry = entries.get(path.toLowerCase());
    return entry === undefined ? undefined : reader.read(entry, WORKBOOK_LIMITS);
  };
  const [book, links] = [await part('xl/workbook.xml'), await part('xl/_rels/workbook.xml.rels')];
  if (book === undefined || links === undefined) return damaged;
  if (!book.ok) return book;
  if (!links.ok) return links;
  const paths = new Map<string, string>();
  const shared = { texts: 'xl/sharedStrings.xml', styles: 'xl/styles.xml' };
  for (const event of xmlEvents(links.value)) {
    if (event.type !== 'open' || event.name !== 'Relationship') continue;
    const kind = attributeIn(event.attributes, 'Type')?.split('/').at(-1);
    const target = attributeIn(event.attributes, 'Target') ?? '';
    const path = target.startsWith('/') ? target.slice(1) : `xl/${target}`;
    if (kind === 'worksheet') paths.set(attributeIn(event.attributes, 'Id') ?? '', path);
    if (kind === 'sharedStrings') shared.texts = path;
    if (kind === 'styles') shared.styles = path;
  }
  const sheets = new Map<string, string>();
  const parts = new Set<string>();
  let isOf1904 = false;
  for (const event of xmlEvents(book.value)) {
    if (event.type !== 'open') continue;
    const of = (name: string): string | undefined => attributeIn(event.attributes, name);
    if (event.name === 'workbookPr') isOf1904 = /^(1|true)$/.test(of('date1904') ?? '');
    const path = event.name === 'sheet' ? paths.get(of('id') ?? '') : undefined;
    if (path === undefined || (of('state') ?? 'visible') !== 'visible') continue;
    // No program writes two sheets of one part, and each would be unpacked anew.
    const part = path.toLowerCase();
    if (!parts.has(part)) sheets.set(of('name') ?? '', path);
    parts.add(part);
  }
  if (sheets.size === 0) return damaged;

  const common = async (): Promise<Result<Common, FileProblem>> => {
    const [texts, styles] = [await part(shared.texts), await part(shared.styles)];
    if (texts?.ok === false) return texts;
    if (styles?.ok === false) return styles;
    return ok({
      texts: texts === undefined ? [] : sharedTexts(texts.value),
      styles: styles === undefined ? [] : numberStyles(styles.value),
      isOf1904,
    });
  };
  let known: Promise<Result<Common, FileProblem>> | undefined;
  /** Whoever looks for a sheet reads it next. */
  let last: { readonly sheet: string; readonly bytes: Awaited<ReturnType<typeof part>> } | undefined;
  return ok({
    sheets: [...sheets.keys()],
    async rows(sheet) {
      known ??= common();
      if (last?.sheet !== sheet) last = { sheet, bytes: await part(sheets.get(sheet) ?? '') };
      const [of, { bytes }] = [await known, last];
      if (!of.ok) return of;
      if (bytes === undefined) return damaged;
      if (!bytes.ok) return bytes;
      const told = { formulas: 0, errors: 0, times: 0 };
      return ok({ rows: rowsOf(bytes.value, of.value, told), told });
    },
  });
}

/** What the cells of all sheets refer to. */
interface Common {
  readonly texts: readonly string[];
  /** By style: what its numbers are. */
  readonly styles: readonly NumberStyle[];
  readonly isOf1904: boolean;
}

/** §18.4: an item's text may be in runs; how it is read aloud (rPh) is none of it. */
function sharedTexts(bytes: Uint8Array): readonly string[] {
  const texts: string[] = [];
  let [isText, isAloud, text] = [false, false, ''];
  for (const event of xmlEvents(bytes)) {
    if (event.type === 'text') {
      if (isText && !isAloud) text += event.text;
      continue;
    }
    const isOpen = event.type === 'open' && !event.isEmpty;
    if (event.name === 't') isText = isOpen;
    if (event.name === 'rPh') isAloud = isOpen;
    if (event.name !== 'si') continue;
    if (event.type === 'close' || event.isEmpty) texts.push(withLetters(text));
    text = '';
  }
  return texts;
}

/** §22.4.2.4, ST_Xstring: letters that XML cannot hold. */
const withLetters = (text: string): string =>
  text.includes('_x')
    ? text.replace(/_x([\dA-F]{4})_/gi, (_, code: string) => String.fromCharCode(parseInt(code, 16)))
    : text;

/** Days, or parts of one: times of day and durations, which stay numbers. */
type NumberStyle = 'plain' | 'date' | 'time';

/** §18.8.30: the formats that have numbers and no code, those of East Asian countries too. */
const builtIn = (id: number): NumberStyle =>
  (id >= 14 && id <= 17) || id === 22 || (id >= 27 && id <= 31) || id === 36 || (id >= 50 && id <= 58)
    ? 'date'
    : (id >= 18 && id <= 21) || (id >= 32 && id <= 35) || (id >= 45 && id <= 47)
      ? 'time'
      : 'plain';

/** By the letters outside quotations: d and y are of dates, as months written as words are. */
function styleOf(code: string): NumberStyle {
  if (/\[(h+|m+|s+)\]/i.test(code)) return 'time';
  const letters = code.replace(/"[^"]*"|\\.|_.|\*.|\[[^\]]*\]/g, '').replace(/general/gi, '');
  return /[dy]|m{3}/i.test(letters) ? 'date' : /[hs]/i.test(letters) ? 'time' : 'plain';
}

function numberStyles(bytes: Uint8Array): readonly NumberStyle[] {
  const own = new Map<number, NumberStyle>();
  const styles: NumberStyle[] = [];
  let isCells = false;
  for (const event of xmlEvents(bytes)) {
    if (event.type === 'text') continue;
    if (event.name === 'cellXfs') isCells = event.type === 'open';
    if (event.type !== 'open') continue;
    const id = Number(attributeIn(event.attributes, 'numFmtId'));
    if (event.name === 'numFmt') own.set(id, styleOf(attributeIn(event.attributes, 'formatCode') ?? ''));
    if (event.name === 'xf' && isCells) styles.push(own.get(id) ?? builtIn(id));
  }
  return styles;
}

const DAY_MS = 86_400_000;
/** To the end of the year 9999; a sheet shows no other as a date. */
const MOST_DAYS = 2_958_466;

/** Days since the end of 1899, whose 60th is a February 29 that there was not; or since 1904 began (§18.17.4.1). */
function dateText(days: number, isOf1904: boolean): string {
  const since = isOf1904 ? Date.UTC(1904, 0, 1) : Date.UTC(1899, 11, days < 60 ? 31 : 30);
  // To the second: a fraction of a day is seldom a whole millisecond.
  const text = isoText(Math.round((since + days * DAY_MS) / 1000) * 1000);
  return Number.isInteger(days) ? text.slice(0, 10) : text;
}

/** As the sheet shows it: of the 17 digits that are kept the last two tell of arithmetic. */
function numberText(text: string): string {
  const number = Number(text);
  return Number.isFinite(number) && text !== '' ? String(Number(number.toPrecision(15))) : text;
}

/** "BC12" is column 54, from 0. */
function columnOf(reference: string | undefined): number | undefined {
  const letters = /^[A-Z]{1,3}/i.exec(reference ?? '')?.[0].toUpperCase();
  if (letters === undefined) return undefined;
  return [...letters].reduce((column, letter) => column * 26 + letter.charCodeAt(0) - 64, 0) - 1;
}

function* rowsOf(
  bytes: Uint8Array,
  { texts, styles, isOf1904 }: Common,
  told: SheetRows['told'],
): Generator<SheetRow, void, undefined> {
  let [row, cells, column] = [0, [] as string[], -1];
  let cell = { kind: 'n', style: 0, text: '', isFormula: false };
  let within: string | undefined;
  let isAloud = false;
  const valueOf = (): string => {
    const { kind, style, text, isFormula } = cell;
    if (kind === 'inlineStr' || kind === 'str' || kind === 'd')
      return kind === 'd' ? text : withLetters(text);
    if (kind === 'e') {
      told.errors += 1;
      return '';
    }
    if (text.trim() === '') {
      if (isFormula) told.formulas += 1;
      return '';
    }
    if (kind === 's') return texts[Number(text)] ?? '';
    if (kind === 'b') return text === '1' ? 'true' : 'false';
    if (styles[style] === 'time') told.times += 1;
    return styles[style] === 'date' && Number(text) >= 0 && Number(text) < MOST_DAYS
      ? dateText(Number(text), isOf1904)
      : numberText(text);
  };
  for (const event of xmlEvents(bytes)) {
    if (event.type === 'text') {
      if (!isAloud && (within === 'v' || within === 't')) cell.text += event.text;
      continue;
    }
    const isOpen = event.type === 'open';
    const ends = !isOpen || event.isEmpty;
    switch (event.name) {
      case 'row':
        if (isOpen) {
          row = Number(attributeIn(event.attributes, 'r')) || row + 1;
          [cells, column] = [[], -1];
        }
        if (ends) yield { row, cells };
        break;
      case 'c':
        if (isOpen) {
          column = columnOf(attributeIn(event.attributes, 'r')) ?? column + 1;
          cell = {
            kind: attributeIn(event.attributes, 't') ?? 'n',
            style: Number(attributeIn(event.attributes, 's') ?? 0),
            text: '',
            isFormula: false,
          };
        }
        if (ends && column < MOST_COLUMNS) {
          const value = valueOf().trim();
          if (value !== '') {
            while (cells.length < column) cells.push('');
            cells[column] = value;
          }
        }
        break;
      case 'f':
        cell.isFormula = true;
        break;
      case 'v':
      case 't':
        within = isOpen && !event.isEmpty ? event.name : undefined;
        break;
      case 'sheetData':
        if (ends) return;
        break;
      case 'rPh':
        isAloud = isOpen && !event.isEmpty;
        break;
      default:
    }
  }
}
