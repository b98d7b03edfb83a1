// A device whose memory the host cannot reach: WebGL or WebGPU. Everything is a kernel of the back end, but for what
// GpuPrograms supplies: composed of kernels on WebGL, one fused program each on WebGPU.
import type { WindowGeometry } from '../../core/model/window-geometry.ts';
import type { BackendName, TrainerFailure } from '../../ports/trainer.ts';
import type { Device, Tensor } from './device.ts';
import { composedNormalisation } from './gpu-normalisation.ts';
import type { BackendMemory, RunKernel } from './kernels.ts';

export interface GpuMemory extends BackendMemory {
  makeTensorInfo(shape: number[], dtype: 'float32' | 'int32', values?: Float32Array | Int32Array): Tensor;
  /** The values now on the device, past any copy that the back end keeps on the host. */
  read(tensor: Tensor): Promise<Float32Array<ArrayBuffer>>;
  settle(): Promise<void>;
  bytes(): number | undefined;
  failure(): TrainerFailure | undefined;
  close(): void;
}

/** What a program builds on: kernels and uploads whose results live until the step ends. */
export interface GpuOperations {
  readonly memory: GpuMemory;
  readonly kernel: RunKernel;
  note(tensor: Tensor): Tensor;
  upload(values: Float32Array | Int32Array, shape: readonly number[]): Tensor;
}

export type GpuPrograms = Pick<
  Device,
  'biasGradient' | 'activationBackward' | 'multiply' | 'parameter' | 'loss' | 'holdRows'
>;

