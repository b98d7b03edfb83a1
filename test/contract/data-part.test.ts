import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { TableContract } from '#lib/core/data/contract.ts';
import { readDataPath } from '#lib/adapters/node/data-path.ts';

const contract: TableContract = {
  kind: 'table',
  columns: [
    {
      type: 'number',
      name: 'x',
      minimum: null,
      maximum: null,
      missingAllowed: false,
      mean: 0,
      standardDeviation: 1,
    },
  ],
  target: {
    type: 'classes',
    name: 'y',
    classes: [
      { label: 'no', values: ['0'] },
      { label: 'yes', values: ['1'] },
    ],
  },
};
let folder: string;
const put = (name: string, rows: number): Promise<void> =>
  writeFile(
    join(folder, name),
    `x,y\n${Array.from({ length: rows }, (_, i) => `${i},${i % 2}`).join('\n')}\n`,
  );

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tributary-part-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test('a folder that holds training and test files gives each to whom it is for', async () => {
  await put('patients-train.csv', 6);
  await put('patients-test.csv', 3);
  expect((await readDataPath(folder, contract, { part: 'training' })).examples?.count).toBe(6);
  expect((await readDataPath(folder, contract, { part: 'test' })).examples?.count).toBe(3);
});

test('a single file is meant as it is named on the command line, whatever it is called', async () => {
  await put('test.csv', 4);
  expect((await readDataPath(join(folder, 'test.csv'), contract, { part: 'training' })).examples?.count).toBe(
    4,
  );
  await put('latest.csv', 2);
  expect((await readDataPath(join(folder, 'latest.csv'), contract, { part: 'test' })).examples?.count).toBe(
    2,
  );
});
