// The elementwise part of a step as WebGPU programs: one dispatch each, in place where the result replaces its input.
// A program writes `result`, which WebGPU lets it read too; its inputs are other buffers.
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu/dist/backend_webgpu.js';
import type { WebGPUProgram } from '@tensorflow/tfjs-backend-webgpu/dist/webgpu_program.js';
import { gatherFeatures } from '../../core/model/reference/batches.ts';
import { isClassifier } from '../../core/model/head.ts';
import { momentRule, momentStep, momentumOf } from '../../core/model/optimizer.ts';
import type { Rows } from '../../ports/trainer.ts';
import type { DeviceRows, Tensor } from './device.ts';
import type { GpuOperations, GpuPrograms } from './gpu-device.ts';

interface Source {
  /** Unique: pipelines are cached by it. */
  readonly name: string;
  readonly inputs: readonly string[];
  /** WGSL fields of the uniforms, in the order in which they are given. */
  readonly uniforms: readonly (readonly [name: string, type: 'i32' | 'f32'])[];
  /** Body of `main(index : i32)`, run for 0 ≤ index < size. */
  readonly body: string;
}

const LANES = 64;

const inPlace = (name: string, inputs: string[], uniforms: string[], body: string): Source => ({
  name,
  inputs,
  uniforms: uniforms.map((uniform) => [uniform, 'f32'] as const),
  body,
});

const sources = {
  relu: inPlace('reluBackward', ['y'], [], 'if (!(y[index] > 0.0)) { result[index] = 0.0; }'),
  sigmoid: inPlace(
    'sigmoidBackward',
    ['y'],
    [],
    'result[index] = result[index] * y[index] * (1.0 - y[index]);',
  ),
  tanh: inPlace('tanhBackward', ['y'], [], 'result[index] = result[index] * (1.0 - y[index] * y[index]);'),
  multiply: inPlace('multiply', ['a', 'b'], [], 'result[index] = a[index] * b[index];'),
  descend: inPlace('descend', ['g'], ['rate'], 'result[index] = result[index] - uniforms.rate * g[index];'),
  proximal: inPlace(
    'proximal',
    ['w', 'anchor'],
    ['mu'],
    'result[index] = result[index] + uniforms.mu * (w[index] - anchor[index]);',
  ),
  correct: inPlace('correct', ['correction'], [], 'result[index] = result[index] + correction[index];'),
  momentum: inPlace(
    'momentum',
    ['g'],
    ['momentum'],
    'result[index] = uniforms.momentum * result[index] + g[index];',
  ),
  firstMoment: inPlace(
    'firstMoment',
    ['g'],
    ['beta'],
    'result[index] = uniforms.beta * result[index] + (1.0 - uniforms.beta) * g[index];',
  ),
  // 1 − β₂ is given: in f32, 1 − 0.999 is off by 1.3e-5 of itself.
  secondMoment: inPlace(
    'secondMoment',
    ['g'],
    ['beta', 'rest'],
    'result[index] = uniforms.beta * result[index] + uniforms.rest * g[index] * g[index];',
  ),
  moments: inPlace(
    'moments',
    ['m', 'v'],
    ['rate', 'correction', 'epsilon', 'keep'],
    'result[index] = uniforms.keep * result[index] - uniforms.rate * m[index] / (sqrt(v[index] / uniforms.correction) + uniforms.epsilon);',
  ),
  gatherBytes: {
    name: 'gatherBytes',
    inputs: ['rows', 'chosen'],
    uniforms: [['rowSize', 'i32']],
    body: `
      let at = chosen[index / uniforms.rowSize] * uniforms.rowSize + index % uniforms.rowSize;
      let word = bitcast<u32>(rows[at >> 2u]);
      result[index] = f32((word >> (8u * (u32(at) & 3u))) & 255u) / 255.0;`,
  },
  gatherNumbers: {
    name: 'gatherNumbers',
    inputs: ['rows', 'chosen'],
    uniforms: [['rowSize', 'i32']],
    body: 'result[index] = rows[chosen[index / uniforms.rowSize] * uniforms.rowSize + index % uniforms.rowSize];',
  },
  // One invocation a row.
  crossEntropyGradient: {
    name: 'crossEntropyGradient',
    inputs: ['z', 'truth'],
    uniforms: [
      ['classes', 'i32'],
      ['batch', 'i32'],
    ],
    body: `
      let classes = uniforms.classes;
      let start = index * classes;
      var highest = z[start];
      for (var i = 1; i < classes; i = i + 1) { highest = max(highest, z[start + i]); }
      var total = 0.0;
      for (var i = 0; i < classes; i = i + 1) { total = total + exp(z[start + i] - highest); }
      for (var i = 0; i < classes; i = i + 1) {
        let wanted = select(0.0, 1.0, i == i32(truth[index]));
        result[start + i] = (exp(z[start + i] - highest) / total - wanted) / f32(uniforms.batch);
      }`,
  },
  // One invocation a lane; a lane keeps its own sum over all steps.
  crossEntropySum: {
    name: 'crossEntropySum',
    inputs: ['z', 'truth'],
    uniforms: [
      ['classes', 'i32'],
      ['batch', 'i32'],
    ],
    body: `
      let classes = uniforms.classes;
      var sum = 0.0;
      for (var row = index; row < uniforms.batch; row = row + ${LANES}) {
        let start = row * classes;
        var highest = z[start];
        for (var i = 1; i < classes; i = i + 1) { highest = max(highest, z[start + i]); }
        var total = 0.0;
        for (var i = 0; i < classes; i = i + 1) { total = total + exp(z[start + i] - highest); }
        sum = sum + log(total) + highest - z[start + i32(truth[row])];
      }
      result[index] = result[index] + sum;`,
  },
  squaredErrorGradient: {
    name: 'squaredErrorGradient',
    inputs: ['z', 'truth'],
    uniforms: [['batch', 'i32']],
    body: 'result[index] = 2.0 * (z[index] - truth[index]) / f32(uniforms.batch);',
  },
  squaredErrorSum: {
    name: 'squaredErrorSum',
    inputs: ['z', 'truth'],
    uniforms: [['batch', 'i32']],
    body: `
      var sum = 0.0;
      for (var row = index; row < uniforms.batch; row = row + ${LANES}) {
        let error = z[row] - truth[row];
        sum = sum + error * error;
      }
      result[index] = result[index] + sum;`,
  },
} satisfies Record<string, Source>;

