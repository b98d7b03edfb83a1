/** So many random bytes in hexadecimal digits: no two devices, nor two visits, meet by chance. */
export const newId = (bytes: number): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(bytes)), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('');
