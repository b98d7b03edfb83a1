import { describe, expect, test } from 'vitest';
import { random } from '../core/random.ts';
import { normOf } from '../core/privacy/clip.ts';
import type { DrawBytes } from '../core/privacy/random-bits.ts';
import type { Noised } from '../core/privacy/rules.ts';
import { ownRefusal, protect, statedFacts } from './protection.ts';

const stream = random(1, 'protection');
const draw: DrawBytes = (bytes) => {
  const words = new Uint32Array(Math.ceil(bytes / 4));
  stream.fill(words);
  return new Uint8Array(words.buffer, 0, bytes);
};
const central: Noised = { type: 'central', clipNorm: 0.5, noiseMultiplier: 2, delta: 1e-5, epsilon: 8 };
const local: Noised = { ...central, type: 'local' };

describe('an update before it leaves', () => {
  test('is clipped for a server that adds noise, and is otherwise as it was', () => {
    const values = Float32Array.of(3, 0, -4);
    protect(values, central, draw);
    expect(normOf(values)).toBeCloseTo(0.5, 6);
    expect(values[2]! / values[0]!).toBeCloseTo(-4 / 3, 6);
    const unprotected = Float32Array.of(3, 0, -4);
    protect(unprotected, undefined, draw);
    expect(unprotected).toEqual(Float32Array.of(3, 0, -4));
  });

  test('has noise of z·2C on every value for a server that is trusted with nothing', () => {
    const count = 20_000;
    const values = new Float32Array(count).fill(1);
    protect(values, local, draw);
    // Each value was clipped to 0.5/√20000 = 0.0035; the noise has deviation 2 · 2 · 0.5 = 2.
    const mean = values.reduce((sum, value) => sum + value, 0) / count;
    const square = values.reduce((sum, value) => sum + value * value, 0) / count;
    expect(Math.abs(mean)).toBeLessThan((5 * 2) / Math.sqrt(count));
    expect(Math.abs(square / 4 - 1)).toBeLessThan(5 * Math.sqrt(2 / count));
  });

  test('stays within what the server takes, and what is no number stays none', () => {
    const values = new Float32Array(100);
    protect(values, { ...local, clipNorm: 500 }, draw);
    expect(values.every((value) => Math.abs(value) <= 64)).toBe(true);
    expect(values.some((value) => Math.abs(value) === 64)).toBe(true);
    for (const broken of [NaN, Infinity]) {
      const update = Float32Array.of(1, broken);
      protect(update, local, draw);
      expect(update.some((value) => !Number.isFinite(value))).toBe(true);
    }
  });

  test('says nothing of how many rows it was trained on', () => {
    const plan = {
      localEpochs: 3,
      batchSize: 10,
      learningRate: 0.1,
      optimizer: { type: 'adam' as const },
      proximalTerm: 0,
      seed: 1,
    };
    expect(statedFacts({ plan, privacy: central }, { examples: 812, steps: 246 })).toEqual({
      examples: 1,
      steps: 3,
    });
    expect(statedFacts({ plan }, { examples: 812, steps: 246 })).toEqual({ examples: 812, steps: 246 });
  });
});

describe('a device’s own ledger', () => {
  const given = (count: number, published: number) =>
    ({ count, published }) as Parameters<typeof ownRefusal>[1];

  test('stops it where its budget is spent, whatever the server asks', () => {
    // ε 8 at δ 10⁻⁵ with z 2 holds 11 releases; with local noise too, each with twice the deviation.
    expect(ownRefusal(central, undefined)).toBeUndefined();
    expect(ownRefusal(central, given(30, 10))).toBeUndefined();
    expect(ownRefusal(central, given(30, 11))).toContain('11 updates');
    expect(ownRefusal(undefined, given(30, 30))).toBeUndefined();
  });

  test('does not stop it early where the server draws: a round costs less then, and it was not in all', () => {
    const drawn = { ...central, samplingRate: 0.05 };
    expect(ownRefusal(drawn, given(30, 12))).toBeUndefined();
    expect(ownRefusal(drawn, given(5_000, 5_000))).toContain('privacy budget');
  });

  test('counts with noise of the devices also what no version holds: the server may have seen it', () => {
    expect(ownRefusal(local, given(11, 2))).toContain('11 updates');
    expect(ownRefusal(local, given(10, 2))).toBeUndefined();
    const distributed = { ...central, type: 'distributed' as const };
    expect(ownRefusal(distributed, given(9, 2))).toContain('9 updates');
    expect(ownRefusal(distributed, given(8, 2))).toBeUndefined();
  });

  test('judges a survey as the whole release of Skellam noise that it is, beside what is under way', () => {
    const survey = (underWay = 0) => ({ type: 'survey', underWay }) as const;
    // Nine releases of that, as of devices' noise, where eleven of the server's fit.
    expect(ownRefusal(central, given(8, 8), 0, survey())).toBeUndefined();
    expect(ownRefusal(central, given(9, 9), 0, survey())).toContain('9 updates');
    expect(ownRefusal(central, given(8, 8), 0, survey(1))).toContain('privacy budget');
    expect(ownRefusal(central, given(8, 8), 1)).toContain('answered 1 survey');
    // A drawn round more would cost next to nothing: a survey costs as much as ever.
    const drawn = { ...central, samplingRate: 0.05 };
    expect(ownRefusal(drawn, given(0, 0), 9)).toBeUndefined();
    expect(ownRefusal(drawn, given(0, 0), 9, survey())).toContain('answered 9 surveys');
  });
});
