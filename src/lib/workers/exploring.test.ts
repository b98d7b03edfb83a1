// A kept dataset explored, changed by hand and gone back to, by the ingest worker's own handler.
import { expect, test } from 'vitest';
import { memoryDatasetStore } from '../adapters/memory/datasets.ts';
import type { DatasetVersion } from '../core/ids.ts';
import type { Question } from '../core/statistics/survey.ts';
import { importFiles } from '../modalities/import.ts';
import { sourceOfText } from '../modalities/source-file.ts';
import type { ImageContract, TableContract } from '../core/data/contract.ts';
import type { DatasetStore } from '../ports/dataset-store.ts';
import { IngestClient, type IngestWorker } from './ingest-client.ts';
import { ingest } from './ingest.ts';
import type { DatasetAnswer, DatasetQuestion } from './ingest-messages.ts';

function clientOf(store: DatasetStore): IngestClient {
  return new IngestClient((): IngestWorker => {
    const listeners: ((event: never) => void)[] = [];
    const handle = ingest({
      store: () => Promise.resolve(store),
      decodeImage: () => Promise.reject(new Error('no pictures')),
      newId: () => 'set',
      reply: (message) => {
        for (const listener of listeners)
          listener(new MessageEvent('message', { data: structuredClone(message) }) as never);
      },
    });
    return {
      postMessage: (message) => void handle(message),
      addEventListener(type: string, listener: (event: never) => void) {
        if (type === 'message') listeners.push(listener);
      },
      terminate: () => undefined,
    };
  });
}

