// From an example CSV to a draft of the data contract, for the coordinator's form: types, ranges, categories, scaling, and a guess
// at the target. A draft to read and mend, with notes on every guess that could be wrong.
import type { TableColumn, TableContract, TableTarget } from '../../core/data/contract.ts';
import { DAY_MS, isoTime } from '../../core/data/iso-time.ts';
import { uselessReason } from '../../core/recipe/steps/drop-useless.ts';
import { looksCoded } from '../../core/recipe/steps/one-hot.ts';
import { roundedTo } from '../../core/recipe/steps/scale.ts';
import { fail, ok, type Result } from '../../core/result.ts';
import { listOf, quoted, type RefusalKind } from '../import-report.ts';
import { numericSpelling } from '../../core/data/cell-category.ts';
import { isMissing } from '../../core/data/missing.ts';

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
  /** At most 1,000, in numeric or alphabetical order. */
  readonly values: readonly string[];
}

export interface InferredContract {
  readonly contract: TableContract;
  /** Every column of the example, those left out of the contract too, in the file's order. */
  readonly columns: readonly ColumnFacts[];
  /** Columns that could be the target, the likeliest first. */
  readonly targetCandidates: readonly string[];
  readonly rows: number;
  /** Sentences on what was guessed or left out. */
  readonly notes: readonly string[];
}

export interface InferenceProblem {
  readonly kind: RefusalKind;
  readonly message: string;
}

const MAXIMUM_VALUES = 1000;
const TARGET_NAME =
  /^(target|label|labels|class|outcome|y|diagnosis|species|income|num|result|response|survived|churn|default|disease|quality|price|medv)$|_(target|label|class|outcome)$|^(has|is)_/i;

/**
 * Drafts a contract from a header and rows of text (the first few thousand are enough). `target` overrides the guess. Refused
 * where there are fewer than two usable columns, or no rows.
 */
export function inferTableContract(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  target?: string,
): Result<InferredContract, InferenceProblem> {
  const problem = headerProblem(header, rows);
  if (problem !== undefined) return fail(problem);
  const columns = header.map((name, field) => factsOf(name, rows, field));
  const notes: string[] = [];
  const usable = columns.filter((facts) => {
    const reason = uselessReason(
      {
        name: facts.name,
        distinct: facts.distinct,
        areNumbers: facts.numbers !== undefined,
        longest: facts.values.reduce((longest, value) => Math.max(longest, value.length), 0),
      },
      rows.length,
    );
    if (reason !== undefined && facts.name !== target)
      notes.push(`${quoted(facts.name)} is left out: ${reason}`);
    return reason === undefined || facts.name === target;
  });

  // A moment is not a thing to foretell here: a duration is, as a number.
  const possible = usable.filter((facts) => facts.numbers?.areTimes !== true);
  const candidates = targetCandidates(possible);
  const chosen = possible.find((facts) => facts.name === (target ?? candidates[0]));
  if (chosen === undefined)
    return fail(
      target === undefined
        ? {
            kind: 'wrong-header',
            message:
              'No column of this file could be a target. Choose a file with at least two columns of numbers or categories.',
          }
        : {
            kind: 'missing-column',
            message: `There is no column ${quoted(target)}. The header has ${listOf(header.map(quoted))}.`,
          },
    );
  if (chosen.distinct < 2)
    return fail({
      kind: 'unknown-class',
      message: `The target ${quoted(chosen.name)} has the same value in every row of this example. Choose another column or a longer file.`,
    });
  const inputs = usable.filter((facts) => facts !== chosen);
  if (inputs.length === 0)
    return fail({
      kind: 'wrong-header',
      message: 'Beside the target there is no column to learn from. Choose a file with at least two columns.',
    });
  if (target === undefined)
    notes.push(`${quoted(chosen.name)} is taken as the target. Choose another where that is wrong.`);
  return ok({
    contract: {
      kind: 'table',
      columns: inputs.map((facts) => columnOf(facts, rows.length, notes)),
      target: targetOf(chosen, notes),
    },
    columns,
    targetCandidates: candidates,
    rows: rows.length,
    notes,
  });
}

/** Why a table of this header and these rows cannot be spoken of by its columns; undefined where it can. */
export function headerProblem(
  header: readonly string[],
  rows: readonly (readonly string[])[],
): InferenceProblem | undefined {
  if (header.length === 0)
    return { kind: 'empty-file', message: 'The file is empty. Choose one with a header line and rows.' };
  if (rows.length === 0)
    return {
      kind: 'empty-file',
      message: 'The file has a header line and no rows. A few rows are needed to see what the columns hold.',
    };
  const unnamed = header.findIndex((name) => name === '');
  if (
    unnamed >= 0 &&
    header.length > 1 &&
    header.every((name) => name === '' || numericSpelling(name) !== undefined)
  )
    return { kind: 'wrong-header', message: 'The first line has no column names. Add a header line.' };
  if (header.every((name) => numericSpelling(name) !== undefined))
    return {
      kind: 'wrong-header',
      message: 'The first line holds numbers, not column names. Add a header line.',
    };
  const twice = header.find((name, field) => name !== '' && header.indexOf(name) !== field);
  if (twice !== undefined)
    return {
      kind: 'wrong-header',
      message: `The header names ${quoted(twice)} twice. Rename one of the two columns.`,
    };
  return undefined;
}

