// Pictures in a plane by what a network sees, and models that learn from it, through the worker's own handler: the network is that of a
// kept run, or brought.
import { expect, test } from 'vitest';
import { memoryRunStore } from '../adapters/memory/runs.ts';
import type { ImageContract } from '../core/data/contract.ts';
import type { Examples } from '../core/data/examples.ts';
import { beforeAnswer } from '../core/model/embedding.ts';
import { buildNetwork, initialParameters } from '../core/model/network.ts';
import type { NetworkSpec } from '../core/model/spec.ts';
import { random } from '../core/random.ts';
import { openDataset } from '../modalities/explore-dataset.ts';
import { projectDataset } from '../modalities/project-dataset.ts';
import type { BenchEntry } from '../participant/workbench/run-bench.ts';
import { inOneGo } from '../participant/workbench/step-through.ts';
import type { BenchClient } from './bench-client.ts';
import type { NetworkSource, PlaneByNetwork } from './bench-messages.ts';
import { clientOf, endedBy, openedBy, storeOf } from './bench.fixture.ts';

const SIDE = 8;
const contract: ImageContract = {
  kind: 'image',
  height: SIDE,
  width: SIDE,
  channels: 1,
  classes: ['lying', 'standing'],
};
/** A bar of three pixels anywhere, lying or standing, in noise: no pixel tells which. */
function bars(count: number): Examples {
  const draw = random(5, 'bars');
  const features = Uint8Array.from({ length: count * SIDE * SIDE }, () => draw.below(90));
  const targets = Int32Array.from({ length: count }, () => draw.below(2));
  for (const [row, way] of targets.entries()) {
    const [x, y] = [draw.below(SIDE - 2), draw.below(SIDE - 2)];
    for (let step = 0; step < 3; step += 1) {
      const place = way === 0 ? y * SIDE + x + step : (y + step) * SIDE + x;
      features[row * SIDE * SIDE + place] = 255;
    }
  }
  return {
    count,
    features,
    targets,
    hashes: Uint32Array.from({ length: 2 * count }, () => draw.below(2 ** 32)),
  };
}
const layers: NetworkSpec = {
  inputShape: [SIDE, SIDE, 1],
  layers: [
    {
      type: 'conv2d',
      filters: 6,
      kernelSize: [3, 3],
      strides: [1, 1],
      padding: 'same',
      activation: 'relu',
      useBias: true,
    },
    { type: 'global-average-pool2d' },
    { type: 'dense', units: 8, activation: 'relu', useBias: true },
    { type: 'dense', units: 2, activation: 'softmax', useBias: true },
  ],
  loss: 'categorical-crossentropy',
};
const examples = bars(240);

/** Of the points, how many lie nearest to one of their own class. */
function besideTheirOwn({ places, colour }: PlaneByNetwork['projection']): number {
  if (colour.type !== 'classes') throw new Error('Pictures have classes.');
  const { codes } = colour;
  const distance = (a: number, b: number): number =>
    (places[2 * a]! - places[2 * b]!) ** 2 + (places[2 * a + 1]! - places[2 * b + 1]!) ** 2;
  const own = codes.filter((code, row) => {
    const others = [...codes.keys()].filter((other) => other !== row);
    return (
      codes[others.reduce((best, other) => (distance(row, other) < distance(row, best) ? other : best))] ===
      code
    );
  });
  return own.length / codes.length;
}
const laidOut = async (client: BenchClient, by: NetworkSource, signal = new AbortController().signal) => {
  const shares: number[] = [];
  const plane = await client.plane(
    { dataset: 'set', method: 'axes', by },
    (share) => shares.push(share),
    signal,
  );
  return { plane, shares };
};

