// The catalogue of the workbench: everything that can be trained alone on a device, with the settings that a person may type and a
// search may try. Learners (core/learners) and networks (core/model) stand in one list.
import { augmentationOf, augmentationOptions } from '../../core/augmentation-settings.ts';
import { classLabels, exampleShape, isPlane, type DataContract } from '../../core/data/contract.ts';
import type { Grouper } from '../../core/grouping/grouper.ts';
import { groupers } from '../../core/grouping/index.ts';
import { learners } from '../../core/learners/index.ts';
import { hasTerms } from '../../core/learners/sparse-rows.ts';
import type { Learner } from '../../core/learners/learner.ts';
import { familyNamed, networkOf } from '../../core/model/families/index.ts';
import { frozenLength, type Frozen } from '../../core/model/backbone.ts';
import { embeddedContract, embeddingOf, unseen, type Embedding } from '../../core/model/embedding.ts';
import { buildNetwork, type Network } from '../../core/model/network.ts';
import { unfitting } from '../../core/model/network-text.ts';
import type { NetworkSpec, TrainingPlan } from '../../core/model/spec.ts';
import { parseSpec, readOptions, type NumberOption, type OptionValues } from '../../core/named-options.ts';
import { fail, ok, type Result } from '../../core/result.ts';
import { unfolded } from '../../core/learners/terms-as-columns.ts';

interface Named {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly options: readonly NumberOption[];
  /** Why it cannot learn rows of this contract, with these settings or its usual ones, in a sentence; undefined where it can. */
  unsuited(contract: DataContract, options?: OptionValues): string | undefined;
}

export type BenchModel =
  | (Named & {
      readonly type: 'learner';
      readonly learner: Learner;
      /** It learns from what this network sees of each example, not from pixels. */
      readonly embedding?: Embedding;
    })
  | (Named & {
      readonly type: 'network';
      /** Throws where `unsuited` says that it cannot be. */
      network(contract: DataContract, options: OptionValues): Network;
      /** Of layers that somebody put together: what is kept with a run, since no name stands for it. */
      readonly layers?: NetworkSpec;
      /** Of these, what somebody brought along and nothing moves. */
      readonly frozen?: Frozen | undefined;
    })
  /** Without a target: in a list of its own, since nothing that is held out judges it. */
  | (Named & {
      readonly type: 'grouper';
      readonly grouper: Grouper;
      /** Likewise. */
      readonly embedding?: Embedding;
    })
  /** Made by a search: in no list, and nobody asks for it by name. */
  | (Named & { readonly type: 'ensemble'; readonly members: readonly Member[] });

/** A model of the catalogue with every setting. */
export interface ChosenModel {
  readonly model: BenchModel;
  readonly options: OptionValues;
}

/** One of those that answer together. */
export interface Member {
  readonly chosen: ChosenModel;
  /** Of all weights, which add up to 1. */
  readonly weight: number;
}

export const ENSEMBLE = 'ensemble';

export const ensembleOf = (members: readonly Member[]): Extract<BenchModel, { type: 'ensemble' }> => ({
  type: 'ensemble',
  name: ENSEMBLE,
  title: `Ensemble of ${members.length}`,
  description: 'Models that answer together: the mean of what they say, each with its weight.',
  options: [],
  members,
  unsuited: (contract) =>
    members.map(({ chosen }) => unsuitedFor(chosen, contract)).find((reason) => reason !== undefined),
});

/** A member as it can be written down. */
export interface SpokenMember {
  readonly model: string;
  readonly title: string;
  readonly options: OptionValues;
  readonly weight: number;
}

/** undefined of what is no ensemble. */
export const membersOf = ({ model }: Pick<ChosenModel, 'model'>): readonly SpokenMember[] | undefined =>
  model.type !== 'ensemble'
    ? undefined
    : model.members.map(({ chosen, weight }) => ({
        model: chosen.model.name,
        title: chosen.model.title,
        options: chosen.options,
        weight,
      }));

/** As a manifest names what came out. */
export function finishedAs(chosen: ChosenModel) {
  const members = membersOf(chosen)?.map(({ model, options, weight }) => ({
    model,
    options: { ...options },
    weight,
  }));
  const named = { model: chosen.model.name, options: { ...chosen.options } };
  return members === undefined ? named : { ...named, members };
}

/** Whoever is given the model is given rows that it was learnt from. */
export const holdsRows = ({ model }: ChosenModel): boolean =>
  model.type === 'ensemble' ? model.members.some(({ chosen }) => holdsRows(chosen)) : model.name === 'k-nn';

