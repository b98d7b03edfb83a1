// A kept dataset learnt from by the workbench worker's own handler: the same rows, digest and figures as by the command line.
import { spoiled } from '../../../test/doubles/spoiled-trainer.ts';
import { withoutTimes } from '../../../test/support/without-times.ts';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { runTraining } from '../../../server/train/run-training.ts';
import type { DatasetVersion } from '../core/ids.ts';
import { memoryRunStore } from '../adapters/memory/runs.ts';
import { createSystemClock } from '../adapters/system-clock.ts';
import type { NetworkSpec } from '../core/model/spec.ts';
import { augmented } from '../core/augmentation.fixture.ts';
import { exampleShape, type TableContract } from '../core/data/contract.ts';
import { recipeDigest, recipeJson, usualRecipe, usualStep, type Recipe } from '../core/recipe/recipe.ts';
import { importSample } from '../modalities/import.ts';
import { sourceOfText } from '../modalities/source-file.ts';
import { storedTable } from '../modalities/stored-table.ts';
import { drawnDigitsContract } from '../modalities/image/sample-drawn-digits.ts';
import { patientCohortContract, patientCohortCsv } from '../modalities/table/sample-patient-cohort.ts';
import { tableData, type TableSettings } from '../participant/workbench/bench-data.ts';
import { benchModelNamed, chosenWith } from '../participant/workbench/models.ts';
import { possibleTargets } from '../participant/workbench/possible-targets.ts';
import { readModelFile } from '../participant/workbench/model-file.ts';
import { runBench } from '../participant/workbench/run-bench.ts';
import type { RunStore } from '../participant/workbench/run-record.ts';
import { storedData } from '../participant/workbench/stored-data.ts';
import { StorageFull } from '../ports/dataset-store.ts';
import { benchAlarmSentence } from '../state/alarm-words.ts';
import { DatasetTraining } from '../state/dataset-training.svelte.ts';
import { BenchClient } from './bench-client.ts';
import {
  clientOf,
  endedBy,
  ofTarget,
  openedBy,
  read,
  readCsv,
  shapes,
  shapesCsv,
  storeOf,
  trainedBy,
  wishes,
} from './bench.fixture.ts';
import { usuallyHeldOut, type RowsHeldOut } from '../participant/workbench/rows-held-out.ts';
import type { SplitShown } from '../participant/workbench/split-shown.ts';

const clock = createSystemClock();
const surroundings = {
  clock,
  openEngine: () => Promise.reject(new Error('No network is trained here.')),
};

const usual: TableSettings = {
  target: '',
  kind: null,
  without: [],
  heldOut: 0.2,
  group: null,
  time: null,
};
/** What the command line makes of a file. */
async function byCommand(text: string, settings: Partial<TableSettings>, model: string) {
  const data = await tableData([sourceOfText('table.csv', text)], { ...usual, ...settings });
  if (!data.ok) throw new Error(data.error);
  const chosen = chosenWith(benchModelNamed(model)!, {});
  const done = await runBench({ data: data.value, chosen, seed: 1 }, surroundings, () => {});
  if (!done.ok) throw new Error(done.error);
  return { data: data.value, result: done.value.result };
}

test('the same rows by the tab and by the command line have the same digest, figures and model', async () => {
  const byTab = await trainedBy(clientOf(await storeOf(shapes, await readCsv(shapes, shapesCsv))), 'area', {
    model: 'forest',
  });
  const { data, result } = await byCommand(shapesCsv, { target: 'area' }, 'forest');
  expect(byTab.data).toBe(data.digest);
  expect(byTab.result).toEqual(result);
  // Every held-out row has its error in the picture.
  expect(byTab.residuals?.counts.reduce((sum, count) => sum + count, 0)).toBe(data.heldOut.count);
  expect(byTab.analysis.importance[0]?.column).toBe('width');
});

