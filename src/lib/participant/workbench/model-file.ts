// A model of the workbench as one file of JSON: what is done to rows and how they are encoded, what was learnt, where it came from. Of the
// rows themselves it holds the mean of their encoding, which explanations start from; only neighbours keep rows, and say so.
import * as v from 'valibot';
import { canonicalText, type Canonical } from '../../core/canonical.ts';
import {
  DataContract,
  exampleShape,
  isPlane,
  targetSize,
  type TableContract,
} from '../../core/data/contract.ts';
import type { Examples } from '../../core/data/examples.ts';
import { digestOfText } from '../../core/digest.ts';
import { encodedPoints, pointColumns } from '../../core/grouping/encoded-points.ts';
import type { Grouper } from '../../core/grouping/grouper.ts';
import { Digest } from '../../core/ids.ts';
import { meanRow } from '../../core/explanation/mean-row.ts';
import type { LearntPart, Predictor } from '../../core/learners/learner.ts';
import { joinedOutputs, unfolded } from '../../core/learners/terms-as-columns.ts';
import { embeddedContract, embeddingAgain, type Embedding } from '../../core/model/embedding.ts';
import { forward } from '../../core/model/reference/passes.ts';
import { isClassifier, softmaxRows } from '../../core/model/head.ts';
import type { Network } from '../../core/model/network.ts';
import { NetworkSpec } from '../../core/model/spec.ts';
import { fittedJson, Json, readFitted, type FittedRecipe } from '../../core/recipe/fit.ts';
import { readOptions, type OptionValues } from '../../core/named-options.ts';
import { fail, ok, type Result } from '../../core/result.ts';
import { WindowPlan } from '../../core/series/window-plan.ts';
import type { Preparing } from '../prepared-rows.ts';
import { digestOfParts, weighedOutputs, type Fitted } from './fit.ts';
import {
  ENSEMBLE,
  ensembleOf,
  modelsWith,
  onEmbedding,
  takesNumbers,
  takesTerms,
  unsuitedFor,
  type BenchModel,
  type ChosenModel,
  type Member,
  type NumbersModel,
} from './models.ts';

const Part = v.strictObject({ type: v.picklist(['u8', 'i32', 'f32', 'f64']), values: v.string() });
const ModelFile = v.strictObject({
  format: v.literal('tributary-model'),
  version: v.literal(2),
  contract: DataContract,
  /** The recipe and what it learnt (core/recipe); null: pictures, sound and windows. */
  preparation: v.nullable(Json),
  /** Of windows of a series; a file of an earlier program lacks it. */
  windows: v.exactOptional(WindowPlan),
  model: v.string(),
  options: v.record(v.string(), v.number()),
  /** Of the model `layers`: what somebody put together. */
  layers: v.optional(NetworkSpec),
  /** Of a model on a frozen network: its layers, whose parameters are the first part of what was learnt. */
  sees: v.exactOptional(NetworkSpec),
  seed: v.number(),
  /** It learnt from classes brought into balance, which shifts its shares; absent: from rows as they came. */
  balanced: v.exactOptional(v.literal(true)),
  /** Of the rows that it was learnt from, and how many they were. */
  data: Digest,
  rows: v.number(),
  /** [F]: the mean encoded row. */
  mean: Part,
  learnt: v.array(Part),
  /** Of an ensemble: after its weights, each has so many parts of what was learnt. */
  members: v.exactOptional(
    v.array(
      v.strictObject({
        model: v.string(),
        options: v.record(v.string(), v.number()),
        parts: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
      }),
    ),
  ),
  /** Over what was learnt: the model's name, as training tells it. */
  digest: Digest,
  /** Over all else that stands here. */
  seal: Digest,
});

/** How rows of a file become what a federation's version takes. */
export interface VersionReading {
  /** They are read against it first, as every device's were. */
  readonly contract: TableContract;
  /** By the federation's recipe; null: it has none. */
  readonly preparing: Preparing | null;
}

