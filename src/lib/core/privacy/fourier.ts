// What privacy accounting needs of the discrete Fourier transform: the T-fold circular convolution of a vector with itself. Radix 2,
// first by frequency (Gentleman & Sande 1966), back by time (Cooley & Tukey 1965), so that nothing need be put in order between.

/** Blocks of so many points stay in a processor's nearest cache through all their passes. */
const BLOCK = 2048;

interface Twiddles {
  /** [L]: cos(2πk/n) at n/2 + k, for every power of two n up to L. */
  readonly cosines: Float64Array;
  readonly sines: Float64Array;
}

/** Each from sine and cosine: a recurrence loses digits that a million-fold power then asks for. */
function twiddlesFor(length: number): Twiddles {
  const cosines = new Float64Array(length);
  const sines = new Float64Array(length);
  const half = length / 2;
  for (let k = 0; k < half; k += 1) {
    cosines[half + k] = Math.cos((2 * Math.PI * k) / length);
    sines[half + k] = Math.sin((2 * Math.PI * k) / length);
  }
  for (let i = half - 1; i >= 1; i -= 1) {
    // n/2 + k at n is n + 2k at 2n.
    cosines[i] = cosines[2 * i]!;
    sines[i] = sines[2 * i]!;
  }
  return { cosines, sines };
}

interface Complex {
  readonly real: Float64Array;
  readonly imaginary: Float64Array;
}

/** One pass over the `size` points from `start`: (a, b) → (a + b, (a − b)·w̄). */
function split(
  { real, imaginary }: Complex,
  { cosines, sines }: Twiddles,
  start: number,
  size: number,
): void {
  const half = size / 2;
  for (let k = 0; k < half; k += 1) {
    const a = start + k;
    const b = a + half;
    const c = cosines[half + k]!;
    const s = sines[half + k]!;
    const x = real[a]! - real[b]!;
    const y = imaginary[a]! - imaginary[b]!;
    real[a] = real[a]! + real[b]!;
    imaginary[a] = imaginary[a]! + imaginary[b]!;
    real[b] = x * c + y * s;
    imaginary[b] = y * c - x * s;
  }
}

/** Its inverse, times two: (a, b) → (a + b·w, a − b·w). */
function join({ real, imaginary }: Complex, { cosines, sines }: Twiddles, start: number, size: number): void {
  const half = size / 2;
  for (let k = 0; k < half; k += 1) {
    const a = start + k;
    const b = a + half;
    const c = cosines[half + k]!;
    const s = sines[half + k]!;
    const x = real[b]! * c - imaginary[b]! * s;
    const y = imaginary[b]! * c + real[b]! * s;
    real[b] = real[a]! - x;
    imaginary[b] = imaginary[a]! - y;
    real[a] = real[a]! + x;
    imaginary[a] = imaginary[a]! + y;
  }
}

function forward(values: Complex, twiddles: Twiddles, start: number, size: number): void {
  if (size > BLOCK) {
    split(values, twiddles, start, size);
    forward(values, twiddles, start, size / 2);
    forward(values, twiddles, start + size / 2, size / 2);
    return;
  }
  for (let part = size; part >= 2; part /= 2)
    for (let at = start; at < start + size; at += part) split(values, twiddles, at, part);
}

function backward(values: Complex, twiddles: Twiddles, start: number, size: number): void {
  if (size > BLOCK) {
    backward(values, twiddles, start, size / 2);
    backward(values, twiddles, start + size / 2, size / 2);
    join(values, twiddles, start, size);
    return;
  }
  for (let part = 2; part <= size; part *= 2)
    for (let at = start; at < start + size; at += part) join(values, twiddles, at, part);
}

/**
 * values ⊛ … ⊛ values, `times` factors, modulo its length, a power of two. Returns a new array. Of a probability distribution to
 * about `times` · 10⁻¹⁶ of its largest mass.
 */
export function selfConvolved(values: Float64Array, times: number): Float64Array<ArrayBuffer> {
  const length = values.length;
  const twiddles = twiddlesFor(length);
  const real = Float64Array.from(values);
  const imaginary = new Float64Array(length);
  forward({ real, imaginary }, twiddles, 0, length);
  for (let k = 0; k < length; k += 1) {
    const [x, y] = [real[k]!, imaginary[k]!];
    const exponent = (times / 2) * Math.log(x * x + y * y);
    // Most frequencies of a T-fold sum: e⁻⁵⁰ of the lowest ones is beyond their last digit.
    const modulus = exponent < -50 ? 0 : Math.exp(exponent) / length;
    const angle = modulus === 0 ? 0 : times * Math.atan2(y, x);
    real[k] = modulus * Math.cos(angle);
    imaginary[k] = modulus * Math.sin(angle);
  }
  backward({ real, imaginary }, twiddles, 0, length);
  return real;
}
