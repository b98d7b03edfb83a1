// The updates of one round on their way into a strategy. A sum strategy takes each as it arrives (folding.ts); one that compares
// updates has them spooled, decoded, until the round closes (comparing.ts). Memory is a few models either way, whatever the
// size of the cohort.
import type { Blobs } from '../ports/blobs.ts';
import { comparing } from './comparing.ts';
import { folding } from './folding.ts';
import type { AggregationPlan, Collecting } from './stored-updates.ts';

/** Calls must not overlap. After one has thrown it must be closed and thrown away. */
export function collecting(blobs: Blobs, plan: AggregationPlan): Collecting {
  const { strategy } = plan;
  return strategy.needs === 'sum'
    ? folding(blobs, { ...plan, strategy })
    : comparing(blobs, { ...plan, strategy });
}
