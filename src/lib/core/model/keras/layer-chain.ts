// The layers of a model in the order in which data meets them. Sequential models list them so; a Functional model is walked
// from its one output to its one input, and refused where it branches.
import { fail, ok, type Result } from '../../result.ts';
import { field, isRecord, text, type JsonRecord } from './json.ts';
import type { TopologyError } from './read-topology.ts';

const notAChain = (layer: string | null, message: string) =>
  fail<TopologyError>({ kind: 'not-a-chain', layer, message });

export function layerChain(model: JsonRecord): Result<readonly JsonRecord[], TopologyError> {
  const className = text(model, 'class_name');
  const config = model['config'];
  const listed = Array.isArray(config) ? config : field(config, 'layers');
  if (!Array.isArray(listed) || !listed.every(isRecord))
    return fail({ kind: 'not-a-model', layer: null, message: 'This model does not list its layers.' });
  if (className === 'Sequential') return ok(listed);
  if (className !== 'Functional' && className !== 'Model')
    return fail({
      kind: 'not-a-model',
      layer: null,
      message: `A model of class "${className ?? ''}" cannot be read: only Sequential models, and Functional ones without branches.`,
    });

  const byName = new Map(listed.map((layer) => [layerName(layer), layer]));
  const inputs = layerNames(field(config, 'input_layers'));
  const outputs = layerNames(field(config, 'output_layers'));
  const [input] = inputs;
  const [output] = outputs;
  if (input === undefined || output === undefined || inputs.length !== 1 || outputs.length !== 1)
    return notAChain(
      null,
      `This model has ${inputs.length} inputs and ${outputs.length} outputs; it must have one of each.`,
    );

  const chain: JsonRecord[] = [];
  let name = output;
  for (;;) {
    const layer = byName.get(name);
    if (layer === undefined)
      return notAChain(name, `Layer "${name}" is named as an input but is not in the model.`);
    if (chain.includes(layer)) return notAChain(name, `Layer "${name}" is used more than once.`);
    chain.unshift(layer);
    const sources = inboundNames(layer['inbound_nodes']);
    if (sources === undefined) return notAChain(name, `The inputs of layer "${name}" cannot be read.`);
    const [source] = sources;
    if (source === undefined) break;
    if (sources.length > 1)
      return notAChain(name, `Layer "${name}" has ${sources.length} inputs; models may not branch.`);
    name = source;
  }
  if (name !== input) return notAChain(name, `The output does not come from the input "${input}".`);
  if (chain.length !== listed.length)
    return notAChain(null, 'This model branches: not every layer lies between its input and its output.');
  return ok(chain);
}

const layerName = (layer: JsonRecord): string => text(layer, 'name') ?? text(layer['config'], 'name') ?? '';

/** ["name", 0, 0], or a list of such. */
function layerNames(value: unknown): string[] {
  if (!Array.isArray(value)) return [];
  const [first] = value;
  if (typeof first === 'string') return [first];
  return value.map((entry) => (Array.isArray(entry) && typeof entry[0] === 'string' ? entry[0] : ''));
}

/** Names of the layers whose outputs this one takes; undefined where they cannot be read. */
function inboundNames(nodes: unknown): string[] | undefined {
  if (nodes === undefined) return [];
  if (!Array.isArray(nodes)) return undefined;
  const names: string[] = [];
  for (const node of nodes) {
    // Keras 2 and TF.js: [["name", 0, 0, {}]]. Keras 3: { args: [{ config: { keras_history: ["name", 0, 0] } }] }.
    const tensors: unknown = Array.isArray(node) ? node : field(node, 'args');
    if (!Array.isArray(tensors)) return undefined;
    for (const tensor of typeof tensors[0] === 'string' ? [tensors] : tensors) {
      const history = Array.isArray(tensor) ? tensor : field(field(tensor, 'config'), 'keras_history');
      if (!Array.isArray(history) || typeof history[0] !== 'string') return undefined;
      names.push(history[0]);
    }
  }
  return names;
}