test('by what a trained network sees, pictures lie beside those of their class more often than by their pixels', async () => {
  const runs = memoryRunStore();
  const client = clientOf(await storeOf(contract, examples), { runs });
  const { run } = await endedBy(client, 'label', { model: 'layers:epochs=25,rate=0.02,batch=16', layers });
  // Another that sees nothing: one layer, which answers. And one that is no network.
  await endedBy(client, 'label', { model: 'softmax:epochs=1' });
  await endedBy(client, 'label', { model: 'constant' });
  // And one whose last layer but one gives more than can be taken: 8 × 8 × 65.
  const [convolution, , , answer] = layers.layers;
  if (convolution?.type !== 'conv2d' || answer === undefined)
    throw new Error('It begins with a convolution.');
  const wide: NetworkSpec = {
    ...layers,
    layers: [{ ...convolution, filters: 65, kernelSize: [1, 1] }, { type: 'flatten' }, answer],
  };
  await endedBy(client, 'label', { model: 'layers:epochs=1', layers: wide });
  const networks = await client.networks('set');
  expect(networks).toEqual([{ run, title: 'Own layers', dataset: 'set', startedAt: expect.any(Number) }]);
  // Though the dataset that it was trained on is deleted.
  const trained = (await runs.read(run))?.record;
  if (trained === undefined) throw new Error('It is kept.');
  const other = memoryRunStore();
  await other.put({ ...trained, dataset: { ...trained.dataset, id: 'gone' } }, await runs.model(run));
  expect(await clientOf(await storeOf(contract, examples), { runs: other }).networks('set')).toEqual(
    networks,
  );
  const { plane, shares } = await laidOut(client, { type: 'run', run });
  if ('type' in plane) throw new Error(plane.message);
  expect(plane).toMatchObject({ layer: 3, words: 'Dense, relu', width: 8 });
  expect(plane.projection.rows.length).toBe(240);
  expect(shares.every((share, at) => share >= (shares[at - 1] ?? 0) && share <= 1)).toBe(true);
  const pixels = inOneGo(projectDataset(openDataset(contract, examples), { alike: null, method: 'axes' }));
  if (!pixels.ok) throw new Error(pixels.error);
  const [seen, by] = [besideTheirOwn(plane.projection), besideTheirOwn(pixels.value)];
  expect(seen).toBeGreaterThan(0.9);
  expect(by).toBeLessThan(0.7);
  expect(plane.projection.trust).toBeGreaterThan(pixels.value.trust ?? 1);

  // And neighbours are right more often by it than by pixels; the run keeps the network, and can be had again.
  const opened = await openedBy(client, 'label');
  expect(opened.onNetwork?.models.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['k-nn', 'logistic', 'tree', 'forest', 'boosted-trees']),
  );
  const own = await endedBy(client, 'label', { model: 'k-nn:k=3', sees: { type: 'run', run } });
  const accuracy = ({ report }: BenchEntry): number => (report.type === 'classes' ? report.accuracy : NaN);
  const { model, baselines } = own.trained.result;
  expect(model.title).toBe('Nearest neighbours on a frozen network');
  const byPixels = baselines.find((one) => one.model === 'k-nn');
  expect(accuracy(model)).toBeGreaterThan(accuracy(byPixels!) + 0.2);
  // Not where rows judge that the network has learnt from.
  const byIt = { model: 'k-nn:k=3', sees: { type: 'run', run } } as const;
  await expect(endedBy(client, 'label', { ...byIt, folds: 3 })).rejects.toThrow('Leave cross-validation out');
  // One that was cut off goes on with the network of that run, and not without it.
  const kept = (await runs.read(own.run))?.record;
  if (kept === undefined) throw new Error('It is kept.');
  expect(kept.manifest.setup.backbone).toMatchObject({ layers: 3, path: null, run });
  const cut = { ...kept, id: 'cut', manifest: { ...kept.manifest, finished: null } };
  const goOn = async () => {
    await runs.put({ ...cut, outcome: { type: 'stopped' } });
    const resumed = { name: 'resume', run: 'cut', isEnough: false } as const;
    return client.run(resumed, () => {}, new AbortController().signal);
  };
  expect(await goOn()).toMatchObject({ trained: { result: { model: { digest: model.digest } } } });
  await runs.remove(run);
  expect(await goOn()).toMatchObject({ message: expect.stringContaining('is not in this browser any more') });
  const again = await client.run(
    { name: 'again', run: own.run, engine: null },
    () => {},
    new AbortController().signal,
  );
  expect(again).toMatchObject({ kind: 'trained', isSame: true });
});

test('a network that was brought is taken as far as was said; one for other pictures, or that gives too much, is refused; it can be stopped', async () => {
  const client = clientOf(await storeOf(contract, examples));
  const built = buildNetwork(layers);
  if (!built.ok) throw new Error(built.error.message);
  const parameters = initialParameters(built.value, 2);
  const frozen = beforeAnswer(built.value, parameters);
  if (frozen === undefined) throw new Error('There are layers before the answer.');
  const by: NetworkSource = { type: 'brought', spec: layers, frozen };
  const { plane } = await laidOut(client, by);
  expect(plane).toMatchObject({ layer: 3, width: 8 });
  const refusal = async (spec: NetworkSpec, kept = frozen.layers): Promise<string> => {
    const taken = { layers: kept, parameters: frozen.parameters };
    const { plane: refused } = await laidOut(client, { type: 'brought', spec, frozen: taken });
    return 'type' in refused ? refused.message : '';
  };
  expect(await refusal({ ...layers, inputShape: [9, 9, 1] })).toContain(
    'takes examples of 9 × 9 × 1, and these pictures are 8 × 8 × 1',
  );
  expect(await refusal(layers, 4)).toContain('an answer, not what a network sees');
  expect(await refusal(layers, 1)).toContain('weights are those of other layers');
  const [first, ...rest] = layers.layers;
  if (first?.type !== 'conv2d') throw new Error('It begins with a convolution.');
  expect(await refusal({ ...layers, layers: [{ ...first, filters: 65 }, ...rest] }, 1)).toContain(
    'gives 4,160 numbers of each example, and 4,096 are the most',
  );
  const stop = new AbortController();
  const asked = laidOut(client, by, stop.signal);
  stop.abort(new Error('enough'));
  await expect(asked).rejects.toThrow('enough');
});
