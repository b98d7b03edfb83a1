// Where local settings cannot be tried in rounds, each with its reason: read by the server before anything is made of a spec, and by
// the form while it is typed.
import { fednova } from '../aggregation/fednova.ts';
import type { StrategyIssue } from '../aggregation/check-strategy.ts';
import type { Strategy } from '../aggregation/strategy.ts';
import { secureSumOf, type FederationSpec } from '../federation.ts';
import { settingsTried } from './settings-tried.ts';
import { tunerIssues } from './tuned-rounds.ts';

/** How many times the plan's batch size, or what part of it, may be tried: the plan's alone is measured and tested on a device. */
const BATCH_FACTOR = 4;

type Planned = Pick<FederationSpec, 'tuning' | 'plan' | 'rules' | 'privacy' | 'secureSum'>;

/** Why updates of unlike local settings cannot be this strategy's, in a sentence; undefined: they can. */
function unsuited(strategy: Strategy): string | undefined {
  if (strategy.needs === 'individual')
    return `${strategy.title} compares updates with each other, and one of a rarer learning rate would look like an attack.`;
  if (strategy.asks.length > 0 || strategy.name === fednova.name)
    return `${strategy.title} reckons with the learning rate and the steps of the plan, as if all devices had the same.`;
  return undefined;
}

/** `strategy`: undefined where there is none of that name, or the model is learnt from sums; `summed` is the title of such a model. */
export function checkTuning(
  spec: Planned,
  strategy: Strategy | undefined,
  summed: string | undefined,
): readonly StrategyIssue[] {
  const { tuning, plan, rules, privacy } = spec;
  if (tuning === undefined) return [];
  const issues: StrategyIssue[] = [];
  const add = (path: string, message: string): void => void issues.push({ path, message });
  if (summed !== undefined) {
    add('tuning', `${summed} are not trained by steps on a device: there are no local settings to try.`);
    return issues;
  }
  issues.push(...tunerIssues(tuning, spec));
  const tried = settingsTried(spec);
  if (tried.some(({ localEpochs }) => localEpochs > plan.localEpochs))
    add(
      'tuning.localEpochs',
      `People are told what a round costs by the ${plan.localEpochs} of the plan, and a device would train longer: name no more, or raise those.`,
    );
  if (
    tried.some(
      ({ batchSize }) =>
        batchSize * BATCH_FACTOR < plan.batchSize || batchSize > BATCH_FACTOR * plan.batchSize,
    )
  )
    add(
      tuning.by === 'fedex' ? 'tuning.batchSizes' : 'tuning.batchSize',
      `A device is tested and its speed measured with the ${plan.batchSize} of the plan, by which deadlines are set: name none below a quarter or above ${BATCH_FACTOR} times that, or change it.`,
    );
  if (secureSumOf(spec) !== undefined)
    add(
      'tuning',
      'Each device tells how well its own training went, and under secure aggregation the server is to read no figure of a single one: read updates one by one, or leave the settings as they are.',
    );
  if (privacy.type !== 'none')
    add(
      'tuning',
      'Each device tells how well its own training went, which no noise covers: leave out privacy, or leave the settings as they are.',
    );
  if (rules.mode.type === 'asynchronous')
    add(
      'tuning',
      'Settings are weighed at the end of a round by what all its devices made of one version, and an asynchronous round mixes several: choose synchronous rounds.',
    );
  const misfit = strategy === undefined ? undefined : unsuited(strategy);
  if (misfit !== undefined)
    add('tuning', `${misfit} Choose a strategy that averages, or leave the settings as they are.`);
  return issues;
}
