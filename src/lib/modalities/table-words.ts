// Free text as words that a model can use: a column of texts becomes a column of numbers for each of the words that many rows hold. Which
// words those are is learnt from training rows; a row's numbers are its own, 1 + ln(times) or 0 (Salton & Buckley 1988).

import { fail, ok, type Result } from '../core/result.ts';
import { MOST_CELLS } from './raw-table.ts';

/** Words of one column at most: the contract has room for a thousand columns. */
const MOST_WORDS = 300;
/** Of the training rows: a rarer word teaches nothing, and one that nearly all hold tells no row from another. */
const [RAREST, COMMONEST] = [0.01, 0.6];
/** Mean letters from which a text is more than a name. */
const TEXT_LETTERS = 30;

/** Lower case, letters and digits of any script, apostrophes inside. */
export const wordsOf = (text: string): string[] =>
  text.toLowerCase().match(/[\p{L}\p{N}]+(?:['’][\p{L}]+)*/gu) ?? [];

/** Whether a column's texts are prose: long, of several words, and seldom the same. */
export function isProse(texts: readonly string[]): boolean {
  if (texts.length < 10) return false;
  const letters = texts.reduce((sum, text) => sum + text.length, 0) / texts.length;
  const spaced = texts.filter((text) => /\s/.test(text)).length / texts.length;
  return letters >= TEXT_LETTERS && spaced > 0.8 && new Set(texts).size > texts.length / 2;
}

/** The words to keep, the most frequent first; of equal ones in the order of the alphabet. */
export function chosenWords(texts: readonly string[]): string[] {
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

export const wordColumn = (column: string, word: string): string => `${column}: ${word}`;

/** The weights of some words in one text, as cells. */
export function wordCells(text: string, words: readonly string[]): string[] {
  const times = new Map<string, number>();
  for (const word of wordsOf(text)) times.set(word, (times.get(word) ?? 0) + 1);
  return words.map((word) => {
    const count = times.get(word) ?? 0;
    return count === 0 ? '0' : (1 + Math.log(count)).toFixed(4);
  });
}

interface Texts {
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
  readonly field: number;
}

/** Each column of prose, but the target, gives way to its words. `training`: the rows that say which. Refused where that is too much to hold. */
export function withWords<T extends Texts>(
  table: T,
  training: ArrayLike<number>,
  mostCells = MOST_CELLS,
): Result<{ readonly table: T; readonly notes: readonly string[] }, string> {
  const words = table.header.map((name, field) => {
    if (field === table.field || name === '' || name.length > 40) return undefined;
    const texts = Array.from(training, (row) => table.rows[row]?.[field] ?? '').filter((text) => text !== '');
    if (!isProse(texts)) return undefined;
    const chosen = chosenWords(texts);
    return chosen.length === 0 ? undefined : chosen;
  });
  if (words.every((own) => own === undefined)) return ok({ table, notes: [] });
  const width = words.reduce((sum, own) => sum + (own?.length ?? 1), 0);
  if (width * table.rows.length > mostCells)
    return fail(
      `Taken as words, the table has ${width} columns in ${table.rows.length} rows, which is more than is held in memory here. Leave texts out (--without), or take a sample of its rows.`,
    );
  const header = table.header.flatMap(
    (name, field) => words[field]?.map((word) => wordColumn(name, word)) ?? [name],
  );
  const target = table.header[table.field] ?? '';
  return ok({
    table: {
      ...table,
      header,
      rows: table.rows.map((row) =>
        row.flatMap((text, field) => {
          const own = words[field];
          return own === undefined ? [text] : wordCells(text, own);
        }),
      ),
      field: header.indexOf(target),
    },
    notes: table.header.flatMap((name, field) => {
      const own = words[field];
      return own === undefined
        ? []
        : [`“${name}” holds texts, and is taken as ${own.length} words that many rows hold.`];
    }),
  });
}
