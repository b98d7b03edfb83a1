// From an example CSV to a draft of the data contract, for the coordinator's form: types, ranges, categories, scaling, and a guess
// at the target. A draft to read and mend, with notes on every guess that could be wrong.
import type { TableColumn, TableContract, TableTarget } from '../../core/data/contract.ts';
import { numericSpelling } from '../../core/data/cell-category.ts';
import { looksCoded, uselessReason, type Usefulness } from '../../core/recipe/worth.ts';
import { roundedTo } from '../../core/recipe/rounded-to.ts';
import { fail, ok, type Result } from '../../core/result.ts';
import { listOf, quoted, type RefusalKind } from '../import-report.ts';
import { isNameByPlace } from './table-reading.ts';
import { columnFacts, type ColumnFacts } from './column-facts.ts';

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

const TARGET_NAME =
  /^(target|label|labels|class|outcome|y|diagnosis|species|income|num|result|response|survived|churn|default|disease|quality|price|medv)$|_(target|label|class|outcome)$|^(has|is)_/i;

const WHEN_NAME = /^(year|quarter|month|week|day|hour|minute|date|time|timestamp|index)$/i;

/**
 * Drafts a contract from a header and rows of text (the first few thousand are enough). `target` overrides the guess. Refused
 * where there are fewer than two usable columns, or no rows. `declared`: values that the file says columns have.
 */
export function inferTableContract(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  target?: string,
  keepsTexts = false,
  declared: ReadonlyMap<string, readonly string[]> = new Map(),
): Result<InferredContract, InferenceProblem> {
  const problem = headerProblem(header, rows.length);
  if (problem !== undefined) return fail(problem);
  const columns = header.map((name, field) => {
    const facts = columnFacts(name, declared.get(name));
    for (const row of rows) facts.add(row[field] ?? '');
    return facts.finish();
  });
  return contractOfFacts(columns, rows.length, target, keepsTexts);
}

/** Likewise, from what was seen of `rows` rows. `keepsTexts`: prose is a column of texts; else it is left out. */
export function contractOfFacts(
  columns: readonly ColumnFacts[],
  rows: number,
  target?: string,
  keepsTexts = false,
): Result<InferredContract, InferenceProblem> {
  if (rows === 1)
    return fail({
      kind: 'empty-file',
      message: 'The file has one row only. A few rows are needed to see what the columns hold.',
    });
  const leftOut: string[] = [];
  const isText = (facts: ColumnFacts): boolean => keepsTexts && facts.isProse && facts.name !== '';
  const usable = columns.filter((facts) => {
    if (isText(facts)) return true;
    const reason = strayReason(facts) ?? uselessReason(usefulnessOf(facts), rows);
    if (reason !== undefined && facts.name !== '' && facts.name !== target)
      leftOut.push(`${quoted(facts.name)} is left out: ${reason}`);
    return reason === undefined || facts.name === target;
  });

  // Trailing separators and indices make several of them, and a sentence for each would be the same one.
  const unnamed = columns.filter(({ name }) => name === '').length;
  if (unnamed > 0)
    leftOut.push(
      unnamed === 1
        ? 'A column is left out: it has no name.'
        : `${unnamed.toLocaleString('en')} columns are left out: they have no names.`,
    );
  const notes = [...leftOut];
  const names = columns.map(({ name }) => name);
  if (!isCount(names))
    notes.push(
      `Numbers name columns (${listOf(names.filter(isNumeric).map(quoted), 3)}). Where the first line is a row, say that none names the columns.`,
    );
  /** Why so little is left to choose from. */
  const because = leftOut.length === 0 ? '' : ` ${leftOut.slice(0, 3).join(' ')}`;
  // A moment is not a thing to foretell here: a duration is, as a number.
  const possible = usable.filter((facts) => facts.numbers?.areTimes !== true && !isText(facts));
  const candidates = targetCandidates(possible);
  const chosen = possible.find((facts) => facts.name === (target ?? candidates[0]));
  if (chosen === undefined)
    return fail(
      target === undefined
        ? {
            kind: 'wrong-header',
            message: `No column of this file could be a target. Choose a file with at least two columns of numbers or categories.${because}`,
          }
        : {
            kind: 'missing-column',
            message: `There is no column ${quoted(target)}. The header has ${listOf(columns.map(({ name }) => quoted(name)))}.`,
          },
    );
  if (chosen.distinct < 2)
    return fail({
      kind: 'unknown-class',
      message: `The target ${quoted(chosen.name)} has the same value in every row of this example. Choose another column or a longer file.`,
    });
  const others = usable.filter((facts) => facts !== chosen);
  const inputs = others.slice(0, MOST_COLUMNS);
  if (inputs.length === 0)
    return fail({
      kind: 'wrong-header',
      message: `Beside the target ${quoted(chosen.name)} there is no column to learn from. Choose a file with at least two columns of numbers, categories or dates.${because}`,
    });
  if (others.length > inputs.length)
    notes.push(
      `Of ${others.length.toLocaleString('en')} columns the first ${MOST_COLUMNS.toLocaleString('en')} are taken, which is as many as a model here looks at.`,
    );
  if (target === undefined)
    notes.push(`${quoted(chosen.name)} is taken as the target. Choose another where that is wrong.`);
  const coded = inputs.filter((facts) => !isText(facts) && isCoded(facts, rows));
  if (coded.length > 0) notes.push(codedNote(coded));
  return ok({
    contract: {
      kind: 'table',
      columns: inputs.map((facts) => (isText(facts) ? textColumn(facts) : columnOf(facts, rows, notes))),
      target: targetOf(chosen, rows, notes),
    },
    columns,
    targetCandidates: candidates,
    rows,
    notes,
  });
}

