// A federation as it is being typed: every field may still be empty, both kinds of data contract are kept so that
// switching loses nothing, and the same shape is what the browser saves between visits.
import * as v from 'valibot';
import { strategies } from '#lib/core/aggregation/index.ts';
import { ColumnRule, type DataContract } from '#lib/core/data/contract.ts';
import {
  exactAveraging,
  ModelFamily,
  PinnedRecipe,
  SummedFamily,
  SampleName,
  type Personalisation,
  type FederationSpec,
  type NetworkFederation,
  type SummedFederation,
} from '#lib/core/federation.ts';
import { modelContract } from '#lib/core/recipe/model-contract.ts';
import { MetricName } from '#lib/core/metrics/metric-name.ts';
import { familyNamed, modelFamilies } from '#lib/core/model/families/index.ts';
import { optimizerNumbers, optimizerTypes, USUAL_WEIGHT_DECAY } from '#lib/core/model/optimizer-kinds.ts';
import { NetworkSpec } from '#lib/core/model/spec.ts';
import { summedFamilies, summedFamilyNamed } from '#lib/core/summed-models.ts';
import { augmentationFrom, DraftAugmentation, plainAugmentation } from './console-draft-augmentation.ts';
import { DraftFurther, furtherFrom, plainFurther } from './console-draft-rounds.ts';
import { briefFrom, DraftBrief, DraftGates, emptyBrief, gatesFrom } from './console-draft-question.ts';
import { DraftPrivacy, privacyTyped } from './console-privacy.ts';
import { DraftSecureSum, plainSecureSum, secureSumFrom } from './console-draft-secure.ts';
import { DraftStatistics, plainStatistics, statisticsFrom } from './console-draft-statistics.ts';
import { numbersTyped } from './console-draft-numbers.ts';
import { DraftTuning, plainTuning, tuningFrom } from './console-draft-tuning.ts';

const number = v.nullable(v.number());
const texts = v.array(v.string());

export const DraftColumn = v.object({
  /** Of the list in the form; names may repeat while they are typed. */
  key: v.number(),
  type: v.picklist(['number', 'category', 'text']),
  name: v.string(),
  /** A number that is written as a date. */
  reads: v.exactOptional(v.literal('time')),
  minimum: number,
  maximum: number,
  mean: number,
  standardDeviation: number,
  categories: texts,
  missingAllowed: v.boolean(),
});
export type DraftColumn = v.InferOutput<typeof DraftColumn>;

export const DraftTarget = v.object({
  type: v.picklist(['classes', 'number']),
  name: v.string(),
  classes: v.array(v.object({ key: v.number(), label: v.string(), values: texts })),
  mean: number,
  standardDeviation: number,
});
export type DraftTarget = v.InferOutput<typeof DraftTarget>;

export const DraftStrategy = v.object({
  name: v.string(),
  /** By strategy and option, so that looking at another strategy loses nothing. */
  options: v.record(v.string(), v.record(v.string(), number)),
});
export type DraftStrategy = v.InferOutput<typeof DraftStrategy>;

/** Options of every strategy at their defaults, but for those of `chosen`. */
export const strategyTyped = ({
  name,
  options,
}: {
  readonly name: string;
  readonly options: Readonly<Record<string, number>>;
}): DraftStrategy => ({
  name,
  options: Object.fromEntries(
    strategies.map((strategy) => [
      strategy.name,
      {
        ...Object.fromEntries(strategy.options.map((option) => [option.name, option.default])),
        ...(strategy.name === name ? options : {}),
      },
    ]),
  ),
});

/** The numbers of every way are kept, so that looking at another loses nothing. */
export const DraftPersonalisation = v.object({
  type: v.picklist(['none', 'fedper', 'fedbn', 'ditto', 'finetune']),
  layers: number,
  lambda: number,
  epochs: number,
});

export const personalisationTyped = (
  chosen: Personalisation,
): v.InferOutput<typeof DraftPersonalisation> => ({ layers: 1, lambda: 0.1, epochs: 1, ...chosen });

