// Paths in Node give what the same files give when dropped in a browser.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { encode as encodePng } from 'fast-png';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { NoContract, readDataPath, sourceFiles } from '../../src/lib/adapters/node/data-path.ts';
import type { ImageContract } from '../../src/lib/core/data/contract.ts';
import { partition } from '../../src/lib/core/data/partition.ts';
import {
  patientCohortContract,
  patientCohortCsv,
} from '../../src/lib/modalities/table/sample-patient-cohort.ts';
import { gzipped, idxImages, idxLabels, storedZip } from '../support/image-fixtures.ts';

let folder = '';
const write = async (path: string, bytes: Uint8Array | string): Promise<void> => {
  await mkdir(dirname(join(folder, path)), { recursive: true });
  await writeFile(join(folder, path), bytes);
};
const png = (value: number): Uint8Array =>
  encodePng({ width: 2, height: 2, data: new Uint8Array(4).fill(value), channels: 1 });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tributary-data-'));
  await write('hospitals/north.csv', patientCohortCsv(1, 40));
  await write('hospitals/south.csv', patientCohortCsv(2, 25));
  await write('hospitals/.DS_Store', 'x');
  await write('pets/cat/1.png', png(1));
  await write('pets/dog/2.png', png(2));
  await write(
    'pets.zip',
    storedZip([
      { path: 'pets/dog/2.png', bytes: png(2) },
      { path: 'pets/cat/1.png', bytes: png(1) },
    ]),
  );
  await write(
    'digits/train-images-idx3-ubyte.gz',
    gzipped(idxImages(2, 2, 2, Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8))),
  );
  await write('digits/train-labels-idx1-ubyte.gz', gzipped(idxLabels([0, 1])));
  await write('digits/t10k-images-idx3-ubyte.gz', gzipped(idxImages(1, 2, 2, Uint8Array.of(9, 9, 9, 9))));
  await write('digits/t10k-labels-idx1-ubyte.gz', gzipped(idxLabels([2])));
  await write('empty.csv', '');
});
afterAll(() => rm(folder, { recursive: true }));

const pets: ImageContract = { kind: 'image', height: 2, width: 2, channels: 1, classes: ['cat', 'dog'] };

test('a folder of CSVs is read in the order of the names, and each file’s rows are known', async () => {
  const { examples, files, report } = await readDataPath(join(folder, 'hospitals'), patientCohortContract);
  expect(report).toMatchObject({ accepted: 65, refused: 0, notes: ['1 hidden file was passed over.'] });
  expect(files).toEqual([
    { path: 'hospitals/north.csv', start: 0, end: 40 },
    { path: 'hospitals/south.csv', start: 40, end: 65 },
  ]);
  const parts = partition(
    { count: 65, targets: examples?.targets ?? new Int32Array(0), files },
    2,
    { type: 'by-file' },
    1,
  );
  expect(parts.ok && parts.value.map((rows) => rows.length)).toEqual([40, 25]);
});

test('several paths are one data set', async () => {
  const { report } = await readDataPath(
    [join(folder, 'hospitals/north.csv'), join(folder, 'hospitals/south.csv')],
    patientCohortContract,
  );
  expect(report.accepted).toBe(65);
});

test('a folder of class folders and the zip of it hold the same examples', async () => {
  const loose = await readDataPath(join(folder, 'pets'), pets);
  const packed = await readDataPath(join(folder, 'pets.zip'), pets);
  expect([...(loose.examples?.targets ?? [])]).toEqual([0, 1]);
  expect([...(packed.examples?.targets ?? [])]).toEqual([1, 0]);
  expect(new Set(packed.examples?.hashes)).toEqual(new Set(loose.examples?.hashes));
});

test('published training and test files are kept apart when asked', async () => {
  const counts = await Promise.all(
    (['all', 'training', 'test'] as const).map(
      async (part) =>
        (await readDataPath(join(folder, 'digits'), { ...pets, classes: ['0', '1', '2'] }, { part })).report
          .accepted,
    ),
  );
  expect(counts).toEqual([3, 2, 1]);
});

test('without a contract one is drafted from the files', async () => {
  expect((await readDataPath(join(folder, 'pets.zip'), null)).contract).toEqual({ ...pets, channels: 1 });
  expect((await readDataPath(join(folder, 'digits'), null)).contract).toMatchObject({
    kind: 'image',
    height: 2,
    width: 2,
    channels: 1,
  });
  const { contract, report } = await readDataPath(join(folder, 'hospitals/north.csv'), null);
  expect(contract).toMatchObject({
    kind: 'table',
    target: { type: 'classes', name: 'heart_disease', classes: [{ label: 'no' }, { label: 'yes' }] },
  });
  expect(report).toMatchObject({ accepted: 40, refused: 0 });
});

test('what cannot be read says so', async () => {
  await expect(readDataPath(join(folder, 'empty.csv'), null)).rejects.toThrow(NoContract);
  await expect(readDataPath(join(folder, 'nowhere.csv'), pets)).rejects.toMatchObject({ code: 'ENOENT' });
  expect((await readDataPath(join(folder, 'empty.csv'), patientCohortContract)).report).toMatchObject({
    accepted: 0,
    refusals: [{ kind: 'empty-file' }],
  });
});

test('a file is read in any pieces, and past its end there is nothing', async () => {
  const [file] = await sourceFiles(join(folder, 'hospitals/north.csv'));
  if (file === undefined) throw new Error('not found');
  const whole = await file.read(0, file.size);
  expect(await file.read(10, 20)).toEqual(whole.slice(10, 20));
  expect(await file.read(file.size - 3, file.size + 100)).toEqual(whole.slice(-3));
  expect(await file.read(file.size + 5, file.size + 9)).toHaveLength(0);
});
