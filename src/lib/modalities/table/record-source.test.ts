// The same table in every form is the same dataset; and what is broken in each form is named by its row.
import { gzipSync } from 'fflate';
import {
  bool,
  dictionary,
  float64,
  int32,
  list,
  setCompressionCodec,
  struct,
  tableFromArrays,
  tableToIPC,
  utf8,
} from '@uwdata/flechette';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { expect, test } from 'vitest';
import type { TableContract } from '../../core/data/contract.ts';
import { joinExamples, type Examples } from '../../core/data/examples.ts';
import { importFiles } from '../import.ts';
import { inferContract } from '../infer.ts';
import { arrowFooter } from './arrow-metadata.ts';
import { sourceOfBytes, sourceOfText, type SourceFile } from '../source-file.ts';

const contract: TableContract = {
  kind: 'table',
  columns: [
    {
      type: 'number',
      name: 'age',
      minimum: 0,
      maximum: 120,
      missingAllowed: true,
      mean: 50,
      standardDeviation: 10,
    },
    { type: 'category', name: 'city', categories: ['Köln', 'Bern'], missingAllowed: false },
  ],
  target: {
    type: 'classes',
    name: 'ill',
    classes: [
      { label: 'no', values: ['false', '0'] },
      { label: 'yes', values: ['true', '1'] },
    ],
  },
};
const patients = [
  { age: 61.5, city: 'Köln', ill: true },
  { age: null, city: 'Bern', ill: false },
  { age: 7, city: 'Bern', ill: true },
];
const csv = (separator: string): string =>
  [['age', 'city', 'ill'], ...patients.map((one) => [one.age ?? '', one.city, String(one.ill)])]
    .map((cells) => cells.join(separator))
    .join('\n');
const parquet = (
  rows: readonly (typeof patients)[number][],
  codec?: 'SNAPPY' | 'GZIP' | 'ZSTD',
): Uint8Array =>
  new Uint8Array(
    parquetWriteBuffer({
      columnData: [
        { name: 'age', data: rows.map((one) => one.age), type: 'DOUBLE' },
        { name: 'city', data: rows.map((one) => one.city), type: 'STRING' },
        { name: 'ill', data: rows.map((one) => one.ill), type: 'BOOLEAN' },
      ],
      rowGroupSize: 2,
      ...(codec === undefined
        ? {}
        : { codec, compressors: { GZIP: (bytes: Uint8Array) => gzipSync(bytes) } }),
    }),
  );
const arrow = (
  rows: readonly (typeof patients)[number][],
  format: 'file' | 'stream',
  maxBatchRows = 2,
): Uint8Array =>
  tableToIPC(
    tableFromArrays(
      {
        age: rows.map((one) => one.age),
        city: rows.map((one) => one.city),
        ill: rows.map((one) => one.ill),
      },
      { types: { age: float64(), city: dictionary(utf8()), ill: bool() }, maxBatchRows },
    ),
    { format },
  )!;

async function imported(file: SourceFile) {
  const parts: Examples[] = [];
  const { report } = await importFiles(
    [file],
    contract,
    { append: (examples) => Promise.resolve(void parts.push(examples)) },
    { decodeImage: () => Promise.reject(new Error('no pictures')) },
  );
  return { examples: joinExamples(parts), report };
}
/** Windows-1252 has ö at 0xf6. */
const latin = (text: string): Uint8Array => Uint8Array.from(text, (letter) => letter.charCodeAt(0));

