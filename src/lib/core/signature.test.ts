import { hexToBytes } from '@noble/hashes/utils.js';
import { expect, test } from 'vitest';
import { verifySignature } from './signature.ts';

// RFC 8032, §7.1, TEST 2: a message of one byte.
const publicKey = hexToBytes('3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c');
const message = hexToBytes('72');
const signature = hexToBytes(
  '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
);

test('a signature of RFC 8032 holds, and no longer once a bit of anything differs', async () => {
  expect(await verifySignature(publicKey, message, signature)).toBe(true);
  const flipped = (bytes: Uint8Array): Uint8Array => bytes.map((byte, i) => (i === 0 ? byte ^ 1 : byte));
  expect(await verifySignature(publicKey, flipped(message), signature)).toBe(false);
  expect(await verifySignature(publicKey, message, flipped(signature))).toBe(false);
  expect(await verifySignature(flipped(publicKey), message, signature)).toBe(false);
});

test('what is no key and no signature signs nothing', async () => {
  expect(await verifySignature(publicKey.subarray(1), message, signature)).toBe(false);
  expect(await verifySignature(publicKey, message, signature.subarray(1))).toBe(false);
  expect(await verifySignature(new Uint8Array(32).fill(255), message, signature)).toBe(false);
});
