// A model that somebody brings along, for its first layers: model.json with its weights beside it, or with a file of safetensors.
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { DataContract } from '#lib/core/data/contract.ts';
import { frozenLength, usualCut, withUsualHead, type Frozen } from '#lib/core/model/backbone.ts';
import { readLayersModel, weightPaths, type NamedModel } from '#lib/core/model/keras.ts';
import type { NetworkSpec } from '#lib/core/model/spec.ts';
import { digestOfParts } from '#lib/participant/workbench/fit.ts';
import type { TrainSetup } from '#lib/participant/workbench/run-manifest.ts';
import { UnusableTraining } from './unusable.ts';

type Backbone = NonNullable<TrainSetup['backbone']>;

const bytesOf = async (path: string): Promise<Uint8Array> => {
  try {
    return await readFile(path);
  } catch (cause) {
    throw new UnusableTraining(
      `--backbone: ${path} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause },
    );
  }
};

async function modelAt(path: string): Promise<NamedModel> {
  const json = new TextDecoder().decode(await bytesOf(path));
  const names = weightPaths(json);
  const beside = names.length > 0 ? names : [path.replace(/\.json$/, '.safetensors')];
  const files = await Promise.all(
    beside.map(async (name) => ({ name, bytes: await bytesOf(resolve(dirname(path), name)) })),
  );
  const read = readLayersModel(json, files);
  if (!read.ok) throw new UnusableTraining(`--backbone ${path}: ${read.error}`);
  return read.value;
}

const frozenOf = ({ network, parameters }: NamedModel, layers: number): Frozen => ({
  layers,
  parameters: parameters.slice(0, frozenLength(network, layers)),
});

/** `layer`: its name in the file, or its number from 1; null: what the file marks as not trained, or all but the answer. */
export async function backboneAsked(path: string, layer: string | null): Promise<Backbone> {
  const model = await modelAt(path);
  const named = model.names.findIndex((name) => name === layer);
  const layers = layer === null ? usualCut(model) : named >= 0 ? named + 1 : Number(layer);
  if (!Number.isSafeInteger(layers) || layers < 1 || layers > model.network.layers.length)
    throw new UnusableTraining(
      `--backbone-layer: there is no layer “${layer}”. It has ${model.names.map((name, at) => name ?? String(at + 1)).join(', ')}.`,
    );
  return { layers, digest: digestOfParts([frozenOf(model, layers).parameters]), path: resolve(path) };
}

/** The layers of a setup that has a backbone: read again, with the usual head for the data. */
export async function layersOnBackbone(
  { layers, digest, path }: Backbone,
  contract: DataContract,
): Promise<{ readonly spec: NetworkSpec; readonly frozen: Frozen }> {
  if (path === null)
    throw new UnusableTraining(
      'This run stands on a model that was brought along in a tab: have it again there.',
    );
  const model = await modelAt(path);
  const frozen = frozenOf(model, layers);
  if (digestOfParts([frozen.parameters]) !== digest)
    throw new UnusableTraining(
      `--backbone: ${path} holds other weights than those that the run was begun with.`,
    );
  const spec = withUsualHead(model.network, layers, contract);
  if (!spec.ok) throw new UnusableTraining(`--backbone: ${spec.error}`);
  return { spec: spec.value, frozen };
}