test.each<readonly [string, SourceFile]>([
  ['semicolons', sourceOfText('a.csv', csv(';'))],
  ['tabs', sourceOfText('a.tsv', csv('\t'))],
  ['bars', sourceOfText('a.txt', csv('|'))],
  ['CSV in Windows-1252', sourceOfBytes('a.csv', latin(csv(',')))],
  ['NDJSON', sourceOfText('a.ndjson', patients.map((one) => JSON.stringify(one)).join('\r\n'))],
  [
    'NDJSON with empty lines, by content alone',
    sourceOfText('a', `${patients.map((one) => JSON.stringify(one)).join('\n\n')}\n`),
  ],
  ['a JSON array', sourceOfText('a.json', JSON.stringify(patients))],
  ['a JSON array, indented', sourceOfText('a.json', JSON.stringify(patients, null, 2))],
  [
    'JSON that leaves out what is missing',
    sourceOfText(
      'a.json',
      JSON.stringify(patients, (_, value: unknown) => value ?? undefined),
    ),
  ],
  ['Parquet', sourceOfBytes('a.parquet', parquet(patients))],
  ['Parquet, gzip', sourceOfBytes('a.parquet', parquet(patients, 'GZIP'))],
  ['an Arrow file', sourceOfBytes('a.arrow', arrow(patients, 'file'))],
  ['an Arrow stream, by content alone', sourceOfBytes('a', arrow(patients, 'stream'))],
])('%s: the same rows, and so the same examples', async (_, file) => {
  const expected = await imported(sourceOfText('a.csv', csv(',')));
  expect(expected.report).toMatchObject({ accepted: 3, refused: 0 });
  const found = await imported(file);
  expect(found.report).toMatchObject({ accepted: 3, refused: 0 });
  expect(found.examples).toEqual(expected.examples);
});

test('lines of NDJSON that are no object are named, and the lines behind them are read', async () => {
  const lines = [
    '{"age":61,"city":"Bern","ill":1}',
    '{"age":61,"city":"Be',
    '[1,2]',
    '{"age":62,"city":"Bern","ill":0}',
  ];
  const { report } = await imported(sourceOfText('a.ndjson', lines.join('\n')));
  expect(report.accepted).toBe(2);
  expect(report.refusals.map(({ row, kind }) => [row, kind])).toEqual([
    [2, 'not-json'],
    [3, 'not-json'],
  ]);
});

test('columns that come up behind the first piece are left unread, and said to be', async () => {
  const line = (more: object): string => JSON.stringify({ age: 61, city: 'Bern', ill: true, ...more });
  // The second row ends behind the first piece of 1 MiB.
  const text = [line({}), line({ note: 'x'.repeat(1_100_000) }), line({ weight: 70 })].join('\n');
  const { report } = await imported(sourceOfText('a.ndjson', text));
  expect(report).toMatchObject({ accepted: 3, refused: 0 });
  expect(report.notes).toContainEqual(
    expect.stringMatching(/^a\.ndjson: left unread, .*first rows do not name them: “note”, “weight”\./),
  );
});

test('an object that nests without end is refused by its row, and reading goes on', async () => {
  const deep = `{"age":61,"city":"Bern","ill":${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}}`;
  const list = `{"age":61,"city":"Bern","ill":${'['.repeat(20_000)}${']'.repeat(20_000)}}`;
  const { report } = await imported(
    sourceOfText('a.ndjson', [JSON.stringify(patients[0]), deep, list].join('\n')),
  );
  expect(report.accepted).toBe(1);
  expect(report.refusals.map((one) => [one.row, one.kind])).toEqual([
    [2, 'not-json'],
    [3, 'not-json'],
  ]);
  expect(report.refusals[0]?.message).toMatch(/more than 32 deep/);
});

test('records of a JSON array that are no object or are cut off are named by their number', async () => {
  const text =
    '[{"age":61,"city":"Bern","ill":1}, 7, {"age":1e999x}, {"age":62,"city":"B}{\\"ern","ill":0}, {"age":6';
  const { report } = await imported(sourceOfText('a.json', text));
  expect(report.refusals.map(({ row, kind }) => [row, kind])).toEqual([
    [2, 'not-json'],
    [3, 'not-json'],
    [4, 'unknown-category'],
    [5, 'corrupt-archive'],
  ]);
  expect(report.refusals[3]?.message).toMatch(/cut off/);
  // Between two of them: each is whole, and the list is not.
  const between = await imported(sourceOfText('a.json', '[{"age":61,"city":"Bern","ill":1},'));
  expect(between.report).toMatchObject({ accepted: 1, refusals: [{ row: 2, kind: 'corrupt-archive' }] });
});

