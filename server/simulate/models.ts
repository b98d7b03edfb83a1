// The model of a simulation as it is named on a command line: a network family, or one that is learnt from exact sums.
import * as v from 'valibot';
import { strategySpec } from '#lib/core/aggregation/strategy-spec.ts';
import type { DataContract } from '#lib/core/data/contract.ts';
import { exactAveraging, exactSums, type FederationSpec, type SummedFamily } from '#lib/core/federation.ts';
import { familyNamed, modelFamilies, networkOf, type FamilyName } from '#lib/core/model/families/index.ts';
import { fail, ok, type Result } from '#lib/core/result.ts';
import {
  readSummedSettings,
  summedFamilies,
  summedFamilyNamed,
  type SummedSettings,
} from '#lib/core/summed-models.ts';
import type { SimulationSetup } from './setup.ts';

export type ChosenModel =
  | {
      readonly type: 'network';
      readonly family: FamilyName;
      readonly options: Readonly<Record<string, unknown>>;
    }
  | { readonly type: 'sums'; readonly settings: SummedSettings };

/**
 * Reads `softmax-regression`, `mlp`, `mlp:200,200`, `cnn-mcmahan`, `mlp:200,bn` and `cnn-mcmahan:bn` with normalisation,
 * `gru:units=32,layers=2`, `boosted-trees:stages=20,depth=3`, `k-means:8`.
 */
export function parseModel(text: string): Result<ChosenModel, string> {
  const [name = '', settings, ...more] = text.trim().split(':');
  const family = familyNamed(name);
  const summed = summedFamilyNamed(name);
  if (summed !== undefined && more.length === 0) return summedModelOf(summed.name, settings ?? '');
  if (family === undefined || more.length > 0)
    return fail(
      `“${text}” is no model. Use one of ${[...modelFamilies, ...summedFamilies].map((one) => one.name).join(', ')}; mlp:200,200 names the units of its hidden layers, mlp:200,bn normalises behind each, k-means:8 names the number of clusters.`,
    );
  if (settings === undefined) return ok({ type: 'network', family: family.name, options: {} });
  if (settings.includes('=')) return namedSettings(family, settings);
  const words = settings.split(',');
  const normalises = words.at(-1) === 'bn' && (family.name === 'mlp' || family.name === 'cnn-mcmahan');
  const normalise = normalises ? { normalise: true } : {};
  if (normalises) words.pop();
  if (normalises && words.length === 0)
    return ok({ type: 'network', family: family.name, options: normalise });
  const hidden = words.map(Number);
  if (family.name !== 'mlp' || !hidden.every((one) => Number.isSafeInteger(one) && one >= 1 && one <= 8192))
    return fail(
      family.name === 'mlp'
        ? `“${text}” does not name hidden layers. Give whole numbers from 1 to 8192 between commas, as mlp:200,200, and bn behind them for normalisation.`
        : `${family.title} has no hidden layers to name. Use ${family.name} alone, or name its settings, as gru:units=32.`,
    );
  return ok({ type: 'network', family: family.name, options: { hidden, ...normalise } });
}

/** `units=32,layers=2`: settings of a network family by their names. */
function namedSettings(
  family: NonNullable<ReturnType<typeof familyNamed>>,
  text: string,
): Result<ChosenModel, string> {
  const options = Object.fromEntries(
    text.split(',').map((part) => {
      const [key = '', value = ''] = part.split('=');
      return [key.trim(), value === 'true' || value === 'false' ? value === 'true' : Number(value)] as const;
    }),
  );
  const read = v.safeParse(family.options, options);
  if (read.success) return ok({ type: 'network', family: family.name, options });
  const [issue] = read.issues;
  const known = Object.keys(v.parse(family.options, {})).join(', ');
  return fail(
    `${family.name}: ${v.getDotPath(issue) ?? text}: ${issue.message}. It has ${known === '' ? 'no settings' : `the settings ${known}`}.`,
  );
}

/** `stages=20,depth=3`; a number alone is the number of clusters. */
function summedModelOf(name: SummedFamily, text: string): Result<ChosenModel, string> {
  const given = text
    .split(',')
    .filter((part) => part !== '')
    .map((part) => {
      const [key = '', value] = part.split('=');
      if (value === undefined) return ['clusters', Number(key)] as const;
      return [key, Number.isNaN(Number(value)) ? value : Number(value)] as const;
    });
  const read = readSummedSettings(name, Object.fromEntries(given));
  return read.ok
    ? ok({ type: 'sums', settings: read.value })
    : fail(
        `${name}: ${v.getDotPath(read.error) ?? text}: ${read.error.message}. Give settings as ${name}:${name === 'k-means' ? '8 or k-means:clusters=8,iterations=20' : 'stages=20,depth=3'}.`,
      );
}

/** The strategy of a flag that was left away, which says its options in full. */
const isUsual = (strategy: SimulationSetup['strategy']): boolean =>
  JSON.stringify(strategy) === JSON.stringify(strategySpec(exactSums.strategy.name));

type ModelPart =
  | 'family'
  | 'network'
  | 'trees'
  | 'clusters'
  | 'plan'
  | 'strategy'
  | 'transfer'
  | 'guard'
  | 'personalisation';
type Part<Each> = Each extends unknown ? Pick<Each, Extract<keyof Each, ModelPart>> : never;

/** The part of a spec that the model decides, with how it is learnt; or why there is none, in a sentence. */
export function modelPart(
  model: ChosenModel,
  contract: DataContract,
  setup: SimulationSetup,
): Result<Part<FederationSpec>, string> {
  const given = {
    strategy: setup.strategy,
    guard: { normFactor: setup.guard },
    transfer: { uplink: setup.uplink, downlink: setup.downlink },
    personalisation: setup.personalisation ?? exactAveraging.personalisation,
  };
  if (model.type === 'sums')
    return ok({
      ...model.settings,
      ...given,
      plan: exactSums.plan,
      strategy: isUsual(setup.strategy) ? exactSums.strategy : setup.strategy,
    });
  const network = networkOf(model.family, contract, model.options);
  if (!network.ok) return fail(`${model.family}: ${network.error.message}`);
  return ok({
    ...given,
    family: model.family,
    network: network.value.spec,
    plan: {
      localEpochs: setup.localEpochs,
      batchSize: setup.batchSize,
      learningRate: setup.learningRate,
      optimizer: setup.optimizer,
      proximalTerm: setup.proximalTerm,
      seed: setup.seed,
      ...(setup.augmentation === undefined ? {} : { augmentation: setup.augmentation }),
    },
  });
}
