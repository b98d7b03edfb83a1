// The privacy loss distribution of the Poisson-subsampled Gaussian mechanism, composed T times: ε at δ to about 10⁻⁴, and never below
// the truth by the grid. Doroshenko, Ghazi, Kamath, Kumar & Manurangsi 2022, "Connect the Dots: Tighter Discrete Approximations of
// Privacy Loss Distributions": the loss is put on a grid of 10⁻⁴ so that the hockey-stick divergence is exact at every point of it and
// above the truth between them. Both directions of adding or removing one participant are worked out, and the larger counts.
//
// The T-fold convolution is one Fourier transform. It is of the distribution tilted by e^(λ·loss) (Esscher 1932), with λ at the saddle
// point of the δ that is asked for: what matters then lies in the middle of a short window, and has its relative precision at any δ.
import { erfcx, normalTail } from './complementary-error.ts';
import { selfConvolved } from './fourier.ts';
import { gaussianEpsilon } from './gaussian.ts';

/** Of Google's dp_accounting too. */
const GRID = 1e-4;
/** Where a window is longer, the grid is coarser. */
const MOST_POINTS = 2 ** 21;
/** Noise beyond so many standard deviations (10⁻²³ of it) counts as no protection at all. */
const REACH = 10;
/** −ln of the mass that a window may leave out, relative to δ. */
const LEFT_OUT = 36;

/** A distribution of the loss on whole multiples of `grid`. */
interface Losses {
  /** masses[i] is P(loss = (first + i) · grid). */
  readonly masses: Float64Array;
  /** Their logarithms. */
  readonly logMasses: Float64Array;
  readonly first: number;
  readonly grid: number;
  /** P(loss = ∞). */
  readonly infinite: number;
}

type Direction = 'remove' | 'add';

/** The privacy loss at noise z where one participant is removed; that of adding one is its negative. */
const lossAt = (q: number, variance: number, z: number): number => {
  const u = (2 * z - 1) / (2 * variance);
  return u > 30 ? u + Math.log(q) + Math.log1p(((1 - q) / q) * Math.exp(-u)) : Math.log1p(q * Math.expm1(u));
};

/** The z with e^((2z−1)/(2σ²)) = `ratio`. */
const noiseAt = (variance: number, ratio: number): number => variance * Math.log(ratio) + 0.5;

/**
 * Hockey-stick divergence δ(ε) of one release, in forms that keep their relative precision; with x = e^((2z−1)/(2σ²)) at the z
 * beyond which the loss exceeds ε:
 * remove: q·[Φ̄((z−1)/σ) − x·Φ̄(z/σ)];  add: e^ε·q·[x·Φ(z/σ) − Φ((z−1)/σ)].
 */
function divergence(direction: Direction, q: number, sigma: number, epsilon: number): number {
  const variance = sigma * sigma;
  const scale = Math.SQRT1_2 / sigma;
  const density = (z: number): number => 0.5 * Math.exp(-((z - 1) * (z - 1)) / (2 * variance));
  if (direction === 'remove') {
    const ratio = (Math.expm1(epsilon) + q) / q;
    if (!(ratio > 0)) return -Math.expm1(epsilon);
    const z = ratio === Infinity ? variance * (epsilon - Math.log(q)) + 0.5 : noiseAt(variance, ratio);
    if (z >= 1) return q * density(z) * (erfcx((z - 1) * scale) - erfcx(z * scale));
    const second = z >= 0 ? density(z) * erfcx(z * scale) : ratio * normalTail(z / sigma);
    return q * (normalTail((z - 1) / sigma) - second);
  }
  const ratio = (Math.expm1(-epsilon) + q) / q;
  if (!(ratio > 0)) return 0;
  const z = ratio === Infinity ? variance * (-epsilon - Math.log(q)) + 0.5 : noiseAt(variance, ratio);
  if (z <= 0) return Math.exp(epsilon) * q * density(z) * (erfcx(-z * scale) - erfcx((1 - z) * scale));
  // e^ε·q·x = 1 − e^ε·(1−q).
  const second = z <= 1 ? density(z) * erfcx((1 - z) * scale) : 1 - normalTail((z - 1) / sigma);
  return (1 - Math.exp(epsilon) * (1 - q)) * (1 - normalTail(z / sigma)) - Math.exp(epsilon) * q * second;
}

