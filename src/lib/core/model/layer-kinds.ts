// The layers that a person can choose among, each with what can be set of it: one list for the editor of layers. Whether a setting is one that
// the layer can have is the schema's to say (spec.ts).
import * as v from 'valibot';
import { fail, ok, type Result } from '../result.ts';
import { LayerSpec } from './spec.ts';

export type LayerField = { readonly name: string; readonly title: string } & (
  | { readonly type: 'whole' | 'number' }
  | { readonly type: 'choice'; readonly choices: readonly string[] }
  | { readonly type: 'flag' }
  /** Whole numbers, `count` of them; null: as many as there are. */
  | { readonly type: 'list'; readonly count: number | null }
);

export interface LayerKind {
  readonly type: LayerSpec['type'];
  readonly title: string;
  readonly hint: string;
  readonly group: 'Any data' | 'Pictures' | 'Sequences';
  readonly usual: LayerSpec;
  readonly fields: readonly LayerField[];
}

const ACTIVATIONS = ['linear', 'relu', 'sigmoid', 'tanh', 'softmax'] as const;
const activation: LayerField = {
  name: 'activation',
  title: 'Activation',
  type: 'choice',
  choices: ACTIVATIONS,
};
const bias: LayerField = { name: 'useBias', title: 'With a bias', type: 'flag' };
const whole = (name: string, title: string): LayerField => ({ name, title, type: 'whole' });
const decimal = (name: string, title: string): LayerField => ({ name, title, type: 'number' });
const pair = (name: string, title: string): LayerField => ({ name, title, type: 'list', count: 2 });
const padding: LayerField = {
  name: 'padding',
  title: 'Padding',
  type: 'choice',
  choices: ['same', 'valid'],
};
const windowFields = [pair('poolSize', 'Window'), pair('strides', 'Strides'), padding];
const everyStep: LayerField = {
  name: 'returnSequences',
  title: 'Gives every step, not the last alone',
  type: 'flag',
};

