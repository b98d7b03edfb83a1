// Free text as words that a model can use: a column of texts becomes a column of numbers for each of the words that many rows hold. Which
// words those are is learnt from training rows; a row's numbers are its own, 1 + ln(times) or 0 (Salton & Buckley 1988).
import * as v from 'valibot';
import { isMissing } from '../../data/missing.ts';
import { fail, ok } from '../../result.ts';
import { quoted } from '../../spoken-list.ts';
import { defineStep, pickColumns } from '../step.ts';
import { textSize, wordsOf } from '../words-of.ts';
import { looksLikeProse } from '../worth.ts';
import { changeColumns, isText, type NumberColumn, type Table, type TextColumn } from '../table.ts';

/** Words of one column at most: the contract has room for a thousand columns. */
const MOST_WORDS = 300;
/** Of the training rows: a rarer word teaches nothing, and one that nearly all hold tells no row from another. */
const [RAREST, COMMONEST] = [0.01, 0.6];
/** Numbers of a table: 20 million take 160 MB. */
const MOST_CELLS = 20_000_000;

const State = v.array(v.strictObject({ name: v.string(), words: v.array(v.string()) }));

export const words = defineStep({
  name: 'words',
  title: 'Texts as words',
  description:
    'Columns of prose become the words that 1 to 60 % of the rows hold, 300 at most, each as 1 + ln(times) or 0 (Salton & Buckley 1988).',
  fields: { columns: { type: 'columns', title: 'Columns of texts', of: 'text' } },
  state: State,
  fit({ columns: names }, table) {
    const columns = proseColumns(table, names);
    if (!columns.ok) return columns;
    const state = columns.value
      .map(({ name, cells }) => ({ name, words: chosenWords(cells.filter((cell) => !isMissing(cell))) }))
      .filter((one) => names !== null || one.words.length > 0);
    const bare = state.find((one) => one.words.length === 0);
    if (bare !== undefined)
      return fail(`no word of ${quoted(bare.name)} is in enough rows to teach anything. Drop it.`);
    const wide = tooManyWords(table, state);
    if (wide !== undefined) return fail(wide);
    return ok({
      state,
      notes: state.map(
        (one) =>
          `${quoted(one.name)} holds texts, and is taken as ${one.words.length} words that many rows hold.`,
      ),
    });
  },
  apply: (_, state, table) =>
    changeColumns(table, state, (column, own) =>
      column.type === 'text' ? termColumns(column, own.words, weightsOf) : [column],
    ),
});

export function timesOf(all: Iterable<string>): Map<string, number> {
  const times = new Map<string, number>();
  for (const word of all) times.set(word, (times.get(word) ?? 0) + 1);
  return times;
}

/** To four decimals, as they stand in files of words. */
function weightsOf(text: string): ReadonlyMap<string, number> {
  const weights = timesOf(wordsOf(text));
  for (const [word, count] of weights) weights.set(word, Number((1 + Math.log(count)).toFixed(4)));
  return weights;
}

/** One column for each term, all of a text's weights worked out at once. */
export function termColumns(
  { name, from, cells }: TextColumn,
  terms: readonly string[],
  weigh: (text: string) => ReadonlyMap<string, number>,
): NumberColumn[] {
  const places = new Map(terms.map((term, at) => [term, at]));
  const values = terms.map(() => new Float64Array(cells.length));
  for (const [row, cell] of cells.entries())
    for (const [term, weight] of isMissing(cell) ? [] : weigh(cell)) {
      const place = places.get(term);
      if (place !== undefined) values[place]![row] = weight;
    }
  return terms.map((term, at) => ({
    type: 'number',
    name: `${name}: ${term}`,
    from,
    values: values[at]!,
    scale: null,
    isWeight: true,
  }));
}

/** The named columns of texts; of none named, those of prose. */
export function proseColumns(table: Table, names: readonly string[] | null) {
  const columns = pickColumns(table, names, isText, 'texts');
  if (!columns.ok || names !== null) return columns;
  return ok(
    columns.value.filter(
      ({ name, cells }) => name.length <= 40 && isProse(cells.filter((cell) => !isMissing(cell))),
    ),
  );
}

/** Whether a column's texts are prose: long, of several words, and seldom the same. */
export function isProse(texts: readonly string[]): boolean {
  const sizes = texts.map(textSize);
  return looksLikeProse({
    texts: texts.length,
    letters: sizes.reduce((sum, { letters }) => sum + letters, 0),
    spaced: sizes.filter(({ isOfWords }) => isOfWords).length,
    share: new Set(texts).size / texts.length,
  });
}

/** The words to keep, the most frequent first; of equal ones in the order of the alphabet. */
function chosenWords(texts: readonly string[]): string[] {
  const rows = new Map<string, number>();
  for (const text of texts)
    for (const word of new Set(wordsOf(text))) rows.set(word, (rows.get(word) ?? 0) + 1);
  return [...rows]
    .filter(
      ([word, count]) =>
        word.length > 1 &&
        word.length <= 30 &&
        count >= Math.max(2, RAREST * texts.length) &&
        count <= COMMONEST * texts.length,
    )
    .toSorted(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))
    .slice(0, MOST_WORDS)
    .map(([word]) => word);
}

/** Why so many columns of words are more than is held; undefined where they are not. Asked before one is written. */
/** Of columns that become one for each of their words. */
export const tooManyWords = (
  table: Pick<Table, 'rows'>,
  state: readonly { readonly words: readonly string[] }[],
): string | undefined =>
  tooWide(
    table,
    state.reduce((sum, one) => sum + one.words.length, 0),
  );

export const tooWide = ({ rows }: Pick<Table, 'rows'>, width: number): string | undefined =>
  width * rows <= MOST_CELLS
    ? undefined
    : `taken as words, the table has ${width} columns in ${rows} rows, which is more than is held in memory here. Drop texts, or take a sample of the rows.`;
