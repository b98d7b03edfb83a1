// Engines as a person chooses among them.
import type { BackendName } from '../ports/trainer.ts';

/** The reference is held to, not trained on. */
export const engineNames: readonly {
  readonly name: Exclude<BackendName, 'reference'>;
  readonly title: string;
}[] = [
  { name: 'gpu', title: 'WebGPU, own kernels' },
  { name: 'jax-webgpu', title: 'jax-js · WebGPU' },
  { name: 'webgpu', title: 'WebGPU' },
  { name: 'webgl', title: 'WebGL' },
  { name: 'simd', title: 'WebAssembly SIMD' },
  { name: 'jax-wasm', title: 'jax-js · WebAssembly' },
  { name: 'wasm', title: 'WebAssembly' },
  { name: 'cpu', title: 'Plain CPU' },
];
