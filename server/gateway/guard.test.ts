import { expect, test } from 'vitest';
import { connectionCounter, rateLimiter, unsentBytes } from './guard.ts';

test('a rate lets a burst pass, then as many a second as it says', () => {
  let now = 0;
  const rate = rateLimiter({ burst: 3, perSecond: 2 }, () => now);
  const taken = (count: number): number =>
    Array.from({ length: count }, () => rate.take()).filter(Boolean).length;
  expect(taken(10)).toBe(3);
  now += 400;
  expect(taken(10)).toBe(0);
  now += 100;
  expect(taken(10)).toBe(1);
  now += 60_000;
  expect(taken(10)).toBe(3);
});

test('connections are counted by address and over all, and given back once', () => {
  const counter = connectionCounter(3, 2);
  const first = counter.connected('a');
  counter.connected('a');
  expect([counter.mayConnect('a'), counter.mayConnect('b')]).toEqual([false, true]);
  counter.connected('b');
  expect([counter.mayConnect('b'), counter.mayConnect('c')]).toEqual([false, false]);
  first();
  first();
  expect(counter.count).toBe(2);
  expect([counter.mayConnect('a'), counter.mayConnect('c')]).toEqual([true, true]);
});

test('bytes that wait for a reader are bounded, and start from none when all have left', () => {
  const unsent = unsentBytes(100);
  expect([unsent.made(60), unsent.made(40), unsent.made(1)]).toEqual([true, true, false]);
  unsent.left();
  expect([unsent.made(100), unsent.made(1)]).toEqual([true, false]);
});
