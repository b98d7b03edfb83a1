// Points in a plane so that those near each other in the data stay near: t-SNE (van der Maaten & Hinton 2008). What draws points together
// is of each one's nearest alone (van der Maaten 2014, §4.1); what pushes them apart is exact, which is why rows are few. Begun at the
// principal axes, with a step of n/12 (Kobak & Berens 2019, Belkina et al. 2019): no draw is left, and the same rows give the same picture.

/** Beyond, somebody waits too long. */
export const MOST_NEIGHBOURLY = 2000;
const PERPLEXITY = 30;
const ITERATIONS = 500;
const EXAGGERATED = { iterations: 150, by: 12 };

/** `points` [count, width], the first two columns of which lay them out at first. Returns [count, 2]; each step is the share of the way. */
export function* tSne(
  points: Float64Array,
  count: number,
  perplexity = PERPLEXITY,
): Generator<number, Float64Array, undefined> {
  const width = count === 0 ? 0 : points.length / count;
  const places = laidOut(points, count, width);
  if (count < 4) return places;
  // Each of `perplexity` neighbours asks for three times as many.
  const around = Math.min(count - 1, Math.max(1, Math.round(3 * perplexity)));
  const near = yield* nearest(points, count, width, around);
  const pulls = affinities(near, count, around, Math.min(perplexity, (count - 1) / 3));
  const step = Math.max(count / EXAGGERATED.by, 50);
  const [speed, gains] = [new Float64Array(2 * count), new Float64Array(2 * count).fill(1)];
  const [pulled, pushed] = [new Float64Array(2 * count), new Float64Array(2 * count)];
  for (let iteration = 0; iteration < ITERATIONS; iteration += 1) {
    yield 0.1 + (0.9 * iteration) / ITERATIONS;
    const isEarly = iteration < EXAGGERATED.iterations;
    const whole = push(places, count, pushed);
    pull(places, pulls, pulled);
    const [momentum, strength] = isEarly ? [0.5, EXAGGERATED.by] : [0.8, 1];
    for (let i = 0; i < 2 * count; i += 1) {
      const slope = 4 * (strength * pulled[i]! - pushed[i]! / whole);
      gains[i] = Math.max(0.01, slope > 0 === speed[i]! > 0 ? gains[i]! * 0.8 : gains[i]! + 0.2);
      speed[i] = momentum * speed[i]! - step * gains[i]! * slope;
      places[i]! += speed[i]!;
    }
  }
  return places;
}

/** The first two axes, so small that nothing pushes yet. */
function laidOut(points: Float64Array, count: number, width: number): Float64Array {
  const places = new Float64Array(2 * count);
  let squares = 0;
  for (let row = 0; row < count; row += 1) squares += (points[row * width] ?? 0) ** 2;
  const scale = squares > 0 ? 1e-4 / Math.sqrt(squares / count) : 0;
  for (let row = 0; row < count; row += 1) {
    places[2 * row] = scale * (points[row * width] ?? 0);
    // What begins on one line would never leave it.
    places[2 * row + 1] = width < 2 ? 1e-6 * ((row % 7) - 3) : scale * points[row * width + 1]!;
  }
  return places;
}

interface Near {
  /** [count, around], the nearest first. */
  readonly rows: Uint32Array;
  /** Squared distances. */
  readonly squares: Float64Array;
}

function* nearest(
  points: Float64Array,
  count: number,
  width: number,
  around: number,
): Generator<number, Near, undefined> {
  const [rows, squares] = [new Uint32Array(count * around), new Float64Array(count * around)];
  const own = new Float64Array(count);
  for (let row = 0; row < count; row += 1) {
    if (row % 64 === 0) yield (0.1 * row) / count;
    distances(points, width, row, own);
    own[row] = Infinity;
    const order = Uint32Array.from(own, (_, other) => other).sort((a, b) => own[a]! - own[b]! || a - b);
    for (let i = 0; i < around; i += 1) {
      rows[row * around + i] = order[i]!;
      squares[row * around + i] = own[order[i]!]!;
    }
  }
  return { rows, squares };
}

