// Labels that a person gives a device, as they are typed: words separated by commas. Pages read them without any schema.

/** At most 40 characters; a label is compared in lower case. */
export const tagPattern = /^[\p{L}\p{N}][\p{L}\p{N}._-]{0,39}$/u;
export const MOST_TAGS = 20;

/** In the order typed, each once; undefined where one is no label, or there are too many. */
export function parseTags(text: string): string[] | undefined {
  const typed = text.split(',').map((one) => one.trim().toLowerCase());
  const tags = [...new Set(typed.filter((one) => one !== ''))];
  return tags.length <= MOST_TAGS && tags.every((tag) => tagPattern.test(tag)) ? tags : undefined;
}
