// The WebAssembly back end as a browser loads it: its binary comes from our own origin, and only the kernels in use.
import { env } from '@tensorflow/tfjs-core';
import { BackendWasm, init, setWasmPaths } from '@tensorflow/tfjs-backend-wasm/dist/backend_wasm.js';
import { batchMatMulConfig } from '@tensorflow/tfjs-backend-wasm/dist/kernels/BatchMatMul.js';
import { conv2DBackpropInputConfig } from '@tensorflow/tfjs-backend-wasm/dist/kernels/Conv2DBackpropInput.js';
import { fusedConv2DConfig } from '@tensorflow/tfjs-backend-wasm/dist/kernels/FusedConv2D.js';
import { maxPoolConfig } from '@tensorflow/tfjs-backend-wasm/dist/kernels/MaxPool.js';
import { _fusedMatMulConfig } from '@tensorflow/tfjs-backend-wasm/dist/kernels/_FusedMatMul.js';
import plainUrl from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm?url';
import simdUrl from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm?url';
import { TrainerFailure } from '../../../ports/trainer.ts';
import { heapDevice } from '../heap-device.ts';
import { kernelProducts } from '../heap-products.ts';
import { kernelRunner, kernelTable } from '../kernels.ts';
import { deviceTrainer, type DeviceTrainer } from '../trainer.ts';
import { wasmMemory } from './wasm-memory.ts';

const configs = [
  batchMatMulConfig,
  conv2DBackpropInputConfig,
  fusedConv2DConfig,
  maxPoolConfig,
  _fusedMatMulConfig,
];

/** Kernels bind themselves to one instance for good: there is never a second. */
let started: Promise<BackendWasm> | undefined;

async function start(): Promise<BackendWasm> {
  // The threaded binary starts its workers from blob: addresses, which the content security policy refuses.
  env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
  setWasmPaths({
    'tfjs-backend-wasm.wasm': plainUrl,
    'tfjs-backend-wasm-simd.wasm': simdUrl,
    // Never fetched; the library wants all three named.
    'tfjs-backend-wasm-threaded-simd.wasm': simdUrl,
  });
  const { wasm } = await init();
  return new BackendWasm(wasm);
}

export async function createWasmTrainer(): Promise<DeviceTrainer> {
  started ??= start();
  const backend = await started.catch((error: unknown) => {
    // A binary that could not be fetched may be there the next time.
    started = undefined;
    throw new TrainerFailure('unsupported', 'WebAssembly did not start.', { cause: error });
  });
  const table = kernelTable(configs, backend);
  const simd = await env().getAsync('WASM_HAS_SIMD_SUPPORT');
  const description = simd === true ? 'WebAssembly · SIMD' : 'WebAssembly';
  return deviceTrainer(
    heapDevice('wasm', description, wasmMemory(backend), kernelRunner(backend, table), kernelProducts),
  );
}
