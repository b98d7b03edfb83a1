// Bad tables, each with what the person is told; and what good ones become.
import { zipSync } from 'fflate';
import { expect, test } from 'vitest';
import type { TableContract } from '../../core/data/contract.ts';
import type { Examples } from '../../core/data/examples.ts';
import { joinExamples } from '../../core/data/examples.ts';
import { importFiles, type ImportOutcome } from '../import.ts';
import { sourceOfBytes, sourceOfText, type SourceFile } from '../source-file.ts';
import { encodeRow } from './row-encoder.ts';

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
      name: 'pressure',
      minimum: null,
      maximum: null,
      missingAllowed: true,
      mean: 100,
      standardDeviation: 20,
    },
    { type: 'category', name: 'sex', categories: ['f', 'm'], missingAllowed: true },
  ],
  target: {
    type: 'classes',
    name: 'ill',
    classes: [
      { label: 'healthy', values: ['0'] },
      { label: 'disease', values: ['1', '2'] },
    ],
  },
};
const decodeImage = (): Promise<never> => Promise.reject(new Error('Tables hold no pictures.'));

async function imported(
  files: readonly SourceFile[],
  under: TableContract = contract,
): Promise<ImportOutcome & { readonly examples: Examples | undefined }> {
  const parts: Examples[] = [];
  const sink = { append: (examples: Examples) => Promise.resolve(void parts.push(examples)) };
  const outcome = await importFiles(files, under, sink, { decodeImage, now: () => 0 });
  return { ...outcome, examples: joinExamples(parts) };
}
const of = (text: string) => imported([sourceOfText('a.csv', text)]);

test('rows become scaled numbers with indicators, one-hot categories and class indices', async () => {
  const { examples, report } = await of('age,pressure,sex,ill\n60,120,f,0\n40,?,M,2\n50,80,NA,1\n');
  expect(report).toMatchObject({ accepted: 3, refused: 0, duplicates: 0, notes: [] });
  // (60 − 50) / 10, (120 − 100) / 20, not missing, f; (40 − 50) / 10, missing, m; …
  expect([...(examples?.features ?? [])]).toEqual([1, 1, 0, 1, 0, -1, 0, 1, 0, 1, 0, -1, 0, 0, 0]);
  expect([...(examples?.targets ?? [])]).toEqual([0, 1, 1]);
});

test('a number target is scaled', async () => {
  const { examples } = await imported([sourceOfText('a.csv', 'age,y\n50,30\n50,10\n')], {
    kind: 'table',
    columns: contract.columns.slice(0, 1),
    target: { type: 'number', name: 'y', mean: 20, standardDeviation: 5 },
  });
  expect(examples?.targets).toEqual(Float32Array.of(2, -2));
});

test.each([
  ['in another order, with columns not asked for', 'ill,id,sex,age,pressure\n0,x1,f,60,120\n'],
  ['separated by semicolons', 'age;pressure;sex;ill\n60;120;f;0\n'],
  ['separated by tabs', 'age\tpressure\tsex\till\n60\t120\tf\t0\n'],
  ['with Excel’s line on the separator', 'sep=;\r\nage;pressure;sex;ill\r\n60;120;f;0\r\n'],
  ['quoted throughout', '"age","pressure","sex","ill"\n"60","120","f","0"\n'],
  ['with white space around', ' age , pressure , sex , ill \n 60 , 120 , f , 0 \n'],
  ['with a byte order mark and CRLF', '\ufeffage,pressure,sex,ill\r\n60,120,f,0\r\n'],
  ['with empty lines and rows of empty cells below', 'age,pressure,sex,ill\n60,120,f,0\n\n,,,\n,,,\n'],
])('a table %s is the same table', async (_, text) => {
  const { examples, report } = await of(text);
  expect(report.refused).toBe(0);
  expect([...(examples?.features ?? [])]).toEqual([1, 1, 0, 1, 0]);
});

test('UTF-16, as Excel saves “Unicode text”, is read', async () => {
  const text = '\ufeffage\tpressure\tsex\till\r\n60\t120\tf\t0\r\n';
  const bytes = new Uint8Array(Uint16Array.from(text, (letter) => letter.charCodeAt(0)).buffer);
  const { examples } = await imported([sourceOfBytes('a.txt', bytes)]);
  expect([...(examples?.features ?? [])]).toEqual([1, 1, 0, 1, 0]);
});

test('columns that nobody asked for are named in a note', async () => {
  const { report } = await of('age,pressure,sex,ill,name\n60,120,f,0,Ann\n');
  expect(report.notes).toEqual(['a.csv: not needed and left unread: “name”.']);
});

const header = 'age,pressure,sex,ill\n';
test.each([
  ['a ragged row', 'ragged-row', null, `${header}60,120,f\n`, ['3 cells', '4 columns']],
  ['a badly quoted row', 'ragged-row', null, `${header}"60"x,120,f,0\n`, ['quoted']],
  ['a word where a number belongs', 'not-a-number', 'age', `${header}sixty,120,f,0\n`, ['“age”', '“sixty”']],
  ['a number out of range', 'out-of-range', 'age', `${header}600,120,f,0\n`, ['between 0 and 120', '“600”']],
  ['a number that no 32-bit float holds', 'out-of-range', 'pressure', `${header}60,1e300,f,0\n`, ['“1e300”']],
  ['an unknown category', 'unknown-category', 'sex', `${header}60,120,x,0\n`, ['f, m', '“x”']],
  ['an unknown class', 'unknown-class', 'ill', `${header}60,120,f,9\n`, ['0, 1, 2', '“9”']],
  ['a missing value where one is needed', 'missing-value', 'age', `${header}?,120,f,0\n`, ['“age”']],
  ['a missing target', 'missing-value', 'ill', `${header}60,120,f,\n`, ['“ill”']],
])(
  '%s is refused with its row and column, and the rows around it are kept',
  async (_, kind, column, bad, words) => {
    const { report } = await of(`${bad}61,121,m,1\n`);
    expect(report.accepted).toBe(1);
    expect(report.refusals).toMatchObject([{ file: 'a.csv', row: 2, column, kind }]);
    for (const word of words) expect(report.refusals[0]?.message).toContain(word);
  },
);

