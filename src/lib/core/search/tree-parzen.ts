// Where to try next, by what was tried: the tree-structured Parzen estimator (Bergstra, Bardenet, Bengio & Kégl 2011, "Algorithms for
// Hyper-Parameter Optimization", §4). The trials are parted at a quantile into good and bad; each dimension gets a density of both, a
// mixture of truncated normals round what was tried and of the prior; of candidates drawn from the good one, that with the highest
// ratio good/bad, which is the highest expected improvement (eq. 3), is next.
// Widths are Bergstra's: the larger of the distances to the two neighbours, kept between 1/min(100, 1 + n) and the whole range.
import { random, type Random } from '../random.ts';
import { fromUnit, toUnit, type Setting, type Space } from './space.ts';

export interface Trial {
  readonly setting: Setting;
  /** Lower is better; a trial that failed is Infinity. */
  readonly loss: number;
}

export interface ParzenOptions {
  readonly seed: number;
  /** Trials drawn from the prior before any density is made. */
  readonly startup?: number;
  /** γ: the share of trials that count as good, 25 at most (Bergstra's own code takes 0.25·√n of n; the paper 0.15). */
  readonly good?: number;
  /** Candidates drawn for each dimension. */
  readonly candidates?: number;
}

/** The next place to try. The same trials and seed give the same place. */
export function nextByParzen(space: Space, trials: readonly Trial[], options: ParzenOptions): Setting {
  const draw = random(options.seed, 'parzen', trials.length);
  const startup = options.startup ?? 10;
  if (trials.length < startup) return byPrior(space, draw);
  const sorted = trials.toSorted((a, b) => a.loss - b.loss);
  const good = Math.max(1, Math.min(25, Math.ceil((options.good ?? 0.15) * sorted.length)));
  return Object.fromEntries(
    space.map((dimension) => {
      const units = sorted.map(({ setting }) => toUnit(dimension, setting[dimension.name] ?? 0));
      const better = mixtureOf(units.slice(0, good));
      const worse = mixtureOf(units.slice(good));
      let best = 0.5;
      let highest = -Infinity;
      for (let i = 0; i < (options.candidates ?? 24); i += 1) {
        const candidate = drawFrom(better, draw);
        const ratio = Math.log(densityAt(better, candidate)) - Math.log(densityAt(worse, candidate));
        if (ratio <= highest) continue;
        highest = ratio;
        best = candidate;
      }
      return [dimension.name, fromUnit(dimension, best)];
    }),
  );
}

/** A place drawn evenly along each dimension's scale. */
export const byPrior = (space: Space, draw: Random): Setting =>
  Object.fromEntries(space.map((dimension) => [dimension.name, fromUnit(dimension, draw.next())]));

/** Normals truncated to 0–1, of equal weight. */
interface Mixture {
  readonly means: readonly number[];
  readonly widths: readonly number[];
  /** The mass of each within 0–1. */
  readonly masses: readonly number[];
}

function mixtureOf(units: readonly number[]): Mixture {
  // The prior is one more normal, at the middle and as wide as the range.
  const places = [...units.map((mean) => ({ mean, isPrior: false })), { mean: 0.5, isPrior: true }].toSorted(
    (a, b) => a.mean - b.mean,
  );
  const narrowest = 1 / Math.min(100, 1 + places.length);
  const means = places.map((one) => one.mean);
  const widths = places.map(({ isPrior }, at) => {
    if (isPrior) return 1;
    const below = at === 0 ? means[at]! : means[at]! - means[at - 1]!;
    const above = at === means.length - 1 ? 1 - means[at]! : means[at + 1]! - means[at]!;
    return Math.min(1, Math.max(narrowest, below, above));
  });
  const masses = means.map(
    (mean, at) => normalCdf((1 - mean) / widths[at]!) - normalCdf(-mean / widths[at]!),
  );
  return { means, widths, masses };
}

function drawFrom({ means, widths }: Mixture, draw: Random): number {
  const at = draw.below(means.length);
  for (;;) {
    const value = means[at]! + widths[at]! * draw.normal();
    if (value >= 0 && value <= 1) return value;
  }
}

function densityAt({ means, widths, masses }: Mixture, x: number): number {
  let sum = 0;
  for (let at = 0; at < means.length; at += 1) {
    const z = (x - means[at]!) / widths[at]!;
    sum += Math.exp((-z * z) / 2) / (widths[at]! * masses[at]!);
  }
  return sum / (means.length * Math.sqrt(2 * Math.PI));
}

/** Φ(z), by Abramowitz & Stegun 26.2.17: 7.5 · 10⁻⁸ is enough to weigh a mixture. */
function normalCdf(z: number): number {
  const t = 1 / (1 + 0.2316419 * Math.abs(z));
  const tail =
    (Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)) *
    t *
    (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  return z >= 0 ? 1 - tail : tail;
}
