import { expect, test } from 'vitest';
import type { DataContract } from '../core/data/contract.ts';
import { StorageFull, type DatasetStore } from '../ports/dataset-store.ts';
import { DatasetsState, nameOfFiles, storageTrouble, type IngestPort } from './datasets.svelte.ts';

const contract: DataContract = { kind: 'image', height: 1, width: 1, channels: 1, classes: ['a', 'b'] };
const store: DatasetStore = {
  list: async () => [],
  resumable: async () => [],
  write: () => Promise.reject(new Error('not asked for here')),
  add: () => Promise.reject(new Error('not asked for here')),
  record: async () => undefined,
  read: async () => undefined,
  history: async () => undefined,
  identities: async () => undefined,
  commit: () => Promise.reject(new Error('not asked for here')),
  checkout: () => Promise.reject(new Error('not asked for here')),
  recipe: async () => undefined,
  keepRecipe: async () => {},
  weakRules: async () => undefined,
  keepWeakRules: async () => {},
  splits: async () => undefined,
  keepSplits: async () => {},
  tag: async () => {},
  withheld: async () => [],
  withhold: async () => {},
  judge: () => Promise.reject(new Error('not asked for here')),
  journal: async () => [],
  sound: async () => undefined,
  delete: async () => {},
};
const task = {
  source: { type: 'sample', sample: 'drawn-digits', seed: 1, count: 1 },
  contract,
  federation: null,
  datasetName: 'Sample',
  dataset: null,
} as const;
const state = (ingest: IngestPort['import']) =>
  new DatasetsState({
    store: async () => store,
    ingest: async () => ({
      import: ingest,
      look: () => Promise.reject(new Error('not asked for here')),
      encode: () => Promise.reject(new Error('not asked for here')),
      ask: () => Promise.reject(new Error('not asked for here')),
    }),
  });

test('progress shows while an import runs, and goes when it is over', async () => {
  const seen: (number | null)[] = [];
  const datasets = state(async (_, options) => {
    options.onProgress({ fraction: 0.5, examples: 10, message: 'Reading' });
    seen.push(datasets.running?.progress.fraction ?? null);
    return {
      type: 'refused',
      report: {
        accepted: 0,
        duplicates: 0,
        refused: 1,
        refusals: [],
        refusedByKind: {},
        notes: [],
        broken: [],
        unfit: null,
        readMs: 1,
      },
    };
  });
  await datasets.import(task);
  expect(seen).toEqual([0.5]);
  expect(datasets.running).toBeNull();
  expect(datasets.outcome?.type).toBe('refused');
});

test('cancelling ends the import without trouble', async () => {
  const datasets = state(
    (_, { signal }) =>
      new Promise((_resolve, reject) =>
        signal.addEventListener('abort', () => reject(new DOMException('Stopped', 'AbortError'))),
      ),
  );
  const running = datasets.import(task);
  await Promise.resolve();
  await Promise.resolve();
  datasets.cancel();
  await running;
  expect(datasets.outcome).toEqual({ type: 'cancelled' });
  expect(datasets.trouble).toBeNull();
});

test('a full disk is told in bytes, with what to do, and survives the list being read again', async () => {
  const datasets = state(() => Promise.reject(new StorageFull(60_000_000, 12_000_000)));
  await datasets.import(task);
  expect(datasets.trouble).toMatchObject({
    kind: 'storage-full',
    message: expect.stringContaining('needs 60 MB, and 12 MB are free'),
  });
  expect(storageTrouble(new Error('odd')).message).toBe('odd');
});

test('a choice of files is named by its file, its folder, or its number', () => {
  expect(nameOfFiles(['digits.zip'])).toBe('digits.zip');
  expect(nameOfFiles(['pets/cat/1.png', 'pets/dog/2.png'])).toBe('pets');
  expect(nameOfFiles(['a.png', 'b.png'])).toBe('2 files');
});