/** Of a contract (core/data/contract.ts). */
const MOST_COLUMNS = 1000;

const usefulnessOf = ({ name, distinct, numbers, values }: ColumnFacts): Usefulness => ({
  name,
  distinct,
  areNumbers: numbers !== undefined,
  longest: values.reduce((longest, value) => Math.max(longest, value.length), 0),
});

/** Why a column of numbers is none, as a person can mend it. A column of codes says enough by its values. */
const strayReason = ({ name, strays, distinct }: ColumnFacts): string | undefined =>
  name === '' || strays === undefined || distinct <= 20
    ? undefined
    : `it holds numbers, but for ${strays.count === 1 ? 'one cell' : `${strays.count.toLocaleString('en')} cells`}: ${quoted(strays.first)}${strays.count === 1 ? '' : ' is the first'}. Mend or empty ${strays.count === 1 ? 'it' : 'them'} to have it as a number.`;

/** What keeps a header from naming the columns of `rows` rows. */
export function headerProblem(header: readonly string[], rows: number): InferenceProblem | undefined {
  if (header.length === 0)
    return { kind: 'empty-file', message: 'The file is empty. Choose one with a header line and rows.' };
  if (rows === 0)
    return {
      kind: 'empty-file',
      message: 'The file has a header line and no rows. A few rows are needed to see what the columns hold.',
    };
  const twice = header.find((name, field) => name !== '' && header.indexOf(name) !== field);
  if (twice !== undefined)
    return {
      kind: 'wrong-header',
      message: `The header names ${quoted(twice)} twice. Rename one of the two columns.`,
    };
  return undefined;
}

const isNumeric = (name: string): boolean => numericSpelling(name) !== undefined;

const stepsOf = (header: readonly string[]): number[] => {
  const numbers = header.filter(isNumeric).map(Number);
  return numbers.slice(1).map((number, index) => number - (numbers[index] ?? 0));
};

/** Numbers that count up, or down in equal steps, are plainly names (pixels, years). */
function isCount(header: readonly string[]): boolean {
  const steps = stepsOf(header);
  return (
    header.filter(isNumeric).every((name) => /^\d+$/.test(name)) &&
    (steps.every((step) => step > 0) || steps.every((step) => step < 0 && step === steps[0]))
  );
}

/** A few kinds, which are told apart by a number each, without a gap. */
const areCoded = ({ numbers, distinct }: ColumnFacts): boolean =>
  numbers?.areWhole === true &&
  distinct >= 2 &&
  distinct <= 10 &&
  numbers.maximum - numbers.minimum === distinct - 1;

const isAmount = ({ numbers, distinct }: ColumnFacts): boolean => numbers !== undefined && distinct > 10;

