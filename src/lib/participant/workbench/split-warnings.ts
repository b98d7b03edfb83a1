// What of a split is not as a person would want it. Told with the rows, before anything is learnt from them.
import type { Parted } from './bench-data.ts';

/** A group of so many of all rows leaves too little beside it. */
const HALF = 0.5;

/** Rows by class, in target order; empty for a number to predict. */
export function classesOf({ classes }: Pick<Parted, 'classes'>, rows: Uint32Array, labels: number): number[] {
  const counts = Array.from({ length: classes === undefined ? 0 : labels }, () => 0);
  if (classes !== undefined) for (const row of rows) counts[classes[row]!]! += 1;
  return counts;
}

/** A class whose share of what is held out is further from its share of all rows has drifted, unless it is by one row. */
const DRIFTED = 0.01;

/** What has become of classes that were in proportion when the split was made: the worst of them. */
function driftOf(
  share: number,
  labels: readonly string[],
  learnt: readonly number[],
  judged: readonly number[],
): string[] {
  const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0);
  const [heldOut, training] = [sum(judged), sum(learnt)];
  const all = heldOut + training;
  const drifted = labels
    .map((label, at) => {
      const [own, judges] = [(learnt[at] ?? 0) + (judged[at] ?? 0), judged[at] ?? 0];
      const isByRows = Math.abs(judges - share * own) > 1;
      return { label, own, judges, by: isByRows ? Math.abs(judges / heldOut - own / all) : 0 };
    })
    .toSorted((a, b) => b.by - a.by)[0];
  if (drifted === undefined || !(drifted.by > DRIFTED)) return [];
  const percent = (value: number): string => `${(value * 100).toFixed(1)} %`;
  return [
    `Since the split was made its proportions have drifted: “${drifted.label}” is ${percent(drifted.own / all)} of all rows and ${percent(drifted.judges / heldOut)} of those held out. Drawn anew, they would be alike.`,
  ];
}

/** In sentences. `labels`: in target order; empty for a number. */
export function splitWarnings(parted: Parted, labels: readonly string[]): readonly string[] {
  const learnt = classesOf(parted, parted.training, labels.length);
  const judged = classesOf(parted, parted.heldOut, labels.length);
  const without = (counts: readonly number[], others: readonly number[]): string[] =>
    labels.filter((_, at) => counts[at] === 0 && (others[at] ?? 0) > 0).map((label) => `“${label}”`);
  const [unjudged, unlearnt] = [without(judged, learnt), without(learnt, judged)];
  const warnings: string[] = [];
  if (unjudged.length > 0)
    warnings.push(
      `No row of ${unjudged.join(', ')} is held out: nothing says how well the model knows ${unjudged.length === 1 ? 'it' : 'them'}. Hold out more, or split otherwise.`,
    );
  if (unlearnt.length > 0)
    warnings.push(
      `All rows of ${unlearnt.join(', ')} are held out: the model cannot learn ${unlearnt.length === 1 ? 'it' : 'them'}. Hold out fewer, or split otherwise.`,
    );
  if (parted.how.type === 'rows' && parted.keptShare !== undefined)
    warnings.push(...driftOf(parted.keptShare, labels, learnt, judged));
  if (parted.how.type !== 'groups') return warnings;
  const { hashes } = parted.how;
  const sizes = new Map<number, number>();
  for (const hash of hashes) sizes.set(hash, (sizes.get(hash) ?? 0) + 1);
  let largest = 0;
  for (const size of sizes.values()) largest = Math.max(largest, size / hashes.length);
  if (largest >= HALF)
    warnings.push(
      `One group has ${Math.round(largest * 100)} % of all rows: whichever side it stands on, the two are little alike. Another column may part them better.`,
    );
  return warnings;
}
