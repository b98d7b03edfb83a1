// What a model that is learnt from exact sums cannot be combined with, each with its reason: read by the server and by the form.
import { exactSums, type FederationSpec } from '../federation.ts';
import type { StrategyIssue } from './check-strategy.ts';

type Planned = Pick<FederationSpec, 'plan' | 'strategy' | 'transfer' | 'guard' | 'personalisation' | 'rules'>;

const differs = (a: unknown, b: unknown): boolean => JSON.stringify(a) !== JSON.stringify(b);

/** `title`: of the model, as “Boosted trees”. Everything that does not fit; empty where all does. */
export function checkSums(spec: Planned, title: string): readonly StrategyIssue[] {
  const issues: StrategyIssue[] = [];
  const add = (path: string, message: string): void => void issues.push({ path, message });
  if (differs(spec.strategy, exactSums.strategy))
    add(
      'strategy.name',
      `${title} bring a way of their own to make a version of sums, and “${spec.strategy.name}” makes it of trained parameters: leave the strategy at ${exactSums.strategy.name}.`,
    );
  for (const way of ['uplink', 'downlink'] as const)
    if (spec.transfer[way] !== exactSums.transfer[way])
      add(
        `transfer.${way}`,
        `${title} are learnt from exact sums, and ${spec.transfer[way]} sends values rounded or left out: choose ${exactSums.transfer[way]}.`,
      );
  if (spec.personalisation.type !== 'none')
    add(
      'personalisation.type',
      `${title} have no training on a device that could make a model of its own: choose one model for all.`,
    );
  if (spec.guard.normFactor !== null)
    add(
      'guard.normFactor',
      `${title} change by leaps, and how far a version lies from the one before says nothing of them: take the guard away.`,
    );
  if (spec.rules.mode.type === 'asynchronous')
    add(
      'rules.mode',
      `${title} add up what all devices say of one and the same version, and updates of an asynchronous round are of different ones: choose synchronous rounds.`,
    );
  const { deadlineShare, fairness } = spec.rules.selection;
  if (deadlineShare !== null)
    add(
      'rules.selection.deadlineShare',
      `${title} are not trained by steps, so no device measures how fast it is: leave this empty.`,
    );
  if (fairness === 'least-recent-by-speed')
    add(
      'rules.selection.fairness',
      `${title} are not trained by steps, so no device measures how fast it is: choose by lot, or who took part longest ago.`,
    );
  if (differs(spec.plan, exactSums.plan))
    add('plan', `${title} are not trained by steps on a device: leave the training plan away.`);
  return issues;
}
