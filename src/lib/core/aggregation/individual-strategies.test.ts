import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { random } from '../random.ts';
import { strategies, strategyNamed } from './index.ts';
import { parseStrategy, strategySpec } from './strategy-spec.ts';
import { failureSentence, type AggregationSetting, type IndividualStrategy } from './strategy.ts';

const individual = strategies.filter((one): one is IndividualStrategy => one.needs === 'individual');
const named = (name: string): IndividualStrategy => {
  const strategy = strategyNamed(name);
  if (strategy?.needs !== 'individual') throw new Error(`${name} compares no updates.`);
  return strategy;
};

function aggregate(
  name: string,
  updates: readonly Float32Array[],
  given: Readonly<Record<string, number>> = {},
  blockLength = 1000,
) {
  const parameterCount = updates[0]?.length ?? 0;
  const setting: AggregationSetting = {
    parameterCount,
    options: strategySpec(name, given).options,
    training: { learningRate: 0.1, momentum: 0, proximalTerm: 0 },
    population: updates.length,
  };
  // What a device says of itself is a lie here: no rule may believe it.
  const facts = updates.map(() => ({ examples: 1e7, steps: 1, baseLoss: null, norm: 0, staleness: 0 }));
  const rule = named(name).start(facts, setting);
  if (!rule.ok) return rule;
  for (let pass = rule.value.next(); pass !== undefined; pass = rule.value.next())
    for (let offset = 0; offset < parameterCount; offset += blockLength)
      pass({ offset, values: updates.map((one) => one.subarray(offset, offset + blockLength)) });
  return rule.value.delta();
}

function delta(...call: Parameters<typeof aggregate>): number[] {
  const made = aggregate(...call);
  if (!made.ok) throw new Error(failureSentence(made.error));
  return [...made.value];
}

const updates = (...rows: number[][]): Float32Array[] => rows.map((row) => Float32Array.from(row));
const line = (...points: number[]): Float32Array[] => points.map((point) => Float32Array.of(point));

describe('worked out by hand', () => {
  test('the median takes the middle value of every parameter, or the mean of the two in the middle', () => {
    expect(delta('median', updates([1, 5], [10, 0], [2, -1]))).toEqual([2, 0]);
    expect(delta('median', line(7, -1, 4, 100))).toEqual([5.5]);
  });

  test('the trimmed mean leaves out ⌈β·n⌉ values at each end', () => {
    expect(delta('trimmedmean', line(1, 100, 3, 4, 2))).toEqual([3]);
    // ⌈0.3 · 5⌉ = 2: only the middle one is left. β = 0 is the mean.
    expect(delta('trimmedmean', line(1, 100, 3, 4, 2), { beta: 0.3 })).toEqual([3]);
    expect(delta('trimmedmean', line(1, 100, 3, 4, 2), { beta: 0 })).toEqual([22]);
  });

  test('Krum keeps the update whose n − f − 2 nearest are nearest, multi-Krum the mean of n − f', () => {
    // n = 5, f = 1: two neighbours. Scores: 0 → 1 + 9, 1 → 1 + 4, 3 → 4 + 9, 10 → 49 + 81, 100 → 8100 + 9409.
    expect(delta('krum', line(0, 1, 3, 10, 100))).toEqual([1]);
    expect(delta('multikrum', line(0, 1, 3, 10, 100))).toEqual([(0 + 1 + 3 + 10) / 4]);
  });

  test('between equal scores Krum keeps the earlier participant', () => {
    // n = 4, f = 0, two neighbours: −1 and 5 have 4 + 16, 1 and 3 have 4 + 4, and 24 to all three others.
    expect(delta('krum', line(-1, 1, 3, 5), { bad: 0 })).toEqual([1]);
    expect(delta('krum', line(5, 3, 1, -1), { bad: 0 })).toEqual([3]);
  });

  test('Bulyan averages the n − 4f values nearest the median of what Krum picks', () => {
    // n = 7, f = 1. By 4, 3, 2, 1, 1 neighbours Krum picks 3 (score 10, as has 2, which is further from 100), 2 (9), 4 (10, as
    // has 1), 1 (1, as has 0), 5 (25, as has 0). Of 1…5 the three nearest the median 3 are 2, 3, 4.
    expect(delta('bulyan', line(0, 1, 2, 3, 4, 5, 100))).toEqual([3]);
    // With f = 0 all are picked and kept: the mean.
    expect(delta('bulyan', line(0, 1, 2), { bad: 0 })).toEqual([1]);
  });

  test('Weiszfeld steps go from the mean to the geometric median', () => {
    // From 1/3: weights 3, 3, 1.5 → 1.5 / 7.5. From 1/5: weights 5, 5, 1.25 → 1.25 / 11.25.
    expect(delta('rfa', line(0, 0, 1), { steps: 1 })[0]).toBeCloseTo(1 / 5, 14);
    expect(delta('rfa', line(0, 0, 1), { steps: 2 })[0]).toBeCloseTo(1 / 9, 14);
    expect(delta('rfa', line(0, 0, 1), { steps: 60 })[0]).toBeLessThan(1e-6);
    // The Fermat point of an equilateral triangle is its centre; equal updates are their own median.
    const height = Math.sqrt(3);
    const [x, y] = delta('rfa', updates([-1, 0], [1, 0], [0, height]));
    expect(x).toBeCloseTo(0, 7);
    expect(y).toBeCloseTo(height / 3, 7);
    expect(delta('rfa', line(0.5, 0.5, 0.5))).toEqual([0.5]);
  });

  test('the norm bound cuts updates to the median norm that it measures itself', () => {
    // Norms 5, 1, 2, so M = 2: (3, 4) becomes (1.2, 1.6).
    const [x, y] = delta('normbound', updates([3, 4], [0, 1], [0, 2]));
    expect(x).toBeCloseTo(1.2 / 3, 14);
    expect(y).toBeCloseTo((1.6 + 1 + 2) / 3, 14);
  });

  test('FLTrust weighs updates by their cosine to the root’s, at its length', () => {
    // Root (2, 0). Cosines 1, 0.6, −1 → trust 1, 0.6, 0; stretched to (2, 0) and (1.2, 1.6).
    const [x, y] = delta('fltrust', updates([2, 0], [1, 0], [3, 4], [-1, 0]));
    expect(x).toBeCloseTo((2 + 0.6 * 1.2) / 1.6, 14);
    expect(y).toBeCloseTo((0.6 * 1.6) / 1.6, 14);
  });

  test('FLTrust makes nothing of a root update of zeros, or where nobody agrees with it', () => {
    expect(aggregate('fltrust', updates([0, 0], [1, 0]))).toEqual({
      ok: false,
      error: { kind: 'root-is-zero' },
    });
    expect(aggregate('fltrust', updates([1, 0], [-1, 0], [0, 1], [0, 0]))).toEqual({
      ok: false,
      error: { kind: 'none-trusted', updates: 3 },
    });
  });

  test('the server goes its learning rate along the aggregate, and refuses what is not finite', () => {
    const setting = {
      parameterCount: 2,
      training: { learningRate: 1, momentum: 0, proximalTerm: 0 },
      population: 3,
    };
    for (const strategy of individual) {
      const options = strategySpec(strategy.name, { lr: 0.5 }).options;
      const step = (...moves: number[]) =>
        strategy.finish(Float64Array.from(moves), Float32Array.of(1, 2), new Float32Array(0), {
          ...setting,
          options,
        });
      expect(step(4, -2)).toEqual({
        ok: true,
        value: { parameters: Float32Array.of(3, 1), state: new Float32Array(0) },
      });
      expect(step(0, 1e39)).toEqual({ ok: false, error: { kind: 'not-finite', index: 1 } });
    }
  });
});

