import { afterEach, expect, test, vi } from 'vitest';
import { verifySignature } from '../../core/signature.ts';
import { identityOfPair, makeKeyPair } from './key-pair.ts';

afterEach(() => vi.restoreAllMocks());

const message = new TextEncoder().encode('a message');

test('the private key cannot be had from the pair, and the identity signs with it', async () => {
  const pair = await makeKeyPair();
  for (const format of ['pkcs8', 'jwk'] as const)
    await expect(crypto.subtle.exportKey(format, pair.privateKey)).rejects.toThrow();
  const identity = await identityOfPair(pair);
  expect(identity.publicKey).toHaveLength(32);
  expect(await verifySignature(identity.publicKey, message, await identity.sign(message))).toBe(true);
});

test('a browser without Ed25519 makes a key of P-256, which cannot be had either', async () => {
  const generate = crypto.subtle.generateKey.bind(crypto.subtle);
  const withoutEd25519 = (algorithm: EcKeyGenParams, extractable: boolean, uses: KeyUsage[]) =>
    algorithm.name === 'Ed25519'
      ? Promise.reject(new DOMException('Unrecognized name.', 'NotSupportedError'))
      : generate(algorithm, extractable, uses);
  vi.spyOn(crypto.subtle, 'generateKey').mockImplementation(withoutEd25519 as never);
  const pair = await makeKeyPair();
  await expect(crypto.subtle.exportKey('pkcs8', pair.privateKey)).rejects.toThrow();
  const identity = await identityOfPair(pair);
  expect(identity.publicKey).toHaveLength(65);
  expect(await verifySignature(identity.publicKey, message, await identity.sign(message))).toBe(true);
});

test('a failure that is not for want of Ed25519 is one', async () => {
  vi.spyOn(crypto.subtle, 'generateKey').mockRejectedValue(new DOMException('No.', 'OperationError'));
  await expect(makeKeyPair()).rejects.toThrow('No.');
});
