// Changes a person makes by hand, as the change of rows that they amount to: one cell, the label of a picture, rows that go. A cell
// goes the way of an import, so that nothing can be typed that could not have been read.
import { encodedWidth, type DataContract } from '../core/data/contract.ts';
import { murmur128, occurrenceWord, targetSeed, textSeed } from '../core/data/example-hash.ts';
import type { Examples } from '../core/data/examples.ts';
import type { RowChange } from '../core/data/row-change.ts';
import { bytesOf } from '../core/digest.ts';
import { fail, ok, type Result } from '../core/result.ts';
import { classMatch } from './class-match.ts';
import { quoted } from './import-report.ts';
import type { OpenedDataset } from './explore-dataset.ts';
import { brokenByCell, brokenByRemoval } from './edit-rules.ts';
import { labelChange, type RowLabel } from './label-rows.ts';
import { cellTexts, decodedColumns } from './table/decoded-columns.ts';
import { recordOfCells, rowEncoder } from './table/row-encoder.ts';

export type DatasetEdit =
  /** `column` of a picture or recording is of no meaning: it has a label alone. */
  | { readonly type: 'cell'; readonly row: number; readonly column: string; readonly text: string }
  /** From 0, in any order. */
  | { readonly type: 'remove'; readonly rows: readonly number[] }
  /** Each row its class index or UNLABELLED; from 0, in any order. */
  | { readonly type: 'labels'; readonly labels: readonly RowLabel[] };

const none = new Uint32Array(0);

/** Refused with a sentence. */
export function changeOf(dataset: OpenedDataset, edit: DatasetEdit): Result<RowChange, string> {
  const { count } = dataset.examples;
  switch (edit.type) {
    case 'remove': {
      const rows = [...new Set(edit.rows)].toSorted((a, b) => a - b);
      if (rows.length === 0 || rows.some((row) => !(row >= 0 && row < count)))
        return fail(`There are the rows 1 to ${count}.`);
      if (rows.length === count) return fail('A dataset keeps one row at least. Delete the whole instead.');
      const { contract, table } = dataset;
      const broken =
        contract.kind === 'table' && table !== undefined ? brokenByRemoval(contract, table, rows) : undefined;
      if (broken !== undefined) return fail(broken);
      return ok({ replaced: none, removed: Uint32Array.from(rows), examples: undefined });
    }
    case 'labels':
      return labelChange(dataset, edit.labels);
    case 'cell': {
      if (!(edit.row >= 0 && edit.row < count)) return fail(`There are the rows 1 to ${count}.`);
      const made = encoded(dataset, edit);
      return made.ok
        ? ok({
            replaced: Uint32Array.of(edit.row),
            removed: none,
            examples: hashed(dataset, edit.row, made.value),
          })
        : made;
    }
    default:
      return edit satisfies never;
  }
}

interface Encoded {
  readonly features: Uint8Array | Float32Array;
  readonly target: number;
  /** A cell for each column of texts. */
  readonly texts: readonly string[];
}

function encoded(
  { contract, examples, table }: OpenedDataset,
  { row, column, text }: Extract<DatasetEdit, { type: 'cell' }>,
): Result<Encoded, string> {
  if (contract.kind !== 'table') {
    const target = classMatch(contract).ofLabel(text);
    const size = examples.features.length / examples.count;
    return target === undefined
      ? fail(`${quoted(text)} is no class of this dataset.`)
      : ok({ features: examples.features.slice(row * size, (row + 1) * size), target, texts: [] });
  }
  if (table === undefined) throw new Error('A table was opened without its columns.');
  const at = table.columns.findIndex((one) => one.name === column);
  if (at < 0) return fail(`There is no column ${quoted(column)}.`);
  const [cells = []] = cellTexts(table, row, row + 1);
  cells[at] = text.trim();
  const encoder = rowEncoder(
    contract,
    contract.columns.map((_, field) => field),
    contract.columns.length,
    // A row that has no label yet stays mendable.
    at < contract.columns.length,
  );
  const features = new Float32Array(encoder.width);
  const problem = encoder.encode(recordOfCells(cells), features, 0);
  if (problem !== undefined) return fail(problem.message);
  // What did not change keeps its bits, whatever digits it is shown with.
  keepOthers(contract, examples, row, at, features);
  const isTarget = at === contract.columns.length;
  const target = isTarget ? encoder.target : examples.targets[row]!;
  const targets = examples.targets instanceof Int32Array ? Int32Array.of(target) : Float32Array.of(target);
  const { texts } = encoder;
  const after = decodedColumns(contract, {
    count: 1,
    features,
    targets,
    hashes: none,
    texts: texts.map((cell) => [cell]),
  });
  const broken = brokenByCell(contract, table, after, { row, column, text });
  return broken === undefined ? ok({ features, target, texts }) : fail(broken);
}

function keepOthers(
  contract: Extract<DataContract, { kind: 'table' }>,
  examples: Examples,
  row: number,
  changed: number,
  features: Float32Array,
): void {
  let offset = 0;
  for (const [index, column] of contract.columns.entries()) {
    const width = encodedWidth(column);
    if (index !== changed)
      for (let i = offset; i < offset + width; i += 1)
        features[i] = examples.features[row * features.length + i]!;
    offset += width;
  }
}

/** With the hash that an import would give it among the other rows (label-rows.ts does it for many). */
function hashed(
  { contract, examples }: OpenedDataset,
  row: number,
  { features, target, texts }: Encoded,
): Examples {
  const isClass = examples.targets instanceof Int32Array;
  const bytes = bytesOf(features);
  const hash = new Uint32Array(4);
  murmur128(hash, bytes, 0, bytes.length, textSeed(texts, targetSeed(target, isClass)));
  // Its group is not among what is kept: the row stays in it.
  const isGrouped =
    contract.kind === 'table' && contract.rules?.some((rule) => rule.type === 'group') === true;
  const first = isGrouped ? examples.hashes[row * 2]! : hash[0]!;
  const taken = new Set<number>();
  for (let other = 0; other < examples.count; other += 1)
    if (other !== row && examples.hashes[other * 2] === first) taken.add(examples.hashes[other * 2 + 1]!);
  let occurrence = 0;
  // Pictures that are alike are duplicates; rows of a table that are alike are so many cases.
  while (contract.kind === 'table' && taken.has(occurrenceWord(hash[1]!, occurrence))) occurrence += 1;
  return {
    count: 1,
    features,
    targets: isClass ? Int32Array.of(target) : Float32Array.of(target),
    hashes: Uint32Array.of(first, occurrenceWord(hash[1]!, occurrence)),
    ...(examples.texts === undefined ? {} : { texts: texts.map((cell) => [cell]) }),
  };
}