/** A second of speech, as corpora of commands have it. */
const plainAudio = () => ({
  sampleRate: 16_000,
  milliseconds: 1000,
  hopMs: 10,
  mels: 40,
  classes: ['', ''],
  groups: false,
});

export const Draft = v.object({
  /** The address under /f/; empty: made from the title. */
  id: v.string(),
  brief: DraftBrief,
  gates: DraftGates,
  metric: v.object({ name: MetricName, target: number }),
  kind: v.picklist(['image', 'audio', 'table']),
  image: v.object({ height: number, width: number, channels: v.picklist([1, 3]), classes: texts }),
  /** Drafts that were saved before there was sound have none. */
  audio: v.optional(
    v.object({
      sampleRate: number,
      milliseconds: number,
      hopMs: number,
      mels: number,
      classes: texts,
      groups: v.boolean(),
    }),
    plainAudio,
  ),
  /** The rules are kept as they came: they are set by the API. */
  table: v.object({
    columns: v.array(DraftColumn),
    target: DraftTarget,
    rules: v.optional(v.array(ColumnRule), []),
  }),
  /** Kept as it came, of a survey or a file; of a table alone. */
  recipe: v.optional(v.nullable(PinnedRecipe), null),
  family: v.union([ModelFamily, SummedFamily]),
  /** By family and setting; a list of numbers is kept as it was typed, "200, 200"; a word is one of a few. */
  options: v.record(v.string(), v.record(v.string(), v.union([v.string(), v.boolean(), number]))),
  imported: v.nullable(v.object({ fileName: v.string(), network: NetworkSpec, notes: texts })),
  plan: v.object({
    localEpochs: number,
    batchSize: number,
    learningRate: number,
    optimizer: v.picklist(optimizerTypes),
    momentum: number,
    weightDecay: v.optional(number, USUAL_WEIGHT_DECAY),
    proximalTerm: number,
    seed: number,
  }),
  augmentation: v.optional(DraftAugmentation, plainAugmentation),
  /** Drafts that were saved before there was a choice averaged, and sent everything exactly. */
  strategy: v.optional(DraftStrategy, () => strategyTyped(exactAveraging.strategy)),
  /** Codecs by name. */
  transfer: v.optional(v.object({ uplink: v.string(), downlink: v.string() }), () => ({
    ...exactAveraging.transfer,
  })),
  guard: v.optional(v.object({ normFactor: number }), () => ({ ...exactAveraging.guard })),
  personalisation: v.optional(DraftPersonalisation, () =>
    personalisationTyped(exactAveraging.personalisation),
  ),
  privacy: v.optional(DraftPrivacy, () => privacyTyped(exactAveraging.privacy)),
  further: v.optional(DraftFurther, plainFurther),
  secureSum: v.optional(DraftSecureSum, plainSecureSum),
  statistics: v.optional(DraftStatistics, plainStatistics),
  tuning: v.optional(DraftTuning, plainTuning),
  rules: v.object({
    goal: number,
    minimum: number,
    overSelection: number,
    selectionDeadlineMs: number,
    reportingDeadlineMs: number,
    pauseMs: number,
    maximumRounds: number,
  }),
  sample: v.nullable(SampleName),
  access: v.optional(v.picklist(['open', 'invited']), exactAveraging.access.type),
});
export type Draft = v.InferOutput<typeof Draft>;

/** Settings of every family at their defaults, as the form holds them. */
export const defaultOptions = (): Draft['options'] =>
  Object.fromEntries([
    ...modelFamilies.map((family) => [family.name, typedOptions(v.getDefaults(family.options))] as const),
    ...summedFamilies.map((family) => [family.name, typedOptions(family.defaults)] as const),
  ]);

const typedOptions = (options: Readonly<Record<string, unknown>>): Draft['options'][string] =>
  Object.fromEntries(Object.entries(options).map(([name, value]) => [name, typedOption(value)]));

