// A model.json with its weights → a network with its parameters [P]: for a backbone that somebody brings. Weights are found by the name of
// their layer and their own, whatever the order in which a tool has written them.
import * as v from 'valibot';
import { fail, ok, type Result } from '../../result.ts';
import type { BuiltLayer, ParameterSlot } from '../network.ts';
import { parametersFrom, readSafetensors } from '../safetensors.ts';
import { readNamedTopology, type NamedTopology } from './read-topology.ts';

export interface NamedModel extends NamedTopology {
  /** [P]. Owns its buffer. */
  readonly parameters: Float32Array<ArrayBuffer>;
}

const Manifest = v.object({
  weightsManifest: v.array(
    v.object({
      paths: v.array(v.string()),
      weights: v.array(
        v.object({
          name: v.string(),
          shape: v.array(v.number()),
          dtype: v.string(),
          quantization: v.optional(v.unknown()),
        }),
      ),
    }),
  ),
});

export interface WeightFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** The files of weights that a model.json names; none where it names none, or is none. */
export function weightPaths(json: string): readonly string[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(json);
  } catch {
    return [];
  }
  const manifest = v.safeParse(Manifest, parsed);
  return manifest.success ? manifest.output.weightsManifest.flatMap(({ paths }) => paths) : [];
}

/** `json`: the text of model.json; `files`: its weights, named as it names them, or one file of safetensors. */
export function readLayersModel(json: string, files: readonly WeightFile[]): Result<NamedModel, string> {
  const topology = readNamedTopology(json, 'read');
  if (!topology.ok) return fail(topology.error.message);
  const { network } = topology.value;
  const [tensors] = files.filter(({ name }) => name.toLowerCase().endsWith('.safetensors'));
  if (tensors !== undefined) {
    const read = readSafetensors(tensors.bytes);
    if (!read.ok) return fail(`“${tensors.name}”: ${read.error.message}`);
    const parameters = parametersFrom(network, read.value.tensors);
    return parameters.ok
      ? ok({ ...topology.value, parameters: Float32Array.from(parameters.value) })
      : fail(`“${tensors.name}”: ${parameters.error.message}`);
  }
  const manifest = v.safeParse(Manifest, JSON.parse(json));
  if (!manifest.success)
    return fail(
      'This model.json names no weights (weightsManifest). Export the model for TensorFlow.js, or add a file of safetensors.',
    );
  const found = new Map<string, Float32Array>();
  for (const { paths, weights } of manifest.output.weightsManifest) {
    const parts: Uint8Array[] = [];
    for (const path of paths) {
      const file = files.find(({ name }) => name === path || path.endsWith(`/${name}`));
      if (file === undefined)
        return fail(`The weights “${path}” are missing: choose them beside model.json.`);
      parts.push(file.bytes);
    }
    const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
    parts.reduce((at, part) => (bytes.set(part, at), at + part.length), 0);
    let at = 0;
    for (const { name, shape, dtype, quantization } of weights) {
      if (dtype !== 'float32' || quantization !== undefined)
        return fail(`The weight “${name}” is not plain float32. Export the model without quantisation.`);
      const length = shape.reduce((total, side) => total * side, 1);
      if (!(at + 4 * length <= bytes.length))
        return fail(`The weights end within “${name}”. The file is not whole: download it again.`);
      // A copy: the bytes of a weight need not begin at a multiple of four.
      found.set(name.replace(/:\d+$/, ''), new Float32Array(bytes.slice(at, at + 4 * length).buffer));
      at += 4 * length;
    }
  }
  const parameters = new Float32Array(network.parameterCount);
  for (const layer of network.layers)
    for (const slot of layer.slots) {
      const values = weightOf(found, topology.value.names[layer.index] ?? layer.name, layer, slot);
      if (values === undefined)
        return fail(
          `The weights have no “${wordOf(slot)}” of layer “${topology.value.names[layer.index] ?? layer.name}”, ${slot.shape.join(' × ')}.`,
        );
      parameters.set(values, slot.offset);
    }
  if (!parameters.every(Number.isFinite))
    return fail('The weights hold what is no number: the file is damaged.');
  return ok({ ...topology.value, parameters });
}

const wordOf = ({ name }: ParameterSlot): string => name.slice(name.lastIndexOf('/') + 1);

/** `dense_1/kernel`, and of recurrent layers `gru_1/gru_cell/kernel`. */
function weightOf(
  found: ReadonlyMap<string, Float32Array>,
  name: string,
  { slots }: BuiltLayer,
  slot: ParameterSlot,
): Float32Array | undefined {
  const word = wordOf(slot);
  if (slots.filter((one) => wordOf(one) === word).length !== 1) return undefined;
  for (const [key, values] of found)
    if (key.startsWith(`${name}/`) && key.endsWith(`/${word}`) && values.length === slot.length)
      return values;
  return undefined;
}
