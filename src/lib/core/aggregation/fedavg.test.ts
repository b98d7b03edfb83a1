import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { random } from '../random.ts';
import { fedavg } from './fedavg.ts';
import { addChunk, endUpdate, fixedPointSum, quantumFor } from './fixed-point-sum.ts';
import type { AggregationSetting } from './strategy.ts';

const LIMIT = 64;

interface Sample {
  readonly examples: number;
  readonly delta: Float32Array;
}

const settingFor = (parameterCount: number): AggregationSetting => ({
  parameterCount,
  options: {},
  training: { learningRate: 0.1, momentum: 0, proximalTerm: 0 },
  population: 1,
});

function aggregate(
  updates: readonly Sample[],
  base: Float32Array,
  chunkLength: number,
  quantum: number,
): Float32Array {
  const sum = fixedPointSum(base.length, quantum);
  for (const { examples, delta } of updates) {
    for (let offset = 0; offset < delta.length; offset += chunkLength)
      addChunk(sum, offset, delta.subarray(offset, offset + chunkLength), examples);
    endUpdate(sum, examples);
  }
  const finished = fedavg.finish(sum, base, new Float32Array(0), settingFor(base.length));
  if (!finished.ok) throw new Error(finished.error.kind);
  return finished.value.parameters;
}

const coordinate = fc.oneof(
  fc.float({ min: -LIMIT, max: LIMIT, noNaN: true }),
  fc.constantFrom(0, -0, LIMIT, -LIMIT, Math.fround(1e-30), Math.fround(1e-4)),
);
const cohort = fc.integer({ min: 1, max: 12 }).chain((size) =>
  fc.array(
    fc.record({
      examples: fc.oneof(fc.integer({ min: 1, max: 1000 }), fc.integer({ min: 1, max: 10_000_000 })),
      delta: fc
        .array(coordinate, { minLength: size, maxLength: size })
        .map((values) => Float32Array.from(values)),
    }),
    { minLength: 1, maxLength: 8 },
  ),
);

describe('federated averaging', () => {
  test('weighs each update by its examples', () => {
    // (1 · 0.5 + 3 · −0.25) / 4 = −0.0625, exact in binary.
    const updates = [
      { examples: 1, delta: Float32Array.of(0.5) },
      { examples: 3, delta: Float32Array.of(-0.25) },
    ];
    expect(aggregate(updates, Float32Array.of(1), 1, quantumFor(4, LIMIT))).toEqual(Float32Array.of(0.9375));
  });

  test('goes the share of the mean that the server learning rate says, and all of it where none is said', () => {
    // The mean is 0.5: 1 + 0.25 · 0.5.
    const sum = fixedPointSum(1, 2 ** -40);
    addChunk(sum, 0, Float32Array.of(0.5), 3);
    endUpdate(sum, 3);
    const finish = (options: AggregationSetting['options']) =>
      fedavg.finish(sum, Float32Array.of(1), new Float32Array(0), { ...settingFor(1), options });
    const none = new Float32Array(0);
    expect(finish({ lr: 0.25 })).toEqual({
      ok: true,
      value: { parameters: Float32Array.of(1.125), state: none },
    });
    expect(finish({ lr: 1 })).toEqual({ ok: true, value: { parameters: Float32Array.of(1.5), state: none } });
    expect(finish({})).toEqual(finish({ lr: 1 }));
  });

  test('gives the same bytes in any order of arrival and any size of chunk', () => {
    let reordered = 0;
    fc.assert(
      fc.property(
        cohort,
        fc.integer({ min: 0, max: 1e9 }),
        fc.integer({ min: 1, max: 5 }),
        (updates, seed, chunk) => {
          const quantum = quantumFor(
            updates.reduce((total, one) => total + one.examples, 0),
            LIMIT,
          );
          const base = Float32Array.from(updates[0]!.delta, () => random(seed).normal());
          const shuffled = random(seed, 'order').shuffle([...updates]);
          if (shuffled.some((one, index) => one !== updates[index])) reordered += 1;
          const first = aggregate(updates, base, 1000, quantum);
          expect(new Uint8Array(aggregate(shuffled, base, chunk, quantum).buffer)).toEqual(
            new Uint8Array(first.buffer),
          );
        },
      ),
      { seed: 1, numRuns: 300 },
    );
    expect(reordered).toBeGreaterThan(100);
  });

  test('agrees with the plain weighted mean within one quantum and a rounding to f32', () => {
    fc.assert(
      fc.property(cohort, (updates) => {
        const total = updates.reduce((sum, one) => sum + one.examples, 0);
        const quantum = quantumFor(total, LIMIT);
        const zero = new Float32Array(updates[0]!.delta.length);
        const made = aggregate(updates, zero, 1000, quantum);
        for (const [i, value] of made.entries()) {
          const mean = updates.reduce((sum, one) => sum + one.examples * one.delta[i]!, 0) / total;
          expect(Math.abs(value - mean)).toBeLessThanOrEqual(quantum + Math.abs(mean) * 2 ** -23);
        }
      }),
      { seed: 2, numRuns: 300 },
    );
  });

  test('a full cohort at the limit of every coordinate stays exact', () => {
    const counts = [10_000_000, 9_999_999, 10_000_000, 1];
    const total = counts.reduce((sum, one) => sum + one, 0);
    const sum = fixedPointSum(2, quantumFor(total, LIMIT));
    for (const count of counts) addChunk(sum, 0, Float32Array.of(LIMIT, -LIMIT), count);
    expect(Number.isSafeInteger(sum.values[0])).toBe(true);
    expect(sum.values[0]! * sum.quantum).toBe(LIMIT * total);
    expect(sum.values[1]! * sum.quantum).toBe(-LIMIT * total);
  });

  test('the quantum is the smallest power of two that keeps every partial sum below 2^52', () => {
    // 60,000 examples · 64 = 3.84e6 < 2^22, so 2^(22 − 52).
    expect(quantumFor(60_000, 64)).toBe(2 ** -30);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e12 }), (examples) => {
        const quantum = quantumFor(examples, LIMIT);
        expect(Number.isInteger(Math.log2(quantum))).toBe(true);
        expect((examples * LIMIT) / quantum).toBeLessThanOrEqual(2 ** 52);
      }),
      { seed: 3 },
    );
  });

  test('refuses to make a version of nothing, and one that is not finite', () => {
    const none = new Float32Array(0);
    const empty = fixedPointSum(1, 1);
    expect(fedavg.finish(empty, Float32Array.of(1), none, settingFor(1))).toEqual({
      ok: false,
      error: { kind: 'no-updates' },
    });
    const sum = fixedPointSum(2, 2 ** -40);
    addChunk(sum, 0, Float32Array.of(0, 64), 1);
    endUpdate(sum, 1);
    const largest = 3.4028234663852886e38;
    expect(fedavg.finish(sum, Float32Array.of(largest, Infinity), none, settingFor(2))).toEqual({
      ok: false,
      error: { kind: 'not-finite', index: 1 },
    });
  });
});