const typedOption = (value: unknown): string | boolean | number | null =>
  Array.isArray(value)
    ? value.join(', ')
    : typeof value === 'number' || typeof value === 'string' || typeof value === 'boolean'
      ? value
      : null;

/** The settings of the draft's family as the family's own schema reads them. */
export const optionsOf = (draft: Draft): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(draft.options[draft.family] ?? {}).map(([name, value]) => [
      name,
      typeof value === 'string' && summedFamilyNamed(draft.family) === undefined
        ? numbersTyped(value)
        : value,
    ]),
  );

export const emptyColumn = (key: number): DraftColumn => ({
  key,
  type: 'number',
  name: '',
  minimum: null,
  maximum: null,
  mean: 0,
  standardDeviation: 1,
  categories: [],
  missingAllowed: false,
});

export const emptyDraft = (): Draft => ({
  id: '',
  brief: emptyBrief(),
  gates: [],
  metric: { name: 'accuracy', target: null },
  kind: 'image',
  image: { height: 28, width: 28, channels: 1, classes: ['', ''] },
  audio: plainAudio(),
  table: {
    columns: [emptyColumn(1)],
    target: {
      type: 'classes',
      name: '',
      classes: [
        { key: 1, label: '', values: [] },
        { key: 2, label: '', values: [] },
      ],
      mean: 0,
      standardDeviation: 1,
    },
    rules: [],
  },
  recipe: null,
  family: 'mlp',
  options: defaultOptions(),
  imported: null,
  plan: {
    localEpochs: 1,
    batchSize: 10,
    learningRate: 0.1,
    optimizer: 'sgd',
    momentum: 0,
    weightDecay: USUAL_WEIGHT_DECAY,
    proximalTerm: 0,
    seed: 1,
  },
  augmentation: plainAugmentation(),
  strategy: strategyTyped(exactAveraging.strategy),
  // Unbiased, and a tenth of the bytes up; at four bits a version's rounding is far below what a round changes (eden.ts).
  transfer: { uplink: 'eden:3', downlink: 'eden:4' },
  guard: { ...exactAveraging.guard },
  personalisation: personalisationTyped(exactAveraging.personalisation),
  privacy: privacyTyped(exactAveraging.privacy),
  further: plainFurther(),
  secureSum: plainSecureSum(),
  statistics: plainStatistics(),
  tuning: plainTuning(),
  rules: {
    goal: 8,
    minimum: 5,
    overSelection: 1.3,
    selectionDeadlineMs: 120_000,
    reportingDeadlineMs: 600_000,
    pauseMs: 5_000,
    maximumRounds: 40,
  },
  sample: null,
  access: exactAveraging.access.type,
});

/** The part of a draft that a contract fills. */
export function contractDraft(contract: DataContract): Pick<Draft, 'kind' | 'image' | 'audio' | 'table'> {
  const { image, audio, table } = emptyDraft();
  if (contract.kind === 'image')
    return {
      kind: 'image',
      image: {
        height: contract.height,
        width: contract.width,
        channels: contract.channels,
        classes: [...contract.classes],
      },
      audio,
      table,
    };
  if (contract.kind === 'audio') {
    const { kind, groups, classes, ...sizes } = contract;
    return { kind, image, audio: { ...sizes, classes: [...classes], groups: groups !== undefined }, table };
  }
  const { target } = contract;
  return {
    kind: 'table',
    image,
    audio,
    table: {
      rules: [...(contract.rules ?? [])],
      columns: contract.columns
        .filter((column) => column.type === 'number' || column.type === 'category' || column.type === 'text')
        .map((column, index) => ({
          ...emptyColumn(index + 1),
          ...column,
          categories: column.type === 'category' ? [...column.categories] : [],
        })),
      target: {
        ...table.target,
        ...target,
        classes:
          target.type === 'classes'
            ? target.classes.map((one, index) => ({
                key: index + 1,
                label: one.label,
                values: [...one.values],
              }))
            : table.target.classes,
      },
    },
  };
}

