// Buckets of hashed terms as bars. Apart from a survey's words, which the page of a device's rounds loads too.
import type { Bar } from './console-survey-question.ts';
import { count } from './format.ts';

/** By the rows that hold one, each bar of twice as many rows as the one before. */
export function heldItems(
  held: readonly number[],
  { rows, least }: { readonly rows: number; readonly least: number },
): Bar[] {
  const bars = [{ label: `fewer than ${count(least)} rows`, from: 0, to: least }];
  for (let from = least; from <= rows; from *= 2)
    bars.push({ label: `${count(from)} – ${count(Math.min(rows, 2 * from - 1))}`, from, to: 2 * from });
  return bars.map(({ label, from, to }) => {
    const value = held.filter((one) => one >= from && one < to).length;
    return { label, value, text: count(value) };
  });
}
