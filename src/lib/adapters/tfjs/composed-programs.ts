// The elementwise part of a step composed of kernels, for WebGL: tensors there cannot be written in place, so every update
// makes a new one and frees the old.
import { asNumbers, gatherFeatures } from '../../core/model/reference/batches.ts';
import { isClassifier } from '../../core/model/head.ts';
import type { Network } from '../../core/model/network.ts';
import { momentRule, momentStep, momentumOf } from '../../core/model/optimizer.ts';
import type { DeviceLoss, Tensor } from './device.ts';
import type { GpuOperations, GpuPrograms } from './gpu-device.ts';

const MAXIMUM_HELD_BYTES = 256 * 1024 * 1024;

export function composedPrograms({ memory, kernel, upload }: GpuOperations): GpuPrograms {
  const scalar = (value: number): Tensor => upload(Float32Array.of(value), []);
  const add = (a: Tensor, b: Tensor): Tensor => kernel('Add', { a, b });
  const subtract = (a: Tensor, b: Tensor): Tensor => kernel('Sub', { a, b });
  const multiply = (a: Tensor, b: Tensor): Tensor => kernel('Multiply', { a, b });
  const scaled = (x: Tensor, factor: number): Tensor => multiply(x, scalar(factor));
  /** Takes a tensor out of the step, so that it outlives it. */
  const kept = (tensor: Tensor): Tensor => {
    memory.incRef(tensor.dataId);
    return tensor;
  };
  const sumOver = (x: Tensor, axis: number[], keepDims: boolean): Tensor => {
    const sum = kernel('Sum', { x }, { axis, keepDims });
    if (!keepDims) return sum;
    const shape = x.shape.map((side, index) => (axis.includes(index) ? 1 : side));
    return kernel('Reshape', { x: sum }, { shape });
  };

  return {
    multiply,
    biasGradient: (dy) =>
      sumOver(
        dy,
        dy.shape.slice(0, -1).map((_, axis) => axis),
        false,
      ),
    activationBackward(activation, y, dy) {
      switch (activation) {
        case 'relu':
          return multiply(dy, kernel('Step', { x: y }, { alpha: 0 }));
        case 'sigmoid':
          return multiply(dy, subtract(y, multiply(y, y)));
        case 'tanh':
          return subtract(dy, multiply(dy, multiply(y, y)));
        case 'linear':
        case 'softmax':
          return dy;
        default:
          return activation satisfies never;
      }
    },
    holdRows(rows, inputShape) {
      const size = inputShape.reduce((total, side) => total * side, 1);
      // Textures hold floats: bytes take four times their room, so only what is not too much is held there.
      if (4 * rows.features.length <= MAXIMUM_HELD_BYTES && rows.count > 0) {
        const held = memory.makeTensorInfo([rows.count, size], 'float32', asNumbers(rows.features));
        return {
          bytes: 4 * rows.features.length,
          batch(indices) {
            const chosen = upload(Int32Array.from(indices), [indices.length]);
            const batch = kernel('GatherV2', { x: held, indices: chosen }, { axis: 0, batchDims: 0 });
            return kernel('Reshape', { x: batch }, { shape: [indices.length, ...inputShape] });
          },
          dispose: () => void memory.disposeData(held.dataId),
        };
      }
      const features = rows.features.slice();
      return {
        bytes: 0,
        batch(indices) {
          const values = new Float32Array(indices.length * size);
          gatherFeatures(features, size, indices, values);
          return upload(values, [indices.length, ...inputShape]);
        },
        dispose() {},
      };
    },
    parameter(slot, values, plan) {
      const { optimizer, learningRate, proximalTerm } = plan;
      const rule = momentRule(optimizer);
      const make = (numbers: Float32Array): Tensor =>
        memory.makeTensorInfo([...slot.shape], 'float32', numbers.slice());
      const held = { tensor: make(values.value) };
      const moments = values.moments.filter((moment) => moment.length > 0).map(make);
      const anchor = proximalTerm > 0 ? make(values.anchor) : undefined;
      let correction: Tensor | undefined;
      const replace = (old: Tensor, next: Tensor): Tensor => {
        memory.disposeData(old.dataId);
        return kept(next);
      };
      return {
        get tensor() {
          return held.tensor;
        },
        apply(gradient, t) {
          let g = gradient;
          if (anchor !== undefined) g = add(g, scaled(subtract(held.tensor, anchor), proximalTerm));
          if (correction !== undefined) g = add(g, correction);
          const [first, second] = moments;
          if (rule !== undefined && first !== undefined && second !== undefined) {
            const { beta1, beta2, epsilon } = rule;
            const { rate, correction: correction2, keep } = momentStep(rule, learningRate, t);
            const m = add(scaled(first, beta1), scaled(g, 1 - beta1));
            const v = add(scaled(second, beta2), scaled(multiply(g, g), 1 - beta2));
            const root = kernel('Sqrt', { x: scaled(v, 1 / correction2) });
            const move = kernel('RealDiv', {
              a: scaled(m, rate),
              b: add(root, scalar(epsilon)),
            });
            moments[0] = replace(first, m);
            moments[1] = replace(second, v);
            const before = keep === 1 ? held.tensor : scaled(held.tensor, keep);
            held.tensor = replace(held.tensor, subtract(before, move));
            return;
          }
          if (first !== undefined) {
            g = add(scaled(first, momentumOf(optimizer)), g);
            moments[0] = replace(first, g);
          }
          held.tensor = replace(held.tensor, subtract(held.tensor, scaled(g, learningRate)));
        },
        correct(given) {
          if (correction !== undefined) memory.disposeData(correction.dataId);
          correction = given === undefined ? undefined : make(given);
        },
        async read() {
          const state = new Float32Array(slot.length * moments.length);
          for (const [index, moment] of moments.entries())
            state.set(await memory.read(moment), index * slot.length);
          return { value: await memory.read(held.tensor), state };
        },
        dispose() {
          for (const tensor of [held.tensor, ...moments, anchor, correction])
            if (tensor !== undefined) memory.disposeData(tensor.dataId);
        },
      };
    },
    loss: (network) => composedLoss(network),
  };

  function composedLoss(network: Network): DeviceLoss {
    let sum = memory.makeTensorInfo([], 'float32', new Float32Array(1));
    const accumulate = (term: Tensor): void => {
      const next = kept(add(sum, term));
      memory.disposeData(sum.dataId);
      sum = next;
    };
    const size = network.outputSize;
    return {
      gradient(outputs, targets, batch) {
        if (!isClassifier(network)) {
          const error = subtract(outputs, upload(Float32Array.from(targets), [batch, 1]));
          accumulate(sumOver(multiply(error, error), [0, 1], false));
          return scaled(error, 2 / batch);
        }
        const truth = new Float32Array(batch * size);
        for (let row = 0; row < batch; row += 1) truth[row * size + targets[row]!] = 1;
        const onehot = upload(truth, [batch, size]);
        const highest = kernel(
          'Reshape',
          { x: kernel('Max', { x: outputs }, { reductionIndices: [1], keepDims: false }) },
          { shape: [batch, 1] },
        );
        const shifted = subtract(outputs, highest);
        const exponentials = kernel('Exp', { x: shifted });
        const total = sumOver(exponentials, [1], true);
        accumulate(
          subtract(
            sumOver(kernel('Log', { x: total }), [0, 1], false),
            sumOver(multiply(shifted, onehot), [0, 1], false),
          ),
        );
        return scaled(subtract(kernel('RealDiv', { a: exponentials, b: total }), onehot), 1 / batch);
      },
      async take() {
        const [taken = NaN] = await memory.read(sum);
        memory.disposeData(sum.dataId);
        sum = memory.makeTensorInfo([], 'float32', new Float32Array(1));
        return taken;
      },
      dispose: () => void memory.disposeData(sum.dataId),
    };
  }
}
