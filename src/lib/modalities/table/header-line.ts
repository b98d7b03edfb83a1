// Whether the first line of a table names its columns, or is a row already, as in most files of the UCI repository. Told by the lines
// below it: a word above numbers is a name; a value that stands again below is none.
import { numericSpelling } from '../../core/data/cell-category.ts';
import { isMissing } from '../../core/data/missing.ts';
import { isNameByPlace } from './table-reading.ts';

/**
 * `lines`: the first line in question and rows below it; `wanted`: names that are looked for. Where nothing speaks for a row, it is a
 * line of names: that is what nearly all files begin with.
 */
export function namesColumns(
  [line = [], ...rows]: readonly (readonly string[])[],
  wanted: readonly string[],
): boolean {
  const asked = new Set(wanted.filter((name) => name !== '').map(folded));
  const found = line.filter((cell) => asked.has(folded(cell)));
  // A number that is the name of a column may well be a value of another.
  if (found.some((cell) => !isNumeric(cell)) || (found.length > 0 && found.length * 2 > asked.size))
    return true;
  if (rows.length === 0) return true;
  if (wanted.some(isNameByPlace)) return false;
  if (areLettersInOrder(line)) return true;

  let [recurring, strange, numbers] = [0, 0, 0];
  for (const [field, cell] of line.entries()) {
    const below = rows.map((row) => row[field] ?? '').filter((one) => !isMissing(one));
    if (below.length === 0 || isMissing(cell)) continue;
    const values = below.filter(isValue).length;
    if (values >= below.length * NEARLY_ALL) {
      if (!isValue(cell)) return true;
      if (isNumeric(cell)) numbers += 1;
      continue;
    }
    const distinct = new Set(below);
    if (distinct.has(cell)) recurring += 1;
    // Where hardly any value stands twice, it says nothing that this one does not.
    else if (distinct.size * 2 <= below.length) strange += 1;
  }
  // Names are distinct; one of them may stand below as a value by chance, where others do not.
  const mayBeNames = numbers === 0 && strange > 0 && new Set(line).size === line.length;
  if (mayBeNames ? recurring > 1 && recurring >= strange * 2 : recurring > 0 && recurring >= strange)
    return false;
  if (numbers === 0) return true;
  return strange + recurring === 0 && numbers === line.length
    ? areNamesOnly(line, rows)
    : !looksLikeRow(line, rows);
}

/** A, B, C: names of answers or of columns, whose cells may hold the same letters. */
const areLettersInOrder = (line: readonly string[]): boolean =>
  line.length > 2 &&
  /^a$/i.test(line[0] ?? '') &&
  'abcdefghijklmnopqrstuvwxyz'.startsWith(line.join('').toLowerCase()) &&
  line.every(({ length }) => length === 1);

/** Names that differ only in case, spaces, hyphens and underscores are one. */
export const folded = (name: string): string => name.toLowerCase().replace(/[\s_.-]+/g, '');

/** A word among numbers is a stray. */
const NEARLY_ALL = 0.95;
const isNumeric = (cell: string): boolean =>
  numericSpelling(cell) !== undefined || /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(cell);
/** A number in any spelling, or a date: digits, and no word. */
export const isValue = (cell: string): boolean => isNumeric(cell) || /^[^\p{L}]*\d[^\p{L}]*$/u.test(cell);

const stepsOf = (numbers: readonly number[]): readonly number[] =>
  numbers.slice(1).map((number, index) => number - (numbers[index] ?? 0));
const rises = (cells: readonly string[]): boolean => stepsOf(cells.map(Number)).every((step) => step > 0);

/** Of numbers alone: they count up by ones from 0 or 1, or rise (wavelengths, lags) where rows seldom do. */
function areNamesOnly(line: readonly string[], rows: readonly (readonly string[])[]): boolean {
  if (line.length < 3 || !rises(line) || rows.filter(rises).length * 5 > rows.length) return false;
  const counts = /^[01]$/.test(line[0] ?? '') && stepsOf(line.map(Number)).every((step) => step === 1);
  return counts || line.length >= 5;
}

/** Beside words: not where they rise, fall in equal steps or leave none out, nor where one could not stand in its column below. */
function looksLikeRow(line: readonly string[], rows: readonly (readonly string[])[]): boolean {
  const numbers = line.filter(isNumeric).map(Number);
  const steps = stepsOf(numbers);
  const span = Math.max(...numbers) - Math.min(...numbers);
  const areNames =
    numbers.length > 1 &&
    (steps.every((step) => step > 0) ||
      (steps.length > 1 && steps.every((step) => step < 0 && step === steps[0])) ||
      (numbers.length > 2 &&
        numbers.every(Number.isInteger) &&
        new Set(numbers).size === numbers.length &&
        span === numbers.length - 1));
  return (
    !areNames &&
    line.every((cell, field) => {
      const below = rows.map((row) => row[field] ?? '').filter(isNumeric);
      if (!isNumeric(cell) || below.length === 0) return true;
      const [least, most] = below
        .map(Number)
        .reduce(([low, high], one) => [Math.min(low, one), Math.max(high, one)], [Infinity, -Infinity]);
      const margin = Math.max(most - least, Math.abs(most)) || 1;
      return Number(cell) >= least - margin && Number(cell) <= most + margin;
    })
  );
}