const lengthOf = (tensor: Tensor): number => tensor.shape.reduce((total, side) => total * side, 1);
const flat = (tensor: Tensor): Tensor => ({
  dataId: tensor.dataId,
  shape: [lengthOf(tensor)],
  dtype: tensor.dtype,
});

function program(source: Source, size: number): WebGPUProgram {
  return {
    variableNames: [...source.inputs],
    uniforms: source.uniforms.map(([name, type]) => `${name} : ${type},`).join(' '),
    outputShape: [size],
    dispatchLayout: { x: [0] },
    dispatch: [Math.ceil(size / LANES), 1, 1],
    workgroupSize: [LANES, 1, 1],
    shaderKey: `tributary_${source.name}`,
    size: true,
    getUserCode: () => `fn main(index : i32) { if (index < uniforms.size) { ${source.body} } }`,
  };
}

/** Sums a column [rows, units] → [units], one workgroup a unit. */
function columnSums(units: number): WebGPUProgram {
  return {
    variableNames: ['x'],
    uniforms: 'rows : i32,',
    outputShape: [units],
    dispatchLayout: { x: [0] },
    dispatch: [units, 1, 1],
    workgroupSize: [LANES, 1, 1],
    shaderKey: 'tributary_columnSums',
    size: true,
    getUserCode: () => `
      var<workgroup> partial : array<f32, ${LANES}>;
      fn main(index : i32) {
        let unit = index / ${LANES};
        let lane = i32(localId.x);
        var sum = 0.0;
        if (unit < uniforms.size) {
          for (var row = lane; row < uniforms.rows; row = row + ${LANES}) { sum = sum + x[row * uniforms.size + unit]; }
        }
        partial[lane] = sum;
        workgroupBarrier();
        for (var half = ${LANES / 2}; half > 0; half = half / 2) {
          if (lane < half) { partial[lane] = partial[lane] + partial[lane + half]; }
          workgroupBarrier();
        }
        if (lane == 0 && unit < uniforms.size) { result[unit] = partial[0]; }
      }`,
  };
}

