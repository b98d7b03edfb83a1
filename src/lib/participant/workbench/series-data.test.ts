import { expect, test } from 'vitest';
import { learnt } from '../../core/learners/learner.ts';
import { persistence, seasonalNaive } from '../../core/learners/series-naive.ts';
import type { RawTable } from '../../modalities/raw-table.ts';
import { baselinesOf } from './models.ts';
import { clearOf } from '../../core/data/row-split.ts';
import { partsOf } from './try-out.ts';
import { seriesData, type SeriesSettings } from './series-data.ts';

/** Ten days of hours; the target repeats each day and rises by a tenth from day to day. */
function hours(change: (cells: string[], hour: number) => void = () => undefined): RawTable {
  const rows = Array.from({ length: 240 }, (_, hour) => {
    const day = Math.floor(hour / 24);
    const cells = [
      String(hour + 1),
      '2024',
      '1',
      String(day + 1),
      String(hour % 24),
      String((hour % 24) + day / 10),
      String((hour * 7) % 13),
      hour % 3 === 0 ? 'NW' : 'SE',
    ];
    change(cells, hour);
    return cells;
  });
  return {
    header: ['No', 'year', 'month', 'day', 'hour', 'pm', 'wind', 'from'],
    rows,
    numbers: rows.map((_, at) => at + 1),
    files: [{ name: 'hours.csv', from: 0 }],
    unreadable: 0,
    firstProblem: undefined,
  };
}
const settings: SeriesSettings = {
  target: 'pm',
  kind: null,
  without: [],
  heldOut: 0.2,
  time: ['year', 'month', 'day', 'hour'],
  window: 24,
  horizon: 1,
  fill: 3,
  season: null,
  by: null,
};
const dataOf = (table: RawTable, own: Partial<SeriesSettings> = {}) => {
  const data = seriesData(table, { ...settings, ...own });
  if (!data.ok) throw new Error(data.error);
  return data.value;
};

test('a window is [steps, channels], oldest first; what only counts rows is no channel, a category is one a value', () => {
  const data = dataOf(hours());
  expect(data.contract).toMatchObject({
    series: { steps: 24, channels: 4, horizon: 1, own: 0, season: 24 },
    target: { type: 'number', name: 'pm' },
  });
  if (data.contract.kind !== 'table') throw new Error('a table');
  expect(data.contract.columns.map(({ name }) => name).slice(-5)).toEqual([
    'from SE 1 before',
    'pm now',
    'wind now',
    'from NW now',
    'from SE now',
  ]);
  expect(data.notes[0]).toBe('“No” counts the rows and is left out.');
  // The first window ends in hour 23, and foretells row 25.
  expect(data.trainingPlace(0)).toBe(25);
  expect(data.heldOutCells('hour')?.[0]).toBe(
    String((data.trainingPlace(data.training.count - 1) + 24) % 24),
  );
});

test('persistence says the last value, the seasonal one that of the same hour a day before, in the target’s own units', () => {
  const { contract, training, heldOut } = dataOf(hours());
  if (contract.kind !== 'table' || contract.target.type !== 'number') throw new Error('a number');
  const { mean, standardDeviation } = contract.target;
  const said = (learner: typeof persistence): number[] =>
    Array.from(
      learnt(learner.learn({ contract, rows: training, options: {}, seed: 1 })).predict(
        heldOut.features,
        heldOut.count,
      ),
      (value) => value * standardDeviation + mean,
    );
  const truth = Array.from(heldOut.targets, (value) => value * standardDeviation + mean);
  const [still, season] = [said(persistence), said(seasonalNaive)];
  for (const [at, value] of truth.entries()) expect(value - season[at]!).toBeCloseTo(0.1, 4);
  expect(still.slice(1).every((value, at) => Math.abs(value - truth[at]!) < 1e-4)).toBe(true);
  expect(baselinesOf(contract).map(({ model }) => model.name)).toEqual([
    'constant',
    'persistence',
    'seasonal-naive',
    'rule',
    'linear',
    'k-nn',
  ]);
});

