import { expect, test } from 'vitest';
import { random } from '../random.ts';
import { hashCounts } from './hash-counts.ts';

test('counts agree with a Map over 200,000 draws from few enough hashes to repeat, growing on the way', () => {
  const draw = random(4, 'hash-counts');
  const counts = hashCounts();
  const reference = new Map<string, number>();
  let disagreements = 0;
  for (let i = 0; i < 200_000; i += 1) {
    // Few distinct low bits: the probing must cope with hashes that fall on one slot.
    const [first, second] = [draw.below(300), draw.below(300) * 65_536];
    const key = `${first} ${second}`;
    const before = reference.get(key) ?? 0;
    if (counts.add(first, second) !== before) disagreements += 1;
    reference.set(key, before + 1);
  }
  expect(disagreements).toBe(0);
  expect(counts.size).toBe(reference.size);
  expect(reference.size).toBeGreaterThan(50_000);
});

test('the hash that is all zeros is a hash like any other', () => {
  const counts = hashCounts();
  expect([counts.add(0, 0), counts.add(0, 0), counts.add(0, 1)]).toEqual([0, 1, 0]);
  expect(counts.size).toBe(2);
});
