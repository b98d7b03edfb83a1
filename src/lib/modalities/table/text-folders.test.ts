// Reviews as they are published, a file each and a folder for each class: a folder of them and a zip of them are one table.
import { expect, test } from 'vitest';
import { storedZip } from '../../../../test/support/image-fixtures.ts';
import { inferContract } from '../infer.ts';
import { lookAtFiles } from '../look-at-files.ts';
import { readRawTable } from '../raw-table.ts';
import { sourceOfBytes, type SourceFile } from '../source-file.ts';

interface Entry {
  readonly path: string;
  readonly bytes: Uint8Array;
}
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const latin = (text: string): Uint8Array => Uint8Array.from(text, (letter) => letter.charCodeAt(0));
const utf16 = (text: string): Uint8Array =>
  Uint8Array.from([0xff, 0xfe, ...[...text].flatMap((letter) => [letter.charCodeAt(0), 0])]);

const folder = (entries: readonly Entry[]): readonly SourceFile[] =>
  entries.map(({ path, bytes }) => sourceOfBytes(path, bytes));
const zip = (entries: readonly Entry[], name = 'reviews.zip'): readonly SourceFile[] => [
  sourceOfBytes(name, storedZip(entries)),
];

const reviews: readonly Entry[] = [
  { path: 'reviews/README.txt', bytes: utf8('How these were gathered.') },
  { path: 'reviews/neg/1.txt', bytes: utf8('A dull film,\nthough a "short" one.') },
  { path: 'reviews/neg/2.txt', bytes: utf16('Träge.') },
  { path: 'reviews/pos/1.txt', bytes: latin('Ein schöner Film.') },
  { path: 'reviews/pos/.DS_Store', bytes: utf8('x') },
];
const rows = [
  ['A dull film,\nthough a "short" one.', 'neg'],
  ['Ein schöner Film.', 'pos'],
  ['Träge.', 'neg'],
];

test.each([
  ['a folder', folder(reviews.toReversed())],
  ['a zip', zip(reviews)],
])(
  '%s of texts is a table of them, one of each class in turn, whatever their letters are',
  async (_, files) => {
    const table = await readRawTable(files, 'label');
    expect(table).toMatchObject({ ok: true, value: { header: ['text', 'label'], rows, unreadable: 0 } });
    const found = await lookAtFiles(files);
    expect(found).toMatchObject({ ok: true, value: { type: 'table', facts: { rows: 3 } } });
    const notes = found.ok && found.value.type === 'table' ? found.value.facts.notes : [];
    expect(notes).toEqual([
      expect.stringMatching(/^Left unread, .*: “reviews\/README.txt”\.$/),
      expect.stringMatching(/^1 of 3 files are not UTF-8, .* “reviews\/pos\/1.txt” first\.$/),
    ]);
  },
);

test('a contract is drafted from a zip of texts, with the folders as classes', async () => {
  const prose = (word: string, at: number): string =>
    `${word} film number ${at} of the year, with a story that goes on and on for ${at} minutes.`;
  const many = ['neg', 'pos'].flatMap((label) =>
    Array.from({ length: 12 }, (_, at) => ({
      path: `${label}/${at}.txt`,
      bytes: utf8(prose(label === 'neg' ? 'Dull' : 'Great', at)),
    })),
  );
  expect(await inferContract(zip(many), undefined, true)).toMatchObject({
    ok: true,
    value: {
      contract: {
        columns: [{ type: 'text', name: 'text' }],
        target: { name: 'label', classes: [{ label: 'neg' }, { label: 'pos' }] },
      },
    },
  });
});

test('empty texts, binary ones, archives within and bombs are refused by their names, and the others read', async () => {
  const bomb = { bytes: new Uint8Array(8), claimedBytes: 2 ** 30, method: 8 };
  const table = await readRawTable(
    zip([
      ...reviews,
      { path: 'reviews/neg/3.txt', bytes: utf8(' \n') },
      { path: 'reviews/pos/2.txt', bytes: Uint8Array.from([1, 0, 2, 0]) },
      { path: 'reviews/pos/3.txt', ...bomb },
      { path: 'reviews/more.zip', bytes: storedZip(reviews) },
    ]),
    'label',
  );
  expect(table).toMatchObject({ ok: true, value: { rows, unreadable: 4 } });
  expect(table.ok && table.value.firstProblem).toBe(
    '“reviews/pos/2.txt”: This is no text. It holds binary data.',
  );
});

test('tables in folders of their years stay tables, and captions beside pictures stay captions', async () => {
  const years = ['2023', '2024'].map((year) => ({
    path: `${year}/visits.txt`,
    bytes: utf8(`day;visits\n${year}-01-01;5\n`),
  }));
  expect(await readRawTable(folder(years), 'visits')).toMatchObject({
    ok: true,
    value: { header: ['day', 'visits'], rows: [{}, {}] },
  });
  const captions = [...reviews, { path: 'reviews/pictures/1.png', bytes: utf8('no picture') }];
  expect(await readRawTable(zip(captions), 'label')).toMatchObject({ ok: false });
  // One folder says nothing of classes.
  expect(await readRawTable(zip(reviews.slice(0, 3)), 'label')).toMatchObject({ ok: false });
});

const inFolders = (count: number, text: (folder: number) => string): readonly Entry[] =>
  Array.from({ length: count }, (_, at) => ({ path: `${at}/visits.txt`, bytes: utf8(text(at)) }));

test.each([
  ['a folder', folder],
  ['a zip', zip],
])('%s of texts in more folders than a model tells apart is refused with what to do', async (_, of) => {
  const files = of(inFolders(101, (at) => `Case ${at}`));
  const says = expect.stringMatching(/The texts lie in 101 folders; .* at most 100 apart\. Put them/);
  expect(await lookAtFiles(files)).toEqual({ ok: false, error: { kind: 'unknown-class', message: says } });
  expect(await readRawTable(files, 'label')).toMatchObject({ ok: false });
  const fewer = await readRawTable(of(inFolders(100, (at) => `Case ${at}`)), 'label');
  expect(fewer.ok && fewer.value.rows.length).toBe(100);
});

test('tables of one header in as many folders stay tables', async () => {
  const table = await readRawTable(folder(inFolders(101, (at) => `day;visits\n${at};5\n`)), 'visits');
  expect(table.ok && table.value.rows.length).toBe(101);
});

test('a zip of texts is read once through, and little of it is held for each class', async () => {
  const long = Array.from({ length: 45 }, (_, at) => ({
    path: `${Math.floor(at / 15)}/${at}.txt`,
    bytes: utf8(`Text ${at}. `.padEnd(10_000, 'a film ')),
  }));
  const [whole] = zip(long);
  if (whole === undefined) throw new Error('a zip');
  const reads: number[] = [];
  const read = (start: number, end: number) => {
    reads.push(end - start);
    return whole.read(start, end);
  };
  const table = await readRawTable([{ ...whole, read }], 'label');
  expect(table.ok && table.value.rows.length).toBe(45);
  expect(Math.max(...reads)).toBeLessThanOrEqual(128 * 1024);
  expect(reads.reduce((sum, bytes) => sum + bytes, 0)).toBeLessThan(2 * whole.size);
});