test('JSON is cut into the same records whatever the size of the pieces', async () => {
  const many = Array.from({ length: 40 }, (_, i) => ({
    age: i,
    city: i % 2 ? 'Köln' : 'Bern',
    ill: i % 3 === 0,
    note: '\\"}{[',
  }));
  const text = new TextEncoder().encode(JSON.stringify(many));
  const whole = await imported(sourceOfBytes('a.json', text));
  // Pieces are of 32 KiB at least: padding makes the cuts fall everywhere.
  for (let padding = 0; padding < 40; padding += 7) {
    const padded = new Uint8Array(1024 * 1024 - 200 + padding + text.length).fill(0x20);
    padded.set(text, padded.length - text.length);
    const found = await imported(sourceOfBytes('a.json', padded));
    expect(found.examples).toEqual(whole.examples);
  }
  expect(whole.report.accepted).toBe(40);
});

test('a Parquet file that is damaged or compressed by what is not read here says so', async () => {
  const bytes = parquet(patients);
  const cut = await imported(sourceOfBytes('a.parquet', bytes.subarray(0, bytes.length - 20)));
  expect(cut.report.refusals[0]).toMatchObject({ kind: 'corrupt-archive' });
  // Where the footer counts all rows, as Thrift writes it: an i64 (0x16) of 3, before the list of two groups (0x19 0x2c).
  const at = bytes.findIndex((_, i) => bytes.subarray(i, i + 4).join() === '22,6,25,44') + 1;
  const promising = bytes.map((byte, i) => (i === at ? 2 * 63 : byte));
  const { report } = await imported(sourceOfBytes('a.parquet', promising));
  expect(report.refusals[0]).toMatchObject({ kind: 'corrupt-archive' });
  expect(report.refusals[0]?.message).toMatch(/63 rows are promised, and 3 lie/);
  const brotli = packed('BROTLI', (data) => data);
  const foreign = await imported(sourceOfBytes('a.parquet', brotli));
  expect(foreign.report.refusals[0]).toMatchObject({ kind: 'unsupported' });
  expect(foreign.report.refusals[0]?.message).toMatch(/compressed by BROTLI/);
});

const packed = (codec: 'BROTLI' | 'ZSTD' | 'LZ4_RAW', pack: (data: Uint8Array) => Uint8Array): Uint8Array =>
  new Uint8Array(
    parquetWriteBuffer({
      columnData: [
        { name: 'age', data: [50, 60, 70], type: 'DOUBLE' },
        { name: 'city', data: ['Bern', 'Köln', 'Bern'], type: 'STRING' },
        { name: 'ill', data: [true, false, true], type: 'BOOLEAN' },
      ],
      codec,
      compressors: { [codec]: pack },
    }),
  );

/** One frame of one raw block (RFC 8878, §3.1.1), of less than 256 bytes. */
const zstdFrame = (data: Uint8Array): Uint8Array =>
  Uint8Array.of(
    0x28,
    0xb5,
    0x2f,
    0xfd,
    0x20,
    data.length,
    (data.length << 3) | 1,
    data.length >> 5,
    0,
    ...data,
  );

/** Literals alone, of 15 to 269 bytes. */
const lz4Block = (data: Uint8Array): Uint8Array =>
  data.length < 15
    ? Uint8Array.of(data.length << 4, ...data)
    : Uint8Array.of(0xf0, data.length - 15, ...data);

test('Parquet as polars (Zstandard) and DuckDB (LZ4) pack it is read', async () => {
  for (const bytes of [packed('ZSTD', zstdFrame), packed('LZ4_RAW', lz4Block)]) {
    const { report } = await imported(sourceOfBytes('a.parquet', bytes));
    expect(report).toMatchObject({ accepted: 3, refused: 0 });
  }
});

