import { expect, test } from 'vitest';
import { motionRows, motionTable, sensorRate, type MotionSample } from './motion-table.ts';

const sample = (at: number, x: number, turn = NaN): MotionSample => ({
  at,
  values: [x, 2 * x, 0, turn, turn, turn],
});
const xs = ({ values, count }: ReturnType<typeof motionRows>): number[] =>
  Array.from({ length: count }, (_, row) => Number(values[row * 6]!.toFixed(9)));

test('rows lie on a grid from the first sample on, each the mean of the line over its step', () => {
  // x = t/10 at uneven moments: a step of 20 ms from 20 k on has its middle at 20 k + 10.
  const uneven = [1000, 1007, 1031, 1058, 1066, 1090].map((at) => sample(at, (at - 1000) / 10));
  const rows = motionRows(uneven, 50);
  expect(rows).toMatchObject({ count: 4, missing: 0 });
  expect(xs(rows)).toEqual([1, 3, 5, 7]);
  expect(rows.values[6 + 1]).toBeCloseTo(6, 9);
  // A tooth of 0, 2, 0 about every 10 ms, and rows of 40: its mean, wherever a row begins.
  const teeth = Array.from({ length: 25 }, (_, at) => sample(10 * at + 3, 2 * (at % 2)));
  expect(xs(motionRows(teeth, 25))).toEqual([1, 1, 1, 1, 1, 1]);
  // Within a step the line breaks: (0 + 2)/2 for 5 ms, then 2 for 15.
  expect(xs(motionRows([sample(0, 0), sample(5, 2), sample(20, 2)], 50))).toEqual([(5 * 1 + 15 * 2) / 20]);
});

test('where the sensor is silent for long the rows are empty, and a moment that is told twice or late changes nothing', () => {
  const broken = [0, 20, 40, 60, 190, 210, 230, 250].map((at) => sample(at, 3, 5));
  const rows = motionRows(broken, 50);
  expect(rows).toMatchObject({ count: 12, missing: 7 });
  expect(xs(rows)).toEqual([3, 3, 3, ...Array.from({ length: 7 }, () => NaN), 3, 3]);
  const again = [broken[0]!, broken[1]!, broken[1]!, sample(10, 9), ...broken.slice(2)];
  expect(motionRows(again, 50)).toEqual(rows);
  expect(motionRows([], 50).count).toBe(0);
  expect(motionRows([sample(5, 1)], 50).count).toBe(0);
  expect([sensorRate(broken), sensorRate([])]).toEqual([28, 0]);
});

test('the table has a series a recording, each from its own beginning, and columns of rotation only where one turned', () => {
  const still = [0, 20, 40].map((at) => sample(5000 + at, 1));
  const turned = [0, 40].map((at) => sample(9000 + at, 0.123456, 90));
  expect(motionTable([{ label: 'rest', samples: still }], 50)).toBe(
    [
      't,series,ax,ay,az,label',
      '1970-01-01T00:00:00.000Z,recording 1,1,2,0,rest',
      '1970-01-01T00:00:00.020Z,recording 1,1,2,0,rest',
      '',
    ].join('\r\n'),
  );
  const both = motionTable(
    [
      { label: 'rest', samples: still },
      { label: 'a "turn"', samples: turned },
    ],
    25,
  );
  expect(both).toBe(
    [
      't,series,ax,ay,az,ra,rb,rg,label',
      '1970-01-01T00:00:00.000Z,recording 1,1,2,0,,,,rest',
      '1970-01-01T00:00:00.000Z,recording 2,0.1235,0.2469,0,90,90,90,"a ""turn"""',
      '',
    ].join('\r\n'),
  );
});
