// From what was typed to a FederationSpec, or to a message at each field that stands in the way. The field's name is the
// path of the issue within the spec ("rules.goal"), so that the server's refusals land on the same fields.
import * as v from 'valibot';
import { checkStrategy, normalisationIssues } from '#lib/core/aggregation/check-strategy.ts';
import { checkSums } from '#lib/core/aggregation/check-sums.ts';
import { strategyNamed } from '#lib/core/aggregation/index.ts';
import { exampleShape, targetSize, classLabels, DataContract } from '#lib/core/data/contract.ts';
import type { FederatedModel } from '#lib/core/federated-model.ts';
import { FederationSpec, type PinnedRecipe, type SummedFamily } from '#lib/core/federation.ts';
import { modelContract } from '#lib/core/recipe/model-contract.ts';
import { unpreparedSums } from '#lib/core/recipe/unprepared-sums.ts';
import { unpreparedTexts } from '#lib/core/recipe/unprepared-texts.ts';
import { FederationId } from '#lib/core/ids.ts';
import { checkGates } from '#lib/core/gates/check-gates.ts';
import { whyUnmeasured } from '#lib/core/gates/unmeasured.ts';
import { metrics } from '#lib/core/metrics/metric-list.ts';
import { measures, type MetricName } from '#lib/core/metrics/metric-name.ts';
import type { TallyShape } from '#lib/core/metrics/tally-sums.ts';
import { familyNamed, networkOf } from '#lib/core/model/families/index.ts';
import { buildNetwork, type Network } from '#lib/core/model/network.ts';
import { optimizerWith } from '#lib/core/model/optimizer-kinds.ts';
import { fail, ok, type Result } from '#lib/core/result.ts';
import { readSummedSettings, summedFamilyNamed, summedModel } from '#lib/core/summed-models.ts';
import { checkPrivacy } from '#lib/core/privacy/check-privacy.ts';
import { checkHeldOutDevices } from '#lib/core/round/check-held-out-devices.ts';
import { checkTuning } from '#lib/core/search/check-tuning.ts';
import { checkSecureSum } from '#lib/core/secure-sum/check-secure-sum.ts';
import type { ChangedQuestion } from '#lib/protocol/briefs.ts';
import { sampleFits } from '#lib/modalities/samples.ts';
import {
  personalisationChosen,
  plannedTyped,
  sharedParameters,
  strategyChosen,
} from './console-draft-strategy.ts';
import { optionsOf, type Draft } from './console-draft.ts';
import { augmentationTyped } from './console-draft-augmentation.ts';
import { rulesTyped } from './console-draft-rounds.ts';
import { privacyChosen, privacyRead } from './console-privacy.ts';
import { secureSumRead, secureSumTyped } from './console-draft-secure.ts';
import { gateOf, gatesTyped, newParts } from './console-draft-question.ts';
import { statisticsTyped } from './console-draft-statistics.ts';
import { rangeIssues, tuningTyped } from './console-draft-tuning.ts';
import { durationInWords } from './console-durations.ts';

export type Issues = ReadonlyMap<string, string>;

/** The steps of the form, in order. */
export const draftSteps = ['brief', 'data', 'model', 'rounds', 'review'] as const;
export type DraftStep = (typeof draftSteps)[number];

export const stepTitles: Readonly<Record<DraftStep, string>> = {
  brief: 'Goal',
  data: 'Data',
  model: 'Model',
  rounds: 'Training and rounds',
  review: 'Review',
};

/** The step on which a field stands. */
export function stepOf(path: string): DraftStep {
  const [root] = path.split('.');
  switch (root) {
    case 'id':
    case 'brief':
    case 'metric':
    case 'gates':
      return 'brief';
    case 'contract':
    case 'recipe':
    case 'sample':
      return 'data';
    case 'family':
    case 'options':
    case 'network':
      return 'model';
    case 'plan':
    case 'rules':
    case 'strategy':
    case 'transfer':
    case 'guard':
    case 'personalisation':
    case 'privacy':
    case 'secureSum':
    case 'statistics':
    case 'tuning':
      return 'rounds';
    default:
      return 'review';
  }
}

