// The ingest worker's behaviour, without a worker: every request is answered once, and what is durable is whole or resumable.
import { expect, test } from 'vitest';
import { memoryDatasetStore } from '../adapters/memory/datasets.ts';
import { countUnlabelled } from '../core/data/class-counts.ts';
import type { ImageContract } from '../core/data/contract.ts';
import { bytesOf, digestBuilder } from '../core/digest.ts';
import type { Picture } from '../modalities/image/picture.ts';
import { drawnDigitsContract } from '../modalities/image/sample-drawn-digits.ts';
import { patientCohortContract, patientCohortCsv } from '../modalities/table/sample-patient-cohort.ts';
import { StorageFull, type DatasetStore } from '../ports/dataset-store.ts';
import { IngestClient, IngestFailure, type IngestWorker } from './ingest-client.ts';
import { ingest } from './ingest.ts';
import type { ImportRequest, IngestReply } from './ingest-messages.ts';

interface Bench {
  readonly client: IngestClient;
  readonly replies: IngestReply[];
  /** Breaks the worker as an uncaught error would. */
  crash(): void;
}

/** A client whose worker is a function call away. */
function bench(
  store: DatasetStore,
  decodeImage: () => Promise<Picture> = () => Promise.reject(new Error('damaged')),
): Bench {
  const replies: IngestReply[] = [];
  let crash = (): void => undefined;
  let ids = 0;
  const start = (): IngestWorker => {
    const listeners: ((event: never) => void)[] = [];
    const handle = ingest({
      store: () => Promise.resolve(store),
      decodeImage,
      newId: () => `set-${(ids += 1)}`,
      reply(message) {
        replies.push(message);
        for (const listener of listeners)
          listener(new MessageEvent('message', { data: structuredClone(message) }) as never);
      },
    });
    return {
      postMessage: (message) => void handle(message),
      addEventListener(type: string, listener: (event: never) => void) {
        if (type === 'message') listeners.push(listener);
        if (type === 'error') crash = () => listener(new Event('error') as never);
      },
      terminate: () => undefined,
    };
  };
  return { client: new IngestClient(start), replies, crash: () => crash() };
}

const csv = (text: string, name = 'patients.csv'): ImportRequest['source'] => ({
  type: 'files',
  files: [{ path: name, file: new File([text], name) }],
});
const request = (
  source: ImportRequest['source'],
  dataset: string | null = null,
): Omit<ImportRequest, 'id' | 'name'> => ({
  source,
  contract: patientCohortContract,
  federation: null,
  datasetName: 'mine',
  dataset,
});

const draftOf = ({ contract, federation, datasetName: name }: ReturnType<typeof request>) => ({
  contract,
  federation,
  name,
});

/** A store that breaks at the n-th chunk, as a full disk or a closed tab would. */
function breaking(store: DatasetStore, at: number, error: Error): DatasetStore {
  let appended = 0;
  return {
    ...store,
    async write(draft) {
      const writer = await store.write(draft);
      return {
        ...writer,
        append(examples, position) {
          appended += 1;
          return appended === at ? Promise.reject(error) : writer.append(examples, position);
        },
      };
    },
  };
}

test('a file becomes a dataset with its report and preview', async () => {
  const store = memoryDatasetStore(() => 5);
  const text = patientCohortCsv(1, 300);
  const result = await bench(store).client.import(request(csv(text)));
  if (result.type !== 'imported') throw new Error('refused');
  expect(result.record).toMatchObject({
    id: 'set-1',
    name: 'mine',
    count: 300,
    importedAt: 5,
    source: `patients.csv (${text.length.toLocaleString('en')} bytes)`,
  });
  expect(result.record.classCounts.reduce((sum, count) => sum + count, 0)).toBe(300);
  expect(result.report).toMatchObject({ accepted: 300, refused: 0 });
  expect(result.preview).toMatchObject({
    kind: 'table',
    header: [
      'age',
      'sex',
      'resting_blood_pressure',
      'cholesterol',
      'body_mass_index',
      'maximum_heart_rate',
      'chest_pain',
      'smoker',
      'st_depression',
      'heart_disease',
    ],
  });
  expect(await store.list()).toEqual([result.record]);
});

test('a file without one usable row is refused, and leaves nothing', async () => {
  const store = memoryDatasetStore();
  const result = await bench(store).client.import(request(csv('a,b\n1,2\n')));
  expect(result).toMatchObject({
    type: 'refused',
    report: { accepted: 0, refusals: [{ kind: 'wrong-header', file: 'patients.csv' }] },
  });
  expect([await store.list(), await store.resumable()]).toEqual([[], []]);
});

