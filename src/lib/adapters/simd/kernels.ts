// The kernels, assembled and compiled once a process, and an instance of them over a memory of its own.
import { TrainerFailure } from '../../ports/trainer.ts';
import { assemble } from './assembler.ts';
import { elementwiseRoutines } from './elementwise.ts';
import { columnRoutines } from './columns.ts';
import { products } from './product.ts';

/** Addresses, lengths and strides; what each takes is said where it is written. */
export type Kernel = (...numbers: number[]) => void;
const names = [
  'productOfRows',
  'productOfColumns',
  'reluBackward',
  'multiply',
  'scale',
  'accumulate',
  'pull',
  'descend',
  'momentum',
  'moments',
  'gatherBytes',
  'copy',
  'clear',
  'transpose',
  'columnSums',
  'columnProducts',
  'scaleColumns',
  'mixColumns',
  'maximumOfWindow',
  'maximumOfWindowBackward',
] as const;
export type Kernels = Readonly<Record<(typeof names)[number], Kernel>>;

const isKernels = (exported: object): exported is Kernels =>
  names.every((name) => name in exported && typeof Reflect.get(exported, name) === 'function');

let compiled: Promise<WebAssembly.Module> | undefined;

export interface Instance {
  readonly memory: WebAssembly.Memory;
  readonly kernels: Kernels;
}

/** Throws TrainerFailure('unsupported') where WebAssembly or its SIMD is missing, 'out-of-memory' without a page of memory. */
export async function instantiate(): Promise<Instance> {
  if (typeof WebAssembly === 'undefined')
    throw new TrainerFailure('unsupported', 'This browser has no WebAssembly.');
  compiled ??= WebAssembly.compile(assemble([...products, ...elementwiseRoutines, ...columnRoutines]));
  let module: WebAssembly.Module;
  try {
    module = await compiled;
  } catch (error) {
    throw new TrainerFailure('unsupported', 'This browser’s WebAssembly has no SIMD.', { cause: error });
  }
  let memory: WebAssembly.Memory;
  try {
    memory = new WebAssembly.Memory({ initial: 1 });
  } catch (error) {
    throw new TrainerFailure('out-of-memory', 'WebAssembly got no memory.', { cause: error });
  }
  const { exports } = await WebAssembly.instantiate(module, { host: { memory } });
  if (!isKernels(exports)) throw new Error('A kernel is missing from the module.');
  return { memory, kernels: exports };
}

const PAGE = 65_536;
/** The most that 32-bit addresses reach. */
const MAXIMUM_PAGES = 65_536;

/** Grows `memory` to `bytes` at least; views of it are void afterwards. Throws TrainerFailure('out-of-memory'). */
export function reserve(memory: WebAssembly.Memory, bytes: number): void {
  const missing = Math.ceil(bytes / PAGE) - memory.buffer.byteLength / PAGE;
  if (missing <= 0) return;
  const refusal = `WebAssembly memory cannot hold ${Math.ceil(bytes / 2 ** 20)} MiB.`;
  if (bytes > MAXIMUM_PAGES * PAGE) throw new TrainerFailure('out-of-memory', refusal);
  try {
    memory.grow(missing);
  } catch (error) {
    throw new TrainerFailure('out-of-memory', refusal, { cause: error });
  }
}
