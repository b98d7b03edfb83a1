// The strategies on offer, simplest first. Adding one: a file beside this one, and its line here.
import { fedavg } from './fedavg.ts';
import { fedavgm } from './fedavgm.ts';
import type { Strategy } from './strategy.ts';

export const strategies: readonly Strategy[] = [fedavg, fedavgm];

export const strategyNamed = (name: string): Strategy | undefined =>
  strategies.find((strategy) => strategy.name === name);
