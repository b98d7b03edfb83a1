// Class balance: examples a class, in contract order.
import { classLabels, type DataContract } from './contract.ts';

/** Adds `targets` to `counts`, which is replaced, not changed; empty for a number target. */
export function countClasses(
  contract: DataContract,
  targets: Int32Array | Float32Array,
  before: readonly number[] = [],
): number[] {
  const classes = classLabels(contract);
  if (classes === undefined) return [];
  const counts = classes.map((_, index) => before[index] ?? 0);
  for (const target of targets) counts[target] = (counts[target] ?? 0) + 1;
  return counts;
}
