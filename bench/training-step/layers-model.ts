// The same network in tf.layers, for model.fit: what a training step here is compared with.
import * as tf from '@tensorflow/tfjs';
import type { Network } from '../../src/lib/core/model/network.ts';

/** Conv2DBackpropFilter for WASM, of Conv2D and Transpose: x with channels for its batch, dy with the batch for its channels. */
export function supplyFilterGradient(): void {
  if (tf.getKernel('Conv2DBackpropFilter', 'wasm') !== undefined) return;
  tf.registerKernel({
    kernelName: 'Conv2DBackpropFilter',
    backendName: 'wasm',
    kernelFunc: ({ inputs, attrs }) => {
      const { x, dy } = inputs;
      const filterShape = attrs?.['filterShape'];
      if (x === undefined || dy === undefined || !Array.isArray(filterShape))
        throw new Error('Unexpected arguments.');
      const [kernelHeight = 0, kernelWidth = 0] = filterShape.map(Number);
      const [, height = 0, width = 0] = x.shape;
      const [, outputHeight = 0, outputWidth = 0] = dy.shape;
      const total = [outputHeight - 1 + kernelHeight - height, outputWidth - 1 + kernelWidth - width];
      const pads = total.map((all) => [Math.floor(all / 2), all - Math.floor(all / 2)] as [number, number]);
      return tf.tidy(() => {
        const image = tf.transpose(tf.engine().makeTensorFromTensorInfo(x), [3, 1, 2, 0]);
        const filter = tf.transpose(tf.engine().makeTensorFromTensorInfo(dy), [1, 2, 0, 3]);
        const padding = [[0, 0], ...pads, [0, 0]] as tf.backend_util.ExplicitPadding;
        const taps = tf.engine().runKernel('Conv2D', { x: image, filter }, {
          strides: [1, 1],
          dilations: [1, 1],
          pad: padding,
          dataFormat: 'NHWC',
        } as never) as tf.Tensor4D;
        return tf.transpose(taps, [1, 2, 0, 3]);
      });
    },
  });
}

/** The same network in tf.layers. */
export function layersModel(network: Network): tf.Sequential {
  const model = tf.sequential();
  for (const [index, layer] of network.spec.layers.entries()) {
    const first = index === 0 ? { inputShape: network.spec.inputShape } : {};
    if (layer.type === 'flatten') model.add(tf.layers.flatten(first));
    else if (layer.type === 'dense')
      model.add(
        tf.layers.dense({
          units: layer.units,
          activation: layer.activation,
          useBias: layer.useBias,
          ...first,
        }),
      );
    else if (layer.type === 'conv2d')
      model.add(
        tf.layers.conv2d({
          filters: layer.filters,
          kernelSize: layer.kernelSize,
          strides: layer.strides,
          padding: layer.padding,
          activation: layer.activation,
          useBias: layer.useBias,
          ...first,
        }),
      );
    else if (layer.type === 'max-pool2d')
      model.add(
        tf.layers.maxPooling2d({
          poolSize: layer.poolSize,
          strides: layer.strides,
          padding: layer.padding,
          ...first,
        }),
      );
    else throw new Error(`This benchmark has no ${layer.type} layer.`);
  }
  model.compile({ optimizer: tf.train.sgd(0.05), loss: 'categoricalCrossentropy' });
  return model;
}
