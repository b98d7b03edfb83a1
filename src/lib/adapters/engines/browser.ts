// Every engine of pages and workers. Each back end is its own chunk: only the one in use is downloaded.
import type { BackendName, Trainer } from '../../ports/trainer.ts';
import { requestAdapter } from '../webgpu/gpu.ts';

/**
 * Starts a back end. Throws TrainerFailure('unsupported') where this browser does not have it. A trainer holds a device:
 * dispose() it.
 */
export async function createTrainer(backend: BackendName): Promise<Trainer> {
  switch (backend) {
    case 'gpu':
      return (await import('../webgpu/trainer.ts')).createGpuTrainer();
    case 'jax-webgpu':
      return (await import('../jax/trainer.ts')).createJaxWebgpuTrainer();
    case 'webgpu':
      return (await import('../tfjs/backends/webgpu.ts')).createWebgpuTrainer();
    case 'webgl':
      return (await import('../tfjs/backends/webgl.ts')).createWebglTrainer();
    case 'simd':
      return (await import('../simd/trainer.ts')).createSimdTrainer();
    case 'jax-wasm':
      return (await import('../jax/trainer.ts')).createJaxWasmTrainer();
    case 'wasm':
      return (await import('../tfjs/backends/wasm.ts')).createWasmTrainer();
    case 'cpu':
      return (await import('../tfjs/backends/cpu.ts')).createCpuTrainer();
    case 'reference':
      return (await import('../reference/reference-trainer.ts')).createReferenceTrainer();
    default:
      return backend satisfies never;
  }
}

/**
 * The back ends that this browser may have, fastest first as a rule; asking costs no download. Where no graphics adapter is to
 * be had, one engine is there to say so.
 */
export async function availableBackends(): Promise<readonly BackendName[]> {
  const names: BackendName[] = [];
  if ('gpu' in navigator) names.push('gpu');
  if ((await requestAdapter()) !== undefined) names.push('jax-webgpu', 'webgpu');
  if (typeof WebGL2RenderingContext !== 'undefined' && typeof OffscreenCanvas !== 'undefined')
    names.push('webgl');
  if (typeof WebAssembly !== 'undefined') names.push('simd', 'jax-wasm', 'wasm');
  names.push('cpu');
  return names;
}