const refusalOf = async (bytes: Uint8Array) => {
  const { report } = await imported(sourceOfBytes('a.arrow', bytes));
  return report.refusals[0];
};

test('Parquet columns of bytes are left unread, and two of one name are not read as one', async () => {
  const bytes = (...values: number[]) => Uint8Array.from(values);
  const file = (columnData: Parameters<typeof parquetWriteBuffer>[0]['columnData']): SourceFile =>
    sourceOfBytes('a.parquet', new Uint8Array(parquetWriteBuffer({ columnData })));
  const [age, city, ill] = [
    { name: 'age', data: [50, 60], type: 'DOUBLE' as const },
    { name: 'city', data: ['Bern', 'Köln'], type: 'STRING' as const },
    { name: 'ill', data: [true, false], type: 'BOOLEAN' as const },
  ];
  const raw = { name: 'raw', data: [bytes(0xff, 1), bytes(0xfe, 1)], type: 'BYTE_ARRAY' as const };
  const plain = { ...raw, name: 'plain', data: [bytes(0x61), bytes(0x62)] };
  const { report } = await imported(file([raw, plain, age, city, ill]));
  expect(report).toMatchObject({ accepted: 2, refused: 0 });
  expect(report.notes.join('\n')).toMatch(/“raw”\. To have them[^]*not needed and left unread: “plain”/);
  const twice = await imported(file([age, { ...age, data: [5, 6] }, city, ill]));
  expect(twice.report).toMatchObject({ accepted: 0, refusals: [{ kind: 'wrong-header' }] });
});

test('an Arrow file that is cut off anywhere is refused, and of a stream the rows before are kept', async () => {
  const file = arrow(patients, 'file');
  for (const end of [9, 100, file.length - 1]) {
    const cut = await imported(sourceOfBytes('a.arrow', file.subarray(0, end)));
    expect(cut.report).toMatchObject({ accepted: 0, refused: 1 });
    expect(cut.report.refusals[0]?.message).toMatch(/does not end with ARROW1.*Was it copied whole/);
  }
  const stream = arrow(patients, 'stream');
  // Into the body of the last batch, behind which lie 8 bytes that mark the end.
  const cut = await imported(sourceOfBytes('a.arrow', stream.subarray(0, stream.length - 16)));
  expect(cut.report).toMatchObject({ accepted: 2, refused: 1 });
  expect(cut.report.refusals[0]).toMatchObject({ kind: 'corrupt-archive', row: 3 });
});

test('what an Arrow file says of itself is held against its bytes', async () => {
  const stream = arrow([patients[0]!], 'stream');
  const view = new DataView(stream.buffer, stream.byteOffset, stream.length);
  const places = Array.from({ length: stream.length / 8 }, (_, i) => 8 * i);
  // One number of 64 bits after the other, which lengths and places are: none may make a row of what there is not.
  let refused = 0;
  for (const place of places)
    for (const lie of [2n ** 40n, -1n]) {
      const before = view.getBigInt64(place, true);
      view.setBigInt64(place, lie, true);
      const { report } = await imported(sourceOfBytes('a.arrow', stream));
      view.setBigInt64(place, before, true);
      expect(report.accepted + report.duplicates).toBeLessThanOrEqual(1);
      refused += report.refused;
    }
  expect(refused).toBeGreaterThan(20);
});

test('an Arrow file of more cells than are held is refused before a buffer of them is unpacked, and so is one that lists a batch twice', async () => {
  const stream = arrow([patients[0]!], 'stream');
  const view = new DataView(stream.buffer, stream.byteOffset, stream.length);
  const said: string[] = [];
  for (let place = 0; place + 8 <= stream.length; place += 8) {
    if (view.getBigInt64(place, true) !== 1n) continue;
    view.setBigInt64(place, 2n ** 27n, true);
    said.push((await refusalOf(stream))?.message ?? '');
    view.setBigInt64(place, 1n, true);
  }
  // Of its numbers one is how many rows the batch has: 3 columns of 2 ** 27.
  expect(said).toContainEqual(expect.stringMatching(/more cells than are held here/));

  const file = arrow(patients, 'file');
  const end = new DataView(file.buffer, file.byteOffset, file.length);
  const footer = file.length - 10 - end.getInt32(file.length - 10, true);
  const [first = 0, second = 0] = arrowFooter(file.slice(footer, -10)).batches;
  for (let place = footer; place + 18 <= file.length; place += 4)
    if (end.getBigInt64(place, true) === BigInt(second)) end.setBigInt64(place, BigInt(first), true);
  expect((await refusalOf(file))?.message).toMatch(/lists some of its batches twice/);
});

