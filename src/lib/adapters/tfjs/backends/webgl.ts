// The WebGL back end as a browser loads it, on an OffscreenCanvas inside a worker.
import { MathBackendWebGL } from '@tensorflow/tfjs-backend-webgl/dist/backend_webgl.js';
import { addConfig } from '@tensorflow/tfjs-backend-webgl/dist/kernels/Add.js';
import { avgPoolConfig } from '@tensorflow/tfjs-backend-webgl/dist/kernels/AvgPool.js';
import { avgPoolGradConfig } from '@tensorflow/tfjs-backend-webgl/dist/kernels/AvgPoolGrad.js';
import { batchMatMulConfig } from '@tensorflow/tfjs-backend-webgl/dist/kernels/BatchMatMul.js';
import { conv2DBackpropFilterConfig } from '@tensorflow/tfjs-backend-webgl/dist/kernels/Conv2DBackpropFilter.js';
import { conv2DBackpropInputConfig } from '@tensorflow/tfjs-backend-webgl/dist/kernels/Conv2DBackpropInput.js';
import { expConfig } from '@tensorflow/tfjs-backend-webgl/dist/kernels/Exp.js';
import { fusedConv2DConfig } from '@tensorflow/tfjs-backend-webgl/dist/kernels/FusedConv2D.js';
import { gatherV2Config } from '@tensorflow/tfjs-backend-webgl/dist/kernels/GatherV2.js';
import { logConfig } from '@tensorflow/tfjs-backend-webgl/dist/kernels/Log.js';
import { maxConfig } from '@tensorflow/tfjs-backend-webgl/dist/kernels/Max.js';
import { maxPoolConfig } from '@tensorflow/tfjs-backend-webgl/dist/kernels/MaxPool.js';
import { maxPoolGradConfig } from '@tensorflow/tfjs-backend-webgl/dist/kernels/MaxPoolGrad.js';
import { multiplyConfig } from '@tensorflow/tfjs-backend-webgl/dist/kernels/Multiply.js';
import { realDivConfig } from '@tensorflow/tfjs-backend-webgl/dist/kernels/RealDiv.js';
import { reluConfig } from '@tensorflow/tfjs-backend-webgl/dist/kernels/Relu.js';
import { reshapeConfig } from '@tensorflow/tfjs-backend-webgl/dist/kernels/Reshape.js';
import { sigmoidConfig } from '@tensorflow/tfjs-backend-webgl/dist/kernels/Sigmoid.js';
import { sqrtConfig } from '@tensorflow/tfjs-backend-webgl/dist/kernels/Sqrt.js';
import { stepConfig } from '@tensorflow/tfjs-backend-webgl/dist/kernels/Step.js';
import { subConfig } from '@tensorflow/tfjs-backend-webgl/dist/kernels/Sub.js';
import { sumConfig } from '@tensorflow/tfjs-backend-webgl/dist/kernels/Sum.js';
import { tanhConfig } from '@tensorflow/tfjs-backend-webgl/dist/kernels/Tanh.js';
import { _fusedMatMulConfig } from '@tensorflow/tfjs-backend-webgl/dist/kernels/_FusedMatMul.js';
import { TrainerFailure } from '../../../ports/trainer.ts';
import { composedPrograms } from '../composed-programs.ts';
import { gpuDevice } from '../gpu-device.ts';
import { kernelRunner, kernelTable } from '../kernels.ts';
import { deviceTrainer, type DeviceTrainer } from '../trainer.ts';

const configs = [
  addConfig,
  avgPoolConfig,
  avgPoolGradConfig,
  batchMatMulConfig,
  conv2DBackpropFilterConfig,
  conv2DBackpropInputConfig,
  expConfig,
  fusedConv2DConfig,
  gatherV2Config,
  logConfig,
  maxConfig,
  maxPoolConfig,
  maxPoolGradConfig,
  multiplyConfig,
  realDivConfig,
  reluConfig,
  reshapeConfig,
  sigmoidConfig,
  sqrtConfig,
  stepConfig,
  subConfig,
  sumConfig,
  tanhConfig,
  _fusedMatMulConfig,
];

/** What the driver calls itself, without the layers of drivers round it: "NVIDIA GeForce RTX 3060", "SwiftShader (software)". */
function rendererOf(gl: WebGLRenderingContext): string {
  const extension = gl.getExtension('WEBGL_debug_renderer_info');
  const given: unknown = gl.getParameter(
    extension === null ? gl.RENDERER : extension.UNMASKED_RENDERER_WEBGL,
  );
  const name = typeof given === 'string' && given !== '' ? given : 'unknown renderer';
  if (/swiftshader/i.test(name)) return 'SwiftShader (software)';
  if (/llvmpipe/i.test(name)) return 'llvmpipe (software)';
  const inner = /^ANGLE \([^,]+, (?:Vulkan [\d.]+ \()?(.+?)(?: \(0x.*| Direct3D.*|, .*)?\)*$/.exec(name)?.[1];
  return inner ?? name;
}

export async function createWebglTrainer(): Promise<DeviceTrainer> {
  let backend: MathBackendWebGL;
  try {
    backend = new MathBackendWebGL();
  } catch (error) {
    throw new TrainerFailure('unsupported', 'WebGL does not start in this browser.', { cause: error });
  }
  const { gl } = backend.gpgpu;
  const description = `WebGL · ${rendererOf(gl)}`;
  const memory = {
    incRef: (dataId: object) => backend.incRef(dataId),
    disposeData: (dataId: object) => backend.disposeData(dataId),
    numDataIds: () => backend.numDataIds(),
    makeTensorInfo: (shape: number[], dtype: 'float32' | 'int32', values?: Float32Array | Int32Array) =>
      backend.makeTensorInfo(shape, dtype, values),
    async read(tensor: { dataId: object }) {
      const values = await backend.read(tensor.dataId);
      if (!(values instanceof Float32Array))
        throw new Error('A tensor of the WebGL back end does not hold floats.');
      return new Float32Array(values);
    },
    settle: async () => gl.flush(),
    bytes: () => backend.memory().numBytesInGPU,
    failure: () =>
      gl.isContextLost()
        ? new TrainerFailure('device-lost', 'The browser took the WebGL context away.')
        : undefined,
    close: () => backend.dispose(),
  };
  const run = kernelRunner(backend, kernelTable(configs, backend));
  return deviceTrainer(gpuDevice('webgl', description, memory, run, composedPrograms));
}
