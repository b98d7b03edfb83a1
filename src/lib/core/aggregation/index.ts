// The strategies on offer, simplest first. Adding one: a file beside this one, and its line here.
import { fedadagrad } from './fedadagrad.ts';
import { fedadam } from './fedadam.ts';
import { fedavg } from './fedavg.ts';
import { fedavgm } from './fedavgm.ts';
import { fedbuff } from './fedbuff.ts';
import { fednova } from './fednova.ts';
import { fedyogi } from './fedyogi.ts';
import { qfedavg } from './qfedavg.ts';
import { scaffold } from './scaffold.ts';
import type { Strategy } from './strategy.ts';

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
];

export const strategyNamed = (name: string): Strategy | undefined =>
  strategies.find((strategy) => strategy.name === name);
