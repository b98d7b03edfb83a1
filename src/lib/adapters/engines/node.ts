// Every engine of Node, each loaded only when asked for: a process that trains on kernels of our own loads no library.
import { TrainerFailure, type BackendName, type Trainer } from '../../ports/trainer.ts';
import { provideGraphics } from '../node/graphics.ts';

/** On a graphics card, where Node was given WebGPU. */
const GRAPHICS = ['gpu', 'jax-webgpu'] as const;
const PROCESSOR = ['simd', 'jax-wasm', 'wasm', 'cpu'] as const;
/** The back ends that Node may have, fastest first as a rule. */
export const NODE_BACKENDS = [...GRAPHICS, ...PROCESSOR] as const;
export type NodeBackend = (typeof NODE_BACKENDS)[number];

/** Dawn's binding serves one thread of a process, and ends it where two call at once; a card is one for all of them anyway. */
export const isOnGraphics = (backend: BackendName): boolean => GRAPHICS.some((name) => name === backend);

/** Those that it has here. */
export const availableBackends = async (): Promise<readonly NodeBackend[]> =>
  (await provideGraphics()) ? NODE_BACKENDS : PROCESSOR;

async function needGraphics(backend: NodeBackend): Promise<void> {
  if (!(await provideGraphics()))
    throw new TrainerFailure(
      'unsupported',
      `Node has no WebGPU of its own, which ${backend} needs: install Dawn's binding beside the app (npm install --no-save webgpu), or choose another back end.`,
    );
}

/** Throws TrainerFailure('unsupported') for a back end that Node does not have, or not here. */
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
      await needGraphics(backend);
      return (await import('../webgpu/trainer.ts')).createGpuTrainer();
    case 'jax-webgpu':
      await needGraphics(backend);
      return (await import('../jax/trainer.ts')).createJaxWebgpuTrainer();
    case 'webgpu':
    case 'webgl':
      throw new TrainerFailure('unsupported', `Node has no ${backend}.`);
    default:
      return backend satisfies never;
  }
}
