// What a step would make of columns, reckoned before it is done: a recipe comes from anybody, and a server opens it.
import * as v from 'valibot';
import { MOST_COLUMNS } from '../data/contract.ts';
import { tooLarge } from './encode.ts';
import { namedIn, type Settings } from './fields.ts';
import type { RecipeStep } from './recipe.ts';
import { CROSSED, LONGEST_NAME } from './steps/cross.ts';
import type { Column, Table } from './table.ts';

/** Of all texts of a table: so many are some tens of megabytes, and seconds of work. */
const MOST_LETTERS = 20_000_000;
/** No number is written in more. */
const NUMBER_LETTERS = 25;

const Named = v.array(v.looseObject({ name: v.string() }));

/** The refusal of so many columns after a step; undefined: a model takes them. */
export const tooMany = (columns: number): string | undefined =>
  columns > MOST_COLUMNS
    ? `it would make ${columns} columns in all, and a model here takes at most ${MOST_COLUMNS}. Use fewer columns, or fewer features of each.`
    : undefined;

/** Why a step is not to be done to this table; undefined: what it makes is held with ease. */
export function tooGreat({ step, settings }: RecipeStep, state: unknown, table: Table): string | undefined {
  const read = v.safeParse(Named, state);
  const names = new Set(read.success ? read.output.map(({ name }) => name) : []);
  const columns = table.columns.filter(({ name }) => names.has(name));
  const texts = columns.filter(({ type }) => type === 'text');
  switch (step) {
    case 'hash-text':
      return tooMany(table.columns.length + texts.length * (Number(settings['buckets']) - 1));
    case 'hashed-terms':
      return tooLarge(table.rows, [
        ...texts.map(({ name }) => ({ type: 'hashed' as const, name, buckets: Number(settings['buckets']) })),
        ...table.columns.flatMap((one) =>
          one.type === 'hashed' ? [{ type: one.type, name: one.name, buckets: one.buckets }] : [],
        ),
      ]);
    case 'dates':
      return tooMany(table.columns.length + texts.length * (settings['cyclic'] === true ? 10 : 4));
    case 'impute':
      return settings['indicator'] === true ? tooMany(table.columns.length + columns.length) : undefined;
    case 'bin':
      return settings['keep'] === true ? tooMany(table.columns.length + columns.length) : undefined;
    case 'cross': {
      // Then it is as long as all that it is made of, and what goes by its name cannot grow without end.
      if (!isCrossed(settings, state))
        return `its name is not that of its columns together, in at most ${LONGEST_NAME} letters. Fit the recipe again.`;
      const crossed = table.columns.filter(({ name }) => namedIn(settings).includes(name));
      return tooMany(table.columns.length + 1) ?? tooLong(table, lettersOf(crossed, table.rows));
    }
    case 'replace':
      return tooLong(table, texts.length === 0 ? 0 : replaced(settings, texts, table.rows));
    default:
      return undefined;
  }
}

function isCrossed(settings: Settings, state: unknown): boolean {
  const name = namedIn(settings).join(CROSSED);
  return name.length <= LONGEST_NAME && v.is(v.object({ name: v.literal(name) }), state);
}

/** `more`: letters that a step would write. */
function tooLong({ columns, rows }: Table, more: number): string | undefined {
  const texts = columns.filter(({ type }) => type === 'text');
  return lettersOf(texts, rows) + more > MOST_LETTERS
    ? 'it would make texts that are too long to be held in memory here. Write shorter texts, or cross fewer columns.'
    : undefined;
}

/** At most. */
function replaced(settings: Settings, texts: readonly Column[], rows: number): number {
  const instead = String(settings['with']);
  // Before, between and after all letters; and of what it names, as much as a whole cell each time.
  const times = lettersOf(texts, rows) + texts.length * rows;
  return times * Math.max(1, instead.length) * (instead.includes('$') ? longest(texts) : 1);
}

const longest = (texts: readonly Column[]): number => {
  let most = 1;
  for (const column of texts)
    if (column.type === 'text') for (const { length } of column.cells) most = Math.max(most, length);
  return most;
};

function lettersOf(columns: readonly Column[], rows: number): number {
  let letters = 0;
  for (const column of columns)
    switch (column.type) {
      case 'text':
        for (const { length } of column.cells) letters += length;
        break;
      case 'number':
        letters += NUMBER_LETTERS * rows;
        break;
      case 'category':
        letters += rows * column.labels.reduce((most, { length }) => Math.max(most, length), 0);
        break;
      case 'terms':
      case 'hashed':
        // Of these no step writes letters.
        break;
      default:
        column satisfies never;
    }
  return letters;
}