test('a clinic’s table with gaps, codes and labels goes the same way, whichever column is foretold', async () => {
  const examples = await readCsv(patientCohortContract, patientCohortCsv(4, 120));
  const kept = storedTable(patientCohortContract, examples);
  if (!kept.ok) throw new Error(kept.error);
  const csv = [kept.value.header, ...kept.value.rows].map((row) => row.join(',')).join('\n');
  const client = clientOf(await storeOf(patientCohortContract, examples));
  const targets = possibleTargets(patientCohortContract);
  expect(targets[0]).toBe(patientCohortContract.target.name);
  let foretold = 0;
  for (const target of [targets[0]!, 'cholesterol', 'smoker']) {
    const model = target === 'cholesterol' ? 'linear' : 'rule';
    const byTab = await trainedBy(client, target, { model });
    const { data, result } = await byCommand(csv, { target }, model);
    expect([target, byTab.data]).toEqual([target, data.digest]);
    expect(byTab.result).toEqual(result);
    expect(byTab.result.baselines.map((one) => one.model)).toContain('constant');
    foretold += 1;
  }
  expect(foretold).toBe(3);
});

test('what a contract keeps in groups is held out in groups, though the column of the group is not kept', async () => {
  const grouped: TableContract = { ...shapes, rules: [{ type: 'group', column: 'box' }] };
  const [header = '', ...lines] = shapesCsv.split('\n');
  const text = [`box,${header}`, ...lines.map((line, row) => `b${row % 15},${line}`)].join('\n');
  const examples = await readCsv(grouped, text);
  const data = storedData(grouped, examples, 'area', usuallyHeldOut);
  if (!data.ok) throw new Error(data.error.message);
  const { training, heldOut, split } = data.value;
  expect(split).toContain('groups');
  expect(training.count + heldOut.count).toBe(90);
  // Fifteen boxes of six rows: a group is on one side as a whole.
  expect(heldOut.count % 6).toBe(0);
  expect(heldOut.count).toBeGreaterThan(0);
});

test('rows are held out as a person chose, shown by their parts, and as the command line does it', async () => {
  const runs = memoryRunStore();
  const client = clientOf(await storeOf(shapes, await readCsv(shapes, shapesCsv)), { runs });
  const page = new DatasetTraining('set', client);
  const partsOf = async (target: string, split: RowsHeldOut): Promise<SplitShown> => {
    await page.open(target, undefined, null, split);
    await page.part();
    if (page.parting.phase !== 'shown') throw new Error('Nothing is shown.');
    return page.parting.shown;
  };
  const wanted: readonly RowsHeldOut[] = [
    { heldOut: 0.3, stratify: false, group: null, time: null },
    { heldOut: 0.25, group: 'colour', time: null },
    { heldOut: 0.1, group: null, time: 'width' },
  ];
  for (const split of wanted) {
    const { training, heldOut } = await partsOf('area', split);
    await page.train({ ...wishes, folds: split.time === null ? 2 : null });
    const { data, result } = await byCommand(shapesCsv, { target: 'area', ...split }, 'rule');
    expect([training.rows, heldOut.rows]).toEqual([data.training.count, data.heldOut.count]);
    const { following } = page.run;
    if (following.phase !== 'ended') throw new Error(`It is ${following.phase}.`);
    const { run, trained } = ofTarget(following.ended);
    expect(trained.result).toEqual(result);
    expect(trained.crossValidation?.report.count).toBe(split.time === null ? 90 : undefined);
    expect((await runs.read(run))?.record.manifest.setup).toMatchObject(split);
    const again = await client.run(
      { name: 'again', run, engine: null },
      () => {},
      new AbortController().signal,
    );
    expect(again).toMatchObject({ isSame: true });
  }
  // Two of three rows are blue: of a third of the rows the reds come nearest to a quarter.
  const grouped = await partsOf('area', wanted[1]!);
  expect([grouped.training.groups, grouped.heldOut.groups, grouped.heldOut.rows]).toEqual([1, 1, 30]);
  expect(grouped.warnings.join()).toContain('One group has 67 % of all rows');
  expect((await partsOf('area', wanted[2]!)).from).toBe('9.1');
  // Five parts of the rows to learn from judge what a search tries.
  const usually = await partsOf('colour', usuallyHeldOut);
  expect(usually).toMatchObject({ labels: ['blue', 'red'], heldOut: { classes: [12, 6] }, from: null });
  expect(usually.search).toEqual({ rows: 14, parts: 5 });
  // What a person asks for while rows are read, but for the last, is not read.
  const early = page.open('area');
  await Promise.all([early, page.open('width'), page.open('colour')]);
  expect(page.opened?.target).toBe('colour');
});

