import * as v from 'valibot';
import { expect, test } from 'vitest';
import { TableContract } from '../../core/data/contract.ts';
import { inferTableContract, type InferredContract } from './infer-contract.ts';

const header = ['id', 'age', 'sex', 'cp', 'note', 'ill'];
/** 40 patients: age 30…69, sex f/m, cp 1…4, a note of their own, ill 0/1; every tenth age missing. */
const rows = Array.from({ length: 40 }, (_, i) => [
  `p${i}`,
  i % 10 === 0 ? 'NA' : String(30 + i),
  i % 2 === 0 ? 'f' : 'm',
  `${(i % 4) + 1}.0`,
  `came on day ${i}`,
  String(i % 2),
]);

function drafted(
  columns: readonly string[],
  lines: readonly (readonly string[])[],
  target?: string,
): InferredContract {
  const found = inferTableContract(columns, lines, target);
  if (!found.ok) throw new Error(found.error.message);
  return found.value;
}

test('a draft has types, scaling, categories, missing cells and a target, and is a valid contract', () => {
  const { contract, notes, targetCandidates } = drafted(header, rows);
  expect(v.parse(TableContract, contract)).toEqual(contract);
  const ages = rows.flatMap((row) => (row[1] === 'NA' ? [] : [Number(row[1])]));
  const mean = ages.reduce((sum, age) => sum + age, 0) / ages.length;
  const deviation = Math.sqrt(ages.reduce((sum, age) => sum + (age - mean) ** 2, 0) / ages.length);
  expect(contract.columns).toEqual([
    // Seen 31…69: as wide again on both sides, but not below zero.
    {
      type: 'number',
      name: 'age',
      minimum: 0,
      maximum: 107,
      missingAllowed: true,
      mean: Number(mean.toFixed(2)),
      standardDeviation: Number(deviation.toPrecision(4)),
    },
    { type: 'category', name: 'sex', categories: ['f', 'm'], missingAllowed: false },
    { type: 'category', name: 'cp', categories: ['1', '2', '3', '4'], missingAllowed: false },
  ]);
  expect(contract.target).toEqual({
    type: 'classes',
    name: 'ill',
    classes: [
      { label: '0', values: ['0'] },
      { label: '1', values: ['1'] },
    ],
  });
  expect(targetCandidates[0]).toBe('ill');
  expect(notes.join('\n')).toMatch(/“id” is left out: it looks like an identifier/);
  expect(notes.join('\n')).toMatch(/“note” is left out/);
  expect(notes.join('\n')).toMatch(/“cp” has only the values 1, 2, 3, 4/);
});

test('columns of few values are named in one sentence', () => {
  const coded = rows.map((row, i) => [...row, String(i % 3)]);
  const { notes } = drafted([...header, 'thal'], coded, 'ill');
  expect(notes.join('\n')).toMatch(
    /2 columns have few values and are taken as categories: “cp” \(1, 2, 3, 4\), “thal” \(0, 1, 2\)\. Make/,
  );
});

test('the target can be chosen, and a number is then a number', () => {
  const { contract } = drafted(header, rows, 'age');
  expect(contract.target).toMatchObject({ type: 'number', name: 'age' });
  expect(contract.columns.map((column) => column.name)).toContain('ill');
});

test('bounds are rounded outwards: what was seen is never refused, however narrow its range', () => {
  const { contract } = drafted(
    ['density', 'y'],
    ['0.99007', '1.00369', '0.9968', '0.9951'].map((density, i) => [density, `class ${i % 2}`]),
  );
  // Range 0.01362, so 0.97645…1.01731, rounded outwards to thousandths.
  expect(contract.columns[0]).toMatchObject({ minimum: 0.976, maximum: 1.018 });
});

test('a spread that is lost in large numbers is still measured', () => {
  const { contract } = drafted(
    ['t', 'y'],
    [0, 1, 2, 3, 4].map((i) => [`${1e9 + i}.5`, String(i)]),
  );
  // Population deviation of 0…4 is √2.
  expect(contract.columns[0]).toMatchObject({ standardDeviation: 1.414 });
});

test.each([
  ['no rows', ['a', 'b'], [], 'empty-file'],
  ['no header', [], [], 'empty-file'],
  ['a name twice', ['a', 'a'], [['3', '4']], 'wrong-header'],
  ['one column', ['a'], [['3'], ['4']], 'wrong-header'],
  [
    'nothing that varies',
    ['a', 'b'],
    [
      ['3', '4'],
      ['3', '4'],
    ],
    'wrong-header',
  ],
])('%s: no draft, and the reason', (_, columns, lines, kind) => {
  expect(inferTableContract(columns, lines)).toMatchObject({ ok: false, error: { kind } });
});

