import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Examples } from '../data/examples.ts';
import { random } from '../random.ts';
import { alieReach } from './alie.ts';
import type { RowsSetting, UpdateSetting } from './attack.ts';
import { attackNamed, attacks, parseAttack } from './index.ts';
import { normalQuantile } from '../metrics/normal-quantile.ts';
import { withTrigger } from './replacement.ts';

function spec(text: string) {
  const read = parseAttack(text);
  if (!read.ok) throw new Error(read.error.message);
  return read.value;
}
const updateSetting = (text: string, cohort = 10, hostile = 2, serverLearningRate = 1): UpdateSetting => ({
  options: spec(text).options,
  cohort,
  hostile,
  serverLearningRate,
  draw: random(3, 'attack'),
});
const rowsSetting = (text: string, exampleShape: number[], classes: number | undefined): RowsSetting => ({
  options: spec(text).options,
  exampleShape,
  classes,
  draw: random(3, 'attack'),
});

function poison(text: string, rows: Examples, setting: RowsSetting) {
  const attack = attackNamed(spec(text).name);
  if (attack === undefined || !('poison' in attack)) throw new Error(`${text} touches no rows.`);
  return attack.poison(rows, setting);
}
function ownDelta(text: string, own: number[], setting = updateSetting(text)): number[] {
  const attack = attackNamed(spec(text).name);
  if (attack?.acts !== 'on-own-delta' && attack?.acts !== 'on-rows-and-own-delta')
    throw new Error(`${text} does not act on its own delta.`);
  return [...attack.craft(Float32Array.from(own), setting)];
}
function seeingAll(text: string, honest: readonly Float32Array[], setting = updateSetting(text)) {
  const attack = attackNamed(spec(text).name);
  if (attack?.acts !== 'on-honest-updates') throw new Error(`${text} sees no other update.`);
  const made = attack.craft(honest, setting);
  if (!made.ok) throw new Error(made.error.message);
  return [...made.value];
}

/** `count` rows of `size` values 0, 1, 2 …, of three classes in turn. */
const images = (count: number, size: number): Examples => ({
  count,
  features: Uint8Array.from({ length: count * size }, (_, i) => i % 200),
  targets: Int32Array.from({ length: count }, (_, row) => row % 3),
  hashes: Uint32Array.from({ length: count * 2 }, (_, i) => i),
});
const table = (count: number, size: number): Examples => ({
  ...images(count, size),
  features: new Float32Array(count * size),
});

test('an attack is named like a strategy, and its options are read by the same rules', () => {
  expect(parseAttack('signflip:scale=5')).toEqual({
    ok: true,
    value: { name: 'signflip', options: { scale: 5 } },
  });
  expect(parseAttack('labelflip')).toEqual({ ok: true, value: { name: 'labelflip', options: {} } });
  expect(parseAttack('flood')).toEqual({
    ok: false,
    error: {
      option: null,
      message: `There is no attack “flood”. Use one of ${attacks.map((one) => one.name).join(', ')}.`,
    },
  });
  expect(parseAttack('ipm:epsilon=-1')).toMatchObject({ ok: false, error: { option: 'epsilon' } });
});

