// Labels for many rows at once, as the change that they amount to: each row gets the hash that an import with its label would give it.
import { classLabels } from '../core/data/contract.ts';
import { murmur128, occurrenceWord, targetSeed, textSeed } from '../core/data/example-hash.ts';
import { selectExamples, UNLABELLED } from '../core/data/examples.ts';
import { hashCounts } from '../core/data/hash-counts.ts';
import type { RowChange } from '../core/data/row-change.ts';
import { bytesOf } from '../core/digest.ts';
import { fail, ok, type Result } from '../core/result.ts';
import type { OpenedDataset } from './explore-dataset.ts';

export interface RowLabel {
  /** From 0. */
  readonly row: number;
  /** A class index, or UNLABELLED. */
  readonly label: number;
}

/** Rows that bear their label already are left as they are. Refused with a sentence. */
export function labelChange(
  { contract, examples }: OpenedDataset,
  labels: readonly RowLabel[],
): Result<RowChange, string> {
  const classes = classLabels(contract)?.length;
  if (classes === undefined)
    return fail('This dataset’s target is a number: there are no classes to label with.');
  const { count, targets } = examples;
  const bad = labels.find(
    ({ row, label }) => !(row >= 0 && row < count) || !(label >= UNLABELLED && label < classes),
  );
  if (bad !== undefined)
    return fail(
      `There are the rows 1 to ${count} and ${classes} classes, but row ${bad.row + 1} was to be of class ${bad.label + 1}.`,
    );
  const next = new Map(labels.map(({ row, label }) => [row, label]));
  const rows = [...next.keys()].filter((row) => next.get(row) !== targets[row]).toSorted((a, b) => a - b);
  if (rows.length === 0) return fail('These rows bear these labels already.');

  const changed = selectExamples(examples, rows);
  const bytes = bytesOf(changed.features);
  const size = bytes.length / rows.length;
  const isTable = contract.kind === 'table';
  // The column that names a row's group is not kept: the row stays in it.
  const isGrouped = isTable && contract.rules?.some((rule) => rule.type === 'group') === true;
  const taken = isTable ? hashesOfOthers(examples.hashes, next) : undefined;
  const hash = new Uint32Array(4);
  for (const [index, row] of rows.entries()) {
    const label = next.get(row)!;
    changed.targets[index] = label;
    const texts = (changed.texts ?? []).map((cells) => cells[index] ?? '');
    murmur128(hash, bytes, index * size, (index + 1) * size, textSeed(texts, targetSeed(label, true)));
    const first = isGrouped ? examples.hashes[row * 2]! : hash[0]!;
    // Pictures that are alike are duplicates; rows of a table that are alike are so many cases.
    let second = hash[1]!;
    for (let occurrence = 0; taken !== undefined && taken.add(first, second) > 0; occurrence += 1)
      second = occurrenceWord(hash[1]!, occurrence + 1);
    changed.hashes.set([first, second], index * 2);
  }
  return ok({ replaced: Uint32Array.from(rows), removed: new Uint32Array(0), examples: changed });
}

function hashesOfOthers(hashes: Uint32Array, without: ReadonlyMap<number, number>) {
  const counts = hashCounts(hashes.length / 2);
  for (let row = 0; row < hashes.length / 2; row += 1)
    if (!without.has(row)) counts.add(hashes[row * 2]!, hashes[row * 2 + 1]!);
  return counts;
}
