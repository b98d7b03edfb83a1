// Networks of somebody's own layers, with and without a frozen backbone under them, and models that learn from what one sees. That a backbone helps is bench/transfer.bench.ts.
import { expect, test } from 'vitest';
import { createTrainer } from '../../adapters/engines/node.ts';
import { createHandClock } from '../../adapters/memory/hand-clock.ts';
import type { ImageContract } from '../../core/data/contract.ts';
import { frozenLength, withUsualHead } from '../../core/model/backbone.ts';
import { embeddingOf, tooMuchSeen } from '../../core/model/embedding.ts';
import { layersModelJson, readLayersModel, writeLayersModel } from '../../core/model/keras.ts';
import { softmaxRows } from '../../core/model/head.ts';
import { buildNetwork, initialParameters, type Network } from '../../core/model/network.ts';
import { forward } from '../../core/model/reference/passes.ts';
import { writeSafetensors } from '../../core/model/safetensors.ts';
import type { LayerSpec } from '../../core/model/spec.ts';
import { random } from '../../core/random.ts';
import type { Digest, DatasetVersion } from '../../core/ids.ts';
import { createEngine } from '../engine.ts';
import { askModel } from './ask-model.ts';
import { embeddedRows, saidOfSeen } from './embedded-rows.ts';
import { fitModel, type FitSurroundings } from './fit.ts';
import { readModelFile, writeModelFile } from './model-file.ts';
import { chosenBySetup, ownLayers } from './models.ts';
import { overfitOneBatch } from './overfit.ts';

const contract: ImageContract = {
  kind: 'image',
  height: 6,
  width: 6,
  channels: 1,
  classes: ['left', 'right', 'none'],
};
const usualEngine = () =>
  createEngine({ backend: 'simd', description: '', reason: '', reports: [] }, createTrainer);
const openEngine = async () => usualEngine();
const surroundings: FitSurroundings = { clock: createHandClock(), openEngine };
const softmax = (units: number): LayerSpec => ({
  type: 'dense',
  units,
  activation: 'softmax',
  useBias: true,
});
const built = (...layers: LayerSpec[]): Network => {
  const made = buildNetwork({ inputShape: [6, 6, 1], layers, loss: 'categorical-crossentropy' });
  if (!made.ok) throw new Error(made.error.message);
  return made.value;
};
const other = built(
  {
    type: 'conv2d',
    filters: 4,
    kernelSize: [3, 3],
    strides: [1, 1],
    padding: 'same',
    activation: 'relu',
    useBias: true,
  },
  { type: 'batch-normalisation', momentum: 0.9, epsilon: 1e-3 },
  { type: 'max-pool2d', poolSize: [2, 2], strides: [2, 2], padding: 'same' },
  { type: 'flatten' },
  softmax(7),
);

/** A bright column on one side, or none, in noise. */
function pictures(count: number) {
  const draw = random(3, 'pictures');
  const features = Uint8Array.from({ length: count * 36 }, () => draw.below(60));
  const targets = Int32Array.from({ length: count }, () => draw.below(3));
  for (const [row, side] of targets.entries())
    for (let y = 0; side < 2 && y < 6; y += 1) features[row * 36 + y * 6 + (side === 0 ? 1 : 4)] = 250;
  return { count, features, targets, hashes: new Uint32Array(2 * count) };
}

