// The WASM back end's memory: one heap, which grows and then moves all views.
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm/dist/backend_wasm.js';
import { TrainerFailure } from '../../../ports/trainer.ts';
import type { HeapMemory } from '../heap-device.ts';

export function wasmMemory(backend: BackendWasm): HeapMemory {
  const offsetOf = (dataId: object): number => {
    const offset = backend.dataIdMap.get(dataId).memoryOffset;
    if (offset === 0) throw new TrainerFailure('out-of-memory', 'WebAssembly memory is full.');
    return offset;
  };
  let heapBytes: number | undefined;
  return {
    incRef: (dataId) => backend.incRef(dataId),
    disposeData: (dataId) => backend.disposeData(dataId),
    numDataIds: () => backend.numDataIds(),
    allocate(shape) {
      const tensor = backend.makeOutput([...shape], 'float32');
      offsetOf(tensor.dataId);
      return tensor;
    },
    view(tensor) {
      offsetOf(tensor.dataId);
      const values = backend.typedArrayFromHeap(tensor);
      if (!(values instanceof Float32Array))
        throw new Error('A tensor of the WASM back end does not hold floats.');
      heapBytes = values.buffer.byteLength;
      return values;
    },
    // XNNPACK operators are cached by the id of their weights with a packed copy of them; taking the id out and in again
    // is how the back end itself drops that copy.
    touched(tensor) {
      const { id, memoryOffset } = backend.dataIdMap.get(tensor.dataId);
      const size = tensor.shape.reduce((total, side) => total * side, 1);
      backend.wasm.tfjs.disposeData(id);
      backend.wasm.tfjs.registerTensor(id, size, memoryOffset);
    },
    bytes: () => heapBytes,
    // Kernels bind themselves to one instance of the back end for good, so it stays; sessions have freed what was theirs.
    close() {},
  };
}
