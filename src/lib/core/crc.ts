// Cyclic redundancy checks of 32 bits, lowest bit first: of zip and zlib (IEEE 802.3), and Castagnoli's, which TFRecord has (RFC 3720, B.4).

const IEEE = 0xedb88320;
const CASTAGNOLI = 0x82f63b78;

const tableOf = (polynomial: number): Uint32Array =>
  Uint32Array.from({ length: 256 }, (_, byte) => {
    let value = byte;
    for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ polynomial : value >>> 1;
    return value >>> 0;
  });

/** `before` is the checksum of the bytes in front of these. */
const checksum = (polynomial: number): ((bytes: Uint8Array, before?: number) => number) => {
  const table = tableOf(polynomial);
  return (bytes, before = 0) => {
    let value = ~before;
    for (let i = 0; i < bytes.length; i += 1) value = table[(value ^ bytes[i]!) & 255]! ^ (value >>> 8);
    return ~value >>> 0;
  };
};

export const crc32 = checksum(IEEE);
export const crc32c = checksum(CASTAGNOLI);

/** Turned and shifted, so that a checksum of what holds checksums is a good one (tensorflow/core/lib/hash/crc32c.h, Mask). */
export function maskedCrc32c(bytes: Uint8Array): number {
  const value = crc32c(bytes);
  return (((value >>> 15) | (value << 17)) + 0xa282ead8) >>> 0;
}