export const layerKinds: readonly LayerKind[] = [
  {
    type: 'dense',
    title: 'Dense',
    hint: 'Every input to every unit.',
    group: 'Any data',
    usual: { type: 'dense', units: 64, activation: 'relu', useBias: true },
    fields: [whole('units', 'Units'), activation, bias],
  },
  {
    type: 'activation',
    title: 'Activation',
    hint: 'Bends what comes in, number by number.',
    group: 'Any data',
    usual: { type: 'activation', activation: 'relu' },
    fields: [activation],
  },
  {
    type: 'dropout',
    title: 'Dropout',
    hint: 'Leaves out a share at random in training.',
    group: 'Any data',
    usual: { type: 'dropout', rate: 0.3 },
    fields: [decimal('rate', 'Share left out')],
  },
  {
    type: 'batch-normalisation',
    title: 'Batch normalisation',
    hint: 'Each channel by the mean and spread of the batch.',
    group: 'Any data',
    usual: { type: 'batch-normalisation', momentum: 0.99, epsilon: 1e-3 },
    fields: [decimal('momentum', 'Momentum'), decimal('epsilon', 'Epsilon')],
  },
  {
    type: 'flatten',
    title: 'Flatten',
    hint: 'All numbers in one row.',
    group: 'Any data',
    usual: { type: 'flatten' },
    fields: [],
  },
  {
    type: 'reshape',
    title: 'Reshape',
    hint: 'The same numbers in another shape: rows of a picture as steps.',
    group: 'Any data',
    usual: { type: 'reshape', shape: [28, 28] },
    fields: [{ name: 'shape', title: 'Shape', type: 'list', count: null }],
  },
  {
    type: 'conv2d',
    title: 'Convolution',
    hint: 'Looks for small patterns wherever they lie.',
    group: 'Pictures',
    usual: {
      type: 'conv2d',
      filters: 16,
      kernelSize: [3, 3],
      strides: [1, 1],
      padding: 'same',
      activation: 'relu',
      useBias: true,
    },
    fields: [
      whole('filters', 'Filters'),
      pair('kernelSize', 'Kernel'),
      pair('strides', 'Strides'),
      padding,
      activation,
      bias,
    ],
  },
  {
    type: 'max-pool2d',
    title: 'Max pooling',
    hint: 'The largest of each patch.',
    group: 'Pictures',
    usual: { type: 'max-pool2d', poolSize: [2, 2], strides: [2, 2], padding: 'same' },
    fields: windowFields,
  },
  {
    type: 'average-pool2d',
    title: 'Average pooling',
    hint: 'The mean of each patch.',
    group: 'Pictures',
    usual: { type: 'average-pool2d', poolSize: [2, 2], strides: [2, 2], padding: 'same' },
    fields: windowFields,
  },
  {
    type: 'global-average-pool2d',
    title: 'Global average pooling',
    hint: 'The mean of each channel over the whole picture.',
    group: 'Pictures',
    usual: { type: 'global-average-pool2d' },
    fields: [],
  },
  {
    type: 'embedding',
    title: 'Embedding',
    hint: 'A learnt row of numbers for each token.',
    group: 'Sequences',
    usual: { type: 'embedding', vocabulary: 1000, units: 16 },
    fields: [whole('vocabulary', 'Tokens'), whole('units', 'Units')],
  },
  {
    type: 'gru',
    title: 'GRU',
    hint: 'Reads step by step and keeps what matters.',
    group: 'Sequences',
    usual: { type: 'gru', units: 32, returnSequences: false, resetAfter: false },
    fields: [
      whole('units', 'Units'),
      everyStep,
      { name: 'resetAfter', title: 'Reset gate behind the product (Keras’s default)', type: 'flag' },
    ],
  },
  {
    type: 'lstm',
    title: 'LSTM',
    hint: 'As a GRU, with a cell to keep things in.',
    group: 'Sequences',
    usual: { type: 'lstm', units: 32, returnSequences: false },
    fields: [whole('units', 'Units'), everyStep],
  },
  {
    type: 'step-dense',
    title: 'Dense of each step',
    hint: 'The same dense layer for every step.',
    group: 'Sequences',
    usual: { type: 'step-dense', units: 32, activation: 'linear', useBias: true },
    fields: [whole('units', 'Units'), { ...activation, choices: ACTIVATIONS.slice(0, 4) }, bias],
  },
  {
    type: 'position-embedding',
    title: 'Position embedding',
    hint: 'Adds a learnt row to each step, so that their order counts.',
    group: 'Sequences',
    usual: { type: 'position-embedding' },
    fields: [],
  },
  {
    type: 'transformer-block',
    title: 'Transformer block',
    hint: 'Every step looks at every other.',
    group: 'Sequences',
    usual: { type: 'transformer-block', heads: 4, feedForward: 64 },
    fields: [whole('heads', 'Heads'), whole('feedForward', 'Units inside')],
  },
  {
    type: 'layer-normalisation',
    title: 'Layer normalisation',
    hint: 'Each step by its own mean and spread.',
    group: 'Sequences',
    usual: { type: 'layer-normalisation', epsilon: 1e-6 },
    fields: [decimal('epsilon', 'Epsilon')],
  },
  {
    type: 'global-average-pool1d',
    title: 'Average of all steps',
    hint: 'The mean of each channel over all steps.',
    group: 'Sequences',
    usual: { type: 'global-average-pool1d' },
    fields: [],
  },
];

export const layerKind = (type: LayerSpec['type']): LayerKind => {
  const found = layerKinds.find((kind) => kind.type === type);
  if (found === undefined) throw new Error(`The list of layers has no ${type}.`);
  return found;
};

/** The layer with one setting changed, or why it cannot have that. */
export function layerWith(spec: LayerSpec, field: LayerField, value: unknown): Result<LayerSpec, string> {
  const read = v.safeParse(LayerSpec, { ...spec, [field.name]: value });
  return read.success ? ok(read.output) : fail(`${field.title}: ${read.issues[0].message}.`);
}