export interface OpenedModel {
  readonly chosen: ChosenModel;
  /** Of what the model takes. */
  readonly contract: DataContract;
  /** Of a version of a federation; undefined: a model of the workbench. */
  readonly reading?: VersionReading;
  /** undefined: pictures, sound and windows. */
  readonly preparation: FittedRecipe | undefined;
  /** How rows become windows; undefined: the model takes none, or was saved before they stood in its file. */
  readonly windows: WindowPlan | undefined;
  readonly predictor: Predictor;
  /** [F] */
  readonly mean: Float32Array;
  /** It learnt from classes brought into balance, so that its shares are shifted (balance.ts). */
  readonly isBalanced?: boolean;
}

export interface ModelOrigin {
  readonly contract: DataContract;
  readonly preparation: FittedRecipe | undefined;
  readonly windows?: WindowPlan | undefined;
  readonly chosen: ChosenModel;
  readonly seed: number;
  readonly data: Digest;
  readonly training: Pick<Examples, 'count' | 'features'>;
}

export function writeModelFile(
  fitted: Pick<Fitted, 'learnt' | 'digest' | 'members' | 'added'>,
  { contract, preparation, windows, chosen, seed, data, training }: ModelOrigin,
): string {
  const file: Omit<v.InferInput<typeof ModelFile>, 'seal'> = {
    format: 'tributary-model',
    version: 2,
    contract,
    preparation: preparation === undefined ? null : fittedJson(preparation),
    ...(windows === undefined ? {} : { windows }),
    model: chosen.model.name,
    options: { ...chosen.options },
    ...(chosen.model.type === 'network' && chosen.model.layers !== undefined
      ? { layers: chosen.model.layers }
      : {}),
    ...(takesNumbers(chosen.model) && chosen.model.embedding !== undefined
      ? { sees: chosen.model.embedding.network.spec }
      : {}),
    seed,
    ...(fitted.added?.some((count) => count > 0) === true ? { balanced: true } : {}),
    data,
    rows: training.count,
    mean: partOf(meanRow(contract, training)),
    learnt: fitted.learnt.map(partOf),
    ...(chosen.model.type !== 'ensemble' ? {} : { members: memberParts(chosen.model, fitted) }),
    digest: fitted.digest,
  };
  return `${JSON.stringify({ ...file, seal: sealOf(file) })}\n`;
}

const memberParts = (
  model: Extract<BenchModel, { type: 'ensemble' }>,
  { members = [] }: Pick<Fitted, 'members'>,
) =>
  model.members.map(({ chosen }, at) => ({
    model: chosen.model.name,
    options: { ...chosen.options },
    parts: members[at]?.learnt.length ?? 0,
  }));

const sealOf = (file: Canonical): Digest => digestOfText(canonicalText(file));

/** Refused in a sentence for a file that is none, or was changed. */
export function readModelFile(text: string): Result<OpenedModel, string> {
  let read: v.InferOutput<typeof ModelFile>;
  try {
    read = v.parse(ModelFile, JSON.parse(text));
  } catch {
    return fail(
      'This is not a model that this version of “tributary train --save” has written. Train it again, or use the version that saved it.',
    );
  }
  const learnt = read.learnt.map(arrayOf);
  const mean = arrayOf(read.mean);
  if (learnt.some((part) => part === undefined) || !(mean instanceof Float32Array))
    return fail('The model’s numbers are damaged. Save it again.');
  const parts = learnt.filter((part) => part !== undefined);
  const { seal, ...sealed } = read;
  if (digestOfParts(parts) !== read.digest || sealOf(sealed) !== seal)
    return fail('The model was changed since it was saved: its digest is another. Save it again.');
  const named = chosenOf(read, parts);
  if (!named.ok) return named;
  const chosen = named.value;
  const { contract } = read;
  const preparation = read.preparation === null ? undefined : readFitted(read.preparation);
  if (preparation?.ok === false)
    return fail(`What is done to rows before the model sees them cannot be read: ${preparation.error}`);
  if ((preparation === undefined) !== (contract.kind !== 'table' || contract.series !== undefined))
    return fail('The model does not say what is done to rows before it sees them. Save it again.');
  const { windows } = read;
  const isOfWindows = contract.kind === 'table' && contract.series !== undefined;
  if (windows !== undefined && (!isOfWindows || windows.channels.length !== contract.series?.channels))
    return fail('How rows become windows does not fit the model’s own contract. Save it again.');
  const unsuited = unsuitedFor(chosen, contract);
  if (unsuited !== undefined) return fail(`The model does not suit its own contract: ${unsuited}`);
  const predictor = revived(chosen, contract, parts, read.members?.map((member) => member.parts) ?? []);
  const width = exampleShape(contract).reduce((size, side) => size * side, 1);
  if (predictor === undefined || mean.length !== width)
    return fail('What was learnt does not fit the model’s own contract. Save it again.');
  return ok({
    chosen,
    contract,
    preparation: preparation?.value,
    windows,
    predictor,
    mean,
    isBalanced: read.balanced === true,
  });
}

