// The validation report: faults planted at known rows are listed, exactly those, with what would mend them.
import { expect, test } from 'vitest';
import { ruleIssues } from '../../core/data/check-rules.ts';
import type { TableContract } from '../../core/data/contract.ts';
import { joinExamples, type Examples } from '../../core/data/examples.ts';
import { splitExamples } from '../../core/data/split.ts';
import { importFiles } from '../import.ts';
import type { ImportReport } from '../import-report.ts';
import { sourceOfText } from '../source-file.ts';

const contract: TableContract = {
  kind: 'table',
  columns: [
    {
      type: 'number',
      name: 'age',
      minimum: 0,
      maximum: 120,
      missingAllowed: false,
      mean: 50,
      standardDeviation: 10,
    },
    {
      type: 'number',
      name: 'height',
      minimum: 0.4,
      maximum: 2.5,
      missingAllowed: true,
      mean: 1.7,
      standardDeviation: 0.1,
    },
    { type: 'category', name: 'sex', categories: ['female', 'male'], missingAllowed: false },
  ],
  target: {
    type: 'classes',
    name: 'ill',
    classes: [
      { label: 'no', values: ['0'] },
      { label: 'yes', values: ['1'] },
    ],
  },
  rules: [
    { type: 'unique', column: 'id' },
    { type: 'pattern', column: 'ward', pattern: '[A-Z]{2}-\\d{3}' },
    { type: 'missing-share', column: 'height', maximum: 0.1 },
  ],
};

/** 200 rows that keep every rule; row 2 of the file is index 0. */
const clean = (): string[][] =>
  Array.from({ length: 200 }, (_, i) => [
    `p${i}`,
    `AB-${String(100 + i)}`,
    String(20 + (i % 60)),
    (1.5 + (i % 40) / 100).toFixed(2),
    i % 2 === 0 ? 'female' : 'male',
    String(i % 2),
  ]);
const HEADER = ['id', 'ward', 'age', 'height', 'sex', 'ill'];

async function validated(rows: readonly (readonly string[])[]): Promise<ImportReport> {
  const text = [HEADER, ...rows].map((cells) => cells.join(';')).join('\n');
  const sink = { append: () => Promise.resolve() };
  const { report } = await importFiles([sourceOfText('a.csv', text)], contract, sink, {
    decodeImage: () => Promise.reject(new Error('no pictures')),
  });
  return report;
}
const rowsBroken = (report: ImportReport): Record<string, (number | null)[]> =>
  Object.fromEntries(
    report.broken.map((rule) => [`${rule.column ?? ''}:${rule.kind}`, rule.places.map((place) => place.row)]),
  );

test('data that keeps every rule breaks none', async () => {
  expect(await validated(clean())).toMatchObject({ accepted: 200, refused: 0, broken: [], unfit: null });
});

test('eight kinds of fault at known rows: the report lists exactly those', async () => {
  const rows = clean();
  const plant = (line: number, column: string, cell: string): void => {
    rows[line - 2]![HEADER.indexOf(column)] = cell;
  };
  // In a column of decimal points a comma stands for something else.
  plant(4, 'age', '30.5');
  plant(5, 'age', '61,5');
  plant(9, 'age', '44,0');
  plant(12, 'height', '172');
  plant(13, 'height', '165');
  plant(20, 'sex', 'femal');
  plant(33, 'age', '');
  plant(40, 'ill', '2');
  plant(51, 'id', 'p0');
  plant(60, 'ward', 'AB 160');
  rows[69] = ['p69', 'AB-169'];
  // Two faults in one row: both are reported, and the row is refused once.
  plant(80, 'sex', '?');
  plant(80, 'ward', 'ab-180');
  const report = await validated(rows);
  expect(rowsBroken(report)).toEqual({
    'age:not-a-number': [5, 9],
    'height:out-of-range': [12, 13],
    'sex:unknown-category': [20],
    'age:missing-value': [33],
    'ill:unknown-class': [40],
    'id:not-unique': [51],
    'ward:wrong-pattern': [60, 80],
    ':ragged-row': [71],
    'sex:missing-value': [80],
  });
  expect(report).toMatchObject({ refused: 11, accepted: 189 });
  const fixes = Object.fromEntries(report.broken.map((rule) => [`${rule.column}:${rule.kind}`, rule.fix]));
  expect(fixes['age:not-a-number']).toBe('Write decimals with a point: 61,5 as 61.5.');
  expect(fixes['height:out-of-range']).toMatch(/Divided by 100 every one .* 172 would be 1\.72/);
  expect(fixes['sex:unknown-category']).toBe('“femal” is probably “female”: write it so.');
  expect(report.broken.find((rule) => rule.kind === 'wrong-pattern')).toMatchObject({
    expected: 'written as [A-Z]{2}-\\d{3}',
    places: [
      { file: 'a.csv', row: 60, found: 'AB 160' },
      { file: 'a.csv', row: 80, found: 'ab-180' },
    ],
  });
});

