// What a strategy folds from a secure sum is what it folds update by update, to the unit of the ring.
import { describe, expect, test } from 'vitest';
import { seededBytes } from '../../../../server/simulate/seeded-bytes.ts';
import { sumConfig } from '../../../../test/support/sum-config.ts';
import { writeExact, exactSumAt } from '../aggregation/exact-words.ts';
import { addChunk, endUpdate, fixedPointSum, scalarSum, sumAt } from '../aggregation/fixed-point-sum.ts';
import { strategyNamed } from '../aggregation/index.ts';
import type { AggregationSetting, SumStrategy } from '../aggregation/strategy.ts';
import { optionsOf } from '../aggregation/strategy-spec.ts';
import { random } from '../random.ts';
import { rotationBlocks } from '../update/codec/hadamard.ts';
import { stepForSigma } from '../update/codec/ring-compact.ts';
import { coordinateWords, decodeSum, encodeContribution, scalarsOf, tailWords } from './encoding.ts';
import { addWords } from './masked-words.ts';
import type { SumConfig } from './messages.ts';

const LENGTH = 300;
const slots = [0, 2, 3, 5, 6];

const sumStrategy = (name: string): SumStrategy => {
  const strategy = strategyNamed(name);
  if (strategy?.needs !== 'sum') throw new Error(name);
  return strategy;
};

const settingOf = (strategy: SumStrategy): AggregationSetting => ({
  parameterCount: LENGTH,
  options: optionsOf({ name: strategy.name, options: {} }),
  training: { learningRate: 0.1, momentum: 0.5, proximalTerm: 0 },
  population: 7,
});

const updates = slots.map((slot) => {
  const draws = random(slot, 'an update');
  return Float32Array.from({ length: LENGTH }, () => draws.normal() / 20);
});
const facts = slots.map((slot) => ({
  examples: 40 + 13 * slot,
  steps: 3 + slot,
  baseLoss: 0.4 + slot / 10,
  staleness: 0,
}));

const configFor = (strategy: SumStrategy, over: Partial<SumConfig>): SumConfig => {
  const bits = over.bits ?? 32;
  return sumConfig({
    bits,
    length: LENGTH,
    words: coordinateWords(LENGTH, bits),
    tail: tailWords(scalarsOf(strategy, settingOf(strategy))),
    cohort: 7,
    encoding: {
      type: 'exact',
      clip: 10 * strategy.scaleBound(settingOf(strategy)),
      clipNorm: 10,
      mostWeight: 1000,
    },
    ...over,
  });
};

/** Sums what each device would mask. */
function summed(config: SumConfig, strategy: SumStrategy, values = updates): Uint32Array<ArrayBuffer> {
  const sum = new Uint32Array(config.words + config.tail);
  for (const [index, slot] of slots.entries())
    addWords(
      sum,
      encodeContribution(config, slot, {
        values: values[index]!.slice(),
        facts: facts[index]!,
        strategy,
        setting: settingOf(strategy),
        rounding: String(slot),
        survivors: slots.length,
        draw: seededBytes(1, slot),
      }),
      config,
      1,
    );
  return sum;
}

function foldedPlainly(strategy: SumStrategy) {
  const sum = fixedPointSum(LENGTH, 2 ** -40);
  for (const [index, update] of updates.entries()) {
    const norm = Math.hypot(...update);
    const { scale, weight, scalars } = strategy.weigh({ ...facts[index]!, norm }, settingOf(strategy));
    addChunk(sum, 0, update, weight, scale);
    endUpdate(sum, weight, scalars);
  }
  return sum;
}

describe('an exact ring', () => {
  test.each(['fedavg', 'fedavgm', 'fedadam', 'fednova', 'qfedavg'])(
    '%s folds the same sums, weights and scalars',
    (name) => {
      const strategy = sumStrategy(name);
      const config = configFor(strategy, {});
      const decoded = decodeSum(
        config,
        summed(config, strategy),
        slots,
        scalarsOf(strategy, settingOf(strategy)),
      );
      if (!decoded.ok) throw new Error(decoded.error.kind);
      const { sum } = decoded.value;
      const plain = foldedPlainly(strategy);
      expect([sum.weight, sum.count]).toEqual([plain.weight, plain.count]);
      // n devices, each rounded to a unit.
      const tolerance = slots.length * sum.quantum;
      for (let i = 0; i < LENGTH; i += 1)
        expect(Math.abs(sumAt(sum, i) - sumAt(plain, i))).toBeLessThanOrEqual(tolerance);
      expect(sum.scalars.length).toBe(plain.scalars.length);
      for (const index of plain.scalars.keys())
        expect(scalarSum(sum, index)).toBeCloseTo(scalarSum(plain, index), 6);
    },
  );

  test('counts no device for more rows than the most, and scales down what is larger than the norm', () => {
    const strategy = sumStrategy('fedavg');
    const exact = configFor(strategy, {});
    const { encoding } = exact;
    if (encoding.type !== 'exact') throw new Error(encoding.type);
    const config = { ...exact, encoding: { ...encoding, clip: 0.1, clipNorm: 0.1, mostWeight: 50 } };
    const decoded = decodeSum(config, summed(config, strategy), slots, 0);
    if (!decoded.ok) throw new Error(decoded.error.kind);
    const { sum } = decoded.value;
    // 40 rows, and four times the most.
    expect(sum.weight).toBe(40 + 4 * 50);
    const expected = (i: number): number =>
      updates.reduce((total, update, index) => {
        const norm = Math.hypot(...update);
        expect(norm).toBeGreaterThan(0.1);
        return total + (index === 0 ? 40 : 50) * update[i]! * (0.1 / norm);
      }, 0);
    for (let i = 0; i < LENGTH; i += 1) expect(sumAt(sum, i)).toBeCloseTo(expected(i), 5);
  });

  test('with a mask left over has weights that no devices have', () => {
    const strategy = sumStrategy('fedavg');
    const config = configFor(strategy, {});
    const sum = summed(config, strategy);
    random(1, 'a mask').fill(sum);
    expect(decodeSum(config, sum, slots, 0)).toMatchObject({ ok: false, error: { kind: 'weights' } });
  });
});

