// Figures from tallies, settled or as devices count them.
import { figure as settledFigure } from './figure-of.ts';
import type { MetricName } from './metric-list.ts';
import type { SettledTally, Tally } from './tally.ts';
import { settled } from './tally-sums.ts';

export { classFigures, type ClassFigures } from './figure-of.ts';

/** One figure of a tally; undefined where the tally has no examples, is of the other kind, or does not hold what it is read of. */
export const figure = (tally: Tally | SettledTally, name: MetricName): number | undefined =>
  settledFigure(isSettled(tally) ? tally : settled(tally), name);

const isSettled = (tally: Tally | SettledTally): tally is SettledTally =>
  tally.type !== 'classification' || tally.scores === undefined || 'areas' in tally.scores;
