// |DFT|² of a real frame whose length is a power of two: Cooley and Tukey 1965, radix 2, in place.

export interface PowerSpectrum {
  /** Of `frame` [size]: power [size / 2 + 1], from 0 to half the rate. Writes `into`. */
  of(frame: ArrayLike<number>, into: Float64Array): void;
}

/** `size`: a power of two. */
export function powerSpectrum(size: number): PowerSpectrum {
  if (size < 2 || (size & (size - 1)) !== 0) throw new RangeError(`${size} is no power of two.`);
  const bits = Math.log2(size);
  const reversed = Uint32Array.from({ length: size }, (_, index) => {
    let other = 0;
    for (let bit = 0; bit < bits; bit += 1) other |= ((index >> bit) & 1) << (bits - 1 - bit);
    return other;
  });
  const cosines = Float64Array.from({ length: size / 2 }, (_, k) => Math.cos((2 * Math.PI * k) / size));
  const sines = Float64Array.from({ length: size / 2 }, (_, k) => -Math.sin((2 * Math.PI * k) / size));
  const real = new Float64Array(size);
  const imaginary = new Float64Array(size);
  return {
    of(frame, into) {
      for (let i = 0; i < size; i += 1) real[i] = frame[reversed[i]!]!;
      imaginary.fill(0);
      for (let half = 1; half < size; half *= 2) {
        const step = size / (2 * half);
        for (let start = 0; start < size; start += 2 * half)
          for (let k = 0; k < half; k += 1) {
            const [a, b] = [start + k, start + k + half];
            const [c, s] = [cosines[k * step]!, sines[k * step]!];
            const re = real[b]! * c - imaginary[b]! * s;
            const im = real[b]! * s + imaginary[b]! * c;
            real[b] = real[a]! - re;
            imaginary[b] = imaginary[a]! - im;
            real[a] = real[a]! + re;
            imaginary[a] = imaginary[a]! + im;
          }
      }
      for (let k = 0; k <= size / 2; k += 1) into[k] = real[k]! ** 2 + imaginary[k]! ** 2;
    },
  };
}
