// Columns that lie under one another by runs of blanks, or by tabs of which there may be two: auto-mpg, housing, yeast and seeds of the
// UCI repository, and what R, Fortran and NumPy write. Their blanks become single tabs, and the scanner reads them as any other file.
import { isValue } from './header-line.ts';

const [TAB, LINE_FEED, CARRIAGE_RETURN, BLANK, QUOTE] = [0x09, 0x0a, 0x0d, 0x20, 0x22];

/** Stands for runs of blanks among the separators. */
export const BLANKS = ' ';

/** For the pieces of one text, one after the other: blanks between cells are one tab, those around a line are none; quoted ones stay. */
export function blanksAsTabs(): (chunk: Uint8Array) => Uint8Array {
  let isQuoted = false;
  let isLineStart = true;
  let afterBlank = true;
  return (chunk) => {
    const out = new Uint8Array(chunk.length + 1);
    let length = 0;
    for (const byte of chunk) {
      if (!isQuoted && (byte === BLANK || byte === TAB)) {
        afterBlank = true;
        continue;
      }
      if (isQuoted) isQuoted = byte !== QUOTE;
      else if (byte === LINE_FEED || byte === CARRIAGE_RETURN) {
        isLineStart = true;
        afterBlank = true;
        out[length++] = byte;
        continue;
      } else {
        if (afterBlank && !isLineStart) out[length++] = TAB;
        isQuoted = byte === QUOTE && afterBlank;
      }
      isLineStart = false;
      afterBlank = false;
      out[length++] = byte;
    }
    return out.subarray(0, length);
  };
}

const commonest = (counts: readonly number[]): number => {
  const times = new Map<number, number>();
  for (const count of counts) times.set(count, (times.get(count) ?? 0) + 1);
  return [...times].toSorted((a, b) => b[1] - a[1])[0]?.[0] ?? 0;
};

/** Lines that are cut otherwise, of all: a stray remark, and no more. */
const STRAYS = 0.05;

/**
 * `records`: the first lines, cut at blanks, those before the header left out. Prose has lines of all lengths, and names of persons two
 * words: of two columns one holds values.
 */
export function areBlankSeparated(records: readonly (readonly string[])[]): boolean {
  const [, ...rows] = records;
  const usual = commonest(records.map(({ length }) => length));
  if (records.length < 2 || usual < 2) return false;
  // A first line may be of names alone where each row begins with its own, as R writes, or begin with a mark of its own.
  const alike = rows.filter(({ length }) => length === usual);
  if (alike.length < rows.length * (1 - STRAYS)) return false;
  return usual > 2 || [0, 1].some((field) => alike.every((cells) => isValue(cells[field] ?? '')));
}
