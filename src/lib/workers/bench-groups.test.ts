// Groups in the workbench worker: rows opened without a target, a run that is kept and had again, and the rows in their groups.
import { expect, test } from 'vitest';
import { memoryRunStore } from '../adapters/memory/runs.ts';
import type { TableContract } from '../core/data/contract.ts';
import { groupData } from '../participant/workbench/grouping/group-data.ts';
import { readRawTable } from '../modalities/raw-table.ts';
import { sourceOfText } from '../modalities/source-file.ts';
import { DatasetGroups } from '../state/dataset-groups.svelte.ts';
import { factsOf } from '../state/run-facts.ts';
import { clientOf, readCsv, storeOf } from './bench.fixture.ts';
import type { EndedGroups } from './bench-messages.ts';

const number = (name: string, mean: number, standardDeviation: number) =>
  ({
    type: 'number',
    name,
    minimum: null,
    maximum: null,
    missingAllowed: true,
    mean,
    standardDeviation,
  }) as const;
const contract: TableContract = {
  kind: 'table',
  columns: [number('plant', 30, 17), number('height', 8, 9), number('leaves', 160, 170)],
  target: {
    type: 'classes',
    name: 'kind',
    classes: ['bush', 'tree'].map((label) => ({ label, values: [label] })),
  },
};
const rows = Array.from({ length: 60 }, (_, row) => {
  const isTree = row % 3 === 0;
  return `${row + 1},${(isTree ? 20 : 2) + (row % 5) / 4},${row === 4 ? '' : (isTree ? 400 : 40) + (row % 7)},${isTree ? 'tree' : 'bush'}`;
});
const going = new AbortController().signal;

test('groups are found of rows of this browser, kept as a run, had again to the bit, and laid out', async () => {
  const runs = memoryRunStore();
  const store = await storeOf(
    contract,
    await readCsv(contract, ['plant,height,leaves,kind', ...rows].join('\n')),
  );
  const client = clientOf(store, { runs });
  const page = new DatasetGroups('set', client);
  await page.open({ target: 'kind', without: [] });
  expect(page.opened?.naming).toEqual([{ name: 'plant', why: 'every row has a value of its own.' }]);
  expect(page.opened?.notes[0]).toContain('“plant” may name rows');
  await page.open({ target: 'kind', without: ['plant'] });
  expect(page.opened?.used).toEqual(['height', 'leaves']);
  await page.find({ model: 'k-means:restarts=2', seed: 3 });
  const { following } = page.run;
  if (following.phase !== 'ended' || following.ended.kind !== 'grouped') throw new Error(following.phase);
  const { run, found } = following.ended;
  expect(found.verdict).toBe('groups');
  expect(found.groups.map(({ rows: own }) => own)).toEqual([40, 20]);
  const kept = await runs.read(run);
  expect(kept?.record.outcome).toEqual({
    type: 'grouped',
    found,
    model: { bytes: (await runs.model(run))?.byteLength, holdsRows: false },
  });
  expect(kept && factsOf(kept, false)).toMatchObject({
    name: '2 groups by k-means',
    status: 'finished',
    params: { model: 'k-means', k: 0, target: 'kind', seed: 3 },
    metrics: { groups: { value: 2 }, adjusted_rand: { value: 1 } },
  });

  const again = await client.run({ name: 'again', run, engine: null }, () => {}, going);
  expect(again).toMatchObject({ kind: 'grouped', isSame: true } satisfies Partial<EndedGroups>);
  const looked = await client.lookGroups(run);
  if ('type' in looked) throw new Error(looked.message);
  expect([...looked.groupOf]).toEqual(rows.map((_, row) => (row % 3 === 0 ? 1 : 0)));
  expect(looked.typical.map((typical) => typical.every(({ place }) => place % 3 === 0))).toEqual([
    false,
    true,
  ]);
  expect(looked.header).toEqual(['plant', 'height', 'leaves', 'kind']);
  const text = await client.rows(run, 'grouped-rows');
  expect(String(text).split('\r\n').slice(0, 3)).toEqual([
    'plant,height,leaves,kind,group',
    '1,20,400,tree,group 2',
    '2,2.25,41,bush,group 1',
  ]);
  expect(await client.predict(run, { type: 'text', text: 'height,leaves\n21,\n' })).toMatchObject({
    predictions: [{ says: 'group 2' }],
  });
  // The rows as a file are the same rows to the command line.
  const saved = await readRawTable([sourceOfText('rows.csv', String(await client.rows(run)))], '');
  const read = saved.ok ? groupData(saved.value, { target: 'kind', without: ['plant'] }) : saved;
  expect(read.ok && [read.value.digest, read.value.preparation.digest]).toEqual([
    found.data,
    page.opened?.preparation.digest,
  ]);
  const branch = { name: 'branch' as const, run, step: 1, learningRate: 0.1, localEpochs: 1 };
  expect(await client.run(branch, () => {}, going)).toMatchObject({ type: 'refused' });

  // Rows whose kind nobody asks about are grouped by it, too; the last of a file that are the same in all are refused with what to do.
  await page.open({ target: null, without: ['plant'] });
  expect(page.opened?.used).toEqual(['height', 'leaves', 'kind']);
  await page.open({ target: 'kind', without: ['plant', 'height', 'leaves'] });
  expect(page.opening).toMatchObject({ phase: 'unusable' });
});

test('a run that was stopped goes on, and comes to the groups that it would have found', async () => {
  const runs = memoryRunStore();
  const store = await storeOf(
    contract,
    await readCsv(contract, ['plant,height,leaves,kind', ...rows].join('\n')),
  );
  const page = new DatasetGroups('set', clientOf(store, { runs }));
  await page.open({ target: 'kind', without: ['plant'] });
  const finding = page.find({ model: 'k-means:k=2,restarts=30', seed: 3 });
  page.run.stop();
  await finding;
  expect(page.run.following.phase).toBe('stopped');
  const [cut] = await runs.list();
  expect(cut?.record.outcome).toEqual({ type: 'stopped' });
  const whole = await clientOf(store, { runs }).run(
    { name: 'resume', run: cut?.record.id ?? '', isEnough: false },
    () => {},
    going,
  );
  expect(whole).toMatchObject({ kind: 'grouped', found: { groups: [{ rows: 40 }, { rows: 20 }] } });
});

test('columns of few values can be held against, a number spelt twice once', () => {
  const table = {
    header: ['a', 'code', 'many'],
    rows: Array.from({ length: 30 }, (_, row) => [String(row % 9), row % 2 === 0 ? '1' : '1.0', `m${row}`]),
    numbers: Array.from({ length: 30 }, (_, row) => row + 1),
    files: [],
    unreadable: 0,
    firstProblem: undefined,
  };
  const data = groupData(table, { target: null, without: [] });
  expect(data.ok && data.value.comparable.map(({ name, values }) => [name, values.length])).toEqual([
    ['a', 9],
  ]);
  expect(data.ok && data.value.leftOut.map(({ name }) => name)).toEqual(['code', 'many']);
});
