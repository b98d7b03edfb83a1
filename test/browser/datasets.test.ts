// Datasets in a real browser: the store on Chromium's own IndexedDB, and the ingest worker from a file to a dataset, beside a page that
// must stay fluent.
import { zipSync } from 'fflate';
import { deleteDB } from 'idb';
import { afterEach, expect, test } from 'vitest';
import { DATABASE_NAME, openDatabase } from '../../src/lib/adapters/idb/database.ts';
import { idbDatasetStore } from '../../src/lib/adapters/idb/datasets.ts';
import type { ImageContract } from '../../src/lib/core/data/contract.ts';
import { importFiles } from '../../src/lib/modalities/import.ts';
import { drawnDigitsContract } from '../../src/lib/modalities/image/sample-drawn-digits.ts';
import { sourceOfText } from '../../src/lib/modalities/source-file.ts';
import {
  patientCohortContract,
  patientCohortCsv,
} from '../../src/lib/modalities/table/sample-patient-cohort.ts';
import { joinExamples, type Examples } from '../../src/lib/core/data/examples.ts';
import { IngestClient, type ImportResult } from '../../src/lib/workers/ingest-client.ts';
import type { ImportRequest } from '../../src/lib/workers/ingest-messages.ts';
import { datasetStoreContract } from '../contract/dataset-store.ts';

let names = 0;
datasetStoreContract('the IndexedDB store, on Chromium', async () => {
  const name = `datasets-${(names += 1)}`;
  const open = [await openDatabase({ name })];
  const [first] = open;
  if (first === undefined) throw new Error('not opened');
  return {
    store: idbDatasetStore(first),
    reopen: async () => {
      const again = await openDatabase({ name });
      open.push(again);
      return idbDatasetStore(again);
    },
    close: async () => {
      for (const database of open) database.close();
      await deleteDB(name);
    },
  };
});

const closing: (() => void)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) close();
  await deleteDB(DATABASE_NAME);
});

function client(): IngestClient {
  const made = new IngestClient();
  closing.push(() => made.close());
  return made;
}

async function stored(id: string): Promise<Examples> {
  const database = await openDatabase();
  try {
    const examples = await idbDatasetStore(database).read(id);
    if (examples === undefined) throw new Error(`There is no dataset ${id}.`);
    return examples;
  } finally {
    database.close();
  }
}

const request = (
  files: readonly { readonly path: string; readonly file: File }[],
  contract: ImportRequest['contract'] = patientCohortContract,
) => ({
  source: { type: 'files' as const, files },
  contract,
  federation: null,
  datasetName: 'mine',
  dataset: null,
});
const file = (path: string, ...parts: BlobPart[]) => ({ path, file: new File(parts, path) });
const recordOf = (result: ImportResult) => {
  if (result.type === 'imported') return result.record;
  throw new Error(`refused: ${JSON.stringify(result.report.refusals.slice(0, 3))}`);
};

test('a table imported by the worker is bit for bit what this page reads from the same text', async () => {
  const text = patientCohortCsv(3, 5000);
  const record = recordOf(await client().import(request([file('patients.csv', text)])));
  expect(record.count).toBe(5000);
  const parts: Examples[] = [];
  const sink = { append: (examples: Examples) => Promise.resolve(void parts.push(examples)) };
  await importFiles([sourceOfText('patients.csv', text)], patientCohortContract, sink, {
    decodeImage: () => Promise.reject(new Error('none')),
  });
  expect(await stored(record.id)).toEqual(joinExamples(parts));
});

test('the page stays fluent while 80,000 rows are imported, and hears of the progress', async () => {
  const text = patientCohortCsv(1, 80_000);
  const fractions: number[] = [];
  const gaps: number[] = [];
  let isRunning = true;
  const beat = async (): Promise<void> => {
    const { port1, port2 } = new MessageChannel();
    let last = performance.now();
    while (isRunning) {
      await new Promise((resolve) => {
        port1.onmessage = resolve;
        port2.postMessage(null);
      });
      const now = performance.now();
      gaps.push(now - last);
      last = now;
    }
    port1.close();
  };
  const beating = beat();
  const begun = performance.now();
  const record = recordOf(
    await client().import(request([file('patients.csv', text)]), ({ fraction }) =>
      fractions.push(fraction ?? -1),
    ),
  );
  isRunning = false;
  await beating;
  const took = performance.now() - begun;
  expect(record.count).toBe(80_000);
  expect(fractions.length).toBeGreaterThan(1);
  expect(fractions).toEqual(fractions.toSorted((a, b) => a - b));
  // An import on this thread, whole or in slices, would fill nearly all of the time with gaps; what else the machine does, a
  // part of it.
  const blocked = gaps.filter((gap) => gap > 50).reduce((sum, gap) => sum + gap, 0);
  expect(blocked).toBeLessThan(took / 2);
});

