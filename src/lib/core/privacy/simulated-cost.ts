// What noise cost in accuracy where it was measured: bench/private-mnist.bench.ts, MNIST by softmax regression over 1,000 devices of 60
// rows, 20 rounds with all of them, clip norm 0.5. Noise is measured beside what it is added to: its length in a round's average, in
// clip norms, z·√d/m for d parameters and m updates; another model's noise of that length harms it about as much, and about is why a
// range is shown.

interface Measured {
  readonly ratio: number;
  /** Points of accuracy below the same run without clipping and noise, 86.85 %; one seed, so a tenth or two is chance. */
  readonly lost: number;
}

/** ε 8, 4, 2, 1 and 0.5 at δ 0.0005. */
const measured: readonly Measured[] = [
  { ratio: 0, lost: 0 },
  { ratio: 0.198, lost: 0.07 },
  { ratio: 0.343, lost: 0.22 },
  { ratio: 0.608, lost: 0.07 },
  { ratio: 1.096, lost: 0.25 },
  { ratio: 1.986, lost: 1.1 },
];

export interface CostRange {
  readonly least: number;
  /** Null: more noise than any simulation had. */
  readonly most: number | null;
}

/**
 * Points of accuracy that noise of `ratio` cost: at least what the simulation with the next smaller noise, or any with more, lost; at
 * most what the next larger, or any with less, did.
 */
export function costRange(ratio: number): CostRange {
  const above = measured.findIndex((one) => one.ratio > ratio);
  const from = above < 0 ? measured.length - 1 : above - 1;
  const lost = measured.map((one) => one.lost);
  return {
    least: Math.min(...lost.slice(from)),
    most: above < 0 ? null : Math.max(...lost.slice(0, above + 1)),
  };
}
