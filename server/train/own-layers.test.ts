// `tributary train` of layers of somebody's own, of a head on layers that were brought along, and of
// models by what these see.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { writeIdxPair } from '../../test/support/idx-files.ts';
import { usualSetup } from '../../test/support/train-setup.ts';
import { writeLayersModel } from '#lib/core/model/keras.ts';
import { buildNetwork, initialParameters, type Network } from '#lib/core/model/network.ts';
import type { LayerSpec, NetworkSpec } from '#lib/core/model/spec.ts';
import { drawnDigits } from '#lib/modalities/image/sample-drawn-digits.ts';
import { BROUGHT_NOTE } from '#lib/participant/workbench/network-leak.ts';
import type { TrainSetup } from '#lib/participant/workbench/run-manifest.ts';
import { backboneAsked } from './backbone.ts';
import { spokenLine, type TrainLine } from './lines.ts';
import { overfit } from './overfit.ts';
import { openModel, predictPaths } from './predict.ts';
import { runTraining } from './run-training.fixture.ts';
import { trainGroups } from './train-groups.ts';

const folder = mkdtempSync(join(tmpdir(), 'tributary-own-layers-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const table = join(folder, 'plants.csv');
writeFileSync(
  table,
  [
    'height,leaves,kind',
    ...Array.from(
      { length: 90 },
      (_, row) => `${(row * 37) % 101},${(row * 13) % 29},${(row * 37) % 101 > 50 ? 'tree' : 'bush'}`,
    ),
  ].join('\n'),
);
const dense = (units: number, activation: 'relu' | 'softmax'): LayerSpec => ({
  type: 'dense',
  units,
  activation,
  useBias: true,
});
const spec: NetworkSpec = {
  inputShape: [2],
  layers: [dense(8, 'relu'), dense(2, 'softmax')],
  loss: 'categorical-crossentropy',
};
const setup = (more: Partial<TrainSetup> = {}): TrainSetup => ({
  ...usualSetup,
  data: [table],
  target: 'kind',
  layers: spec,
  model: 'layers:epochs=3,rate=0.02',
  ...more,
});
const { signal } = new AbortController();

async function trained(own: TrainSetup, directory: string | null = null) {
  const lines: TrainLine[] = [];
  const say = (line: TrainLine): void => void lines.push(line);
  return { result: await runTraining({ type: 'new', setup: own, directory }, { signal, say }), lines };
}

test('own layers are trained, kept with their run, and had again to the same bits', async () => {
  const directory = join(folder, 'kept');
  const { result, lines } = await trained(setup(), directory);
  expect(lines.find((line) => line.type === 'data')).toMatchObject({ features: 2 });
  expect(result.model.model).toBe('layers');
  const again = await runTraining(
    { type: 'again', directory, data: null, backend: null },
    { signal, say: () => {} },
  );
  expect(again.isSame).toBe(true);
});

test('layers that do not fit the rows are refused by name before anything is trained', async () => {
  const layers: NetworkSpec = { ...spec, layers: [dense(8, 'relu'), dense(3, 'softmax')] };
  await expect(trained(setup({ layers }))).rejects.toThrow(
    'Layer 2 (dense) gives 3 numbers, but there are 2 classes.',
  );
});

test('one batch is learnt by heart, and said in sentences; trees are refused', async () => {
  const lines: TrainLine[] = [];
  const say = (line: TrainLine): void => void lines.push(line);
  const outcome = await overfit(setup({ model: 'layers:rate=0.05' }), { signal, say });
  expect(outcome.canLearn).toBe(true);
  expect(lines.flatMap((line) => spokenLine(line)).join('\n')).toMatch(
    /^One batch of 32 rows, layers: loss .*\nThe model can learn/,
  );
  await expect(overfit(setup({ model: 'tree', layers: null }), { signal, say })).rejects.toThrow(
    'does not learn so',
  );
});

test('a model that is brought along keeps its weights; other weights at its place are refused', async () => {
  const built = buildNetwork({ ...spec, layers: [dense(6, 'relu'), dense(4, 'relu'), dense(5, 'softmax')] });
  if (!built.ok) throw new Error(built.error.message);
  const network: Network = built.value;
  const path = join(folder, 'model.json');
  const write = (seed: number): void => {
    const files = writeLayersModel(network, initialParameters(network, seed), 'brought');
    writeFileSync(path, files.modelJson);
    writeFileSync(join(folder, files.weightsPath), files.weights);
  };
  write(3);
  const backbone = await backboneAsked(path, null);
  expect(backbone.layers).toBe(2);
  expect((await backboneAsked(path, 'dense_1')).layers).toBe(1);
  await expect(backboneAsked(path, 'dense_9')).rejects.toThrow('It has dense_1, dense_2, dense_3.');
  const own = setup({ layers: null, backbone, model: null });
  const { result } = await trained(own);
  expect(result.model).toMatchObject({ model: 'layers', bytes: 4 * (2 * 6 + 6 + 6 * 4 + 4 + 4 * 2 + 2) });
  write(4);
  await expect(trained(own)).rejects.toThrow('holds other weights');
});

/** A network of digits that somebody has kept, and digits. */
async function digitsSeen() {
  const built = buildNetwork({
    inputShape: [28, 28, 1],
    layers: [
      { type: 'average-pool2d', poolSize: [4, 4], strides: [4, 4], padding: 'same' },
      { type: 'flatten' },
      dense(24, 'relu'),
      dense(10, 'softmax'),
    ],
    loss: 'categorical-crossentropy',
  });
  if (!built.ok) throw new Error(built.error.message);
  const files = writeLayersModel(built.value, initialParameters(built.value, 4), 'sees');
  const path = join(folder, 'sees.json');
  writeFileSync(path, files.modelJson);
  writeFileSync(join(folder, files.weightsPath), files.weights);
  const data = await writeIdxPair(folder, 'digits', 5, 120);
  return { ...usualSetup, data, backbone: await backboneAsked(path, null) };
}

test('neighbours by what a brought network sees are saved with it, had again, and asked of pictures in files', async () => {
  const save = join(folder, 'neighbours.json');
  const own = { ...(await digitsSeen()), model: 'k-nn:k=3', save };
  const directory = join(folder, 'neighbours');
  const { result, lines } = await trained(own, directory);
  expect(result.model.title).toBe('Nearest neighbours on a frozen network');
  expect(lines.find((line) => line.type === 'saved')).toMatchObject({ holdsRows: true });
  expect(lines.find((line) => line.type === 'data')).toMatchObject({
    notes: expect.arrayContaining([BROUGHT_NOTE]),
  });
  const again = await runTraining(
    { type: 'again', directory, data: null, backend: null },
    { signal, say: () => {} },
  );
  expect(again.isSame).toBe(true);
  const told = await predictPaths(await openModel(save), own.data, null, signal);
  const truths = [...drawnDigits(5, 120)].map(({ digit }) => String(digit));
  const right = told.predictions.filter(({ says }, at) => says === truths[at]);
  expect(told.predictions).toHaveLength(120);
  expect(right.length).toBeGreaterThan(100);
});

test('groups of what it sees are held against the labels, and each picture in a file is in its group', async () => {
  const save = join(folder, 'groups.json');
  const own: TrainSetup = { ...(await digitsSeen()), task: 'groups', model: 'k-means:k=10', save };
  const lines: TrainLine[] = [];
  const options = { signal, say: (line: TrainLine): void => void lines.push(line) };
  const found = await trainGroups(own, options);
  expect(found).toMatchObject({ title: 'k-means on a frozen network', target: 'label', columns: [] });
  expect(found.comparisons[0]?.adjustedRand).toBeGreaterThan(0.2);
  const spoken = lines.flatMap((line) => spokenLine(line)).join('\n');
  expect(spoken).toContain('24 features of what the network sees');
  expect(spoken).not.toContain('What tells them apart');
  const told = await predictPaths(await openModel(save), own.data, null, signal);
  const counted = found.groups.map(({ name }) => told.predictions.filter(({ says }) => says === name).length);
  expect(counted).toEqual(found.groups.map(({ rows }) => rows));
  const refused = trainGroups({ ...own, backbone: null }, options);
  await expect(refused).rejects.toThrow('a network that sees these, by --backbone');
  const ofTable = trainGroups({ ...own, data: [table] }, options);
  await expect(ofTable).rejects.toThrow('--backbone sees pictures or recordings, which have no columns');
});
