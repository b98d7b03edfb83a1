// What secure aggregation cannot be combined with, each with its reason: read by the server before anything is made of a spec, and by
// the form while it is typed.
import type { StrategyIssue } from '../aggregation/check-strategy.ts';
import { leastUpdates, needsRoot, type Strategy } from '../aggregation/strategy.ts';
import { readOptions } from '../named-options.ts';
import { secureSumOf, type FederationSpec } from '../federation.ts';
import { groupsOf } from './groups.ts';
import { leavingOf, neighbourhoodOf } from './neighbourhood.ts';
import {
  colludingOf,
  LEAST_COHORT,
  leastSummed,
  MOST_COHORT,
  MOST_NEIGHBOURS,
  thresholdOf,
} from './rules.ts';

type Planned = Pick<FederationSpec, 'secureSum' | 'strategy' | 'transfer' | 'rules' | 'metric'>;

/** Why the server could not do this with a sum alone, or with those of groups; undefined: it can. */
export function sumsNot(strategy: Strategy, groups = 1): string | undefined {
  if (needsRoot(strategy))
    return `${strategy.title} measures each update against the root’s, and under secure aggregation the server sees no single one: choose another strategy, or read updates one by one.`;
  if (strategy.needs === 'individual')
    return groups > 1
      ? undefined
      : `${strategy.title} compares single updates, and under secure aggregation the server sees their sum alone: choose a strategy that averages, let it compare sums of groups as the middle way, or read updates one by one.`;
  if (groups > 1)
    return `${strategy.title} averages, and needs no groups whose sums are compared: choose a robust strategy, or one sum of all.`;
  if (strategy.asks.includes('controls'))
    return `${strategy.title} sends controls beside the update, which have no common bound that a secure sum could be laid out for: choose another strategy.`;
  return undefined;
}

/** `strategy`: undefined where there is none of that name. Everything that does not fit; empty where all does. */
export function checkSecureSum(
  { secureSum, strategy: named, transfer, rules, metric }: Planned,
  strategy: Strategy | undefined,
): readonly StrategyIssue[] {
  const chosen = secureSumOf({ secureSum });
  if (chosen === undefined) return [];
  const groups = groupsOf({ secureSum });
  const issues: StrategyIssue[] = [];
  const add = (path: string, message: string): void => void issues.push({ path, message });
  const excluded = strategy === undefined ? undefined : sumsNot(strategy, groups);
  if (excluded !== undefined) add('strategy.name', excluded);
  if (strategy === undefined && groups > 1)
    add(
      'secureSum.groups',
      'A model that is learnt from exact sums needs the sum of all: leave out the groups.',
    );
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
  if (rules.minimum < LEAST_COHORT * groups)
    add(
      'rules.minimum',
      `Under secure aggregation no device takes part in a sum of fewer than ${LEAST_COHORT}: ${groups > 1 ? `${groups} groups need ${LEAST_COHORT * groups} devices, and ` : ''}a smaller minimum would only be refused.`,
    );
  const options = strategy === undefined ? undefined : readOptions(strategy, named.options);
  const compared = strategy !== undefined && options?.ok === true ? leastUpdates(strategy, options.value) : 0;
  if (groups > 1 && compared > groups && excluded === undefined)
    add(
      'strategy.name',
      `${strategy?.title} compares the means of groups, and needs at least ${compared} of them: choose more groups.`,
    );
  const cohort = Math.ceil(rules.goal * rules.overSelection - 1e-9);
  const threshold = thresholdOf(cohort, chosen.profile);
  if (cohort > MOST_COHORT)
    add(
      'rules.goal',
      `A secure sum is of at most ${MOST_COHORT} devices, and this goal asks ${cohort} at a time.`,
    );
  else if (
    neighbourhoodOf(Math.ceil(cohort / groups), {
      ...chosen,
      colluding: colludingOf(chosen),
      leaving: leavingOf(rules),
    }) === undefined
  )
    add(
      'secureSum.colluding',
      `With so many devices in league, and ${Math.round(100 * leavingOf(rules))} % of ${cohort} missing, each would need more than ${MOST_NEIGHBOURS} neighbours to hide among: allow for fewer in league, or ask fewer devices beyond the goal.`,
    );
  else if (groups > 1) {
    // If all who are not waited for were of the smallest group, that could still be opened.
    const smallest = Math.floor(cohort / groups);
    const needed = leastSummed(smallest, chosen.profile);
    if (smallest - (cohort - rules.goal) < needed)
      add(
        'rules.goal',
        `Of groups of ${smallest} devices ${needed} each are needed to open their sum, and the goal lets go on without ${cohort - rules.goal} of all ${cohort}: raise it, ask fewer devices beyond it, or choose fewer groups.`,
      );
  } else if (rules.goal < threshold)
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