test('a column that lacks too many values makes the whole unfit, and says in which rows', async () => {
  const rows = clean();
  for (let i = 0; i < 20; i += 1) rows[i * 3]![3] = 'NA';
  expect(await validated(rows)).toMatchObject({ unfit: null, refused: 0 });
  rows[1]![3] = '';
  const report = await validated(rows);
  expect(report.unfit).toMatch(/“height” is empty in 21 of 200 rows \(10\.5 %\), and at most 10 % may be/);
  expect(report.broken[0]).toMatchObject({ kind: 'too-many-missing', column: 'height', count: 21 });
  expect(report.broken[0]?.places.slice(0, 3).map((place) => place.row)).toEqual([2, 3, 5]);
});

test('a column that only a rule is about must be there', async () => {
  const { report } = await importFiles(
    [sourceOfText('a.csv', 'age;height;sex;ill;ward\n61;1.7;male;0;AB-100\n')],
    contract,
    { append: () => Promise.resolve() },
    { decodeImage: () => Promise.reject(new Error('no pictures')) },
  );
  expect(report.refusals).toMatchObject([{ kind: 'missing-column', column: 'id' }]);
});

test('rules that cannot be kept are refused with the federation’s settings', () => {
  expect(ruleIssues(contract)).toEqual([]);
  expect(
    ruleIssues({
      ...contract,
      rules: [
        { type: 'pattern', column: 'ward', pattern: '(a|b)' },
        { type: 'unique', column: 'id' },
        { type: 'unique', column: 'id' },
        { type: 'group', column: 'id' },
        { type: 'group', column: 'ward' },
      ],
    }).map((issue) => issue.path),
  ).toEqual(['rules.0.pattern', 'rules.2', 'rules.4']);
});

test('rows of one group stand on one side of the split, also when more come, and keep their identity', async () => {
  const grouped: TableContract = { ...contract, rules: [{ type: 'group', column: 'id' }] };
  // Forty patients of ten visits each; ages alike in pairs of visits, so that rows repeat within a patient.
  const visits = (patients: number): string =>
    Array.from({ length: patients * 10 }, (_, i) => {
      const [patient, visit] = [Math.floor(i / 10), i % 10];
      return `p${patient};AB-100;${20 + patient + Math.floor(visit / 2)};1.${50 + patient};female;${visit % 2}`;
    }).join('\n');
  const read = async (text: string) => {
    const parts: Examples[] = [];
    await importFiles(
      [sourceOfText('a.csv', `${HEADER.join(';')}\n${text}`)],
      grouped,
      { append: (examples) => Promise.resolve(void parts.push(examples)) },
      { decodeImage: () => Promise.reject(new Error('no pictures')) },
    );
    const examples = joinExamples(parts);
    if (examples === undefined) throw new Error('Nothing was read.');
    return { examples, heldOut: new Set(splitExamples(examples).heldOut) };
  };
  const few = await read(visits(40));
  const more = await read(visits(60));
  expect(few.examples.count).toBe(400);
  const held = Array.from({ length: 40 }, (_, patient) =>
    Array.from({ length: 10 }, (__, visit) => few.heldOut.has(patient * 10 + visit)),
  );
  for (const patient of held) expect(new Set(patient).size).toBe(1);
  // Eight of forty on average, and not none.
  expect(held.filter(([first]) => first === true).length).toBeGreaterThan(2);
  for (let row = 0; row < 400; row += 1) expect(more.heldOut.has(row)).toBe(few.heldOut.has(row));
});
