import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import * as v from 'valibot';
import type { TableContract } from '../core/data/contract.ts';
import { digestOfText } from '../core/digest.ts';
import { exportDataset, type ExportedState } from './export-dataset.ts';

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

test('a table is taken along as CSV, with a DVC pointer whose MD5 is md5sum’s and a Croissant description whose SHA-256 is the file’s', () => {
  const exported = exportDataset({ name: 'Our town.csv', contract, source: 'town.csv' }, commit, examples);
  if (!exported.ok) throw new Error(exported.error);
  const [csv, dvc, croissant] = exported.value;
  expect(csv).toMatchObject({ name: 'Our-town.csv', type: 'text/csv' });
  expect(csv?.text).toBe('"age, in years",town,ill\r\n41,Köln,yes\r\n,Ulm,no\r\n');
  const bytes = Buffer.from(csv?.text ?? '', 'utf8');
  const md5 = createHash('md5').update(bytes).digest('hex');
  expect(dvc?.name).toBe('Our-town.csv.dvc');
  expect(dvc?.text.split('\n').slice(0, 6)).toEqual([
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
    JSON.parse(croissant?.text ?? ''),
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

test('pictures are refused with a sentence', () => {
  const pictures = { kind: 'image', height: 1, width: 1, channels: 1, classes: ['a', 'b'] } as const;
  const refused = exportDataset(
    { name: 'p', contract: { ...pictures, classes: [...pictures.classes] }, source: 'p' },
    commit,
    examples,
  );
  expect(refused).toMatchObject({ ok: false, error: expect.stringContaining('rows of a table') });
});
