// One layer of a Keras or TF.js topology → LayerSpec. Every setting that would change what is trained is read or refused.
import * as v from 'valibot';
import { fail, ok, type Result } from '../../result.ts';
import { Activation, LayerSpec, Padding } from '../spec.ts';
import { field, isRecord, text, type JsonRecord } from './json.ts';
import type { TopologyError } from './read-topology.ts';

/** Says that a layer only declares something: an input layer. */
export const skipped = Symbol('skipped');

class Refusal extends Error {
  override readonly name = 'Refusal';
  constructor(
    readonly kind: TopologyError['kind'],
    message: string,
  ) {
    super(message);
  }
}

const nameOf = (layer: JsonRecord): string =>
  text(layer['config'], 'name') ?? text(layer, 'name') ?? text(layer, 'class_name') ?? 'unnamed';

/** The input shape that a layer declares, without the batch axis; undefined where it declares none. */
export function inputShapeOf(layer: JsonRecord): Result<readonly number[] | undefined, TopologyError> {
  const { config } = layer;
  const declared =
    field(config, 'batch_input_shape') ?? field(config, 'batch_shape') ?? field(config, 'batchInputShape');
  if (declared === undefined || declared === null) return ok(undefined);
  const sides: unknown[] = Array.isArray(declared) ? declared.slice(1) : [];
  if (sides.length === 0 || !sides.every((side) => Number.isSafeInteger(side) && Number(side) > 0))
    return fail({
      kind: 'unsupported-setting',
      layer: nameOf(layer),
      message: `The input shape ${JSON.stringify(declared).slice(0, 80)} of layer "${nameOf(layer)}" must give every side but the batch as a whole number.`,
    });
  return ok(sides.map(Number));
}

export function readLayer(
  layer: JsonRecord,
  frozenLayers: 'read' | 'refused' = 'refused',
): Result<LayerSpec | typeof skipped, TopologyError> {
  try {
    const read = specOf(layer, frozenLayers);
    if (read === skipped) return ok(read);
    const checked = v.safeParse(LayerSpec, read);
    if (checked.success) return ok(checked.output);
    const [issue] = checked.issues;
    throw new Refusal('unsupported-setting', `${v.getDotPath(issue) ?? 'a setting'}: ${issue.message}`);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const name = nameOf(layer);
    return fail({
      kind: error.kind,
      layer: name,
      message: `Layer "${name}" (${text(layer, 'class_name') ?? 'no class'}): ${error.message}.`,
    });
  }
}