/** One release on the grid. */
function lossesOf(direction: Direction, q: number, sigma: number, grid: number): Losses {
  const variance = sigma * sigma;
  const [lowest, highest] =
    direction === 'remove'
      ? [lossAt(q, variance, -REACH * sigma), lossAt(q, variance, 1 + REACH * sigma)]
      : [-lossAt(q, variance, REACH * sigma), -lossAt(q, variance, -REACH * sigma)];
  const first = Math.floor(lowest / grid);
  const last = Math.ceil(highest / grid);
  const at = (index: number): number => divergence(direction, q, sigma, index * grid);
  const masses = new Float64Array(last - first + 1);
  const falling = 1 / -Math.expm1(-grid);
  const rising = 1 / Math.expm1(grid);
  let before = at(first);
  let here = at(first + 1);
  let rest = 0;
  for (let i = first + 1; i < last; i += 1) {
    const after = at(i + 1);
    const mass = Math.max(0, (before - here) * falling - (here - after) * rising);
    masses[i - first] = mass;
    rest += mass;
    [before, here] = [here, after];
  }
  // The topmost point: nothing finite lies above it.
  const infinite = Math.max(0, here);
  const topmost = Math.max(0, (before - here) * falling);
  masses[last - first] = topmost;
  masses[0] = Math.max(0, 1 - rest - topmost - infinite);
  return { masses, logMasses: masses.map(Math.log), first, grid, infinite };
}

interface Cumulant {
  /** K(λ) = ln Σ p · e^(λ · loss), over finite losses. */
  readonly value: number;
  /** K′(λ): the mean of the tilted loss. */
  readonly mean: number;
  /** K″(λ): its variance. */
  readonly variance: number;
}

function cumulant({ logMasses, first, grid }: Losses, lambda: number): Cumulant {
  let top = -Infinity;
  for (let i = 0; i < logMasses.length; i += 1) {
    const exponent = logMasses[i]! + lambda * (first + i) * grid;
    if (exponent > top) top = exponent;
  }
  let [sum, sum1, sum2] = [0, 0, 0];
  for (let i = 0; i < logMasses.length; i += 1) {
    const loss = (first + i) * grid;
    const exponent = logMasses[i]! + lambda * loss - top;
    // Two million points of e⁻⁶⁰ do not reach the last digit.
    if (exponent < -60) continue;
    const weight = Math.exp(exponent);
    sum += weight;
    sum1 += weight * loss;
    sum2 += weight * loss * loss;
  }
  const mean = sum1 / sum;
  return { value: top + Math.log(sum), mean, variance: Math.max(0, sum2 / sum - mean * mean) };
}

/**
 * λ with T·(K(λ) − λ·K′(λ)) ≈ ln δ: that of the Chernoff bound of δ. To half a standard deviation of the tilted loss, which is near
 * enough: the loss that is looked for then lies well within the window.
 */
function saddle(losses: Losses, steps: number, delta: number): number {
  let spread = 0;
  const exceeds = (lambda: number): boolean => {
    const { value, mean, variance } = cumulant(losses, lambda);
    spread = Math.sqrt(steps * variance);
    return steps * (value - lambda * mean) > Math.log(delta);
  };
  const most = 0.25 / losses.grid;
  let [low, high] = [0, 1];
  while (high < most && exceeds(high)) [low, high] = [high, 2 * high];
  while (high * spread > 0.5 && low === 0) {
    if (exceeds(high / 2)) low = high / 2;
    else high /= 2;
  }
  while ((high - low) * spread > 0.5) {
    const middle = (low + high) / 2;
    if (exceeds(middle)) low = middle;
    else high = middle;
  }
  return low;
}

