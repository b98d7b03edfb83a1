// A workbook of Excel, LibreOffice or Google Sheets (.xlsx, ECMA-376 part 1 §18): its sheets, and the cells of one, as they stand there:
// numbers as plain decimals, dates in ISO 8601. By the zip reader that archives are read by, with its bounds and checksums, since the
// libraries for it (read-excel-file, SheetJS) unpack without either, and bring a reader of zip archives of their own.
import { fail, ok, type Result } from '../../core/result.ts';
import { quoted } from '../import-report.ts';
import { zipDirectory, zipReader, type ZipEntry } from '../zip-directory.ts';
import type { FileProblem, SourceFile } from '../source-file.ts';
import {
  sheetRows,
  withLetters,
  type NumberStyle,
  type SharedCells,
  type SheetRow,
  type SheetTold,
} from './sheet-rows.ts';
import { xmlReader, type XmlReader } from './xml-reader.ts';

export interface Workbook {
  /** In their order; hidden ones and charts are left out. */
  readonly sheets: readonly string[];
  /** Formulas whose value was never worked out are empty, and counted. */
  rows(sheet: string): Promise<Result<SheetRows, FileProblem>>;
}

export interface SheetRows {
  readonly rows: Generator<SheetRow, void, undefined>;
  /** Known at the end of the rows. */
  readonly told: Readonly<SheetTold>;
  /** In the workbook. */
  readonly part: string;
}

/** What one part may unpack to; deflate makes no more than 1032 of a byte, and sheets of few values come near it. */
export const WORKBOOK_LIMITS = { entryBytes: 256 * 1024 * 1024, ratio: 1032 } as const;

const damaged = (what: string): FileProblem => ({
  kind: 'corrupt-archive',
  message: `The workbook is damaged: ${what}. Open it in Excel or LibreOffice, which may mend it, and save it again as .xlsx, or as CSV.`,
});
/** `where`: the place, as a sentence goes on. */
export const damagedPart = (path: string, where = ''): FileProblem =>
  damaged(`its part ${quoted(path)} is no whole XML${where}`);

type Parts = (path: string) => Promise<Result<Uint8Array, FileProblem> | undefined>;

export async function openWorkbook(file: SourceFile): Promise<Result<Workbook, FileProblem>> {
  const directory = await zipDirectory(file);
  if (!directory.ok) return directory;
  const entries = new Map<string, ZipEntry>(
    directory.value.map((entry) => [entry.path.toLowerCase(), entry]),
  );
  const reader = zipReader(file);
  const part: Parts = async (path) => {
    const entry = entries.get(path.toLowerCase());
    if (entry === undefined) return undefined;
    const bytes = await reader.read(entry, WORKBOOK_LIMITS);
    return bytes.ok
      ? bytes
      : fail({
          ...bytes.error,
          message: `The part ${quoted(path)} of the workbook cannot be read. ${bytes.error.message}`,
        });
  };
  const links = await linksOf(part);
  if (!links.ok) return links;
  const book = await sheetsOf(part, links.value.sheets);
  if (!book.ok) return book;
  const { sheets, isOf1904 } = book.value;
  let known: Promise<Result<SharedCells, FileProblem>> | undefined;
  /** Whoever looks for a sheet reads it next. */
  let last: { readonly sheet: string; readonly bytes: Awaited<ReturnType<Parts>> } | undefined;
  return ok({
    sheets: [...sheets.keys()],
    async rows(sheet) {
      known ??= sharedCells(part, links.value, isOf1904);
      const path = sheets.get(sheet) ?? '';
      if (last?.sheet !== sheet) last = { sheet, bytes: await part(path) };
      const [of, { bytes }] = [await known, last];
      if (!of.ok) return of;
      if (bytes === undefined) return fail(damaged(`its part ${quoted(path)} is not there`));
      if (!bytes.ok) return bytes;
      const told: SheetTold = { formulas: 0, errors: 0, times: 0, textless: 0, damagedAfter: undefined };
      return ok({ rows: sheetRows(bytes.value, of.value, told), told, part: path });
    },
  });
}

