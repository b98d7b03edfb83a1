// A split that is kept beside a dataset: found by the first run, gone by as rows come and go, and drawn anew where somebody asks for it.
import { expect, test } from 'vitest';
import { memoryRunStore } from '../adapters/memory/runs.ts';
import { patientCohortContract, patientCohortCsv } from '../modalities/table/sample-patient-cohort.ts';
import { usuallyHeldOut } from '../participant/workbench/rows-held-out.ts';
import { DatasetTraining } from '../state/dataset-training.svelte.ts';
import { clientOf, ofTarget, readCsv, storeOf, wishes } from './bench.fixture.ts';
import { dataOpener } from './bench-data-opened.ts';

const target = patientCohortContract.target.name;
const rowsOf = (seed: number, count: number) => readCsv(patientCohortContract, patientCohortCsv(seed, count));

test('the split of the first run is kept with the dataset, whatever rows and recipes come, until it is drawn anew', async () => {
  const [store, runs] = [await storeOf(patientCohortContract, await rowsOf(1, 200)), memoryRunStore()];
  const client = clientOf(store, { runs });
  const page = new DatasetTraining('set', client);
  const opener = dataOpener(() => Promise.resolve(store));
  const asked = { target, recipe: null, series: null, split: usuallyHeldOut };
  const heldOut = async (isAnew: boolean): Promise<string[]> => {
    const { data } = await opener.open('set', { ...asked, split: { ...usuallyHeldOut, isAnew } });
    return Array.from({ length: data.heldOut.count }, (_, row) => data.heldOutRow(row).join(','));
  };
  const shown = async () => {
    await page.part();
    if (page.parting.phase !== 'shown') throw new Error(`It is ${page.parting.phase}.`);
    return page.parting.shown;
  };
  const trained = async () => {
    await page.train(wishes);
    if (page.run.following.phase !== 'ended') throw new Error(`It is ${page.run.following.phase}.`);
    const { run } = ofTarget(page.run.following.ended);
    const { manifest } = (await runs.read(run))!.record;
    return { run, split: manifest.split, setup: manifest.setup };
  };

  await page.open(target);
  expect((await shown()).kept).toBeNull();
  const then = await heldOut(false);
  const first = await trained();
  expect((await shown()).kept).toMatchObject({ run: first.run });
  expect(await heldOut(false)).toEqual(then);

  // One row is gone, and as many as there were have come.
  const change = {
    replaced: new Uint32Array(0),
    removed: Uint32Array.of(0),
    examples: await rowsOf(2, 200),
  };
  await store.commit('set', page.opened!.version, change, 'grown');
  await page.open(target);
  const isOld = new Set(then);
  const [gone] = (await opener.open('set', asked, 0)).data.heldOutPlace(0) === 1 ? then : [];
  expect((await heldOut(false)).filter((row) => isOld.has(row))).toEqual(then.filter((row) => row !== gone));
  const early = await opener.open('set', asked, 0);
  expect(early.data.kept).toEqual(first.split);
  const second = await trained();
  expect(second.split).toEqual(first.split);
  expect((await shown()).kept).toMatchObject({ run: first.run });

  // Shown beforehand, and kept with the run that is made by it.
  const anew = { ...usuallyHeldOut, isAnew: true };
  page.splitOtherwise(anew);
  const before = await shown();
  expect(before.kept).toMatchObject({ run: first.run });
  expect(before.heldOut.rows).toBe((await heldOut(true)).length);
  const third = await trained();
  expect(third.split).not.toEqual(first.split);
  expect(third.setup).not.toHaveProperty('isAnew');
  expect(page.keepSplit()).toEqual(usuallyHeldOut);
  expect((await shown()).kept).toMatchObject({ run: third.run });
  // Of another share another is kept.
  page.splitOtherwise({ ...usuallyHeldOut, heldOut: 0.3 });
  expect((await shown()).kept).toBeNull();

  // The runs before it are had again by their own.
  for (const { run, split } of [first, second]) {
    const again = await client.run(
      { name: 'again', run, engine: null },
      () => {},
      new AbortController().signal,
    );
    expect(again).toMatchObject({ isSame: true });
    expect((await runs.list()).find(({ record }) => record.again?.of === run)?.record.manifest.split).toEqual(
      split,
    );
  }
  page.close();
});

test('a split that a later version keeps is left as it is, and said', async () => {
  const store = await storeOf(patientCohortContract, await rowsOf(1, 100));
  await store.keepSplits('set', () => [{ version: 2 }]);
  const page = new DatasetTraining('set', clientOf(store));
  await page.open(target);
  expect(page.opening).toMatchObject({
    phase: 'unusable',
    message: expect.stringContaining('a later version’s'),
  });
  expect(await store.splits('set')).toEqual([{ version: 2 }]);
});

test('where the kept split cannot be gone by it is said that one can be drawn anew, and that is all that it takes', async () => {
  const store = await storeOf(patientCohortContract, await rowsOf(1, 100));
  const page = new DatasetTraining('set', clientOf(store));
  await page.open(target);
  await page.train(wishes);
  // As where the column has gone since, or was called otherwise.
  const gone = (known: unknown) =>
    JSON.parse(JSON.stringify(known).replace('"columns":["', '"columns":["gone","'));
  await store.keepSplits('set', gone);
  await page.open(target);
  expect(page.opening).toMatchObject({
    phase: 'unusable',
    message: expect.stringMatching(/“gone”, which is not there any more\. Draw the split anew\.$/),
    canDrawAnew: true,
  });
  await page.open(target, undefined, null, { ...usuallyHeldOut, isAnew: true });
  expect(page.opening.phase).toBe('ready');
  await page.part();
  expect(page.parting).toMatchObject({ phase: 'shown' });
  page.splitOtherwise(usuallyHeldOut);
  await page.part();
  expect(page.parting).toMatchObject({ phase: 'failed', canDrawAnew: true });
});

test('a run that is stopped before anything was judged leaves no split behind; gone on with, it does', async () => {
  const [store, runs] = [await storeOf(patientCohortContract, await rowsOf(1, 100)), memoryRunStore()];
  const client = clientOf(store, { runs });
  const page = new DatasetTraining('set', client);
  await page.open(target);
  const stop = new AbortController();
  const asked = { target, recipe: null, series: null, split: usuallyHeldOut };
  const { version } = page.opened!;
  const wish = { name: 'train', dataset: 'set', version, ...asked, training: wishes } as const;
  await expect(
    client.run(wish, (event) => event.type === 'begun' && stop.abort(), stop.signal),
  ).rejects.toThrow();
  const [{ record } = { record: undefined }] = await runs.list();
  expect(record).toMatchObject({ outcome: { type: 'stopped' }, baselines: [] });
  expect(await store.splits('set')).toBeUndefined();
  const resumed = { name: 'resume', run: record!.id, isEnough: false } as const;
  await client.run(resumed, () => {}, new AbortController().signal);
  expect(await store.splits('set')).toMatchObject([{ run: record!.id, split: record!.manifest.split }]);
});
