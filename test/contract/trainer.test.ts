// The engines that Node has, held to the trainer contract.
import { createReferenceTrainer } from '../../src/lib/adapters/reference/reference-trainer.ts';
import { createTrainer } from '../../src/lib/adapters/engines/node.ts';
import { deviceTensors } from '../../src/lib/adapters/tfjs/trainer.ts';
import { SEQUENCE_LAYERS, trainerContract } from './trainer.ts';

trainerContract('the plain-loop reference', async () => createReferenceTrainer(), {
  tolerance: 1e-7,
  bitExact: true,
  manySteps: 0,
});
trainerContract('TensorFlow.js on CPU', () => createTrainer('cpu'), {
  tolerance: 1e-4,
  bitExact: true,
  manySteps: 500,
  tensorCount: deviceTensors,
});
trainerContract('TensorFlow.js on WebAssembly', () => createTrainer('wasm'), {
  tolerance: 1e-4,
  bitExact: true,
  manySteps: 500,
  tensorCount: deviceTensors,
});
trainerContract('our own kernels on WebAssembly SIMD', () => createTrainer('simd'), {
  tolerance: 1e-4,
  bitExact: true,
  manySteps: 500,
});
trainerContract('jax-js on WebAssembly', () => createTrainer('jax-wasm'), {
  tolerance: 1e-4,
  bitExact: true,
  manySteps: 0,
  lacks: SEQUENCE_LAYERS,
});
