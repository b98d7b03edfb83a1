// Eigenvalues and eigenvectors of a symmetric matrix: Jacobi's cyclic method (Golub & Van Loan 2013, algorithm 8.5.3). Slow beyond some
// hundred columns, and as exact as the numbers allow: eigenvectors stay at right angles to each other to the last digits.

export interface Eigen {
  /** [n], the largest first. */
  readonly values: Float64Array;
  /** [n, n]: row i is the eigenvector of value i, of length 1, its largest entry above nothing. */
  readonly vectors: Float64Array;
}

/** Far more than are ever needed: it converges quadratically, in about ten. */
const MOST_SWEEPS = 60;

/** `matrix` [n, n], symmetric; left as it is. */
export function symmetricEigen(matrix: ArrayLike<number>, n: number): Eigen {
  const a = Float64Array.from(matrix);
  const turned = new Float64Array(n * n);
  for (let i = 0; i < n; i += 1) turned[i * n + i] = 1;
  const whole = Math.sqrt(a.reduce((sum, value) => sum + value * value, 0));
  for (let sweep = 0; sweep < MOST_SWEEPS; sweep += 1) {
    let off = 0;
    for (let p = 0; p < n; p += 1) for (let q = p + 1; q < n; q += 1) off += a[p * n + q]! ** 2;
    if (Math.sqrt(2 * off) <= 1e-15 * whole) break;
    for (let p = 0; p < n - 1; p += 1)
      for (let q = p + 1; q < n; q += 1) {
        const between = a[p * n + q]!;
        if (between === 0) continue;
        const tau = (a[q * n + q]! - a[p * n + p]!) / (2 * between);
        const t = (tau >= 0 ? 1 : -1) / (Math.abs(tau) + Math.sqrt(1 + tau * tau));
        const c = 1 / Math.sqrt(1 + t * t);
        const s = t * c;
        for (let k = 0; k < n; k += 1) {
          const [x, y] = [a[k * n + p]!, a[k * n + q]!];
          a[k * n + p] = c * x - s * y;
          a[k * n + q] = s * x + c * y;
        }
        for (let k = 0; k < n; k += 1) {
          const [x, y] = [a[p * n + k]!, a[q * n + k]!];
          a[p * n + k] = c * x - s * y;
          a[q * n + k] = s * x + c * y;
          const [u, v] = [turned[p * n + k]!, turned[q * n + k]!];
          turned[p * n + k] = c * u - s * v;
          turned[q * n + k] = s * u + c * v;
        }
      }
  }
  const order = Array.from({ length: n }, (_, i) => i).sort((i, j) => a[j * n + j]! - a[i * n + i]!);
  const vectors = new Float64Array(n * n);
  for (const [place, i] of order.entries())
    vectors.set(upright(turned.subarray(i * n, (i + 1) * n)), place * n);
  return { values: Float64Array.from(order, (i) => a[i * n + i]!), vectors };
}

/** An axis has no end that is first: the same one each time is that whose largest entry is above nothing. Changed in place. */
export function upright(vector: Float64Array): Float64Array {
  let largest = 0;
  for (const value of vector) if (Math.abs(value) > Math.abs(largest) + 1e-12) largest = value;
  if (largest < 0) for (let i = 0; i < vector.length; i += 1) vector[i] = -vector[i]!;
  return vector;
}
