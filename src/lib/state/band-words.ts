// The band of noise about a count, apart from the words of surveys: pages of devices say it too.
import { number } from './format.ts';

/** How far off a count may be, 95 times of 100; undefined: it is exact. */
export const bandWords = (deviation: number): string | undefined =>
  deviation === 0 ? undefined : `± ${number(1.96 * deviation, 2)}`;