test('a class that no held-out row has is named', async () => {
  const rare = { ...shapes, columns: [shapes.columns[0]!] };
  const three: TableContract = {
    ...rare,
    target: {
      type: 'classes',
      name: 'kind',
      classes: ['a', 'b', 'c'].map((label) => ({ label, values: [label] })),
    },
  };
  const lines = Array.from(
    { length: 60 },
    (_, row) => `${row},${row === 7 ? 'c' : row % 2 === 0 ? 'a' : 'b'}`,
  );
  const examples = await readCsv(three, ['width,kind', ...lines].join('\n'));
  const data = storedData(three, examples, 'kind', usuallyHeldOut);
  if (!data.ok) throw new Error(data.error.message);
  expect(data.value.notes.join()).toContain('No row of “c” is held out');
});

test('rows are prepared by the recipe that is asked for, as by the command line; a step that cannot be is named', async () => {
  const recipe: Recipe = {
    steps: [...usualRecipe.steps.slice(0, 4), usualStep('impute'), ...usualRecipe.steps.slice(4)],
  };
  const store = await storeOf(shapes, await readCsv(shapes, shapesCsv));
  const runs = memoryRunStore();
  const client = clientOf(store, { runs });
  const page = new DatasetTraining('set', client);
  await page.open('area', recipe);
  const { preparation } = page.opened ?? {};
  const byCommandLine = await tableData([sourceOfText('table.csv', shapesCsv)], {
    ...usual,
    target: 'area',
    recipe,
  });
  expect(preparation?.recipe).toBe(recipeDigest(recipe));
  expect(preparation?.digest).toBe(byCommandLine.ok && byCommandLine.value.preparation?.digest);
  expect(preparation?.reports.map(({ step }) => step)).toEqual(recipe.steps.map(({ step }) => step));
  expect(preparation?.found).toHaveLength(recipe.steps.length + 1);
  await page.train(wishes);
  // The run keeps the recipe, by which it is had again.
  expect(page.run.following.phase).toBe('ended');
  const [kept] = await runs.list();
  expect(kept?.record.manifest.setup.recipe).toEqual(recipeJson(recipe));
  const { signal } = new AbortController();
  const again = await client.run(
    { name: 'again', run: kept?.record.id ?? '', engine: null },
    () => {},
    signal,
  );
  expect(again).toMatchObject({ isSame: true });
  // Prepared otherwise, the same rows are other bits; undone, the same.
  await page.open('area', usualRecipe);
  expect(page.opened?.preparation?.digest).not.toBe(preparation?.digest);
  await page.open('area', recipe);
  expect(page.opened?.preparation?.digest).toBe(preparation?.digest);
  await page.open('area', { steps: [usualStep('trim'), usualStep('scale', { columns: ['width'] })] });
  expect(page.opening).toMatchObject({
    phase: 'unusable',
    message: expect.stringContaining('Step 2 (scale): “width” holds texts'),
    recipe: { step: 1, reports: [{ step: 'trim' }], found: [expect.anything(), expect.anything()] },
  });
  expect(
    await client.open({
      dataset: 'set',
      target: 'area',
      recipe: { steps: [] },
      series: null,
      split: usuallyHeldOut,
    }),
  ).toMatchObject({
    type: 'refused',
    message: expect.stringContaining('This is no recipe'),
  });
});

test('pictures are learnt from as they were read', async () => {
  const examples = await read(drawnDigitsContract, (sink) =>
    importSample({ sample: 'drawn-digits', seed: 3, count: 60 }, drawnDigitsContract, sink, {
      decodeImage: () => Promise.reject(new Error('no pictures')),
    }),
  );
  const client = clientOf(await storeOf(drawnDigitsContract, examples));
  const { models, usual: first, classes } = await openedBy(client, 'label');
  expect(classes).toHaveLength(10);
  expect(models.map((one) => one.name)).toContain(first);
  expect(models.map((one) => one.name)).not.toContain('linear');
});

