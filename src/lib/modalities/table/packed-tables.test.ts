import { gzipSync, strToU8, zipSync } from 'fflate';
import { expect, test } from 'vitest';
import { inferContract } from '../infer.ts';
import { lookAtFiles } from '../look-at-files.ts';
import { sourceOfBytes, type SourceFile } from '../source-file.ts';
import { openedTables } from './packed-tables.ts';

const csv = strToU8('age,ill\n60,yes\n61,no\n62,yes\n63,no\n64,no\n');
const names = async (files: readonly SourceFile[]): Promise<readonly string[]> =>
  (await openedTables(files)).map(({ path, size }) => `${path} ${size}`);

test('a table that comes as gzip or in a zip is read as if it were loose', async () => {
  const zip = zipSync({ 'data/a.csv': csv, 'data/README.md': strToU8('read me'), '__MACOSX/._a.csv': csv });
  for (const file of [sourceOfBytes('a.csv.gz', gzipSync(csv)), sourceOfBytes('a.zip', zip)]) {
    const found = await inferContract([file]);
    expect(found).toMatchObject({
      ok: true,
      value: { contract: { kind: 'table', target: { name: 'ill' } } },
    });
    expect(await lookAtFiles([file])).toMatchObject({
      ok: true,
      value: { type: 'table', facts: { rows: 5 } },
    });
  }
  expect(await names([sourceOfBytes('a.zip', zip)])).toEqual([`a.zip/data/a.csv ${csv.length}`]);
  // Whatever the name says.
  expect(await names([sourceOfBytes('a.csv', gzipSync(csv))])).toEqual([`a.csv ${csv.length}`]);
});

test('what is packed and no table is left as it is', async () => {
  const idx = gzipSync(Uint8Array.of(0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 7));
  const pictures = zipSync({ 'a/1.png': csv, 'labels.csv': csv });
  for (const [path, bytes] of [
    ['images.gz', idx],
    ['photos.zip', pictures],
  ] as const)
    expect(await names([sourceOfBytes(path, bytes)])).toEqual([`${path} ${bytes.length}`]);
});

