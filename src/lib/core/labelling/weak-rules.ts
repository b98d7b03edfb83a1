// Rules of thumb that label rows by the dozen: each looks at one column and names a class, or says nothing. None is trusted: their
// votes are combined (label-model.ts), and held against the labels that a person gave. After Ratner et al., "Data Programming" (2016).
import * as v from 'valibot';
import type { ColumnTable, ColumnValues } from '../exploration/columns.ts';
import { WORD } from '../recipe/words-of.ts';
import { readPattern, type Pattern } from '../data/pattern.ts';
import { fail, ok, type Result } from '../result.ts';
import { ABSTAINS, type Votes } from './label-model.ts';

const text = v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(200));
const label = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const bound = v.pipe(v.number(), v.finite());
export const WeakRule = v.variant('test', [
  /** More than `value`, or at most it; a missing number is neither. */
  v.strictObject({ test: v.literal('above'), column: text, value: bound, label }),
  v.strictObject({ test: v.literal('at-most'), column: text, value: bound, label }),
  /** Of texts and categories, whatever the case of letters: all of the cell, or part of it. */
  v.strictObject({ test: v.literal('is'), column: text, value: text, label }),
  v.strictObject({ test: v.literal('contains'), column: text, value: text, label }),
  /** Of texts and categories: a pattern (core/data/pattern.ts) that fits some part of the cell. */
  v.strictObject({
    test: v.literal('fits'),
    column: text,
    value: v.pipe(
      text,
      v.check((pattern) => readPattern(pattern).ok, 'a pattern that can be read'),
    ),
    label,
  }),
  v.strictObject({ test: v.literal('missing'), column: text, label }),
]);
export type WeakRule = v.InferOutput<typeof WeakRule>;

const FORMAT = 'tributary-weak-rules';
const VERSION = 1;

/** As they are kept beside a dataset. */
export const weakRulesJson = (rules: readonly WeakRule[]) => ({ format: FORMAT, version: VERSION, rules });

const Kept = v.strictObject({ format: v.literal(FORMAT), version: v.number(), rules: v.unknown() });

/** Of what was kept so, or as a list alone by a program before that. Refused where a later version has kept it. */
export function readWeakRules(given: unknown): Result<readonly WeakRule[], string> {
  const kept = v.safeParse(Kept, given);
  if (kept.success && kept.output.version !== VERSION)
    return fail(
      `The rules that are kept here are of version ${kept.output.version}, and this program reads version ${VERSION}. Load the page anew, or use the program that wrote them.`,
    );
  const rules = v.safeParse(v.array(WeakRule), kept.success ? kept.output.rules : given);
  return rules.success ? ok(rules.output) : fail('The rules that are kept here cannot be read.');
}

/** How they vote on every row. A rule on a column that is not there, or is of another kind, says nothing. */
export function votesOf(rules: readonly WeakRule[], table: ColumnTable, classes: number): Votes {
  const votes = new Int32Array(table.rows * rules.length).fill(ABSTAINS);
  for (const [voice, rule] of rules.entries()) {
    const column = table.columns.find((one) => one.name === rule.column);
    if (column === undefined || rule.label >= classes) continue;
    const holds = testOf(rule, column);
    for (let row = 0; row < table.rows; row += 1)
      if (holds(row)) votes[row * rules.length + voice] = rule.label;
  }
  return { voices: rules.length, classes, votes };
}

function testOf(rule: WeakRule, column: ColumnValues): (row: number) => boolean {
  const isText = column.type === 'category';
  switch (rule.test) {
    case 'missing':
      return isText ? (row) => column.codes[row]! < 0 : (row) => Number.isNaN(column.values[row]!);
    case 'above':
      return isText ? () => false : (row) => column.values[row]! > rule.value;
    case 'at-most':
      return isText ? () => false : (row) => column.values[row]! <= rule.value;
    case 'is':
    case 'contains': {
      if (!isText) return () => false;
      const wanted = rule.value.toLowerCase();
      const hits = column.labels.map((one) =>
        rule.test === 'is' ? one.toLowerCase() === wanted : one.toLowerCase().includes(wanted),
      );
      return (row) => hits[column.codes[row]!] === true;
    }
    case 'fits': {
      const pattern = readPattern(rule.value);
      if (!isText || !pattern.ok) return () => false;
      const hits = column.labels.map((one) => fitsSomewhere(pattern.value, one));
      return (row) => hits[column.codes[row]!] === true;
    }
    default:
      return rule satisfies never;
  }
}

/** A pattern is of a whole cell: of a text it is asked word by word, and of so many words in a row. */
const MOST_WORDS_IN_A_ROW = 5;
function fitsSomewhere(fits: Pattern, text: string): boolean {
  if (fits(text)) return true;
  const words = [...text.matchAll(WORD)];
  return words.some((word, at) =>
    words
      .slice(at, at + MOST_WORDS_IN_A_ROW)
      .some((last) => fits(text.slice(word.index, last.index + last[0].length))),
  );
}

export interface RuleFigures {
  /** Rows that it votes on. */
  readonly covered: number;
  /** Of these, rows on which another rule votes too; on which one says another class. */
  readonly overlaps: number;
  readonly conflicts: number;
  /** Of the rows with a label of a person's own, those on which it votes, and votes so. */
  readonly checked: number;
  readonly right: number;
}

/** `labels` [rows]: a person's own, below 0 where there is none. */
export function ruleFigures({ voices, votes }: Votes, labels: ArrayLike<number>): readonly RuleFigures[] {
  return Array.from({ length: voices }, (_, voice) => {
    const figures = { covered: 0, overlaps: 0, conflicts: 0, checked: 0, right: 0 };
    for (let row = 0; row < votes.length / voices; row += 1) {
      const vote = votes[row * voices + voice]!;
      if (vote === ABSTAINS) continue;
      figures.covered += 1;
      const others = votes
        .subarray(row * voices, (row + 1) * voices)
        .filter((other, at) => at !== voice && other !== ABSTAINS);
      if (others.length > 0) figures.overlaps += 1;
      if (others.some((other) => other !== vote)) figures.conflicts += 1;
      if (labels[row]! < 0) continue;
      figures.checked += 1;
      if (labels[row] === vote) figures.right += 1;
    }
    return figures;
  });
}
