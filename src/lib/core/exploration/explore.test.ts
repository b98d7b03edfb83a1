// Figures of a table against pandas 3.0.6, numpy and scipy 1.17.1 on the same rows, which both sides make by the same formulas.
import { expect, test } from 'vitest';
import { isoTime } from '../data/iso-time.ts';
import { columnBuilder, type ColumnTable, type ColumnValues } from './columns.ts';
import { explore } from './explore.ts';
import { pandas } from './pandas.fixture.ts';

const N = 1000;
const numbers = (name: string, of: (i: number) => number): ColumnValues => ({
  type: 'number',
  name,
  values: Float64Array.from({ length: N }, (_, i) => of(i)),
});
const texts = (name: string, rows: number, of: (i: number) => string | null): ColumnValues => {
  const builder = columnBuilder(name);
  for (let i = 0; i < rows; i += 1) {
    const text = of(i);
    if (text === null) builder.addNumber(NaN);
    else builder.addText(text);
  }
  return builder.finish();
};
const large = (i: number): number => 1e6 + ((i * 7919) % 1000) / 7;
const table: ColumnTable = {
  rows: N,
  columns: [
    numbers('large', large),
    numbers('skew', (i) => (i % 17 === 3 ? NaN : ((i * i) % 997) / 10)),
    numbers('mix', (i) => large(i) * 0.5 - ((i * 31) % 211) + (i % 250 === 7 ? 1e6 : 0)),
    texts('city', N, (i) => ['Bern', 'Köln', 'Lyon'][(i * i) % 3] ?? ''),
    texts('kind', N, (i) =>
      i % 11 === 5 ? null : (['a', 'b', 'c', 'd'][(Math.floor(i / 2) + (i % 3)) % 4] ?? ''),
    ),
  ],
};
/** To nine digits after the first. */
const near = (value: number) => ({
  asymmetricMatch: (found: unknown) =>
    typeof found === 'number' && Math.abs(found - value) <= 1e-9 * Math.max(1, Math.abs(value)),
});

test('count, mean, deviation, quantiles, histogram and outliers are those of pandas and numpy', () => {
  const found = explore(table);
  for (const name of ['large', 'skew', 'mix'] as const) {
    const column = found.columns.find((one) => one.name === name);
    if (column?.type !== 'number') throw new Error('A column of numbers became something else.');
    const expected = pandas[name];
    const { histogram, outliers, ...figures } = column.summary;
    expect(figures).toEqual({
      count: expected.count,
      missing: expected.missing,
      distinct: expected.distinct,
      mean: near(expected.mean),
      standardDeviation: near(expected.standardDeviation),
      minimum: near(expected.minimum),
      maximum: near(expected.maximum),
      quantiles: expected.quantiles.map(near),
      areWhole: false,
    });
    expect(histogram.counts).toEqual(expected.counts);
    expect(histogram.edges[3]).toEqual(near(expected.edges3));
    expect(outliers).toMatchObject({
      low: near(expected.low),
      high: near(expected.high),
      count: expected.outliers,
    });
  }
  const mix = found.columns[2];
  expect(mix?.type === 'number' && mix.summary.outliers.farRows).toEqual([7, 257, 507, 757]);
});

test('categories are counted as pandas counts them', () => {
  const found = explore(table);
  const top = (name: string): Record<string, number> => {
    const column = found.columns.find((one) => one.name === name);
    if (column?.type !== 'category') throw new Error('A column of texts became something else.');
    return Object.fromEntries(column.summary.top.map((one) => [one.label, one.count]));
  };
  expect(top('city')).toEqual(pandas.top);
  expect(top('kind')).toEqual(pandas.kind);
});

test('correlations are those of pandas, scipy and the definition of η', () => {
  const { names, values } = explore(table).associations;
  const between = (a: string, b: string): number | undefined => values[names.indexOf(a)]?.[names.indexOf(b)];
  expect([between('large', 'skew'), between('large', 'mix'), between('skew', 'mix')]).toEqual(
    pandas.pearson.map(near),
  );
  expect(between('city', 'kind')).toEqual(near(pandas.cramer));
  expect([between('city', 'skew'), between('kind', 'mix')]).toEqual(pandas.eta.map(near));
  expect(between('mix', 'large')).toBe(between('large', 'mix'));
});

test('a mean of a billion costs the deviation no digits', () => {
  // 1e9 + {4, 7, 13, 16}: variance 30 (Chan, Golub & LeVeque 1983); summed squares would give anything between −170 and 200.
  const found = explore({
    rows: 4,
    columns: [{ type: 'number', name: 'x', values: Float64Array.of(1e9 + 4, 1e9 + 7, 1e9 + 13, 1e9 + 16) }],
  });
  expect(found.columns[0]).toMatchObject({ summary: { standardDeviation: Math.sqrt(30) } });
});

const warned = (columns: readonly ColumnValues[], target?: string): (string | null)[][] =>
  explore(
    {
      rows: columns[0]?.type === 'category' ? columns[0].codes.length : (columns[0]?.values.length ?? 0),
      columns,
    },
    target,
  ).warnings.map(({ kind, column }) => [kind, column]);

