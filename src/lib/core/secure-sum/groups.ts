// A cohort in groups, each with a secure sum of its own: what the server sees is as many means as there are groups, of at least five
// devices each, and a strategy that compares updates compares those (SECURE_AGGREGATION, §1.8; ALGORITHMS, §3.3). The groups are drawn
// anew for each round. A hostile device spoils the mean of its group and no other.
import type { Strategy, SumStrategy } from '../aggregation/strategy.ts';
import { equally } from '../aggregation/weighting.ts';
import { secureSumOf, type FederationSpec } from '../federation.ts';

/** How updates enter a sum: as the strategy weighs them; where it compares the means of groups, each once. */
export const weighedBy = (strategy: Strategy): Pick<SumStrategy, 'weigh' | 'scaleBound' | 'updateLength'> =>
  strategy.needs === 'sum' ? strategy : { ...equally, updateLength: strategy.updateLength };

/** In how many groups a cohort is summed: 1 where it is one sum. */
export const groupsOf = (spec: Pick<FederationSpec, 'secureSum'>): number => secureSumOf(spec)?.groups ?? 1;

/** Slots of each group, ascending, as equal in number as they can be. `draw` is uniform in [0, 1). */
export function drawGroups(cohort: number, groups: number, draw: () => number): number[][] {
  const slots = Array.from({ length: cohort }, (_, slot) => slot);
  for (let i = cohort - 1; i > 0; i -= 1) {
    const other = Math.floor(draw() * (i + 1));
    [slots[i], slots[other]] = [slots[other]!, slots[i]!];
  }
  return Array.from({ length: groups }, (_, group) =>
    slots.filter((_slot, place) => place % groups === group).sort((a, b) => a - b),
  );
}