const whole = (
  name: string,
  title: string,
  usual: number,
  minimum: number,
  maximum: number,
): NumberOption => ({
  name,
  title,
  hint: '',
  default: usual,
  minimum,
  maximum,
  isWhole: true,
});
const dropout = (usual: number): NumberOption => ({
  name: 'dropout',
  title: 'Dropout',
  hint: 'Share left out in training',
  default: usual,
  minimum: 0,
  maximum: 0.9,
});
const planOptions = (epochs: number): readonly NumberOption[] => [
  whole('epochs', 'Epochs', epochs, 1, 1000),
  whole('batch', 'Batch size', 32, 1, 4096),
  { name: 'rate', title: 'Learning rate', hint: 'Of Adam', default: 0.001, minimum: 1e-6, maximum: 1 },
];

/** Whether it knows columns of terms as they are encoded; the members of an ensemble are each given what they know. */
export const takesTerms = (model: BenchModel): boolean =>
  model.type === 'ensemble' || (model.type === 'learner' && model.learner.takesTerms === true);

/** Why it cannot learn rows of this contract as it is given them, in a sentence. */
export const unsuitedFor = ({ model, options }: ChosenModel, contract: DataContract): string | undefined =>
  model.unsuited(takesTerms(model) ? contract : (unfolded(contract)?.contract ?? contract), options);

/** How a network of the catalogue is trained: by Adam, batches in the order of the seed. */
export function planOf(options: OptionValues, seed: number): TrainingPlan {
  const augmentation = augmentationOf(options);
  return {
    localEpochs: options['epochs'] ?? 1,
    batchSize: options['batch'] ?? 32,
    learningRate: options['rate'] ?? 0.001,
    optimizer: { type: 'adam' },
    proximalTerm: 0,
    seed,
    ...(augmentation === undefined ? {} : { augmentation }),
  };
}

/** By its settings; of a frozen backbone no picture is shown anew. */
export const variesPictures = ({ model, options }: ChosenModel): boolean =>
  model.type === 'network' && model.frozen === undefined && augmentationOf(options) !== undefined;

function built(family: string, contract: DataContract, options: unknown): Network {
  const network = networkOf(family, contract, options);
  if (!network.ok) throw new Error(network.error.message);
  return network.value;
}

const unsuitedPlane =
  (family: 'cnn-mcmahan' | 'cnn-small') =>
  (contract: DataContract, options: OptionValues = {}): string | undefined => {
    const network = networkOf(family, contract);
    if (!network.ok)
      return `it needs pictures or sound of classes, of enough pixels: ${network.error.message}`;
    return contract.kind === 'audio' && augmentationOf(options) !== undefined
      ? 'pictures can be mirrored, moved, turned, lit otherwise and covered, and sound cannot: leave these settings at 0.'
      : undefined;
  };

const networks: readonly BenchModel[] = [
  {
    type: 'network',
    name: 'softmax',
    title: 'Softmax regression',
    description: 'One weight for each pixel and class: the line that pictures and sound must beat.',
    options: planOptions(5),
    unsuited: (contract) =>
      isPlane(contract) ? undefined : 'it is for pictures and sound; tables have “logistic”, solved exactly.',
    network: (contract) => built('softmax-regression', contract, {}),
  },
  {
    type: 'network',
    name: 'mlp',
    title: 'Multi-layer perceptron',
    description: 'Hidden layers between inputs and outputs: learns what a straight line cannot.',
    options: [
      whole('units', 'Units of a hidden layer', 64, 1, 2048),
      whole('layers', 'Hidden layers', 2, 1, 8),
      dropout(0),
      ...planOptions(30),
    ],
    unsuited: () => undefined,
    network: (contract, options) =>
      built('mlp', contract, {
        hidden: Array.from({ length: options['layers'] ?? 2 }, () => options['units'] ?? 64),
        dropout: options['dropout'] ?? 0,
      }),
  },
  {
    type: 'network',
    name: 'cnn',
    title: 'Convolutional network',
    description: 'Looks for small patterns wherever they lie in a picture (McMahan et al. 2017).',
    options: [...planOptions(2), ...augmentationOptions],
    unsuited: unsuitedPlane('cnn-mcmahan'),
    network: (contract) => built('cnn-mcmahan', contract, {}),
  },
  {
    type: 'network',
    name: 'cnn-small',
    title: 'Small convolutional network',
    description: 'Three small convolutions with normalisation: the usual model of sound.',
    options: [
      whole('channels', 'Channels of the first convolution', 16, 1, 128),
      dropout(0.3),
      ...planOptions(15),
      ...augmentationOptions,
    ],
    unsuited: unsuitedPlane('cnn-small'),
    network: (contract, options) => {
      const first = options['channels'] ?? 16;
      return built('cnn-small', contract, {
        filters: [first, first * 2, first * 2],
        dropout: options['dropout'] ?? 0.3,
      });
    },
  },
];