export function webgpuPrograms(backend: WebGPUBackend, { memory, note, upload }: GpuOperations): GpuPrograms {
  const execute = (
    source: Source,
    size: number,
    inputs: readonly Tensor[],
    numbers: readonly number[],
    output: Tensor,
  ): void => {
    const uniforms = source.uniforms.map(([, type], index) => ({
      type: type === 'i32' ? 'int32' : 'float32',
      data: [numbers[index] ?? 0],
    }));
    backend.runWebGPUProgram(program(source, size), inputs.map(flat), 'float32', uniforms, flat(output));
  };
  const change = (
    source: Source,
    target: Tensor,
    inputs: readonly Tensor[],
    ...numbers: number[]
  ): Tensor => {
    execute(source, lengthOf(target), inputs, numbers, target);
    return target;
  };
  const fresh = (shape: readonly number[]): Tensor => note(memory.makeTensorInfo([...shape], 'float32'));

  return {
    multiply: (a, b) => change(sources.multiply, fresh(a.shape), [a, b]),
    biasGradient(dy) {
      const units = dy.shape[dy.shape.length - 1] ?? 0;
      const uniforms = [{ type: 'int32', data: [lengthOf(dy) / units] }];
      return note(backend.runWebGPUProgram(columnSums(units), [flat(dy)], 'float32', uniforms));
    },
    activationBackward(activation, y, dy) {
      switch (activation) {
        case 'relu':
        case 'sigmoid':
        case 'tanh':
          return change(sources[activation], dy, [y]);
        case 'linear':
        case 'softmax':
          return dy;
        default:
          return activation satisfies never;
      }
    },
    holdRows: (rows, inputShape) => holdRows(rows, inputShape),
    parameter(slot, values, plan) {
      const { optimizer, learningRate, proximalTerm } = plan;
      const rule = momentRule(optimizer);
      const make = (numbers: Float32Array): Tensor =>
        memory.makeTensorInfo([...slot.shape], 'float32', numbers.slice());
      const tensor = make(values.value);
      const moments = values.moments.filter((moment) => moment.length > 0).map(make);
      const anchor = proximalTerm > 0 ? make(values.anchor) : undefined;
      let correction: Tensor | undefined;
      return {
        tensor,
        apply(gradient, t) {
          if (anchor !== undefined) change(sources.proximal, gradient, [tensor, anchor], proximalTerm);
          if (correction !== undefined) change(sources.correct, gradient, [correction]);
          const [first, second] = moments;
          if (rule !== undefined && first !== undefined && second !== undefined) {
            const { beta1, beta2, epsilon } = rule;
            const { rate, correction: correction2, keep } = momentStep(rule, learningRate, t);
            change(sources.firstMoment, first, [gradient], beta1);
            change(sources.secondMoment, second, [gradient], beta2, 1 - beta2);
            change(sources.moments, tensor, [first, second], rate, correction2, epsilon, keep);
          } else if (first !== undefined) {
            change(sources.momentum, first, [gradient], momentumOf(optimizer));
            change(sources.descend, tensor, [first], learningRate);
          } else change(sources.descend, tensor, [gradient], learningRate);
        },
        correct(given) {
          if (correction !== undefined) memory.disposeData(correction.dataId);
          correction = given === undefined ? undefined : make(given);
        },
        async read() {
          const state = new Float32Array(slot.length * moments.length);
          for (const [index, moment] of moments.entries())
            state.set(await memory.read(moment), index * slot.length);
          return { value: await memory.read(tensor), state };
        },
        dispose() {
          for (const held of [tensor, ...moments, anchor, correction])
            if (held !== undefined) memory.disposeData(held.dataId);
        },
      };
    },
    loss(network) {
      const classifies = isClassifier(network);
      const lanes = (): Tensor => memory.makeTensorInfo([LANES], 'float32', new Float32Array(LANES));
      let sums = lanes();
      return {
        gradient(outputs, targets, batch) {
          const truth = upload(Float32Array.from(targets), [batch]);
          const dy = fresh(outputs.shape);
          const numbers = classifies ? [network.outputSize, batch] : [batch];
          const gradient = classifies ? sources.crossEntropyGradient : sources.squaredErrorGradient;
          execute(gradient, batch, [outputs, truth], numbers, dy);
          execute(
            classifies ? sources.crossEntropySum : sources.squaredErrorSum,
            LANES,
            [outputs, truth],
            numbers,
            sums,
          );
          return dy;
        },
        async take() {
          const taken = sums;
          sums = lanes();
          const values = await memory.read(taken);
          memory.disposeData(taken.dataId);
          return values.reduce((total, value) => total + value, 0);
        },
        dispose: () => void memory.disposeData(sums.dataId),
      };
    },
  };

  /** Rows in one buffer of the device, bytes as bytes; rows too large for one binding are gathered on the host. */
  function holdRows(rows: Rows, inputShape: readonly number[]): DeviceRows {
    const size = inputShape.reduce((total, side) => total * side, 1);
    const { features } = rows;
    const limit = Math.min(
      backend.device.limits.maxStorageBufferBindingSize,
      backend.device.limits.maxBufferSize,
    );
    if (features.byteLength > limit || features.length >= 2 ** 31) {
      const kept = features.slice();
      return {
        bytes: 0,
        batch(indices) {
          const values = new Float32Array(indices.length * size);
          gatherFeatures(kept, size, indices, values);
          return upload(values, [indices.length, ...inputShape]);
        },
        dispose() {},
      };
    }
    const packed = features instanceof Uint8Array ? packedBytes(features) : features.slice();
    const dtype = packed instanceof Int32Array ? 'int32' : 'float32';
    const held = memory.makeTensorInfo(
      [Math.max(1, packed.length)],
      dtype,
      packed.length === 0 ? undefined : packed,
    );
    const source = dtype === 'int32' ? sources.gatherBytes : sources.gatherNumbers;
    return {
      bytes: packed.byteLength,
      batch(indices) {
        const x = fresh([indices.length, ...inputShape]);
        const chosen = upload(Int32Array.from(indices), [indices.length]);
        return change(source, x, [held, chosen], size);
      },
      dispose: () => void memory.disposeData(held.dataId),
    };
  }
}

/** Four bytes a word, little-endian as all of WebGPU. */
function packedBytes(bytes: Uint8Array): Int32Array {
  const words = new Int32Array(Math.ceil(bytes.length / 4));
  new Uint8Array(words.buffer).set(bytes);
  return words;
}