describe('on rows', () => {
  test('a label flip turns y into L − 1 − y, and touches nothing else', () => {
    const rows = images(6, 4);
    const flipped = poison('labelflip', rows, rowsSetting('labelflip', [2, 2, 1], 4));
    expect(flipped).toEqual({ ok: true, value: { ...rows, targets: Int32Array.of(3, 2, 1, 3, 2, 1) } });
    expect(rows.targets[0]).toBe(0);
  });

  test('number targets have no labels to flip and no class for a backdoor', () => {
    const rows = { ...table(4, 2), targets: new Float32Array(4) };
    for (const text of ['labelflip', 'replacement'])
      expect(poison(text, rows, rowsSetting(text, [2], undefined))).toMatchObject({
        ok: false,
        error: { kind: 'needs-classes' },
      });
  });

  test('a backdoor of images is a bright square in the last corner, in a share of the rows, of the attacker’s class', () => {
    const text = 'replacement:patch=2,share=0.3,target=2';
    const rows = images(10, 24);
    const made = poison(text, rows, rowsSetting(text, [4, 3, 2], 3));
    if (!made.ok) throw new Error(made.error.message);
    const poisoned = Array.from({ length: 10 }, (_, row) => row).filter(
      (row) => made.value.features[row * 24 + 23] === 255,
    );
    expect(poisoned).toHaveLength(3);
    // Rows 2 and 3, columns 1 and 2, both channels of a 4 × 3 × 2 image: (y · 3 + x) · 2 + c.
    const corner = new Set([14, 15, 16, 17, 20, 21, 22, 23]);
    for (let row = 0; row < 10; row += 1) {
      const isPoisoned = poisoned.includes(row);
      expect(made.value.targets[row]).toBe(isPoisoned ? 2 : row % 3);
      for (let i = 0; i < 24; i += 1)
        expect(made.value.features[row * 24 + i]).toBe(
          isPoisoned && corner.has(i) ? 255 : rows.features[row * 24 + i],
        );
    }
    expect(made.value.hashes).toBe(rows.hashes);
    expect(rows.features.includes(255)).toBe(false);
  });

  test('a backdoor of tables is one feature at a fixed value; every test row can be given it', () => {
    const text = 'replacement:feature=1,value=7';
    const marked = withTrigger(table(2, 3), rowsSetting(text, [3], 3));
    expect(marked).toEqual({
      ok: true,
      value: { ...table(2, 3), features: Float32Array.of(0, 7, 0, 0, 7, 0) },
    });
  });

  test('a class, a feature or a patch that the data do not have is refused by name', () => {
    const kinds = (text: string, rows: Examples, shape: number[]) =>
      poison(text, rows, rowsSetting(text, shape, 3));
    expect(kinds('replacement:target=3', images(2, 16), [4, 4, 1])).toEqual({
      ok: false,
      error: { kind: 'no-such-class', message: 'Class 3 is none of 0 … 2. Choose one of these.' },
    });
    expect(kinds('replacement:patch=5', images(2, 16), [4, 4, 1])).toMatchObject({
      ok: false,
      error: { kind: 'patch-too-large' },
    });
    expect(kinds('replacement:feature=3', table(2, 3), [3])).toMatchObject({
      ok: false,
      error: { kind: 'no-such-feature' },
    });
  });
});

describe('on its own delta', () => {
  test('a sign flip reports −s · Δ', () => {
    expect(ownDelta('signflip', [1, -2, 0])).toEqual([-1, 2, 0]);
    expect(ownDelta('signflip:scale=5', [1, -2, 0])).toEqual([-5, 10, 0]);
  });

  test('noise has the standard deviation that was asked for, and the same seed gives the same', () => {
    const noise = ownDelta('gaussian:sd=3', new Array<number>(20_000).fill(9));
    const mean = noise.reduce((sum, value) => sum + value, 0) / noise.length;
    const variance = noise.reduce((sum, value) => sum + (value - mean) ** 2, 0) / noise.length;
    // Five standard errors: 3 / √20,000 for the mean, 3 / √40,000 for the deviation.
    expect(Math.abs(mean)).toBeLessThan((5 * 3) / Math.sqrt(20_000));
    expect(Math.abs(Math.sqrt(variance) - 3)).toBeLessThan((5 * 3) / Math.sqrt(40_000));
    expect(ownDelta('gaussian:sd=3', new Array<number>(20_000).fill(9))).toEqual(noise);
  });

  test('replacement makes the plain mean of the round the attacker’s model', () => {
    // n = 4, f = 1, η = 0.5 and three who do not move: γ = 8, and 0.5 · (8Δ + 0 + 0 + 0) / 4 = Δ.
    expect(ownDelta('replacement', [1, -0.5], updateSetting('replacement', 4, 1, 0.5))).toEqual([8, -4]);
    expect(ownDelta('replacement', [1, -0.5], updateSetting('replacement', 4, 2, 0.5))).toEqual([4, -2]);
    expect(ownDelta('replacement:scale=3', [1, -0.5])).toEqual([3, -1.5]);
  });
});