/** The contract as typed, of the kind that is chosen; unknown until the schema has read it. */
export function contractTyped(draft: Draft): unknown {
  if (draft.kind === 'image') return { kind: 'image', ...draft.image };
  if (draft.kind === 'audio') {
    const { groups, ...sizes } = draft.audio;
    return { kind: 'audio', ...sizes, ...(groups ? { groups: 'file-name' } : {}) };
  }
  const { columns, target, rules } = draft.table;
  return {
    kind: 'table',
    ...(rules.length === 0 ? {} : { rules }),
    columns: columns.map(
      ({ type, name, reads, minimum, maximum, mean, standardDeviation, categories, missingAllowed }) =>
        type === 'number'
          ? {
              type,
              name,
              ...(reads === undefined ? {} : { reads }),
              minimum,
              maximum,
              missingAllowed,
              mean,
              standardDeviation,
            }
          : type === 'text'
            ? { type, name, missingAllowed }
            : { type, name, categories: listed(categories), missingAllowed },
    ),
    target:
      target.type === 'classes'
        ? {
            type: 'classes',
            name: target.name,
            classes: target.classes.map(({ label, values }) => ({
              label,
              values: listed(values).length === 0 ? [label] : listed(values),
            })),
          }
        : {
            type: 'number',
            name: target.name,
            mean: target.mean,
            standardDeviation: target.standardDeviation,
          },
  };
}

/** Lines as typed: what is empty does not count. */
const listed = (lines: readonly string[]): string[] =>
  lines.map((line) => line.trim()).filter((line) => line !== '');

/** That of a table; nothing where there is none. */
const recipeTyped = ({ kind, recipe }: Draft): { readonly recipe?: PinnedRecipe } =>
  kind !== 'table' || recipe === null ? {} : { recipe };

export interface ModelProblem {
  /** "options.hidden", "network", "family", or "contract" where the data come first. */
  readonly path: string;
  readonly message: string;
}

/** The model as it stands, its shapes proven, or the one thing that stands in the way. */
export function modelTyped(draft: Draft): Result<FederatedModel, ModelProblem> {
  const contract = v.safeParse(DataContract, contractTyped(draft));
  if (!contract.success)
    return fail({ path: 'contract', message: 'Shapes are known once the data contract is complete.' });
  const summed = summedFamilyNamed(draft.family);
  if (summed !== undefined) return sumsTyped(draft, summed.name, contract.output);
  const network = networkTyped(draft, modelContract({ contract: contract.output, ...recipeTyped(draft) }));
  return network.ok
    ? ok({ type: 'network', parameterCount: network.value.parameterCount, network: network.value })
    : network;
}

function sumsTyped(
  draft: Draft,
  family: SummedFamily,
  contract: DataContract,
): Result<FederatedModel, ModelProblem> {
  const settings = readSummedSettings(family, optionsOf(draft));
  if (!settings.ok) {
    const name = v.getDotPath(settings.error);
    return fail({ path: name === null ? 'options' : `options.${name}`, message: sentenceOf(settings.error) });
  }
  const made = summedModel({ ...settings.value, contract });
  return made.ok
    ? ok({ type: 'sums', parameterCount: made.value.parameterCount, sums: made.value })
    : fail({ path: 'family', message: made.error.message });
}

function networkTyped(draft: Draft, contract: DataContract): Result<Network, ModelProblem> {
  if (draft.family === 'imported') {
    if (draft.imported === null) return fail({ path: 'network', message: 'Choose a model.json first.' });
    const built = buildNetwork(draft.imported.network);
    if (!built.ok) return fail({ path: 'network', message: built.error.message });
    return fits(built.value, contract);
  }
  const family = familyNamed(draft.family);
  if (family !== undefined) {
    const options = v.safeParse(family.options, optionsOf(draft));
    if (!options.success) {
      const [issue] = options.issues;
      const name = v.getDotPath(issue)?.split('.')[0];
      return fail({ path: name === undefined ? 'options' : `options.${name}`, message: sentenceOf(issue) });
    }
  }
  const made = networkOf(draft.family, contract, optionsOf(draft));
  if (made.ok) return made;
  return fail({
    path: made.error.kind === 'unsuited' || made.error.kind === 'unknown-family' ? 'family' : 'network',
    message: made.error.message,
  });
}

/** Whether a network takes examples of the contract and answers with as many numbers as its target has. */
function fits(network: Network, contract: DataContract): Result<Network, ModelProblem> {
  const wanted = exampleShape(contract);
  const shape = (sides: readonly number[]): string => `[${sides.join(', ')}]`;
  if (wanted.join() !== network.spec.inputShape.join())
    return fail({
      path: 'network',
      message: `The model takes ${shape(network.spec.inputShape)}, but an example of the data contract is ${shape(wanted)}.`,
    });
  const outputs = targetSize(contract);
  if (network.outputSize !== outputs)
    return fail({
      path: 'network',
      message: `The model has ${network.outputSize} outputs, but the data contract needs ${outputs}.`,
    });
  const loss = classLabels(contract) === undefined ? 'mean-squared-error' : 'categorical-crossentropy';
  if (network.spec.loss !== loss)
    return fail({
      path: 'network',
      message: `The model is trained by ${network.spec.loss}, but the data contract needs ${loss}.`,
    });
  return ok(network);
}