/** Squared, from one point to all: into `to` [count]. */
export function distances(points: Float64Array, width: number, from: number, to: Float64Array): void {
  for (let row = 0; row < to.length; row += 1) {
    let sum = 0;
    for (let i = 0; i < width; i += 1) {
      const by = points[row * width + i]! - points[from * width + i]!;
      sum += by * by;
    }
    to[row] = sum;
  }
}

interface Pulls {
  readonly from: Uint32Array;
  readonly to: Uint32Array;
  /** Of each pair once, both ways together; all sum to ½. */
  readonly by: Float64Array;
}

/** How much each pair belongs together: bells as wide as `perplexity` neighbours want (eq. 1), both ways together (§3.1). */
function affinities({ rows, squares }: Near, count: number, around: number, perplexity: number): Pulls {
  const pairs = new Map<number, number>();
  const wanted = Math.log(perplexity);
  const weights = new Float64Array(around);
  for (let row = 0; row < count; row += 1) {
    const own = squares.subarray(row * around, (row + 1) * around);
    // Where all neighbours are equally far (rows that are equal), any bell gives each the same weight.
    const spread = own[around - 1]! - own[0]!;
    let [low, high, sharpness] = [0, Infinity, spread > 0 ? Math.min(1e12, 1 / own[around - 1]!) : 1];
    let sum = 0;
    for (let halving = 0; halving < 64; halving += 1) {
      sum = 0;
      let mean = 0;
      for (let i = 0; i < around; i += 1) {
        const by = own[i]! - own[0]!;
        weights[i] = Math.exp(-by * sharpness);
        sum += weights[i]!;
        mean += weights[i]! * by;
      }
      const entropy = Math.log(sum) + (sharpness * mean) / sum;
      if (Math.abs(entropy - wanted) < 1e-6) break;
      if (entropy > wanted) low = sharpness;
      else high = sharpness;
      sharpness = high === Infinity ? sharpness * 2 : (low + high) / 2;
      if (!Number.isFinite(sharpness)) break;
    }
    for (let i = 0; i < around; i += 1) {
      const other = rows[row * around + i]!;
      const key = row < other ? row * count + other : other * count + row;
      pairs.set(key, (pairs.get(key) ?? 0) + weights[i]! / sum / (2 * count));
    }
  }
  const keys = [...pairs.keys()];
  return {
    from: Uint32Array.from(keys, (key) => Math.floor(key / count)),
    to: Uint32Array.from(keys, (key) => key % count),
    by: Float64Array.from(pairs.values()),
  };
}

/** Σ over all other points of q·(y − y′), each q not yet a share: into `out`. Returns Z, what makes them shares. */
function push(places: Float64Array, count: number, out: Float64Array): number {
  out.fill(0);
  let whole = 0;
  for (let i = 0; i < count; i += 1) {
    const [x, y] = [places[2 * i]!, places[2 * i + 1]!];
    let [sumX, sumY] = [0, 0];
    for (let j = i + 1; j < count; j += 1) {
      const [dx, dy] = [x - places[2 * j]!, y - places[2 * j + 1]!];
      const q = 1 / (1 + dx * dx + dy * dy);
      whole += q;
      const [fx, fy] = [q * q * dx, q * q * dy];
      sumX += fx;
      sumY += fy;
      out[2 * j]! -= fx;
      out[2 * j + 1]! -= fy;
    }
    out[2 * i]! += sumX;
    out[2 * i + 1]! += sumY;
  }
  return 2 * whole;
}

function pull(places: Float64Array, { from, to, by }: Pulls, out: Float64Array): void {
  out.fill(0);
  for (let at = 0; at < by.length; at += 1) {
    const [i, j] = [from[at]!, to[at]!];
    const [dx, dy] = [places[2 * i]! - places[2 * j]!, places[2 * i + 1]! - places[2 * j + 1]!];
    const force = by[at]! / (1 + dx * dx + dy * dy);
    out[2 * i]! += force * dx;
    out[2 * i + 1]! += force * dy;
    out[2 * j]! -= force * dx;
    out[2 * j + 1]! -= force * dy;
  }
}
