// The cryptography of secure aggregation in a real browser gives the bytes that Node gives: the answers of
// src/lib/core/secure-sum/secure-sum.test.ts.
import { expect, test } from 'vitest';
import { webPrimitives } from '#lib/core/secure-sum/primitives.ts';
import { answersOf, knownAnswers, maskDigest, maskDigests } from '../golden/secure-sum-answers.ts';

test('the known answers of the specification', async () => {
  expect(await answersOf(webPrimitives)).toEqual(knownAnswers);
});

test.each([3, 4, 5, 6, 8, 32] as const)('masks of %i bits are the words that Node adds', async (bits) => {
  expect(await maskDigest(bits, webPrimitives)).toBe(maskDigests[bits]);
});

test('a point that nothing can be agreed with, an altered share and a false signature are answers, not faults', async () => {
  const seed = new Uint8Array(32).fill(3);
  expect(await webPrimitives.agree(seed, new Uint8Array(32))).toBeUndefined();
  expect(await webPrimitives.open(seed, new Uint8Array(12), new Uint8Array(20), seed)).toBeUndefined();
  expect(await webPrimitives.verify(seed, seed, new Uint8Array(64))).toBe(false);
});
