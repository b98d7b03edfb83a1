// A topology written by TensorFlow.js, Keras 2 or Keras 3, Sequential or Functional without branches → NetworkSpec.
import { fail, ok, type Result } from '../../result.ts';
import { buildNetwork, type Network } from '../network.ts';
import type { LayerSpec } from '../spec.ts';
import { inputShapeOf, normalisedAxis, readLayer, skipped } from './read-layer.ts';
import { layerChain } from './layer-chain.ts';
import { field, isRecord, text, type JsonRecord } from './json.ts';

export interface TopologyError {
  readonly kind:
    | 'not-json'
    | 'too-large'
    | 'not-a-model'
    | 'unsupported-layer'
    | 'unsupported-setting'
    | 'not-a-chain'
    | 'shape';
  /** The layer's own name; null where no layer is to blame. */
  readonly layer: string | null;
  /** For the person who picked the file. */
  readonly message: string;
}

/** A topology is kilobytes; a file beyond this holds something else. */
const MAXIMUM_CHARACTERS = 4_000_000;
const MAXIMUM_LAYERS = 64;

const refuse = (kind: TopologyError['kind'], layer: string | null, message: string) =>
  fail<TopologyError>({ kind, layer, message });

/** A network with what its file calls its layers, and which of them it says are not trained. */
export interface NamedTopology {
  readonly network: Network;
  readonly names: readonly (string | undefined)[];
  readonly frozen: readonly boolean[];
}

/** Reads the text of a model.json. Weights are not read: a federation starts from its own seeded version 0. */
export function readTopology(json: string): Result<Network, TopologyError> {
  const read = readNamedTopology(json, 'refused');
  return read.ok ? ok(read.value.network) : read;
}

/** `frozenLayers`: whether layers that are not trained (trainable: false) are read, or refused as what cannot be trained. */
export function readNamedTopology(
  json: string,
  frozenLayers: 'read' | 'refused',
): Result<NamedTopology, TopologyError> {
  if (json.length > MAXIMUM_CHARACTERS)
    return refuse(
      'too-large',
      null,
      'This file is too large for a model topology (4 MB). Pick the model.json, not its weights.',
    );
  let parsed: unknown;
  try {
    parsed = JSON.parse(json);
  } catch {
    return refuse(
      'not-json',
      null,
      'This file is not JSON. Pick the model.json of a TensorFlow.js layers model.',
    );
  }
  const model = modelOf(parsed);
  if (typeof model === 'string') return refuse('not-a-model', null, model);

  const chain = layerChain(model);
  if (!chain.ok) return chain;
  const layers = chain.value;
  if (layers.length > MAXIMUM_LAYERS + 1)
    return refuse(
      'not-a-model',
      null,
      `This model has ${layers.length} layers; at most ${MAXIMUM_LAYERS} are supported.`,
    );

  let inputShape: readonly number[] | undefined;
  const specs: LayerSpec[] = [];
  const names: (string | undefined)[] = [];
  const axes: (number | undefined)[] = [];
  const frozen: boolean[] = [];
  for (const layer of layers) {
    const shape = inputShapeOf(layer);
    if (!shape.ok) return shape;
    if (specs.length === 0) inputShape ??= shape.value;
    const read = readLayer(layer, frozenLayers);
    if (!read.ok) return read;
    if (read.value === skipped) continue;
    specs.push(read.value);
    axes.push(normalisedAxis(layer));
    frozen.push(field(layer['config'], 'trainable') === false);
    names.push(text(layer['config'], 'name') ?? text(layer, 'name'));
  }
  inputShape ??= buildShape(model);
  if (inputShape === undefined)
    return refuse(
      'not-a-model',
      null,
      'This model does not say the shape of its input. Give its first layer an input shape.',
    );
  if (specs.length === 0) return refuse('not-a-model', null, 'This model has no layers.');

  const spec = (loss: 'categorical-crossentropy' | 'mean-squared-error') => ({
    inputShape: [...inputShape],
    layers: specs,
    loss,
  });
  const classifier = buildNetwork(spec('categorical-crossentropy'));
  const regression = classifier.ok ? undefined : buildNetwork(spec('mean-squared-error'));
  const built = regression?.ok === true ? regression : classifier;
  if (built.ok) {
    const odd = built.value.layers.find(({ index, inputShape }) => {
      const axis = axes[index];
      return axis !== undefined && axis !== -1 && axis !== inputShape.length;
    });
    if (odd !== undefined)
      return refuse(
        'unsupported-setting',
        names[odd.index] ?? null,
        `Layer "${names[odd.index] ?? odd.name}" normalises axis ${axes[odd.index]}; only the last axis, −1, is supported.`,
      );
    const agreed = lossAgrees(parsed, built.value);
    return agreed.ok ? ok({ network: agreed.value, names, frozen }) : agreed;
  }
  const { layer, message } = built.error;
  return refuse('shape', names[layer] ?? null, message);
}

/** The record with class_name and config, wherever the file keeps it; or why there is none. */
function modelOf(parsed: unknown): JsonRecord | string {
  if (!isRecord(parsed)) return 'This file is no model.json: it does not hold an object.';
  if (parsed['format'] === 'graph-model')
    return 'This is a graph model: its layers are gone, and it cannot be trained. Export a layers model instead.';
  const topology = parsed['modelTopology'] ?? parsed['model_topology'] ?? parsed;
  if (!isRecord(topology)) return 'This file has no model topology.';
  const model = topology['model_config'] ?? topology;
  if (!isRecord(model) || text(model, 'class_name') === undefined || model['config'] === undefined)
    return 'This file has no model topology: no class_name with its config.';
  return model;
}

/** Keras 3 keeps the shape here when no input layer was named. */
function buildShape(model: JsonRecord): readonly number[] | undefined {
  const shape = field(model['config'], 'build_input_shape');
  if (!Array.isArray(shape)) return undefined;
  const sides = shape.slice(1);
  return sides.every((side) => Number.isSafeInteger(side) && side > 0) ? sides.map(Number) : undefined;
}

/** A compiled model says its loss; one that would be trained by another is refused rather than changed silently. */
function lossAgrees(parsed: unknown, network: Network): Result<Network, TopologyError> {
  const topology = field(parsed, 'modelTopology') ?? parsed;
  const loss = field(field(topology, 'training_config') ?? field(topology, 'compile_config'), 'loss');
  const name = typeof loss === 'string' ? loss : text(loss, 'class_name');
  if (name === undefined) return ok(network);
  const plain = name.toLowerCase().replaceAll(/[^a-z]/g, '');
  const fits =
    network.spec.loss === 'categorical-crossentropy'
      ? plain === 'categoricalcrossentropy' || plain === 'sparsecategoricalcrossentropy'
      : plain === 'meansquarederror' || plain === 'mse';
  if (fits) return ok(network);
  const ours =
    network.spec.loss === 'categorical-crossentropy' ? 'categorical cross-entropy' : 'mean squared error';
  return refuse(
    'unsupported-setting',
    null,
    `This model was compiled with the loss "${name}"; with ${network.outputSize} outputs it would be trained by ${ours}.`,
  );
}
