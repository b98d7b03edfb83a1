// What holds of every strategy that works on a sum, over the list.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  bytesOf,
  foldUpdates,
  LIMIT,
  roundOf,
  roundQuantum,
  sample,
  settingFor,
  tryRound,
} from '../../../../test/support/fold-updates.ts';
import { random } from '../random.ts';
import { fixedPointSum } from './fixed-point-sum.ts';
import { strategies } from './index.ts';
import type { AggregationSetting, SumStrategy } from './strategy.ts';

const sumStrategies = strategies.flatMap((strategy) => (strategy.needs === 'sum' ? [strategy] : []));
const SIZE = 3;

const trainings: readonly AggregationSetting['training'][] = [
  { learningRate: 0.1, momentum: 0, proximalTerm: 0 },
  { learningRate: 0.01, momentum: 0.9, proximalTerm: 0.1 },
];
const facts = fc.record({
  examples: fc.oneof(fc.integer({ min: 1, max: 1000 }), fc.integer({ min: 1, max: 10_000_000 })),
  steps: fc.integer({ min: 1, max: 5000 }),
  baseLoss: fc.double({ min: 0, max: 20, noNaN: true }),
  staleness: fc.integer({ min: 0, max: 20 }),
});
const coordinate = fc.oneof(
  fc.float({ min: -LIMIT, max: LIMIT, noNaN: true }),
  fc.constantFrom(0, -0, LIMIT, -LIMIT, Math.fround(1e-30), Math.fround(1e-4)),
);
const cohortOf = (length: number) =>
  fc.array(
    fc
      .tuple(fc.array(coordinate, { minLength: length, maxLength: length }), facts)
      .map(([values, known]) => sample(values, known)),
    { minLength: 1, maxLength: 8 },
  );

/** What a strategy may remember after some rounds: anything finite. */
const stateFor = (strategy: SumStrategy, setting: AggregationSetting, seed: number): Float32Array =>
  Float32Array.from({ length: strategy.stateLength(setting) }, () => random(seed, strategy.name).next());

