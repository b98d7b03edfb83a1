import * as v from 'valibot';
import { expect, test } from 'vitest';
import { FederationId } from '../core/ids.ts';
import { createMemoryParticipantStore } from '../adapters/memory/participant-store.ts';
import { memoryDatasetStore } from '../adapters/memory/datasets.ts';
import { memoryRunStore } from '../adapters/memory/runs.ts';
import { begunRun } from '../../../test/contract/run-store.ts';
import { numbered } from '../../../test/contract/dataset-store.ts';
import { checkpoint, entry, receipt } from '../../../test/contract/participant-store.ts';
import { spec } from '../../../test/doubles/scripted-federation.ts';
import { memoryTabs } from '../../../test/doubles/memory-holds.ts';
import { joinedKey, readJoined, writeJoined } from '../participant/joined.ts';
import { checkpointKey, controlKey, nextControlKey, residualKey } from '../participant/round-keys.ts';
import type { RunRecord, TrainedBench } from '../participant/workbench/run-record.ts';
import { localModelId } from '../workers/cut-off-runs.ts';
import { keptCheckpoints, keptKey } from '../workers/kept-checkpoints.ts';
import { localRunList } from '../workers/local-run-list.ts';
import { eraseDataset } from './erase-receipt.ts';
import { rowsHeld } from './rows-held.ts';

const federation = v.parse(FederationId, 'digits');
/** Left since, and joined with another dataset. */
const [herons, storks] = [v.parse(FederationId, 'herons'), v.parse(FederationId, 'storks')];
const vectorKeys = [residualKey, controlKey, nextControlKey];

/** A dataset of a federation, with one of everything that may hold its rows, and the same of another dataset. */
async function device() {
  const datasets = memoryDatasetStore();
  const contract = {
    kind: 'image' as const,
    height: 2,
    width: 2,
    channels: 1 as const,
    classes: ['left', 'right'],
  };
  const writer = await datasets.write({ id: 'own', federation, name: 'heron', contract, source: 'a.zip' });
  await writer.append(numbered(0, 4), 4);
  const record = await writer.finish();
  const runs = memoryRunStore();
  const participant = createMemoryParticipantStore();
  const { holds } = memoryTabs().open();
  const kept = keptCheckpoints(participant, holds);
  const list = localRunList(participant, holds);
  for (const dataset of ['own', 'another']) {
    const of = (id: string, outcome: RunRecord['outcome']): RunRecord => {
      const run = begunRun(`${id} of ${dataset}`, { outcome });
      return { ...run, dataset: { ...run.dataset, id: dataset } };
    };
    const trained = {} as TrainedBench;
    const ended = (holdsRows: boolean) =>
      ({ type: 'finished', trained, model: { bytes: 1, holdsRows } }) as const;
    await runs.put(of('k-nn', ended(true)), Uint8Array.of(1));
    await runs.put(of('forest', ended(false)), Uint8Array.of(1));
    await runs.put(of('search', { type: 'stopped' }));
    const { network, plan } = spec;
    const settings = { id: `alone on ${dataset}`, dataset, name: '', network, plan, backend: null };
    await list.keep({ ...settings, metric: 'accuracy' });
    await participant.checkpoints.put({ ...checkpoint, key: localModelId(settings.id) });
    await kept.keep({ ...settings, metric: 'accuracy' }, checkpoint, 7);
  }
  await participant.outbox.put({ ...entry(1), rows: { dataset: 'own', withheld: [] } });
  await participant.outbox.put({ ...entry(2), rows: { dataset: 'another', withheld: [] } });
  await participant.outbox.put(entry(3));
  await participant.checkpoints.put({ ...checkpoint, key: checkpointKey(federation) });
  await participant.receipts.put(receipt(1, herons));
  for (const key of vectorKeys)
    for (const of of [federation, herons, storks]) await participant.vectors.put(key(of), Float32Array.of(1));
  const joined = { name: null, backend: null, tags: [], invitation: null, leftOfOthers: false };
  for (const [of, dataset] of [
    [federation, 'own'],
    [storks, 'another'],
  ] as const)
    await writeJoined(participant, of, {
      ...joined,
      federation: of,
      dataset,
      pausedAt: null,
      joinedAt: 1,
      surveys: 0,
      terms: null,
    });
  return { datasets, record, runs, participant, holds, kept, list };
}