/** The layers for sequences that both have. */
function sequenceOf(className: string, config: JsonRecord): unknown {
  const set = (name: string, wanted: unknown): void => {
    if ((config[name] ?? wanted) !== wanted)
      throw new Refusal('unsupported-setting', `${name} must be ${JSON.stringify(wanted)}`);
  };
  switch (className) {
    case 'Reshape':
      return { type: 'reshape', shape: config['target_shape'] };
    case 'Embedding':
      refuseExtras(config, 'embeddings_regularizer', 'activity_regularizer', 'embeddings_constraint');
      set('mask_zero', false);
      return { type: 'embedding', vocabulary: config['input_dim'], units: config['output_dim'] };
    case 'GRU':
    case 'LSTM': {
      refuseExtras(
        config,
        ...['kernel', 'recurrent', 'bias', 'activity'].map((of) => `${of}_regularizer`),
        ...['kernel', 'recurrent', 'bias'].map((of) => `${of}_constraint`),
      );
      for (const name of ['go_backwards', 'stateful', 'return_state', 'time_major']) set(name, false);
      for (const name of ['dropout', 'recurrent_dropout']) set(name, 0);
      set('use_bias', true);
      if (activationOf(config['activation'] ?? 'tanh') !== 'tanh')
        throw new Refusal('unsupported-setting', 'its activation must be tanh');
      if (activationOf(config['recurrent_activation'] ?? 'sigmoid') !== 'sigmoid')
        throw new Refusal('unsupported-setting', 'its recurrent_activation must be sigmoid');
      const common = { units: config['units'], returnSequences: config['return_sequences'] ?? false };
      return className === 'LSTM'
        ? { type: 'lstm', ...common }
        : { type: 'gru', ...common, resetAfter: config['reset_after'] ?? false };
    }
    case 'LayerNormalization':
      refuseExtras(config, 'beta_regularizer', 'gamma_regularizer', 'beta_constraint', 'gamma_constraint');
      for (const name of ['center', 'scale']) set(name, true);
      if (![-1, undefined].includes(axisOf(config['axis'])))
        throw new Refusal('unsupported-setting', 'only the last axis, −1, is normalised');
      return { type: 'layer-normalisation', epsilon: config['epsilon'] ?? 0.001 };
    case 'TimeDistributed': {
      const inner = config['layer'];
      if (!isRecord(inner) || text(inner, 'class_name') !== 'Dense')
        throw new Refusal('unsupported-layer', 'only a Dense layer may be taken step by step');
      const dense = specOf(inner, 'read');
      return isRecord(dense) ? { ...dense, type: 'step-dense' } : dense;
    }
    case 'GlobalAveragePooling1D':
    case 'GlobalAvgPool1D':
      channelsLast(config);
      set('keepdims', false);
      return { type: 'global-average-pool1d' };
    default:
      throw new Refusal('unsupported-layer', 'this kind of layer is not supported');
  }
}

const axisOf = (axis: unknown): number | undefined =>
  axis === undefined || axis === null ? undefined : Number(Array.isArray(axis) ? axis[0] : axis);

function specOf(layer: JsonRecord, frozenLayers: 'read' | 'refused'): unknown {
  const className = text(layer, 'class_name') ?? '';
  const config = layer['config'] ?? {};
  if (!isRecord(config)) throw new Refusal('not-a-model', 'its config is not an object');
  if (config['trainable'] === false && frozenLayers === 'refused')
    throw new Refusal(
      'unsupported-setting',
      'it is frozen (trainable: false), but all parameters are trained',
    );
  switch (className) {
    case 'InputLayer':
      return skipped;
    case 'Dense':
      refuseExtras(
        config,
        'kernel_regularizer',
        'bias_regularizer',
        'activity_regularizer',
        'kernel_constraint',
        'bias_constraint',
        'lora_rank',
      );
      return {
        type: 'dense',
        units: config['units'],
        activation: activationOf(config['activation']),
        useBias: config['use_bias'] ?? true,
      };
    case 'Conv2D':
    case 'Convolution2D': {
      refuseExtras(
        config,
        'kernel_regularizer',
        'bias_regularizer',
        'activity_regularizer',
        'kernel_constraint',
        'bias_constraint',
        'lora_rank',
      );
      channelsLast(config);
      if (!pairOf(config['dilation_rate'] ?? 1).every((rate) => rate === 1))
        throw new Refusal('unsupported-setting', 'dilated convolutions are not supported');
      if ((config['groups'] ?? 1) !== 1)
        throw new Refusal('unsupported-setting', 'grouped convolutions are not supported');
      return {
        type: 'conv2d',
        filters: config['filters'],
        kernelSize: pairOf(config['kernel_size']),
        strides: pairOf(config['strides'] ?? 1),
        padding: paddingOf(config),
        activation: activationOf(config['activation']),
        useBias: config['use_bias'] ?? true,
      };
    }
    case 'MaxPooling2D':
    case 'MaxPool2D':
    case 'AveragePooling2D':
    case 'AvgPool2D': {
      channelsLast(config);
      const poolSize = pairOf(config['pool_size'] ?? 2);
      return {
        type: className.startsWith('Max') ? 'max-pool2d' : 'average-pool2d',
        poolSize,
        strides: pairOf(config['strides'] ?? poolSize),
        padding: paddingOf(config),
      };
    }
    case 'GlobalAveragePooling2D':
    case 'GlobalAvgPool2D':
      channelsLast(config);
      if (config['keepdims'] === true) throw new Refusal('unsupported-setting', 'keepdims is not supported');
      return { type: 'global-average-pool2d' };
    case 'Flatten':
      channelsLast(config);
      return { type: 'flatten' };
    case 'Activation':
      return { type: 'activation', activation: activationOf(config['activation']) };
    case 'ReLU':
      refuseExtras(config, 'max_value');
      for (const slope of ['negative_slope', 'threshold'])
        if ((config[slope] ?? 0) !== 0) throw new Refusal('unsupported-setting', `${slope} must be 0`);
      return { type: 'activation', activation: 'relu' };
    case 'Softmax':
      if ((config['axis'] ?? -1) !== -1)
        throw new Refusal('unsupported-setting', 'softmax is taken over the last axis only');
      return { type: 'activation', activation: 'softmax' };
    case 'Dropout':
      refuseExtras(config, 'noise_shape');
      return { type: 'dropout', rate: config['rate'] };
    case 'BatchNormalization':
    case 'BatchNormalizationV1':
    case 'BatchNormalizationV2': {
      refuseExtras(
        config,
        'beta_regularizer',
        'gamma_regularizer',
        'beta_constraint',
        'gamma_constraint',
        'virtual_batch_size',
        'adjustment',
      );
      for (const name of ['renorm', 'synchronized'])
        if ((config[name] ?? false) !== false)
          throw new Refusal('unsupported-setting', `${name} is not supported`);
      for (const name of ['center', 'scale'])
        if ((config[name] ?? true) !== true) throw new Refusal('unsupported-setting', `${name} must be true`);
      return {
        type: 'batch-normalisation',
        momentum: config['momentum'] ?? 0.99,
        epsilon: config['epsilon'] ?? 0.001,
      };
    }
    default:
      return sequenceOf(className, config);
  }
}