test('an Arrow file is read without the columns that no cell holds, and one packed by Zstandard too', async () => {
  const nested = tableFromArrays(
    {
      visits: [[1, 2], [3]],
      age: [50, 60],
      home: [{ city: 'Bern' }, { city: 'Köln' }],
      city: ['Bern', 'Köln'],
      ill: [true, false],
    },
    {
      types: {
        visits: list(int32()),
        age: int32(),
        home: struct({ city: utf8() }),
        city: utf8(),
        ill: bool(),
      },
    },
  );
  const { report, examples } = await imported(
    sourceOfBytes('a.arrow', tableToIPC(nested, { format: 'file' })!),
  );
  expect(report).toMatchObject({ accepted: 2, refused: 0 });
  expect(report.notes.join()).toMatch(/“visits” holds lists, “home” holds records, and a cell/);
  const alone = tableFromArrays({ visits: [[1, 2]] }, { types: { visits: list(int32()) } });
  expect(await refusalOf(tableToIPC(alone, { format: 'file' })!)).toMatchObject({ kind: 'unsupported' });

  // The codec by its number: 1 is Zstandard.
  setCompressionCodec(1, { encode: zstdFrame, decode: (bytes) => bytes });
  const plain = tableFromArrays({ age: [50, 60], city: ['Bern', 'Köln'], ill: [true, false] });
  const unpacked = await imported(sourceOfBytes('a.arrow', tableToIPC(plain, { format: 'file', codec: 1 })!));
  expect(unpacked.examples).toEqual(examples);
  const old = new TextEncoder().encode('FEA1\0\0\0\0');
  expect((await refusalOf(old))?.message).toMatch(/Feather file of version 1/);
});

test('a store that is full while an Arrow file is read is no damage of the file', async () => {
  const full = { append: () => Promise.reject(new Error('There is no room.')) };
  const file = sourceOfBytes('a.arrow', arrow(patients, 'file'));
  const decodeImage = () => Promise.reject(new Error('no pictures'));
  await expect(importFiles([file], contract, full, { decodeImage })).rejects.toThrow('There is no room.');
});

test('a buffer that says it unpacks to more than LZ4 can make is not unpacked', async () => {
  setCompressionCodec(0, { encode: () => new Uint8Array(8), decode: (bytes) => bytes });
  const table = tableFromArrays({
    age: new Float64Array(2 ** 16),
    city: Array.from({ length: 2 ** 16 }, () => 'Bern'),
    ill: Array.from({ length: 2 ** 16 }, () => true),
  });
  expect((await refusalOf(tableToIPC(table, { format: 'file', codec: 0 })!))?.message).toMatch(
    /packed buffer of 8 bytes says that it unpacks to 524288/,
  );
});

test('a contract is drafted from JSON and Parquet as from CSV', async () => {
  const rows = Array.from({ length: 30 }, (_, i) => ({
    age: 30 + i,
    city: i % 2 ? 'Köln' : 'Bern',
    ill: i % 3 === 0,
  }));
  const fromJson = await inferContract([sourceOfText('a.json', JSON.stringify(rows))]);
  const fromParquet = await inferContract([sourceOfBytes('a.parquet', parquet(rows, 'SNAPPY'))]);
  expect(fromJson).toMatchObject({ ok: true, value: { contract: { target: { name: 'ill' } } } });
  expect(fromParquet).toEqual(fromJson);
});