/** Takes each step through a part; a problem where it cannot be read to its end, or where `isNeeded` and it is not there. */
async function walk(
  part: Parts,
  path: string,
  isNeeded: boolean,
  take: (step: 'open' | 'close' | 'text', xml: XmlReader) => void,
): Promise<FileProblem | undefined> {
  const bytes = await part(path);
  if (bytes === undefined) return isNeeded ? damaged(`its part ${quoted(path)} is not there`) : undefined;
  if (!bytes.ok) return bytes.error;
  const xml = xmlReader(bytes.value);
  for (let step = xml.next(); step !== 'end'; step = xml.next()) {
    if (step === 'damaged') return damagedPart(path);
    take(step, xml);
  }
  return undefined;
}

/** Where the parts of a workbook lie. */
interface Links {
  /** By their ids. */
  readonly sheets: ReadonlyMap<string, string>;
  readonly texts: string;
  readonly styles: string;
}

async function linksOf(part: Parts): Promise<Result<Links, FileProblem>> {
  const sheets = new Map<string, string>();
  let [texts, styles] = ['xl/sharedStrings.xml', 'xl/styles.xml'];
  const problem = await walk(part, 'xl/_rels/workbook.xml.rels', true, (step, xml) => {
    if (step !== 'open' || xml.name() !== 'Relationship') return;
    const kind = xml.attribute('Type')?.split('/').at(-1);
    const target = xml.attribute('Target') ?? '';
    const path = target.startsWith('/') ? target.slice(1) : `xl/${target.replace(/^\.\//, '')}`;
    if (kind === 'worksheet') sheets.set(xml.attribute('Id') ?? '', path);
    if (kind === 'sharedStrings') texts = path;
    if (kind === 'styles') styles = path;
  });
  return problem === undefined ? ok({ sheets, texts, styles }) : fail(problem);
}

interface Book {
  /** By their names, where they lie. */
  readonly sheets: ReadonlyMap<string, string>;
  readonly isOf1904: boolean;
}

async function sheetsOf(part: Parts, paths: ReadonlyMap<string, string>): Promise<Result<Book, FileProblem>> {
  const sheets = new Map<string, string>();
  const taken = new Set<string>();
  let isOf1904 = false;
  const problem = await walk(part, 'xl/workbook.xml', true, (step, xml) => {
    if (step !== 'open') return;
    if (xml.name() === 'workbookPr') isOf1904 ||= /^(1|true)$/.test(xml.attribute('date1904') ?? '');
    const path = xml.name() === 'sheet' ? paths.get(xml.attribute('id') ?? '') : undefined;
    if (path === undefined || (xml.attribute('state') ?? 'visible') !== 'visible') return;
    // No program writes two sheets of one part, and each would be unpacked anew.
    const lowered = path.toLowerCase();
    if (!taken.has(lowered)) sheets.set(xml.attribute('name') ?? '', path);
    taken.add(lowered);
  });
  if (problem !== undefined) return fail(problem);
  return sheets.size === 0 ? fail(damaged('its sheets are not listed')) : ok({ sheets, isOf1904 });
}

async function sharedCells(
  part: Parts,
  links: Links,
  isOf1904: boolean,
): Promise<Result<SharedCells, FileProblem>> {
  const [texts, styles]: [string[], NumberStyle[]] = [[], []];
  const problem =
    (await walk(part, links.texts, false, textsInto(texts))) ??
    (await walk(part, links.styles, false, stylesInto(styles)));
  return problem === undefined ? ok({ texts, styles, isOf1904 }) : fail(problem);
}

type Take = Parameters<typeof walk>[3];

/** §18.4: an item's text may be in runs; how it is read aloud (rPh) is none of it. */
function textsInto(texts: string[]): Take {
  let [isText, isAloud, text] = [false, false, ''];
  return (step, xml) => {
    if (step === 'text') {
      if (isText && !isAloud) text += xml.text();
      return;
    }
    const isOpen = step === 'open';
    if (xml.name() === 't') isText = isOpen;
    else if (xml.name() === 'rPh') isAloud = isOpen;
    else if (xml.name() === 'si') {
      if (!isOpen) texts.push(withLetters(text));
      text = '';
    }
  };
}

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

function stylesInto(styles: NumberStyle[]): Take {
  const own = new Map<number, NumberStyle>();
  let isCells = false;
  return (step, xml) => {
    if (step === 'text') return;
    if (xml.name() === 'cellXfs') isCells = step === 'open';
    if (step !== 'open') return;
    const id = Number(xml.attribute('numFmtId'));
    if (xml.name() === 'numFmt') own.set(id, styleOf(xml.attribute('formatCode') ?? ''));
    if (xml.name() === 'xf' && isCells) styles.push(own.get(id) ?? builtIn(id));
  };
}
