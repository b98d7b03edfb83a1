// What is kept of a dataset, looked at: a table's columns in figures, or how light its pictures are; and its rows, for the eye.
import { classLabels, planeOf, type DataContract, type PlaneContract } from '../core/data/contract.ts';
import type { Examples } from '../core/data/examples.ts';
import { hashCounts } from '../core/data/hash-counts.ts';
import { explore, type Exploration } from '../core/exploration/explore.ts';
import { summariseNumbers, type NumberSummary } from '../core/exploration/number-summary.ts';
import type { ColumnTable } from '../core/exploration/columns.ts';
import { cellTextsAt, decodedColumns } from './table/decoded-columns.ts';

export type DatasetExploration =
  | { readonly kind: 'table'; readonly exploration: Exploration }
  /** Of sound, the pictures are its spectrograms. */
  | { readonly kind: 'image' | 'audio'; readonly pictures: PictureExploration };

export interface PictureExploration {
  readonly count: number;
  /** Of the mean brightness of each picture, 0–255. */
  readonly brightness: NumberSummary | undefined;
  /** Pictures that repeat an earlier one, pixel by pixel and in label. */
  readonly duplicates: number;
  /** Rows, from 0, of pictures of one colour throughout; the first hundred. */
  readonly blank: readonly number[];
  /** By class, in contract order: the mean picture, [H, W, C] bytes; undefined where there is none. */
  readonly means: readonly (Uint8Array<ArrayBuffer> | undefined)[];
}

export type DatasetRows =
  | {
      readonly kind: 'table';
      readonly header: readonly string[];
      readonly rows: readonly (readonly string[])[];
    }
  | {
      readonly kind: 'image' | 'audio';
      readonly height: number;
      readonly width: number;
      readonly channels: 1 | 3;
      readonly images: readonly {
        readonly row: number;
        readonly label: string;
        readonly pixels: Uint8Array<ArrayBuffer>;
      }[];
    };

/** A dataset's rows as they are looked at: decoded once, then explored, shown and changed. */
export interface OpenedDataset {
  readonly contract: DataContract;
  readonly examples: Examples;
  /** Of a table. */
  readonly table: ColumnTable | undefined;
}

export const openDataset = (contract: DataContract, examples: Examples): OpenedDataset => ({
  contract,
  examples,
  table: contract.kind === 'table' ? decodedColumns(contract, examples) : undefined,
});

export function exploreDataset({ contract, examples, table }: OpenedDataset): DatasetExploration {
  if (contract.kind === 'table')
    return {
      kind: 'table',
      exploration: explore(table ?? decodedColumns(contract, examples), contract.target.name),
    };
  return { kind: contract.kind, pictures: explorePictures(contract, examples) };
}

function explorePictures(contract: PlaneContract, examples: Examples): PictureExploration {
  const { height, width, channels } = planeOf(contract);
  const size = height * width * channels;
  const { count, features, targets, hashes } = examples;
  const brightness = new Float64Array(count);
  const sums = contract.classes.map(() => new Float64Array(size));
  const counts = contract.classes.map(() => 0);
  const blank: number[] = [];
  const seen = hashCounts(count);
  let duplicates = 0;
  for (let row = 0; row < count; row += 1) {
    const target = targets[row]!;
    const sum = sums[target];
    let total = 0;
    let isBlank = true;
    const first = features[row * size]!;
    for (let i = 0; i < size; i += 1) {
      const value = features[row * size + i]!;
      total += value;
      isBlank = isBlank && value === first;
      if (sum !== undefined) sum[i] = sum[i]! + value;
    }
    brightness[row] = total / size;
    if (sum !== undefined) counts[target] = counts[target]! + 1;
    if (isBlank && blank.length < 100) blank.push(row);
    if (seen.add(hashes[row * 2]!, hashes[row * 2 + 1]!) > 0) duplicates += 1;
  }
  return {
    count,
    brightness: summariseNumbers(brightness),
    duplicates,
    blank,
    means: sums.map((sum, label) =>
      counts[label] === 0 ? undefined : Uint8Array.from(sum, (value) => Math.round(value / counts[label]!)),
    ),
  };
}

/** Rows [start, end), cut at the end. */
export const rowsOf = (opened: OpenedDataset, start: number, end: number): DatasetRows =>
  rowsAt(
    opened,
    Array.from(
      { length: Math.max(0, Math.min(end, opened.examples.count) - start) },
      (_, index) => start + index,
    ),
  );

/** Rows by their numbers, in that order; those that are not there are left out. */
export function rowsAt({ contract, examples, table }: OpenedDataset, asked: readonly number[]): DatasetRows {
  const rows = asked.filter((row) => row >= 0 && row < examples.count);
  if (contract.kind === 'table') {
    const columns = table ?? decodedColumns(contract, examples);
    return {
      kind: 'table',
      header: columns.columns.map((column) => column.name),
      rows: cellTextsAt(columns, rows),
    };
  }
  const { height, width, channels } = planeOf(contract);
  const size = height * width * channels;
  const labels = classLabels(contract) ?? [];
  return {
    kind: contract.kind,
    height,
    width,
    channels,
    images: rows.map((row) => ({
      row,
      label: labels[examples.targets[row]!] ?? '',
      pixels: Uint8Array.from(examples.features.subarray(row * size, (row + 1) * size)),
    })),
  };
}
