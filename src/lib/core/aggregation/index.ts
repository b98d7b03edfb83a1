// The strategies on offer, simplest first: averages, adaptive ones, those for uneven devices, those that withstand hostile
// updates. Adding one: a file beside this one, and its line here.
import { bulyan } from './bulyan.ts';
import { fedadagrad } from './fedadagrad.ts';
import { fedadam } from './fedadam.ts';
import { fedavg } from './fedavg.ts';
import { fedavgm } from './fedavgm.ts';
import { fedbuff } from './fedbuff.ts';
import { fednova } from './fednova.ts';
import { fedyogi } from './fedyogi.ts';
import { flTrust } from './fltrust.ts';
import { krum, multiKrum } from './krum.ts';
import { median } from './median.ts';
import { normBound } from './norm-bound.ts';
import { qfedavg } from './qfedavg.ts';
import { rfa } from './rfa.ts';
import { scaffold } from './scaffold.ts';
import type { Strategy } from './strategy.ts';
import { trimmedMean } from './trimmed-mean.ts';

export const strategies: readonly Strategy[] = [
  fedavg,
  fedavgm,
  fedyogi,
  fedadam,
  fedadagrad,
  fednova,
  qfedavg,
  fedbuff,
  scaffold,
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