test('a frozen backbone comes out as it went in, and with its head it is one network', async () => {
  const weights = initialParameters(other, 5);
  const layers = 3;
  const head = withUsualHead(other, layers, contract);
  if (!head.ok) throw new Error(head.error);
  const parameters = weights.slice(0, frozenLength(other, layers));
  const model = ownLayers(head.value, { layers, parameters });
  const rows = pictures(60);
  const options = { epochs: 12, batch: 10, rate: 0.02 };
  const fitted = await fitModel({ model, options, contract, rows, seed: 1 }, surroundings);
  if (!fitted.ok) throw new Error(fitted.error);
  const [learnt] = fitted.value.learnt;
  if (!(learnt instanceof Float32Array)) throw new Error('A network learns f32.');
  expect(learnt.slice(0, parameters.length)).toEqual(parameters);
  expect(learnt.slice(parameters.length).some((value) => value !== 0)).toBe(true);
  // The same as the whole network, layer by layer.
  const whole = model.type === 'network' ? model.network(contract, options) : other;
  const expected = Float64Array.from(
    forward(
      whole,
      learnt,
      Float32Array.from(rows.features, (byte) => byte / 255),
      rows.count,
    ).at(-1) ?? [],
  );
  softmaxRows(expected, 3);
  const got = await fitted.value.predict(rows.features, rows.count);
  for (const [at, value] of expected.entries()) expect(got[at]).toBeCloseTo(value, 4);
  const hits = rows.targets.filter((side, row) => {
    const shares = [...got.subarray(3 * row, 3 * row + 3)];
    return shares.indexOf(Math.max(...shares)) === side;
  }).length;
  expect(hits / rows.count).toBeGreaterThan(0.9);
  // And as a file.
  const file = writeModelFile(fitted.value, {
    contract,
    preparation: undefined,
    chosen: { model, options },
    seed: 1,
    data: '0'.repeat(64) as Digest & DatasetVersion,
    training: rows,
  });
  fitted.value.close();
  const opened = readModelFile(file);
  if (!opened.ok) throw new Error(opened.error);
  const again = opened.value.predictor.predict(rows.features, rows.count);
  for (const [at, value] of expected.entries()) expect(again[at]).toBeCloseTo(value, 5);
});

test('a backbone that ends in an average is asked before anything was trained', async () => {
  const wide: ImageContract = { ...contract, height: 40, width: 40 };
  const made = buildNetwork({
    inputShape: [40, 40, 1],
    layers: [...other.spec.layers.slice(0, 1), { type: 'global-average-pool2d' }, softmax(3)],
    loss: 'categorical-crossentropy',
  });
  if (!made.ok) throw new Error(made.error.message);
  const parameters = initialParameters(made.value, 2).slice(0, frozenLength(made.value, 2));
  const rows = { count: 70, features: new Uint8Array(70 * 1600), targets: new Int32Array(70) };
  const model = ownLayers(made.value.spec, { layers: 2, parameters });
  const fitted = await fitModel(
    { model, options: { epochs: 1, batch: 10, rate: 0.01 }, contract: wide, rows, seed: 1 },
    surroundings,
  );
  expect(fitted.ok).toBe(true);
  if (fitted.ok) fitted.value.close();
});

test('weights of other layers than the frozen ones are refused', () => {
  const head = withUsualHead(other, 3, contract);
  const model = ownLayers(head.ok ? head.value : other.spec, { layers: 2, parameters: new Float32Array(9) });
  expect(model.unsuited(contract)).toContain('the frozen layers are others');
  expect(withUsualHead(other, 5, contract)).toMatchObject({
    ok: false,
    error: expect.stringContaining('softmax'),
  });
});

test('a model.json is read with its weights, by name; what is missing or not whole is said', () => {
  const parameters = initialParameters(other, 8).map((value, at) => value + at / 1000);
  const files = writeLayersModel(other, parameters, 'brought along');
  const bytes = { name: files.weightsPath, bytes: files.weights };
  const read = readLayersModel(files.modelJson, [bytes]);
  expect(read.ok && read.value.parameters).toEqual(parameters);
  // Weights in another order, as tf.LayersModel.save has those that are not trained: at the end.
  const moved = JSON.parse(files.modelJson) as { weightsManifest: [{ weights: { name: string }[] }] };
  const [{ weights }] = moved.weightsManifest;
  const order = [0, 1, 2, 3, 6, 7, 4, 5];
  const parts = other.slots.map(({ offset, length }) => parameters.slice(offset, offset + length));
  moved.weightsManifest[0].weights = order.map((at) => weights[at]!);
  const turned = Float32Array.from(order.flatMap((at) => [...parts[at]!]));
  const again = readLayersModel(JSON.stringify(moved), [
    { name: 'weights.bin', bytes: new Uint8Array(turned.buffer) },
  ]);
  expect(again.ok && again.value.parameters).toEqual(parameters);
  const tensors = { name: 'brought.safetensors', bytes: writeSafetensors(other, parameters) };
  const safe = readLayersModel(layersModelJson(other, 'x').modelJson, [tensors]);
  expect(safe.ok && safe.value.parameters).toEqual(parameters);
  const refusal = (given: (typeof bytes)[]): string => {
    const result = readLayersModel(files.modelJson, given);
    return result.ok ? '' : result.error;
  };
  expect(refusal([])).toContain('“weights.bin” are missing');
  expect(refusal([{ ...bytes, bytes: bytes.bytes.slice(0, 100) }])).toContain('not whole');
});