/** 2 × 2 pictures of the given colour, encoded by this browser. */
async function picture(
  type: 'image/png' | 'image/jpeg' | 'image/webp',
  colour: string,
  side = 2,
): Promise<Uint8Array> {
  const canvas = new OffscreenCanvas(side, side);
  const context = canvas.getContext('2d');
  if (context === null) throw new Error('no canvas');
  context.fillStyle = colour;
  context.fillRect(0, 0, side, side);
  const blob = await canvas.convertToBlob({ type, quality: 1 });
  expect(blob.type).toBe(type);
  return new Uint8Array(await blob.arrayBuffer());
}

const pets: ImageContract = { kind: 'image', height: 2, width: 2, channels: 3, classes: ['cat', 'dog'] };

test('a zip of PNG, JPEG and WebP becomes examples, and broken pictures are named', async () => {
  const archive = zipSync({
    pets: {
      cat: {
        '1.png': await picture('image/png', 'rgb(10 20 30)'),
        '2.jpg': await picture('image/jpeg', 'rgb(200 200 200)', 16),
      },
      dog: {
        '3.webp': await picture('image/webp', 'rgb(90 90 90)', 16),
        '4.png': (await picture('image/png', 'red')).slice(0, 45),
      },
      fish: { '5.png': await picture('image/png', 'blue') },
    },
  });
  const result = await client().import(request([file('pets.zip', new Uint8Array(archive))], pets));
  expect(result.report).toMatchObject({
    accepted: 3,
    refused: 2,
    refusedByKind: { 'corrupt-image': 1, 'unknown-class': 1 },
  });
  expect(result.report.refusals.map((refusal) => refusal.file).toSorted()).toEqual([
    'pets.zip/pets/dog/4.png',
    'pets.zip/pets/fish/5.png',
  ]);
  const { features, targets } = await stored(recordOf(result).id);
  expect([...targets]).toEqual([0, 0, 1]);
  // The PNG is exact; the lossy ones come back within a few levels.
  expect([...features.slice(0, 12)]).toEqual([10, 20, 30, 10, 20, 30, 10, 20, 30, 10, 20, 30]);
  for (const value of features.slice(12, 24)) expect(Math.abs(value - 200)).toBeLessThan(4);
  for (const value of features.slice(24, 36)) expect(Math.abs(value - 90)).toBeLessThan(8);
});

test('a transparent picture lies on white, and a larger one is scaled by our own arithmetic', async () => {
  const transparent = await picture('image/png', 'rgb(0 0 0 / 0)', 7);
  const features = await client().encode(
    { ...pets, channels: 1 },
    { type: 'file', file: new File([new Uint8Array(transparent)], 'a.png') },
  );
  expect([...features]).toEqual([255, 255, 255, 255]);
});

test('cancelling in mid-import leaves nothing, and the worker takes the next request', async () => {
  const ingest = client();
  const controller = new AbortController();
  const run = ingest.import(
    request([file('patients.csv', patientCohortCsv(1, 150_000))]),
    () => controller.abort(new Error('enough')),
    controller.signal,
  );
  await expect(run).rejects.toThrow('enough');
  const database = await openDatabase();
  const store = idbDatasetStore(database);
  expect([await store.list(), await store.resumable()]).toEqual([[], []]);
  database.close();
  const sample = { type: 'sample', sample: 'drawn-digits', seed: 1, count: 300 } as const;
  const next = await ingest.import({ ...request([]), source: sample, contract: drawnDigitsContract });
  expect(recordOf(next).count).toBe(300);
});

test('a tab closed in mid-import leaves a part that goes on with the same file', async () => {
  const text = patientCohortCsv(2, 150_000);
  const patients = file('patients.csv', text);
  const first = client();
  const cut = first.import(request([patients]));
  const lost = expect(cut).rejects.toMatchObject({ kind: 'closed' });
  const database = await openDatabase();
  const store = idbDatasetStore(database);
  // The first chunk is durable: then the worker goes, as it does with its tab.
  let part = (await store.resumable())[0];
  while (part === undefined || part.count === 0) part = (await store.resumable())[0];
  first.close();
  await lost;
  const [left] = await store.resumable();
  expect(left?.count).toBeGreaterThan(0);
  expect(await store.list()).toEqual([]);
  const record = recordOf(await client().import({ ...request([patients]), dataset: left?.id ?? null }));
  expect(record).toMatchObject({ count: 150_000, id: left?.id });
  expect(await store.resumable()).toEqual([]);
  const again = recordOf(await client().import(request([patients])));
  expect(again.version).toBe(record.version);
  database.close();
});