test('pictures that would be varied are shown by the very pixels that training is given, and what varies none is refused', async () => {
  const examples = await read(drawnDigitsContract, (sink) =>
    importSample({ sample: 'drawn-digits', seed: 3, count: 60 }, drawnDigitsContract, sink, {
      decodeImage: () => Promise.reject(new Error('no pictures')),
    }),
  );
  const page = new DatasetTraining('set', clientOf(await storeOf(drawnDigitsContract, examples)));
  await page.open('label');
  const asked = page.vary({ model: 'cnn:flip=1,turn=20,cutout=0.2', layers: null, seed: 5 });
  // Asked for last is shown last, whichever is there first.
  await page.vary({ model: 'cnn:shift=0.2', layers: null, seed: 1 });
  await asked;
  const data = storedData(drawnDigitsContract, examples, 'label', usuallyHeldOut);
  if (!data.ok || page.varying.phase !== 'shown') throw new Error('Nothing was shown.');
  const { training, trainingPlace } = data.value;
  const how = { flip: false, shift: 0.2, turn: 0, light: 0, cutout: 0 };
  const { pictures, epochs } = page.varying.varied;
  expect(epochs).toBe(2);
  expect(pictures.map(({ shown }) => shown.length)).toEqual([4, 4, 4, 4]);
  for (const [at, { place, label, pixels, shown }] of pictures.entries()) {
    const row = Math.floor((at * training.count) / 4);
    const of = (values: ArrayLike<number>) => Array.from(values).slice(row * 784, (row + 1) * 784);
    expect([place, label]).toEqual([trainingPlace(row), String(training.targets[row])]);
    expect([...pixels]).toEqual(of(training.features));
    for (const [epoch, one] of shown.entries())
      expect([...one.pixels]).toEqual(
        of(augmented(training, exampleShape(drawnDigitsContract), how, 1, epoch)),
      );
  }
  for (const [model, message] of [
    ['cnn', 'These settings vary no pictures.'],
    ['cnn:shift=3', 'Move pictures of Convolutional network needs a number from 0 to 0.5, but got 3.'],
  ] as const) {
    await page.vary({ model, layers: null, seed: 1 });
    expect(page.varying).toEqual({ phase: 'failed', message });
  }
});

test('whether machine learning is right for the rows is told, with how far it is, and kept nowhere', async () => {
  const page = new DatasetTraining('set', clientOf(await storeOf(shapes, await readCsv(shapes, shapesCsv))));
  await page.open('area');
  const assessment = page.assessment(1)!;
  expect(assessment.state).toMatchObject({ phase: 'asking', share: 0 });
  await assessment.ask();
  expect(assessment.state).toMatchObject({
    phase: 'told',
    told: {
      verdict: expect.stringMatching(/^(local is enough|more rows would help)$/),
      curve: { of: 'rmse' },
    },
  });
});

test('progress is told on the way, and a run that is cancelled ends as cancelled', async () => {
  const store = await storeOf(
    patientCohortContract,
    await readCsv(patientCohortContract, patientCohortCsv(4, 120)),
  );
  const page = new DatasetTraining('set', clientOf(store));
  await page.open(patientCohortContract.target.name);
  expect(page.opening.phase).toBe('ready');
  const run = page.train({ ...wishes, model: 'auto', budgetMs: 600_000 });
  expect(page.run.following).toEqual({ phase: 'running', says: 'Baselines first', share: null });
  page.run.stop();
  expect(page.run.stopping).toBe(true);
  await run;
  expect(page.run.following).toEqual({ phase: 'stopped' });

  await page.train({ ...wishes, model: 'auto', trials: 1 });
  const { following } = page.run;
  expect(page.run.baselines.map((entry) => entry.model)).toEqual(['constant', 'rule', 'logistic', 'k-nn']);
  expect(following.phase === 'ended' && ofTarget(following.ended).trained.result.leaderboard).toHaveLength(1);
});

