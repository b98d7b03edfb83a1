// What people write into a cell that has no value.

/** Lower case. An empty cell is missing too. */
export const MISSING_WORDS: ReadonlySet<string> = new Set(['', '?', 'na', 'n/a', 'nan', 'null', '-', '#n/a']);

/** Whether a cell says that its value is missing. A contract's own category of the same spelling goes first. */
export const isMissing = (text: string): boolean =>
  text.length <= 4 && MISSING_WORDS.has(text.trim().toLowerCase());
