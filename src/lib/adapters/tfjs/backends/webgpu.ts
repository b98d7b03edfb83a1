// The WebGPU back end as a browser loads it. The device is asked for here, not by TensorFlow.js, so that the adapter can be
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
import { TrainerFailure } from '../../../ports/trainer.ts';
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

/** "NVIDIA H200", "swiftshader (software)": what the adapter says of itself. */
function adapterName(info: GPUAdapterInfo, fallback: boolean): string {
  const name =
    info.description ||
    [info.vendor, info.architecture].filter((word) => word !== '').join(' ') ||
    'unnamed adapter';
  return fallback || /swiftshader|llvmpipe|software/i.test(`${name} ${info.architecture} ${info.device}`)
    ? `${name} (software)`
    : name;
}

export async function createWebgpuTrainer(): Promise<DeviceTrainer> {
  const gpu = 'gpu' in navigator ? navigator.gpu : undefined;
  const adapter = await gpu?.requestAdapter({ powerPreference: 'high-performance' });
  if (adapter === null || adapter === undefined)
    throw new TrainerFailure('unsupported', 'This browser offers no WebGPU adapter.');
  const { limits } = adapter;
  const device = await adapter.requestDevice({
    requiredLimits: {
      maxComputeWorkgroupStorageSize: limits.maxComputeWorkgroupStorageSize,
      maxComputeWorkgroupsPerDimension: limits.maxComputeWorkgroupsPerDimension,
      maxStorageBufferBindingSize: limits.maxStorageBufferBindingSize,
      maxBufferSize: limits.maxBufferSize,
      maxComputeWorkgroupSizeX: limits.maxComputeWorkgroupSizeX,
      maxComputeInvocationsPerWorkgroup: limits.maxComputeInvocationsPerWorkgroup,
    },
  });
  const { info } = adapter;
  const fallback = 'isFallbackAdapter' in info && info.isFallbackAdapter === true;
  const backend = new WebGPUBackend(device, info);

  let failure: TrainerFailure | undefined;
  let closed = false;
  void device.lost.then((lost) => {
    if (!closed)
      failure = new TrainerFailure(
        'device-lost',
        `The graphics device was lost: ${lost.message || lost.reason}.`,
      );
  });
  device.addEventListener('uncapturederror', (event) => {
    failure ??=
      event.error instanceof GPUOutOfMemoryError
        ? new TrainerFailure('out-of-memory', `The graphics device is out of memory: ${event.error.message}`)
        : new TrainerFailure('unsupported', `The graphics device refused a command: ${event.error.message}`);
  });
  const refuseIfGone = (): void => {
    if (failure !== undefined) throw failure;
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
    failure: () => failure,
    close() {
      closed = true;
      backend.dispose();
      device.destroy();
    },
  };
  const run = kernelRunner(backend, kernelTable(configs, backend));
  const description = `WebGPU · ${adapterName(info, fallback)}`;
  return deviceTrainer(
    gpuDevice('webgpu', description, memory, run, (operations) => webgpuPrograms(backend, operations)),
  );
}
