import { expect, test } from 'vitest';
import { ASKED_FILES, filesOfDrop } from './chosen-files.ts';

const file = new File(['a\n1\n'], 'a.csv');
const entryOf = (name: string) => ({
  name,
  isFile: true,
  isDirectory: false,
  file: (take: (own: File) => void) => take(file),
});
const folder = {
  name: 'pos',
  isFile: false,
  isDirectory: true,
  createReader() {
    let left = [[entryOf('1.txt'), entryOf('2.txt')], []];
    return {
      readEntries(take: (entries: unknown[]) => void) {
        const [some = [], ...rest] = left;
        left = rest;
        take(some);
      },
    };
  },
};
const dropOf = (...items: readonly object[]): DataTransfer =>
  ({ items: items.map((own) => ({ getAsFile: () => file, webkitGetAsEntry: () => null, ...own })) }) as never;

test('a dropped file comes with its handle where the browser gives one, a folder as its files', async () => {
  const handle = { kind: 'file', name: 'a.csv' };
  const dropped = dropOf(
    { webkitGetAsEntry: () => entryOf('a.csv'), getAsFileSystemHandle: () => Promise.resolve(handle) },
    { webkitGetAsEntry: () => folder, getAsFileSystemHandle: () => Promise.resolve({ kind: 'directory' }) },
    // A browser that gives no handles, one that refuses to, and one without entries.
    { webkitGetAsEntry: () => entryOf('b.csv') },
    { getAsFileSystemHandle: () => Promise.reject(new Error('not here')) },
  );
  expect(await filesOfDrop(dropped)).toEqual([
    { path: 'a.csv', file, handle },
    { path: 'pos/1.txt', file },
    { path: 'pos/2.txt', file },
    { path: 'b.csv', file },
    { path: 'a.csv', file },
  ]);
});

test('a model is asked of every form of table that is read, packed ones too, and of texts in a zip', () => {
  const endings = ['.csv', '.tsv', '.json', '.jsonl', '.ndjson', '.parquet', '.arrow', '.feather'];
  expect(ASKED_FILES.rows.split(',')).toEqual(expect.arrayContaining([...endings, '.txt', '.zip']));
  expect(ASKED_FILES.windows.split(',')).toEqual(expect.arrayContaining([...endings, '.gz', '.zip']));
  for (const ending of ['.png', '.gz', '.wav', '.zip'])
    expect(ASKED_FILES['pictures or recordings'].split(',')).toContain(ending);
});