export interface CheckedDraft {
  /** Undefined while there are issues. */
  readonly spec: FederationSpec | undefined;
  readonly issues: Issues;
  readonly model: Result<FederatedModel, ModelProblem>;
}

/** Reads the whole draft by the schema that the server reads it by, and adds what only a form can say. */
export function checkDraft(draft: Draft): CheckedDraft {
  const issues = new Map<string, string>();
  const add = (path: string, message: string): void => {
    if (!issues.has(path)) issues.set(path, message);
  };
  if (draft.id !== '') {
    const id = v.safeParse(FederationId, draft.id);
    if (!id.success) add('id', sentenceOf(id.issues[0]));
  }
  const model = modelTyped(draft);
  const summed = summedFamilyNamed(draft.family);
  const read = v.safeParse(FederationSpec, {
    brief: draft.brief,
    metric: draft.metric,
    ...(draft.gates.length === 0 ? {} : { gates: gatesTyped(draft.gates) }),
    contract: contractTyped(draft),
    ...recipeTyped(draft),
    family: draft.family,
    ...(summed === undefined ? trainingTyped(draft, model) : settingsTyped(draft)),
    rules: rulesTyped(draft),
    sample: draft.sample,
    ...secureSumTyped(summed === undefined ? draft.secureSum : { ...draft.secureSum, groups: null }),
    ...statisticsTyped(draft.statistics),
    ...(summed === undefined ? tuningTyped(draft.tuning) : {}),
    access: { type: draft.access },
  });
  if (summed === undefined) for (const [path, message] of rangeIssues(draft.tuning)) add(path, message);
  if (!read.success)
    for (const issue of read.issues) {
      const at = v.getDotPath(issue) ?? '';
      // A list in one field: what is wrong with a number of it is said there.
      const path = at.startsWith('tuning.') ? at.split('.').slice(0, 2).join('.') : at;
      if (!['network', 'trees', 'clusters'].includes(path.split('.')[0] ?? '')) add(path, sentenceOf(issue));
    }
  if (summed === undefined) {
    for (const { path, message } of checkStrategy(plannedTyped(draft))) add(path, message);
    const promised = {
      ...plannedTyped(draft),
      privacy: privacyRead(draft.privacy),
      metric: draft.metric,
      secureSum: secureSumRead(draft.secureSum),
      access: { type: draft.access },
    };
    const built = model.ok && model.value.type === 'network' ? model.value.network : undefined;
    for (const { path, message } of checkPrivacy(promised, false, built)) add(path, message);
    if (model.ok && model.value.type === 'network') {
      const { network } = model.value;
      if (sharedParameters(network, personalisationChosen(draft)) === 0)
        add('personalisation.layers', 'At least one layer with parameters must be shared.');
      for (const { path, message } of normalisationIssues(network, plannedTyped(draft))) add(path, message);
    }
  } else {
    if (recipeTyped(draft).recipe !== undefined) add('recipe', unpreparedSums(summed.title));
    if (read.success)
      for (const { path, message } of checkSums(read.output, summed.title)) add(path, message);
  }
  if (read.success) {
    const strategy = summed === undefined ? strategyNamed(draft.strategy.name) : undefined;
    for (const { path, message } of checkSecureSum(read.output, strategy)) add(path, message);
    for (const { path, message } of checkTuning(read.output, strategy, summed?.title)) add(path, message);
    for (const { path, message } of checkHeldOutDevices(read.output)) add(path, message);
  }
  for (const name of newParts)
    if (draft.brief[name].trim() === '') add(`brief.${name}`, 'Some words are needed here.');
  if (read.success)
    for (const { path, message } of checkGates(read.output, targetTyped(draft))) add(path, message);
  if (!model.ok && model.error.path !== 'contract') add(model.error.path, model.error.message);
  const unmeasured = read.success ? whyUnmeasured(draft.metric.name, read.output) : undefined;
  if (!metricFits(draft, draft.metric.name))
    add(
      'metric.name',
      `${metrics[draft.metric.name].title} does not apply to this target. Choose another metric, or change the target on the step Data.`,
    );
  else if (unmeasured !== undefined) add('metric.name', unmeasured);
  else if (
    draft.metric.target !== null &&
    metrics[draft.metric.name].isShare &&
    (draft.metric.target <= 0 || draft.metric.target > 1)
  )
    add('metric.target', 'A share between 0 and 100 %.');
  const contract = v.safeParse(DataContract, contractTyped(draft));
  const texts = contract.success
    ? unpreparedTexts({ contract: contract.output, ...recipeTyped(draft) }, summed?.title)
    : undefined;
  if (texts !== undefined) add('recipe', texts);
  if (draft.sample !== null) {
    const misfit = contract.success ? sampleFits(draft.sample, contract.output) : undefined;
    if (misfit !== undefined) add('sample', misfit);
  }
  if (draft.kind === 'table')
    for (const [index, column] of draft.table.columns.entries()) {
      if (column.name !== '' && column.name === draft.table.target.name)
        add(`contract.columns.${index}.name`, 'The target cannot also be an input.');
      if (
        column.type === 'number' &&
        column.minimum !== null &&
        column.maximum !== null &&
        column.minimum > column.maximum
      )
        add(`contract.columns.${index}.maximum`, 'Not below the minimum.');
    }
  return { spec: read.success && issues.size === 0 ? read.output : undefined, issues, model };
}