/** What a person reads where the files cannot be. */
const refusal = async (path: string, bytes: Uint8Array): Promise<string | undefined> => {
  const found = await lookAtFiles([sourceOfBytes(path, bytes)]);
  return found.ok ? undefined : found.error.message;
};
const joined = (...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(parts.flatMap((part) => [...part]));
const rest = strToU8('65,yes\n66,no\n67,no\n');

test('a gzip of several members is all of them; one that is cut or damaged anywhere is none', async () => {
  const packed = joined(gzipSync(csv), gzipSync(rest));
  const whole = new TextDecoder().decode(joined(csv, rest));
  const opened = async (bytes: Uint8Array): Promise<string> => {
    const [file] = await openedTables([sourceOfBytes('a.csv.gz', bytes)]);
    if (file?.refused !== undefined) return file.refused.kind;
    return new TextDecoder().decode(await file?.read(0, file.size));
  };
  expect(await opened(packed)).toBe(whole);
  // Cut between two members nobody can tell.
  const first = gzipSync(csv).length;
  for (let length = 18; length < packed.length; length += 1)
    if (length !== first) expect(await opened(packed.subarray(0, length))).toBe('corrupt-archive');
  for (let at = 2; at < packed.length; at += 1) {
    const flipped = packed.slice();
    flipped[at]! ^= 1 << (at % 8);
    // A header's date and system may be any.
    expect(['corrupt-archive', whole]).toContain(await opened(flipped));
  }
  expect(await refusal('a.csv.gz', packed.subarray(0, -1))).toMatch(/cut off or damaged/);
});

test('a gzip header without an end is not looked for to the end', async () => {
  const reads: number[] = [];
  const bytes = new Uint8Array(2 ** 20).fill(0x41);
  bytes.set([0x1f, 0x8b, 8, 8, 0, 0, 0, 0, 0, 3]);
  const source = sourceOfBytes('a.csv.gz', bytes);
  const file: SourceFile = {
    ...source,
    read(start, end) {
      reads.push(start);
      return source.read(start, end);
    },
  };
  const [opened] = await openedTables([file]);
  expect(opened?.refused?.kind).toBe('corrupt-archive');
  expect(Math.max(...reads)).toBeLessThan(128 * 1024);
});

test('all files of a call share one bound of unpacked bytes', async () => {
  const files = [
    sourceOfBytes('a.csv.gz', gzipSync(csv)),
    sourceOfBytes('b.zip', zipSync({ 'b.csv': csv, 'c.csv': csv })),
    sourceOfBytes('d.csv.gz', gzipSync(csv)),
  ];
  const opened = await openedTables(files, undefined, 2 * csv.length);
  expect(opened.map(({ path, refused }) => [path, refused?.kind])).toEqual([
    ['a.csv.gz', undefined],
    ['b.zip/b.csv', undefined],
    ['b.zip/c.csv', 'archive-bomb'],
    ['d.csv.gz', 'archive-bomb'],
  ]);
  await expect(openedTables(files, AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough');
});

/** Where the second entry of a directory stands. */
const secondEntry = (zip: Uint8Array): number => {
  const view = new DataView(zip.buffer, zip.byteOffset, zip.byteLength);
  const first = view.getUint32(zip.length - 6, true);
  return first + 46 + view.getUint16(first + 28, true);
};

test('a zip whose entries share their bytes is refused', async () => {
  const zip = zipSync({ 'a.csv': csv, 'b.csv': csv });
  new DataView(zip.buffer, zip.byteOffset).setUint32(secondEntry(zip) + 42, 0, true);
  expect(await refusal('a.zip', zip)).toMatch(/“a.csv” and “b.csv”, share the same bytes/);
});

test('what is wrong with an entry of a zip is said, and the others are read', async () => {
  const whole = zipSync({ 'a.csv': csv, 'b.csv': csv });
  const entry = secondEntry(whole);
  for (const [offset, value, words] of [
    [8, 1, 'protected by a password'],
    [10, 12, 'method other than Deflate'],
    [16, 7, 'checksum does not hold'],
    [27, 0x7f, 'more than 1 GiB'],
  ] as const) {
    const zip = whole.slice();
    zip[entry + offset] = value;
    const opened = await openedTables([sourceOfBytes('a.zip', zip)]);
    expect(opened.map(({ refused }) => refused === undefined)).toEqual([true, false]);
    expect(await refusal('a.zip', zip)).toContain(words);
  }
});

test('a table in a zip may be larger and of fewer values than a picture', async () => {
  const rows = strToU8(`a,b,ill\n${'1,2,yes\n'.repeat(2 ** 18)}`);
  const zip = zipSync({ 'train.csv': rows });
  expect(rows.length).toBeGreaterThan(200 * zip.length);
  expect(await names([sourceOfBytes('kaggle.zip', zip)])).toEqual([`kaggle.zip/train.csv ${rows.length}`]);
  // Said to be of 65 MiB, it is unpacked, and held against its checksum.
  const said = zipSync({ 'train.csv': [new Uint8Array(100_000), { level: 0 }] });
  const view = new DataView(said.buffer, said.byteOffset);
  view.setUint32(view.getUint32(said.length - 6, true) + 24, 65 * 2 ** 20, true);
  expect(await refusal('kaggle.zip', said)).toMatch(/checksum does not hold/);
});

test.each([
  ['book.xlsx', zipSync({ 'xl/workbook.xml': csv, '[Content_Types].xml': csv }), 'workbook is damaged'],
  ['old.xlsb', zipSync({ 'xl/workbook.bin': csv }), 'Excel workbook of a form that is not read here'],
  ['empty.zip', zipSync({}), 'without a file'],
  ['arrays.npz', zipSync({ 'a.npy': csv }), '“a.npy”'],
  ['page.csv', strToU8('<!DOCTYPE html>\n<html><head></head></html>\n'), 'web page'],
  ['iris.arff', strToU8('@RELATION iris\n@ATTRIBUTE a REAL\n@DATA\n{0 1}\n'), 'sparse ARFF'],
  ['frame.pkl', Uint8Array.of(0x80, 4, 0x95, 0, 0, 0), 'pickle'],
  ['a.heic', strToU8('\0\0\0\x18ftypheic\0\0\0\0mif1heic'), 'HEIC'],
])('%s is refused by what it is', async (path, bytes, words) => {
  const found = await inferContract([sourceOfBytes(path, bytes)]);
  expect(found.ok ? '' : found.error.message).toContain(words);
});

test('UTF-16 without a byte order mark is text', async () => {
  const text = 'age,ill\n60,yes\n61,no\n62,yes\n';
  const bytes = new Uint8Array(Uint16Array.from(text, (letter) => letter.charCodeAt(0)).buffer);
  expect(await lookAtFiles([sourceOfBytes('a.csv', bytes)])).toMatchObject({
    ok: true,
    value: { facts: { rows: 3 } },
  });
});

test('a workbook in a zip is read like the tables beside it', async () => {
  const xml = (text: string): Uint8Array => strToU8(text);
  const book = zipSync({
    'xl/workbook.xml': xml('<workbook><sheets><sheet name="A" r:id="a"/></sheets></workbook>'),
    'xl/_rels/workbook.xml.rels': xml(
      '<r><Relationship Id="a" Type="t/worksheet" Target="worksheets/a.xml"/></r>',
    ),
    'xl/worksheets/a.xml': xml(
      `<w><sheetData>${[
        ['age', 'ill'],
        ['7', 'yes'],
      ]
        .map((row) => `<row>${row.map((cell) => `<c t="str"><v>${cell}</v></c>`).join('')}</row>`)
        .join('')}</sheetData></w>`,
    ),
  });
  expect(
    await lookAtFiles([sourceOfBytes('a.zip', zipSync({ 'b/a.xlsx': book, 'c.csv': csv }))]),
  ).toMatchObject({
    ok: true,
    value: { type: 'table', facts: { rows: 6 } },
  });
  // No bytes of its own, and no more than is held.
  const zip = zipSync({ 'a.xlsx': book });
  expect(await names([sourceOfBytes('a.zip', zip)])).toEqual([`a.zip/a.xlsx ${book.length}`]);
  const [refused] = await openedTables([sourceOfBytes('a.zip', zip)], undefined, book.length + 10);
  expect(refused?.refused?.kind).toBe('archive-bomb');
});
