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
import type { Strategy, StrategyGroup } from './strategy.ts';
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

/** The groups in the order of the list, with what a coordinator reads over them. */
export const strategyGroups: readonly {
  readonly name: StrategyGroup;
  readonly title: string;
  readonly description: string;
}[] = [
  { name: 'average', title: 'Averages', description: 'What the devices learned, in the mean.' },
  {
    name: 'adaptive',
    title: 'Adaptive server',
    description: 'The server remembers earlier rounds and scales its step by them.',
  },
  {
    name: 'uneven',
    title: 'For uneven devices',
    description: 'Where sizes, speeds or data of the devices differ much.',
  },
  {
    name: 'robust',
    title: 'Robust against bad updates',
    description: 'Where some devices may be broken or hostile. They read single updates.',
  },
];
