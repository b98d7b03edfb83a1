// L-BFGS: minimises a smooth function from its values and gradients (Nocedal & Wright 2006, algorithms 7.4 and 7.5), with the
// line search of Lewis & Overton 2013 (weak Wolfe conditions by bisection), which needs no interpolation and cannot loop.

/** Writes the gradient at `point` [n] into `gradient` [n] and returns the value. */
export type Objective = (point: Float64Array, gradient: Float64Array) => number;

export interface MinimiseOptions {
  readonly iterations: number;
  /** Ends where the largest entry of the gradient is not above this. */
  readonly tolerance: number;
}

const MEMORY = 10;
const SUFFICIENT = 1e-4;
const CURVATURE = 0.9;

/** Moves `point` in place; yields after each iteration the share of `iterations` done. Returns the value reached. */
export function* minimise(
  objective: Objective,
  point: Float64Array,
  { iterations, tolerance }: MinimiseOptions,
): Generator<number, number, undefined> {
  const n = point.length;
  const pairs: { readonly s: Float64Array; readonly y: Float64Array; readonly rho: number }[] = [];
  let gradient = new Float64Array(n);
  let value = objective(point, gradient);
  for (let iteration = 0; iteration < iterations; iteration += 1) {
    if (largest(gradient) <= tolerance) break;
    const direction = twoLoop(gradient, pairs);
    let slope = dot(gradient, direction);
    if (!(slope < 0)) {
      // Rounding has spoilt the memory: steepest descent from here.
      pairs.length = 0;
      for (let i = 0; i < n; i += 1) direction[i] = -gradient[i]!;
      slope = dot(gradient, direction);
    }
    let step = pairs.length === 0 ? Math.min(1, 1 / Math.sqrt(-slope)) : 1;
    let low = 0;
    let high = Infinity;
    const tried = new Float64Array(n);
    const next = new Float64Array(n);
    let reached = value;
    let hasMoved = false;
    for (let attempt = 0; attempt < 40; attempt += 1) {
      for (let i = 0; i < n; i += 1) tried[i] = point[i]! + step * direction[i]!;
      reached = objective(tried, next);
      if (!(reached <= value + SUFFICIENT * step * slope)) high = step;
      else if (dot(next, direction) < CURVATURE * slope) {
        low = step;
        hasMoved = true;
      } else {
        hasMoved = true;
        break;
      }
      step = high === Infinity ? 2 * low : (low + high) / 2;
    }
    if (!hasMoved || !(reached <= value)) break;
    const s = new Float64Array(n);
    const y = new Float64Array(n);
    for (let i = 0; i < n; i += 1) {
      s[i] = tried[i]! - point[i]!;
      y[i] = next[i]! - gradient[i]!;
    }
    const curvature = dot(s, y);
    if (curvature > 1e-12 * Math.sqrt(dot(s, s) * dot(y, y))) {
      pairs.push({ s, y, rho: 1 / curvature });
      if (pairs.length > MEMORY) pairs.shift();
    }
    const gained = value - reached;
    point.set(tried);
    gradient = next;
    value = reached;
    yield (iteration + 1) / iterations;
    if (gained <= 1e-15 * Math.abs(value)) break;
  }
  return value;
}

/** −H·gradient by the two loops of algorithm 7.4. */
function twoLoop(
  gradient: Float64Array,
  pairs: readonly { readonly s: Float64Array; readonly y: Float64Array; readonly rho: number }[],
): Float64Array {
  const q = gradient.slice();
  const alphas: number[] = [];
  for (const { s, y, rho } of pairs.toReversed()) {
    const alpha = rho * dot(s, q);
    alphas.push(alpha);
    for (let i = 0; i < q.length; i += 1) q[i]! -= alpha * y[i]!;
  }
  const newest = pairs.at(-1);
  const scale = newest === undefined ? 1 : 1 / (newest.rho * dot(newest.y, newest.y));
  for (let i = 0; i < q.length; i += 1) q[i]! *= scale;
  for (const { s, y, rho } of pairs) {
    const beta = rho * dot(y, q);
    const alpha = alphas.pop() ?? 0;
    for (let i = 0; i < q.length; i += 1) q[i]! += (alpha - beta) * s[i]!;
  }
  for (let i = 0; i < q.length; i += 1) q[i] = -q[i]!;
  return q;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i += 1) sum += a[i]! * b[i]!;
  return sum;
}

function largest(values: Float64Array): number {
  let most = 0;
  for (const value of values) most = Math.max(most, Math.abs(value));
  return most;
}
