// Every engine of Node, each loaded only when asked for: a process that trains on kernels of our own loads no library.
import { TrainerFailure, type BackendName, type Trainer } from '../../ports/trainer.ts';

/** The back ends that Node has, fastest first as a rule. */
export const availableBackends = async (): Promise<readonly BackendName[]> => [
  'simd',
  'jax-wasm',
  'wasm',
  'cpu',
];

/** Throws TrainerFailure('unsupported') for a back end that Node does not have. */
export async function createTrainer(backend: BackendName): Promise<Trainer> {
  switch (backend) {
    case 'simd':
      return (await import('../simd/trainer.ts')).createSimdTrainer();
    case 'jax-wasm':
      return (await import('../jax/trainer.ts')).createJaxWasmTrainer();
    case 'wasm':
      return (await import('../tfjs/node.ts')).createWasmTrainer();
    case 'cpu':
      return (await import('../tfjs/node.ts')).createCpuTrainer();
    case 'reference':
      return (await import('../reference/reference-trainer.ts')).createReferenceTrainer();
    case 'gpu':
    case 'jax-webgpu':
    case 'webgpu':
    case 'webgl':
      throw new TrainerFailure('unsupported', `Node has no ${backend}.`);
    default:
      return backend satisfies never;
  }
}