/** The model that a file names, with its settings; of an ensemble its members with their weights. */
function chosenOf(
  { model: name, options, layers, sees, members }: v.InferOutput<typeof ModelFile>,
  [weights]: readonly LearntPart[],
): Result<ChosenModel, string> {
  if (name !== ENSEMBLE) {
    const plain = modelsWith(layers ?? null).find((one) => one.name === name);
    if (plain === undefined)
      return fail(`This program has no model “${name}”. Use the version that saved it.`);
    const model = sees === undefined ? plain : seeing(plain, sees, weights);
    if (model === undefined)
      return fail('What was learnt does not fit the network that it was learnt on. Save it again.');
    const read = readOptions(model, options);
    return read.ok
      ? ok({ model, options: read.value })
      : fail(`The model’s settings are none that it can have: ${read.error.message}`);
  }
  const count = members?.length ?? 0;
  if (!(weights instanceof Float64Array) || weights.length !== count || count === 0)
    return fail('What was learnt does not fit the model’s own contract. Save it again.');
  const all: Member[] = [];
  for (const [at, member] of (members ?? []).entries()) {
    const chosen = modelsWith(null).find((one) => one.name === member.model);
    const read = chosen === undefined ? undefined : readOptions(chosen, member.options);
    if (chosen === undefined || read?.ok !== true)
      return fail(`This program has no such model “${member.model}”. Use the version that saved it.`);
    all.push({ chosen: { model: chosen, options: read.value }, weight: weights[at]! });
  }
  return ok({ model: ensembleOf(all), options: {} });
}

/** A model on a frozen network of these layers; undefined where they do not fit. */
function seeing(
  model: BenchModel,
  layers: NetworkSpec,
  parameters: LearntPart | undefined,
): BenchModel | undefined {
  const embedding = parameters instanceof Float32Array ? embeddingAgain(layers, parameters) : undefined;
  return takesNumbers(model) && embedding !== undefined ? onEmbedding(model, embedding) : undefined;
}

/** `counts`: of an ensemble, how many parts each member has. undefined where the parts do not fit. */
function revived(
  { model, options }: ChosenModel,
  contract: DataContract,
  parts: readonly LearntPart[],
  counts: readonly number[],
): Predictor | undefined {
  const columns = takesTerms(model) ? undefined : unfolded(contract);
  if (columns !== undefined) {
    const plain = revived({ model, options }, columns.contract, parts, counts);
    return (
      plain && {
        learnt: plain.learnt,
        predict: (features, count) =>
          joinedOutputs(
            Array.from(columns.parts(features, count), (part) => plain.predict(part.features, part.count)),
          ),
      }
    );
  }
  if (takesNumbers(model) && model.embedding !== undefined)
    return plainlySeeing(model, model.embedding, options, contract, parts);
  switch (model.type) {
    case 'learner':
      return model.learner.revive(contract, options, parts);
    case 'network':
      return networkPredictor(model.network(contract, options), parts);
    case 'grouper':
      return groupPredictor(model.grouper, contract, parts);
    case 'ensemble': {
      let from = 1;
      const members: Predictor[] = [];
      for (const [at, { chosen }] of model.members.entries()) {
        const own = parts.slice(from, (from += counts[at] ?? 0));
        const member = revived(chosen, contract, own, []);
        if (member === undefined) return undefined;
        members.push(member);
      }
      if (from !== parts.length) return undefined;
      const weights = Float64Array.from(model.members, ({ weight }) => weight);
      return {
        learnt: parts,
        predict: (features, count) =>
          weighedOutputs(
            members.map((member) => member.predict(features, count)),
            weights,
          ),
      };
    }
    default:
      return model satisfies never;
  }
}

