// The tail of Student's t distribution, by the incomplete beta function's continued fraction (DLMF 8.17.22, modified Lentz).

/** P(T > t), t ≥ 0, with `freedom` > 0 degrees of freedom, whole or not: ½ I_x(ν/2, ½) at x = ν/(ν + t²). */
export function studentTail(t: number, freedom: number): number {
  const [a, b, x] = [freedom / 2, 0.5, freedom / (freedom + t * t)];
  if (x === 1) return 0.5;
  if (x === 0) return 0;
  const front = Math.exp(a * Math.log(x) + b * Math.log1p(-x) + logGamma(a + b) - logGamma(a) - logGamma(b));
  return x < (a + 1) / (a + b + 2)
    ? (0.5 * front * fraction(a, b, x)) / a
    : 0.5 * (1 - (front * fraction(b, a, 1 - x)) / b);
}

/** What |T| stays below 95 % of the time; `freedom` at least 1, where it is 12.7. */
export function student95(freedom: number): number {
  let [low, high] = [0, 1000];
  for (let halving = 0; halving < 60; halving += 1) {
    const middle = (low + high) / 2;
    if (studentTail(middle, freedom) > 0.025) low = middle;
    else high = middle;
  }
  return high;
}

function fraction(a: number, b: number, x: number): number {
  const tiny = 1e-300;
  let c = 1;
  let d = 1 / (1 - ((a + b) * x) / (a + 1) || tiny);
  let value = d;
  for (let m = 1; m < 10_000; m += 1) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / (1 + even * d || tiny);
    c = 1 + even / c || tiny;
    value *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / (1 + odd * d || tiny);
    c = 1 + odd / c || tiny;
    value *= d * c;
    if (Math.abs(d * c - 1) < 1e-14) break;
  }
  return value;
}

/** ln Γ(x), x > 0, by Stirling's series from 10 on, and the recurrence below. */
function logGamma(x: number): number {
  let shift = 0;
  let y = x;
  for (; y < 10; y += 1) shift += Math.log(y);
  const z = 1 / (y * y);
  const series = (1 / 12 - z * (1 / 360 - z * (1 / 1260 - z / 1680))) / y;
  return (y - 0.5) * Math.log(y) - y + 0.5 * Math.log(2 * Math.PI) + series - shift;
}
