// Each row judged once, by what has not learnt from it; figures worked out by hand.
import { expect, test } from 'vitest';
import { createSystemClock } from '../../adapters/system-clock.ts';
import { sourceOfText } from '../../modalities/source-file.ts';
import { tableData, type BenchData, type TableSettings } from './bench-data.ts';
import { crossValidate } from './cross-validate.ts';
import type { FitSurroundings } from './fit.ts';
import { benchModelNamed, chosenWith, type ChosenModel } from './models.ts';

const surroundings: FitSurroundings = {
  clock: createSystemClock(),
  openEngine: () => Promise.reject(new Error('No network is trained here.')),
};
const chosen = (name: string, options: Record<string, number> = {}): ChosenModel => {
  const model = benchModelNamed(name);
  if (model === undefined) throw new Error(name);
  return chosenWith(model, options);
};
async function dataOf(rows: readonly string[], more: Partial<TableSettings> = {}): Promise<BenchData> {
  const settings = { target: 'y', kind: null, without: [], heldOut: 0.2, group: null, time: null, ...more };
  const read = await tableData([sourceOfText('t.csv', rows.join('\n'))], settings);
  if (!read.ok) throw new Error(read.error);
  return read.value;
}

test('the mean of the other parts misses each of ten rows by what the formula says', async () => {
  // y = 1 … 10, each row a part of its own: the mean of the others is (55 − y) / 9.
  const ys = Array.from({ length: 10 }, (_, row) => row + 1);
  const data = await dataOf(['x,y', ...ys.map((y) => `${(y * 7) % 11},${y}`)], { kind: 'number' });
  const done = await crossValidate(data, chosen('constant'), 10, 1, surroundings);
  if (!done.ok) throw new Error(done.error);
  const { report, byFold } = done.value;
  if (report.type !== 'number') throw new Error('A number is predicted.');
  const squares = ys.map((y) => (y - (55 - y) / 9) ** 2);
  expect(report.count).toBe(10);
  expect(report.rmse).toBeCloseTo(Math.sqrt(squares.reduce((sum, one) => sum + one, 0) / 10), 5);
  expect(byFold.toSorted((a, b) => a - b)).toEqual(
    squares.toSorted((a, b) => a - b).map((square) => expect.closeTo(Math.sqrt(square), 5)),
  );
});

test('what has learnt rows by heart is not judged by them, nor by their equals', async () => {
  // Forty rows whose class is drawn by their number's parity of bits, each twice: a nearest neighbour that saw the twin knows it.
  const rows = Array.from({ length: 40 }, (_, row) => {
    const bits = row.toString(2).replaceAll('0', '').length;
    return `${row},${bits % 2 === 0 ? 'even' : 'odd'}`;
  });
  const data = await dataOf(['x,y', ...rows, ...rows]);
  const done = await crossValidate(data, chosen('k-nn', { k: 1 }), 5, 1, surroundings);
  if (!done.ok) throw new Error(done.error);
  const { report } = done.value;
  if (report.type !== 'classes') throw new Error('A class is predicted.');
  expect(report.count).toBe(80);
  expect(report.accuracy).toBeLessThan(0.7);
});

test('folds are not asked of a split by time, nor of rows that are fewer than they need', async () => {
  const rows = Array.from({ length: 30 }, (_, row) => `${row},${row % 2 === 0 ? 'a' : 'b'}`);
  const timed = await crossValidate(
    await dataOf(['x,y', ...rows], { time: 'x' }),
    chosen('tree'),
    5,
    1,
    surroundings,
  );
  expect(timed).toMatchObject({ ok: false, error: expect.stringMatching(/learn from what came after/) });
  const few = await crossValidate(
    await dataOf(['x,y', ...rows.slice(0, 12)]),
    chosen('tree'),
    50,
    1,
    surroundings,
  );
  expect(few).toMatchObject({ ok: false, error: expect.stringMatching(/^Part \d+ of 50: /) });
});
