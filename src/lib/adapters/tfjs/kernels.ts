// Calls kernels of one TensorFlow.js back end directly, by name.
import type { KernelConfig, NamedAttrMap, NamedTensorInfoMap, TensorInfo } from '@tensorflow/tfjs-core';
import { TrainerFailure } from '../../ports/trainer.ts';

/** A back end as far as its memory is concerned; every KernelBackend of 4.22 has these. */
export interface BackendMemory {
  incRef(dataId: object): void;
  disposeData(dataId: object): boolean;
  numDataIds(): number;
}

export type RunKernel = (name: string, inputs: NamedTensorInfoMap, attrs?: object) => TensorInfo;

/** Throws TrainerFailure('unsupported') for a kernel that the back end lacks. */
export function kernelRunner(backend: object, lookup: (name: string) => KernelConfig | undefined): RunKernel {
  const found = new Map<string, KernelConfig['kernelFunc']>();
  return (name, inputs, attrs = {}) => {
    let kernel = found.get(name);
    if (kernel === undefined) {
      kernel = lookup(name)?.kernelFunc;
      if (kernel === undefined)
        throw new TrainerFailure('unsupported', `This back end has no kernel ${name}.`);
      found.set(name, kernel);
    }
    // Attributes hold explicit paddings and shapes, which the library's own NamedAttrMap does not describe.
    const made = kernel({ inputs, backend, attrs: attrs as NamedAttrMap });
    const [first] = Array.isArray(made) ? made : [made];
    if (first === undefined) throw new Error(`Kernel ${name} made no tensor.`);
    return first;
  };
}

/** The kernels of a list of configurations; runs their set-up. */
export function kernelTable(
  configs: readonly KernelConfig[],
  backend: object,
): (name: string) => KernelConfig | undefined {
  const table = new Map<string, KernelConfig>();
  for (const config of configs) {
    config.setupFunc?.(backend);
    table.set(config.kernelName, config);
  }
  return (name) => table.get(name);
}
