// Lists of numbers as they are typed into one field.

/** "200, 200" → [200, 200]; what is no number stays text, for the schema to refuse by name. */
export const numbersTyped = (text: string): (number | string)[] =>
  text
    .split(/[\s,;]+/)
    .filter((part) => part !== '')
    .map((part) => (Number.isFinite(Number(part)) ? Number(part) : part));
