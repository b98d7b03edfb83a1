// What training takes in energy: time that it took, by watts. No page and no program here measures watts, so that every figure is a range,
// and says by which watts. Time by power is how others estimate it too: CodeCarbon's methodology where it finds no counter (half of a
// processor's thermal design power, and 10 to 20 W for memory).

export interface LowHigh {
  readonly low: number;
  readonly high: number;
}

/**
 * What whole devices draw while one tab trains, screen and charger left out.
 *
 * - phone: one core under SPECint takes 2.0 W (Snapdragon 865) to 3.4 W (888), as reviewers measured with the chips' launch (Golden
 *   Reviewer, January 2021); that a whole phone takes no more than 6 W for long is an assumption.
 * - laptop: Apple's support page on the power consumption of the Mac mini has 6.8 W idle and 39 W at most of the chip that its laptops of
 *   2020 have (M1), 50 W of the next; chargers of 60 W bound what others can draw for long.
 * - desktop: the same page has 20 W idle and 122 W at most of a six-core Intel Core i7 (2018).
 * - graphics-card: CodeCarbon's record of a training on a desktop (emissions.csv of tomaarsen/span-marker-bert-base-orgs, Hugging Face) has
 *   313 W of an RTX 3090 by its own counter, and 54 W of processor and memory by its estimate. Larger cards take up to 450 W; that a small
 *   network leaves one at 100 W is an assumption.
 */
export const deviceKinds = {
  phone: { title: 'phone or tablet', many: 'phones', watts: { low: 2, high: 6 } },
  laptop: { title: 'laptop', many: 'laptops', watts: { low: 10, high: 60 } },
  desktop: { title: 'desktop computer', many: 'desktop computers', watts: { low: 30, high: 120 } },
  'graphics-card': {
    title: 'computer with a graphics card',
    many: 'computers with a graphics card',
    watts: { low: 100, high: 450 },
  },
} as const satisfies Readonly<
  Record<string, { readonly title: string; readonly many: string; readonly watts: LowHigh }>
>;
export type DeviceKind = keyof typeof deviceKinds;
export const deviceKindNames = Object.keys(deviceKinds) as [DeviceKind, ...DeviceKind[]];

/** Of somebody's own figure: a quarter less and more. That is an assumption; who says "about 40 W" means no more than that. */
export const aboutWatts = (watts: number): LowHigh => ({ low: 0.75 * watts, high: 1.25 * watts });

/** Watt-hours. */
export const energyOf = (milliseconds: number, watts: LowHigh): LowHigh => ({
  low: (milliseconds / 3_600_000) * watts.low,
  high: (milliseconds / 3_600_000) * watts.high,
});

const plain = (value: number): string => String(Number(value.toPrecision(2)));

/** "5 to 20 W" */
export const wattsWords = ({ low, high }: LowHigh): string => `${plain(low)} to ${plain(high)} W`;

/** "between 0.42 and 1.7 Wh": two digits are more than is known. */
export function energyWords({ low, high }: LowHigh): string {
  if (high < 0.01) return 'less than 0.01 Wh';
  return high < 1000
    ? `between ${plain(low)} and ${plain(high)} Wh`
    : `between ${plain(low / 1000)} and ${plain(high / 1000)} kWh`;
}
