// Where the branches of a dataset's states meet: what a merge is reckoned against, and which states there are to merge.
import type { StateLink } from './dataset-states.ts';

/** The state itself, and all that it was made of. */
function ancestryOf(states: readonly StateLink[], state: number): ReadonlySet<number> {
  const byNumber = new Map(states.map((one) => [one.number, one]));
  const found = new Set<number>();
  const ahead = [state];
  for (let at = ahead.pop(); at !== undefined; at = ahead.pop()) {
    if (found.has(at)) continue;
    found.add(at);
    const { parent = null, merged } = byNumber.get(at) ?? {};
    if (parent !== null) ahead.push(parent);
    if (merged !== undefined) ahead.push(merged);
  }
  return found;
}

/**
 * The latest state that both come from; each comes from itself. Branches that were merged into each other can meet in several: then it
 * is the one that was made last, the same from either side (git merges those with each other first, which here nobody needs).
 */
export function commonAncestor(states: readonly StateLink[], one: number, other: number): number {
  const others = ancestryOf(states, other);
  return Math.max(0, ...[...ancestryOf(states, one)].filter((state) => others.has(state)));
}

/** Whether each has what the other lacks: else one of them is all that a merge could give. */
export function areBranches(states: readonly StateLink[], one: number, other: number): boolean {
  const ancestor = commonAncestor(states, one, other);
  return ancestor !== one && ancestor !== other;
}
