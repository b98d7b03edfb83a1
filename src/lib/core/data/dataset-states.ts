// The states that a dataset went through: a tree whose root is the import, each other one a change of its parent. Changes are kept,
// not copies: ten states of a hundred megabytes with an edit each take little more than one.
import { countClasses } from './class-counts.ts';
import type { DataContract } from './contract.ts';
import { datasetVersion } from './dataset-version.ts';
import type { Examples } from './examples.ts';
import type { RowChange } from './row-change.ts';

/** What of a state leads to it. */
export interface StateLink {
  readonly number: number;
  readonly parent: number | null;
  /** Of a merge, the other state that it is made of. */
  readonly merged?: number;
}
export interface KeptState<Commit extends StateLink> {
  readonly commit: Commit;
  readonly change: RowChange;
}

/** The changes from the import to `state`, in order; undefined where there is no such state. `kept` lacks the import. */
export function changesTo<Commit extends StateLink>(
  kept: readonly KeptState<Commit>[],
  state: number,
): readonly RowChange[] | undefined {
  const changes: RowChange[] = [];
  for (let at: number | null = state; at !== null && at !== 0;) {
    const one: KeptState<Commit> | undefined = kept.find(({ commit }) => commit.number === at);
    if (one === undefined) return undefined;
    changes.push(one.change);
    at = one.commit.parent;
  }
  return changes.reverse();
}

/** What a commit says of the state that a change makes. */
export function describeChange(contract: DataContract, after: Examples, change: RowChange) {
  return {
    version: datasetVersion(contract).add(after.hashes).finish(),
    count: after.count,
    classCounts: countClasses(contract, after.targets),
    changed: change.told?.changed ?? change.replaced.length,
    added: change.told?.added ?? (change.examples?.count ?? 0) - change.replaced.length,
    removed: change.told?.removed ?? change.removed.length,
  };
}

/** Names of states with one more, moved, or taken away (`state` null): a name is that of one state. */
export function tagged<Tag extends { readonly name: string; readonly state: number }>(
  tags: readonly Tag[],
  name: string,
  state: number | null,
): readonly { readonly name: string; readonly state: number }[] {
  const others = tags.filter((tag) => tag.name !== name);
  return state === null ? others : [...others, { name, state }];
}