function factsOf(name: string, rows: readonly (readonly string[])[], field: number): ColumnFacts {
  const values = new Set<string>();
  let missing = 0;
  let areNumbers = true;
  let areWhole = true;
  let areTimes = true;
  let count = 0;
  let mean = 0;
  let squares = 0;
  let minimum = Infinity;
  let maximum = -Infinity;
  for (const row of rows) {
    const text = row[field] ?? '';
    if (isMissing(text)) {
      missing += 1;
      continue;
    }
    if (values.size <= MAXIMUM_VALUES) values.add(numericSpelling(text) ?? text);
    const number = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : NaN;
    const days: number = areTimes ? isoTime(text) / DAY_MS : NaN;
    areNumbers = areNumbers && Number.isFinite(number);
    areTimes = areTimes && Number.isFinite(days);
    // A column begins as one or the other: no text is both.
    const value = Number.isFinite(number) ? number : days;
    if (!Number.isFinite(value)) continue;
    areWhole = areWhole && Number.isInteger(value);
    minimum = Math.min(minimum, value);
    maximum = Math.max(maximum, value);
    // Welford 1962: no cancellation where the mean is large.
    count += 1;
    const step = value - mean;
    mean += step / count;
    squares += step * (value - mean);
  }
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
  const ordered = [...values]
    .slice(0, MAXIMUM_VALUES)
    .toSorted(numbers === undefined || numbers.areTimes ? undefined : (a, b) => Number(a) - Number(b));
  return { name, missing, distinct: values.size, numbers, values: ordered };
}

function targetCandidates(usable: readonly ColumnFacts[]): string[] {
  const rank = (facts: ColumnFacts, field: number): number =>
    (TARGET_NAME.test(facts.name) ? 1000 : 0) + (field === usable.length - 1 ? 500 : 0) + field;
  return usable
    .map((facts, field) => ({ name: facts.name, rank: rank(facts, field) }))
    .toSorted((a, b) => b.rank - a.rank)
    .map((one) => one.name);
}

function columnOf(facts: ColumnFacts, rows: number, notes: string[]): TableColumn {
  const missingAllowed = facts.missing > 0;
  if (facts.numbers === undefined || looksCoded({ ...facts.numbers, distinct: facts.distinct }, rows)) {
    if (facts.numbers !== undefined)
      notes.push(
        `${quoted(facts.name)} has only the values ${listOf(facts.values, 8)} and is taken as a category. Make it a number where it counts or measures.`,
      );
    return { type: 'category', name: facts.name, categories: [...facts.values], missingAllowed };
  }
  const { minimum, maximum, mean, standardDeviation } = facts.numbers;
  // No bounds: other devices' days are other days.
  if (facts.numbers.areTimes)
    return {
      type: 'number',
      name: facts.name,
      reads: 'time',
      minimum: null,
      maximum: null,
      missingAllowed,
      mean,
      standardDeviation,
    };
  // As wide again on both sides: other devices hold other people, but not other units.
  const range = maximum - minimum || Math.abs(maximum) || 1;
  return {
    type: 'number',
    name: facts.name,
    minimum:
      minimum >= 0
        ? Math.max(0, roundedTo(minimum - range, range / 10, Math.floor))
        : roundedTo(minimum - range, range / 10, Math.floor),
    maximum: roundedTo(maximum + range, range / 10, Math.ceil),
    missingAllowed,
    mean,
    standardDeviation,
  };
}

function targetOf(facts: ColumnFacts, notes: string[]): TableTarget {
  const isCoded = facts.numbers === undefined || (facts.numbers.areWhole && facts.distinct <= 10);
  if (isCoded && facts.distinct <= 100) {
    if (facts.numbers !== undefined)
      notes.push(
        `The target ${quoted(facts.name)} has the values ${listOf(facts.values, 10)} and is taken as classes. Make it a number where it counts or measures.`,
      );
    return {
      type: 'classes',
      name: facts.name,
      classes: facts.values.map((value) => ({ label: value, values: [value] })),
    };
  }
  if (facts.numbers !== undefined)
    return {
      type: 'number',
      name: facts.name,
      mean: facts.numbers.mean,
      standardDeviation: facts.numbers.standardDeviation,
    };
  notes.push(
    `The target ${quoted(facts.name)} has ${facts.distinct} values; only the first 100 are kept as classes.`,
  );
  return {
    type: 'classes',
    name: facts.name,
    classes: facts.values.slice(0, 100).map((value) => ({ label: value, values: [value] })),
  };
}
