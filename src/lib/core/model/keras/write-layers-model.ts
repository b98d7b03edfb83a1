// A network with its parameters as a TF.js layers model: model.json and one file of weights, which tf.loadLayersModel reads.
import type { BuiltLayer, Network } from '../network.ts';

export interface LayersModelFiles {
  /** Text of model.json. */
  readonly modelJson: string;
  /** The name by which model.json knows the weights. */
  readonly weightsPath: string;
  /** Little-endian f32, in the order of the manifest. Owns its buffer. */
  readonly weights: Uint8Array<ArrayBuffer>;
}

/** `parameters` [P]. The model predicts what the last layer gives: probabilities where it is a softmax, else logits. */
export function writeLayersModel(network: Network, parameters: Float32Array, name: string): LayersModelFiles {
  if (parameters.length !== network.parameterCount)
    throw new Error(`Expected ${network.parameterCount} parameters, got ${parameters.length}.`);
  const copy = parameters.slice();
  return { ...layersModelJson(network, name), weights: new Uint8Array(copy.buffer) };
}

/** Why TensorFlow.js has no such model, naming the layer; undefined where it has. */
export function layersModelRefusal(network: Network): string | undefined {
  const foreign = network.layers.find(
    ({ spec }) =>
      spec.type === 'position-embedding' ||
      spec.type === 'transformer-block' ||
      (spec.type === 'gru' && spec.resetAfter),
  );
  if (foreign === undefined) return undefined;
  const why =
    foreign.spec.type === 'gru'
      ? 'its reset gate is behind the product (resetAfter), which TensorFlow.js does not have'
      : 'TensorFlow.js has no such layer';
  return `Layer ${foreign.name} cannot be written as a TensorFlow.js model: ${why}. Take safetensors instead.`;
}

/** model.json alone: the file of weights is the parameters [P], f32 little-endian, as they are. */
export function layersModelJson(network: Network, name: string): Omit<LayersModelFiles, 'weights'> {
  const weightsPath = 'weights.bin';
  const { inputShape } = network.spec;
  const layers = network.layers.map((layer) => {
    const { className, config } = layerOf(layer);
    const first = layer.index === 0 ? { batch_input_shape: [null, ...inputShape], dtype: 'float32' } : {};
    return {
      class_name: className,
      config: { name: kerasName(layer.name), trainable: true, ...first, ...config },
    };
  });
  const model = {
    format: 'layers-model',
    generatedBy: 'Tributary',
    convertedBy: null,
    modelTopology: {
      class_name: 'Sequential',
      config: { name: kerasName(name), layers },
      keras_version: 'tfjs-layers 4.22.0',
      backend: 'tensor_flow.js',
    },
    weightsManifest: [
      {
        paths: [weightsPath],
        weights: network.slots.map((slot) => ({
          name: kerasName(slot.name),
          shape: slot.shape,
          dtype: 'float32',
        })),
      },
    ],
  };
  return { modelJson: JSON.stringify(model), weightsPath };
}

/** Names as Keras allows them: letters, digits, and _ . / within. */
const kerasName = (name: string): string =>
  name.replaceAll(/[^A-Za-z0-9_./]/g, '_').replace(/^[^A-Za-z]/, 'm_') || 'model';

function layerOf({ spec }: BuiltLayer): { readonly className: string; readonly config: object } {
  switch (spec.type) {
    case 'dense':
      return {
        className: 'Dense',
        config: { units: spec.units, activation: spec.activation, use_bias: spec.useBias },
      };
    case 'conv2d':
      return {
        className: 'Conv2D',
        config: {
          filters: spec.filters,
          kernel_size: spec.kernelSize,
          strides: spec.strides,
          padding: spec.padding,
          data_format: 'channels_last',
          dilation_rate: [1, 1],
          activation: spec.activation,
          use_bias: spec.useBias,
        },
      };
    case 'max-pool2d':
    case 'average-pool2d':
      return {
        className: spec.type === 'max-pool2d' ? 'MaxPooling2D' : 'AveragePooling2D',
        config: {
          pool_size: spec.poolSize,
          strides: spec.strides,
          padding: spec.padding,
          data_format: 'channels_last',
        },
      };
    case 'global-average-pool2d':
      return { className: 'GlobalAveragePooling2D', config: { data_format: 'channels_last' } };
    case 'flatten':
      return { className: 'Flatten', config: { data_format: 'channels_last' } };
    case 'activation':
      return { className: 'Activation', config: { activation: spec.activation } };
    case 'batch-normalisation':
      return {
        className: 'BatchNormalization',
        config: { axis: -1, momentum: spec.momentum, epsilon: spec.epsilon, center: true, scale: true },
      };
    case 'dropout':
      return { className: 'Dropout', config: { rate: spec.rate, noise_shape: null, seed: null } };
    case 'reshape':
      return { className: 'Reshape', config: { target_shape: spec.shape } };
    case 'embedding':
      return {
        className: 'Embedding',
        config: { input_dim: spec.vocabulary, output_dim: spec.units, mask_zero: false },
      };
    case 'gru':
    case 'lstm':
      return {
        className: spec.type === 'gru' ? 'GRU' : 'LSTM',
        config: {
          units: spec.units,
          activation: 'tanh',
          recurrent_activation: 'sigmoid',
          use_bias: true,
          return_sequences: spec.returnSequences,
          ...(spec.type === 'gru' ? { reset_after: spec.resetAfter } : { unit_forget_bias: true }),
        },
      };
    case 'step-dense':
      return {
        className: 'TimeDistributed',
        config: {
          layer: {
            class_name: 'Dense',
            config: { units: spec.units, activation: spec.activation, use_bias: spec.useBias },
          },
        },
      };
    case 'layer-normalisation':
      return {
        className: 'LayerNormalization',
        config: { axis: -1, epsilon: spec.epsilon, center: true, scale: true },
      };
    case 'global-average-pool1d':
      return { className: 'GlobalAveragePooling1D', config: {} };
    case 'position-embedding':
    case 'transformer-block':
      throw new Error(`Keras has no ${spec.type}: ask layersModelRefusal() first.`);
    default:
      return spec satisfies never;
  }
}