describe.each(sumStrategies)('$name', (strategy) => {
  test('gives the same bytes in any order of arrival and any size of chunk', () => {
    let reordered = 0;
    fc.assert(
      fc.property(
        cohortOf(strategy.updateLength(SIZE)),
        fc.constantFrom(...trainings),
        fc.integer({ min: 0, max: 1e9 }),
        fc.integer({ min: 1, max: 5 }),
        (updates, training, seed, chunk) => {
          const setting = settingFor(strategy, SIZE, {}, { training });
          const base = Float32Array.from({ length: SIZE }, () => random(seed).normal());
          const state = stateFor(strategy, setting, seed);
          const shuffled = random(seed, 'order').shuffle([...updates]);
          if (shuffled.some((one, index) => one !== updates[index])) reordered += 1;
          const first = roundOf(strategy, updates, base, setting, state);
          const again = roundOf(strategy, shuffled, base, setting, state, chunk);
          expect(bytesOf(again.parameters)).toEqual(bytesOf(first.parameters));
          expect(bytesOf(again.state)).toEqual(bytesOf(first.state));
        },
      ),
      { seed: 21, numRuns: 150 },
    );
    expect(reordered).toBeGreaterThan(50);
  });

  test('keeps the scales and weights that it promises, and its sum exact at both limits', () => {
    const length = strategy.updateLength(SIZE);
    const extremes = cohortOf(length).map((updates) =>
      updates.map((one, k) => ({ ...one, values: one.values.fill(k % 2 === 0 ? LIMIT : -LIMIT) })),
    );
    const widest = Object.fromEntries(strategy.options.map((option) => [option.name, option.maximum]));
    fc.assert(
      fc.property(
        extremes,
        fc.constantFrom({}, widest),
        fc.constantFrom(...trainings),
        (updates, options, training) => {
          const setting = settingFor(strategy, SIZE, options, { training });
          const quantum = roundQuantum(strategy, updates, setting);
          let exact = 0n;
          for (const { values, ...known } of updates) {
            const { scale, weight, scalars } = strategy.weigh(known, setting);
            expect(Math.abs(scale)).toBeLessThanOrEqual(strategy.scaleBound(setting));
            expect(Number.isSafeInteger(weight) && weight >= 1).toBe(true);
            expect(weight).toBeLessThanOrEqual(strategy.weightBound(known.examples));
            expect(scalars.every(Number.isFinite)).toBe(true);
            // Ties to even, as the sum rounds; Math.round of a double below 2⁵¹ differs from it only in ties.
            const coordinate = values[0]! * (scale / quantum);
            const rounded = Math.round(coordinate);
            const even = Math.abs(coordinate % 1) === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
            exact += BigInt(even) * BigInt(weight);
          }
          const sum = foldUpdates(strategy, updates, setting);
          expect(BigInt(sum.values[0]!)).toBe(exact);
          expect(Math.abs(sum.values[length - 1]!)).toBeLessThanOrEqual(2 ** 52);
          // All on one side: the largest partial sum there can be.
          const oneSided = foldUpdates(
            strategy,
            updates.map((one) => ({ ...one, values: one.values.fill(LIMIT) })),
            setting,
          );
          expect(oneSided.values[0]).toBeLessThanOrEqual(2 ** 52);
        },
      ),
      { seed: 22, numRuns: 150 },
    );
  });

  test('goes on from saved bytes exactly as it would have without the restart', () => {
    const setting = settingFor(strategy, SIZE);
    const draw = random(23, strategy.name);
    const rounds = Array.from({ length: 4 }, () =>
      Array.from({ length: 3 }, () =>
        sample(
          Array.from({ length: strategy.updateLength(SIZE) }, () => Math.fround(draw.normal())),
          { examples: 1 + draw.below(100), steps: 1 + draw.below(20), staleness: draw.below(4) },
        ),
      ),
    );
    const run = (restarts: boolean) => {
      let parameters: Float32Array = new Float32Array(SIZE);
      let state: Float32Array = new Float32Array(strategy.stateLength(setting));
      for (const updates of rounds) {
        const before = bytesOf(state);
        const made = roundOf(strategy, updates, parameters, setting, state);
        expect(bytesOf(state)).toEqual(before);
        expect(made.state.length).toBe(strategy.stateLength(setting));
        // A restart knows only what is on disk: the bytes of the version and of its state.
        parameters = restarts ? new Float32Array(bytesOf(made.parameters).buffer) : made.parameters;
        state = restarts ? new Float32Array(bytesOf(made.state).buffer) : made.state;
      }
      return { parameters, state };
    };
    const [through, restarted] = [run(false), run(true)];
    expect(bytesOf(restarted.parameters)).toEqual(bytesOf(through.parameters));
    expect(bytesOf(restarted.state)).toEqual(bytesOf(through.state));
    expect(through.parameters.every((value) => value !== 0)).toBe(true);
    expect(through.state.every((value) => value !== 0)).toBe(true);
  });

  test('makes no version of nothing, and names the parameter that is not finite', () => {
    const setting = settingFor(strategy, 2);
    const state = new Float32Array(strategy.stateLength(setting));
    const empty = fixedPointSum(strategy.updateLength(2), 1);
    expect(strategy.finish(empty, Float32Array.of(0, 0), state, setting)).toEqual({
      ok: false,
      error: { kind: 'no-updates' },
    });
    const update = sample(new Array<number>(strategy.updateLength(2)).fill(0));
    expect(tryRound(strategy, [update], Float32Array.of(0, NaN), state, setting)).toEqual({
      ok: false,
      error: { kind: 'not-finite', index: 1 },
    });
  });

  test('says what it is, and every default is within its range', () => {
    expect(strategy.title.length * strategy.description.length * strategy.paper.length).toBeGreaterThan(0);
    expect(new Set(strategy.options.map((option) => option.name)).size).toBe(strategy.options.length);
    for (const option of strategy.options) {
      expect(option.name).toMatch(/^[a-z][a-z0-9]*$/);
      expect(option.default).toBeGreaterThanOrEqual(option.minimum);
      expect(option.default).toBeLessThanOrEqual(option.maximum);
    }
  });
});

test('no two strategies share a name', () => {
  expect(new Set(strategies.map((strategy) => strategy.name)).size).toBe(strategies.length);
});
