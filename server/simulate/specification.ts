// The federation that a simulation runs: made of its setup and its data as a coordinator would type it into the form.
import { exactAveraging, plainRounds, type FederationSpec, type PinnedRecipe } from '#lib/core/federation.ts';
import { modelContract } from '#lib/core/recipe/model-contract.ts';
import { classLabels, type DataContract } from '#lib/core/data/contract.ts';
import { metrics } from '#lib/core/metrics/metric-list.ts';
import { measures, type MetricName } from '#lib/core/metrics/metric-name.ts';
import type { Tally } from '#lib/core/metrics/tally.ts';
import { isDrawn } from '#lib/core/privacy/rules.ts';
import { strategyOf } from '#lib/core/aggregation/strategy-spec.ts';
import { leastUpdates, needsRoot } from '#lib/core/aggregation/strategy.ts';
import { checkSpec } from '../coordinator/check-spec.ts';
import { modelPart, parseModel } from './models.ts';
import { UnusableSetup, type SimulationSetup } from './setup.ts';

/** `participants`: those that train. Throws UnusableSetup. */
export function simulatedSpec(
  setup: SimulationSetup,
  contract: DataContract,
  participants: number,
  recipe?: PinnedRecipe,
): FederationSpec {
  const ofClasses = classLabels(contract) !== undefined;
  const model = parseModel(setup.model ?? (ofClasses ? 'softmax-regression' : 'linear-regression'));
  if (!model.ok) throw new UnusableSetup(`--model: ${model.error}`);
  const prepared = recipe === undefined ? {} : { recipe };
  const part = modelPart(model.value, modelContract({ contract, ...prepared }), setup);
  if (!part.ok) throw new UnusableSetup(`--model ${part.error}`);
  const strategy = strategyOf(setup.strategy);
  // A root comes to those whose updates are averaged.
  const roots = needsRoot(strategy) ? 1 : 0;
  const { privacy } = setup;
  // Where the server draws, as many as are expected.
  const cohort = (privacy.type === 'none' ? undefined : privacy.samplingRate) ?? setup.cohort;
  const goal = Math.min(participants, Math.max(1, Math.round(cohort * participants))) + roots;
  if (goal > MOST_IN_A_ROUND)
    throw new UnusableSetup(
      `--cohort ${setup.cohort} of ${participants} participants is ${goal} a round, and a round takes at most ${MOST_IN_A_ROUND}. Use a smaller share.`,
    );
  const needed = leastUpdates(strategy, setup.strategy.options);
  if (goal < needed)
    throw new UnusableSetup(
      `--strategy ${setup.strategy.name} needs at least ${needed} updates a round, and --cohort ${setup.cohort} of ${participants} participants makes ${goal}. Use a larger share or more participants.`,
    );
  const isAsynchronous = setup.mode.type === 'asynchronous';
  if (setup.mode.type === 'asynchronous' && setup.mode.concurrency < goal)
    throw new UnusableSetup(
      `--mode asynchronous:concurrency=${setup.mode.concurrency}: a device has one place in a buffer, and --cohort ${setup.cohort} of ${participants} participants makes buffers of ${goal}. Use at least ${goal}, or a smaller --cohort.`,
    );
  const judged: Tally['type'] =
    part.value.family === 'k-means' ? 'clustering' : ofClasses ? 'classification' : 'regression';
  const metric = setup.metric ?? { name: usualMetric[judged], target: null };
  if (!measures(metric.name, judged))
    throw new UnusableSetup(
      `--target: ${metrics[metric.name].title} is no measure of ${judged === 'clustering' ? 'clusters' : judged === 'classification' ? 'a class' : 'a number'}, which the target is.`,
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
    ...prepared,
    ...part.value,
    rules: {
      ...plainRounds,
      selection: {
        ...plainRounds.selection,
        deadlineShare: setup.deadlineShare,
        fairness: setup.fairness,
      },
      // Everybody who is there is at hand.
      reserve: MOST_RESERVE,
      mode: setup.mode,
      goal,
      // A buffer waits for all its updates: only the judge of its versions is waited for.
      minimum: isAsynchronous ? 1 : Math.max(needed, Math.ceil(goal / 2)),
      overSelection: setup.overSelection,
      selectionDeadlineMs: SELECTION_MS,
      reportingDeadlineMs: setup.deadlineSeconds * 1000,
      pauseMs: 0,
      maximumRounds: setup.rounds,
      ...(setup.heldOutDevices === undefined ? {} : { heldOutDevices: setup.heldOutDevices }),
    },
    privacy,
    ...tuningPart(setup),
    sample: null,
    access: isDrawn(privacy) ? { type: 'invited' } : exactAveraging.access,
  };
  const checked = checkSpec(spec);
  if (checked.ok) return spec;
  const [issue] = checked.error;
  throw new UnusableSetup(
    `${flagOf(issue?.path ?? '')}${issue?.message ?? 'The parts do not fit together.'}`,
  );
}

function tuningPart({ tunedRates, evolvedRates }: SimulationSetup): Pick<FederationSpec, 'tuning'> {
  if (tunedRates !== undefined)
    return { tuning: { by: 'fedex', learningRates: tunedRates, localEpochs: [], batchSizes: [] } };
  if (evolvedRates === undefined) return {};
  const { population, ...learningRate } = evolvedRates;
  return { tuning: { by: 'fedpop', population, learningRate } };
}

const usualMetric: Readonly<Record<Tally['type'], MetricName>> = {
  classification: 'accuracy',
  regression: 'rmse',
  clustering: 'inertia',
};
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
    ['spec.rules.heldOutDevices', '--held-out-devices'],
    ['spec.rules.mode', '--mode'],
    ['spec.rules.selection.deadlineShare', '--deadline-share'],
    ['spec.rules.selection.fairness', '--fairness'],
    ['spec.personalisation', '--personal'],
    ['spec.network', '--model'],
    ['spec.family', '--model'],
    ['spec.guard', '--guard'],
    ['spec.metric', '--target'],
    ['spec.privacy', '--privacy'],
    ['spec.tuning', '--tune-learning-rate'],
    ['spec.plan.augmentation', '--augment'],
    ['spec.recipe', '--recipe'],
  ];
  const flag = flags.find(([prefix]) => path.startsWith(prefix))?.[1];
  return flag === undefined ? '' : `${flag}: `;
}