test('a target that is not there is named', () => {
  expect(inferTableContract(header, rows, 'nowhere')).toMatchObject({
    ok: false,
    error: { kind: 'missing-column' },
  });
});

test('a refusal and a note say what stands in the way', () => {
  const of = (names: readonly string[], lines: readonly (readonly string[])[]) => {
    const found = inferTableContract(names, lines);
    return found.ok ? found.value.notes.join('\n') : found.error.message;
  };
  const numbered = (count: number, last: (i: number) => readonly string[]) =>
    Array.from({ length: count }, (_, i) => last(i));
  expect(
    of(
      ['a', 'y'],
      numbered(30, (i) => [String(i), 'same']),
    ),
  ).toMatch(/^Beside the target “a” .* “y” is left out: it has the same value in every row\.$/);
  expect(of(['a', 'y'], [['1', 'x']])).toMatch(/one row only/);
  const sums = numbered(40, (i) => [
    i === 39 ? 'Total' : String(i / 2),
    String(i),
    i % 2 === 0 ? 'up' : 'down',
  ]);
  expect(of(['a', 'b', 'y'], sums)).toMatch(/“a” is left out: it holds numbers, but for one cell: “Total”/);
  const towns = numbered(2400, (i) => [`town ${i % 1200}`, String(i), String(i * 1.5)]);
  expect(of(['town', 'b', 'y'], towns)).toMatch(/more than 1,000 different texts/);
});

test('columns of numbers for names are noted, but where they count', () => {
  const of = (names: readonly string[]) =>
    drafted(
      names,
      Array.from({ length: 6 }, (_, i) => [String(i / 7), String(i), 'ab'[i % 2]!]),
    ).notes.join(' ');
  const noted = /Numbers name columns \(“-1”, “0.5”\)\. Where the first line is a row, say that none names/;
  expect(of(['-1', '0.5', 'y'])).toMatch(noted);
  expect(of(['1960', '1961', 'y'])).not.toMatch(/Numbers name/);
});

test('of columns without names the first is the target where it alone holds classes', () => {
  const names = ['column 1', 'column 2', 'column 3'];
  const rows = (cells: (i: number) => readonly string[]) => Array.from({ length: 30 }, (_, i) => cells(i));
  const target = (cells: (i: number) => readonly string[]) =>
    drafted(names, rows(cells)).contract.target.name;
  expect(target((i) => [`${i % 3}`, `${i}.5`, `${i * 1.5}`])).toBe('column 1');
  expect(target((i) => [`${i % 3}`, `${i}.5`, `${i % 2}`])).toBe('column 3');
  expect(target((i) => [`${i / 3}`, `${i}.5`, `${i * 1.5}`])).toBe('column 3');
});

test('years name columns, and when something was is the last thing to be the target', () => {
  const years = Array.from({ length: 30 }, (_, i) => [`c${i % 3}`, String(i), String(i * 1.5)]);
  expect(drafted(['country', '1960', '1961'], years).contract.target.name).toBe('1961');
  expect(drafted(['country', '1961', '1960'], years).contract.target.name).toBe('1960');
  expect(drafted(['invest', 'value', 'year'], years).contract.target.name).toBe('value');
});

test('of more columns than a model looks at the first are taken', () => {
  const names = Array.from({ length: 1200 }, (_, i) => `x${i}`);
  const lines = Array.from({ length: 3 }, (_, i) => names.map((_, field) => String(i + field / 7)));
  const { contract, notes } = drafted(names, lines);
  expect(contract.columns).toHaveLength(1000);
  expect(notes[0]).toBe(
    'Of 1,199 columns the first 1,000 are taken, which is as many as a model here looks at.',
  );
});

test('numbers of accounts that differ in their last digits are not one value', () => {
  const accounts = Array.from({ length: 30 }, (_, i) => [
    `100000000000000000${10 + i}`,
    i % 2 === 0 ? 'up' : 'down',
  ]);
  expect(drafted(['account', 'y'], accounts).columns[0]?.distinct).toBe(30);
});

test('columns without names are left out in one sentence', () => {
  const lines = Array.from({ length: 20 }, (_, i) => [
    String(i),
    String(i * 1.5),
    i % 2 === 0 ? 'up' : 'down',
    '',
    '',
  ]);
  const { contract, notes } = drafted(['', 'a', 'y', '', ''], lines);
  expect(contract.columns.map(({ name }) => name)).toEqual(['a']);
  expect(new Set(notes).size).toBe(notes.length);
  expect(notes).toContain('3 columns are left out: they have no names.');
});
