// Seeded randomness for everything that must replay: initial parameters, batch order, partitions, samples, simulations.
// Never for keys, ids or privacy noise, which come from the platform's CSPRNG.
// Generator: sfc32 (Doty-Humphrey, PractRand), seeded through the first words of SHA-256(seed text), so that nearby seeds
// and differently labelled streams are unrelated.
import { sha256 } from '@noble/hashes/sha2.js';
import { utf8ToBytes } from '@noble/hashes/utils.js';

export interface Random {
  /** Uniform in [0, 1), 32 bits of resolution. */
  next(): number;
  /** Uniform integer in [0, bound), unbiased; `bound` in [1, 2³²]. */
  below(bound: number): number;
  /** The next raw words, each uniform over 0 … 2³² − 1: the stream in bulk, for a draw a value of a whole model. */
  fill(words: Uint32Array): void;
  /** Standard normal, by the polar method (Marsaglia & Bray 1964). */
  normal(): number;
  /** Gamma(shape, 1), shape > 0 (Marsaglia & Tsang 2000; boosted by U^(1/shape) below 1). */
  gamma(shape: number): number;
  /** A point of the simplex: Dirichlet(concentration · 1), `size` entries. */
  dirichlet(concentration: number, size: number): number[];
  /** Fisher–Yates, in place. */
  shuffle<T extends { length: number; [index: number]: unknown }>(items: T): T;
}

/**
 * A stream that depends only on `seed` and the `labels`: `random(7, 'batches', epoch)` is unrelated to
 * `random(7, 'dropout', epoch)`.
 */
export function random(seed: number, ...labels: (string | number)[]): Random {
  const words = new DataView(sha256(utf8ToBytes(JSON.stringify([seed, ...labels]))).buffer);
  let a = words.getUint32(0, true);
  let b = words.getUint32(4, true);
  let c = words.getUint32(8, true);
  let counter = words.getUint32(12, true) | 1;
  let spare: number | undefined;

  const word = (): number => {
    const t = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + t) | 0;
    return t >>> 0;
  };
  for (let i = 0; i < 12; i += 1) word();

  const self: Random = {
    fill(words) {
      // On locals: several times as fast as on the closure's variables.
      let [x, y, z, count] = [a, b, c, counter];
      for (let i = 0; i < words.length; i += 1) {
        const t = (((x + y) | 0) + count) | 0;
        count = (count + 1) | 0;
        x = y ^ (y >>> 9);
        y = (z + (z << 3)) | 0;
        z = (z << 21) | (z >>> 11);
        z = (z + t) | 0;
        words[i] = t;
      }
      [a, b, c, counter] = [x, y, z, count];
    },
    next: () => word() / 4294967296,
    below(bound) {
      const limit = 4294967296 - (4294967296 % bound);
      for (;;) {
        const drawn = word();
        if (drawn < limit) return drawn % bound;
      }
    },
    normal() {
      if (spare !== undefined) {
        const kept = spare;
        spare = undefined;
        return kept;
      }
      for (;;) {
        const x = 2 * self.next() - 1;
        const y = 2 * self.next() - 1;
        const s = x * x + y * y;
        if (s === 0 || s >= 1) continue;
        const factor = Math.sqrt((-2 * Math.log(s)) / s);
        spare = y * factor;
        return x * factor;
      }
    },
    gamma(shape) {
      if (shape < 1) return self.gamma(shape + 1) * Math.pow(1 - self.next(), 1 / shape);
      const d = shape - 1 / 3;
      const k = 1 / Math.sqrt(9 * d);
      for (;;) {
        const x = self.normal();
        const cube = (1 + k * x) ** 3;
        if (cube <= 0) continue;
        if (Math.log(1 - self.next()) < 0.5 * x * x + d - d * cube + d * Math.log(cube)) return d * cube;
      }
    },
    dirichlet(concentration, size) {
      const draws = Array.from({ length: size }, () => self.gamma(concentration));
      const total = draws.reduce((sum, draw) => sum + draw, 0);
      // All draws can underflow to 0 at tiny concentrations: then one entry takes everything, as in the limit.
      if (total === 0) {
        const winner = self.below(size);
        return draws.map((_, index) => (index === winner ? 1 : 0));
      }
      return draws.map((draw) => draw / total);
    },
    shuffle(items) {
      for (let last = items.length - 1; last > 0; last -= 1) {
        const other = self.below(last + 1);
        const kept = items[last];
        (items as { [index: number]: unknown })[last] = items[other];
        (items as { [index: number]: unknown })[other] = kept;
      }
      return items;
    },
  };
  return self;
}
