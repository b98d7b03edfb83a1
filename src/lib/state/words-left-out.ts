// What each word of a text adds to an answer, of a model that takes the text as it stands: LIME over its words (core/explanation), each
// left out of the text itself, so that it does not matter what a recipe makes of it.
import { askedAtOnce } from '../core/explanation/asked-at-once.ts';
import { wordsByLime, type WordEffect } from '../core/explanation/words-by-lime.ts';
import { WORD } from '../core/recipe/words-of.ts';

/** Of more words, those that move the answer most when they alone are missing. */
const MOST_WORDS = 120;
/** Words are left out of the beginning; what comes behind it stays as it is. */
export const LETTERS_ASKED = 20_000;
/** Texts that are made and asked about in one go: the page answers in between. */
const AT_ONCE = 32;

type Score = (texts: readonly string[]) => Promise<ArrayLike<number>>;

/** The largest effect first; none of a text without a word. */
export async function wordsLeftOut(text: string, score: Score): Promise<readonly WordEffect[]> {
  const { terms, without } = wordsOf(text);
  const scoreWithout = async (out: readonly ReadonlySet<string>[]): Promise<Float64Array> => {
    const scores = new Float64Array(out.length);
    for (let from = 0; from < out.length; from += AT_ONCE)
      scores.set(Array.from(await score(out.slice(from, from + AT_ONCE).map(without))), from);
    return scores;
  };
  const chosen = terms.length <= MOST_WORDS ? terms : await mostTelling(terms, scoreWithout);
  // Pairs of a term and whether it is there, as wordsByLime has them.
  const row = Float32Array.from(chosen.flatMap((_, at) => [at, 1]));
  const place = { name: '', from: 0, to: row.length };
  const { words } = await askedAtOnce(
    (ask) => wordsByLime(ask, row, { place, terms: chosen, seed: 1 }),
    (rows, count) =>
      scoreWithout(
        Array.from(
          { length: count },
          (_, sample) => new Set(chosen.filter((_, at) => rows[sample * row.length + 2 * at + 1] === 0)),
        ),
      ),
  );
  return words;
}

/** The words of the beginning, each once and in lower case, and the text without some of them. */
function wordsOf(text: string) {
  const parts: { readonly text: string; readonly term: string | undefined }[] = [];
  let end = 0;
  for (const { 0: word, index } of text.slice(0, LETTERS_ASKED).matchAll(WORD)) {
    parts.push({ text: text.slice(end, index), term: undefined }, { text: word, term: word.toLowerCase() });
    end = index + word.length;
  }
  const rest = text.slice(end);
  return {
    terms: [...new Set(parts.flatMap(({ term }) => term ?? []))],
    without: (out: ReadonlySet<string>): string =>
      parts.map((part) => (part.term !== undefined && out.has(part.term) ? '' : part.text)).join('') + rest,
  };
}

async function mostTelling(
  terms: readonly string[],
  scoreWithout: (out: readonly ReadonlySet<string>[]) => Promise<Float64Array>,
): Promise<readonly string[]> {
  const scores = await scoreWithout([new Set(), ...terms.map((term) => new Set([term]))]);
  const moved = (at: number): number => Math.abs((scores[at + 1] ?? 0) - (scores[0] ?? 0));
  return terms
    .map((term, at) => ({ term, by: moved(at) }))
    .toSorted((a, b) => b.by - a.by)
    .slice(0, MOST_WORDS)
    .map(({ term }) => term);
}
