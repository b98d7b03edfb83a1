// What a word of a text is, for all that asks: terms, explanations, figures of texts.

/** Letters and digits of any script, apostrophes inside. */
export const WORD = /[\p{L}\p{N}]+(?:['’][\p{L}]+)*/gu;

/** In lower case. */
export const wordsOf = (text: string): string[] => text.toLowerCase().match(WORD) ?? [];

/** Down to half of `most`, the rarest first, so that it is done once in so many words, whatever they are. How many were forgotten. */
export function forgetRare(counts: Map<string, number>, most: number): number {
  const before = counts.size;
  for (let least = 1; counts.size > most / 2; least += 1)
    for (const [word, count] of counts) if (count <= least) counts.delete(word);
  return before - counts.size;
}

/** Of the texts: a word that more of them hold is of the language, not of the matter. */
export const COMMON = 0.6;