describe('how many updates are needed', () => {
  test.each([
    ['median', 3],
    ['trimmedmean', 3],
    ['trimmedmean:beta=0', 1],
    // n − 2⌈0.49 n⌉ is at least 1 for odd n, and for even n from 100 on.
    ['trimmedmean:beta=0.49', 99],
    // f = ⌊0.2 n⌋: n ≥ 2f + 3 from 3 on; n ≥ 4f + 3 fails last at n = 10, f = 2.
    ['krum', 3],
    ['multikrum', 3],
    ['bulyan', 11],
    ['bulyan:bad=0', 3],
    ['rfa', 3],
    ['normbound', 3],
    ['fltrust', 1],
  ])('%s always works from %i on, and one fewer is refused', (text, least) => {
    const spec = parseStrategy(text);
    if (!spec.ok) throw new Error(spec.error.message);
    const { name, options } = spec.value;
    expect(named(name).minimumUpdates(options)).toBe(least);
    const root = named(name).needsRoot ? 1 : 0;
    const zeros = (count: number) => Array.from({ length: count + root }, () => Float32Array.of(1));
    expect(aggregate(name, zeros(least - 1), options)).toEqual({
      ok: false,
      error: { kind: 'too-few-updates', needed: least, got: least - 1 },
    });
    for (let count = least; count < least + 60; count += 1)
      expect(aggregate(name, zeros(count), options)).toMatchObject({ ok: true });
  });

  test('a share of the updates is the whole number that it means, whatever its double is', () => {
    // 0.07 · 100 = 7.000000000000001 and 0.29 · 100 = 28.999999999999996 as doubles.
    const hundred = line(...Array.from({ length: 100 }, (_, k) => k));
    expect(delta('trimmedmean', hundred, { beta: 0.07 })).toEqual([49.5]);
    expect(delta('multikrum', hundred, { bad: 0.29 })).toEqual([49]);
  });
});

const cohort = fc.record({
  seed: fc.nat(1e9),
  size: fc.integer({ min: 11, max: 24 }),
  length: fc.integer({ min: 1, max: 300 }),
  block: fc.integer({ min: 1, max: 130 }),
});
const drawn = (seed: number, size: number, length: number): Float32Array[] => {
  const draw = random(seed, 'updates');
  const shared = Float32Array.from({ length }, () => draw.normal());
  return Array.from({ length: size }, () => shared.map((value) => value + 0.3 * draw.normal()));
};

test.each(individual.map(({ name }) => name))('%s gives the same bytes whatever the blocks', (name) => {
  fc.assert(
    fc.property(cohort, ({ seed, size, length, block }) => {
      const given = drawn(seed, size, length);
      expect(delta(name, given, {}, block)).toEqual(delta(name, given, {}, 1000));
    }),
    { seed: 4, numRuns: 40 },
  );
});

test.each(individual.map(({ name, needsRoot }) => [name, needsRoot] as const))(
  '%s does not depend on the order of the updates',
  (name, needsRoot) => {
    // Sorted before they are added, the bytes are the same; else they are added in the participants' order.
    const isExact = ['median', 'trimmedmean', 'krum', 'multikrum', 'bulyan'].includes(name);
    fc.assert(
      fc.property(cohort, ({ seed, size, length }) => {
        const given = drawn(seed, size, length);
        const rest = needsRoot ? given.slice(1) : given;
        const shuffled = random(seed, 'order').shuffle([...rest]);
        const other = delta(name, needsRoot ? [given[0]!, ...shuffled] : shuffled);
        for (const [i, value] of delta(name, given).entries())
          if (isExact) expect(other[i]).toBe(value);
          else expect(Math.abs(other[i]! - value)).toBeLessThan(1e-12);
      }),
      { seed: 5, numRuns: 40 },
    );
  },
);
