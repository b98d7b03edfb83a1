import { createHash } from 'node:crypto';
import { unzipSync } from 'fflate';
import { expect, test } from 'vitest';
import * as v from 'valibot';
import { decodeImageInNode } from '../adapters/node/decode-image.ts';
import type { AudioContract, ImageContract, TableContract } from '../core/data/contract.ts';
import { joinExamples, UNLABELLED, type Examples } from '../core/data/examples.ts';
import { digestOfText } from '../core/digest.ts';
import { readWav } from './audio/wav.ts';
import { exportDataset, type ExportedFile, type ExportedState } from './export-dataset.ts';
import { importFiles } from './import.ts';
import { sourceOfBytes } from './source-file.ts';

const contract: TableContract = {
  kind: 'table',
  columns: [
    {
      type: 'number',
      name: 'age, in years',
      minimum: null,
      maximum: null,
      missingAllowed: true,
      mean: 50,
      standardDeviation: 10,
    },
    { type: 'category', name: 'town', categories: ['Ulm', 'Köln'], missingAllowed: true },
  ],
  target: {
    type: 'classes',
    name: 'ill',
    classes: [
      { label: 'no', values: ['0'] },
      { label: 'yes', values: ['1'] },
    ],
  },
};
const commit: ExportedState = {
  number: 2,
  message: 'age of row 1: "41"',
  at: Date.UTC(2026, 10, 26),
  version: digestOfText('v'),
  count: 2,
};
const examples = {
  count: 2,
  features: Float32Array.of(-0.9, 0, 0, 1, 0, 1, 1, 0),
  targets: Int32Array.of(1, 0),
  hashes: Uint32Array.of(1, 2, 3, 4),
};

const noSound = () => Promise.resolve(undefined);
const textOf = (file: ExportedFile | undefined): string => new TextDecoder().decode(file?.bytes);

test('a table is taken along as CSV, with a DVC pointer whose MD5 is md5sum’s and a Croissant description whose SHA-256 is the file’s', async () => {
  const about = { name: 'Our town.csv', contract, source: 'town.csv' };
  const exported = await exportDataset(about, commit, examples, noSound);
  if (!exported.ok) throw new Error(exported.error);
  const [csv, dvc, croissant] = exported.value;
  expect(csv).toMatchObject({ name: 'Our-town.csv', type: 'text/csv' });
  expect(textOf(csv)).toBe('"age, in years",town,ill\r\n41,Köln,yes\r\n,Ulm,no\r\n');
  const bytes = Buffer.from(csv?.bytes ?? []);
  const md5 = createHash('md5').update(bytes).digest('hex');
  expect(dvc?.name).toBe('Our-town.csv.dvc');
  expect(textOf(dvc).split('\n').slice(0, 6)).toEqual([
    'outs:',
    `- md5: ${md5}`,
    `  size: ${bytes.length}`,
    '  hash: md5',
    '  path: "Our-town.csv"',
    '  desc: "Our town.csv: age of row 1: \\"41\\""',
  ]);
  const described = v.parse(
    v.looseObject({
      '@type': v.literal('sc:Dataset'),
      conformsTo: v.literal('http://mlcommons.org/croissant/1.0'),
      distribution: v.array(
        v.looseObject({ '@id': v.string(), sha256: v.string(), contentSize: v.string() }),
      ),
      recordSet: v.array(
        v.looseObject({
          field: v.array(
            v.looseObject({
              dataType: v.string(),
              source: v.object({
                fileObject: v.object({ '@id': v.string() }),
                extract: v.object({ column: v.string() }),
              }),
            }),
          ),
        }),
      ),
    }),
    JSON.parse(textOf(croissant)),
  );
  expect(described.distribution).toMatchObject([
    {
      '@id': 'Our-town.csv',
      sha256: createHash('sha256').update(bytes).digest('hex'),
      contentSize: `${bytes.length} B`,
    },
  ]);
  expect(
    described.recordSet[0]?.field.map(({ dataType, source }) => [source.extract.column, dataType]),
  ).toEqual([
    ['age, in years', 'sc:Float'],
    ['town', 'sc:Text'],
    ['ill', 'sc:Text'],
  ]);
});

const pictures: ImageContract = {
  kind: 'image',
  height: 2,
  width: 2,
  channels: 1,
  classes: ['cat', 'dog/wolf'],
};
const threePictures: Examples = {
  count: 3,
  features: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12),
  targets: Int32Array.of(1, 0, UNLABELLED),
  hashes: new Uint32Array(6),
};

test('pictures are taken along as a zip of a folder a class, which is read again to the same pixels', async () => {
  const about = { name: 'Our pets', contract: pictures, source: 'a folder' };
  const exported = await exportDataset(about, commit, threePictures, noSound);
  if (!exported.ok) throw new Error(exported.error);
  const [zip, dvc, croissant] = exported.value;
  expect(zip).toMatchObject({ name: 'Our-pets.zip', type: 'application/zip' });
  expect(textOf(dvc)).toContain(`- md5: ${createHash('md5').update(zip!.bytes).digest('hex')}\n`);
  expect(Object.keys(unzipSync(zip!.bytes)).map((path) => path.replace(/[0-9a-f]{16}/, 'name'))).toEqual([
    'dog_wolf/000001-name.png',
    'cat/000002-name.png',
    'unlabelled/000003-name.png',
  ]);
  expect(JSON.parse(textOf(croissant))).toMatchObject({
    distribution: [
      { '@id': 'Our-pets.zip', sha256: createHash('sha256').update(zip!.bytes).digest('hex') },
      { '@type': 'cr:FileSet', '@id': 'files', containedIn: { '@id': 'Our-pets.zip' }, includes: '*/*.png' },
    ],
    recordSet: [
      {
        field: [
          { dataType: 'sc:ImageObject', source: { fileSet: { '@id': 'files' } } },
          { dataType: 'sc:Text', source: { transform: { regex: '([^/]+)/[^/]+$' } } },
        ],
      },
    ],
  });
  const parts: Examples[] = [];
  const { report } = await importFiles(
    [sourceOfBytes('Our-pets.zip', zip!.bytes)],
    { ...pictures, classes: ['cat', 'dog_wolf'] },
    { append: async (read) => void parts.push(read) },
    { decodeImage: decodeImageInNode, keepsUnlabelled: true },
  );
  expect(report.refused).toBe(0);
  expect(joinExamples(parts)).toMatchObject({
    features: threePictures.features,
    targets: threePictures.targets,
  });
});

test('recordings are taken along as WAV files of what is kept of them; without it the refusal says so', async () => {
  const contract: AudioContract = {
    kind: 'audio',
    sampleRate: 8000,
    milliseconds: 100,
    hopMs: 50,
    mels: 8,
    classes: ['no', 'yes'],
  };
  const two = {
    count: 2,
    features: Float32Array.from({ length: 32 }, (_, at) => at),
    targets: Int32Array.of(0, 1),
    hashes: new Uint32Array(4),
  };
  const about = { name: 'words', contract, source: 'a folder' };
  const samples = Int16Array.of(0, 100, -100);
  const exported = await exportDataset(about, commit, two, () => Promise.resolve(samples));
  if (!exported.ok) throw new Error(exported.error);
  const files = Object.entries(unzipSync(exported.value[0]!.bytes));
  expect(files.map(([path]) => path.split('/')[0])).toEqual(['no', 'yes']);
  expect(readWav(files[0]![1])).toMatchObject({ ok: true, value: { sampleRate: 8000 } });
  expect(await exportDataset(about, commit, two, noSound)).toMatchObject({
    ok: false,
    error: expect.stringContaining('recording 1'),
  });
});
