// Names and cells in a sentence.

/** Cell and file texts as they appear in messages: short, and on one line. */
export const quoted = (text: string): string => {
  const line = text.replace(/[\u0000-\u001f\u007f]+/g, ' ').trim();
  return `“${line.length > 40 ? `${line.slice(0, 39)}…` : line}”`;
};

/** "a, b, c and 4 more" */
export const listOf = (items: readonly string[], maximum = 6): string =>
  items.length <= maximum
    ? items.join(', ')
    : `${items.slice(0, maximum).join(', ')} and ${items.length - maximum} more`;