/** Families that read an example step by step. */
const ofSteps = (
  name: 'gru' | 'lstm' | 'transformer',
  title: string,
  description: string,
  options: readonly NumberOption[],
): BenchModel => ({
  type: 'network',
  name,
  title,
  description,
  options: [...options, dropout(0), ...planOptions(10)],
  unsuited(contract, given = {}) {
    if (familyNamed(name)?.suits(contract) !== true)
      return 'it reads examples step by step, and these have no order: it is for windows of time, sound and pictures.';
    const network = networkOf(name, contract, familySettings(options, given));
    return network.ok ? undefined : network.error.message;
  },
  network: (contract, given) => built(name, contract, familySettings(options, given)),
});

const familySettings = (options: readonly NumberOption[], given: OptionValues): OptionValues =>
  Object.fromEntries(
    [...options.map((option) => option.name), 'dropout'].flatMap((name) =>
      given[name] === undefined ? [] : [[name, given[name]]],
    ),
  );

const recurrent = [whole('units', 'Units', 64, 1, 1024), whole('layers', 'Recurrent layers', 1, 1, 8)];
const sequenceNetworks: readonly BenchModel[] = [
  ofSteps(
    'gru',
    'Gated recurrent units (GRU)',
    'Reads an example step by step and keeps what matters of it (Cho et al. 2014).',
    recurrent,
  ),
  ofSteps(
    'lstm',
    'Long short-term memory (LSTM)',
    'As a GRU, with a cell to keep things in for longer; a third larger.',
    recurrent,
  ),
  ofSteps(
    'transformer',
    'Small transformer',
    'Every step looks at every other at once (Vaswani et al. 2017).',
    [
      whole('width', 'Width of a head', 8, 1, 128),
      whole('heads', 'Heads', 4, 1, 16),
      whole('blocks', 'Blocks', 2, 1, 8),
      whole('feedForward', 'Units inside a block', 64, 1, 4096),
    ],
  ),
];

export const benchModels: readonly BenchModel[] = [
  ...learners.map((learner): BenchModel => ({
    type: 'learner',
    learner,
    name: learner.name,
    title: learner.title,
    description: learner.description,
    options: learner.options,
    unsuited: (contract, options) => learner.unsuited(contract, options),
  })),
  ...networks,
  ...sequenceNetworks,
];

/** Those that find groups, and need no target. */
export const groupModels: readonly BenchModel[] = groupers.map((grouper) => ({
  type: 'grouper',
  grouper,
  name: grouper.name,
  title: grouper.title,
  description: grouper.description,
  options: grouper.options,
  unsuited: (contract) =>
    contract.kind === 'table' && contract.series === undefined
      ? undefined
      : 'it finds groups of the rows of a table.',
}));

/** Whether a model, as somebody typed it, finds groups. */
export const findsGroups = (text: string | null): boolean =>
  groupModels.some(({ name }) => name === text?.split(':')[0]);

export const benchModelNamed = (name: string): BenchModel | undefined =>
  benchModels.find((model) => model.name === name);

/** What is chosen where layers are somebody's own. */
export const OWN_LAYERS = 'layers';
export const ownLayersOffer = {
  name: OWN_LAYERS,
  title: 'Own layers',
  description: 'Layers put together by hand, from any network that suits.',
  options: planOptions(20),
} as const;

/** A network of layers that somebody put together. */
export const ownLayers = (layers: NetworkSpec, frozen?: Frozen): BenchModel => {
  const network = buildNetwork(layers);
  return {
    type: 'network',
    ...ownLayersOffer,
    unsuited(contract) {
      if (!network.ok) return network.error.message;
      if (frozen !== undefined && frozenLength(network.value, frozen.layers) !== frozen.parameters.length)
        return 'the frozen layers are others than those that the weights were brought for.';
      return unfitting(network.value, contract)?.message;
    },
    network() {
      if (!network.ok) throw new Error(network.error.message);
      return network.value;
    },
    layers,
    frozen,
  };
};

/** A model that learns from numbers, and so from what a network sees. */
export type NumbersModel = Extract<BenchModel, { type: 'learner' | 'grouper' }>;
export const takesNumbers = (model: BenchModel): model is NumbersModel =>
  model.type === 'learner' || model.type === 'grouper';

