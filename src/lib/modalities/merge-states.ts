// Two states of a dataset merged, for the eye and then for good: what the other brings, the rows that both changed with both readings,
// and, once each of those is settled, the change of rows that it amounts to.
import type { DataContract } from '../core/data/contract.ts';
import { selectExamples } from '../core/data/examples.ts';
import { applyChange, type RowChange, type RowCounts } from '../core/data/row-change.ts';
import {
  countsOf,
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
import { decodedColumns } from './table/decoded-columns.ts';

export type MergeSide = 'mine' | 'theirs';

export interface MergeChoices {
  /** Of every conflict that `each` does not name; null: those are not settled. */
  readonly rest: MergeSide | null;
  /** By the row's identity. */
  readonly each: Readonly<Record<number, MergeSide>>;
}

/** Rows that the other state alone changed, added or removed, and where both did. */
export interface MergeLook extends RowCounts {
  readonly conflicts: number;
  /** The first of them. */
  readonly listed: readonly ListedConflict[];
}

export interface ListedConflict {
  readonly identity: number;
  /** From 0, in whichever of mine, theirs or what was before has it, in this order. */
  readonly row: number;
  /** Added on both sides: there is nothing that it was before. */
  readonly isNew: boolean;
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
  const isTable = contract.kind === 'table';
  const found = threeWay(base, mine, theirs, isTable);
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
      const change = mergeChange(mine, theirs, taken, isTable);
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
  if (contract.kind !== 'table' || (contract.rules ?? []).length === 0) return undefined;
  return brokenByMerge(contract, decodedColumns(contract, mine.examples), decodedColumns(contract, merged));
}

function lookOf(
  { taken, conflicts }: ThreeWay,
  contract: DataContract,
  base: StateRows,
  mine: StateRows,
  theirs: StateRows,
): MergeLook {
  return {
    ...countsOf(mine, theirs, taken),
    conflicts: conflicts.length,
    listed: conflicts.slice(0, LISTED_CONFLICTS).map((one) => listed(one, contract, base, mine, theirs)),
  };
}

function listed(
  { identity, ...at }: Divergence,
  contract: DataContract,
  base: StateRows,
  mine: StateRows,
  theirs: StateRows,
): ListedConflict {
  // Of the few that are shown: whole states need not be decoded for them.
  const reading = ({ examples }: StateRows, row: number | null): OpenedDataset | undefined =>
    row === null ? undefined : openDataset(contract, selectExamples(examples, [row]));
  const opened = [reading(mine, at.mine), reading(theirs, at.theirs), reading(base, at.base)];
  const texts = opened.map((one) => (one === undefined ? undefined : textsOf(one, 0)));
  const present = texts.filter((cells) => cells !== undefined);
  const names = opened.find((one) => one !== undefined);
  const cells = (names === undefined ? [] : namesOf(names)).flatMap((column, index): ConflictCell[] => {
    if (present.every((own) => own[index] === present[0]?.[index])) return [];
    const [ours = '', others = '', was = ''] = texts.map((own) => own?.[index]);
    return [{ column, before: was, mine: ours, theirs: others }];
  });
  return {
    identity,
    row: at.mine ?? at.theirs ?? at.base ?? 0,
    isNew: at.base === null,
    removedBy: at.mine === null ? 'mine' : at.theirs === null ? 'theirs' : null,
    cells: cells.slice(0, LISTED_CELLS),
    more: Math.max(0, cells.length - LISTED_CELLS),
  };
}
