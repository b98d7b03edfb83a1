// What each rule promises with f hostile updates among n, whatever these hold; and that the mean promises nothing.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { random } from '../random.ts';
import { fedavg } from './fedavg.ts';
import { addChunk, endUpdate, fixedPointSum, quantumFor } from './fixed-point-sum.ts';
import { strategyNamed } from './index.ts';
import { strategySpec } from './strategy-spec.ts';
import type { AggregationSetting } from './strategy.ts';

const LENGTH = 12;

/** n updates of which f are hostile: huge, tiny, copied from an honest one, all alike or all different, anywhere in the order. */
const round = (share: number, isEnough: (n: number, f: number) => boolean) =>
  fc
    .record({
      n: fc.integer({ min: 5, max: 24 }),
      seed: fc.nat(1e9),
      size: fc.constantFrom(1e-3, 1, 3, 64, 1e6),
      isAlike: fc.boolean(),
    })
    .map(({ n, seed, size, isAlike }) => {
      const f = Math.floor(share * n + 1e-9);
      const draw = random(seed, 'round');
      const row = (scale: number) => Float32Array.from({ length: LENGTH }, () => scale * draw.normal());
      const honest = Array.from({ length: n - f }, () => row(1));
      const one = row(size);
      const hostile = Array.from({ length: f }, () => (isAlike ? one : row(size)));
      return { n, f, honest, hostile, all: draw.shuffle([...honest, ...hostile]) };
    })
    .filter(({ n, f }) => f > 0 && isEnough(n, f));

const settingOf = (name: string, given: Readonly<Record<string, number>>, n: number): AggregationSetting => ({
  parameterCount: LENGTH,
  options: strategySpec(name, given).options,
  training: { learningRate: 0.1, momentum: 0, proximalTerm: 0 },
  population: n,
});

function aggregate(name: string, all: readonly Float32Array[], given: Readonly<Record<string, number>>) {
  const strategy = strategyNamed(name);
  if (strategy?.needs !== 'individual') throw new Error(`${name} compares no updates.`);
  const facts = all.map(() => ({ examples: 1, steps: 1, baseLoss: null, norm: 1, staleness: 0 }));
  const rule = strategy.start(facts, settingOf(name, given, all.length));
  if (!rule.ok) throw new Error(rule.error.kind);
  for (let pass = rule.value.next(); pass !== undefined; pass = rule.value.next())
    pass({ offset: 0, values: all });
  const made = rule.value.delta();
  if (!made.ok) throw new Error(made.error.kind);
  return made.value;
}

function mean(all: readonly Float32Array[]): Float32Array {
  const sum = fixedPointSum(LENGTH, quantumFor(all.length, 1e8));
  for (const one of all) {
    addChunk(sum, 0, one, 1);
    endUpdate(sum, 1);
  }
  const made = fedavg.finish(sum, new Float32Array(LENGTH), new Float32Array(0), settingOf('fedavg', {}, 1));
  if (!made.ok) throw new Error(made.error.kind);
  return made.value.parameters;
}

type Vector = Float32Array | Float64Array;
const distance = (a: Vector, b: Vector): number =>
  Math.hypot(...Array.from(a, (value, i) => value - (b[i] ?? 0)));
const norm = (a: Vector): number => Math.hypot(...a);
const diameter = (rows: readonly Vector[]): number =>
  Math.max(...rows.flatMap((a) => rows.map((b) => distance(a, b))));
/** The furthest that a value of `made` lies outside the honest values of its parameter, in widths of these. */
const outside = (made: Vector, honest: readonly Vector[]): number =>
  Math.max(
    ...Array.from(made, (value, i) => {
      const values = honest.map((one) => one[i] ?? 0);
      const [low, high] = [Math.min(...values), Math.max(...values)];
      return Math.max(0, value - high, low - value) / (high - low);
    }),
  );
const ROUNDING = 1e-9;

type Round = ReturnType<ReturnType<typeof round>['generate']>['value'];
/** Checks `bound` for the rule over drawn rounds, and that it broke for the mean in some of them. */
function promise(
  rounds: ReturnType<typeof round>,
  aggregateOf: (one: Round) => Vector,
  isKept: (made: Vector, one: Round) => boolean,
): void {
  let meanBroke = 0;
  fc.assert(
    fc.property(rounds, (one) => {
      if (!isKept(mean(one.all), one)) meanBroke += 1;
      expect(isKept(aggregateOf(one), one)).toBe(true);
    }),
    { seed: 6, numRuns: 200 },
  );
  expect(meanBroke).toBeGreaterThan(20);
}

test('the median lies among the honest values of every parameter, with nearly half hostile', () => {
  promise(
    round(0.45, (n, f) => n > 2 * f),
    ({ all }) => aggregate('median', all, {}),
    (made, { honest }) => outside(made, honest) <= ROUNDING,
  );
});

test('the trimmed mean lies among the honest values of every parameter', () => {
  promise(
    round(0.3, () => true),
    ({ all }) => aggregate('trimmedmean', all, { beta: 0.3 }),
    (made, { honest }) => outside(made, honest) <= ROUNDING,
  );
});

test('Bulyan lies within one width of the honest values of every parameter', () => {
  // Of the n − 2f picked at least n − 3f ≥ n − 4f are honest, and their median lies among the honest values: what is kept is as
  // near to it as some honest value is.
  promise(
    round(0.2, (n, f) => n >= 4 * f + 3),
    ({ all }) => aggregate('bulyan', all, { bad: 0.2 }),
    (made, { honest }) => outside(made, honest) <= 1,
  );
});

test.each(['krum', 'multikrum'])('%s lies as near to the honest as their diameter tells', (name) => {
  // n − f honest updates have scores of at most (n − f − 2) · D², so what is kept has too; and of the n − f − 2 nearest to a
  // hostile one n − 2f − 1 ≥ 2 are honest. It is at most D · √(n − f − 2) from one of them, so D · (1 + √…) from any.
  promise(
    round(0.3, (n, f) => n >= 2 * f + 3),
    ({ all }) => aggregate(name, all, { bad: 0.3 }),
    (made, { n, f, honest }) => {
      const reach = diameter(honest) * (1 + Math.sqrt(n - f - 2));
      return honest.every((one) => distance(made, one) <= reach * (1 + ROUNDING));
    },
  );
});

test('the geometric median lies within 2 · (n − f) / (n − 2f) radii of the honest', () => {
  // Lopuhaä & Rousseeuw 1991, theorem 2.2; Minsker 2015, lemma 2.1. Steps enough to come within 1 % of it.
  promise(
    round(0.3, (n, f) => n > 2 * f),
    ({ all }) => aggregate('rfa', all, { steps: 200 }),
    (made, { n, f, honest }) => {
      const centre = mean(honest);
      const radius = Math.max(...honest.map((one) => distance(centre, one)));
      return distance(made, centre) <= 1.01 * ((2 * (n - f)) / (n - 2 * f)) * radius;
    },
  );
});

test('the norm bound is no longer than the longest honest update', () => {
  promise(
    round(0.45, (n, f) => n > 2 * f),
    ({ all }) => aggregate('normbound', all, {}),
    (made, { honest }) => norm(made) <= Math.max(...honest.map(norm)) * (1 + ROUNDING),
  );
});

test('FLTrust is no longer than the root update, with one honest device or none', () => {
  promise(
    round(0.9, () => true),
    ({ all, honest }) => aggregate('fltrust', [honest[0]!, ...all], {}),
    (made, { honest }) => norm(made) <= norm(honest[0]!) * (1 + ROUNDING),
  );
});
