// Codes of 1 to 4 bits, packed tightly: code i of a run takes bits i·b … i·b + b − 1, least significant first. Eight codes are
// b bytes and fit one 32-bit word, which is what both loops work in.

/** Bytes of `count` codes, a multiple of eight, of `bits` bits. */
export const packedBytes = (count: number, bits: number): number => (count / 8) * bits;

/** Packs codes[0 … count) into `out` from byte `at`; `count` is a multiple of eight, every code below 2^bits ≤ 16. */
export function packCodes(codes: Uint8Array, count: number, bits: number, out: Uint8Array, at: number): void {
  for (let i = 0; i < count; i += 8) {
    let word = 0;
    for (let j = 7; j >= 0; j -= 1) word = (word << bits) | codes[i + j]!;
    for (let shift = 0; shift < 8 * bits; shift += 8) out[at++] = word >>> shift;
  }
}

/** values[from + i] ← table[code i] for all codes of `packed`; the table has 2^bits entries. */
export function unpackThrough(
  table: Float32Array,
  packed: Uint8Array,
  bits: number,
  values: Float32Array,
  from: number,
): void {
  const mask = table.length - 1;
  let to = from;
  for (let at = 0; at < packed.length; at += bits) {
    let word = 0;
    for (let j = bits - 1; j >= 0; j -= 1) word = (word << 8) | packed[at + j]!;
    for (let j = 0; j < 8; j += 1, to += 1) {
      values[to] = table[word & mask]!;
      word >>>= bits;
    }
  }
}
