// Verdicts on made-up tables, and on the irises of Fisher 1936.
import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { sharedData } from '../../../../test/contract/shared-data.ts';
import { sourceOfText } from '../../modalities/source-file.ts';
import { createSystemClock } from '../../adapters/system-clock.ts';
import { fitPowerLaw, lossAt } from '../../core/feasibility/learning-curve.ts';
import { random } from '../../core/random.ts';
import { tableData } from './bench-data.ts';
import { assess } from './feasibility.ts';

const clock = createSystemClock();
const noEngine = async (): Promise<never> => {
  throw new Error('Baselines of a table need no engine.');
};

async function verdictOf(text: string, target: string, seed = 1, kind: 'number' | null = null) {
  const read = await tableData([sourceOfText('table.csv', text)], {
    target,
    kind,
    without: [],
    heldOut: 0.2,
    group: null,
    time: null,
  });
  if (!read.ok) throw new Error(read.error);
  const told = await assess(read.value, seed, { clock, openEngine: noEngine }, () => {});
  if (!told.ok) throw new Error(told.error);
  return told.value;
}

/** `width` columns of noise, of which the sum of the first `told` leans to the class by `lean`. */
function table(
  rows: number,
  seed: number,
  { width, told, lean }: { width: number; told: number; lean: number },
): string {
  const draw = random(seed, 'feasibility');
  const lines = [`${Array.from({ length: width }, (_, at) => `c${at}`).join(',')},kind`];
  for (let row = 0; row < rows; row += 1) {
    const kind = draw.below(2);
    const cells = Array.from({ length: width }, (_, at) =>
      (draw.normal() + (at < told ? lean * (2 * kind - 1) : 0)).toFixed(3),
    );
    lines.push(`${cells.join(',')},${kind === 1 ? 'yes' : 'no'}`);
  }
  return lines.join('\n');
}

test('labels that have nothing to do with the columns are said to have no signal, for at least 19 of 20 seeds', async () => {
  const told = [];
  for (let seed = 1; seed <= 20; seed += 1)
    told.push((await verdictOf(table(150, seed, { width: 3, told: 0, lean: 0 }), 'kind', seed)).verdict);
  expect(told.filter((one) => one === 'no signal').length).toBeGreaterThanOrEqual(19);
});

const hearts = sharedData('heart-disease/cleveland.csv');
test.skipIf(hearts === undefined)(
  'of a real table whose labels were permuted too, where the same table as it is has a signal',
  async () => {
    const [head = '', ...rows] = (await readFile(hearts!, 'utf8')).trim().split('\n');
    const labels = rows.map((row) => (row.endsWith(',0') ? ',well' : ',ill'));
    const tableOf = (given: readonly string[]): string =>
      [head, ...rows.map((row, at) => row.slice(0, row.lastIndexOf(',')) + given[at])].join('\n');
    const target = head.slice(head.lastIndexOf(',') + 1);
    expect((await verdictOf(tableOf(labels), target)).verdict).not.toBe('no signal');
    const told = [];
    for (let seed = 1; seed <= 20; seed += 1)
      told.push(
        (await verdictOf(tableOf(random(seed, 'permuted').shuffle([...labels])), target, seed)).verdict,
      );
    expect(told.filter((one) => one === 'no signal').length).toBeGreaterThanOrEqual(19);
  },
);

const irises = sharedData('tabular/iris.csv');
test.skipIf(irises === undefined)('irises are told apart, with the best baseline’s curve', async () => {
  const told = await verdictOf(await readFile(irises!, 'utf8'), 'species');
  expect(told.verdict).not.toBe('no signal');
  expect(told.pValue).toBeLessThanOrEqual(0.001);
  expect(told.curve?.points.length).toBeGreaterThanOrEqual(4);
});

test('where ten times the rows make no difference, what is here is enough', async () => {
  const told = await verdictOf(table(1500, 4, { width: 2, told: 2, lean: 1 }), 'kind');
  expect(told.verdict).toBe('local is enough');
  const [now, , then] = told.curve!.foreseen;
  expect(now!.loss - then!.loss).toBeLessThan(0.02);
});

test('where the curve still falls, more rows or a federation would help', async () => {
  const told = await verdictOf(table(500, 2, { width: 60, told: 60, lean: 0.12 }), 'kind');
  expect(told.verdict).toBe('more rows would help');
  expect(told.says).toMatch(/Ten devices/);
});

test('a number is foreseen in its own units', async () => {
  const draw = random(6, 'numbers');
  const lines = ['x,y'];
  for (let row = 0; row < 400; row += 1) {
    const x = draw.normal();
    lines.push(`${x.toFixed(4)},${(1000 * x + 200 * draw.normal()).toFixed(2)}`);
  }
  const told = await verdictOf(lines.join('\n'), 'y', 1, 'number');
  expect(told.verdict).toBe('local is enough');
  expect(told.curve?.of).toBe('rmse');
  // The noise’s standard deviation is what no model goes below.
  expect(told.curve!.foreseen[0]!.loss).toBeGreaterThan(160);
  expect(told.curve!.foreseen[0]!.loss).toBeLessThan(240);
});

test('a power law is found again from its own points, and from a flat line a floor alone', () => {
  const law = { floor: 0.1, scale: 2, exponent: 0.5 };
  const found = fitPowerLaw([16, 32, 64, 128, 256].map((rows) => ({ rows, loss: lossAt(law, rows) })));
  expect(found.floor).toBeCloseTo(0.1, 6);
  expect(found.scale).toBeCloseTo(2, 5);
  expect(found.exponent).toBeCloseTo(0.5, 6);
  expect(lossAt(fitPowerLaw([8, 16, 32].map((rows) => ({ rows, loss: 0.3 }))), 320)).toBeCloseTo(0.3, 9);
});
