// A split as a person is shown it: how many rows each part has, of which classes, groups and times, and what is wrong with it. Counts
// alone; one pass over the rows.
import { classLabels } from '../../core/data/contract.ts';
import { countClasses } from '../../core/data/class-counts.ts';
import type { Examples } from '../../core/data/examples.ts';
import type { BenchData } from './bench-data.ts';
import { splitWarnings } from './split-warnings.ts';
import { partsOf } from './try-out.ts';

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
  /** Rows to learn from that judge the settings a search tries: `rows` at a time, `parts` times, each time others. */
  readonly search: { readonly rows: number; readonly parts: number };
  /** In sentences. */
  readonly warnings: readonly string[];
}

export function splitShown(data: BenchData, time: string | null): SplitShown {
  const { contract, training, heldOut, together, parted } = data;
  const of = ({ count, targets }: Examples, groups: Uint32Array | undefined): PartShown => ({
    rows: count,
    classes: countClasses(contract, targets),
    groups: groups === undefined ? null : new Set(groups).size,
  });
  const judged = parted?.how.type === 'groups' ? parted.how : undefined;
  const parts = partsOf(training, together);
  return {
    labels: classLabels(contract) ?? [],
    training: of(training, together?.type === 'groups' ? together.hashes : undefined),
    heldOut: of(heldOut, judged && parted?.heldOut.map((row) => judged.hashes[row]!)),
    from: firstMoment(data, time),
    search: { rows: parts[0]?.judging.length ?? 0, parts: parts.length },
    warnings: parted === undefined ? [] : splitWarnings({ contract, training, heldOut, parted }),
  };
}

function firstMoment({ parted, header, heldOut, heldOutRow, heldOutMoment }: BenchData, time: string | null) {
  if (heldOutMoment !== undefined) return heldOut.count === 0 ? null : heldOutMoment(0).time;
  if (parted?.how.type !== 'time' || time === null) return null;
  const { times } = parted.how;
  let first = 0;
  for (let at = 1; at < parted.heldOut.length; at += 1)
    if (times[parted.heldOut[at]!]! < times[parted.heldOut[first]!]!) first = at;
  return heldOutRow(first)[header.indexOf(time)] ?? null;
}
