import { expect, test } from 'vitest';
import { costRange } from '../core/privacy/simulated-cost.ts';
import type { Noised } from '../core/privacy/rules.ts';
import { privacyWords, protectionWords, spentWords } from './privacy-words.ts';

const central: Noised = { type: 'central', clipNorm: 0.5, noiseMultiplier: 2, delta: 1e-5, epsilon: 8 };

test('every ε stands with its δ and with what it is between', () => {
  const { body } = protectionWords(central, 'rows');
  expect(body).toContain('At most ε 8 at δ 0.00001, between a device that takes part');
  expect(body).toContain('11 updates of each device');
  // What remains visible is said.
  expect(body).toContain('Single updates are not hidden from the server');
  const local = protectionWords({ ...central, type: 'local' }, 'rows');
  expect(local.head).toContain('on this device, before it leaves');
  // z · 2C
  expect(local.body).toContain('by 2 or so');
  expect(local.body).toContain('between any two updates');
  const inSum = protectionWords({ ...central, type: 'distributed' }, 'rows');
  expect(inSum.head).toContain('only the sum of at least five devices’ updates');
  expect(inSum.body).toContain('9 updates of each device');
  expect(inSum.body).toContain('could take their own shares away');
});

test('where the server draws it is said what the bound counts on, and no number of updates is promised', () => {
  const { body } = protectionWords({ ...central, samplingRate: 0.1 }, 'rows');
  expect(body).toContain('each with a chance of 10 %');
  expect(body).toContain('you must trust the server for it');
  expect(body).toContain('At most ε 8 at δ 0.00001, between a device that takes part');
  expect(body).not.toContain('updates of each device');
  expect(privacyWords({ ...central, samplingRate: 0.1 })).toContain(
    'drawn with a chance of 10 %; at most ε 8',
  );
  expect(spentWords({ ...central, samplingRate: 0.1 }, 3)).toContain('drawn or not');
});

test('a device’s own ε is that of its updates', () => {
  // One Gaussian release with z 2 at δ 10⁻⁵ costs 1.99.
  expect(spentWords(central, 1)).toBe('So far at most ε 1.99 of 8 at δ 0.00001.');
  expect(spentWords(central, 0)).toBe('So far at most ε 0 of 8 at δ 0.00001.');
});

test('what noise costs in accuracy is a range between simulations with less and with more of it, and rises with it', () => {
  expect(costRange(0.001).least).toBe(0);
  const ratios = [0.001, 0.1, 0.3, 0.6, 1.2].map((ratio) => costRange(ratio));
  for (const [index, { least, most }] of ratios.entries()) {
    expect(most ?? Infinity).toBeGreaterThanOrEqual(least);
    expect(least).toBeGreaterThanOrEqual(ratios[index - 1]?.least ?? 0);
  }
  // More noise than any simulation had: there is no upper end.
  expect(costRange(1e3).most).toBeNull();
});