test('erasing a dataset erases what else holds its rows, names it beforehand and in the receipt, and touches nothing else', async () => {
  const { datasets, record, runs, participant, holds, kept, list } = await device();
  const holding = () => rowsHeld({ runs, participant, holds }, record);
  const told = (await holding()).held.map(({ what }) => what);
  expect(told).toEqual([
    expect.stringMatching(/^The model of the run “Search for nests” of .*, which is made of rows/),
    expect.stringMatching(/^What the run “Search for nests” of .* had learnt when it ended early/),
    'Checkpoints of a training alone: no run can go on from them',
    'The update of round 1 of digits, which was not sent yet',
    'The update of round 3 of digits, which was not sent yet',
    'What rounds of digits left for the next one',
    'What rounds of herons left for the next one',
  ]);
  expect((await eraseDataset(datasets, 'own', holding))?.also).toEqual(told);
  expect(await datasets.read('own')).toBeUndefined();
  expect(await runs.model('k-nn of own')).toBeUndefined();
  expect(await runs.model('forest of own')).toBeDefined();
  expect(await runs.model('k-nn of another')).toBeDefined();
  expect((await participant.outbox.list(federation)).map(({ round }) => round)).toEqual([2]);
  expect(await participant.checkpoints.get(checkpointKey(federation))).toBeUndefined();
  for (const key of vectorKeys) {
    for (const of of [federation, herons])
      expect(await participant.vectors.get(key(of)), key(of)).toBeUndefined();
    expect(await participant.vectors.get(key(storks)), key(storks)).toBeDefined();
  }
  for (const [dataset, isThere] of [
    ['own', false],
    ['another', true],
  ] as const) {
    const id = `alone on ${dataset}`;
    expect((await participant.checkpoints.get(localModelId(id))) !== undefined).toBe(isThere);
    expect((await participant.checkpoints.get(keptKey(id, 7))) !== undefined).toBe(isThere);
    expect((await list.read()).some((one) => one.id === id)).toBe(isThere);
    expect((await kept.list()).some(({ settings }) => settings.id === id)).toBe(isThere);
  }
  // Unfinished runs stay listed, with nothing in them to go on from: only those are told again.
  expect((await holding()).held).toHaveLength(1);
});

test('what lies here since an earlier program joined with other data may be of any: it goes with each', async () => {
  const { record, runs, participant, holds } = await device();
  const told = async () =>
    (await rowsHeld({ runs, participant, holds }, { ...record, id: 'third', federation: null })).held.map(
      ({ what }) => what,
    );
  expect(await told()).toEqual(['What rounds of herons left for the next one']);
  const { leftOfOthers: _, ...earlier } = (await readJoined(participant, storks))!;
  await participant.settings.put(joinedKey(storks), earlier);
  expect(await told()).toContain('What rounds of storks left for the next one');
});

test('what another tab writes of the rows while they are erased goes too, before the receipt is given', async () => {
  const { datasets, record, runs, participant, holds } = await device();
  const busily = {
    ...datasets,
    async delete(id: string) {
      await participant.checkpoints.put({ ...checkpoint, key: checkpointKey(federation) });
      await datasets.delete(id);
    },
  };
  const erased = await eraseDataset(busily, 'own', () => rowsHeld({ runs, participant, holds }, record));
  expect(erased).toBeDefined();
  expect(await participant.checkpoints.get(checkpointKey(federation))).toBeUndefined();
});

test('a dataset that a run trains on now is not erased behind its back: the run would write its rows anew', async () => {
  const { datasets, record, runs, participant, holds } = await device();
  const holding = () => rowsHeld({ runs, participant, holds }, record);
  const letGo = await holds.take('search of own');
  await expect(eraseDataset(datasets, 'own', holding)).rejects.toThrow(
    /^“heron” is learnt from now, by the run “Search for nests” of .*\. Stop that first/,
  );
  expect(await datasets.read('own')).toBeDefined();
  expect(await runs.model('k-nn of own')).toBeDefined();
  letGo?.();
  expect(await eraseDataset(datasets, 'own', holding)).toBeDefined();
});
