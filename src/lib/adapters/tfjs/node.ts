// Trainers for Node: WebAssembly, and plain CPU as a last resort. Both are loaded only when asked for.
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { enableProdMode, findBackend, getKernel, setBackend } from '@tensorflow/tfjs-core';
import { TrainerFailure, type BackendName, type Trainer } from '../../ports/trainer.ts';
import { createReferenceTrainer } from '../reference/reference-trainer.ts';
import { cpuMemory } from './backends/cpu-memory.ts';
import { wasmMemory } from './backends/wasm-memory.ts';
import { heapDevice } from './heap-device.ts';
import { kernelProducts, loopProducts } from './heap-products.ts';
import { kernelRunner } from './kernels.ts';
import { deviceTrainer, type DeviceTrainer } from './trainer.ts';

// No advice to install another package on a participant's terminal.
enableProdMode();

async function cpu(): Promise<DeviceTrainer> {
  const { MathBackendCPU } = await import('@tensorflow/tfjs-backend-cpu');
  await setBackend('cpu');
  const backend = findBackend('cpu');
  if (!(backend instanceof MathBackendCPU))
    throw new TrainerFailure('unsupported', 'The CPU back end did not start.');
  const run = kernelRunner(backend, (name) => getKernel(name, 'cpu'));
  return deviceTrainer(heapDevice('cpu', 'CPU · plain JavaScript', cpuMemory(backend), run, loopProducts));
}

async function wasm(): Promise<DeviceTrainer> {
  const { BackendWasm, setWasmPaths } = await import('@tensorflow/tfjs-backend-wasm');
  const main = createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm');
  setWasmPaths(join(dirname(main), '/'));
  await setBackend('wasm');
  const backend = findBackend('wasm');
  if (!(backend instanceof BackendWasm))
    throw new TrainerFailure('unsupported', 'WebAssembly did not start.');
  const run = kernelRunner(backend, (name) => getKernel(name, 'wasm'));
  return deviceTrainer(heapDevice('wasm', 'WebAssembly · SIMD', wasmMemory(backend), run, kernelProducts));
}

/** The back ends that Node has, fastest first as a rule. */
export const availableBackends = async (): Promise<readonly BackendName[]> => ['wasm', 'cpu'];

/** Throws TrainerFailure('unsupported') for a back end that Node does not have. */
export async function createTrainer(backend: BackendName): Promise<Trainer> {
  switch (backend) {
    case 'wasm':
      return wasm();
    case 'cpu':
      return cpu();
    case 'reference':
      return createReferenceTrainer();
    case 'webgpu':
    case 'webgl':
      throw new TrainerFailure('unsupported', `Node has no ${backend}.`);
    default:
      return backend satisfies never;
  }
}