test('rows without their class are refused, or kept on request; an import begun so goes on so', async () => {
  const [header, ...lines] = patientCohortCsv(1, 20).trim().split('\n');
  const text = [header, ...lines.map((line) => line.slice(0, line.lastIndexOf(',') + 1))].join('\n');
  const store = memoryDatasetStore(() => 1);
  const asked = request(csv(text));
  expect((await bench(store).client.import(asked)).type).toBe('refused');
  const kept = await bench(store).client.import({ ...asked, keepsUnlabelled: true });
  if (kept.type !== 'imported') throw new Error('refused');
  expect([kept.record.count, countUnlabelled(kept.record)]).toEqual([20, 20]);
  // Cut off before the first chunk: the source alone says how it was begun.
  await store.write({ ...draftOf(asked), id: 'cut', source: kept.record.source });
  const gone = await bench(store).client.import({ ...asked, dataset: 'cut' });
  expect(gone).toMatchObject({ type: 'imported', record: { version: kept.record.version } });
});

test('an import cut off by a full disk goes on with the same file, and makes the dataset it would have made', async () => {
  // 19 values a row make batches of 55,188 rows: 130,000 rows are three.
  const text = patientCohortCsv(2, 130_000);
  const uncut = memoryDatasetStore(() => 1);
  const whole = await bench(uncut).client.import(request(csv(text)));

  const store = memoryDatasetStore(() => 1);
  const full = new StorageFull(4e6, 1e6);
  const cut = bench(breaking(store, 2, full)).client.import(request(csv(text)));
  await expect(cut).rejects.toMatchObject({ name: 'IngestFailure', kind: 'storage-full' });
  const [resumable] = await store.resumable();
  expect(resumable).toMatchObject({ id: 'set-1', name: 'mine' });
  expect(resumable?.count).toBeGreaterThan(10_000);
  expect(resumable?.count).toBeLessThan(130_000);

  const changed = bench(store).client.import(request(csv(`${text} `), 'set-1'));
  await expect(changed).rejects.toMatchObject({ kind: 'other-files' });
  // Of the same length, but another patient in the first row.
  const other = patientCohortCsv(3, 130_000).slice(0, text.length).padEnd(text.length, '\n');
  await expect(bench(store).client.import(request(csv(other), 'set-1'))).rejects.toMatchObject({
    kind: 'other-files',
  });
  expect(await store.resumable()).toEqual([resumable]);

  const resumed = await bench(store).client.import(request(csv(text), 'set-1'));
  if (whole.type !== 'imported' || resumed.type !== 'imported') throw new Error('refused');
  expect(resumed.record).toEqual(whole.record);
  expect(resumed.report.notes.join(' ')).toContain(
    `Continued after ${resumable?.count.toLocaleString('en')} examples`,
  );
  // Ten megabytes of numbers are compared by their digest: a matcher would take ten seconds.
  expect(await contentOf(store)).toBe(await contentOf(uncut));
});

async function contentOf(store: DatasetStore): Promise<string> {
  const examples = await store.read('set-1');
  if (examples === undefined) throw new Error('There is no dataset.');
  return digestBuilder()
    .update(bytesOf(examples.features))
    .update(bytesOf(examples.targets))
    .update(bytesOf(examples.hashes))
    .finish();
}

test('pictures that are durable already are not decoded again', async () => {
  const contract: ImageContract = {
    kind: 'image',
    height: 256,
    width: 256,
    channels: 1,
    classes: ['a', 'b'],
  };
  // 256 × 256 bytes make batches of 64; a PNG header is enough for a decoder that looks at the number behind it only.
  const header = [
    0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10, 0, 0, 0, 13, 73, 72, 68, 82, 0, 0, 1, 0, 0, 0, 1, 0,
  ];
  const files = Array.from({ length: 150 }, (_, i) => ({
    path: `a/${String(i).padStart(3, '0')}.png`,
    file: new File([Uint8Array.from([...header, i])], `${i}.png`),
  }));
  let decodes = 0;
  const decode = (bytes: Uint8Array): Promise<Picture> => {
    decodes += 1;
    const rgba = new Uint8Array(256 * 256 * 4).fill(255);
    rgba.fill(bytes.at(-1) ?? 0, 0, 3);
    return Promise.resolve({ width: 256, height: 256, rgba });
  };
  const source: ImportRequest['source'] = { type: 'files', files };
  const asked = (dataset: string | null) => ({ ...request(source, dataset), contract });
  const store = memoryDatasetStore();
  const cut = bench(
    breaking(store, 2, new StorageFull(1, 1)),
    decode as () => Promise<Picture>,
  ).client.import(asked(null));
  await expect(cut).rejects.toBeInstanceOf(IngestFailure);
  expect(await store.resumable()).toMatchObject([{ count: 64, position: 64 }]);
  decodes = 0;
  const resumed = await bench(store, decode as () => Promise<Picture>).client.import(asked('set-1'));
  expect(resumed).toMatchObject({ type: 'imported', record: { count: 150 } });
  expect(decodes).toBe(150 - 64);
  const read = await store.read('set-1');
  // The first pixel's grey rises with the picture's number: order is kept over the cut.
  const firsts = Array.from({ length: 150 }, (_, i) => read?.features[i * 65_536] ?? -1);
  expect(firsts).toEqual(firsts.toSorted((a, b) => a - b));
});

