// The heavy part of a step on a device with host memory: matrix products, convolutions and maximum pools.
import type { WindowGeometry } from '../../core/model/window-geometry.ts';
import { maximumPoolBackward, maximumPoolForward } from '../../core/model/reference/pooling.ts';
import { activate } from '../../core/model/reference/activation.ts';
import { productInto } from '../../core/model/reference/products.ts';
import type { Tensor } from './device.ts';
import type { RunKernel } from './kernels.ts';

export interface ConvolutionSettings {
  readonly strides: readonly [number, number];
  readonly dilations: readonly [number, number];
  /** [top, bottom], [left, right]; or SAME and VALID. */
  readonly pad: 'same' | 'valid' | readonly (readonly [number, number])[];
}

/** Results are new tensors of the step. `bias` and `relu` are applied to them. */
export interface HeapProducts {
  matMul(a: Tensor, b: Tensor): Tensor;
  dense(x: Tensor, kernel: Tensor, bias: Tensor | undefined, relu: boolean): Tensor;
  convolution(
    x: Tensor,
    filter: Tensor,
    bias: Tensor | undefined,
    relu: boolean,
    settings: ConvolutionSettings,
  ): Tensor;
  stridedInputGradient(dy: Tensor, filter: Tensor, geometry: WindowGeometry): Tensor;
  maximumPool(x: Tensor, geometry: WindowGeometry): Tensor;
  maximumPoolGradient(x: Tensor, y: Tensor, dy: Tensor, geometry: WindowGeometry): Tensor;
}

/** What products build on. */
export interface HeapOperations {
  /** Runs a kernel; its result lives until the step ends. */
  readonly kernel: RunKernel;
  allocate(shape: readonly number[]): Tensor;
  view(tensor: Tensor): Float32Array;
}

const convolutionAttributes = ({ strides, dilations, pad }: ConvolutionSettings): object => ({
  strides,
  dilations,
  pad: typeof pad === 'string' ? pad : [[0, 0], ...pad, [0, 0]],
  dataFormat: 'NHWC',
});
const poolAttributes = (geometry: WindowGeometry): object => ({
  filterSize: [geometry.windowHeight, geometry.windowWidth],
  strides: [geometry.strideY, geometry.strideX],
  pad: geometry.padding,
});
const backpropInput =
  ({ kernel }: HeapOperations): HeapProducts['stridedInputGradient'] =>
  (dy, filter, { batch, height, width, channels, strideY, strideX, padding }) =>
    kernel(
      'Conv2DBackpropInput',
      { dy, filter },
      {
        strides: [strideY, strideX],
        pad: padding,
        dataFormat: 'NHWC',
        inputShape: [batch, height, width, channels],
      },
    );
const withShape = (tensor: Tensor, shape: readonly number[]): Tensor => ({
  dataId: tensor.dataId,
  shape: [...shape],
  dtype: tensor.dtype,
});

/** On WASM: XNNPACK's kernels, with bias and relu inside. */
export function kernelProducts(operations: HeapOperations): HeapProducts {
  const { kernel } = operations;
  const inside = (
    bias: Tensor | undefined,
    relu: boolean,
  ): { readonly bias?: Tensor; readonly activation: string } => ({
    ...(bias === undefined ? {} : { bias }),
    activation: relu ? 'relu' : 'linear',
  });
  return {
    matMul: (a, b) => kernel('BatchMatMul', { a, b }, { transposeA: false, transposeB: false }),
    dense(x, weights, bias, relu) {
      const { activation, ...more } = inside(bias, relu);
      // The fused kernel wants a leading axis; shapes are only names for the same memory here.
      const inputs = {
        a: withShape(x, [1, ...x.shape]),
        b: withShape(weights, [1, ...weights.shape]),
        ...more,
      };
      const y = kernel('_FusedMatMul', inputs, { transposeA: false, transposeB: false, activation });
      return withShape(y, y.shape.slice(1));
    },
    convolution(x, filter, bias, relu, settings) {
      const { activation, ...more } = inside(bias, relu);
      return kernel(
        'FusedConv2D',
        { x, filter, ...more },
        { ...convolutionAttributes(settings), activation },
      );
    },
    stridedInputGradient: backpropInput(operations),
    maximumPool: (x, geometry) => kernel('MaxPool', { x }, poolAttributes(geometry)),
    // The kernel's gradient keeps only one of the gradients that meet in a pixel, and is slower than the loop.
    maximumPoolGradient: maximumPoolGradient(operations),
  };
}

const maximumPoolGradient =
  ({ allocate, view }: HeapOperations): HeapProducts['maximumPoolGradient'] =>
  (x, _y, dy, geometry) => {
    const dx = allocate(x.shape);
    maximumPoolBackward(view(x), view(dy), geometry, view(dx).fill(0));
    return dx;
  };
/** On CPU: loops that skip zeros (black pixels, units that relu has shut), which the back end's own product does not. */
export function loopProducts(operations: HeapOperations): HeapProducts {
  const { kernel, allocate, view } = operations;
  const finish = (y: Tensor, bias: Tensor | undefined, relu: boolean): Tensor => {
    const values = view(y);
    if (bias !== undefined) {
      const added = view(bias);
      const units = added.length;
      for (let start = 0; start < values.length; start += units)
        for (let unit = 0; unit < units; unit += 1) values[start + unit]! += added[unit]!;
    }
    if (relu) activate('relu', values);
    return y;
  };
  const matMul: HeapProducts['matMul'] = (a, b) => {
    const [rows = 0, inner = 0] = a.shape;
    const columns = b.shape[1] ?? 0;
    const y = allocate([rows, columns]);
    productInto(view(a), view(b), [rows, inner, columns], view(y));
    return y;
  };
  return {
    matMul,
    dense: (x, weights, bias, relu) => finish(matMul(x, weights), bias, relu),
    convolution: (x, filter, bias, relu, settings) =>
      finish(kernel('Conv2D', { x, filter }, convolutionAttributes(settings)), bias, relu),
    stridedInputGradient: backpropInput(operations),
    maximumPool(x, geometry) {
      const y = allocate([geometry.batch, geometry.outputHeight, geometry.outputWidth, geometry.channels]);
      maximumPoolForward(view(x), geometry, view(y));
      return y;
    },
    maximumPoolGradient: maximumPoolGradient(operations),
  };
}
