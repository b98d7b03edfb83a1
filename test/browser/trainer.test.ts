// The engines that a browser has, held to the trainer contract in a real Chromium: WebGPU and WebGL on the software adapter.
import { createTrainer } from '../../src/lib/adapters/engines/browser.ts';
import { deviceTensors } from '../../src/lib/adapters/tfjs/trainer.ts';
import { deviceBuffers } from '../../src/lib/adapters/webgpu/trainer.ts';
import { SEQUENCE_LAYERS, trainerContract } from '../contract/trainer.ts';

trainerContract('our own kernels in the browser', () => createTrainer('simd'), {
  tolerance: 1e-4,
  bitExact: true,
  manySteps: 500,
});
trainerContract('WebAssembly in the browser', () => createTrainer('wasm'), {
  tolerance: 1e-4,
  bitExact: true,
  manySteps: 500,
  tensorCount: deviceTensors,
});
trainerContract('our own kernels on WebGPU', () => createTrainer('gpu'), {
  tolerance: 2e-4,
  bitExact: true,
  manySteps: 500,
  lacks: ['batch-normalisation', ...SEQUENCE_LAYERS],
  tensorCount: deviceBuffers,
});
// These stand by where our own kernels did not pass; their session is that of WebAssembly. (TensorFlow.js on the CPU is the
// same program in Node, where all of the contract is asked of it.)
trainerContract('CPU in the browser', () => createTrainer('cpu'), {
  tolerance: 1e-4,
  bitExact: true,
  manySteps: 0,
  kernelsOnly: true,
});
trainerContract('TensorFlow.js on WebGPU', () => createTrainer('webgpu'), {
  tolerance: 2e-4,
  bitExact: true,
  manySteps: 0,
  kernelsOnly: true,
});
trainerContract('WebGL', () => createTrainer('webgl'), {
  tolerance: 2e-3,
  bitExact: true,
  manySteps: 0,
  kernelsOnly: true,
});
trainerContract('jax-js on WebGPU', () => createTrainer('jax-webgpu'), {
  tolerance: 2e-4,
  bitExact: true,
  manySteps: 0,
  kernelsOnly: true,
});