describe('a run', () => {
  const kept = async (count = 120) =>
    storeOf(patientCohortContract, await readCsv(patientCohortContract, patientCohortCsv(4, count)));
  const target = patientCohortContract.target.name;
  const going = new AbortController().signal;

  test('is kept with its model, which the command line reads, and is had again to the same bits', async () => {
    const runs = memoryRunStore();
    const client = clientOf(await kept(), { runs });
    const told: string[] = [];
    const { run, trained, isSame } = await endedBy(client, target, { model: 'forest:trees=5' }, (event) =>
      told.push(event.type),
    );
    expect(isSame).toBeNull();
    expect(told[0]).toBe('begun');
    const found = await runs.read(run);
    expect(found?.record).toMatchObject({
      outcome: { type: 'finished', trained, model: { holdsRows: false } },
      manifest: { setup: { target, model: 'forest:trees=5' }, data: trained.data, program: '0.0.1' },
      again: null,
    });
    expect(found?.record.baselines).toHaveLength(4);
    const file = readModelFile(new TextDecoder().decode(await runs.model(run)));
    expect(file.ok && file.value.chosen.options).toMatchObject({ trees: 5 });

    // Another tab, another day: nothing is in memory.
    // The same by the command line, of the rows and the manifest that the page saves.
    const folder = mkdtempSync(join(tmpdir(), 'tributary-runs-'));
    const rows = await client.rows(run);
    if (typeof rows !== 'string' || found === undefined) throw new Error('The rows were refused.');
    const { manifest } = found.record;
    writeFileSync(join(folder, manifest.setup.data[0]!), rows);
    const manifestFile = join(folder, 'run.json');
    writeFileSync(manifestFile, JSON.stringify(manifest));
    const byCommand = await runTraining(
      { type: 'again', directory: manifestFile, data: null, backend: null },
      { signal: going, say: () => {} },
    );
    rmSync(folder, { recursive: true });
    expect(byCommand).toMatchObject({ isSame: true, model: trained.result.model, data: trained.data });

    // What it says of rows that are pasted is what it said of them, the column to be foretold there or not.
    const [names = '', ...few] = rows.trim().split('\r\n').slice(0, 6);
    const predicted = await client.predict(run, { type: 'text', text: [names, ...few].join('\n') });
    if ('type' in predicted) throw new Error(predicted.message);
    expect(predicted.predictions.map((one) => one.row)).toEqual([1, 2, 3, 4, 5]);
    expect(predicted.predictions[0]?.explanation?.effects.length).toBeGreaterThan(2);
    expect(await client.predict(run, { type: 'text', text: 'weight\n3' })).toMatchObject({
      type: 'refused',
      message: expect.stringContaining('needs the columns'),
    });

    const again = await client.run({ name: 'again', run, engine: null }, () => {}, going);
    if ('type' in again) throw new Error(again.message);
    expect(again).toMatchObject({ isSame: true, trained: { result: trained.result } });
    expect((await runs.read(again.run))?.record).toMatchObject({ again: { of: run, isSame: true } });
    // Stopped before its end and gone on with, it is judged by the first one as well.
    const whole = (await runs.read(again.run))!.record;
    await runs.put({
      ...whole,
      outcome: { type: 'stopped' },
      manifest: { ...whole.manifest, finished: null },
      again: { of: run, isSame: null },
    });
    const goneOn = { name: 'resume' as const, run: again.run, isEnough: false };
    expect(await client.run(goneOn, () => {}, going)).toMatchObject({ isSame: true });
    expect((await runs.read(again.run))?.record).toMatchObject({ again: { of: run, isSame: true } });
    expect(await runs.list()).toHaveLength(2);
    expect(await client.run({ name: 'resume', run, isEnough: false }, () => {}, going)).toMatchObject({
      type: 'refused',
      message: expect.stringContaining('has finished'),
    });
  });

  test('is looked at: its worker opens the rows and the model again, and refuses what there is not', async () => {
    const store = await storeOf(shapes, await readCsv(shapes, shapesCsv));
    const runs = memoryRunStore();
    const { run, trained } = await endedBy(clientOf(store, { runs }), 'colour', { model: 'mlp:epochs=2' });
    const client = clientOf(store, { runs });
    const { report } = trained.result.model;
    const of = { type: 'cell', truth: 0, predicted: 0 } as const;
    expect(await client.look(run, { type: 'rows', of, from: 0 })).toMatchObject({
      rows: { total: report.type === 'classes' && report.confusion[0], header: ['width', 'colour', 'area'] },
    });
    expect(await client.look('none', { type: 'curves' })).toMatchObject({
      type: 'refused',
      message: expect.stringContaining('not in this browser'),
    });
    expect(await client.look(run, { type: 'picture-reasons', row: 0, way: 'grad-cam' })).toMatchObject({
      type: 'refused',
      message: expect.stringContaining('rows of a table'),
    });
  });

  test('of a search goes on after its tab was closed, with the end that it would have had', async () => {
    const datasets = await kept();
    const search = { model: 'auto', trials: 5 };
    const whole = await trainedBy(clientOf(datasets), target, search);

    // The tab is gone in the middle: its worker writes no more, and says nothing of it.
    const runs = memoryRunStore();
    let written = 0;
    const closing: RunStore = {
      ...runs,
      put: (record, model) =>
        record.manifest.trials.length > 2 ? new Promise(() => {}) : ((written += 1), runs.put(record, model)),
    };
    const client = clientOf(datasets, { runs: closing });
    const { version } = await openedBy(client, target);
    const training = { ...wishes, ...search };
    void client.run(
      {
        name: 'train',
        dataset: 'set',
        version,
        target,
        recipe: null,
        series: null,
        split: usuallyHeldOut,
        training,
      },
      () => {},
      going,
    );
    await vi.waitUntil(async () => (await runs.list())[0]?.record.manifest.trials.length === 2, 20_000);
    expect(written).toBeGreaterThan(2);
    const [cut] = await runs.list();
    expect(cut?.record.outcome).toEqual({ type: 'running' });

    const tried: number[] = [];
    const later = clientOf(datasets, { runs });
    const resumed = await later.run(
      { name: 'resume', run: cut!.record.id, isEnough: false },
      (event) => event.type === 'trial' && tried.push(event.number),
      going,
    );
    if ('type' in resumed) throw new Error(resumed.message);
    expect(tried).toEqual([1, 2, 3, 4, 5]);
    expect(withoutTimes(ofTarget(resumed).trained.result)).toEqual(withoutTimes(whole.result));
    const [ended] = await runs.list();
    expect(ended?.record.outcome.type).toBe('finished');
    expect(ended?.record.manifest.trials).toHaveLength(5);
    const again = await later.run({ name: 'again', run: cut!.record.id, engine: null }, () => {}, going);
    expect(again).toMatchObject({ isSame: true });
  });

  test('that is stopped is kept as stopped; one that cannot be written ends', async () => {
    const datasets = await kept();
    const runs = memoryRunStore();
    const stop = new AbortController();
    const client = clientOf(datasets, { runs });
    const { version } = await openedBy(client, target);
    const wish = {
      name: 'train' as const,
      dataset: 'set',
      version,
      target,
      recipe: null,
      series: null,
      split: usuallyHeldOut,
      training: { ...wishes, model: 'auto', trials: 50 },
    };
    const stopped = client.run(wish, (event) => event.type === 'trial' && stop.abort(), stop.signal);
    await expect(stopped).rejects.toThrow(/aborted/);
    const [record] = await runs.list();
    expect(record?.record.outcome).toEqual({ type: 'stopped' });
    expect(record?.record.manifest.trials.length).toBeGreaterThan(0);

    // What it had found is enough.
    const found = record!.record.manifest.trials.length;
    const ended = await client.run(
      { name: 'resume', run: record!.record.id, isEnough: true },
      () => {},
      going,
    );
    if ('type' in ended) throw new Error(ended.message);
    expect(ofTarget(ended).trained.result.trials).toBe(found);
    expect((await runs.list())[0]?.record.manifest.finished?.trials).toBe(found);

    let left = 3;
    const full: RunStore = {
      ...runs,
      put: (one) => ((left -= 1) < 0 ? Promise.reject(new StorageFull(1, 0)) : runs.put(one)),
    };
    await expect(clientOf(datasets, { runs: full }).run(wish, () => {}, going)).rejects.toThrow(
      /no room in this browser/,
    );
  });

  test('is refused where its rows are not kept any more, or another tab has it', async () => {
    const datasets = await kept();
    const runs = memoryRunStore();
    const { run } = await endedBy(clientOf(datasets, { runs }), target, { model: 'rule' });
    const client = clientOf(await kept(100), { runs });
    expect(await client.run({ name: 'again', run, engine: null }, () => {}, going)).toMatchObject({
      type: 'refused',
      message: expect.stringContaining('not kept any more'),
    });
    expect(await client.run({ name: 'again', run: 'none', engine: null }, () => {}, going)).toMatchObject({
      type: 'refused',
      message: expect.stringContaining('not in this browser'),
    });
  });
});

