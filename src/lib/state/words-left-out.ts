// What each word of a text adds to an answer, of a model that takes the text as it stands: LIME over its words (core/explanation), each
// left out of the text itself, so that it does not matter what a recipe makes of it.
import { askedAtOnce } from '../core/explanation/asked-at-once.ts';
import { wordsByLime, type WordEffect } from '../core/explanation/words-by-lime.ts';
import { WORD, wordsOf } from '../core/recipe/words-of.ts';

/** Of more words, those that move the answer most when they alone are missing. */
const MOST_WORDS = 120;

/** The largest effect first; none of a text without a word. `score` [texts] */
export async function wordsLeftOut(
  text: string,
  score: (texts: readonly string[]) => Promise<ArrayLike<number>>,
): Promise<readonly WordEffect[]> {
  const terms = [...new Set(wordsOf(text))];
  const without = (isOut: (word: string) => boolean): string =>
    text.replaceAll(WORD, (word) => (isOut(word.toLowerCase()) ? '' : word));
  const chosen = terms.length <= MOST_WORDS ? terms : await mostTelling(terms, text, without, score);
  // Pairs of a term and whether it is there, as wordsByLime has them.
  const row = Float32Array.from(chosen.flatMap((_, at) => [at, 1]));
  const place = { name: '', from: 0, to: row.length };
  const { words } = await askedAtOnce(
    (ask) => wordsByLime(ask, row, { place, terms: chosen, seed: 1 }),
    (rows, count) =>
      score(
        Array.from({ length: count }, (_, sample) => {
          const out = new Set(chosen.filter((_, at) => rows[sample * row.length + 2 * at + 1] === 0));
          return without((word) => out.has(word));
        }),
      ),
  );
  return words;
}

async function mostTelling(
  terms: readonly string[],
  text: string,
  without: (isOut: (word: string) => boolean) => string,
  score: (texts: readonly string[]) => Promise<ArrayLike<number>>,
): Promise<readonly string[]> {
  const scores = await score([text, ...terms.map((term) => without((word) => word === term))]);
  const moved = (at: number): number => Math.abs((scores[at + 1] ?? 0) - (scores[0] ?? 0));
  return terms
    .map((term, at) => ({ term, by: moved(at) }))
    .toSorted((a, b) => b.by - a.by)
    .slice(0, MOST_WORDS)
    .map(({ term }) => term);
}
