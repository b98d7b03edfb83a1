// A device whose memory the host can reach: the WASM heap, or the CPU back end's arrays. Matrix products and convolutions come
// from heap-products.ts; everything elementwise is a loop over its memory, in place, which spares a kernel and a
// buffer each. Parameters are updated where they lie.
import {
  averagePoolBackward,
  averagePoolForward,
  globalAverageBackward,
  globalAverageForward,
} from '../../core/model/reference/pooling.ts';
import { gatherFeatures } from '../../core/model/reference/batches.ts';
import { activate, activationBackward } from '../../core/model/reference/activation.ts';
import { crossEntropy, squaredError } from '../../core/model/reference/loss.ts';
import {
  inverseDeviation,
  momentsOf,
  normalisationBackward,
  normalisationForward,
} from '../../core/model/reference/normalisation.ts';
import { isClassifier } from '../../core/model/head.ts';
import type { Network } from '../../core/model/network.ts';
import { applyGradient } from '../../core/model/optimizer.ts';
import type { BackendName } from '../../ports/trainer.ts';
import type { Device, DeviceLoss, Tensor } from './device.ts';
import { heapSequence } from './heap-sequence.ts';
import type { HeapOperations, HeapProducts } from './heap-products.ts';
import type { BackendMemory, RunKernel } from './kernels.ts';
import { flippedFilter, permuteAxes, transposeInto } from './layout.ts';

/** The memory of a back end as the host sees it. */
export interface HeapMemory extends BackendMemory {
  allocate(shape: readonly number[]): Tensor;
  /** The values where they lie. Any later allocation may move them: take a fresh view after each. */
  view(tensor: Tensor): Float32Array;
  /** Must follow every write to a tensor that a kernel has already read as weights: kernels keep packed copies. */
  touched(tensor: Tensor): void;
  bytes(): number | undefined;
  close(): void;
}

