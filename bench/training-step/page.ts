// What a browser does for bench/training-step-in-browser.bench.ts: it is bundled by Vite and loaded by an empty page.
import * as tf from '@tensorflow/tfjs';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import '@tensorflow/tfjs-backend-webgpu';
import plainUrl from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm?url';
import simdUrl from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm?url';
import { availableBackends, createTrainer } from '../../src/lib/adapters/engines/browser.ts';
import type { Row } from '../row.ts';
import { chosen, compare, type Case } from './compare.ts';

tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
setWasmPaths({
  'tfjs-backend-wasm.wasm': plainUrl,
  'tfjs-backend-wasm-simd.wasm': simdUrl,
  'tfjs-backend-wasm-threaded-simd.wasm': simdUrl,
});

/** TensorFlow.js's WASM kernels bind themselves to one instance a page, which is model.fit's here: its adapter is left out. */
const simd = (timesAsFast: number) => [{ backend: 'simd', timesAsFast }] as const;
const simdAndJax = (own: number) => [...simd(own), { backend: 'jax-wasm', timesAsFast: 1 }] as const;
const webgpu = (own: number) =>
  [
    { backend: 'gpu', timesAsFast: own },
    { backend: 'jax-webgpu', timesAsFast: 2, hidesScript: true },
    { backend: 'webgpu', timesAsFast: 1 },
  ] as const;
const cases: readonly Case[] = [
  { fit: 'wasm', engines: simdAndJax(2), model: 'mlp', batchSize: 10, steps: 120 },
  { fit: 'wasm', engines: simdAndJax(2), model: 'mlp', batchSize: 128, steps: 10 },
  { fit: 'wasm', engines: simd(5), model: 'cnn-mcmahan', batchSize: 10, steps: 4 },
  { fit: 'webgpu', engines: webgpu(1), model: 'softmax-regression', batchSize: 10, steps: 5, script: true },
  { fit: 'webgpu', engines: webgpu(2), model: 'mlp', batchSize: 10, steps: 3, script: true },
  { fit: 'webgpu', engines: webgpu(2), model: 'mlp', batchSize: 128, steps: 1, script: true },
  { fit: 'webgpu', engines: webgpu(1), model: 'small-cnn', batchSize: 10, steps: 1, script: true },
];

async function run(): Promise<Row[]> {
  const rows: Row[] = [];
  for (const one of cases) rows.push(...(await compare(one, createTrainer)));
  const backends = (await availableBackends()).filter((backend) => backend !== 'wasm');
  rows.push(await chosen('mlp', 10, backends, createTrainer));
  return rows;
}
declare global {
  var rows: Promise<Row[]>;
}
globalThis.rows = run();