describe('seeing the honest updates', () => {
  // Mean (2, 1), standard deviations (1, 0), diameter 2.
  const honest = [Float32Array.of(1, 1), Float32Array.of(3, 1)];

  test('A little is enough reports μ − zσ', () => {
    expect(seeingAll('alie:z=1.5', honest)).toEqual([0.5, 1]);
  });

  test('its z comes from how many honest devices must lie further out', () => {
    // n = 50, f = 24: s = 26 − 24 = 2, Φ⁻¹(24 / 26). n = 20, f = 4: s = 7, Φ⁻¹(9 / 16). n = 10, f = 5: s = 1, Φ⁻¹(4 / 5).
    expect(alieReach(50, 24)).toBeCloseTo(1.4260768722728, 12);
    expect(alieReach(20, 4)).toBeCloseTo(0.1573106846101707, 12);
    expect(alieReach(10, 5)).toBeCloseTo(0.8416212335729143, 12);
    expect(seeingAll('alie', honest, updateSetting('alie', 10, 5))[0]).toBeCloseTo(2 - 0.8416212335729143, 6);
    expect(alieReach(10, 6)).toBeUndefined();
    const attack = attackNamed('alie');
    if (attack?.acts !== 'on-honest-updates') throw new Error('alie sees the honest updates.');
    expect(attack.craft(honest, updateSetting('alie', 10, 6))).toMatchObject({
      ok: false,
      error: { kind: 'too-many-hostile' },
    });
  });

  test('the normal quantile is that of the tables', () => {
    expect(normalQuantile(0.5)).toBe(0);
    expect(normalQuantile(0.975)).toBeCloseTo(1.959963984540054, 14);
    expect(normalQuantile(0.025)).toBeCloseTo(-1.959963984540054, 14);
    expect(normalQuantile(1e-6)).toBeCloseTo(-4.753424308822899, 13);
    // Beyond 5 = √(−ln p): the third branch.
    expect(normalQuantile(1e-20)).toBeCloseTo(-9.262340089798408, 12);
    expect([normalQuantile(0), normalQuantile(1)]).toEqual([-Infinity, Infinity]);
    expect(() => normalQuantile(1.1)).toThrow(RangeError);
  });

  test('inner product manipulation reports −ε · μ', () => {
    expect(seeingAll('ipm:epsilon=10', honest)).toEqual([-20, -10]);
    expect(seeingAll('ipm', honest)).toEqual([-1, -0.5]);
  });

  test('min-max goes to the edge of the honest diameter', () => {
    // By the deviations: from (2, 1) along (−1, 0) until it is 2 from (3, 1): γ = 1. It is (1, 1), 0 from the other.
    expect(seeingAll('minmax:direction=1', honest)).toEqual([1, 1]);
    // On a line, the mean 1 of 0 and 2 goes down until it is 2 from 2.
    expect(seeingAll('minmax', [Float32Array.of(0), Float32Array.of(2)])).toEqual([0]);
    expect(seeingAll('minmax', [Float32Array.of(0, 0)])).toEqual([0, 0]);

    let far = 0;
    fc.assert(
      fc.property(
        fc.nat(1e9),
        fc.integer({ min: 2, max: 12 }),
        fc.constantFrom(0, 1),
        (seed, count, direction) => {
          const draw = random(seed);
          const rows = Array.from({ length: count }, () =>
            Float32Array.from({ length: 8 }, () => 1 + draw.normal()),
          );
          const made = seeingAll(`minmax:direction=${direction}`, rows);
          const distance = (a: ArrayLike<number>, b: ArrayLike<number>) =>
            Math.hypot(...Array.from(a, (value, i) => value - b[i]!));
          const diameter = Math.max(...rows.flatMap((a) => rows.map((b) => distance(a, b))));
          const furthest = Math.max(...rows.map((row) => distance(row, made)));
          // On the edge, but for the rounding of its values to f32.
          expect(Math.abs(furthest - diameter)).toBeLessThan(1e-5 * diameter);
          if (made.every((value, i) => value <= rows.reduce((sum, row) => sum + row[i]!, 0) / count))
            far += 1;
        },
      ),
      { seed: 7 },
    );
    expect(far).toBeGreaterThan(40);
  });
});