test('layers that are not trained are read with a backbone, and refused where everything is trained', () => {
  const files = writeLayersModel(other, initialParameters(other, 8), 'frozen');
  const frozen = files.modelJson.replace('"trainable":true', '"trainable":false');
  const read = readLayersModel(frozen, [{ name: files.weightsPath, bytes: files.weights }]);
  expect(read.ok && read.value.frozen).toEqual([true, false, false, false, false]);
});

test('one batch is learnt by heart within 200 steps; where it cannot be, what to look at is said', async () => {
  const rows = pictures(60);
  const task = { rows, learningRate: 0.01, seed: 1 };
  const learns = built(
    { type: 'flatten' },
    { type: 'dense', units: 16, activation: 'relu', useBias: true },
    { type: 'dropout', rate: 0.5 },
    softmax(3),
  );
  const told: number[] = [];
  const good = await overfitOneBatch(
    { ...task, network: learns },
    openEngine,
    undefined,
    (loss) => void told.push(loss),
  );
  expect(good.canLearn).toBe(true);
  expect(good.losses.at(-1)).toBeLessThan(0.05);
  expect(good.losses.length).toBeLessThanOrEqual(200);
  expect(told).toEqual(good.losses);
  expect(good.rows).toBe(32);
  // Everything goes through one unit that relu has shut.
  const narrow = built(
    { type: 'global-average-pool2d' },
    { type: 'dense', units: 1, activation: 'sigmoid', useBias: true },
    softmax(3),
  );
  const bad = await overfitOneBatch({ ...task, network: narrow }, openEngine, undefined);
  expect(bad.losses.length).toBe(200);
  expect(bad).toMatchObject({ canLearn: false, says: expect.stringMatching(/hardly moved|slowly/) });
  const twins = { ...rows, features: rows.features.map((_, at) => (at % 36) * 2) };
  const same = await overfitOneBatch({ ...task, rows: twins, network: learns }, openEngine, undefined);
  expect(same.says).toContain('are alike and have different targets');
});

test('own layers are named in a setup with their settings, and refused without the layers', () => {
  const spec = built({ type: 'flatten' }, softmax(3)).spec;
  const chosen = chosenBySetup('layers:epochs=3', spec);
  expect(chosen.ok && chosen.value.options['epochs']).toBe(3);
  expect(chosenBySetup('layers', null)).toMatchObject({ ok: false });
  expect(chosen.ok && chosen.value.model.unsuited({ ...contract, classes: ['a', 'b'] })).toBe(
    'Layer 2 (dense) gives 3 numbers, but there are 2 classes.',
  );
});

