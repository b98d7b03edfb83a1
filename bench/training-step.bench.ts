// A training step on each engine that Node has against TensorFlow.js's own `model.fit` in the same run, and the engine that the
// self-test chooses. model.fit cannot train a convolution on WASM, which has no Conv2DBackpropFilter: here it is given one,
// composed of Conv2D and transposes, so that there is something to compare with.
import { availableBackends, createTrainer } from '../src/lib/adapters/engines/node.ts';
import type { Row } from './row.ts';
import { chosen, compare, type Case } from './training-step/compare.ts';

const ownAndWasm = (own: number) =>
  [
    { backend: 'simd', timesAsFast: own },
    { backend: 'wasm', timesAsFast: 1 },
  ] as const;
/** Not with convolutions: jax-js is slower with them on WebAssembly than TensorFlow.js. */
const withJax = (own: number) => [...ownAndWasm(own), { backend: 'jax-wasm', timesAsFast: 1 }] as const;
const cpu = [{ backend: 'cpu', timesAsFast: 1 }] as const;
const cases: readonly Case[] = [
  { fit: 'wasm', engines: withJax(2), model: 'mlp', batchSize: 10, steps: 120 },
  { fit: 'wasm', engines: withJax(2), model: 'mlp', batchSize: 128, steps: 10 },
  { fit: 'wasm', engines: ownAndWasm(5), model: 'cnn-mcmahan', batchSize: 10, steps: 4 },
  { fit: 'wasm', engines: ownAndWasm(5), model: 'cnn-mcmahan', batchSize: 128, steps: 1 },
  { fit: 'cpu', engines: cpu, model: 'mlp', batchSize: 10, steps: 20 },
  { fit: 'cpu', engines: cpu, model: 'mlp', batchSize: 128, steps: 3 },
  // model.fit takes 15 seconds for a batch of 10 here.
  { fit: 'cpu', engines: cpu, model: 'cnn-mcmahan', batchSize: 1, steps: 1 },
];

export async function run(): Promise<Row[]> {
  const rows: Row[] = [];
  for (const one of cases) rows.push(...(await compare(one, createTrainer)));
  for (const model of ['mlp', 'cnn-mcmahan'] as const)
    for (const batchSize of [10, 128])
      rows.push(await chosen(model, batchSize, await availableBackends(), createTrainer));
  return rows;
}