test('nothing that is held out is known: other values there change neither scales nor windows to learn from', () => {
  const before = dataOf(hours());
  const after = dataOf(
    hours((cells, hour) => {
      if (hour > 215) cells[6] = '9999';
    }),
  );
  expect(after.training).toEqual(before.training);
  expect(after.heldOut.features).not.toEqual(before.heldOut.features);
});

test('what a column is, and which categories it has, is read from rows before the border: what comes later is missing', () => {
  const before = dataOf(hours());
  const after = dataOf(
    hours((cells, hour) => {
      if (hour > 215) cells[7] = hour % 2 === 0 ? 'calm' : 'NW';
      if (hour === 239) cells[6] = 'out of order';
    }),
  );
  expect(after.contract).toEqual(before.contract);
  expect(after.training).toEqual(before.training);
  expect(after.notes).toContain(
    '13 cells hold what no row to learn from does (a text among numbers, another category), and count as missing.',
  );
});

test('where a part judges in a search, or labels are checked, no window to learn from shares a moment with it', () => {
  const { training, together } = dataOf(hours());
  if (together?.type !== 'time') throw new Error('a time');
  const { times } = together;
  const parts = partsOf(training, together);
  expect(parts).toHaveLength(5);
  for (const { training: learning, judging } of parts) {
    // A window of 24 foretells 1 later: the first moment of what judges lies after the last that was foretold.
    expect(times[learning.at(-1)!]! + 1).toBeLessThan(times[judging[0]!]! - 23);
  }
  // Both sides of what judges, as where labels are checked.
  const judging = Uint32Array.from({ length: 30 }, (_, at) => 60 + at);
  const others = Uint32Array.from(times.keys()).filter((row) => row < 60 || row >= 90);
  const clear = clearOf(others, judging, together);
  expect(others.filter((row) => !clear.includes(row))).toEqual(
    others.filter((row) => row >= 36 && row < 114),
  );
});

test('missing steps and missing targets are counted, and a short gap is closed from behind', () => {
  const data = dataOf(
    hours((cells, hour) => {
      if (hour === 50) cells[5] = 'NA';
      if (hour >= 100 && hour < 110) cells[6] = '';
    }),
  );
  expect(data.notes.slice(1, 4)).toEqual([
    '4 missing values stand as the one before them (gaps of 3 at most).',
    '30 windows are left out for a missing value in them.',
    '1 windows are left out because what they would foretell is missing.',
  ]);
});

test.each<[string, Partial<SeriesSettings>, string]>([
  ['no such series', { by: 'station' }, 'no column “station”'],
  ['series by what is foretold', { by: 'pm' }, 'neither what is foretold'],
  ['no such time', { time: ['when'] }, 'no column “when”'],
  ['parts that make no time', { time: ['day', 'hour'] }, 'make up a time'],
  ['a window longer than the rows', { window: 239 }, 'would be learnt from'],
  ['hours without their day', { time: ['hour'] }, 'the time of another'],
])('%s is refused with what to do', (_, own, says) => {
  const data = seriesData(hours(), { ...settings, ...own });
  expect(!data.ok && data.error).toContain(says);
});

test('whether a number is exceeded is a class of the window, and the number itself stays a channel', () => {
  const { contract } = dataOf(hours(), { target: 'pm>12' });
  expect(contract).toMatchObject({
    target: { type: 'classes', classes: [{ label: 'up to 12' }, { label: 'above 12' }] },
    series: { channels: 4, own: null },
  });
});

/** The same hours of two stations, the second's an hour later in the file and with a gap, and one row of none. */
function stations(): RawTable {
  const one = hours();
  const rows = one.rows.flatMap((row, at) => [
    ...(at < 100 || at >= 130 ? [[...row, 'south']] : []),
    ...(at < 150 ? [[...row.with(5, String(1000 + at)), 'north']] : []),
  ]);
  rows.push([...one.rows[7]!, '']);
  return {
    ...one,
    header: [...one.header, 'station'],
    rows,
    numbers: rows.map((_, at) => at + 1),
  };
}

