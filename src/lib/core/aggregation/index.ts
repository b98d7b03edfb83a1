// The strategies on offer, simplest first. Adding one: a file beside this one, and its line here.
import { bulyan } from './bulyan.ts';
import { fedavg } from './fedavg.ts';
import { flTrust } from './fltrust.ts';
import { krum, multiKrum } from './krum.ts';
import { median } from './median.ts';
import { normBound } from './norm-bound.ts';
import { rfa } from './rfa.ts';
import type { Strategy } from './strategy.ts';
import { trimmedMean } from './trimmed-mean.ts';

export const strategies: readonly Strategy[] = [
  fedavg,
  trimmedMean,
  median,
  multiKrum,
  krum,
  bulyan,
  rfa,
  normBound,
  flTrust,
];

export const strategyNamed = (name: string): Strategy | undefined =>
  strategies.find((strategy) => strategy.name === name);
