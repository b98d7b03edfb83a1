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
