// What devices tell of the settings that they tried, taken at its word and in bad faith.
import * as v from 'valibot';
import { expect, test } from 'vitest';
import { exampleSpec } from '../../../../test/simulation/example-spec.ts';
import { HIGHEST_LOSS, isUndone, Judged, JudgedInVain, Tried } from './judged.ts';
import { inPlayOf, tunedBy } from './tuned-rounds.ts';

const spec = exampleSpec({ tuning: { learningRates: [0.01, 0.1], localEpochs: [], batchSizes: [] } });
const one = (settings: number, before: number, after: number | null, rows = 100): Tried =>
  v.parse(Tried, { settings, rows, before, after });
/** The chances after a round. */
const chances = (tried: readonly Tried[]): readonly number[] =>
  inPlayOf(spec, tunedBy(spec, undefined, tried, { federation: 'two-moons', round: 1 })?.state)!.map(
    ({ chance }) => chance,
  );
const second = (tried: readonly Tried[]): number => chances(tried)[1]!;

test('a loss has an upper bound, and figures of fewer than ten rows are not told', () => {
  const good = { rows: 10, before: 1, after: 0.5 };
  expect(v.is(Judged, good)).toBe(true);
  for (const bad of [{ before: 1e155 }, { after: 1e308 }, { after: Infinity }, { before: -1 }, { rows: 9 }])
    expect(v.is(Judged, { ...good, ...bad })).toBe(false);
  // What could be sent is told as such, and what could not has no loss of after.
  expect(v.is(Judged, { ...good, after: null })).toBe(false);
  expect(v.is(JudgedInVain, good)).toBe(false);
  expect(v.is(JudgedInVain, { rows: 10, before: 1 })).toBe(true);
});

test('the most hostile figures leave chances that can be drawn by and kept', () => {
  const after = chances([
    one(0, HIGHEST_LOSS, 0),
    one(1, 0, HIGHEST_LOSS),
    one(1, Number.MIN_VALUE, HIGHEST_LOSS),
    one(0, 0, 0),
    one(0, 0, null),
  ]);
  expect(after).toHaveLength(2);
  expect(after.reduce((sum, chance) => sum + chance, 0)).toBeCloseTo(1, 12);
});

test('a lie and a loss of large units weigh no more than the rows that they are of', () => {
  const honest = Array.from({ length: 10 }, (_, at) => one(at % 2, 2, at % 2 === 0 ? 1.8 : 1.9, 50));
  expect(second(honest)).toBeLessThan(0.5);
  // The largest claim there is, of the fewest rows.
  expect(second([...honest, one(1, HIGHEST_LOSS, 0, 10)])).toBeLessThan(0.5);
  // Squared errors in a unit a thousand times as small, by which the other setting is as much better.
  expect(
    second([
      one(0, 2, 1.8, 200),
      one(1, 2, 1.9, 200),
      one(0, 2e6 / 4, 1.9e6 / 4),
      one(1, 2e6 / 4, 1.8e6 / 4),
    ]),
  ).toBeLessThan(0.5);
  // By half, of what there was.
  expect(second([one(0, 8, 4), one(1, 0.2, 0.1)])).toBeCloseTo(0.5, 12);
});

test('training that undid what the version knew is told from training that did not help, and from a version that knew nothing', () => {
  const ofNothing = Math.log(10);
  expect(isUndone({ before: 0.4, after: 2.3026 }, ofNothing)).toBe(true);
  expect(isUndone({ before: 0.4, after: 0.9 }, ofNothing)).toBe(false);
  // A fresh network and a dead one are alike; one that explodes is not.
  expect(isUndone({ before: 2.31, after: 2.4 }, ofNothing)).toBe(false);
  expect(isUndone({ before: 2.31, after: 1e5 }, ofNothing)).toBe(true);
  expect(isUndone({ before: 50, after: 60 }, ofNothing)).toBe(false);
  // Two classes: overfitting to a small device is no undoing.
  expect(isUndone({ before: 0.5, after: 0.63 }, Math.LN2)).toBe(false);
  // Rows of one class: a hair is doubled easily.
  expect(isUndone({ before: 0.01, after: 0.4 }, 0)).toBe(false);
});