const contract: TableContract = {
  kind: 'table',
  columns: [
    {
      type: 'number',
      name: 'age',
      minimum: 0,
      maximum: 120,
      missingAllowed: true,
      mean: 47.3,
      standardDeviation: 13.7,
    },
    { type: 'category', name: 'sex', categories: ['female', 'male'], missingAllowed: false },
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
const CSV = 'age,sex,ill\n61.5,female,0\n44,male,1\n,male,0\n61.5,female,0\n';

async function imported(client: IngestClient, text = CSV, by = contract): Promise<DatasetVersion> {
  const file = new File([text], 'a.csv');
  const result = await client.import({
    source: { type: 'files', files: [{ path: 'a.csv', file }] },
    contract: by,
    federation: null,
    datasetName: 'a',
    dataset: null,
  });
  if (result.type !== 'imported') throw new Error('The file was refused.');
  return result.record.version;
}
async function asked<Type extends DatasetAnswer['type']>(
  client: IngestClient,
  type: Type,
  question: DatasetQuestion,
): Promise<Extract<DatasetAnswer, { type: Type }>> {
  const answer = await client.ask(question);
  if (answer.type !== type) throw new Error(`A ${answer.type} came for a ${type}.`);
  return answer as Extract<DatasetAnswer, { type: Type }>;
}
const cell = (base: DatasetVersion, row: number, column: string, text: string): DatasetQuestion => ({
  type: 'edit',
  dataset: 'set',
  base,
  edit: { type: 'cell', row, column, text },
  message: `${column} of row ${row + 1}`,
});

test('a kept table is explored, and its rows read as they were written', async () => {
  const client = clientOf(memoryDatasetStore());
  await imported(client);
  const { found } = await asked(client, 'explored', { type: 'explore', dataset: 'set' });
  expect(found).toMatchObject({
    kind: 'table',
    exploration: { rows: 4, target: 'ill', duplicates: { count: 1, rows: [3] } },
  });
  const { rows } = await asked(client, 'rows', { type: 'rows', dataset: 'set', start: 1, end: 9 });
  expect(rows).toEqual({
    kind: 'table',
    header: ['age', 'sex', 'ill'],
    rows: [
      ['44', 'male', 'yes'],
      ['', 'male', 'no'],
      ['61.5', 'female', 'no'],
    ],
  });
});

test('an edited cell makes the version that the edited file would have; the difference is that cell; going back gives the old version', async () => {
  const store = memoryDatasetStore();
  const client = clientOf(store);
  const before = await imported(client);
  const { record } = await asked(client, 'edited', cell(before, 1, 'age', '45.25'));
  const other = clientOf(memoryDatasetStore());
  expect(record.version).toBe(await imported(other, CSV.replace('44,', '45.25,')));
  expect(record.version).not.toBe(before);
  const { difference } = await asked(client, 'difference', {
    type: 'difference',
    dataset: 'set',
    from: 0,
    to: 1,
  });
  expect(difference).toEqual({
    added: 0,
    removed: 0,
    changed: 1,
    cells: [{ row: 1, column: 'age', before: '44', after: '45.25' }],
    gone: [],
    come: [],
  });
  expect((await store.checkout('set', 0)).version).toBe(before);
  const { rows } = await asked(client, 'rows', { type: 'rows', dataset: 'set', start: 1, end: 2 });
  expect(rows).toMatchObject({ rows: [['44', 'male', 'yes']] });
});

test('a missing value, a category and the target can be edited, and rows removed', async () => {
  const store = memoryDatasetStore();
  const client = clientOf(store);
  let { version } = (await asked(client, 'edited', cell(await imported(client), 0, 'age', ''))).record;
  ({ version } = (await asked(client, 'edited', cell(version, 0, 'sex', 'Male'))).record);
  ({ version } = (await asked(client, 'edited', cell(version, 0, 'ill', 'yes'))).record);
  const { record } = await asked(client, 'edited', {
    type: 'edit',
    dataset: 'set',
    base: version,
    edit: { type: 'remove', rows: [3, 2] },
    message: 'two rows',
  });
  expect(record).toMatchObject({ count: 2, classCounts: [0, 2] });
  const { rows } = await asked(client, 'rows', { type: 'rows', dataset: 'set', start: 0, end: 9 });
  expect(rows).toMatchObject({
    rows: [
      ['', 'male', 'yes'],
      ['44', 'male', 'yes'],
    ],
  });
  expect((await store.history('set'))?.commits.map((one) => one.message)).toEqual([
    'Imported',
    'age of row 1',
    'sex of row 1',
    'ill of row 1',
    'two rows',
  ]);
});

test('a row made equal to another stays a row of its own', async () => {
  const client = clientOf(memoryDatasetStore());
  let { version } = (await asked(client, 'edited', cell(await imported(client), 1, 'age', '61.5'))).record;
  ({ version } = (await asked(client, 'edited', cell(version, 1, 'sex', 'female'))).record);
  const { record } = await asked(client, 'edited', cell(version, 1, 'ill', 'no'));
  expect(record.count).toBe(4);
  const other = clientOf(memoryDatasetStore());
  const rows = await asked(client, 'rows', { type: 'rows', dataset: 'set', start: 0, end: 9 });
  await imported(other, 'age,sex,ill\n61.5,female,0\n61.5,female,0\n,male,0\n61.5,female,0\n');
  expect(rows).toEqual(await asked(other, 'rows', { type: 'rows', dataset: 'set', start: 0, end: 9 }));
});

test.each<readonly [string, (base: DatasetVersion) => DatasetQuestion, string, RegExp]>([
  ['a word for a number', (base) => cell(base, 0, 'age', 'old'), 'bad-edit', /must be a number/],
  ['a number out of range', (base) => cell(base, 0, 'age', '130'), 'bad-edit', /between 0 and 120/],
  ['a missing value where one is needed', (base) => cell(base, 0, 'sex', ''), 'bad-edit', /is empty here/],
  ['an unknown class', (base) => cell(base, 0, 'ill', 'maybe'), 'bad-edit', /must be one of/],
  ['an unknown column', (base) => cell(base, 0, 'shoe', '1'), 'bad-edit', /no column “shoe”/],
  ['a row that is not there', (base) => cell(base, 4, 'age', '1'), 'bad-edit', /rows 1 to 4/],
  [
    'a change of another state',
    () => cell('0'.repeat(64) as DatasetVersion, 0, 'age', '1'),
    'moved',
    /another tab/,
  ],
  [
    'a dataset that is not there',
    () => ({ type: 'explore', dataset: 'none' }),
    'no-dataset',
    /not in this browser/,
  ],
  [
    'a state that is not there',
    () => ({ type: 'difference', dataset: 'set', from: 0, to: 3 }),
    'no-dataset',
    /This state/,
  ],
  [
    'the removal of all rows',
    (base) => ({
      type: 'edit',
      dataset: 'set',
      base,
      edit: { type: 'remove', rows: [0, 1, 2, 3] },
      message: '',
    }),
    'bad-edit',
    /one row at least/,
  ],
])('%s is refused with a sentence, and changes nothing', async (_, question, kind, message) => {
  const store = memoryDatasetStore();
  const client = clientOf(store);
  const before = await imported(client);
  await expect(client.ask(question(before))).rejects.toMatchObject({
    kind,
    message: expect.stringMatching(message),
  });
  expect((await store.record('set'))?.version).toBe(before);
});

test.each<readonly [string, (base: DatasetVersion) => DatasetQuestion, RegExp]>([
  ['a value that another row has', (base) => cell(base, 1, 'age', '61.5'), /“61.5” stands in row 1/],
  ['a value of another form', (base) => cell(base, 1, 'age', '44.25'), /must be written as/],
  ['one empty cell too many', (base) => cell(base, 1, 'age', ''), /empty in 2 of 4 rows, and at most 30 %/],
  [
    'the removal of filled rows',
    (base) => ({
      type: 'edit',
      dataset: 'set',
      base,
      edit: { type: 'remove', rows: [0] },
      message: '',
    }),
    /empty in 1 of 3 rows/,
  ],
])('%s is refused by the contract’s rule for the column', async (_, question, message) => {
  const store = memoryDatasetStore();
  const client = clientOf(store);
  const ruled: TableContract = {
    ...contract,
    rules: [
      { type: 'unique', column: 'age' },
      { type: 'pattern', column: 'age', pattern: '\\d+\\.?\\d?' },
      { type: 'missing-share', column: 'age', maximum: 0.3 },
    ],
  };
  const text = 'age,sex,ill\n61.5,female,0\n44,male,1\n,male,0\n52,female,0\n';
  const before = await imported(client, text, ruled);
  await expect(client.ask(question(before))).rejects.toMatchObject({
    kind: 'bad-edit',
    message: expect.stringMatching(message),
  });
  expect((await store.record('set'))?.version).toBe(before);
  await asked(client, 'edited', cell(before, 1, 'age', '44.5'));
});

test('pictures are explored by brightness, and a label can be mended', async () => {
  const pictures: ImageContract = {
    kind: 'image',
    height: 2,
    width: 2,
    channels: 1,
    classes: ['left', 'right'],
  };
  const store = memoryDatasetStore();
  const writer = await store.write({
    id: 'set',
    federation: null,
    name: 'p',
    contract: pictures,
    source: 'x',
  });
  await writer.append(
    {
      count: 3,
      features: Uint8Array.of(0, 255, 0, 255, 10, 10, 10, 10, 255, 0, 255, 0),
      targets: Int32Array.of(0, 1, 0),
      hashes: Uint32Array.of(1, 1, 2, 2, 3, 3),
    },
    3,
  );
  const { version } = await writer.finish();
  const client = clientOf(store);
  const { found } = await asked(client, 'explored', { type: 'explore', dataset: 'set' });
  expect(found).toMatchObject({
    kind: 'image',
    pictures: {
      count: 3,
      blank: [1],
      duplicates: 0,
      brightness: { minimum: 10, maximum: 127.5, count: 3 },
      means: [Uint8Array.of(128, 128, 128, 128), Uint8Array.of(10, 10, 10, 10)],
    },
  });
  const { record } = await asked(client, 'edited', cell(version, 2, 'label', 'right'));
  expect(record.classCounts).toEqual([1, 2]);
  const { rows } = await asked(client, 'rows', { type: 'rows', dataset: 'set', start: 2, end: 3 });
  expect(rows).toMatchObject({ images: [{ row: 2, label: 'right', pixels: Uint8Array.of(255, 0, 255, 0) }] });
});

test('what an import refused is kept with the dataset', async () => {
  const store = memoryDatasetStore();
  await imported(clientOf(store), `${CSV}old,male,1\n`);
  expect((await store.record('set'))?.check).toMatchObject({
    refused: 1,
    broken: [{ kind: 'not-a-number', column: 'age', places: [{ row: 6, found: 'old' }] }],
  });
  const { report } = await importFiles(
    [sourceOfText('a.csv', CSV)],
    contract,
    { append: () => Promise.resolve() },
    {
      decodeImage: () => Promise.reject(new Error('no pictures')),
    },
  );
  expect(report.broken).toEqual([]);
});

const again = (base: DatasetVersion, text: string, mayRemove = 0, path = 'a.csv') => ({
  type: 'read-again' as const,
  dataset: 'set',
  base,
  files: [{ path, file: new File([text], path) }],
  mayRemove,
});
const readAgain = (client: IngestClient, ...about: Parameters<typeof again>) =>
  asked(client, 'read-again', again(...about));

test('what a person said of how a file is read holds where its import goes on, and where it is read again', async () => {
  const store = memoryDatasetStore();
  const client = clientOf(store);
  const [age, sex] = contract.columns as [(typeof contract.columns)[0], (typeof contract.columns)[1]];
  const by = { ...contract, columns: [age, { ...sex, categories: ['č', 'd'] } as typeof sex] };
  // By themselves these letters are taken for those of windows-1252, è.
  const file = new File(
    [Uint8Array.from(CSV.replaceAll('female', 'è').replaceAll('male', 'd'), (one) => one.charCodeAt(0))],
    'a.csv',
  );
  const files = [{ path: 'a.csv', file }];
  const asked = { contract: by, federation: null, datasetName: 'a', dataset: 'set' };
  await store.write({
    ...{ id: 'set', federation: null, name: 'a', contract: by },
    source: `a.csv (${file.size} bytes)`,
    reading: { encoding: 'windows-1250' },
  });
  const kept = await client.import({ ...asked, source: { type: 'files', files } });
  if (kept.type !== 'imported') throw new Error('The file was refused.');
  expect(kept.record).toMatchObject({ count: 4, reading: { encoding: 'windows-1250' } });
  const { version: base } = kept.record;
  const question = { type: 'read-again', dataset: 'set', base, files, mayRemove: 0 } as const;
  expect(await client.ask(question)).toMatchObject({ change: null, refused: 0 });
  const own = { type: 'files', files, reading: { encoding: 'windows-1250' } } as const;
  const other = await clientOf(memoryDatasetStore()).import({ ...asked, dataset: null, source: own });
  expect(other).toMatchObject({ record: { version: base, reading: { encoding: 'windows-1250' } } });
});

test('a file read again makes a state of what differs, the version that the file would have, and none where nothing does', async () => {
  const store = memoryDatasetStore();
  const client = clientOf(store);
  const before = await imported(client);
  expect(await readAgain(client, before, CSV)).toMatchObject({ change: null, refused: 0 });
  expect((await store.history('set'))?.commits).toHaveLength(1);
  // The second row changed, the last, which is the first once more, went, another came, and one cannot be taken.
  const now = 'age,sex,ill\n61.5,female,0\n45,male,1\n,male,0\n30,female,1\n200,male,1\n';
  const second = await readAgain(client, before, now);
  expect(second).toMatchObject({
    change: { changed: 2, added: 0, removed: 0 },
    refused: 1,
    reason: expect.stringMatching(/age/),
  });
  expect(second.record.version).toBe(await imported(clientOf(memoryDatasetStore()), now));
  expect((await store.history('set'))?.commits.at(-1)).toMatchObject({
    parent: 0,
    message: `Read again: a.csv (${now.length} bytes)`,
  });
  // Fewer rows: the rest goes, and what was meant for the state before is too late.
  const fewer = 'age,sex,ill\n,male,0\n';
  await expect(readAgain(client, before, fewer, 3)).rejects.toMatchObject({ kind: 'moved' });
  const { version } = second.record;
  expect(await asked(client, 'rows-would-go', again(version, fewer, 2))).toMatchObject({
    removed: 3,
    of: 4,
    refused: 0,
  });
  expect((await store.record('set'))?.version).toBe(version);
  expect(await readAgain(client, version, fewer, 3)).toMatchObject({
    change: { changed: 0, added: 0, removed: 3 },
    record: { count: 1 },
  });
});

test('a file that is cut off is no state, however many rows may go', async () => {
  const store = memoryDatasetStore();
  const client = clientOf(store);
  const base = await imported(client);
  const cut = '[{"age":61.5,"sex":"female","ill":0},{"age":45,"sex":"ma';
  await expect(readAgain(client, base, cut, 4, 'a.json')).rejects.toMatchObject({
    kind: 'not-read-again',
    message: expect.stringMatching(/^Nothing was changed: “a.json”: The last record is cut off/),
  });
  expect((await store.record('set'))?.version).toBe(base);
});

test('another file, or labels that were given here, are not read again, and the reason is said', async () => {
  const store = memoryDatasetStore();
  const client = clientOf(store);
  const base = await imported(client);
  await expect(readAgain(client, base, 'colour\nred\n')).rejects.toMatchObject({
    kind: 'not-read-again',
    message: expect.stringMatching(
      /^Nothing was changed: The first line must name the columns age, sex, ill/,
    ),
  });
  expect((await store.record('set'))?.version).toBe(base);
  const unlabelled = clientOf(memoryDatasetStore());
  const file = new File([`${CSV}50,male,\n`], 'a.csv');
  const kept = await unlabelled.import({
    source: { type: 'files', files: [{ path: 'a.csv', file }] },
    contract,
    federation: null,
    datasetName: 'a',
    dataset: null,
    keepsUnlabelled: true,
  });
  if (kept.type !== 'imported') throw new Error('The file was refused.');
  await expect(readAgain(unlabelled, kept.record.version, CSV)).rejects.toMatchObject({
    message: expect.stringMatching(/would take their labels away/),
  });
});

/** Two branches of the import: on the first, the edits `other`; on the second, which is then in use, `inUse`. */
async function branched(
  store: DatasetStore,
  client: IngestClient,
  other: readonly (readonly [row: number, column: string, text: string])[],
  inUse: readonly (readonly [row: number, column: string, text: string])[],
): Promise<{ readonly base: DatasetVersion; readonly onto: number; readonly from: number }> {
  const edited = async (edits: typeof other): Promise<DatasetVersion> => {
    let { version } = await store.checkout('set', 0);
    for (const [row, column, text] of edits)
      ({ version } = (await asked(client, 'edited', cell(version, row, column, text))).record);
    return version;
  };
  await edited(other);
  const from = (await store.history('set'))!.head;
  const base = await edited(inUse);
  return { base, from, onto: (await store.history('set'))!.head };
}
const lookAt = (from: number): DatasetQuestion => ({ type: 'look-at-merge', dataset: 'set', from });

test('branches that changed other rows are merged without a question, to one version from either side, and cannot be merged twice', async () => {
  const store = memoryDatasetStore();
  const client = clientOf(store);
  await imported(client);
  const { base, onto, from } = await branched(store, client, [[2, 'age', '20']], [[1, 'ill', 'no']]);
  const seen = await asked(client, 'merge-seen', lookAt(from));
  expect(seen).toMatchObject({ onto, base });
  expect(seen.look).toEqual({ changed: 1, added: 0, removed: 0, conflicts: 0, listed: [] });
  const choices = { rest: null, each: {} };
  const merge = { type: 'merge', dataset: 'set', choices } as const;
  const { record } = await asked(client, 'merged', { ...merge, base, onto, from });
  // As the file with both edits would have been read.
  const whole = CSV.replace('\n,', '\n20,').replace('male,1', 'male,0');
  expect(record.version).toBe(await imported(clientOf(memoryDatasetStore()), whole));
  expect((await store.history('set'))?.commits.at(-1)).toMatchObject({
    message: 'Merged “age of row 3” into “ill of row 2”',
    parent: onto,
    merged: from,
    changed: 1,
  });
  await expect(client.ask(lookAt(from))).rejects.toMatchObject({ kind: 'not-merged' });
  await expect(client.ask({ ...merge, base, onto, from })).rejects.toMatchObject({ kind: 'moved' });
  const there = await store.checkout('set', from);
  const back = { ...merge, base: there.version, onto: from, from: onto };
  expect((await asked(client, 'merged', back)).record.version).toBe(record.version);
});

test('a row that both changed is shown with both readings, and nothing is written before one is chosen', async () => {
  const store = memoryDatasetStore();
  const client = clientOf(store);
  await imported(client);
  const { base, onto, from } = await branched(
    store,
    client,
    [
      [0, 'age', '20'],
      [1, 'age', '21'],
      [2, 'age', '22'],
    ],
    [
      [0, 'age', '30'],
      [1, 'age', '31'],
    ],
  );
  const { version } = (
    await asked(client, 'edited', {
      ...{ type: 'edit', dataset: 'set', base, message: 'gone' },
      edit: { type: 'remove', rows: [2] },
    })
  ).record;
  const { look } = await asked(client, 'merge-seen', lookAt(from));
  expect(look).toMatchObject({ changed: 0, added: 0, removed: 0, conflicts: 3 });
  expect(look.listed).toMatchObject([
    {
      ...{ identity: 0, row: 0, isNew: false, removedBy: null, more: 0 },
      cells: [{ column: 'age', before: '61.5', mine: '30', theirs: '20' }],
    },
    { identity: 1, cells: [{ before: '44', mine: '31', theirs: '21' }] },
    { identity: 2, row: 2, removedBy: 'mine', cells: [{ before: '', mine: '', theirs: '22' }] },
  ]);
  const merge = { type: 'merge', dataset: 'set', base: version, onto: onto + 1, from } as const;
  await expect(
    client.ask({ ...merge, choices: { rest: null, each: { 0: 'theirs' } } }),
  ).rejects.toMatchObject({ kind: 'not-merged', message: expect.stringMatching(/changed 2 rows/) });
  expect((await store.record('set'))?.version).toBe(version);
  const choices = { rest: 'theirs', each: { 1: 'mine' } } as const;
  await asked(client, 'merged', { ...merge, choices });
  const { rows } = await asked(client, 'rows', { type: 'rows', dataset: 'set', start: 0, end: 9 });
  expect(rows).toMatchObject({
    rows: [['20'], ['31'], ['22'], ['61.5']].map(([age]) => [age, expect.anything(), expect.anything()]),
  });
});

test('labels given in two branches come together, and a merge that would break a rule of the contract is refused', async () => {
  const store = memoryDatasetStore();
  const client = clientOf(store);
  const file = new File(['age,sex,ill\n50,male,\n51,male,\n52,male,1\n'], 'a.csv');
  const ruled: TableContract = { ...contract, rules: [{ type: 'unique', column: 'age' }] };
  await client.import({
    source: { type: 'files', files: [{ path: 'a.csv', file }] },
    ...{ contract: ruled, federation: null, datasetName: 'a', dataset: null, keepsUnlabelled: true },
  });
  const first = await branched(store, client, [[0, 'ill', 'yes']], [[1, 'ill', 'no']]);
  const merge = { type: 'merge', dataset: 'set', choices: { rest: null, each: {} } } as const;
  const { record } = await asked(client, 'merged', { ...merge, ...first });
  expect(record).toMatchObject({ count: 3, classCounts: [1, 2] });
  const second = await branched(store, client, [[0, 'age', '60']], [[1, 'age', '60']]);
  await expect(client.ask({ ...merge, ...second })).rejects.toMatchObject({
    kind: 'not-merged',
    message: expect.stringMatching(/“age” must be different.* rows 1 and 2/),
  });
  expect((await store.history('set'))?.head).toBe(second.onto);
});

test('rows lie in a plane, some of them are read by their numbers, and what is not waited for any more is stopped', async () => {
  const client = clientOf(memoryDatasetStore());
  await imported(client);
  const question = { type: 'project', dataset: 'set', alike: null, method: 'axes' } as const;
  const { projection } = await asked(client, 'projected', question);
  expect([...projection.rows]).toEqual([0, 1, 2, 3]);
  // Rows 1 and 4 are alike in all.
  expect(projection.places.slice(0, 2)).toEqual(projection.places.slice(6, 8));
  const { rows } = await asked(client, 'rows', { type: 'rows-at', dataset: 'set', rows: [2, 0, 9] });
  expect(rows).toMatchObject({
    kind: 'table',
    rows: [
      ['', 'male', 'no'],
      ['61.5', 'female', 'no'],
    ],
  });
  const stop = new AbortController();
  const waited = client.ask({ ...question, method: 'neighbours' }, undefined, stop.signal);
  stop.abort(new Error('stopped'));
  await expect(waited).rejects.toThrow('stopped');
  await expect(client.ask({ ...question, alike: 'age' })).rejects.toThrow(
    'no column “age” to compare rows by',
  );
});

test('rows are counted as a survey would count them; one that they cannot answer is refused', async () => {
  const client = clientOf(memoryDatasetStore());
  await imported(client);
  const question: Question = [
    { statistic: 'target' },
    { statistic: 'distributions', columns: ['age', 'sex'], bins: 8 },
  ];
  const { figures } = await asked(client, 'measured', { type: 'measure', dataset: 'set', question });
  expect(figures).toMatchObject([
    {
      classes: [
        { label: 'no', count: 3 },
        { label: 'yes', count: 1 },
      ],
    },
    {
      columns: [
        { name: 'age', missing: 1, histogram: { counts: [0, 0, 1, 0, 2, 0, 0, 0] } },
        { name: 'sex', categories: [{ count: 2 }, { count: 2 }] },
      ],
    },
  ]);
  const other: Question = [{ statistic: 'distributions', columns: ['weight'], bins: 8 }];
  await expect(client.ask({ type: 'measure', dataset: 'set', question: other })).rejects.toThrow('weight');
});
