// What a survey suggests about a data contract, and what it keeps silent about.
import { expect, test } from 'vitest';
import type { TableContract } from '../data/contract.ts';
import { contractProposals, withProposals, type Told } from './contract-proposals.ts';
import type { Range } from './columns.ts';
import { histogramOf } from './histogram.ts';
import type { Figures } from './index.ts';

const number = (name: string, minimum: number | null, maximum: number | null) => ({
  type: 'number' as const,
  name,
  minimum,
  maximum,
  missingAllowed: true,
  mean: 50,
  standardDeviation: 10,
});
const contract: TableContract = {
  kind: 'table',
  columns: [
    number('age', 0, 160),
    number('mass', 0, 160),
    { type: 'category', name: 'sex', categories: ['f', 'm', 'x'], missingAllowed: true },
  ],
  target: { type: 'number', name: 'y', mean: 0, standardDeviation: 1 },
  rules: [{ type: 'missing-share', column: 'sex', maximum: 0.9 }],
};
const distribution = (name: string, counts: readonly number[], range: Range, missing = 0): Figures => ({
  statistic: 'distributions',
  columns: [{ type: 'number', name, missing, histogram: histogramOf(range, counts) }],
});
/** 16 bins of 10: most rows within 30 – 80, three beyond. */
const age = [0, 0, 1, 40, 200, 300, 250, 90, 0, 0, 0, 0, 0, 1, 0, 1];
/** Kilograms about 75, and pounds about 165. */
const mass = [0, 0, 0, 0, 0, 60, 300, 300, 60, 0, 0, 0, 0, 0, 90, 110];
const range = { minimum: 0, maximum: 160 };
const moments = (...columns: Extract<Figures, { statistic: 'moments' }>['columns']): Figures => ({
  statistic: 'moments',
  columns,
  correlations: [],
  complete: 800,
});
const told = (more: Partial<Told> = {}): Told => ({
  figures: [
    {
      statistic: 'distributions',
      columns: [
        { type: 'number', name: 'age', missing: 0, histogram: histogramOf(range, age) },
        { type: 'number', name: 'mass', missing: 80, histogram: histogramOf(range, mass) },
        {
          type: 'category',
          name: 'sex',
          missing: 3,
          categories: [
            { label: 'f', count: 500 },
            { label: 'm', count: 480 },
            { label: 'x', count: 2 },
          ],
        },
      ],
    },
    moments(
      { name: 'age', count: 883, mean: 62.1234, standardDeviation: 11 },
      { name: 'mass', count: 920, mean: 91.567, standardDeviation: 35.6789 },
    ),
  ],
  deviations: [0, 0],
  devices: 8,
  ...more,
});

test('bounds are edges of bins where few rows lie beyond, gaps what is seldom, and no proposal names a single row', () => {
  const { proposals, silent } = contractProposals(contract, told());
  expect(proposals.map(({ kind, column, before, after }) => [kind, column, before, after])).toEqual([
    // 883 rows: fewer than five lie below 30 and above 80; a bin of 10 is left free.
    ['range', 'age', '0 to 160', '20 to 90'],
    ['gaps', 'age', 'may be missing', 'is never missing'],
    ['units', 'mass', '0 to 160', '40 to 100'],
    // 80 of 1,000: twice 8 %, to the next twentieth.
    ['gaps', 'mass', 'any share may be missing', '20 % may be missing'],
    ['categories', 'sex', 'f, m, x', 'f, m'],
    // Of the mass no mean is told: it is of two units.
    ['scale', 'age', 'scaled by mean 50 and deviation 10', 'scaled by mean 62.1 and deviation 11'],
  ]);
  expect(proposals[2]!.reason).toMatch(
    /two clumps, 50 – 90 \(78 %\) and 140 – 160 \(22 %\).*pounds for kilograms/,
  );
  expect(silent).toEqual(['“sex”: fewer than 5 rows lack it, too few to say how many may.']);
  expect(proposals.map(({ reason }) => reason).join()).not.toMatch(/\b[1-4] rows/);
});

