// Rows behind a figure: those of a cell of the confusion matrix, of a slice, or the hardest of all, with what the model says of each and
// what it cost. One's own rows, shown on one's own device.
import { isPlane, planeOf, type PlaneContract } from '../../../core/data/contract.ts';
import { predictedClass } from '../../../core/metrics/class-scores.ts';
import { drawnAs } from '../../../modalities/audio/drawn.ts';
import { worstSlices } from '../../../core/error-analysis/slices.ts';
import { rowLosses, SLICES_SHOWN } from '../analyse.ts';
import { labelsOf, unitsOf, type Examined } from './examined.ts';

export type WantedRows =
  | { readonly type: 'hardest' }
  /** Of a confusion matrix: indices of classes. */
  | { readonly type: 'cell'; readonly truth: number; readonly predicted: number }
  /** Which of the slices that the run names, from 0. */
  | { readonly type: 'slice'; readonly at: number };

export interface ShownRow {
  /** Among the held-out rows, from 0: what a further question about it names. */
  readonly index: number;
  /** In the dataset, from 1. */
  readonly place: number;
  readonly truth: string | number;
  readonly says: string | number;
  /** Of the true class; null for a number. */
  readonly share: number | null;
  /** −ln of that share, nats; or how far off it is, in the target's own units. */
  readonly loss: number;
  /** Of a table, in the order of the header. */
  readonly cells: readonly string[];
  /** Of a picture, [H, W, C]. */
  readonly pixels: Uint8Array | null;
}
export interface ShownRows {
  /** That there are, of which some are shown. */
  readonly total: number;
  readonly header: readonly string[];
  /** Whether the dataset has these rows now, under these numbers. */
  readonly isInUse: boolean;
  readonly picture: { readonly height: number; readonly width: number; readonly channels: 1 | 3 } | null;
  /** Highest loss first. */
  readonly rows: readonly ShownRow[];
}

/** Rows shown at once. */
const PAGE = 24;

export function shownRows(examined: Examined, wanted: WantedRows, from: number): ShownRows {
  const { data } = examined;
  const { heldOut, contract, header } = data;
  const losses = Float64Array.from({ length: heldOut.count }, (_, row) => lossOf(examined, row));
  const rows = rowsOf(examined, wanted).toSorted((a, b) => losses[b]! - losses[a]! || a - b);
  return {
    total: rows.length,
    header,
    isInUse: examined.isInUse,
    picture: isPlane(contract) ? shownAs(contract) : null,
    rows: rows.slice(from, from + PAGE).map((row) => shownRow(examined, row, losses[row]!)),
  };
}

/** A spectrogram lies on its side. */
const shownAs = (contract: PlaneContract): NonNullable<ShownRows['picture']> => {
  const { height, width, channels } = planeOf(contract);
  return contract.kind === 'audio' ? { height: width, width: height, channels } : { height, width, channels };
};

export function lossOf(examined: Examined, row: number): number {
  const { outputs, data } = examined;
  const truth = data.heldOut.targets[row]!;
  const classes = labelsOf(examined)?.length;
  if (classes === undefined) return Math.abs(outputs[row]! - truth) * unitsOf(examined).scale;
  return -Math.log(Math.max(Number.EPSILON, outputs[row * classes + truth]!));
}

function rowsOf(examined: Examined, wanted: WantedRows): number[] {
  const { data, outputs } = examined;
  const { heldOut, contract } = data;
  const all = Array.from({ length: heldOut.count }, (_, row) => row);
  switch (wanted.type) {
    case 'hardest':
      return all;
    case 'cell': {
      const classes = labelsOf(examined)?.length ?? 0;
      return all.filter(
        (row) =>
          heldOut.targets[row] === wanted.truth && predictedClass(outputs, row, classes) === wanted.predicted,
      );
    }
    case 'slice': {
      if (contract.kind !== 'table') return [];
      const losses = rowLosses(data, Float64Array.from(outputs));
      const slice = worstSlices(contract, heldOut, losses, { most: SLICES_SHOWN })[wanted.at];
      return [...(slice?.rows ?? [])];
    }
    default:
      return wanted satisfies never;
  }
}

function shownRow(examined: Examined, row: number, loss: number): ShownRow {
  const { data, outputs } = examined;
  const { heldOut, contract } = data;
  const labels = labelsOf(examined);
  const { scale, shift } = unitsOf(examined);
  const truth = heldOut.targets[row]!;
  const size = heldOut.features.length / heldOut.count;
  return {
    index: row,
    place: data.heldOutPlace(row),
    truth: labels === undefined ? truth * scale + shift : (labels[truth] ?? String(truth)),
    says:
      labels === undefined
        ? outputs[row]! * scale + shift
        : (labels[predictedClass(outputs, row, labels.length)] ?? ''),
    share: labels === undefined ? null : outputs[row * labels.length + truth]!,
    loss,
    cells: data.heldOutRow(row),
    pixels: isPlane(contract)
      ? drawnAs(contract, Uint8Array.from(heldOut.features.subarray(row * size, (row + 1) * size))).pixels
      : null,
  };
}
