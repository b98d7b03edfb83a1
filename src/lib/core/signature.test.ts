import { hexToBytes } from '@noble/hashes/utils.js';
import { expect, test } from 'vitest';
import { verifySignature } from './signature.ts';

// RFC 8032, §7.1, test 3: a message of two bytes.
const publicKey = hexToBytes('fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025');
const message = hexToBytes('af82');
const signature = hexToBytes(
  '6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a',
);

test('the signature of RFC 8032 is one, and none with a bit turned anywhere is', async () => {
  expect(await verifySignature(publicKey, message, signature)).toBe(true);
  const turned = (bytes: Uint8Array, at: number): Uint8Array =>
    bytes.map((byte, i) => (i === at ? byte ^ 1 : byte));
  for (let at = 0; at < 64; at += 7)
    expect(await verifySignature(publicKey, message, turned(signature, at))).toBe(false);
  for (let at = 0; at < 32; at += 5)
    expect(await verifySignature(turned(publicKey, at), message, signature)).toBe(false);
  expect(await verifySignature(publicKey, turned(message, 1), signature)).toBe(false);
});

test('a key of P-256 is told by its length, and signs as well', async () => {
  const suite = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const pair = await crypto.subtle.generateKey(suite, false, ['sign', 'verify']);
  const key = new Uint8Array(await crypto.subtle.exportKey('raw', pair.publicKey));
  const signed = new Uint8Array(await crypto.subtle.sign(suite, pair.privateKey, message.slice()));
  expect(await verifySignature(key, message, signed)).toBe(true);
  expect(await verifySignature(key, Uint8Array.of(1), signed)).toBe(false);
  expect(await verifySignature(key, message, signature)).toBe(false);
});

test('what is no key or no signature is false, and never thrown', async () => {
  const zeros = new Uint8Array(32);
  for (const [key, signed] of [
    [zeros, signature],
    [zeros.subarray(1), signature],
    [new Uint8Array(65), signature],
    [new Uint8Array(0), signature],
    [publicKey, signature.subarray(1)],
    [publicKey, new Uint8Array(0)],
    [publicKey, new Uint8Array(64)],
  ] as const)
    expect(await verifySignature(key, message, signed)).toBe(false);
});
