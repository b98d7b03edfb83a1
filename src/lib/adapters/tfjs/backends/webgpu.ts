// The WebGPU back end as a browser loads it. The device is asked for by us, not by TensorFlow.js, so that the adapter can be
// named and its loss heard.
import { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu/dist/backend_webgpu.js';
import { avgPoolConfig } from '@tensorflow/tfjs-backend-webgpu/dist/kernels/AvgPool.js';
import { avgPoolGradConfig } from '@tensorflow/tfjs-backend-webgpu/dist/kernels/AvgPoolGrad.js';
import { batchMatMulConfig } from '@tensorflow/tfjs-backend-webgpu/dist/kernels/BatchMatMul.js';
import { conv2DBackpropFilterConfig } from '@tensorflow/tfjs-backend-webgpu/dist/kernels/Conv2DBackpropFilter.js';
import { conv2DBackpropInputConfig } from '@tensorflow/tfjs-backend-webgpu/dist/kernels/Conv2DBackpropInput.js';
import { fusedConv2DConfig } from '@tensorflow/tfjs-backend-webgpu/dist/kernels/FusedConv2D.js';
import { maxPoolConfig } from '@tensorflow/tfjs-backend-webgpu/dist/kernels/MaxPool.js';
import { maxPoolGradConfig } from '@tensorflow/tfjs-backend-webgpu/dist/kernels/MaxPoolGrad.js';
import { reluConfig } from '@tensorflow/tfjs-backend-webgpu/dist/kernels/Relu.js';
import { reshapeConfig } from '@tensorflow/tfjs-backend-webgpu/dist/kernels/Reshape.js';
import { sigmoidConfig } from '@tensorflow/tfjs-backend-webgpu/dist/kernels/Sigmoid.js';
import { tanhConfig } from '@tensorflow/tfjs-backend-webgpu/dist/kernels/Tanh.js';
import { subConfig } from '@tensorflow/tfjs-backend-webgpu/dist/kernels/Sub.js';
import { sqrtConfig } from '@tensorflow/tfjs-backend-webgpu/dist/kernels/Sqrt.js';
import { sumConfig } from '@tensorflow/tfjs-backend-webgpu/dist/kernels/Sum.js';
import { realDivConfig } from '@tensorflow/tfjs-backend-webgpu/dist/kernels/RealDiv.js';
import { multiplyConfig } from '@tensorflow/tfjs-backend-webgpu/dist/kernels/Multiply.js';
import { addConfig } from '@tensorflow/tfjs-backend-webgpu/dist/kernels/Add.js';
import { _fusedMatMulConfig } from '@tensorflow/tfjs-backend-webgpu/dist/kernels/_FusedMatMul.js';
import { requestGpu } from '../../webgpu/gpu.ts';
import { gpuDevice, type GpuMemory } from '../gpu-device.ts';
import { kernelRunner, kernelTable } from '../kernels.ts';
import { deviceTrainer, type DeviceTrainer } from '../trainer.ts';
import { webgpuPrograms } from '../webgpu-programs.ts';

const configs = [
  avgPoolConfig,
  avgPoolGradConfig,
  batchMatMulConfig,
  conv2DBackpropFilterConfig,
  conv2DBackpropInputConfig,
  fusedConv2DConfig,
  maxPoolConfig,
  maxPoolGradConfig,
  reluConfig,
  reshapeConfig,
  sigmoidConfig,
  tanhConfig,
  subConfig,
  sqrtConfig,
  sumConfig,
  realDivConfig,
  multiplyConfig,
  addConfig,
  _fusedMatMulConfig,
];

export async function createWebgpuTrainer(): Promise<DeviceTrainer> {
  const gpu = await requestGpu();
  const { device, failure } = gpu;
  const backend = new WebGPUBackend(device, gpu.info);
  const refuseIfGone = (): void => {
    const gone = failure();
    if (gone !== undefined) throw gone;
  };

  const memory: GpuMemory = {
    incRef: (dataId) => backend.incRef(dataId),
    disposeData: (dataId) => backend.disposeData(dataId),
    numDataIds: () => backend.numDataIds(),
    makeTensorInfo: (shape, dtype, values) => backend.makeTensorInfo(shape, dtype, values),
    async read(tensor) {
      const { resource, values } = backend.tensorMap.get(tensor.dataId);
      // backend.read() would keep what it read, and give it again after a program has written the buffer in place.
      if (resource instanceof GPUBuffer) {
        const bytes = await backend.getBufferData(resource);
        refuseIfGone();
        return new Float32Array(bytes);
      }
      if (values instanceof Float32Array) return new Float32Array(values);
      throw new Error('A tensor of the WebGPU back end does not hold floats.');
    },
    async settle() {
      await device.queue.onSubmittedWorkDone();
      refuseIfGone();
    },
    bytes: () => backend.memory().numBytesInGPU,
    failure,
    close() {
      backend.dispose();
      gpu.close();
    },
  };
  const run = kernelRunner(backend, kernelTable(configs, backend));
  const description = `WebGPU · ${gpu.name}`;
  return deviceTrainer(
    gpuDevice('webgpu', description, memory, run, (operations) => webgpuPrograms(backend, operations)),
  );
}
