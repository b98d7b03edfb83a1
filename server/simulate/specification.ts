// The federation that a simulation runs: made of its setup and its data as a coordinator would type it into the form.
import { exactAveraging, plainRounds, type FederationSpec } from '#lib/core/federation.ts';
import { classLabels, type DataContract } from '#lib/core/data/contract.ts';
import { metrics } from '#lib/core/metrics/figures.ts';
import { familyNamed, modelFamilies, networkOf, type FamilyName } from '#lib/core/model/families/index.ts';
import { strategyOf } from '#lib/core/aggregation/strategy-spec.ts';
import { leastUpdates, needsRoot } from '#lib/core/aggregation/strategy.ts';
import { fail, ok, type Result } from '#lib/core/result.ts';
import { checkSpec } from '../coordinator/check-spec.ts';
import { UnusableSetup, type SimulationSetup } from './setup.ts';

export interface ChosenModel {
  readonly family: FamilyName;
  readonly options: Readonly<Record<string, unknown>>;
}

/** Reads `softmax-regression`, `mlp`, `mlp:200,200`, `cnn-mcmahan`, and `mlp:200,bn`, `cnn-mcmahan:bn` with normalisation. */
export function parseModel(text: string): Result<ChosenModel, string> {
  const [name = '', units, ...more] = text.trim().split(':');
  const family = familyNamed(name);
  if (family === undefined || more.length > 0)
    return fail(
      `“${text}” is no model. Use one of ${modelFamilies.map((one) => one.name).join(', ')}; mlp:200,200 names the units of its hidden layers, and mlp:200,bn normalises behind each.`,
    );
  if (units === undefined) return ok({ family: family.name, options: {} });
  const words = units.split(',');
  const normalises = words.at(-1) === 'bn' && (family.name === 'mlp' || family.name === 'cnn-mcmahan');
  const normalise = normalises ? { normalise: true } : {};
  if (normalises) words.pop();
  if (normalises && words.length === 0) return ok({ family: family.name, options: normalise });
  const hidden = words.map(Number);
  if (family.name !== 'mlp' || !hidden.every((one) => Number.isSafeInteger(one) && one >= 1 && one <= 8192))
    return fail(
      family.name === 'mlp'
        ? `“${text}” does not name hidden layers. Give whole numbers from 1 to 8192 between commas, as mlp:200,200, and bn behind them for normalisation.`
        : `${family.title} has no hidden layers to name. Use ${family.name} alone.`,
    );
  return ok({ family: family.name, options: { hidden, ...normalise } });
}

/** Throws UnusableSetup. */
export function simulatedSpec(
  setup: SimulationSetup,
  contract: DataContract,
  participants: number,
): FederationSpec {
  const ofClasses = classLabels(contract) !== undefined;
  const model = parseModel(setup.model ?? (ofClasses ? 'softmax-regression' : 'linear-regression'));
  if (!model.ok) throw new UnusableSetup(`--model: ${model.error}`);
  const network = networkOf(model.value.family, contract, model.value.options);
  if (!network.ok) throw new UnusableSetup(`--model ${model.value.family}: ${network.error.message}`);
  const strategy = strategyOf(setup.strategy);
  // A root comes to those whose updates are averaged.
  const roots = needsRoot(strategy) ? 1 : 0;
  const goal = Math.min(participants, Math.max(1, Math.round(setup.cohort * participants))) + roots;
  if (goal > MOST_IN_A_ROUND)
    throw new UnusableSetup(
      `--cohort ${setup.cohort} of ${participants} participants is ${goal} a round, and a round takes at most ${MOST_IN_A_ROUND}. Use a smaller share.`,
    );
  const needed = leastUpdates(strategy, setup.strategy.options);
  if (goal < needed)
    throw new UnusableSetup(
      `--strategy ${setup.strategy.name} needs at least ${needed} updates a round, and --cohort ${setup.cohort} of ${participants} participants makes ${goal}. Use a larger share or more participants.`,
    );
  const metric = setup.metric ?? {
    name: ofClasses ? ('accuracy' as const) : ('rmse' as const),
    target: null,
  };
  const { of, title } = metrics[metric.name];
  if (of !== 'both' && (of === 'classes') !== ofClasses)
    throw new UnusableSetup(
      `--target: ${title} measures ${of === 'classes' ? 'classes' : 'numbers'}, and the target of this data is ${ofClasses ? 'a class' : 'a number'}.`,
    );
  const spec: FederationSpec = {
    brief: {
      title: 'Simulation',
      purpose: 'To see how a federation of this kind would learn.',
      coordinator: 'The laboratory',
      dataWanted: 'What the simulation was given.',
    },
    metric,
    contract,
    family: model.value.family,
    network: network.value.spec,
    plan: {
      localEpochs: setup.localEpochs,
      batchSize: setup.batchSize,
      learningRate: setup.learningRate,
      optimizer: setup.optimizer,
      proximalTerm: setup.proximalTerm,
      seed: setup.seed,
    },
    ...exactAveraging,
    strategy: setup.strategy,
    guard: { normFactor: setup.guard },
    transfer: { uplink: setup.uplink, downlink: setup.downlink },
    rules: {
      ...plainRounds,
      // Everybody who is there is at hand.
      reserve: MOST_RESERVE,
      goal,
      minimum: Math.max(needed, Math.ceil(goal / 2)),
      overSelection: setup.overSelection,
      selectionDeadlineMs: SELECTION_MS,
      reportingDeadlineMs: setup.deadlineSeconds * 1000,
      pauseMs: 0,
      maximumRounds: setup.rounds,
    },
    sample: null,
  };
  const checked = checkSpec(spec);
  if (checked.ok) return spec;
  const [issue] = checked.error;
  throw new UnusableSetup(
    `${flagOf(issue?.path ?? '')}${issue?.message ?? 'The parts do not fit together.'}`,
  );
}

const MOST_IN_A_ROUND = 10_000;
const MOST_RESERVE = 100;
/** A cohort that is not full waits so long for more devices. */
const SELECTION_MS = 30_000;

/** The flag that a field of the form answers to, with a colon; empty where it is none alone. */
function flagOf(path: string): string {
  const flags: readonly (readonly [prefix: string, flag: string])[] = [
    ['spec.strategy', '--strategy'],
    ['spec.transfer.uplink', '--uplink'],
    ['spec.transfer.downlink', '--downlink'],
    ['spec.rules.minimum', '--cohort'],
    ['spec.network', '--model'],
    ['spec.metric', '--target'],
  ];
  const flag = flags.find(([prefix]) => path.startsWith(prefix))?.[1];
  return flag === undefined ? '' : `${flag}: `;
}
