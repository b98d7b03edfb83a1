// Which category a cell names, at the speed of a hash look-up: spellings seen before are found by their bytes, new ones go
// once through the rules.
import { isMissing } from './missing.ts';

export const MISSING = -1;
export const UNKNOWN = -2;

export interface CategoryMatcher {
  /** Index of the category, MISSING or UNKNOWN, for the cell bytes[start, end) whose text `text()` gives. */
  match(bytes: Uint8Array, start: number, end: number, text: () => string): number;
}

/** The same spelling for "1", "1.0" and " 01": hospitals export one code in many ways. */
export const numericSpelling = (text: string): string | undefined => {
  if (!/^[+-]?\d+(\.\d*)?$/.test(text)) return undefined;
  // Beyond 2^53 two numbers of accounts would be one.
  return /^\d{16,}$/.test(text) ? text.replace(/^0+(?=\d)/, '') : String(Number(text));
};

/** Spellings that mean each category, by how closely they must be met. */
export interface Spellings {
  readonly exact: ReadonlyMap<string, number>;
  /** Lower case; UNKNOWN where two categories differ in case alone. */
  readonly folded: ReadonlyMap<string, number>;
  /** Canonical numbers; UNKNOWN where two categories are the same number. */
  readonly numeric: ReadonlyMap<string, number>;
}

/** `categories[k]` lists the spellings of category k. */
export function categorySpellings(categories: readonly (readonly string[])[]): Spellings {
  const exact = new Map<string, number>();
  const folded = new Map<string, number>();
  const numeric = new Map<string, number>();
  const offer = (map: Map<string, number>, key: string, index: number): void => {
    const holder = map.get(key);
    map.set(key, holder === undefined || holder === index ? index : UNKNOWN);
  };
  for (const [index, values] of categories.entries())
    for (const value of values) {
      exact.set(value, index);
      offer(folded, value.toLowerCase(), index);
      const number = numericSpelling(value);
      if (number !== undefined) offer(numeric, number, index);
    }
  return { exact, folded, numeric };
}

/** The category of a cell: by its exact spelling, else without regard to case, else as a number; else missing or unknown. */
export function categoryOf(spellings: Spellings, text: string): number {
  const exact = spellings.exact.get(text);
  if (exact !== undefined) return exact;
  const folded = spellings.folded.get(text.toLowerCase());
  if (folded !== undefined) return folded;
  const number = numericSpelling(text);
  const numeric = number === undefined ? undefined : spellings.numeric.get(number);
  if (numeric !== undefined) return numeric;
  return isMissing(text) ? MISSING : UNKNOWN;
}

const SLOTS = 4096;
const REMEMBERED = 2048;

/** `categories[k]` lists the spellings of category k. */
export function categoryMatcher(categories: readonly (readonly string[])[]): CategoryMatcher {
  const spellings = categorySpellings(categories);
  const seen: (Uint8Array | undefined)[] = new Array<Uint8Array | undefined>(SLOTS).fill(undefined);
  const answers = new Int32Array(SLOTS);
  let remembered = 0;

  return {
    match(bytes, start, end, text) {
      // FNV-1a over the bytes as they stand.
      let hash = 0x811c9dc5;
      for (let i = start; i < end; i += 1) hash = Math.imul(hash ^ bytes[i]!, 0x01000193);
      let slot = (hash ^ (hash >>> 15)) & (SLOTS - 1);
      for (let known = seen[slot]; known !== undefined; known = seen[slot]) {
        let same = known.length === end - start;
        for (let i = 0; same && i < known.length; i += 1) same = known[i] === bytes[start + i];
        if (same) return answers[slot]!;
        slot = (slot + 1) & (SLOTS - 1);
      }
      const answer = categoryOf(spellings, text());
      // A free-text column would fill the table: what no longer fits goes through the rules each time.
      if (remembered < REMEMBERED && end - start <= 256) {
        seen[slot] = bytes.slice(start, end);
        answers[slot] = answer;
        remembered += 1;
      }
      return answer;
    },
  };
}
