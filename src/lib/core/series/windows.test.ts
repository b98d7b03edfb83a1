import { describe, expect, test } from 'vitest';
import { seriesOf, windowsOf } from './windows.ts';

const count = (length: number): Float64Array => Float64Array.from({ length }, (_, at) => at);

describe('rows as a series', () => {
  test('lie on the grid of their most frequent distance, whatever their order; moments without a row are gaps', () => {
    const found = seriesOf(Float64Array.of(30, 10, 20, 60, 50));
    expect(found.ok && found.value).toMatchObject({
      step: 10,
      parts: [{ start: 10, moments: 6 }],
      offGrid: 0,
    });
    expect(found.ok && [...found.value.rows]).toEqual([1, 2, 0, -1, 4, 3]);
  });

  test.each([
    ['two rows of one moment', [1, 2, 2, 3], 'the time of another'],
    ['no grid', [1, 2, 3.3, 4.7, 5.1, 6.9], 'no grid'],
    ['a lone row far off', [1, 2, 3, 1000], 'no grid'],
    ['too few', [1, NaN, 2], 'Only 2 rows'],
  ])('%s are refused', (_, times, says) => {
    const found = seriesOf(Float64Array.from(times));
    expect(!found.ok && found.error).toContain(says);
  });
});

describe('rows of several series', () => {
  test('lie one series after the other, each on its own grid of one step; rows of none are left out', () => {
    const times = Float64Array.of(10, 0, 5, 20, 7, 10, 17);
    const found = seriesOf(times, ['b', 'b', 'c', 'b', 'a', '', 'a']);
    expect(found.ok && found.value).toEqual({
      step: 10,
      rows: Int32Array.of(4, 6, 1, 0, 3, 2),
      parts: [
        { name: 'a', from: 0, moments: 2, start: 7 },
        { name: 'b', from: 2, moments: 3, start: 0 },
        { name: 'c', from: 5, moments: 1, start: 5 },
      ],
      offGrid: 0,
    });
  });

  test.each([
    ['two rows of one moment in one of them', ['a', 'b', 'c', 'b', 'a', 'b'], 'The series “b”: 1 row has'],
    ['one row in each', ['a', 'b', 'c', 'd', 'e', 'f'], 'No series has two rows'],
    ['no name at all', ['', '', '', '', '', ''], 'Only 0 rows'],
  ])('with %s are refused', (_, of, says) => {
    const found = seriesOf(Float64Array.of(1, 2, 3, 4, 5, 4), of);
    expect(!found.ok && found.error).toContain(says);
  });

  const parts = [
    { from: 0, moments: 40, start: 0 },
    // Begins half a step beside the first's grid, and ends after all others.
    { from: 40, moments: 60, start: 5 * 0.1 + 0.05 },
    { from: 100, moments: 3, start: 0 },
    // Over before the border.
    { from: 103, moments: 20, start: 0 },
    // On the first's grid, as nearly as halves of tenths are.
    { from: 123, moments: 30, start: 30 * 0.1 },
  ];
  const partOf = (moment: number): number => parts.findLastIndex(({ from }) => from <= moment);
  const timeOf = (moment: number): number => {
    const { from, start } = parts[partOf(moment)]!;
    return start + (moment - from) * 0.1;
  };

  test('no window holds moments of two, nothing is filled in from another, and one border in time splits all', () => {
    const values = count(153);
    values[40] = NaN;
    const settings = { steps: 4, horizon: 2, fill: 1, heldOut: 0.25 };
    const made = windowsOf(values, count(153), settings, { step: 0.1, parts });
    expect(made.filled).toBe(0);
    for (const last of [...made.training, ...made.heldOut]) expect(partOf(last - 3)).toBe(partOf(last + 2));
    // 35 + 54 (one value is missing) + 15 + 25 windows.
    expect(made.training.length + made.heldOut.length + made.aboutBorder).toBe(129);
    const learntUntil = Math.max(...Array.from(made.training, (last) => timeOf(last + 2)));
    const judgedFrom = Math.min(...Array.from(made.heldOut, (last) => timeOf(last - 3)));
    expect(learntUntil).toBeLessThan(judgedFrom - 0.01);
    expect(new Set(Array.from(made.training, partOf))).toEqual(new Set([0, 1, 3, 4]));
    expect(new Set(Array.from(made.heldOut, partOf))).toEqual(new Set([1, 4]));
    for (const [at, border] of made.borders.entries()) {
      const { from, moments } = parts[at]!;
      const before = Array.from({ length: moments }, (_, own) => from + own).filter(
        (moment) => timeOf(moment) < judgedFrom - 0.01,
      );
      expect(border).toBe(from + before.length);
    }
  });
});

describe('windows', () => {
  test('no moment of a held-out window is looked at or foretold by one to learn from', () => {
    const made = windowsOf(count(100), count(100), { steps: 5, horizon: 3, fill: 0, heldOut: 0.2 });
    // 5 moments and 3 to the target: the last moments 4 … 96 are 93 windows.
    expect(made.training.length + made.heldOut.length + made.aboutBorder).toBe(93);
    const seen = (last: number): number[] => [last - 4, last - 3, last - 2, last - 1, last, last + 3];
    const learnt = new Set([...made.training].flatMap(seen));
    expect([...made.heldOut].flatMap(seen).filter((moment) => learnt.has(moment))).toEqual([]);
    // Those whose target lies at the border or later, but who began before it.
    expect(made.aboutBorder).toBe(5 + 3 - 1);
    expect(made.heldOut.length).toBe(18 - 7);
    expect(Math.max(...made.training) + 3).toBe(made.borders[0]! - 1);
  });

  test('a gap is closed by what was known before it, never by what came after, and no further than is said', () => {
    const values = Float64Array.of(NaN, 1, NaN, NaN, 4, NaN, 6, 7);
    const made = windowsOf(values, count(8), { steps: 1, horizon: 1, fill: 1, heldOut: 0.3 });
    expect([...made.values]).toEqual([NaN, 1, 1, NaN, 4, 4, 6, 7]);
    expect(made).toMatchObject({ filled: 2, withoutValue: 2, withoutTarget: 0 });
  });

  test('a missing target is never filled in, and its windows are counted', () => {
    const targets = Float64Array.of(0, 1, NaN, 3, 4, 5, 6, 7);
    const made = windowsOf(count(8), targets, { steps: 2, horizon: 1, fill: 5, heldOut: 0.2 });
    expect(made.withoutTarget).toBe(1);
    expect([...made.training, ...made.heldOut]).not.toContain(1);
  });

  test('two channels are one row a moment: either one missing breaks the window', () => {
    const values = Float64Array.of(0, 0, 1, NaN, 2, 2, 3, 3, 4, 4);
    const made = windowsOf(values, count(5), { steps: 2, horizon: 1, fill: 0, heldOut: 0 });
    expect(made.withoutValue).toBe(2);
  });
});
