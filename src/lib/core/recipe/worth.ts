// What a column is worth to a model, by what was seen of it: nothing, a code, or what it says. Pages that draft a contract ask this too,
// and load no step for it.
import { IDENTIFIER_NAME } from '../exploration/identity.ts';

export interface Usefulness {
  readonly name: string;
  /** Values, missing ones left out; counting may stop at 1,001. */
  readonly distinct: number;
  readonly areNumbers: boolean;
  /** Letters of the longest value. */
  readonly longest: number;
}

/** Why no model should have the column, as the end of a sentence; undefined where it may. `rows`: of all, with missing ones. */
export function uselessReason(facts: Usefulness, rows: number): string | undefined {
  if (facts.name === '') return 'it has no name.';
  if (facts.name.length > 80) return 'its name is longer than 80 characters.';
  if (facts.distinct === 0) return 'it is empty in every row.';
  if (isIdentifier(facts, rows)) return 'it looks like an identifier, which no model should learn.';
  if (facts.distinct === 1) return 'it has the same value in every row.';
  if (facts.areNumbers) return undefined;
  if (facts.distinct > 1000) return 'it has more than 1,000 different texts, too many to be categories.';
  if (facts.distinct > Math.max(20, rows / 2))
    return 'its texts are nearly all different (names or free text).';
  if (facts.distinct > Math.max(20, rows / 5))
    return `it has ${facts.distinct} different texts in ${rows.toLocaleString('en')} rows: too few rows of each.`;
  if (facts.longest > 80) return 'it holds free text.';
  return undefined;
}

export const isIdentifier = (
  { name, distinct }: Pick<Usefulness, 'name' | 'distinct'>,
  rows: number,
): boolean => IDENTIFIER_NAME.test(name) && distinct > rows / 2;

/** Whole numbers of few values are codes more often than quantities. `rows`: of all, with missing ones. */
export const looksCoded = (
  facts: { readonly areWhole: boolean; readonly distinct: number; readonly maximum: number },
  rows: number,
): boolean => facts.areWhole && facts.distinct <= 8 && facts.distinct * 10 <= rows && facts.maximum <= 100;

/** Mean letters from which a text is more than a name. */
const TEXT_LETTERS = 30;
const FEWEST_TEXTS = 10;

/** Whether texts are prose: long, of several words, and seldom the same. */
export const looksLikeProse = (seen: {
  readonly texts: number;
  /** Of all together, as textSize counts them. */
  readonly letters: number;
  /** Texts of several words. */
  readonly spaced: number;
  /** Of them that differ from one another, 0–1. */
  readonly share: number;
}): boolean =>
  seen.texts >= FEWEST_TEXTS &&
  seen.letters >= TEXT_LETTERS * seen.texts &&
  seen.spaced > 0.8 * seen.texts &&
  seen.share > 0.5;
