// Uniform whole numbers out of uniform random bytes. The bytes are handed in: the platform's CSPRNG where noise protects somebody, a
// seeded stream in simulations and tests. Nothing here rounds: what is drawn is exactly uniform.

/** So many uniform random bytes, owned by the caller. */
export type DrawBytes = (bytes: number) => Uint8Array;

/** getRandomValues of browsers gives at most so many at once. */
const BUFFER_BYTES = 65_536;

export interface RandomBits {
  /** Uniform over 0 … bound − 1; `bound` a whole number in [1, 2⁵³]. */
  below(bound: number): number;
  /** 0 or 1. */
  bit(): number;
}

export function randomBits(draw: DrawBytes): RandomBits {
  let bytes = new Uint8Array(0);
  let words = new DataView(bytes.buffer);
  let at = 0;
  const word = (): number => {
    if (at === bytes.length) {
      bytes = Uint8Array.from(draw(BUFFER_BYTES));
      words = new DataView(bytes.buffer);
      at = 0;
    }
    const value = words.getUint32(at, true);
    at += 4;
    return value;
  };
  let spare = 0;
  let spareBits = 0;
  return {
    below(bound) {
      if (bound === 1) return 0;
      // Multiples of the bound alone are kept, so that each remainder is as likely as the others.
      if (bound <= 2 ** 32) {
        const limit = 2 ** 32 - (2 ** 32 % bound);
        for (;;) {
          const drawn = word();
          if (drawn < limit) return drawn % bound;
        }
      }
      const limit = 2 ** 53 - (2 ** 53 % bound);
      for (;;) {
        const drawn = (word() >>> 11) * 2 ** 32 + word();
        if (drawn < limit) return drawn % bound;
      }
    },
    bit() {
      if (spareBits === 0) {
        spare = word();
        spareBits = 32;
      }
      const value = spare & 1;
      spare >>>= 1;
      spareBits -= 1;
      return value;
    },
  };
}
