// A text with what each of its words adds to a prediction, for the eye: its words stand where they stood, and what lies between them too.
import { splitterOf } from '../recipe/terms-of.ts';
import { WORD } from '../recipe/words-of.ts';
import type { WordEffect } from './words-by-lime.ts';

export interface MarkedPart {
  readonly text: string;
  /** 0 between words, and for a word that no term holds. */
  readonly effect: number;
}

/**
 * A term of several words is shared among them, at each place where they stand in a row. `of`, `longest`: what the recipe takes for terms
 * (core/recipe/steps/terms.ts). Σ parts ≠ Σ effects where a word stands in the text several times: each place bears the whole.
 */
export function markedText(
  text: string,
  words: readonly WordEffect[],
  { of, longest }: { readonly of: string; readonly longest: number },
): MarkedPart[] {
  const effects = new Map(words.map(({ term, effect }) => [term, effect]));
  const found = [...text.matchAll(WORD)];
  const said = found.map(([word]) => word.toLowerCase());
  const own = new Float64Array(found.length);
  if (of === 'letters') {
    const split = splitterOf(of, longest);
    for (const [at, word] of said.entries())
      for (const run of new Set(split(word))) own[at]! += effects.get(run) ?? 0;
  } else
    for (let size = 1; size <= longest; size += 1)
      for (let from = 0; from + size <= said.length; from += 1) {
        const effect = effects.get(said.slice(from, from + size).join(' '));
        if (effect !== undefined) for (let at = from; at < from + size; at += 1) own[at]! += effect / size;
      }
  const parts: MarkedPart[] = [];
  let end = 0;
  for (const [at, match] of found.entries()) {
    if (match.index > end) parts.push({ text: text.slice(end, match.index), effect: 0 });
    parts.push({ text: match[0], effect: own[at]! });
    end = match.index + match[0].length;
  }
  if (end < text.length) parts.push({ text: text.slice(end), effect: 0 });
  return parts;
}