/** The whole share is that of the group that a row is in: how near it is to others is no chance of being in them. */
export function groupPredictor(
  grouper: Grouper,
  contract: DataContract,
  parts: readonly LearntPart[],
): Predictor | undefined {
  if (contract.kind !== 'table') return undefined;
  const size = pointColumns(contract).reduce((sum, column) => sum + column.width, 0);
  const assigner = grouper.revive(parts, size);
  const groups = targetSize(contract);
  if (assigner?.groups !== groups) return undefined;
  return {
    learnt: assigner.learnt,
    predict(features, count) {
      const shares = new Float64Array(count * groups);
      const groupOf = assigner.assign(encodedPoints(contract, features, count));
      for (const [row, group] of groupOf.entries()) shares[row * groups + group] = 1;
      return shares;
    },
  };
}

/** Of what a frozen network sees: what a model on it says. `learnt`: as its file has it. undefined where that does not fit. */
export function predictorOfSeen(
  model: NumbersModel,
  { width }: Embedding,
  options: OptionValues,
  contract: DataContract,
  [, ...learnt]: readonly LearntPart[],
): Predictor | undefined {
  if (!isPlane(contract)) return undefined;
  const seen = embeddedContract(width, contract);
  return model.type === 'grouper'
    ? groupPredictor(model.grouper, seen, learnt)
    : model.learner.revive(seen, options, learnt);
}

/** Of pictures, in plain loops: an engine's last bits may be others. */
function plainlySeeing(
  model: NumbersModel,
  embedding: Embedding,
  options: OptionValues,
  contract: DataContract,
  parts: readonly LearntPart[],
): Predictor | undefined {
  const sees = networkPredictor(embedding.network, [embedding.parameters]);
  const says = predictorOfSeen(model, embedding, options, contract, parts);
  return (
    sees &&
    says && {
      learnt: parts,
      predict: (features, count) => says.predict(Float32Array.from(sees.predict(features, count)), count),
    }
  );
}

/** A network in plain loops: for the rows of a table, quick enough without an engine. */
export function networkPredictor(
  network: Network,
  [parameters]: readonly LearntPart[],
): Predictor | undefined {
  if (!(parameters instanceof Float32Array) || parameters.length !== network.parameterCount) return undefined;
  return {
    learnt: [parameters],
    predict(features, count) {
      const numbers =
        features instanceof Uint8Array ? Float32Array.from(features, (byte) => byte / 255) : features;
      const outputs = Float32Array.from(forward(network, parameters, numbers, count).at(-1) ?? []);
      if (isClassifier(network)) softmaxRows(outputs, network.outputSize);
      return Float64Array.from(outputs);
    },
  };
}

function partOf(array: LearntPart): v.InferInput<typeof Part> {
  const type =
    array instanceof Uint8Array
      ? 'u8'
      : array instanceof Int32Array
        ? 'i32'
        : array instanceof Float32Array
          ? 'f32'
          : 'f64';
  const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
  let text = '';
  for (let at = 0; at < bytes.length; at += 8192)
    text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return { type, values: btoa(text) };
}

function arrayOf({ type, values }: v.InferOutput<typeof Part>): LearntPart | undefined {
  let text: string;
  try {
    text = atob(values);
  } catch {
    return undefined;
  }
  const { buffer } = Uint8Array.from(text, (letter) => letter.charCodeAt(0));
  if (type !== 'u8' && buffer.byteLength % (type === 'f64' ? 8 : 4) !== 0) return undefined;
  switch (type) {
    case 'u8':
      return new Uint8Array(buffer);
    case 'i32':
      return new Int32Array(buffer);
    case 'f32':
      return new Float32Array(buffer);
    case 'f64':
      return new Float64Array(buffer);
    default:
      return type satisfies never;
  }
}
