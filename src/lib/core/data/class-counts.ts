// Class balance: examples a class, in contract order.
import { classLabels, type DataContract } from './contract.ts';
import { UNLABELLED } from './examples.ts';

/** Adds `targets` to `counts`, which is replaced, not changed; empty for a number target. Those without a label are of no class. */
export function countClasses(
  contract: DataContract,
  targets: Int32Array | Float32Array,
  before: readonly number[] = [],
): number[] {
  const classes = classLabels(contract);
  if (classes === undefined) return [];
  const counts = classes.map((_, index) => before[index] ?? 0);
  for (const target of targets) if (target !== UNLABELLED) counts[target] = (counts[target] ?? 0) + 1;
  return counts;
}

/** Examples without a label; 0 where the target is a number. */
export const countUnlabelled = ({
  count,
  classCounts,
}: {
  readonly count: number;
  readonly classCounts: readonly number[];
}): number => (classCounts.length === 0 ? 0 : count - classCounts.reduce((sum, one) => sum + one, 0));
