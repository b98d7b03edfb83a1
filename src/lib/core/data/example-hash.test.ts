import { expect, test } from 'vitest';
import { murmur128, occurrenceWord, targetSeed } from './example-hash.ts';

// SMHasher's own check of an implementation (KeysetTest.cpp, VerificationTest): the hash of the concatenated hashes of
// the keys [], [0], [0, 1], … under the seeds 256, 255, 254, … ; 0xB3ECE62A is its value for MurmurHash3_x86_128.
test('the hash is MurmurHash3_x86_128 by the verification value of its own test suite', () => {
  const key = Uint8Array.from({ length: 256 }, (_, i) => i);
  const hash = new Uint32Array(4);
  const all = new Uint32Array(256 * 4);
  for (let i = 0; i < 256; i += 1) {
    murmur128(hash, key, 0, i, 256 - i);
    all.set(hash, i * 4);
  }
  const bytes = new Uint8Array(all.buffer);
  murmur128(hash, bytes, 0, bytes.length, 0);
  expect(hash[0]).toBe(0xb3ece62a);
});

test('only the given range counts, wherever it lies', () => {
  const key = Uint8Array.from({ length: 61 }, (_, i) => i * 7);
  const [whole, inside] = [new Uint32Array(4), new Uint32Array(4)];
  murmur128(whole, key, 0, 61, 5);
  const padded = new Uint8Array(70).fill(99);
  padded.set(key, 3);
  murmur128(inside, padded, 3, 64, 5);
  expect(inside).toEqual(whole);
});

test('equal features with different targets have different seeds, as a class and as a number', () => {
  expect(targetSeed(1, true)).not.toBe(targetSeed(2, true));
  expect(targetSeed(0.5, false)).not.toBe(targetSeed(0.25, false));
  // 1 as a 32-bit float is 0x3F800000.
  expect(targetSeed(1, false)).toBe(0x3f800000);
});

test('the first occurrence keeps its hash, and ten thousand later ones all differ', () => {
  const words = Array.from({ length: 10_000 }, (_, occurrence) => occurrenceWord(0xdeadbeef, occurrence));
  expect(words[0]).toBe(0xdeadbeef);
  expect(new Set(words).size).toBe(10_000);
});