test.each([
  ['an empty file', 'empty-file', ''],
  ['a file of empty lines', 'empty-file', '\n\n\n'],
  ['a header without rows', 'empty-file', header],
  ['another table’s header', 'wrong-header', 'x,y\n1,2\n'],
  ['rows without a header', 'wrong-header', '60,120,f,0\n61,121,m,1\n'],
  ['a column named twice', 'wrong-header', 'age,age,pressure,sex,ill\n1,2,3,f,0\n'],
  ['a missing column', 'missing-column', 'age,sex,ill\n60,f,0\n'],
])('%s is refused as a whole', async (_, kind, text) => {
  const { report } = await of(text);
  expect(report).toMatchObject({ accepted: 0, refused: 1, refusals: [{ file: 'a.csv', kind }] });
  expect(report.refusals[0]?.message).toMatch(/\.$/);
});

test('a column that is only spelled otherwise is suggested', async () => {
  const { report } = await of('Age,pressure,sex,ill\n60,120,f,0\n');
  expect(report.refusals).toMatchObject([{ kind: 'missing-column', column: 'age' }]);
  expect(report.refusals[0]?.message).toContain('“Age” is probably it');
});

test.each([
  ['a zip', zipSync({ 'a.bin': new Uint8Array(50) }), 'zip archive'],
  ['a PNG', [0x89, 0x50, 0x4e, 0x47], 'PNG'],
  ['bytes with zeros', [1, 2, 0, 4], 'binary'],
])('%s named .csv is told from a table', async (_, bytes, word) => {
  const { report } = await imported([sourceOfBytes('a.csv', Uint8Array.from(bytes))]);
  expect(report.refusals).toMatchObject([{ kind: 'not-text' }]);
  expect(report.refusals[0]?.message).toContain(word);
});

test('a thousand refusals are listed, all are counted', async () => {
  const { report } = await of(header + 'x,1,f,0\n'.repeat(1500));
  expect(report).toMatchObject({ accepted: 0, refused: 1500, refusedByKind: { 'not-a-number': 1500 } });
  expect(report.refusals).toHaveLength(1000);
});

test('equal rows of one file are different people; the same file twice is not', async () => {
  const text = `${header}60,120,f,0\n60,120,f,0\n40,90,m,1\n`;
  const once = await of(text);
  expect(once.report).toMatchObject({ accepted: 3, duplicates: 0 });
  const twice = await imported([sourceOfText('a.csv', text), sourceOfText('b.csv', text)]);
  expect(twice.report).toMatchObject({ accepted: 3, duplicates: 3 });
  // Equal rows share the word that decides the split: they never stand on both sides.
  expect(once.examples?.hashes[0]).toBe(once.examples?.hashes[2]);
  expect(once.examples?.hashes[1]).not.toBe(once.examples?.hashes[3]);
});

test('one broken file among several costs only itself', async () => {
  const { report } = await imported([
    sourceOfText('a.csv', `${header}60,120,f,0\n`),
    sourceOfBytes('b.csv', new Uint8Array(0)),
    sourceOfText('c.csv', `${header}61,120,f,0\n`),
  ]);
  expect(report).toMatchObject({
    accepted: 2,
    refused: 1,
    refusals: [{ file: 'b.csv', kind: 'empty-file' }],
  });
});

test('a row filled in by hand is encoded as the same row of a file', async () => {
  const { examples } = await of(`${header}61,?,m,0\n`);
  const encoded = encodeRow(contract, { age: ' 61 ', sex: 'm' });
  expect(encoded).toEqual({ ok: true, value: Float32Array.from(examples?.features ?? []) });
  expect(encodeRow(contract, { age: 'old' })).toMatchObject({
    ok: false,
    error: { kind: 'not-a-number', column: 'age' },
  });
  expect(encodeRow(contract, {})).toMatchObject({
    ok: false,
    error: { kind: 'missing-value', column: 'age' },
  });
});

test('the preview shows the first rows as they stand', async () => {
  const { preview } = await of(`${header}60,120,f,0\n40,?,m,1\n`);
  expect(preview).toEqual({
    kind: 'table',
    header: ['age', 'pressure', 'sex', 'ill'],
    rows: [
      ['60', '120', 'f', '0'],
      ['40', '?', 'm', '1'],
    ],
  });
});

test('cancelling stops an import between two pieces', async () => {
  const text = header + '60,120,f,0\n'.repeat(400_000);
  const controller = new AbortController();
  const run = importFiles(
    [sourceOfText('a.csv', text)],
    contract,
    { append: () => Promise.resolve() },
    {
      decodeImage,
      signal: controller.signal,
      onProgress: () => controller.abort(),
    },
  );
  await expect(run).rejects.toThrow('aborted');
});
