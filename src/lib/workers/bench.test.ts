// A kept dataset learnt from by the workbench worker's own handler: the same rows, digest and figures as by the command line.
import { expect, test } from 'vitest';
import { createReferenceTrainer } from '../adapters/reference/reference-trainer.ts';
import { memoryDatasetStore } from '../adapters/memory/datasets.ts';
import { createSystemClock } from '../adapters/system-clock.ts';
import type { DataContract, TableContract } from '../core/data/contract.ts';
import { joinExamples, type Examples } from '../core/data/examples.ts';
import { recipeDigest, usualRecipe, usualStep, type Recipe } from '../core/recipe/recipe.ts';
import { importFiles, importSample } from '../modalities/import.ts';
import { sourceOfText } from '../modalities/source-file.ts';
import { storedTable } from '../modalities/stored-table.ts';
import { drawnDigitsContract } from '../modalities/image/sample-drawn-digits.ts';
import { patientCohortContract, patientCohortCsv } from '../modalities/table/sample-patient-cohort.ts';
import { tableData, type TableSettings } from '../participant/workbench/bench-data.ts';
import { benchModelNamed, chosenWith } from '../participant/workbench/models.ts';
import { possibleTargets } from '../participant/workbench/possible-targets.ts';
import { runBench } from '../participant/workbench/run-bench.ts';
import { storedData } from '../participant/workbench/stored-data.ts';
import type { DatasetStore } from '../ports/dataset-store.ts';
import { DatasetTraining } from '../state/dataset-training.svelte.ts';
import { BenchClient, type BenchProgress, type BenchWorker } from './bench-client.ts';
import { bench } from './bench.ts';
import type { OpenedBench, TrainedBench, TrainingWishes } from './bench-messages.ts';

const clock = createSystemClock();
const surroundings = {
  clock,
  openEngine: () => Promise.reject(new Error('No network is trained here.')),
};

