import { expect, test } from 'vitest';
import { memoryDatasetStore } from '../adapters/memory/datasets.ts';
import type { TableContract } from '../core/data/contract.ts';
import { decodedColumns } from '../modalities/table/decoded-columns.ts';
import { grantedDatasets, withholdable } from './granted-rows.ts';
import { readOwnRows } from './own-rows.ts';

const number = (name: string, missingAllowed: boolean) =>
  ({
    type: 'number',
    name,
    minimum: null,
    maximum: null,
    missingAllowed,
    mean: 0,
    standardDeviation: 1,
  }) as const;
const contract: TableContract = {
  kind: 'table',
  columns: [
    number('age', true),
    { type: 'category', name: 'town', categories: ['Ulm', 'Ely'], missingAllowed: true },
    number('height', false),
  ],
  target: { type: 'number', name: 'risk', mean: 0, standardDeviation: 1 },
};
/** [age, is missing, Ulm, Ely, height] */
const features = Float32Array.of(41, 0, 1, 0, 7, 52, 0, 0, 1, 9);

async function kept() {
  const store = memoryDatasetStore();
  const writer = await store.write({ id: 'own', federation: null, name: 'own', contract, source: 'a.csv' });
  await writer.append(
    {
      count: 2,
      features: features.slice(),
      targets: Float32Array.of(1, 2),
      hashes: Uint32Array.of(1, 2, 3, 4),
    },
    2,
  );
  const record = await writer.finish();
  return { store, record };
}

test('a withheld column cannot be read by what takes part, and its owner reads it as before', async () => {
  const { store, record } = await kept();
  await store.withhold('own', ['age', 'town']);
  const granted = grantedDatasets(store);
  const seen = await granted.read('own');
  expect([...(seen?.features ?? [])]).toEqual([0, 1, 0, 0, 7, 0, 1, 0, 0, 9]);
  const [age, town, height] = decodedColumns(contract, seen!).columns;
  expect([...(age?.type === 'number' ? age.values : [])]).toEqual([NaN, NaN]);
  expect(town).toMatchObject({ codes: Int32Array.of(-1, -1) });
  expect([...(height?.type === 'number' ? height.values : [])]).toEqual([7, 9]);
  expect([...((await store.read('own'))?.features ?? [])]).toEqual([...features]);
  // Other data: no checkpoint or score of the whole rows is taken for it.
  const rows = await readOwnRows(granted, 'own');
  expect(rows?.version).not.toBe(record.version);
  await store.withhold('own', []);
  expect((await granted.record('own'))?.version).toBe(record.version);
});

test('a column that the contract cannot do without is refused by its name rather than guessed', async () => {
  const { store } = await kept();
  expect(withholdable(contract)).toEqual(['age', 'town']);
  await store.withhold('own', ['height']);
  await expect(grantedDatasets(store).read('own')).rejects.toMatchObject({
    kind: 'withheld',
    message: expect.stringContaining('“height”'),
  });
});
