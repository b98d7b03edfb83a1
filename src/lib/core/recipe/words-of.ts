// What a word of a text is, for all that asks: terms, explanations, figures of texts.

/** Letters and digits of any script with the marks upon them (vowels of Devanagari, accents written apart), apostrophes inside. */
export const WORD = /[\p{L}\p{N}][\p{L}\p{M}\p{N}]*(?:['’][\p{L}\p{M}]+)*/gu;

/** A letter of a script that puts no blanks between words: Chinese, Japanese, Thai, Lao, Khmer, Burmese. */
const UNSPACED = String.raw`\p{scx=Han}\p{scx=Hira}\p{scx=Kana}\p{scx=Thai}\p{scx=Laoo}\p{scx=Khmr}\p{scx=Mymr}`;
const HAS_UNSPACED = new RegExp(`(?=[${UNSPACED}])\\p{L}`, 'u');
const RUNS = new RegExp(`(?:(?=[${UNSPACED}])[\\p{L}\\p{M}])+|(?:(?![${UNSPACED}])[^])+`, 'gu');

/**
 * In lower case. Where a script has no blanks, each letter with the next: pairs do for finding texts what words do (Lucene’s
 * CJKBigramFilter), and are the same in every browser, which lists of words (Intl.Segmenter) are not.
 */
export function wordsOf(text: string): string[] {
  const words: string[] = text.toLowerCase().match(WORD) ?? [];
  return HAS_UNSPACED.test(text) ? words.flatMap((word) => word.match(RUNS) ?? []).flatMap(pairsOf) : words;
}

function pairsOf(run: string): string | string[] {
  if (!HAS_UNSPACED.test(run)) return run;
  const letters = run.match(/\P{M}\p{M}*/gu) ?? [run];
  return letters.length < 2 ? run : letters.slice(1).map((letter, at) => `${letters[at]!}${letter}`);
}

/** How long a text is, and whether it is of several words: a letter of a script without blanks says about as much as three of ours. */
export function textSize(text: string): { readonly letters: number; readonly isOfWords: boolean } {
  if (!HAS_UNSPACED.test(text)) return { letters: text.length, isOfWords: /\s/.test(text) };
  const unspaced = (text.match(RUNS) ?? []).reduce(
    (sum, run) => sum + (HAS_UNSPACED.test(run) ? run.length : 0),
    0,
  );
  return { letters: text.length + 2 * unspaced, isOfWords: unspaced >= UNSPACED_WORDS || /\s/.test(text) };
}

/** Letters without blanks that are no longer one word, nor the name of a person. */
const UNSPACED_WORDS = 6;

/** Down to half of `most`, the rarest first, so that it is done once in so many words, whatever they are. How many were forgotten. */
export function forgetRare(counts: Map<string, number>, most: number): number {
  const before = counts.size;
  for (let least = 1; counts.size > most / 2; least += 1)
    for (const [word, count] of counts) if (count <= least) counts.delete(word);
  return before - counts.size;
}

/** Of the texts: a word that more of them hold is of the language, not of the matter. */
export const COMMON = 0.6;
