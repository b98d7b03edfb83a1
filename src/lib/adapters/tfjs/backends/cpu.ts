// The CPU back end as a browser loads it: two kernels of TensorFlow.js and nothing else.
import { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu/dist/backend_cpu.js';
import { conv2DConfig } from '@tensorflow/tfjs-backend-cpu/dist/kernels/Conv2D.js';
import { conv2DBackpropInputConfig } from '@tensorflow/tfjs-backend-cpu/dist/kernels/Conv2DBackpropInput.js';
import { heapDevice } from '../heap-device.ts';
import { loopProducts } from '../heap-products.ts';
import { kernelRunner, kernelTable } from '../kernels.ts';
import { deviceTrainer, type DeviceTrainer } from '../trainer.ts';
import { cpuMemory } from './cpu-memory.ts';

export async function createCpuTrainer(): Promise<DeviceTrainer> {
  const backend = new MathBackendCPU();
  const table = kernelTable([conv2DConfig, conv2DBackpropInputConfig], backend);
  return deviceTrainer(
    heapDevice(
      'cpu',
      'CPU · plain JavaScript',
      cpuMemory(backend),
      kernelRunner(backend, table),
      loopProducts,
    ),
  );
}
