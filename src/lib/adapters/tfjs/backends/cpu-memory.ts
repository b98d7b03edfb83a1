// The CPU back end's memory: plain typed arrays.
import type { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu/dist/backend_cpu.js';
import type { HeapMemory } from '../heap-device.ts';

export function cpuMemory(backend: MathBackendCPU): HeapMemory {
  return {
    incRef: (dataId) => backend.incRef(dataId),
    disposeData: (dataId) => backend.disposeData(dataId),
    numDataIds: () => backend.numDataIds(),
    allocate(shape) {
      const size = shape.reduce((total, side) => total * side, 1);
      return backend.makeTensorInfo([...shape], 'float32', new Float32Array(size));
    },
    view(tensor) {
      const { values } = backend.data.get(tensor.dataId);
      if (!(values instanceof Float32Array))
        throw new Error('A tensor of the CPU back end does not hold floats.');
      return values;
    },
    touched() {},
    bytes: () => undefined,
    close() {},
  };
}