test('one series by name is the series without a name, to the bit', () => {
  const named = hours((cells) => cells.push('north'));
  const table = { ...named, header: [...named.header, 'station'] };
  const [with_, without] = [dataOf(table, { by: 'station' }), dataOf(hours())];
  expect(with_.digest).toBe(without.digest);
  expect(with_.contract).toEqual(without.contract);
});

test('of several series each window holds moments of one, which is named by no channel; gaps are of each, and the border is one time', () => {
  const data = dataOf(stations(), { by: 'station' });
  const { contract, training, heldOut } = data;
  expect(contract).toMatchObject({ series: { channels: 4 } });
  if (contract.kind !== 'table') throw new Error('a table');
  expect(contract.columns.filter(({ name }) => name.includes('station'))).toEqual([]);
  // North is 1,000 and more throughout, south below 100.
  for (const { features, count } of [training, heldOut])
    for (let window = 0; window < count; window += 1) {
      const loads = contract.columns.flatMap((column, at) =>
        column.type === 'number' && column.name.startsWith('pm ')
          ? [features[window * contract.columns.length + at]! * column.standardDeviation + column.mean]
          : [],
      );
      expect(new Set(loads.map((load) => load > 500)).size).toBe(1);
    }
  // 126 windows of 24 hours and the next one in north; 76 before and 86 after the gap in south. Four fifths of these 288 foretell up to
  // hour 182, all of north among them, and from hour 183 on south's are judged by but for the 24 that began before.
  expect([training.count, heldOut.count]).toEqual([231, 288 - 231 - 24]);
  expect(data.split).toBe(
    'the latest windows of all series, none of which shares a moment with one to learn from',
  );
  const held = data.heldOutCells('station') ?? [];
  expect(new Set(held)).toEqual(new Set(['south']));
  const moments = Array.from(held, (_, at) => data.heldOutMoment?.(at));
  expect(moments.map((one) => one?.series)).toEqual(held);
  expect(moments.at(0)).toEqual({ series: 'south', moment: 207, time: '2024-01-09T15:00:00Z' });
  expect(moments.at(-1)).toEqual({ series: 'south', moment: 239, time: '2024-01-10T23:00:00Z' });
  expect(data.notes).toContain('2 series, each with its own time, and one border for all.');
  expect(data.notes).toContain('1 series have no window after the border: the model is not judged by them.');
  expect(data.notes).toContain('1 rows name no series and are left out.');
  // The order of the rows is of no account.
  const table = stations();
  expect(dataOf({ ...table, rows: table.rows.toReversed() }, { by: 'station' }).digest).toBe(data.digest);
});

test('where each series is of one class throughout its past is no channel: it would be the answer', () => {
  const recordings = (of: (recording: number, at: number) => string): RawTable => {
    const rows = Array.from({ length: 160 }, (_, row) => {
      const [recording, at] = [Math.floor(row / 40), row % 40];
      const time = new Date(20 * at).toISOString();
      return [time, `recording ${recording + 1}`, String((at * 7 + recording) % 5), of(recording, at)];
    });
    return { ...hours(), header: ['t', 'series', 'ax', 'label'], rows, numbers: rows.map((_, at) => at + 1) };
  };
  const asked = { target: 'label', time: ['t'], window: 4, by: 'series' };
  const channels = (table: RawTable) => dataOf(table, asked).windows?.channels.map(({ column }) => column);
  const apart = recordings((recording) => (recording % 2 === 0 ? 'rest' : 'wave'));
  expect(channels(apart)).toEqual(['ax']);
  expect(dataOf(apart, asked).notes[0]).toBe(
    '“label” is the same throughout each series: its past is not looked at, since it is the answer.',
  );
  const changing = recordings((_, at) => (at % 3 === 0 ? 'rest' : 'wave'));
  expect(channels(changing)).toEqual(['ax', 'label', 'label']);
});
