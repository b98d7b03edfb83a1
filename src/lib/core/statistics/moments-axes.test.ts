// Axes out of sums over devices, against those of all rows in one place, and the band that noise is said to leave.
import { expect, test } from 'vitest';
import type { TableContract } from '../data/contract.ts';
import { densePoints } from '../projection/points.ts';
import { principalAxes } from '../projection/principal-axes.ts';
import { random } from '../random.ts';
import { momentsAxes } from './moments-axes.ts';
import { statistic, type Figures } from './moments.ts';
import type { Measured } from './statistic.ts';

const names = ['height', 'weight', 'age', 'pulse'];
const D = names.length;
const contract: TableContract = {
  kind: 'table',
  columns: names.map((name) => ({
    type: 'number',
    name,
    minimum: -5,
    maximum: 6,
    missingAllowed: false,
    mean: 0,
    standardDeviation: 1,
  })),
  target: { type: 'number', name: 'y', mean: 0, standardDeviation: 1 },
};
const asked = { statistic: 'moments', columns: names } as const;

const draw = random(3, 'rows');
const ROWS = 600;
/** Weight goes along with height, pulse against age. */
const all = Float32Array.from(
  Array.from({ length: ROWS }, () => {
    const [height, age] = [draw.normal(), draw.normal()];
    return [height, 0.8 * height + 0.6 * draw.normal(), age, -0.5 * age + 0.8 * draw.normal()];
  }).flat(),
  (value) => Math.min(6, Math.max(-5, value)),
);
const measured = (from: number, to: number): Measured => ({
  contract,
  count: to - from,
  features: all.slice(from * D, to * D),
  targets: new Float32Array(to - from),
});

const summed = (parts: readonly Measured[]): Float64Array => {
  const sums = parts.map((part) => statistic.measure(asked, part));
  return sums[0]!.map((_, at) => sums.reduce((sum, one) => sum + one[at]!, 0));
};
const figuresOf = (values: Float64Array, deviation = 0): Figures =>
  statistic.read(asked, contract, { values, devices: 3, deviation });

const devices = [measured(0, 7), measured(7, 350), measured(350, ROWS)];

test('axes of all devices’ sums are the principal axes of all rows', () => {
  const axes = momentsAxes(figuresOf(summed(devices)), contract, 0);
  const scaled = Float64Array.from(all);
  for (let i = 0; i < D; i += 1) {
    const own = scaled.filter((_, at) => at % D === i);
    const mean = own.reduce((sum, value) => sum + value, 0) / ROWS;
    const deviation = Math.sqrt(own.reduce((sum, value) => sum + (value - mean) ** 2, 0) / ROWS);
    for (let row = 0; row < ROWS; row += 1) scaled[row * D + i] = (own[row]! - mean) / deviation;
  }
  const steps = principalAxes(densePoints(scaled, ROWS), D, 0);
  let step = steps.next();
  while (step.done !== true) step = steps.next();
  const { shares, directions } = step.value;
  for (const [at, axis] of axes.entries()) {
    expect(axis.share).toBeCloseTo(shares[at]!, 9);
    for (const { name, weight } of axis.mostly)
      expect(weight).toBeCloseTo(directions[at * D + names.indexOf(name)]!, 9);
    expect([axis.band, axis.isBlurred]).toEqual([0, false]);
  }
  expect(axes[0]!.mostly.map(({ name }) => name).sort()).toEqual(['height', 'weight']);
});

test.each([
  [0.3, 0],
  [4, 80],
])(
  'noise of %f on the sums moves a share by no more than is said, 95 times of 100, and an axis that it blurs is called so %i times or more',
  (deviation, times) => {
    const sums = summed(devices);
    const exact = momentsAxes(figuresOf(sums), contract, 0);
    const noise = random(5, 'noise');
    let [kept, blurred] = [0, 0];
    for (let time = 0; time < 100; time += 1) {
      const noisy = figuresOf(
        sums.map((value) => value + deviation * noise.normal()),
        deviation,
      );
      const axes = momentsAxes(noisy, contract, deviation);
      kept += Number(axes.every(({ share, band }, at) => Math.abs(share - exact[at]!.share) <= band));
      blurred += Number(axes[0]!.isBlurred);
    }
    expect(kept).toBeGreaterThanOrEqual(95);
    expect([blurred >= times, blurred > 0]).toEqual([true, times > 0]);
  },
);

test('a column that never differs is on no axis, and one column alone has none', () => {
  const still = { ...figuresOf(summed(devices)), correlations: Array.from({ length: D * D }, () => null) };
  expect(momentsAxes(still, contract, 0)).toEqual([]);
});