/** Typed again from a spec: to change a federation, or to duplicate it. The address is left to be made anew. */
export function draftFrom(spec: FederationSpec): Draft {
  const draft = emptyDraft();
  const { contract, rules } = spec;
  return {
    ...draft,
    brief: briefFrom(spec.brief),
    gates: gatesFrom(spec),
    metric: { ...spec.metric },
    ...contractDraft(contract),
    recipe: spec.recipe ?? null,
    ...('network' in spec ? networkDraft(spec, draft) : summedDraft(spec, draft)),
    further: furtherFrom(spec.rules),
    secureSum: secureSumFrom(spec),
    statistics: statisticsFrom(spec),
    tuning: tuningFrom(spec),
    rules: {
      goal: rules.goal,
      minimum: rules.minimum,
      overSelection: rules.overSelection,
      selectionDeadlineMs: rules.selectionDeadlineMs,
      reportingDeadlineMs: rules.reportingDeadlineMs,
      pauseMs: rules.pauseMs,
      maximumRounds: rules.maximumRounds,
    },
    sample: spec.sample,
    access: spec.access.type,
  };
}

/** The model of sums. How networks are trained stays as a new draft has it, should one be looked at. */
function summedDraft(spec: SummedFederation, { options }: Draft): Pick<Draft, 'family' | 'options'> {
  const settings = spec.family === 'k-means' ? spec.clusters : spec.trees;
  return { family: spec.family, options: { ...options, [spec.family]: typedOptions(settings) } };
}

function networkDraft(spec: NetworkFederation, draft: Draft) {
  const { network, plan } = spec;
  const hidden = recoveredOptions(spec);
  return {
    family: hidden === undefined ? ('imported' as const) : spec.family,
    options: hidden === undefined ? draft.options : { ...draft.options, [spec.family]: hidden },
    imported: hidden === undefined ? { fileName: 'the present network', network, notes: [] } : null,
    plan: {
      localEpochs: plan.localEpochs,
      batchSize: plan.batchSize,
      learningRate: plan.learningRate,
      optimizer: plan.optimizer.type,
      ...optimizerNumbers(plan.optimizer),
      proximalTerm: plan.proximalTerm,
      seed: plan.seed,
    },
    augmentation: augmentationFrom(plan),
    strategy: strategyTyped(spec.strategy),
    transfer: { ...spec.transfer },
    guard: { ...spec.guard },
    personalisation: personalisationTyped(spec.personalisation),
    privacy: privacyTyped(spec.privacy),
  };
}

/**
 * A spec holds the network, not the settings that made it. They are read back from its layers, and used only if they make
 * the very same network again; else the network is kept as it is, as an imported one.
 */
function recoveredOptions(spec: NetworkFederation): Draft['options'][string] | undefined {
  const family = familyNamed(spec.family);
  if (family === undefined) return undefined;
  const dense = spec.network.layers.filter((layer) => layer.type === 'dense').map((layer) => layer.units);
  const filters = spec.network.layers
    .filter((layer) => layer.type === 'conv2d')
    .map((layer) => layer.filters);
  const dropout = spec.network.layers.find((layer) => layer.type === 'dropout')?.rate ?? 0;
  const normalise = spec.network.layers.some((layer) => layer.type === 'batch-normalisation');
  const guesses: Record<string, unknown> = {
    hidden: dense.slice(0, -1),
    filters,
    units: dense[0],
    dropout,
    normalise,
  };
  const names = Object.keys(v.getDefaults(family.options));
  const options = Object.fromEntries(names.map((name) => [name, guesses[name]]));
  const again = family.networkFrom(modelContract(spec), options);
  if (!again.ok || JSON.stringify(again.value) !== JSON.stringify(spec.network)) return undefined;
  return Object.fromEntries(names.map((name) => [name, typedOption(options[name])]));
}
