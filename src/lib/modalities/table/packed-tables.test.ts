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

test('what is packed and no table, or damaged, is left as it is', async () => {
  const idx = gzipSync(Uint8Array.of(0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 7));
  const damaged = gzipSync(csv);
  damaged[damaged.length - 8]! ^= 1;
  const pictures = zipSync({ 'a/1.png': csv, 'labels.csv': csv });
  for (const [path, bytes] of [
    ['images.gz', idx],
    ['a.csv.gz', damaged],
    ['photos.zip', pictures],
  ] as const)
    expect(await names([sourceOfBytes(path, bytes)])).toEqual([`${path} ${bytes.length}`]);
});

test.each([
  ['book.xlsx', zipSync({ 'xl/workbook.xml': csv, '[Content_Types].xml': csv }), 'Excel workbook'],
  ['empty.zip', zipSync({}), 'without a file'],
  ['arrays.npz', zipSync({ 'a.npy': csv }), '“a.npy”'],
  ['page.csv', strToU8('<!DOCTYPE html>\n<html><head></head></html>\n'), 'web page'],
  ['iris.arff', strToU8('@RELATION iris\n@ATTRIBUTE a REAL\n@DATA\n1\n'), 'ARFF'],
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