test('too few rows, a dataset that is gone and one that was changed are refused in sentences without flags', async () => {
  const few = await readCsv(shapes, shapesCsv.split('\n').slice(0, 4).join('\n'));
  const page = new DatasetTraining('set', clientOf(await storeOf(shapes, few)));
  await page.open('area');
  expect(page.opening).toMatchObject({
    phase: 'unusable',
    message: expect.stringContaining('Bring more rows'),
  });

  const store = await storeOf(shapes, await readCsv(shapes, shapesCsv));
  const client = clientOf(store);
  const opened = await openedBy(client, 'area');
  const { signal } = new AbortController();
  const request = {
    name: 'train' as const,
    dataset: 'set',
    version: opened.version,
    target: 'area',
    recipe: null,
    series: null,
    split: usuallyHeldOut,
    training: wishes,
  };
  expect(
    await client.run({ ...request, version: 'another' as typeof opened.version }, () => {}, signal),
  ).toMatchObject({ type: 'refused', message: expect.stringContaining('changed in another tab') });
  expect(
    await client.run({ ...request, training: { ...wishes, model: 'logistic' } }, () => {}, signal),
  ).toMatchObject({ type: 'refused', message: expect.stringContaining('does not suit these data') });
  await expect(
    client.open({ dataset: 'none', target: 'area', recipe: null, series: null, split: usuallyHeldOut }),
  ).rejects.toThrow('not in this browser');

  // Codes of more kinds than there may be classes: the command line would name its flag.
  const coded: TableContract = {
    ...shapes,
    columns: [
      shapes.columns[0]!,
      { ...shapes.columns[1]!, categories: Array.from({ length: 120 }, (_, code) => String(code)) },
    ] as TableContract['columns'],
  };
  const codes = ['width,colour,area', ...Array.from({ length: 120 }, (_, row) => `${row},${row},${row}`)];
  const answer = await clientOf(await storeOf(coded, await readCsv(coded, codes.join('\n')))).open({
    dataset: 'set',
    target: 'colour',
    recipe: null,
    series: null,
    split: usuallyHeldOut,
  });
  expect(answer).toMatchObject({ type: 'refused', message: expect.stringContaining('at most 100 classes') });
  expect(JSON.stringify(answer)).not.toContain('--');
});

