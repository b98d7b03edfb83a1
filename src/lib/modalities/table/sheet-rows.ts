// The rows of one sheet of a workbook (ECMA-376 part 1 §18.3), and what their cells hold as texts.
import { DAY_MS, isoText, isoTime } from '../../core/data/iso-time.ts';
import { xmlReader } from './xml-reader.ts';

export interface SheetRow {
  /** From 1, as the sheet counts them. */
  readonly row: number;
  /** '' where they are empty, up to the last that is not. */
  readonly cells: readonly string[];
}

/** What there was to tell of the rows so far. */
export interface SheetTold {
  /** Cells whose value was never worked out. */
  formulas: number;
  errors: number;
  times: number;
  /** Cells that refer to a text which the workbook does not have. */
  textless: number;
  /** The last row before what is no XML; undefined of a sheet that is whole. */
  damagedAfter: number | undefined;
}

/** Days, or parts of one: times of day and durations, which stay numbers. */
export type NumberStyle = 'plain' | 'date' | 'time';

/** What the cells of all sheets refer to. */
export interface SharedCells {
  readonly texts: readonly string[];
  /** By style: what its numbers are. */
  readonly styles: readonly NumberStyle[];
  readonly isOf1904: boolean;
}

/** Of Excel: XFD. */
const MOST_COLUMNS = 16_384;

/** Rows without a cell are left out. */
export function* sheetRows(
  bytes: Uint8Array,
  shared: SharedCells,
  told: SheetTold,
): Generator<SheetRow, void, undefined> {
  const next = rowReader(bytes, shared, told);
  for (let row = next(); row !== undefined; row = next()) if (row.cells.length > 0) yield row;
}

/** Gives the next row. A function, as the variables of a generator cost more than those of a call. */
function rowReader(bytes: Uint8Array, shared: SharedCells, told: SheetTold): () => SheetRow | undefined {
  const xml = xmlReader(bytes);
  let lastRow = 0;
  return () => {
    let [row, column, cells] = [lastRow, -1, [] as string[]];
    let [kind, style, text, isFormula] = ['n', 0, '', false];
    let [isWithin, isAloud] = [false, false];
    for (let step = xml.next(); step !== 'end'; step = xml.next()) {
      if (step === 'damaged') {
        told.damagedAfter = lastRow;
        return undefined;
      }
      if (step === 'text') {
        if (isWithin && !isAloud) text += xml.text();
        continue;
      }
      const isOpen = step === 'open';
      switch (xml.name()) {
        case 'v':
        case 't':
          isWithin = isOpen;
          break;
        case 'c':
          if (isOpen) {
            column = columnOf(xml.attribute('r')) ?? column + 1;
            kind = xml.attribute('t') ?? 'n';
            style = Number(xml.attribute('s') ?? 0);
            text = '';
            isFormula = false;
          } else if (column < MOST_COLUMNS) {
            const value = valueOf(kind, style, text, isFormula, shared, told).trim();
            if (value === '') break;
            while (cells.length < column) cells.push('');
            cells[column] = value;
          }
          break;
        case 'row':
          if (isOpen) row = Number(xml.attribute('r')) || lastRow + 1;
          else {
            lastRow = row;
            return { row, cells };
          }
          break;
        case 'f':
          isFormula = true;
          break;
        case 'rPh':
          isAloud = isOpen;
          break;
        case 'sheetData':
          if (!isOpen) return undefined;
          break;
        default:
      }
    }
    return undefined;
  };
}

function valueOf(
  kind: string,
  style: number,
  text: string,
  isFormula: boolean,
  { texts, styles, isOf1904 }: SharedCells,
  told: SheetTold,
): string {
  if (kind === 'inlineStr' || kind === 'str') return withLetters(text);
  if (kind === 'e') {
    told.errors += 1;
    return '';
  }
  if (text.trim() === '') {
    if (isFormula) told.formulas += 1;
    return '';
  }
  if (kind === 's') {
    const shared = texts[Number(text)];
    if (shared === undefined) told.textless += 1;
    return shared ?? '';
  }
  if (kind === 'b') return /^\s*(1|true)\s*$/.test(text) ? 'true' : 'false';
  if (kind === 'd') return Number.isNaN(isoTime(text)) ? text : isoText(isoTime(text));
  const is = styles[style];
  if (is === 'time') told.times += 1;
  if (is !== 'date') return numberText(text);
  const days = Number(text);
  return days >= 0 && days < MOST_DAYS ? dateText(days, isOf1904) : numberText(text);
}

/** §22.4.2.4, ST_Xstring: letters that XML cannot hold. */
export const withLetters = (text: string): string =>
  text.includes('_x')
    ? text.replace(/_x([\dA-F]{4})_/gi, (_, code: string) => String.fromCharCode(parseInt(code, 16)))
    : text;

/** To the end of the year 9999; a sheet shows no other as a date. */
const MOST_DAYS = 2_958_466;

/** Days since the end of 1899, whose 60th is a February 29 that there was not; or since 1904 began (§18.17.4.1). */
function dateText(days: number, isOf1904: boolean): string {
  const since = isOf1904 ? Date.UTC(1904, 0, 1) : Date.UTC(1899, 11, days < 60 ? 31 : 30);
  // To the second: a fraction of a day is seldom a whole millisecond.
  if (!Number.isInteger(days)) return isoText(Math.round((since + days * DAY_MS) / 1000) * 1000);
  const time = since + days * DAY_MS;
  let text = dayTexts.get(time);
  if (text === undefined) {
    text = isoText(time);
    if (dayTexts.size >= MOST_KEPT) dayTexts.clear();
    dayTexts.set(time, text);
  }
  return text;
}
/** By their time: days come again in a sheet, and a Date takes as long as the rest of a cell. */
const dayTexts = new Map<number, string>();
const MOST_KEPT = 10_000;

/** Digits that every double keeps. */
const SURE_DIGITS = 15;

/** As JavaScript writes a number: nearly every short one stands so already. */
const AS_WRITTEN = /^(?:0|-?(?:[1-9]\d*(?:\.\d*[1-9])?|0\.(?!000000)\d*[1-9]))$/;

/** As the sheet shows it: of the 17 digits that are kept the last two tell of arithmetic. */
function numberText(text: string): string {
  if (text.length <= SURE_DIGITS && AS_WRITTEN.test(text)) return text;
  const number = Number(text);
  if (!Number.isFinite(number)) return text;
  const shortest = String(number);
  // Rounding would change nothing, and takes ten times as long.
  return shortest.length <= SURE_DIGITS ? shortest : String(Number(number.toPrecision(SURE_DIGITS)));
}

/** "BC12" is column 54, from 0. */
function columnOf(reference: string | undefined): number | undefined {
  let [column, letters] = [0, 0];
  for (; letters < 4; letters += 1) {
    // Small letters too.
    const letter = ((reference?.charCodeAt(letters) ?? NaN) & ~0x20) - 0x40;
    if (!(letter >= 1 && letter <= 26)) break;
    column = column * 26 + letter;
  }
  return letters === 0 || letters > 3 ? undefined : column - 1;
}
