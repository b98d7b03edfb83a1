// A split as a person is shown it: how many rows each part has, of which classes, groups and times, and what is wrong with it. Of rows
// as they were read: nothing is prepared for it, so that a million of them follow the hand that moves the share.
import { classLabels } from '../../core/data/contract.ts';
import { countClasses } from '../../core/data/class-counts.ts';
import { ok, type Result } from '../../core/result.ts';
import type { BenchData, Parted } from './bench-data.ts';
import type { SplitOfRun } from './kept-split.ts';
import type { SplitWish } from './rows-held-out.ts';
import { classesOf, splitWarnings } from './split-warnings.ts';
import { plannedParts } from './try-out.ts';

export interface PartShown {
  readonly rows: number;
  /** By class, in target order; empty: a number to predict. */
  readonly classes: readonly number[];
  /** Whole groups; null: rows are not held together. */
  readonly groups: number | null;
}

export interface SplitShown {
  /** In target order; empty: a number. */
  readonly labels: readonly string[];
  readonly training: PartShown;
  readonly heldOut: PartShown;
  /** From when on rows are held out, as it stands in the first such row; null: no time decides. */
  readonly from: string | null;
  /** Rows to learn from that judge the settings a search tries: about `rows` at a time, `parts` times, each time others. */
  readonly search: { readonly rows: number; readonly parts: number };
  /** The run that a split is kept since; null: none is, by now. */
  readonly kept: { readonly run: string; readonly since: number } | null;
  /** In sentences. */
  readonly warnings: readonly string[];
}

/** `kept`: by which the rows are parted unless they are to be anew; undefined: none is. Refused in a sentence. */
export function splitShown(data: BenchData, split: SplitWish, kept?: SplitOfRun): Result<SplitShown, string> {
  const labels = classLabels(data.contract) ?? [];
  const parted = data.parted?.({ ...split, kept: split.isAnew === true ? undefined : kept?.split });
  if (parted === undefined) return ok(asItIs(data, labels));
  if (!parted.ok) return parted;
  const { how, training, heldOut } = parted.value;
  const partOf = (rows: Uint32Array): PartShown => ({
    rows: rows.length,
    classes: classesOf(parted.value, rows, labels.length),
    groups: how.type === 'groups' ? new Set(rows.map((row) => how.hashes[row]!)).size : null,
  });
  return ok({
    labels,
    training: partOf(training),
    heldOut: partOf(heldOut),
    from: split.time === null ? null : firstMoment(parted.value, split.time),
    search: searched(training.length, how.type === 'time'),
    kept: kept === undefined ? null : { run: kept.run, since: kept.since },
    warnings: splitWarnings(parted.value, labels),
  });
}

/** Of windows, and of files that came split. */
function asItIs(
  { contract, training, heldOut, together, heldOutMoment }: BenchData,
  labels: readonly string[],
): SplitShown {
  const [first, second] = [training, heldOut].map(({ count, targets }): PartShown => ({
    rows: count,
    classes: countClasses(contract, targets),
    groups: null,
  }));
  return {
    labels,
    training: first!,
    heldOut: second!,
    from: heldOutMoment?.(0).time ?? null,
    search: searched(training.count, together?.type === 'time'),
    kept: null,
    warnings: [],
  };
}

function searched(rows: number, isTime: boolean): SplitShown['search'] {
  const { parts, of } = plannedParts(rows, isTime);
  return { rows: Math.round(rows / of), parts };
}

function firstMoment({ how, heldOut, cellOf }: Parted, time: string): string | null {
  if (how.type !== 'time' || cellOf === undefined) return null;
  const first = heldOut.reduce((best, row) => (how.times[row]! < how.times[best]! ? row : best), heldOut[0]!);
  return cellOf(first, time) ?? null;
}