/** Losses between which all but e^(−LEFT_OUT) of the T-fold tilted distribution lies, by Chernoff's bound on either side. */
function windowOf(
  losses: Losses,
  steps: number,
  lambda: number,
  centre: Cumulant,
): readonly [number, number] {
  const unit = Math.sqrt((2 * LEFT_OUT) / Math.max(steps * centre.variance, Number.MIN_VALUE));
  let upper = (losses.first + losses.masses.length - 1) * losses.grid * steps;
  let lower = losses.first * losses.grid * steps;
  for (const factor of [1 / 8, 1 / 4, 1 / 2, 3 / 4, 1, 1.5, 2, 4]) {
    const s = unit * factor;
    const above = steps * (cumulant(losses, lambda + s).value - centre.value);
    upper = Math.min(upper, (above + LEFT_OUT) / s);
    const below = steps * (cumulant(losses, lambda - s).value - centre.value);
    lower = Math.max(lower, -(below + LEFT_OUT) / s);
  }
  return [lower, upper];
}

/** ε at δ of the T-fold composition; how many points its window has where those are too many. */
function composedEpsilon(losses: Losses, steps: number, delta: number): number | { readonly points: number } {
  const { masses, first, grid } = losses;
  const infinite = -Math.expm1(steps * Math.log1p(-losses.infinite));
  if (infinite >= delta) return Infinity;
  const lambda = saddle(losses, steps, delta);
  const centre = cumulant(losses, lambda);
  const [lower, upper] = windowOf(losses, steps, lambda, centre);
  const lowest = Math.floor(lower / grid);
  const points = Math.ceil(upper / grid) - lowest + 1;
  if (points > MOST_POINTS) return { points };
  const length = 2 ** Math.max(4, Math.ceil(Math.log2(points)));
  // Indices modulo L: what falls out of the window at one end comes in at the other, and is e^(−LEFT_OUT) of it.
  const modulo = (index: number): number => ((index % length) + length) % length;
  const tilted = new Float64Array(length);
  for (let i = 0; i < masses.length; i += 1)
    if (masses[i]! > 0)
      tilted[modulo(first + i)]! += masses[i]! * Math.exp(lambda * (first + i) * grid - centre.value);
  const composed = selfConvolved(tilted, steps);

  // Untilted from the top down, relative to the middle of the window: mass = tilted · e^(T·K − λ·loss).
  const middle = Math.round((steps * centre.mean) / grid);
  const scale = steps * centre.value - lambda * middle * grid;
  const wanted = Math.exp(Math.log(delta - infinite) - scale);
  let mass = 0;
  /** Σ mass · e^(ε − loss), at the ε of the point that the loop has reached. */
  let discounted = 0;
  for (let index = lowest + length - 1; ; index -= 1) {
    discounted *= Math.exp(-grid);
    // δ(ε) at this point of the grid, of everything above it.
    if (mass - discounted > wanted)
      // Between this point and the one above: mass − e^(ε − this point) · discounted = wanted.
      return Math.max(0, index * grid + Math.log((mass - wanted) / discounted));
    if (index === lowest) return Math.max(0, index * grid);
    const own = Math.max(0, composed[modulo(index)]!) * Math.exp(lambda * (middle - index) * grid);
    mass += own;
    discounted += own;
  }
}

function directedEpsilon(
  direction: Direction,
  q: number,
  sigma: number,
  steps: number,
  delta: number,
  interval: number,
): number {
  const range = lossAt(q, sigma * sigma, 1 + REACH * sigma) - lossAt(q, sigma * sigma, -REACH * sigma);
  let grid = Math.max(interval, range / MOST_POINTS);
  for (;;) {
    const found = composedEpsilon(lossesOf(direction, q, sigma, grid), steps, delta);
    if (typeof found === 'number') return found;
    grid *= (1.05 * found.points) / MOST_POINTS;
  }
}

/**
 * ε ≥ 0 at `delta` of `steps` Poisson-subsampled Gaussian releases, add-or-remove one participant. `interval` is the grid's; it is
 * made coarser where the losses are so far apart that a million points would not hold them.
 */
export function pldEpsilon(
  samplingRate: number,
  noiseMultiplier: number,
  steps: number,
  delta: number,
  interval = GRID,
): number {
  if (steps === 0 || samplingRate === 0) return 0;
  if (noiseMultiplier === 0) return Infinity;
  if (samplingRate === 1) return gaussianEpsilon(noiseMultiplier, steps, delta);
  return Math.max(
    ...(['remove', 'add'] as const).map((direction) =>
      directedEpsilon(direction, samplingRate, noiseMultiplier, steps, delta, interval),
    ),
  );
}
