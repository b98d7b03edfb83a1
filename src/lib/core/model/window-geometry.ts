// Where a sliding window lies on an image: one geometry for convolution and pooling, forward and backward.
import { windowed, type BuiltLayer } from './network.ts';
import type { Padding } from './spec.ts';

/** Images are [batch, height, width, channels], row-major. */
export interface WindowGeometry {
  readonly batch: number;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly windowHeight: number;
  readonly windowWidth: number;
  readonly strideY: number;
  readonly strideX: number;
  readonly padding: Padding;
  /** Zeros before the first row and column. */
  readonly top: number;
  readonly left: number;
  readonly outputHeight: number;
  readonly outputWidth: number;
  /** Filters for a convolution; the channels for a pool. */
  readonly outputChannels: number;
}

/** The window of a conv2d or pooling layer over `batch` images; throws for any other layer (a bug of the caller). */
export function windowGeometry(layer: BuiltLayer, batch: number): WindowGeometry {
  const { spec } = layer;
  if (spec.type !== 'conv2d' && spec.type !== 'max-pool2d' && spec.type !== 'average-pool2d')
    throw new Error(`A ${spec.type} layer slides no window over its input.`);
  const [height = 0, width = 0, channels = 0] = layer.inputShape;
  const [windowHeight, windowWidth] = spec.type === 'conv2d' ? spec.kernelSize : spec.poolSize;
  const rows = windowed(height, windowHeight, spec.strides[0], spec.padding);
  const columns = windowed(width, windowWidth, spec.strides[1], spec.padding);
  return {
    batch,
    height,
    width,
    channels,
    windowHeight,
    windowWidth,
    strideY: spec.strides[0],
    strideX: spec.strides[1],
    padding: spec.padding,
    top: rows.before,
    left: columns.before,
    outputHeight: rows.output,
    outputWidth: columns.output,
    outputChannels: spec.type === 'conv2d' ? spec.filters : channels,
  };
}