const sizeOf = (shape: readonly number[]): number => shape.reduce((total, side) => total * side, 1);
export function heapDevice(
  backend: BackendName,
  description: string,
  memory: HeapMemory,
  run: RunKernel,
  productsOf: (operations: HeapOperations) => HeapProducts,
): Device {
  const made: Tensor[] = [];
  const note = (tensor: Tensor): Tensor => {
    made.push(tensor);
    return tensor;
  };
  const allocate = (shape: readonly number[]): Tensor => note(memory.allocate(shape));
  const kernel: RunKernel = (name, inputs, attrs) => note(run(name, inputs, attrs));
  const { view } = memory;

  const transpose = (x: Tensor): Tensor => {
    const [rows = 1, columns = 1] = x.shape;
    const y = allocate([columns, rows]);
    transposeInto(view(x), rows, columns, view(y));
    return y;
  };
  const products = productsOf({ kernel, allocate, view });
  const device: Device = {
    backend,
    description,
    upload(values, shape) {
      const tensor = allocate(shape);
      view(tensor).set(values);
      return tensor;
    },
    read: async (tensor) => new Float32Array(view(tensor)),
    reshape(tensor, shape) {
      memory.incRef(tensor.dataId);
      return note({ dataId: tensor.dataId, shape: [...shape], dtype: tensor.dtype });
    },
    endStep() {
      for (const tensor of made) memory.disposeData(tensor.dataId);
      made.length = 0;
    },

    dense(x, weights, bias, activation) {
      const y = products.dense(x, weights, bias, activation === 'relu');
      if (activation !== 'relu') activate(activation, view(y));
      return y;
    },
    denseKernelGradient: (x, dy) => products.matMul(transpose(x), dy),
    // (W·dyᵀ)ᵀ instead of dy·Wᵀ: only the two small matrices are turned, and the kernels pack their right-hand side.
    denseInputGradient: (dy, weights) => transpose(products.matMul(weights, transpose(dy))),
    convolution(x, filter, bias, activation, { strideY, strideX, padding }) {
      const settings = { strides: [strideY, strideX], dilations: [1, 1], pad: padding } as const;
      const y = products.convolution(x, filter, bias, activation === 'relu', settings);
      if (activation !== 'relu') activate(activation, view(y));
      return y;
    },
    // The filter's gradient is a convolution too: of x with channels for its batch by dy with the batch for its channels,
    // the stride becoming a dilation. WASM has no Conv2DBackpropFilter.
    convolutionKernelGradient(x, dy, geometry) {
      const { batch, height, width, channels, outputHeight, outputWidth, outputChannels } = geometry;
      const image = allocate([channels, height, width, batch]);
      permuteAxes(view(x), [batch, height * width, channels], [2, 1, 0], view(image));
      const filter = allocate([outputHeight, outputWidth, batch, outputChannels]);
      permuteAxes(view(dy), [batch, outputHeight * outputWidth, outputChannels], [1, 0, 2], view(filter));
      const bottom = geometry.windowHeight + (outputHeight - 1) * geometry.strideY - height - geometry.top;
      const right = geometry.windowWidth + (outputWidth - 1) * geometry.strideX - width - geometry.left;
      const taps = products.convolution(image, filter, undefined, false, {
        strides: [1, 1],
        dilations: [geometry.strideY, geometry.strideX],
        pad: [
          [geometry.top, Math.max(0, bottom)],
          [geometry.left, Math.max(0, right)],
        ],
      });
      const gradient = allocate([geometry.windowHeight, geometry.windowWidth, channels, outputChannels]);
      const [, , tapColumns = 0] = taps.shape;
      const from = view(taps);
      const to = view(gradient);
      // Rows of x that no window reached make `taps` larger than the filter: the rest is left out.
      for (let channel = 0; channel < channels; channel += 1)
        for (let row = 0; row < geometry.windowHeight; row += 1)
          for (let column = 0; column < geometry.windowWidth; column += 1) {
            const start = ((channel * (taps.shape[1] ?? 0) + row) * tapColumns + column) * outputChannels;
            to.set(
              from.subarray(start, start + outputChannels),
              ((row * geometry.windowWidth + column) * channels + channel) * outputChannels,
            );
          }
      return gradient;
    },
    convolutionInputGradient(dy, filter, geometry) {
      const { height, width, channels, windowHeight, windowWidth } = geometry;
      if (geometry.strideY !== 1 || geometry.strideX !== 1)
        return products.stridedInputGradient(dy, filter, geometry);
      const flipped = allocate([windowHeight, windowWidth, geometry.outputChannels, channels]);
      flippedFilter(
        view(filter),
        windowHeight * windowWidth,
        channels,
        geometry.outputChannels,
        view(flipped),
      );
      const top = windowHeight - 1 - geometry.top;
      const left = windowWidth - 1 - geometry.left;
      const bottom = height - geometry.outputHeight - top + windowHeight - 1;
      const right = width - geometry.outputWidth - left + windowWidth - 1;
      return products.convolution(dy, flipped, undefined, false, {
        strides: [1, 1],
        dilations: [1, 1],
        pad: [
          [top, bottom],
          [left, right],
        ],
      });
    },
    biasGradient(dy) {
      const units = dy.shape[dy.shape.length - 1] ?? 0;
      const gradient = allocate([units]);
      const values = view(dy);
      const sums = new Float64Array(units);
      for (let start = 0; start < values.length; start += units)
        for (let unit = 0; unit < units; unit += 1) sums[unit]! += values[start + unit]!;
      view(gradient).set(sums);
      return gradient;
    },
    pool(kind, x, geometry) {
      if (kind === 'max-pool2d') return products.maximumPool(x, geometry);
      const y = allocate([geometry.batch, geometry.outputHeight, geometry.outputWidth, geometry.channels]);
      averagePoolForward(view(x), geometry, view(y));
      return y;
    },
    poolBackward(kind, x, y, dy, geometry) {
      if (kind === 'max-pool2d') return products.maximumPoolGradient(x, y, dy, geometry);
      const dx = allocate(x.shape);
      averagePoolBackward(view(dy), geometry, view(dx).fill(0));
      return dx;
    },
    globalAverage(x) {
      const [batch = 0, height = 0, width = 0, channels = 0] = x.shape;
      const y = allocate([batch, channels]);
      globalAverageForward(view(x), batch, height * width, channels, view(y));
      return y;
    },
    globalAverageBackward(dy, shape) {
      const [batch = 0, height = 0, width = 0, channels = 0] = shape;
      const dx = allocate(shape);
      globalAverageBackward(view(dy), batch, height * width, channels, view(dx));
      return dx;
    },
    activate(activation, x) {
      const y = allocate(x.shape);
      view(y).set(view(x));
      activate(activation, view(y));
      return y;
    },
    activationBackward(activation, y, dy) {
      activationBackward(activation, view(y), view(dy));
      return dy;
    },
    multiply(a, b) {
      const y = allocate(a.shape);
      const [left, right, product] = [view(a), view(b), view(y)];
      for (let i = 0; i < product.length; i += 1) product[i] = left[i]! * right[i]!;
      return y;
    },

    normalise(x, { gamma, beta, mean, variance }, epsilon) {
      const channels = sizeOf(gamma.shape);
      const moments = momentsOf(view(x), channels);
      const [y, centred] = [allocate(x.shape), allocate(x.shape)];
      const [inverse, ofMean, ofVariance] = [
        allocate([channels]),
        allocate([channels]),
        allocate([channels]),
      ];
      normalisationForward(view(x), moments, view(gamma), view(beta), epsilon, view(y));
      const [from, to] = [view(x), view(centred)];
      for (let i = 0; i < to.length; i += 1) to[i] = from[i]! - moments.mean[i % channels]!;
      for (let i = 0; i < channels; i += 1) {
        view(inverse)[i] = inverseDeviation(moments.variance[i]!, epsilon);
        view(ofMean)[i] = view(mean)[i]! - moments.mean[i]!;
        view(ofVariance)[i] = view(variance)[i]! - moments.variance[i]!;
      }
      return { y, centred, inverse, drift: { mean: ofMean, variance: ofVariance } };
    },
    normaliseBackward(dy, { centred, inverse }, gamma) {
      const channels = sizeOf(gamma.shape);
      const [toGamma, toBeta] = [allocate([channels]), allocate([channels])];
      const made = normalisationBackward(view(centred), view(dy), view(inverse), view(gamma), view(dy));
      view(toGamma).set(made.gamma);
      view(toBeta).set(made.beta);
      return { dx: dy, gamma: toGamma, beta: toBeta };
    },
    normaliseByRunning(x, { gamma, beta, mean, variance }, epsilon) {
      const y = allocate(x.shape);
      const by = { mean: view(mean), variance: view(variance) };
      normalisationForward(view(x), by, view(gamma), view(beta), epsilon, view(y));
      return y;
    },

    sequence: heapSequence(
      memory,
      productsOf({ kernel: run, allocate: (shape) => memory.allocate(shape), view }),
      allocate,
    ),

    holdRows(rows, inputShape) {
      const size = sizeOf(inputShape);
      // Bytes stay bytes: a batch is scaled as it is gathered.
      const features = rows.features.slice();
      return {
        bytes: features.byteLength,
        batch(indices) {
          const x = allocate([indices.length, ...inputShape]);
          gatherFeatures(features, size, indices, view(x));
          return x;
        },
        dispose() {},
      };
    },
    parameter(slot, values, plan) {
      const tensor = memory.allocate(slot.shape);
      view(tensor).set(values.value);
      const [first, second] = values.moments;
      const state = new Float32Array(first.length + second.length);
      state.set(first);
      state.set(second, first.length);
      const anchor = plan.proximalTerm > 0 ? values.anchor.slice() : values.anchor.subarray(0, 0);
      let correction: Float32Array | undefined;
      return {
        tensor,
        apply(gradient, t) {
          applyGradient(plan, view(tensor), 0, view(gradient), state, slot.length, anchor, t, correction);
          memory.touched(tensor);
        },
        correct: (given) => void (correction = given?.slice()),
        read: async () => ({ value: new Float32Array(view(tensor)), state: state.slice() }),
        dispose: () => void memory.disposeData(tensor.dataId),
      };
    },
    loss: (network) => heapLoss(network, allocate, view),
    settle: async () => {},
    tensorCount: () => memory.numDataIds(),
    memoryBytes: () => memory.bytes(),
    failure: () => undefined,
    dispose() {
      device.endStep();
      memory.close();
    },
  };
  return device;
}

function heapLoss(
  network: Network,
  allocate: (shape: readonly number[]) => Tensor,
  view: (tensor: Tensor) => Float32Array,
): DeviceLoss {
  let sum = 0;
  const classifies = isClassifier(network);
  return {
    gradient(outputs, targets, batch) {
      const dy = allocate([batch, network.outputSize]);
      sum += classifies
        ? crossEntropy(view(outputs), targets, batch, network.outputSize, view(dy))
        : squaredError(view(outputs), targets, batch, view(dy));
      return dy;
    },
    async take() {
      const taken = sum;
      sum = 0;
      return taken;
    },
    dispose() {},
  };
}
