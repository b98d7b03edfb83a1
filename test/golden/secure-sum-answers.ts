// Known answers of secure aggregation, the same in Node and in Chromium: SECURE_AGGREGATION, §1.10, and one whole masked vector.
import { textBytes } from '#lib/core/secure-sum/bytes.ts';
import { addMask, type WordLayout } from '#lib/core/secure-sum/masked-words.ts';
import type { Primitives } from '#lib/core/secure-sum/primitives.ts';

const hex = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
const filled = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);

export const knownAnswers = {
  x25519: '50a61409b1ddd0325e9b16b700e719e9772c07000b1bd7786e907c653d20495d',
  hkdf: '0dbc7538b36eb24c037b8725d65357b8a0e276b98b98f9be9071b764e56ec307',
  keyStream:
    '82301dbb8cc3658a83eb102789312194087119dabe12f36d4587fad55d5fbbe609ed559edd58ca5ccf2002716ddeac8f',
  otherKeyStream: '0a4dee87e76ce0d47c6e1cdfc76d20a35edb517956e137fe1497cec0a9750c79',
};

export async function answersOf(primitives: Primitives): Promise<typeof knownAnswers> {
  const stream = async (byte: number, length: number): Promise<string> =>
    hex(await (await primitives.keyStream(filled(byte)))(0, length));
  return {
    x25519: hex(await primitives.publicKey(filled(5))),
    hkdf: hex(await primitives.derive(filled(5), filled(0), textBytes('fl-sa1/kat'))),
    keyStream: await stream(5, 48),
    otherKeyStream: await stream(7, 32),
  };
}

/** SHA-256 of masks over vectors that take more than one request of key stream. */
export const maskDigests: Readonly<Record<3 | 4 | 5 | 6 | 8 | 32, string>> = {
  3: '5586e2aa717e5978fd1ce5fae968adb438f5513318d5ee855632086a7ec2b528',
  4: '9861670d5cac036cac3fd98eeee604fabda7c23321714d72629c4bede393a927',
  5: 'cc7fdcff499f9f3115c51abd3a3437fa9bc6918c94b0a13e457f655cd51fac5a',
  6: 'd13687618e41ea6b2e6ecca99c1a2c9415a880da658fe73353bb45f7a3d08e9f',
  8: '950dbd1f15555ae0ead1cb4ed15188a55bed8e0fcfd854898f7a252198ca955d',
  32: '28e22beb07b0665a0223c2d479f458aa4b0dfe1a2dc6d87a634b8e403863220f',
};

export async function maskDigest(bits: WordLayout['bits'], primitives: Primitives): Promise<string> {
  const layout = { bits, words: 40_000, tail: 5 };
  const sum = new Uint32Array(layout.words + layout.tail);
  await addMask(sum, filled(5), layout, 1, primitives);
  await addMask(sum, filled(7), layout, -1, primitives);
  return hex(await primitives.hash(new Uint8Array(sum.buffer)));
}
