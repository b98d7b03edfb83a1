// What secure aggregation cannot be combined with, each with its reason: read by the server before anything is made of a spec, and by
// the form while it is typed.
import type { StrategyIssue } from '../aggregation/check-strategy.ts';
import type { Strategy } from '../aggregation/strategy.ts';
import { secureSumOf, type FederationSpec } from '../federation.ts';
import { LEAST_COHORT, MOST_COHORT, thresholdOf } from './rules.ts';

type Planned = Pick<FederationSpec, 'secureSum' | 'strategy' | 'transfer' | 'rules' | 'metric'>;

/** Why the server could not do this with a sum alone; undefined: it can. */
export function sumsNot(strategy: Strategy): string | undefined {
  if (strategy.needs === 'individual')
    return `${strategy.title} compares single updates, and under secure aggregation the server sees their sum alone: choose a strategy that averages, or read updates one by one.`;
  if (strategy.asks.includes('controls'))
    return `${strategy.title} sends controls beside the update, which have no common bound that a secure sum could be laid out for: choose another strategy.`;
  return undefined;
}

/** `strategy`: undefined where there is none of that name. Everything that does not fit; empty where all does. */
export function checkSecureSum(
  { secureSum, transfer, rules, metric }: Planned,
  strategy: Strategy | undefined,
): readonly StrategyIssue[] {
  const chosen = secureSumOf({ secureSum });
  if (chosen === undefined) return [];
  const issues: StrategyIssue[] = [];
  const add = (path: string, message: string): void => void issues.push({ path, message });
  const excluded = strategy === undefined ? undefined : sumsNot(strategy);
  if (excluded !== undefined) add('strategy.name', excluded);
  if (rules.mode.type === 'asynchronous')
    add(
      'rules.mode',
      'A secure sum is of updates of one version, and an asynchronous round mixes several: choose synchronous rounds.',
    );
  if (transfer.uplink !== 'f32')
    add(
      'transfer.uplink',
      `Under secure aggregation the ring says how updates are rounded, and ${transfer.uplink} would round them before: choose f32 here, and a narrower ring.`,
    );
  if (rules.minimum < LEAST_COHORT)
    add(
      'rules.minimum',
      `Under secure aggregation no device takes part in a sum of fewer than ${LEAST_COHORT}: a smaller minimum would only be refused.`,
    );
  const cohort = Math.ceil(rules.goal * rules.overSelection - 1e-9);
  const threshold = thresholdOf(cohort, chosen.profile);
  if (cohort > MOST_COHORT)
    add(
      'rules.goal',
      `A secure sum is of at most ${MOST_COHORT} devices, and this goal asks ${cohort} at a time.`,
    );
  else if (rules.goal < threshold)
    add(
      'rules.goal',
      `Of ${cohort} devices that share keys ${threshold} are needed to open their sum, and the goal lets go on with ${rules.goal}: raise it, or ask fewer devices beyond it.`,
    );
  if (metric.target !== null)
    add(
      'metric.target',
      'Under secure aggregation no device tells how a version does on its rows, so no target can be seen to be reached: leave it empty, and let the number of rounds decide.',
    );
  return issues;
}