/** On what a network sees: nothing moves it, and it goes with what was learnt. */
export const onEmbedding = (model: NumbersModel, embedding: Embedding): NumbersModel => ({
  ...model,
  embedding,
  title: `${model.title} on a frozen network`,
  unsuited: (contract, options) =>
    unseen(embedding, contract) ??
    (isPlane(contract) ? model.unsuited(embeddedContract(embedding.width, contract), options) : undefined),
});

/** The catalogue, with models without a target, and with layers of somebody's own where there are some. */
export const modelsWith = (layers: NetworkSpec | null): readonly BenchModel[] =>
  layers === null ? [...benchModels, ...groupModels] : [...benchModels, ...groupModels, ownLayers(layers)];

/**
 * A model as it stands in a setup: by its name, with settings as `forest:trees=200`. Where first layers of a network are frozen, it is a
 * head on them (`layers`), or a learner on what they give.
 */
export function chosenBySetup(
  text: string,
  layers: NetworkSpec | null,
  frozen?: Frozen,
): Result<ChosenModel, string> {
  const [name = ''] = text.split(':');
  if (layers === null && (name === OWN_LAYERS || frozen !== undefined))
    return fail('There are no layers with this run: its model cannot be built again.');
  const models =
    layers === null || frozen === undefined ? ok(modelsWith(layers)) : modelsOn(layers, frozen, name);
  if (!models.ok) return models;
  const spec = parseSpec(text, models.value, 'model');
  if (!spec.ok) return fail(spec.error.message);
  const model = models.value.find((one) => one.name === spec.value.name);
  return model === undefined
    ? fail('This program has no such model.')
    : ok({ model, options: spec.value.options });
}

/** Layers that are trained on the frozen ones, and models on what these give. Refused in a sentence where that is no numbers. */
function modelsOn(layers: NetworkSpec, frozen: Frozen, name: string): Result<readonly BenchModel[], string> {
  const head = ownLayers(layers, frozen);
  if (name === OWN_LAYERS) return ok([head]);
  const network = buildNetwork(layers);
  if (!network.ok) return fail(network.error.message);
  const embedding = embeddingOf(network.value, frozen);
  if (!embedding.ok) return embedding;
  const seeing = [...benchModels, ...groupModels].filter(takesNumbers);
  return ok([...seeing.map((model) => onEmbedding(model, embedding.value)), head]);
}

/** A learner that solves for all features at once, or looks at all rows, is too slow for the pixels of many pictures. */
const WIDE = 400;

/** Neighbours of pictures and windows are asked of fewer: each distance is hundreds of numbers. */
const PICTURES_KEPT = 500;

/** What every run is held against: the same answer for all, one rule, a line, the neighbours. */
export function baselinesOf(contract: DataContract): readonly ChosenModel[] {
  const isSeries = contract.kind === 'table' && contract.series !== undefined;
  const isWide =
    isSeries || (isPlane(contract) && exampleShape(contract).reduce((size, side) => size * side) > WIDE);
  const line = classLabels(contract) === undefined ? 'linear' : isWide && !isSeries ? 'softmax' : 'logistic';
  const given = { 'k-nn': isWide ? { rows: PICTURES_KEPT } : {} } as Readonly<Record<string, OptionValues>>;
  return ['constant', 'persistence', 'seasonal-naive', 'rule', line, 'k-nn']
    .map(benchModelNamed)
    .filter((model) => model !== undefined)
    .filter((model) => model.unsuited(contract) === undefined)
    .map((model) => chosenWith(model, given[model.name] ?? {}));
}

/** A model with these settings, and its usual ones for the rest. Throws where they are not settings of it. */
export function chosenWith(model: BenchModel, given: OptionValues): ChosenModel {
  const options = readOptions(model, given);
  if (!options.ok) throw new Error(options.error.message);
  return { model, options: options.value };
}

/** What is trained where nobody names a model. */
export function usualModel(contract: DataContract): ChosenModel {
  // Of prose a line over all its terms is hard to beat, and quick.
  const table = hasTerms(contract) ? ['logistic', 'linear'] : ['boosted-trees'];
  const wanted = contract.kind === 'table' ? table : [contract.kind === 'audio' ? 'cnn-small' : 'cnn', 'mlp'];
  const found = wanted
    .map(benchModelNamed)
    .find((model) => model !== undefined && model.unsuited(contract) === undefined);
  if (found === undefined) throw new Error('The catalogue has a model for every contract.');
  return chosenWith(found, {});
}
