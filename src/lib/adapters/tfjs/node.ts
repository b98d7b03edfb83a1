// TensorFlow.js for Node: WebAssembly, and plain CPU as a last resort. Each back end is loaded only when asked for.
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { enableProdMode, findBackend, getKernel, setBackend } from '@tensorflow/tfjs-core';
import { TrainerFailure } from '../../ports/trainer.ts';
import { cpuMemory } from './backends/cpu-memory.ts';
import { wasmMemory } from './backends/wasm-memory.ts';
import { heapDevice } from './heap-device.ts';
import { kernelProducts, loopProducts } from './heap-products.ts';
import { kernelRunner } from './kernels.ts';
import { deviceTrainer, type DeviceTrainer } from './trainer.ts';

// No advice to install another package on a participant's terminal.
enableProdMode();

/** Throws TrainerFailure('unsupported') where it does not start. */
export async function createCpuTrainer(): Promise<DeviceTrainer> {
  const { MathBackendCPU } = await import('@tensorflow/tfjs-backend-cpu');
  await setBackend('cpu');
  const backend = findBackend('cpu');
  if (!(backend instanceof MathBackendCPU))
    throw new TrainerFailure('unsupported', 'The CPU back end did not start.');
  const run = kernelRunner(backend, (name) => getKernel(name, 'cpu'));
  return deviceTrainer(heapDevice('cpu', 'CPU · plain JavaScript', cpuMemory(backend), run, loopProducts));
}

/** Throws TrainerFailure('unsupported') where it does not start. */
export async function createWasmTrainer(): Promise<DeviceTrainer> {
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