test('each is taken by itself', () => {
  const { proposals } = contractProposals(contract, told());
  const [bounds, , , share, categories] = proposals;
  const taken = withProposals(contract, [bounds!, share!, categories!]);
  expect(taken.columns[0]).toEqual({ ...contract.columns[0], minimum: 20, maximum: 90 });
  expect(taken.columns[1]).toEqual(contract.columns[1]);
  expect(taken.columns[2]).toMatchObject({ categories: ['f', 'm'], missingAllowed: true });
  expect(taken.rules).toEqual([
    { type: 'missing-share', column: 'sex', maximum: 0.9 },
    { type: 'missing-share', column: 'mass', maximum: 0.2 },
  ]);
  expect(withProposals(contract, [])).toEqual(contract);
  // Nothing is left of what was taken.
  expect(contractProposals(withProposals(contract, proposals), told()).proposals).toEqual([]);
});

test('where noise is larger than a figure nothing is proposed, and it says so', () => {
  const { proposals, silent } = contractProposals(contract, told({ deviations: [400, 400] }));
  expect(proposals).toEqual([]);
  expect(silent).toHaveLength(8);
  expect(silent[0]).toBe(
    '“age”: the noise of ±784 rows hides how its values are distributed, so nothing is proposed.',
  );
  // Less of it, and what stands out of it is proposed still; what none seem to have may be the noise.
  const quieter = contractProposals(contract, told({ deviations: [5, 5] }));
  expect(quieter.proposals.map(({ kind, column }) => `${kind} ${column}`)).toEqual([
    'range age',
    'units mass',
    'gaps mass',
    'scale age',
  ]);
  expect(quieter.silent.join()).toMatch(/“age”.*how many rows lack it.*“sex”.*whether anybody has “x”/);
  expect(contractProposals(contract, told({ devices: 4 }))).toMatchObject({
    proposals: [],
    silent: [expect.stringMatching(/^Fewer than 5 devices/)],
  });
});

test('a bound that is open stays so where values pile up at its end, and broken rules propose gaps alone', () => {
  const open: TableContract = { ...contract, columns: [number('age', null, null)] };
  const piled = [...age.slice(0, 15), 60];
  const of = (counts: readonly number[], of = open) =>
    contractProposals(of, {
      figures: [distribution('age', counts, range, 90)],
      deviations: [0],
      devices: 5,
    }).proposals[0];
  expect(of(piled)).toMatchObject({ set: { minimum: 20, maximum: null } });
  expect(of([])).toBeUndefined();
  const strict: TableContract = {
    ...contract,
    columns: [
      { ...number('age', 0, 100), missingAllowed: false },
      { type: 'text', name: 'note', missingAllowed: false },
    ],
  };
  const rules = contractProposals(strict, {
    figures: [
      {
        statistic: 'contract-rules',
        checked: 12,
        whole: 3,
        columns: [
          { name: 'age', broken: [7, 0, 6, 0] },
          { name: 'note', broken: [6, 0, 0, 0] },
        ],
      },
    ],
    deviations: [0],
    devices: 12,
  });
  expect(rules.proposals).toMatchObject([
    { kind: 'gaps', column: 'age', set: { missingAllowed: true } },
    {
      kind: 'gaps',
      column: 'note',
      reason: expect.stringMatching(/^On 6 of 12 devices it is missing: a file has no such column, cells/),
    },
  ]);
  expect(withProposals(strict, rules.proposals).columns).toMatchObject([
    { missingAllowed: true },
    { missingAllowed: true },
  ]);
  expect(rules.silent[0]).toMatch(/on 6 of 12 devices values lie beyond its bounds/);
});