describe('a narrow ring', () => {
  const strategy = sumStrategy('fedavg');
  const plain = foldedPlainly(strategy);
  const norms = decodeSum(configFor(strategy, {}), summed(configFor(strategy, {}), strategy), slots, 0);
  const compact = (bits: 4 | 8, room: number): SumConfig =>
    configFor(strategy, {
      bits,
      encoding: {
        type: 'compact',
        steps: rotationBlocks(LENGTH).map(({ size }, block) =>
          stepForSigma((room * (norms.ok ? norms.value.norms[block]! : 0)) / Math.sqrt(size), bits),
        ),
        clipNorm: 10,
        mostWeight: 1000,
      },
    });

  test.each([
    // NMSE ≈ n · step²/(12σ²) with step = 2·k_r·1.3·σ/2^m: 8 bits 7·10⁻⁴, 4 bits 0.13.
    [8, 0.004],
    [4, 0.4],
  ] as const)('of %i bits whose range is that of the sum before is wrong by its dither', (bits, most) => {
    const config = compact(bits, 1.3);
    const decoded = decodeSum(config, summed(config, strategy), slots, 0);
    if (!decoded.ok) throw new Error(decoded.error.kind);
    let error = 0;
    let energy = 0;
    for (let i = 0; i < LENGTH; i += 1) {
      error += (sumAt(decoded.value.sum, i) - sumAt(plain, i)) ** 2;
      energy += sumAt(plain, i) ** 2;
    }
    expect(error / energy).toBeLessThan(most);
    expect(error / energy).toBeGreaterThan(most / 100);
    // What it tells of the next range is the sum's, without the dithers'.
    expect(decoded.value.norms[0]! / (Math.sqrt(energy) / 1000)).toBeCloseTo(1, bits === 8 ? 1 : 0);
  });

  test('that is far too narrow is found out, and not used', () => {
    const config = compact(4, 0.2);
    expect(decodeSum(config, summed(config, strategy), slots, 0)).toMatchObject({
      ok: false,
      error: { kind: 'wrapped' },
    });
  });
});

test('noisy units are the clipped updates, each counted once, with the noise of all shares in whole quanta', () => {
  const strategy = sumStrategy('fedavg');
  const noisy = { type: 'noisy', clipNorm: 0.4, quantum: 2 ** -14, variance: 40_000 } as const;
  const config = configFor(strategy, { encoding: noisy });
  const decoded = decodeSum(config, summed(config, strategy), slots, 0);
  if (!decoded.ok) throw new Error(decoded.error.kind);
  const { sum } = decoded.value;
  expect(sum).toMatchObject({ weight: 5, count: 5, quantum: 2 ** -14, scalars: [] });
  // However many rows a device has, and however long its update is.
  const off = Array.from({ length: LENGTH }, (_, i) => {
    const exact = updates.reduce((total, update) => total + (update[i]! * 0.4) / Math.hypot(...update), 0);
    return (sumAt(sum, i) - exact) * 2 ** 14;
  });
  const square = off.reduce((total, value) => total + value * value, 0) / LENGTH;
  // Rounding adds five quarters at most.
  expect(Math.abs(square / 40_000 - 1)).toBeLessThan(5 * Math.sqrt(2 / LENGTH));
  expect(decodeSum(config, summed(config, strategy).fill(7), slots, 0)).toMatchObject({
    ok: false,
    error: { kind: 'weights' },
  });
});

test('whole numbers of summed models are exact to the last unit', () => {
  const strategy = sumStrategy('fedavg');
  const numbers = slots.map((slot) => Float64Array.of(2 ** 39 - slot, -slot, 7, 0));
  const values = numbers.map((of) => {
    const update = new Float32Array(8);
    writeExact(of, update);
    return update;
  });
  const config = sumConfig({
    length: 8,
    words: 8,
    tail: tailWords(0),
    cohort: 7,
    encoding: { type: 'words' },
  });
  const decoded = decodeSum(config, summed(config, strategy, values), slots, 0);
  if (!decoded.ok) throw new Error(decoded.error.kind);
  expect(decoded.value.sum).toMatchObject({ weight: 5, count: 5 });
  for (const at of [0, 1, 2, 3])
    expect(exactSumAt(decoded.value.sum, 2 * at)).toBe(numbers.reduce((total, of) => total + of[at]!, 0));
});
