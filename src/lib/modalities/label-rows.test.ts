// Rows that come without a label, are labelled here, and are then what an import with these labels would have made of them.
import { expect, test } from 'vitest';
import { memoryDatasetStore } from '../adapters/memory/datasets.ts';
import type { TableContract } from '../core/data/contract.ts';
import { countUnlabelled } from '../core/data/class-counts.ts';
import { joinExamples, UNLABELLED, type Examples } from '../core/data/examples.ts';
import { applyChange } from '../core/data/row-change.ts';
import { readOwnRows } from '../participant/own-rows.ts';
import { storedData } from '../participant/workbench/stored-data.ts';
import { changeOf } from './edit-dataset.ts';
import { openDataset } from './explore-dataset.ts';
import { importFiles } from './import.ts';
import { labelChange } from './label-rows.ts';
import { sourceOfText } from './source-file.ts';
import { usuallyHeldOut } from '../participant/workbench/rows-held-out.ts';

const contract: TableContract = {
  kind: 'table',
  columns: [
    {
      type: 'number',
      name: 'age',
      minimum: 0,
      maximum: 120,
      missingAllowed: false,
      mean: 50,
      standardDeviation: 10,
    },
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

async function read(text: string, keepsUnlabelled: boolean) {
  const parts: Examples[] = [];
  const sink = { append: (examples: Examples) => Promise.resolve(void parts.push(examples)) };
  const decodeImage = () => Promise.reject(new Error('no pictures'));
  const outcome = await importFiles([sourceOfText('rows.csv', text)], contract, sink, {
    decodeImage,
    keepsUnlabelled,
  });
  return { ...outcome.report, examples: joinExamples(parts) };
}

/** Rows 2 and 3 are alike in all but their label, which is to come. */
const bare = 'age,ill\n61,0\n44,\n44,?\n30,1\n';

test('a row without its class is refused, unless it is to be labelled here', async () => {
  const refused = await read(bare, false);
  expect([refused.accepted, refused.refusedByKind]).toEqual([2, { 'missing-value': 2 }]);
  const kept = await read(bare, true);
  expect([kept.accepted, kept.refused]).toEqual([4, 0]);
  expect([...kept.examples!.targets]).toEqual([0, UNLABELLED, UNLABELLED, 1]);
  // A class that is written wrongly is no missing one.
  expect((await read('age,ill\n61,maybe\n', true)).refusedByKind).toEqual({ 'unknown-class': 1 });
});

test('labelled, rows are bit for bit what an import with these labels makes, alike rows too', async () => {
  const { examples } = await read(bare, true);
  const labelled = { type: 'labels', labels: [2, 1].map((row) => ({ row, label: 0 })) } as const;
  const change = changeOf(openDataset(contract, examples!), labelled);
  if (!change.ok) throw new Error(change.error);
  const { examples: imported } = await read('age,ill\n61,0\n44,0\n44,0\n30,1\n', false);
  expect(applyChange(examples!, change.value)).toEqual(imported);
  // And the way back.
  const back = labelChange(openDataset(contract, imported!), [
    { row: 1, label: UNLABELLED },
    { row: 2, label: UNLABELLED },
    { row: 3, label: 1 },
  ]);
  if (!back.ok) throw new Error(back.error);
  expect(applyChange(imported!, back.value)).toEqual(examples);
});

test('a label that is none, a row that is not there and what changes nothing are refused in sentences', async () => {
  const opened = openDataset(contract, (await read(bare, true)).examples!);
  expect(labelChange(opened, [{ row: 0, label: 2 }])).toMatchObject({
    ok: false,
    error: expect.stringContaining('row 1 was to be of class 3'),
  });
  expect(labelChange(opened, [{ row: 4, label: 0 }]).ok).toBe(false);
  expect(labelChange(opened, [{ row: 3, label: 1 }])).toMatchObject({
    error: expect.stringContaining('already'),
  });
  // Another cell of a row without a label can be mended, and stays without one.
  const mended = changeOf(opened, { type: 'cell', row: 1, column: 'age', text: '45' });
  if (!mended.ok) throw new Error(mended.error);
  expect(mended.value.examples?.targets[0]).toBe(UNLABELLED);
});

test('nobody learns from a row without a label, nor judges by it: counts, rounds and the workbench leave it out and say so', async () => {
  const lines = Array.from({ length: 60 }, (_, row) => `${row + 20},${row % 3 === 0 ? '' : row % 2}`);
  const { examples } = await read(`age,ill\n${lines.join('\n')}\n`, true);
  const store = memoryDatasetStore();
  const draft = { id: 'set', federation: null, name: 'set', contract, source: 'rows.csv' };
  const writer = await store.write(draft);
  await writer.append(examples!, 60);
  const record = await writer.finish();
  expect([record.count, record.classCounts, countUnlabelled(record)]).toEqual([60, [20, 20], 20]);
  const own = await readOwnRows(store, 'set');
  expect(own!.training.count + own!.heldOut.count).toBe(40);
  expect(own!.unlabelled).toBe(20);
  expect([...own!.training.targets, ...own!.heldOut.targets]).not.toContain(UNLABELLED);
  const data = storedData(contract, examples!, 'ill', usuallyHeldOut);
  if (!data.ok) throw new Error(data.error.message);
  expect(data.value.training.count + data.value.heldOut.count).toBe(40);
  expect(data.value.notes).toContain('20 rows without a value of “ill” are left out.');
});