/** What may be sent while a run is on; a form without issues on its first step. */
export const questionTyped = ({ brief, gates }: Draft): ChangedQuestion => ({
  brief,
  gates: gates.map(gateOf),
});

/** Of a network: its layers, and how devices train it. */
function trainingTyped(draft: Draft, model: CheckedDraft['model']) {
  const { optimizer, momentum, weightDecay, ...plan } = draft.plan;
  return {
    network: model.ok && model.value.type === 'network' ? model.value.network.spec : undefined,
    plan: {
      ...plan,
      optimizer: optimizerWith(optimizer, { momentum, weightDecay }),
      ...(draft.kind === 'image' ? augmentationTyped(draft.augmentation) : {}),
    },
    strategy: strategyChosen(draft),
    transfer: draft.transfer,
    guard: draft.guard,
    personalisation: personalisationChosen(draft),
    privacy: privacyChosen(draft.privacy),
  };
}

/** Of a model of sums: its settings, and nothing else: whatever was typed of training does not count. */
const settingsTyped = (draft: Draft): Record<string, unknown> =>
  draft.family === 'k-means' ? { clusters: optionsOf(draft) } : { trees: optionsOf(draft) };

/** Whether a metric can be had from the target as typed. */
export const metricFits = (draft: Draft, name: MetricName): boolean => measures(name, targetTyped(draft));

/** What devices will score versions by. */
export function targetTyped({ family, kind, table }: Draft): TallyShape['type'] {
  const numeric = kind === 'table' && table.target.type === 'number';
  return family === 'k-means' ? 'clustering' : numeric ? 'regression' : 'classification';
}

/** A schema's complaint in words that a person can act on. A message written for a schema says what it needs. */
export function sentenceOf(issue: v.BaseIssue<unknown>): string {
  if (!issue.message.startsWith('Invalid ')) return `Needs ${issue.message}.`;
  const isDuration = v.getDotPath(issue)?.endsWith('Ms') ?? false;
  const amount = (value: unknown): string =>
    isDuration && typeof value === 'number' ? durationInWords(value) : String(value);
  switch (issue.type) {
    case 'number':
    case 'finite':
      return issue.input === null || issue.input === undefined || issue.input === ''
        ? 'A number is needed here.'
        : 'This is not a number.';
    case 'string':
      return 'Some words are needed here.';
    case 'safe_integer':
      return 'A whole number.';
    case 'min_value':
      return `At least ${amount(issue.requirement)}.`;
    case 'max_value':
      return `At most ${amount(issue.requirement)}.`;
    case 'gt_value':
      return `More than ${amount(issue.requirement)}.`;
    case 'min_length':
      return typeof issue.input === 'string'
        ? 'Some words are needed here.'
        : issue.requirement === 1
          ? 'At least one is needed.'
          : `At least ${issue.requirement} are needed.`;
    case 'max_length':
      return typeof issue.input === 'string'
        ? `At most ${issue.requirement} characters.`
        : `At most ${issue.requirement}.`;
    case 'tuple':
      return 'As many numbers as the default has.';
    case 'picklist':
      return 'Choose one of the list.';
    default:
      return `Expected ${issue.expected ?? 'something else'}, but got ${issue.received}.`;
  }
}

/** The devices that are asked for one round: ⌈goal × over-selection⌉, guarded against binary dust (10 × 1.1). */
export const cohortSize = (goal: number, overSelection: number): number =>
  Math.ceil(goal * overSelection - 1e-9);

/** The step that an address names; the first where it names none. */
export const stepNamed = (name: string | null): DraftStep =>
  draftSteps.find((step) => step === name) ?? 'brief';
