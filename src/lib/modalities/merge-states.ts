// Two states of a dataset merged, for the eye and then for good: what the other brings, the rows that both changed with both readings,
// and, once each of those is settled, the change of rows that it amounts to.
import type { DataContract } from '../core/data/contract.ts';
import { applyChange, type RowChange } from '../core/data/row-change.ts';
import {
  mergeChange,
  threeWay,
  type Divergence,
  type StateRows,
  type ThreeWay,
} from '../core/data/three-way.ts';
import { fail, ok, type Result } from '../core/result.ts';
import { namesOf, textsOf } from './dataset-difference.ts';
import { brokenByMerge } from './edit-rules.ts';
import { openDataset, type OpenedDataset } from './explore-dataset.ts';

export type MergeSide = 'mine' | 'theirs';

export interface MergeChoices {
  /** Of every conflict that `each` does not name; null: those are not settled. */
  readonly rest: MergeSide | null;
  /** By the row's identity. */
  readonly each: Readonly<Record<number, MergeSide>>;
}

/** Rows that the other state alone changed, added or removed, and where both did. */
export interface MergeLook {
  readonly changed: number;
  readonly added: number;
  readonly removed: number;
  readonly conflicts: number;
  /** The first of them. */
  readonly listed: readonly ListedConflict[];
}

export interface ListedConflict {
  readonly identity: number;
  /** From 0, in whichever of mine, theirs or what was before has it, in this order. */
  readonly row: number;
  /** The side that has it no more. */
  readonly removedBy: MergeSide | null;
  /** Cells in which the readings are not alike, the first dozen; '' where missing, and where the row is removed or was not there. */
  readonly cells: readonly ConflictCell[];
  /** Cells that differ too. */
  readonly more: number;
}

export interface ConflictCell {
  readonly column: string;
  readonly before: string;
  readonly mine: string;
  readonly theirs: string;
}

const LISTED_CONFLICTS = 50;
const LISTED_CELLS = 12;

export interface MergingStates {
  readonly look: MergeLook;
  /** Refused with a sentence: what is not settled, and rules of the contract that the merged rows would break. */
  change(choices: MergeChoices): Result<RowChange, string>;
}

/** All of one contract. */
export function mergingStates(
  contract: DataContract,
  base: StateRows,
  mine: StateRows,
  theirs: StateRows,
): MergingStates {
  const found = threeWay(base, mine, theirs);
  return {
    get look() {
      return lookOf(found, contract, base, mine, theirs);
    },
    change(choices) {
      const open = found.conflicts.filter((one) => choiceOf(choices, one) === null).length;
      if (open > 0)
        return fail(
          `Both states changed ${open === 1 ? 'a row' : `${open} rows`} for which nothing is chosen. Keep yours or take theirs for each, or for all.`,
        );
      const chosen = found.conflicts.filter((one) => choiceOf(choices, one) === 'theirs');
      const taken = [...found.taken, ...chosen].toSorted((a, b) => a.identity - b.identity);
      const change = mergeChange(mine, theirs, taken, contract.kind === 'table');
      const broken = brokenBy(contract, mine, change);
      return broken === undefined ? ok(change) : fail(broken);
    },
  };
}

const choiceOf = ({ each, rest }: MergeChoices, { identity }: Divergence): MergeSide | null =>
  each[identity] ?? rest;

function brokenBy(contract: DataContract, mine: StateRows, change: RowChange): string | undefined {
  const merged = applyChange(mine.examples, change);
  if (merged.count === 0)
    return 'Merged, no row would be left: each state removed what the other kept. Keep one row at least.';
  if (contract.kind !== 'table') return undefined;
  const [before, after] = [openDataset(contract, mine.examples).table, openDataset(contract, merged).table];
  return before === undefined || after === undefined ? undefined : brokenByMerge(contract, before, after);
}

function lookOf(
  { taken, conflicts }: ThreeWay,
  contract: DataContract,
  base: StateRows,
  mine: StateRows,
  theirs: StateRows,
): MergeLook {
  const [before, own, other] = [base, mine, theirs].map(({ examples }) => openDataset(contract, examples));
  return {
    changed: taken.filter((one) => one.mine !== null && one.theirs !== null).length,
    added: taken.filter((one) => one.mine === null).length,
    removed: taken.filter((one) => one.theirs === null).length,
    conflicts: conflicts.length,
    listed: conflicts.slice(0, LISTED_CONFLICTS).map((one) => listed(one, before!, own!, other!)),
  };
}

function listed(
  { identity, base, mine, theirs }: Divergence,
  before: OpenedDataset,
  own: OpenedDataset,
  other: OpenedDataset,
): ListedConflict {
  const texts = (dataset: OpenedDataset, row: number | null): readonly string[] | undefined =>
    row === null ? undefined : textsOf(dataset, row);
  const readings = [texts(own, mine), texts(other, theirs), texts(before, base)] as const;
  const present = readings.filter((reading) => reading !== undefined);
  const cells = namesOf(own).flatMap((column, index): ConflictCell[] => {
    if (present.every((reading) => reading[index] === present[0]?.[index])) return [];
    const [ours = '', others = '', was = ''] = readings.map((reading) => reading?.[index]);
    return [{ column, before: was, mine: ours, theirs: others }];
  });
  return {
    identity,
    row: mine ?? theirs ?? base ?? 0,
    removedBy: mine === null ? 'mine' : theirs === null ? 'theirs' : null,
    cells: cells.slice(0, LISTED_CELLS),
    more: Math.max(0, cells.length - LISTED_CELLS),
  };
}