function clientOf(store: DatasetStore): BenchClient {
  return new BenchClient((): BenchWorker => {
    const listeners: ((event: never) => void)[] = [];
    const handle = bench({
      store: () => Promise.resolve(store),
      createTrainer: () => Promise.resolve(createReferenceTrainer()),
      clock,
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

async function read(
  contract: DataContract,
  files: (sink: { append(examples: Examples): Promise<void> }) => Promise<unknown>,
): Promise<Examples> {
  const parts: Examples[] = [];
  await files({ append: (examples) => Promise.resolve(void parts.push(examples)) });
  const examples = joinExamples(parts);
  if (examples === undefined) throw new Error(`Nothing was read for ${contract.kind}.`);
  return examples;
}
const readCsv = (contract: TableContract, text: string): Promise<Examples> =>
  read(contract, (sink) =>
    importFiles([sourceOfText('table.csv', text)], contract, sink, {
      decodeImage: () => Promise.reject(new Error('no pictures')),
    }),
  );

async function storeOf(contract: DataContract, examples: Examples): Promise<DatasetStore> {
  const store = memoryDatasetStore();
  const writer = await store.write({ id: 'set', federation: null, name: 'set', contract, source: 'a test' });
  await writer.append(examples, examples.count);
  await writer.finish();
  return store;
}

const wishes: TrainingWishes = { model: 'rule', budgetMs: null, trials: null, seed: 1 };
const openedBy = async (client: BenchClient, target: string): Promise<OpenedBench> => {
  const answer = await client.open({ dataset: 'set', target, recipe: null });
  if ('type' in answer) throw new Error(answer.message);
  return answer;
};
async function trainedBy(
  client: BenchClient,
  target: string,
  own: Partial<TrainingWishes> = {},
  tell: (progress: BenchProgress) => void = () => {},
): Promise<TrainedBench> {
  const { version } = await openedBy(client, target);
  const answer = await client.train(
    { dataset: 'set', version, target, recipe: null, training: { ...wishes, ...own } },
    tell,
    new AbortController().signal,
  );
  if ('type' in answer) throw new Error(answer.message);
  return answer;
}

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

/** Shapes whose area is their target, written as the store would write them. */
const shapes: TableContract = {
  kind: 'table',
  columns: [
    {
      type: 'number',
      name: 'width',
      minimum: null,
      maximum: null,
      missingAllowed: true,
      mean: 5,
      standardDeviation: 3.1,
    },
    { type: 'category', name: 'colour', categories: ['blue', 'red'], missingAllowed: true },
  ],
  target: { type: 'number', name: 'area', mean: 26.5, standardDeviation: 11.7 },
};
const shapesCsv = [
  'width,colour,area',
  ...Array.from({ length: 90 }, (_, row) => {
    const width = ((row * 37) % 100) / 10;
    return `${row % 11 === 0 ? '' : width},${row % 3 === 0 ? 'red' : 'blue'},${(width * 5.25 + (row % 7) / 10).toFixed(4)}`;
  }),
]
  .join('\n')
  // As numbers are kept: no zeros at the end.
  .replaceAll(/(\.\d*?)0+$/gm, '$1')
  .replaceAll(/\.$/gm, '');

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
  const data = storedData(grouped, examples, 'area');
  if (!data.ok) throw new Error(data.error.message);
  const { training, heldOut, split } = data.value;
  expect(split).toContain('groups');
  expect(training.count + heldOut.count).toBe(90);
  // Fifteen boxes of six rows: a group is on one side as a whole.
  expect(heldOut.count % 6).toBe(0);
  expect(heldOut.count).toBeGreaterThan(0);
});

test('rows are prepared by the recipe that is asked for, as by the command line; a step that cannot be is named', async () => {
  const recipe: Recipe = {
    steps: [...usualRecipe.steps.slice(0, 4), usualStep('impute'), ...usualRecipe.steps.slice(4)],
  };
  const client = clientOf(await storeOf(shapes, await readCsv(shapes, shapesCsv)));
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
  expect(page.training.phase).toBe('done');
  // Prepared otherwise, the same rows are other bits; undone, the same.
  await page.open('area', usualRecipe);
  expect(page.opened?.preparation?.digest).not.toBe(preparation?.digest);
  await page.open('area', recipe);
  expect(page.opened?.preparation?.digest).toBe(preparation?.digest);
  await page.open('area', { steps: [usualStep('trim'), usualStep('scale', { columns: ['width'] })] });
  expect(page.training).toMatchObject({
    phase: 'unusable',
    message: expect.stringContaining('Step 2 (scale): “width” holds texts'),
    recipe: { step: 1, reports: [{ step: 'trim' }], found: [expect.anything(), expect.anything()] },
  });
  expect(await client.open({ dataset: 'set', target: 'area', recipe: { steps: [] } })).toMatchObject({
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

test('progress is told on the way, and a run that is cancelled ends as cancelled', async () => {
  const store = await storeOf(
    patientCohortContract,
    await readCsv(patientCohortContract, patientCohortCsv(4, 120)),
  );
  const page = new DatasetTraining('set', clientOf(store));
  await page.open(patientCohortContract.target.name);
  expect(page.training.phase).toBe('ready');
  const run = page.train({ ...wishes, model: 'auto', budgetMs: 600_000 });
  expect(page.training).toEqual({ phase: 'running', says: 'Baselines first', share: null });
  page.cancel();
  expect(page.stopping).toBe(true);
  await run;
  expect(page.training).toEqual({ phase: 'cancelled' });

  await page.train({ ...wishes, model: 'auto', trials: 1 });
  expect(page.training.phase).toBe('done');
  expect(page.baselines.map((entry) => entry.model)).toEqual(['constant', 'rule', 'logistic', 'k-nn']);
  if (page.training.phase === 'done') expect(page.training.trained.result.leaderboard).toHaveLength(1);
});

test('too few rows, a dataset that is gone and one that was changed are refused in sentences without flags', async () => {
  const few = await readCsv(shapes, shapesCsv.split('\n').slice(0, 4).join('\n'));
  const page = new DatasetTraining('set', clientOf(await storeOf(shapes, few)));
  await page.open('area');
  expect(page.training).toMatchObject({
    phase: 'unusable',
    message: expect.stringContaining('Bring more rows'),
  });

  const store = await storeOf(shapes, await readCsv(shapes, shapesCsv));
  const client = clientOf(store);
  const opened = await openedBy(client, 'area');
  const { signal } = new AbortController();
  const request = { dataset: 'set', version: opened.version, target: 'area', recipe: null, training: wishes };
  expect(
    await client.train({ ...request, version: 'another' as typeof opened.version }, () => {}, signal),
  ).toMatchObject({ type: 'refused', message: expect.stringContaining('changed in another tab') });
  expect(
    await client.train({ ...request, training: { ...wishes, model: 'logistic' } }, () => {}, signal),
  ).toMatchObject({ type: 'refused', message: expect.stringContaining('does not suit these data') });
  await expect(client.open({ dataset: 'none', target: 'area', recipe: null })).rejects.toThrow(
    'not in this browser',
  );

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
  expect(page.training).toMatchObject({
    phase: 'failed',
    message: expect.stringContaining('Reload the page'),
  });
});
