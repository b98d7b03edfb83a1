// What a strategy, the codecs and the rest of a federation's plan must agree on: read by the server before anything is made of
// a spec, and by the form while it is typed.
import type { FederationSpec } from '../federation.ts';
import type { Network } from '../model/network.ts';
import { readOptions } from '../named-options.ts';
import { parseCodec } from '../update/codec/index.ts';
import { fedbuff } from './fedbuff.ts';
import { strategies, strategyNamed } from './index.ts';
import { leastUpdates, needsRoot, type Strategy } from './strategy.ts';

export interface StrategyIssue {
  /** Within the spec: `strategy.name`, `strategy.options.beta`, `transfer.uplink`, `personalisation.lambda`, … */
  readonly path: string;
  readonly message: string;
}

type Planned = Pick<FederationSpec, 'strategy' | 'transfer' | 'plan' | 'rules' | 'personalisation'>;

/** Everything that does not fit; empty where all does. */
export function checkStrategy(spec: Planned): readonly StrategyIssue[] {
  const issues: StrategyIssue[] = [];
  for (const way of ['uplink', 'downlink'] as const) {
    const codec = parseCodec(spec.transfer[way]);
    if (!codec.ok) issues.push({ path: `transfer.${way}`, message: codec.error });
  }
  const strategy = strategyNamed(spec.strategy.name);
  if (strategy === undefined)
    return [
      ...issues,
      {
        path: 'strategy.name',
        message: `There is no strategy “${spec.strategy.name}”. Use one of ${strategies.map((one) => one.name).join(', ')}.`,
      },
    ];
  const options = readOptions(strategy, spec.strategy.options);
  if (!options.ok) {
    const { option, message } = options.error;
    return [...issues, { path: option === null ? 'strategy.name' : `strategy.options.${option}`, message }];
  }
  const needed = leastUpdates(strategy, options.value);
  if (spec.rules.minimum < needed)
    issues.push({
      path: 'rules.minimum',
      message: needsRoot(strategy)
        ? `${strategy.title} measures updates against the root’s and needs at least ${needed} of them, the root’s among them.`
        : `${strategy.title} compares updates with each other and needs at least ${needed} of them.`,
    });
  issues.push(...modeIssues(strategy, spec));
  for (const conflict of conflictsOf(strategy, spec))
    issues.push({ path: 'strategy.name', message: conflict });
  const uplink = parseCodec(spec.transfer.uplink);
  if (strategy.asks.includes('controls') && uplink.ok && uplink.value.needsErrorFeedback)
    issues.push({
      path: 'transfer.uplink',
      message: `${strategy.title} sends controls that must arrive whole, and ${uplink.value.title} leaves most of an update for later ones.`,
    });
  return [...issues, ...personalIssues(strategy, spec)];
}

/** What the personal models cannot be combined with. That FedPer leaves something to share is check-spec's: it has the network. */
function personalIssues(
  strategy: Strategy,
  { personalisation, plan }: Pick<Planned, 'personalisation' | 'plan'>,
): readonly StrategyIssue[] {
  switch (personalisation.type) {
    case 'none':
    case 'finetune':
      return [];
    case 'fedper':
    case 'fedbn':
      return strategy.asks.includes('controls')
        ? [
            {
              path: 'personalisation.type',
              message: `${strategy.title} corrects all parameters by what all devices do, and what is each device’s own follows no one else: choose another strategy, or another way to personalise.`,
            },
          ]
        : [];
    case 'ditto': {
      const { lambda } = personalisation;
      return lambda * plan.learningRate > 1
        ? [
            {
              path: 'personalisation.lambda',
              message: `λ × learning rate is ${Number((lambda * plan.learningRate).toPrecision(3))}: above 1 a step towards the shared model goes past it. Choose λ of at most ${Number((1 / plan.learningRate).toPrecision(3))}.`,
            },
          ]
        : [];
    }
    default:
      return personalisation satisfies never;
  }
}

/**
 * What normalisation layers ask of a plan, and FedBN of a network: for those who have it (server/coordinator/check-spec.ts, and the
 * form).
 */
export function normalisationIssues(
  network: Network,
  { strategy: chosen, personalisation }: Pick<Planned, 'strategy' | 'personalisation'>,
): readonly StrategyIssue[] {
  const normalises = network.slots.some((slot) => slot.layer === 'normalisation');
  const strategy = strategyNamed(chosen.name);
  if (personalisation.type === 'fedbn' && !normalises)
    return [
      {
        path: 'personalisation.type',
        message:
          'The model has no normalisation layer that could be each device’s own. Choose a model with batch normalisation, or another way to personalise.',
      },
    ];
  if (normalises && strategy?.asks.includes('controls') === true)
    return [
      {
        path: 'strategy.name',
        message: `${strategy.title} works out its controls from gradient steps, and the running statistics of a normalisation layer take none: choose another strategy, or a model without normalisation.`,
      },
    ];
  return [];
}

/**
 * A buffer's updates begin from different versions, and only FedBuff's rule says what that makes them worth. It is a plain sum:
 * a rule that compares updates would compare answers to different questions, and a masked sum (secure aggregation) needs groups
 * whose members share one base.
 */
function modeIssues(strategy: Strategy, { rules }: Pick<Planned, 'rules'>): StrategyIssue[] {
  const isAsynchronous = rules.mode.type === 'asynchronous';
  const issues: StrategyIssue[] = [];
  if (isAsynchronous && strategy.needs === 'individual')
    issues.push({
      path: 'rules.mode',
      message: `${strategy.title} compares updates with each other, and those of an asynchronous round begin from different versions: choose synchronous rounds, or ${fedbuff.title}.`,
    });
  else if (isAsynchronous && strategy.name !== fedbuff.name)
    issues.push({
      path: 'rules.mode',
      message: `${strategy.title} takes every update as one from the newest version, and those of an asynchronous round are older: choose synchronous rounds, or ${fedbuff.title}.`,
    });
  if (!isAsynchronous && strategy.name === fedbuff.name)
    issues.push({
      path: 'strategy.name',
      message: `${strategy.title} is for asynchronous rounds, where updates come from versions of different age: choose them, or federated averaging. (A sum of masked updates would need groups that share one base.)`,
    });
  if (isAsynchronous && rules.pauseMs > 0)
    issues.push({
      path: 'rules.pauseMs',
      message: 'Asynchronous rounds follow each other without a pause: it must be 0.',
    });
  return issues;
}

/** What the strategy cannot be combined with in this plan, each with its reason. */
export function conflictsOf(strategy: Strategy, { plan }: Pick<FederationSpec, 'plan'>): readonly string[] {
  const conflicts: string[] = [];
  const isPlainSgd = plan.optimizer.type === 'sgd' && plan.optimizer.momentum === 0;
  if (strategy.asks.includes('controls') && !isPlainSgd)
    conflicts.push(
      `${strategy.title} works out its controls from plain gradient steps: choose SGD without momentum.`,
    );
  if (strategy.asks.includes('controls') && plan.proximalTerm > 0)
    conflicts.push(
      `${strategy.title} works out its controls from plain gradient steps, and corrects drift itself: take the proximal term away.`,
    );
  if (strategy.name === 'fednova' && plan.optimizer.type !== 'sgd')
    conflicts.push(`${strategy.title} knows how far plain or momentum SGD goes in a step, and not Adam.`);
  return conflicts;
}