test('cancelling a new import answers once, and leaves nothing', async () => {
  const store = memoryDatasetStore();
  const { client, replies } = bench(store);
  const controller = new AbortController();
  const run = client.import(
    request(csv(patientCohortCsv(1, 50_000))),
    () => controller.abort(new Error('changed my mind')),
    controller.signal,
  );
  await expect(run).rejects.toThrow('changed my mind');
  expect(replies.filter((reply) => reply.type !== 'progress').map((reply) => reply.type)).toEqual([
    'cancelled',
  ]);
  expect([await store.list(), await store.resumable()]).toEqual([[], []]);
});

test('drawings are added one by one, and the same drawing counts once', async () => {
  const store = memoryDatasetStore();
  const { client } = bench(store);
  const drawing = (at: number) => {
    const rgba = new Uint8ClampedArray(60 * 60 * 4).fill(255);
    for (let y = 10; y < 50; y += 1)
      for (let x = at; x < at + 6; x += 1)
        rgba.set([0, 0, 0, 255], (y * 60 + x + Math.floor((y * at) / 60)) * 4);
    return { type: 'picture', origin: 'drawn', width: 60, height: 60, rgba, label: '1' } as const;
  };
  const asked = (source: ImportRequest['source'], dataset: string | null) => ({
    ...request(source, dataset),
    contract: drawnDigitsContract,
  });
  const first = await client.import(asked(drawing(5), null));
  if (first.type !== 'imported') throw new Error('refused');
  expect(first.record).toMatchObject({ count: 1, source: 'drawn here' });
  expect(await client.import(asked(drawing(20), first.record.id))).toMatchObject({
    type: 'imported',
    record: { count: 2 },
    report: { accepted: 1 },
  });
  expect(await client.import(asked(drawing(5), first.record.id))).toMatchObject({
    type: 'imported',
    record: { count: 2 },
    report: { accepted: 0, duplicates: 1 },
  });
  const blank = { ...drawing(5), rgba: new Uint8ClampedArray(60 * 60 * 4).fill(255) };
  expect(await client.import(asked(blank, first.record.id))).toMatchObject({
    type: 'refused',
    report: { refusals: [{ kind: 'no-examples' }] },
  });
  expect(await client.import(asked({ ...drawing(7), label: 'eleven' }, null))).toMatchObject({
    type: 'refused',
    report: { refusals: [{ kind: 'unknown-class' }] },
  });
});

test('a sample is a dataset like any other, and one that does not fit is refused', async () => {
  const store = memoryDatasetStore();
  const { client } = bench(store);
  const sample = { type: 'sample', sample: 'drawn-digits', seed: 4, count: 1200 } as const;
  const made = await client.import({ ...request(sample), contract: drawnDigitsContract });
  expect(made).toMatchObject({
    type: 'imported',
    record: { count: 1200, source: 'sample: Drawn digits, 1,200 examples, seed 4' },
  });
  expect(await client.import(request(sample))).toMatchObject({
    type: 'refused',
    report: { refusals: [{ kind: 'unsupported' }] },
  });
});

test('a row is encoded for prediction, and a bad one is a failure with its sentence', async () => {
  const { client } = bench(memoryDatasetStore());
  const cells = { age: '55', sex: 'male' };
  const features = await client.encode(patientCohortContract, { type: 'row', cells });
  // age 55 is the mean; male is the second of two; everything else is missing.
  expect([...features]).toEqual([0, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1]);
  await expect(
    client.encode(patientCohortContract, { type: 'row', cells: { ...cells, age: '550' } }),
  ).rejects.toMatchObject({ kind: 'out-of-range' });
});

test('a worker that dies fails what waits for it, and the next request starts another', async () => {
  const { client, crash } = bench(memoryDatasetStore());
  const run = client.import(request(csv(patientCohortCsv(1, 50_000))));
  crash();
  await expect(run).rejects.toMatchObject({ kind: 'worker-lost' });
  expect(await client.import(request(csv(patientCohortCsv(1, 10))))).toMatchObject({ type: 'imported' });
});

test('an aborted signal asks nothing of the worker', async () => {
  const { client, replies } = bench(memoryDatasetStore());
  await expect(
    client.import(request(csv('')), undefined, AbortSignal.abort(new Error('no'))),
  ).rejects.toThrow('no');
  expect(replies).toEqual([]);
});