test('a worker that is lost ends the run in a sentence', async () => {
  let lose = (): void => {};
  const client = new BenchClient(() => ({
    postMessage: () => lose(),
    addEventListener(type: string, listener: (event: never) => void) {
      if (type === 'error') lose = () => listener(new Event('error') as never);
    },
    terminate: () => undefined,
  }));
  const page = new DatasetTraining('set', client);
  await page.open('area');
  expect(page.opening).toMatchObject({
    phase: 'failed',
    message: expect.stringContaining('load the page again'),
  });
});

test('layers of one’s own learn one batch by heart, and on a frozen part they are had again from what is kept', async () => {
  const store = await storeOf(shapes, await readCsv(shapes, shapesCsv));
  const runs = memoryRunStore();
  const client = clientOf(store, { runs });
  const { version, contract } = await openedBy(client, 'area');
  const dense = (units: number, activation: 'linear' | 'tanh') =>
    ({ type: 'dense', units, activation, useBias: true }) as const;
  const inputShape = exampleShape(contract);
  const layers = {
    inputShape,
    layers: [dense(4, 'tanh'), dense(1, 'linear')],
    loss: 'mean-squared-error',
  } satisfies NetworkSpec;
  const { signal } = new AbortController();
  const told: number[] = [];
  const common = {
    dataset: 'set',
    version,
    target: 'area',
    recipe: null,
    series: null,
    split: usuallyHeldOut,
  };
  const heart = await client.overfit(
    { ...common, training: { model: 'layers:rate=0.05', layers, seed: 1 } },
    (loss) => told.push(loss),
    signal,
  );
  if ('type' in heart) throw new Error(heart.message);
  expect(heart.losses).toEqual(told);
  expect(heart.canLearn).toBe(true);
  expect(
    await client.overfit({ ...common, training: { model: 'tree', layers: null, seed: 1 } }, () => {}, signal),
  ).toMatchObject({ type: 'refused', message: expect.stringContaining('does not learn so') });

  const parameters = Float32Array.from(
    { length: 4 * (inputShape[0]! + 1) },
    (_, at) => ((at * 7) % 11) / 11 - 0.5,
  );
  const { run, trained } = await endedBy(client, 'area', {
    model: 'layers:epochs=2',
    layers,
    backbone: { layers: 1, parameters },
  });
  expect(trained.result.model.bytes).toBe(4 * (parameters.length + 5));
  expect((await runs.read(run))?.record.manifest.setup.backbone).toMatchObject({ layers: 1, path: null });
  expect(await client.run({ name: 'again', run, engine: null }, () => {}, signal)).toMatchObject({
    isSame: true,
  });
});

