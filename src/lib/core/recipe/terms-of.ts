// What a term of a text is: a word, words in a row, or a run of letters.
import { wordsOf } from './words-of.ts';

export const SHORTEST_RUN = 3;

export type Split = (text: string) => readonly string[];

/** The terms of a text, each as often as it stands there. */
export function splitterOf(of: 'words' | 'letters', longest: number): Split {
  if (of === 'letters')
    return (text) => {
      const runs: string[] = [];
      // Within words, their ends marked by a space: scikit-learn's analyzer “char_wb”.
      for (const word of wordsOf(text)) {
        const letters = [' ', ...word, ' '];
        for (let size = SHORTEST_RUN; size <= longest; size += 1)
          for (let from = 0; from + size <= letters.length; from += 1)
            runs.push(letters.slice(from, from + size).join(''));
      }
      return runs;
    };
  return (text) => {
    const single = wordsOf(text);
    const found = single.slice();
    for (let size = 2; size <= longest; size += 1)
      for (let from = 0; from + size <= single.length; from += 1)
        found.push(single.slice(from, from + size).join(' '));
    return found;
  };
}