export function gpuDevice(
  backend: BackendName,
  description: string,
  memory: GpuMemory,
  run: RunKernel,
  programs: (operations: GpuOperations) => GpuPrograms,
): Device {
  const made: Tensor[] = [];
  const note = (tensor: Tensor): Tensor => {
    made.push(tensor);
    return tensor;
  };
  const kernel: RunKernel = (name, inputs, attrs) => note(run(name, inputs, attrs));
  const upload = (values: Float32Array | Int32Array, shape: readonly number[]): Tensor =>
    note(memory.makeTensorInfo([...shape], values instanceof Int32Array ? 'int32' : 'float32', values));
  const operations: GpuOperations = { memory, kernel, note, upload };

  const activate: Device['activate'] = (activation, x) => {
    switch (activation) {
      case 'relu':
        return kernel('Relu', { x });
      case 'sigmoid':
        return kernel('Sigmoid', { x });
      case 'tanh':
        return kernel('Tanh', { x });
      case 'linear':
      case 'softmax':
        return x;
      default:
        return activation satisfies never;
    }
  };
  // Only relu and linear are fused alike on both back ends.
  const fused = (
    name: string,
    inputs: Parameters<RunKernel>[1],
    attrs: object,
    activation: Parameters<Device['activate']>[0],
  ): Tensor => {
    const inside = activation === 'relu' ? 'relu' : 'linear';
    const y = kernel(name, inputs, { ...attrs, activation: inside });
    return activation === 'relu' ? y : activate(activation, y);
  };
  const matMul = (a: Tensor, b: Tensor, transposeA: boolean, transposeB: boolean): Tensor =>
    kernel('BatchMatMul', { a, b }, { transposeA, transposeB });

  const device: Device = {
    backend,
    description,
    upload: (values, shape) => upload(values.slice(), shape),
    read: (tensor) => memory.read(tensor),
    reshape: (x, shape) => kernel('Reshape', { x }, { shape: [...shape] }),
    endStep() {
      for (const tensor of made) memory.disposeData(tensor.dataId);
      made.length = 0;
    },
    dense(x, weights, bias, activation) {
      // The fused kernel wants a leading batch axis.
      const a = device.reshape(x, [1, ...x.shape]);
      const b = device.reshape(weights, [1, ...weights.shape]);
      const inputs = bias === undefined ? { a, b } : { a, b, bias };
      const y = fused(
        '_FusedMatMul',
        inputs,
        { transposeA: false, transposeB: false, leakyreluAlpha: 0 },
        activation,
      );
      return device.reshape(y, y.shape.slice(1));
    },
    denseKernelGradient: (x, dy) => matMul(x, dy, true, false),
    denseInputGradient: (dy, weights) => matMul(dy, weights, false, true),
    convolution(x, filter, bias, activation, geometry) {
      const attrs = {
        strides: [geometry.strideY, geometry.strideX],
        pad: geometry.padding,
        dataFormat: 'NHWC',
        dilations: [1, 1],
        leakyreluAlpha: 0,
      };
      return fused(
        'FusedConv2D',
        bias === undefined ? { x, filter } : { x, filter, bias },
        attrs,
        activation,
      );
    },
    convolutionKernelGradient: (x, dy, geometry) =>
      kernel(
        'Conv2DBackpropFilter',
        { x, dy },
        {
          strides: [geometry.strideY, geometry.strideX],
          pad: geometry.padding,
          dataFormat: 'NHWC',
          filterShape: [
            geometry.windowHeight,
            geometry.windowWidth,
            geometry.channels,
            geometry.outputChannels,
          ],
        },
      ),
    convolutionInputGradient: (dy, filter, geometry) =>
      kernel(
        'Conv2DBackpropInput',
        { dy, filter },
        {
          strides: [geometry.strideY, geometry.strideX],
          pad: geometry.padding,
          dataFormat: 'NHWC',
          inputShape: [geometry.batch, geometry.height, geometry.width, geometry.channels],
        },
      ),
    pool: (kind, x, geometry) =>
      kernel(
        kind === 'max-pool2d' ? 'MaxPool' : 'AvgPool',
        { x },
        {
          filterSize: [geometry.windowHeight, geometry.windowWidth],
          strides: [geometry.strideY, geometry.strideX],
          pad: geometry.padding,
        },
      ),
    poolBackward(kind, x, y, dy, geometry) {
      const attrs = {
        filterSize: [geometry.windowHeight, geometry.windowWidth],
        strides: [geometry.strideY, geometry.strideX],
        pad: geometry.padding,
      };
      if (kind === 'max-pool2d') return kernel('MaxPoolGrad', { dy, input: x, output: y }, attrs);
      const scale = windowShares(geometry);
      const whole = scale === undefined ? dy : device.multiply(dy, upload(scale, dy.shape));
      return kernel('AvgPoolGrad', { dy: whole, input: x }, attrs);
    },
    globalAverage(x) {
      const [batch = 0, height = 0, width = 0, channels = 0] = x.shape;
      const y = kernel(
        'AvgPool',
        { x },
        { filterSize: [height, width], strides: [height, width], pad: 'valid' },
      );
      return device.reshape(y, [batch, channels]);
    },
    globalAverageBackward(dy, shape) {
      const [batch = 0, height = 0, width = 0, channels = 0] = shape;
      // The kernel reads only the shape of its input.
      const input: Tensor = { dataId: dy.dataId, shape: [...shape], dtype: 'float32' };
      const spread = device.reshape(dy, [batch, 1, 1, channels]);
      return kernel(
        'AvgPoolGrad',
        { dy: spread, input },
        { filterSize: [height, width], strides: [height, width], pad: 'valid' },
      );
    },
    activate,
    ...composedNormalisation(operations),
    ...programs(operations),
    // A step of a sequence is a handful of small products: a kernel for each would be slower than a processor.
    sequence: undefined,
    settle: () => memory.settle(),
    tensorCount: () => memory.numDataIds(),
    memoryBytes: () => memory.bytes(),
    failure: () => memory.failure(),
    dispose() {
      if (memory.failure() === undefined) device.endStep();
      memory.close();
    },
  };
  return device;
}

/**
 * TensorFlow.js 4.22 averages only the pixels inside the image, but its gradient divides by the whole window: at the border
 * of a SAME pool it is too small by this factor, [batch, outputHeight, outputWidth, channels]. Undefined where no window
 * reaches over the border.
 */
function windowShares(geometry: WindowGeometry): Float32Array | undefined {
  const inside = (output: number, stride: number, before: number, size: number, side: number): number =>
    Math.min(side, output * stride - before + size) - Math.max(0, output * stride - before);
  const { batch, outputHeight, outputWidth, channels, windowHeight, windowWidth } = geometry;
  const shares = new Float32Array(outputHeight * outputWidth * channels);
  for (let row = 0; row < outputHeight; row += 1)
    for (let column = 0; column < outputWidth; column += 1) {
      const pixels =
        inside(row, geometry.strideY, geometry.top, windowHeight, geometry.height) *
        inside(column, geometry.strideX, geometry.left, windowWidth, geometry.width);
      const start = (row * outputWidth + column) * channels;
      shares.fill((windowHeight * windowWidth) / pixels, start, start + channels);
    }
  if (shares.every((share) => share === 1)) return undefined;
  const scale = new Float32Array(batch * shares.length);
  for (let image = 0; image < batch; image += 1) scale.set(shares, image * shares.length);
  return scale;
}