test('the network of a run stands still when its person asks, and goes on to the same bits', async () => {
  const store = await storeOf(shapes, await readCsv(shapes, shapesCsv));
  const own = { model: 'mlp:epochs=3' };
  const whole = await trainedBy(clientOf(store), 'area', own);
  const client = clientOf(store);
  const stood: boolean[] = [];
  let run = '';
  const paused = await trainedBy(client, 'area', own, (event) => {
    if (event.type === 'begun') ({ run } = event);
    if (event.type !== 'standing') return;
    stood.push(event.isPaused);
    // It is paused as it begins, and goes on once it stands.
    if (stood.length <= 2) void client.hand(run, event.isPaused ? 'resume' : 'pause');
  });
  expect(stood).toEqual([false, true, false]);
  expect(paused.result.model.digest).toBe(whole.result.model.digest);
  // Of one that has ended nothing is done.
  await expect(client.hand(run, 'pause')).resolves.toBe(true);
});

test('the network of a run whose loss becomes no number stands within a step, says what to do, and can be stopped', async () => {
  const store = await storeOf(shapes, await readCsv(shapes, shapesCsv));
  const runs = memoryRunStore();
  const client = clientOf(store, { runs, trainer: () => spoiled(5) });
  const page = new DatasetTraining('set', client);
  await page.open('area');
  const { run } = page;
  const ended = page.train({ ...wishes, model: 'mlp:epochs=3' });
  await vi.waitFor(() => expect([run.standing, run.alarm?.type]).toEqual(['paused', 'not-finite']));
  expect(run.alarm).toMatchObject({ step: 5, what: 'loss' });
  expect(benchAlarmSentence(run.alarm!)).toMatch(/stands before it.*train anew with a lower learning rate/);
  run.stop();
  await ended;
  expect([run.following.phase, run.standing]).toEqual(['stopped', 'none']);
  expect((await runs.read(run.run ?? ''))?.record.outcome.type).toBe('stopped');
});

test('a search begins where earlier runs of like questions ended, if a person wishes, and its manifest says where', async () => {
  const examples = await readCsv(shapes, shapesCsv);
  const store = await storeOf(shapes, examples);
  const writer = await store.write({
    id: 'other',
    federation: null,
    name: 'other',
    contract: shapes,
    source: 'a test',
  });
  await writer.append(examples, examples.count);
  await writer.finish();
  const runs = memoryRunStore();
  const client = clientOf(store, { runs });
  // Of the other dataset: a number of like rows; a class, which is another question; and of this one, which does not count.
  const earlier = [
    ['other', 'area', 'tree:depth=3,leaf=7'],
    ['other', 'colour', 'tree:depth=2'],
    ['set', 'area', 'tree:depth=4'],
  ] as const;
  const common = { name: 'train' as const, recipe: null, series: null, split: usuallyHeldOut };
  const { signal } = new AbortController();
  const versionOf = async (dataset: string): Promise<DatasetVersion> =>
    (await store.record(dataset))!.version;
  for (const [dataset, target, model] of earlier) {
    const version = await versionOf(dataset);
    const answer = await client.run(
      { ...common, dataset, version, target, training: { ...wishes, model } },
      () => {},
      signal,
    );
    if ('type' in answer) throw new Error(answer.message);
  }
  const search = { ...wishes, model: 'auto', trials: 8, space: { tree: {}, linear: {} } };
  for (const isWarm of [true, false]) {
    const answer = await client.run(
      {
        ...common,
        dataset: 'set',
        version: await versionOf('set'),
        target: 'area',
        training: { ...search, isWarm },
      },
      () => {},
      signal,
    );
    if ('type' in answer) throw new Error(answer.message);
    const { setup, trials } = (await runs.read(answer.run))!.record.manifest;
    const told = { model: 'tree', options: { depth: 3, leaf: 7 } };
    expect(setup.starts).toEqual(isWarm ? [told] : []);
    const trees = trials.filter(({ model }) => model === 'tree').map(({ options }) => options);
    expect(trees).toHaveLength(isWarm ? 2 : 1);
    if (isWarm) expect(trees[1]).toEqual(told.options);
    expect(
      await client.run({ name: 'again', run: answer.run, engine: null }, () => {}, signal),
    ).toMatchObject({
      isSame: true,
    });
  }
});
