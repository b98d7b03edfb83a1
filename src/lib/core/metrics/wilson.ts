// The interval of a share that was counted (Wilson 1927): unlike the textbook's p ± z·s it stays within 0 and 1.

/** The 97.5 % point of the standard normal distribution. */
export const z95 = 1.959963984540054;

export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** Wilson's interval for `hits` of `count`; undefined where nothing was counted. */
export function wilson(hits: number, count: number): Interval | undefined {
  if (count <= 0) return undefined;
  const share = hits / count;
  const centre = share + (z95 * z95) / (2 * count);
  const reach = z95 * Math.sqrt((share * (1 - share)) / count + (z95 * z95) / (4 * count * count));
  const scale = 1 + (z95 * z95) / count;
  return { low: Math.max(0, (centre - reach) / scale), high: Math.min(1, (centre + reach) / scale) };
}
