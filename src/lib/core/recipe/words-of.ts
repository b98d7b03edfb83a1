// What a word of a text is, for all that asks: terms, explanations, figures of texts.

/** Letters and digits of any script, apostrophes inside. */
export const WORD = /[\p{L}\p{N}]+(?:['’][\p{L}]+)*/gu;

/** In lower case. */
export const wordsOf = (text: string): string[] => text.toLowerCase().match(WORD) ?? [];

/** Of the texts: a word that more of them hold is of the language, not of the matter. */
export const COMMON = 0.6;
