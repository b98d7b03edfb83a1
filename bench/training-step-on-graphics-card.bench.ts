// A training step on a graphics card, in Node through Dawn's binding (Chromium's own WebGPU), against TensorFlow.js's own
// `model.fit` on the same card in the same run. Needs a card and `npm install --no-save webgpu`.
import { availableBackends, createTrainer } from '../src/lib/adapters/engines/node.ts';
import { provideGraphics } from '../src/lib/adapters/node/graphics.ts';
import type { Row } from './row.ts';
import { chosen, compare, type Case } from './training-step/compare.ts';

const webgpu = (own: number) =>
  [
    { backend: 'gpu', timesAsFast: own },
    { backend: 'jax-webgpu', timesAsFast: 1, hidesScript: true },
    { backend: 'simd', hidesScript: true },
  ] as const;
const cases: readonly Case[] = [
  { fit: 'webgpu', engines: webgpu(1), model: 'softmax-regression', batchSize: 10, steps: 100, script: true },
  { fit: 'webgpu', engines: webgpu(2), model: 'mlp', batchSize: 10, steps: 100, script: true },
  { fit: 'webgpu', engines: webgpu(2), model: 'mlp', batchSize: 128, steps: 10, script: true },
  { fit: 'webgpu', engines: webgpu(1), model: 'small-cnn', batchSize: 10, steps: 100, script: true },
  { fit: 'webgpu', engines: webgpu(1), model: 'cnn-mcmahan', batchSize: 10, steps: 100, script: true },
  { fit: 'webgpu', engines: webgpu(1), model: 'cnn-mcmahan', batchSize: 128, steps: 10, script: true },
];

export async function run(): Promise<Row[]> {
  if (!(await provideGraphics()))
    throw new Error(
      'Node has no WebGPU here: npm install --no-save webgpu, on a machine with a graphics card.',
    );
  await import('@tensorflow/tfjs-backend-webgpu');
  const rows: Row[] = [];
  for (const one of cases) rows.push(...(await compare(one, createTrainer)));
  for (const model of ['mlp', 'cnn-mcmahan'] as const)
    for (const batchSize of [10, 128])
      rows.push(await chosen(model, batchSize, await availableBackends(), createTrainer));
  return rows;
}