test('a feature that foretells the target alone is called a leak, one that helps is not, and neither is a list of names', () => {
  const ill = (i: number): number => ((i * 2654435761) >>> 5) % 2;
  const target = texts('ill', N, (i) => (ill(i) === 1 ? 'yes' : 'no'));
  const found = warned(
    [
      target,
      // Known only afterwards; wrong in one row of fifty.
      texts('drug', N, (i) => ((i % 50 === 0 ? 1 - ill(i) : ill(i)) === 1 ? 'X' : 'none')),
      numbers('dose', (i) => (ill(i) === 1 ? 10 + (i % 7) : i % 5)),
      // Missing exactly where nobody was ill.
      numbers('stay', (i) => (ill(i) === 1 ? (i * 31) % 97 : NaN)),
      // Right in three of four rows.
      texts('cough', N, (i) => (i % 4 === 0 ? String(i % 8 === 0) : String(ill(i) === 1))),
      texts('code', N, (i) => `k${i}x`),
      numbers('noise', (i) => ((i * 7919) % 1000) / 3),
    ],
    'ill',
  );
  expect(found.filter(([kind]) => kind === 'leak')).toEqual([
    ['leak', 'drug'],
    ['leak', 'dose'],
    ['leak', 'stay'],
  ]);
  expect(found.filter(([kind]) => kind === 'identity')).toEqual([['identity', 'code']]);
});

test('of a number, a feature that is made of it is a leak, and one that goes with it is not', () => {
  const price = (i: number): number => ((i * 7919) % 1000) + 3;
  expect(
    warned(
      [
        numbers('price', price),
        numbers('tax', (i) => price(i) * 0.19 + (i % 3)),
        numbers('rooms', (i) => Math.floor(price(i) / 300) + ((i * 31) % 3)),
      ],
      'price',
    ).filter(([kind]) => kind === 'leak'),
  ).toEqual([['leak', 'tax']]);
});

test.each<readonly [string, ColumnValues, readonly (string | null)[]]>([
  ['e-mail addresses', texts('contact', 60, (i) => `a${i}@b.org`), ['identity', 'contact']],
  [
    'names',
    texts('who', 60, (i) => `${String.fromCharCode(65 + (i % 26))}nna O’Neill${'x'.repeat(i % 4)}`),
    ['identity', 'who'],
  ],
  [
    'a column called dob',
    texts('dob', 60, (i) => `1970-01-${String((i % 28) + 1).padStart(2, '0')}`),
    ['identity', 'dob'],
  ],
  [
    'numbers that count the rows',
    { type: 'number', name: 'row', values: Float64Array.from({ length: 60 }, (_, i) => i) },
    ['identity', 'row'],
  ],
  ['one value', texts('country', 60, () => 'CH'), ['constant', 'country']],
  [
    'mostly nothing',
    texts('remark', 60, (i) => (i < 20 ? (i % 2 ? 'a' : 'b') : null)),
    ['missing', 'remark'],
  ],
])('%s are warned of', (_, column, warning) => {
  const other = texts('other', 60, (i) => `o${i % 9}`);
  expect(warned([column, other])).toContainEqual(warning);
  expect(warned([other])).toEqual([['duplicates', null]]);
});

test('of values outside the fences only those far out are warned of', () => {
  const spread = (last: number): ColumnValues => ({
    type: 'number',
    name: 'x',
    values: Float64Array.from({ length: 101 }, (_, i) => (i === 100 ? last : i + 0.5)),
  });
  // Quartiles 25.5 and 75.5: fences at −49.5 and 150.5, outer ones at −124.5 and 225.5.
  expect(explore({ rows: 101, columns: [spread(160)] })).toMatchObject({
    columns: [{ summary: { outliers: { low: -49.5, high: 150.5, count: 1, farCount: 0, farRows: [] } } }],
    warnings: [],
  });
  expect(explore({ rows: 101, columns: [spread(226)] }).warnings).toMatchObject([
    { kind: 'outliers', column: 'x', rows: [100] },
  ]);
});

test('repeated rows are counted once each, a missing cell equal to a missing cell', () => {
  const rows = [1, 2, 1, NaN, NaN, 2, -0, 0];
  const found = explore({
    rows: 8,
    columns: [
      { type: 'number', name: 'a', values: Float64Array.from(rows) },
      texts('b', 8, (i) => (i === 5 ? 'other' : null)),
    ],
  });
  expect(found.duplicates).toEqual({ count: 3, rows: [2, 4, 7] });
});

test('columns become numbers, times or texts by what stands in them', () => {
  const of = (...cells: readonly (string | number)[]): ColumnValues => {
    const builder = columnBuilder('x');
    for (const cell of cells) {
      if (typeof cell === 'number') builder.addNumber(cell);
      else builder.addText(cell);
    }
    return builder.finish();
  };
  expect(of(1, NaN, 2.5)).toMatchObject({ type: 'number', values: Float64Array.of(1, NaN, 2.5) });
  expect(of(1, NaN, 'many', 1)).toMatchObject({
    type: 'category',
    codes: Int32Array.of(0, -1, 1, 0),
    labels: ['1', 'many'],
  });
  expect(of('2020-02-29', NaN)).toMatchObject({
    type: 'time',
    values: Float64Array.of(Date.UTC(2020, 1, 29), NaN),
  });
  expect(isoTime('2020-02-29 13:05')).toBe(Date.UTC(2020, 1, 29, 13, 5));
  expect(isoTime('2020-02-29T13:05:01+0100')).toBe(Date.UTC(2020, 1, 29, 12, 5, 1));
  expect(isoTime('29.02.2020')).toBeNaN();
});

test('a moment that tells the target is a matter of the split, and no column to leave out', () => {
  const days = Array.from({ length: 200 }, (_, day) => day * 86_400_000);
  const values = days.map((_, day) => Math.sin(day / 10));
  const { warnings } = explore(
    {
      rows: 200,
      columns: [
        { type: 'time', name: 'day', values: Float64Array.from(days) },
        { type: 'number', name: 'load', values: Float64Array.from(values) },
      ],
    },
    'load',
  );
  expect(warnings.find(({ kind }) => kind === 'leak')?.message).toMatch(
    /^“day” alone.*hold out the latest rows/,
  );
});
