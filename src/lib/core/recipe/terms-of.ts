// What a term of a text is: a word, words in a row, or a run of letters.
import { wordsOf } from './words-of.ts';

export const SHORTEST_RUN = 3;

/** So many letters of a text are read, a hundred pages: one cell of a file must not hold up a device, or a server. */
export const MOST_LETTERS = 200_000;

/** One after the other, as a list of a text's runs of letters is many times the text. */
export type Split = (text: string) => Iterable<string>;

/** The terms of a text, each as often as it stands there. */
export function splitterOf(of: 'words' | 'letters', longest: number): Split {
  const terms = of === 'letters' ? runsOf : wordsInRow;
  return (text) => terms(wordsOf(text.slice(0, MOST_LETTERS)), longest);
}

/** Within words, their ends marked by a space: scikit-learn's analyzer “char_wb”. */
function* runsOf(words: readonly string[], longest: number): Generator<string> {
  for (const word of words) {
    const letters = [' ', ...word, ' '];
    for (let size = SHORTEST_RUN; size <= longest; size += 1)
      for (let from = 0; from + size <= letters.length; from += 1)
        yield letters.slice(from, from + size).join('');
  }
}

function* wordsInRow(words: readonly string[], longest: number): Generator<string> {
  yield* words;
  for (let size = 2; size <= longest; size += 1)
    for (let from = 0; from + size <= words.length; from += 1) yield words.slice(from, from + size).join(' ');
}
