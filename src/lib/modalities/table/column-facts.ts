// What there is to see in a column of text cells, seen one after the other: what a contract is drafted from.
import { DAY_MS, isoTime } from '../../core/data/iso-time.ts';
import { numericSpelling } from '../../core/data/cell-category.ts';
import { isMissing } from '../../core/data/missing.ts';
import { textSize } from '../../core/recipe/words-of.ts';
import { looksLikeProse } from '../../core/recipe/worth.ts';
import { roundedTo } from '../../core/recipe/rounded-to.ts';

/** What was seen in one column of the example. */
export interface ColumnFacts {
  readonly name: string;
  readonly missing: number;
  /** Distinct values, missing ones left out; counting stops at 1,001. */
  readonly distinct: number;
  /** Where every value is a number. Standard deviation over the rows (n), 1 where there is no spread. */
  readonly numbers:
    | {
        readonly minimum: number;
        readonly maximum: number;
        readonly mean: number;
        readonly standardDeviation: number;
        readonly areWhole: boolean;
        /** They are dates or times, in days since 1970. */
        readonly areTimes: boolean;
      }
    | undefined;
  /** Where nearly all values are numbers, and a few are not: how many, and the first. */
  readonly strays: { readonly count: number; readonly first: string } | undefined;
  /** Whole numbers that begin with zeros: postal codes, accounts. */
  readonly beginWithZeros: boolean;
  /** Long, of several words and seldom the same: texts to be read rather than categories. */
  readonly isProse: boolean;
  /** At most MAXIMUM_VALUES, in numeric or alphabetical order. */
  readonly values: readonly string[];
}

export interface ColumnFactsBuilder {
  add(text: string): void;
  finish(): ColumnFacts;
}

/** Distinct values that are kept of a column. */
export const MAXIMUM_VALUES = 1000;

/** `declared`: the values that the file itself says the column has, which are then no numbers. */
export function columnFacts(name: string, declared?: readonly string[]): ColumnFactsBuilder {
  const values = new Set<string>();
  let missing = 0;
  let areNumbers = declared === undefined;
  let areWhole = true;
  let areTimes = declared === undefined;
  let count = 0;
  let mean = 0;
  let squares = 0;
  let minimum = Infinity;
  let maximum = -Infinity;
  let present = 0;
  let strays = 0;
  let firstStray = '';
  let zeros = 0;
  let letters = 0;
  let spaced = 0;
  /** Different ones among the first cells, and how many those are. */
  let first = 0;
  let firstDistinct = 0;
  return {
    add(text) {
      if (isMissing(text)) {
        missing += 1;
        return;
      }
      if (values.size <= MAXIMUM_VALUES) values.add(numericSpelling(text) ?? text);
      present += 1;
      if (present <= MAXIMUM_VALUES) [first, firstDistinct] = [present, values.size];
      const size = textSize(text);
      letters += size.letters;
      if (size.isOfWords) spaced += 1;
      const isNumber = NUMBER.test(text);
      if (!isNumber) {
        if (strays === 0) firstStray = text;
        strays += 1;
      } else if (/^0\d+$/.test(text)) zeros += 1;
      // What is neither cannot become one of them again: nothing more is asked of it.
      if (!areNumbers && !areTimes) return;
      const number = areNumbers && isNumber ? Number(text) : NaN;
      const days: number = areTimes ? isoTime(text) / DAY_MS : NaN;
      areNumbers &&= Number.isFinite(number);
      areTimes &&= Number.isFinite(days);
      // A column begins as one or the other: no text is both.
      const value = Number.isFinite(number) ? number : days;
      if (!Number.isFinite(value)) return;
      areWhole &&= Number.isInteger(value);
      minimum = Math.min(minimum, value);
      maximum = Math.max(maximum, value);
      // Welford 1962: no cancellation where the mean is large.
      count += 1;
      const step = value - mean;
      mean += step / count;
      squares += step * (value - mean);
    },
    finish() {
      const spread = count === 0 ? 0 : Math.sqrt(squares / count);
      const standardDeviation = spread > 0 ? Number(spread.toPrecision(4)) : 1;
      // The mean is rounded to a thousandth of the spread, not of itself: years and densities lie far from zero.
      const numbers =
        (areNumbers || areTimes) && count > 0
          ? {
              minimum,
              maximum,
              mean: roundedTo(mean, standardDeviation / 1000, Math.round),
              standardDeviation,
              areWhole: areWhole && !areTimes,
              areTimes,
            }
          : undefined;
      const seen = [...values]
        .slice(0, MAXIMUM_VALUES)
        .toSorted(numbers === undefined || numbers.areTimes ? undefined : (a, b) => Number(a) - Number(b));
      const ordered =
        declared === undefined
          ? seen
          : [...new Set([...declared.map((value) => numericSpelling(value) ?? value), ...seen])];
      const isProse =
        numbers === undefined &&
        looksLikeProse({ texts: present, letters, spaced, share: first === 0 ? 0 : firstDistinct / first });
      return {
        name,
        missing,
        distinct: values.size,
        numbers,
        strays:
          declared === undefined && numbers === undefined && strays <= present * MOST_STRAYS
            ? { count: strays, first: firstStray }
            : undefined,
        beginWithZeros: numbers !== undefined && zeros > 0,
        isProse,
        values: ordered,
      };
    },
  };
}

/** Share of a column that may be typing errors, remarks and sums below the rows. */
const MOST_STRAYS = 0.1;
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
