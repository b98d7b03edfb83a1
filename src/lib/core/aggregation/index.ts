// The strategies on offer. Adding one: a file beside this one, and its line here.
import { fedavg } from './fedavg.ts';

export const strategies = { fedavg } as const;
export type StrategyName = keyof typeof strategies;