test('models that learn from numbers learn from what a frozen network sees, and say of new pictures the same to the bit', async () => {
  const layers = 4;
  const parameters = initialParameters(other, 5).slice(0, frozenLength(other, layers));
  const head = withUsualHead(other, layers, contract);
  if (!head.ok) throw new Error(head.error);
  const frozen = { layers, parameters };
  const [rows, fresh] = [pictures(60), pictures(1000)];
  for (const text of ['k-nn:k=3', 'forest:trees=10', 'boosted-trees:stages=5', 'logistic', 'tree']) {
    const chosen = chosenBySetup(text, head.value, frozen);
    if (!chosen.ok) throw new Error(chosen.error);
    const task = { ...chosen.value, contract, rows, seed: 1 };
    const fitted = await fitModel(task, surroundings);
    if (!fitted.ok) throw new Error(`${text}: ${fitted.error}`);
    expect(fitted.value.learnt[0]).toEqual(parameters);
    const whole = await fitted.value.predict(fresh.features, fresh.count);
    const hits = fresh.targets.filter((side, row) => {
      const shares = [...whole.subarray(3 * row, 3 * row + 3)];
      return shares.indexOf(Math.max(...shares)) === side;
    }).length;
    expect(hits / fresh.count, text).toBeGreaterThan(0.6);
    const origin = { contract, preparation: undefined, chosen: chosen.value, seed: 1, training: rows };
    const file = writeModelFile(fitted.value, { ...origin, data: '0'.repeat(64) as Digest & DatasetVersion });
    fitted.value.close();
    const opened = readModelFile(file);
    if (!opened.ok) throw new Error(opened.error);
    // In other pieces than those that it was judged in.
    const again = new Float64Array(whole.length);
    for (let from = 0; from < fresh.count; from += 77) {
      const some = fresh.features.slice(from * 36, (from + 77) * 36);
      again.set(await askModel(opened.value, usualEngine, some, some.length / 36), 3 * from);
    }
    expect(again).toEqual(whole);
    // Without an engine, in plain loops, but for the last bits of what is seen.
    const plain = opened.value.predictor.predict(fresh.features, 20);
    if (text === 'logistic')
      for (const [at, share] of plain.entries()) expect(share).toBeCloseTo(whole[at]!, 4);
    expect(
      writeModelFile(
        { learnt: opened.value.predictor.learnt, digest: fitted.value.digest },
        {
          ...origin,
          data: '0'.repeat(64) as Digest & DatasetVersion,
          chosen: opened.value.chosen,
        },
      ),
    ).toBe(file);
  }
});

test('what a network sees of many rows together is bounded, and asked about in pieces', async () => {
  // 4 bytes a number: a quarter of a gigabyte.
  expect(tooMuchSeen(16_384, 4096)).toBeUndefined();
  expect(tooMuchSeen(48_000, 4096)).toContain(
    '196,608,000 in all, and 67,108,864 are the most. Take a layer that gives fewer, behind a pooling perhaps, or learn from 16,384 examples.',
  );
  const parameters = initialParameters(other, 5).slice(0, frozenLength(other, 4));
  const embedding = embeddingOf(other, { layers: 4, parameters });
  if (!embedding.ok) throw new Error(embedding.error);
  const { width } = embedding.value;
  const rows = pictures(7);
  const whole = await embeddedRows(embedding.value, rows, { openEngine: usualEngine });
  const asked: number[] = [];
  const says = (seen: Float32Array, count: number): Float64Array => {
    asked.push(count);
    return Float64Array.from(seen);
  };
  const engine = { openEngine: usualEngine };
  expect(await saidOfSeen(embedding.value, rows, engine, says, 3 * width + 1)).toEqual(
    Float64Array.from(whole),
  );
  expect(asked).toEqual([3, 3, 1]);
});

test('what sees nothing of the rows, or gives no numbers, is refused in words', () => {
  const parameters = initialParameters(other, 5);
  const frozen = { layers: 4, parameters: parameters.slice(0, frozenLength(other, 4)) };
  const chosen = chosenBySetup('k-nn', other.spec, frozen);
  expect(chosen.ok && chosen.value.model.unsuited({ ...contract, width: 7 })).toContain(
    'takes examples of 6 × 6 × 1, and these pictures are 6 × 7 × 1',
  );
  expect(chosenBySetup('k-nn', other.spec, { layers: 5, parameters })).toMatchObject({
    ok: false,
    error: expect.stringContaining('an answer, not what a network sees'),
  });
  expect(chosenBySetup('cnn', other.spec, frozen)).toMatchObject({ ok: false });
});
