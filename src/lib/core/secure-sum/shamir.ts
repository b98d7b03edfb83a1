// Shamir's secret sharing (1979) over GF(2⁸), byte by byte: any `threshold` of the shares give the secret back, and fewer say
// nothing about it. The field is AES's, x⁸ + x⁴ + x³ + x + 1. A share is a point (x, p(x)) with x in 1 … 255.
// Why not a prime field: BigInt arithmetic modulo 2²⁵⁵ − 19 takes 2–3 times as long to deal and 50–200 times to rebuild.

const exponentials = new Uint8Array(512);
const logarithms = new Uint8Array(256);
for (let i = 0, x = 1; i < 255; i += 1) {
  exponentials[i] = x;
  exponentials[i + 255] = x;
  logarithms[x] = i;
  // Times 3, a generator: x·2 ⊕ x.
  x ^= (x << 1) ^ (x & 0x80 ? 0x11b : 0);
}

const times = (a: number, b: number): number =>
  a === 0 || b === 0 ? 0 : exponentials[logarithms[a]! + logarithms[b]!]!;

export interface Share {
  /** 1 … 255 */
  readonly x: number;
  readonly bytes: Uint8Array;
}

/** Random bytes that `deal` uses up. */
export const dealBytes = (secretBytes: number, threshold: number): number => secretBytes * (threshold - 1);

/** Shares of `secret` at x = 1 … count. `draws`: dealBytes of a cryptographic source, the coefficients. */
export function deal(
  secret: Uint8Array,
  count: number,
  threshold: number,
  draws: Uint8Array,
): readonly Share[] {
  if (!(threshold >= 1 && threshold <= count && count <= 255))
    throw new RangeError(`${count} shares, of which ${threshold} are needed, cannot be dealt.`);
  if (draws.length !== dealBytes(secret.length, threshold))
    throw new RangeError(
      `Dealing uses up ${dealBytes(secret.length, threshold)} random bytes, not ${draws.length}.`,
    );
  return Array.from({ length: count }, (_, index) => {
    const x = index + 1;
    const bytes = new Uint8Array(secret.length);
    for (let i = 0; i < bytes.length; i += 1) {
      // Horner, from the highest coefficient down to the secret itself.
      let value = 0;
      for (let degree = threshold - 1; degree >= 1; degree -= 1)
        value = times(value, x) ^ draws[(degree - 1) * secret.length + i]!;
      bytes[i] = times(value, x) ^ secret[i]!;
    }
    return { x, bytes };
  });
}

/** What the shares, all of them, say the secret is: Lagrange's p(0). Throws a RangeError where two have one x. */
export function rebuild(shares: readonly Share[]): Uint8Array<ArrayBuffer> {
  if (new Set(shares.map(({ x }) => x)).size !== shares.length)
    throw new RangeError('Two shares stand at the same x.');
  const secret = new Uint8Array(shares[0]?.bytes.length ?? 0);
  for (const { x, bytes } of shares) {
    // Π x_j / (x_j − x_i); in this field − is ⊕.
    let factor = 1;
    for (const { x: other } of shares)
      if (other !== x)
        factor = times(factor, exponentials[255 + logarithms[other]! - logarithms[other ^ x]!]!);
    for (let i = 0; i < secret.length; i += 1) secret[i]! ^= times(factor, bytes[i]!);
  }
  return secret;
}