test('a mean is rounded by the deviation, however large it is itself', () => {
  const pressure = { ...number('pressure', 95_000, 110_000), mean: 100_000, standardDeviation: 1000 };
  const of = (columns: TableContract['columns']) =>
    contractProposals(
      { ...contract, columns },
      told({
        figures: [moments({ name: 'pressure', count: 1000, mean: 101_327.123, standardDeviation: 5.12345 })],
      }),
    ).proposals;
  const [scale] = of([pressure]);
  expect(scale?.set).toEqual({ mean: 101_327.12, standardDeviation: 5.123 });
  // And is not proposed once more.
  expect(of(withProposals({ ...contract, columns: [pressure] }, [scale!]).columns)).toEqual([]);
});

test('of a column whose values are all one no scale is proposed', () => {
  const { proposals, silent } = contractProposals(
    { ...contract, columns: [number('age', 0, 100)] },
    told({ figures: [moments({ name: 'age', count: 1000, mean: 50, standardDeviation: 2.14e-7 })] }),
  );
  expect(proposals).toEqual([]);
  expect(silent).toEqual([expect.stringMatching(/^“age”: its values hardly differ over 1,000 rows/)]);
});

test('a number that takes two values is no column of two units, and its rarer value no tail', () => {
  const columns = [{ ...number('smokes', 0, 1), missingAllowed: false }];
  const bins = Array.from({ length: 14 }, () => 0);
  for (const [zeros, ones] of [
    [700, 300],
    [99_700, 300],
  ] as const)
    expect(
      contractProposals(
        { ...contract, columns },
        told({ figures: [distribution('smokes', [zeros, ...bins, ones], { minimum: 0, maximum: 1 })] }),
      ),
    ).toEqual({ proposals: [], silent: [] });
});

test('what lies beyond the end of an open column is told neither as a span nor as a ratio, and no scale of it', () => {
  const columns = [{ ...number('mass', null, null), mean: 75, standardDeviation: 15 }];
  const of = (counts: readonly number[], mean: number, standardDeviation: number) =>
    contractProposals(
      { ...contract, columns: columns.map((one) => ({ ...one, missingAllowed: false })) },
      told({
        figures: [
          distribution('mass', counts, { minimum: 15, maximum: 135 }),
          moments({ name: 'mass', count: 1000, mean, standardDeviation }),
        ],
      }),
    );
  // Grams among kilograms.
  const units = of([0, 0, 0, 5, 30, 70, 120, 150, 120, 70, 30, 5, 0, 0, 0, 400], 99, 31);
  expect(units.proposals).toMatchObject([{ kind: 'units', set: { minimum: 30, maximum: 113 } }]);
  expect(units.proposals[0]!.reason).toMatch(
    / 37.5 – 105 \(60 %\) and 127.5 or more \(40 %\), .* unit\. Ask/,
  );
  // Grams alone.
  const beyond = of([...Array.from({ length: 15 }, () => 0), 1000], 135, 0);
  expect(beyond.proposals).toMatchObject([{ kind: 'range', set: { minimum: 120, maximum: null } }]);
  expect(beyond.proposals[0]!.reason).toMatch(/hold 127.5 or more; /);
  for (const { silent } of [units, beyond])
    expect(silent).toEqual([
      '“mass”: many rows lie above where this contract looks, so no scale is told of them. Set bounds and ask again.',
    ]);
});

test('a bound that rows reach stays as it is written, and others are rounded away from them', () => {
  const range = { minimum: 0.123456, maximum: 0.923456 };
  const columns = [{ ...number('z', range.minimum, range.maximum), missingAllowed: false }];
  const of = (counts: readonly number[]) =>
    contractProposals({ ...contract, columns }, told({ figures: [distribution('z', counts, range)] }))
      .proposals[0]?.set;
  const [none, rows] = [Array.from({ length: 10 }, () => 0), [300, 200, 100, 80, 60, 40]];
  expect(of([...rows, ...none])).toEqual({ minimum: 0.123456, maximum: 0.48 });
  expect(of([...none, ...rows.reverse()])).toEqual({ minimum: 0.57, maximum: 0.923456 });
});