/**
 * The axis that a normalisation layer names, counted from the batch's; −1, which is the last, and undefined of other layers. That it
 * is the last is seen where shapes are known.
 */
export function normalisedAxis(layer: JsonRecord): number | undefined {
  if (text(layer, 'class_name')?.startsWith('BatchNormalization') !== true) return undefined;
  const axis = field(layer['config'], 'axis') ?? -1;
  return Number(Array.isArray(axis) && axis.length === 1 ? axis[0] : axis);
}

function refuseExtras(config: JsonRecord, ...names: string[]): void {
  for (const name of names)
    if (config[name] !== undefined && config[name] !== null)
      throw new Refusal('unsupported-setting', `${name} is not supported`);
}

function channelsLast(config: JsonRecord): void {
  const format = config['data_format'] ?? 'channels_last';
  if (format !== 'channels_last') throw new Refusal('unsupported-setting', 'images must be channels-last');
}

function pairOf(value: unknown): unknown[] {
  if (Array.isArray(value)) return value.length === 1 ? [value[0], value[0]] : value;
  return [value, value];
}

function paddingOf(config: JsonRecord): Padding {
  const padding = config['padding'] ?? 'valid';
  if (v.is(Padding, padding)) return padding;
  throw new Refusal('unsupported-setting', `padding must be "same" or "valid"`);
}

/** A name, or an object that names a function, as Keras 3 serialises it. */
function activationOf(value: unknown): Activation {
  const named = typeof value === 'string' ? value : (text(value, 'config') ?? text(value, 'class_name'));
  const activation = value === undefined || value === null ? 'linear' : named?.toLowerCase();
  if (v.is(Activation, activation)) return activation;
  throw new Refusal(
    'unsupported-setting',
    `the activation ${JSON.stringify(named ?? value)?.slice(0, 60)} is not supported`,
  );
}
