// Dates and times as cells hold them: ISO 8601, and nothing that two countries read differently.

/** ISO 8601, as Date reads it everywhere: a day, or a moment with its minutes; a time without a zone is taken as UTC. */
const ISO = /^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:?\d{2})?)?$/;

/** Milliseconds since 1970; NaN where the text is no ISO 8601 date or time. */
export function isoTime(text: string): number {
  if (!ISO.test(text)) return NaN;
  const written = text.replace(' ', 'T').replace(/([+-]\d{2})(\d{2})$/, '$1:$2');
  return Date.parse(/T/.test(written) && !/(Z|[+-]\d{2}:\d{2})$/.test(written) ? `${written}Z` : written);
}

export const DAY_MS = 86_400_000;

/** A day where the moment is one in UTC, else the moment. */
export function isoText(milliseconds: number): string {
  const text = new Date(milliseconds).toISOString();
  return text.endsWith('T00:00:00.000Z') ? text.slice(0, 10) : text.replace('.000Z', 'Z');
}