function targetCandidates(usable: readonly ColumnFacts[]): string[] {
  // Of columns without names the first is the class as often as the last: it is, where it alone may be one.
  const [first, last] = [usable[0], usable.at(-1)];
  const isFirst =
    first !== undefined &&
    last !== undefined &&
    isNameByPlace(first.name) &&
    areCoded(first) &&
    isAmount(last);
  // When something was is given, and seldom asked.
  const rank = (facts: ColumnFacts, field: number): number =>
    (TARGET_NAME.test(facts.name) ? 1000 : 0) +
    (WHEN_NAME.test(facts.name) ? -1000 : 0) +
    (field === usable.length - 1 ? 500 : 0) +
    (field === 0 && isFirst ? 900 : 0) +
    field;
  return usable
    .map((facts, field) => ({ name: facts.name, rank: rank(facts, field) }))
    .toSorted((a, b) => b.rank - a.rank)
    .map((one) => one.name);
}

/** Numbers that are few and so stand for kinds, as 0 and 1 do for a yes or a no. */
const isCoded = (facts: ColumnFacts, rows: number): boolean =>
  facts.numbers !== undefined && looksCoded({ ...facts.numbers, distinct: facts.distinct }, rows);

/** One sentence on all of them: one for each would be the same, and hide what else is to be known. */
const codedNote = (coded: readonly ColumnFacts[]): string =>
  coded.length === 1
    ? `${quoted(coded[0]!.name)} has only the values ${listOf(coded[0]!.values, 8)} and is taken as a category. Make it a number where it counts or measures.`
    : `${coded.length.toLocaleString('en')} columns have few values and are taken as categories: ${listOf(
        coded.map(({ name, values }) => `${quoted(name)} (${listOf(values, 8)})`),
        8,
      )}. Make those numbers that count or measure.`;

function columnOf(facts: ColumnFacts, rows: number, notes: string[]): TableColumn {
  if (facts.numbers === undefined || isCoded(facts, rows)) return categoryColumn(facts);
  if (facts.beginWithZeros)
    notes.push(
      `${quoted(facts.name)} begins with zeros in some rows, as postal codes and numbers of accounts do, and is taken as a number. Leave it out where it counts nothing.`,
    );
  return numberColumn(facts, facts.numbers);
}

export const textColumn = ({ name }: ColumnFacts): TableColumn => ({
  type: 'text',
  name,
  missingAllowed: true,
});

export const categoryColumn = ({ name, values, missing }: ColumnFacts): TableColumn => ({
  type: 'category',
  name,
  categories: [...values],
  missingAllowed: missing > 0,
});

export function numberColumn(
  { name, missing }: ColumnFacts,
  { minimum, maximum, mean, standardDeviation, areTimes }: NonNullable<ColumnFacts['numbers']>,
): TableColumn {
  const missingAllowed = missing > 0;
  // No bounds: other devices' days are other days.
  if (areTimes)
    return {
      type: 'number',
      name,
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
    name,
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

function targetOf(facts: ColumnFacts, rows: number, notes: string[]): TableTarget {
  // Where each value is the only one of its kind, nothing could be learnt of classes.
  const isCoded =
    facts.numbers === undefined ||
    (facts.numbers.areWhole && facts.distinct <= 10 && (facts.distinct <= 2 || facts.distinct * 2 <= rows));
  if (isCoded && facts.distinct <= MOST_CLASSES) {
    if (facts.numbers !== undefined)
      notes.push(
        `The target ${quoted(facts.name)} has the values ${listOf(facts.values, 10)} and is taken as classes. Make it a number where it counts or measures.`,
      );
    return classTarget(facts);
  }
  if (facts.numbers !== undefined) return numberTarget(facts.name, facts.numbers);
  notes.push(
    `The target ${quoted(facts.name)} has ${facts.distinct} values; only the first ${MOST_CLASSES} are kept as classes.`,
  );
  return classTarget(facts);
}

/** What a model here tells apart. */
export const MOST_CLASSES = 100;
export const classTarget = ({ name, values }: ColumnFacts): TableTarget => ({
  type: 'classes',
  name,
  classes: values.slice(0, MOST_CLASSES).map((value) => ({ label: value, values: [value] })),
});
export const numberTarget = (
  name: string,
  { mean, standardDeviation }: NonNullable<ColumnFacts['numbers']>,
): TableTarget => ({ type: 'number', name, mean, standardDeviation });
