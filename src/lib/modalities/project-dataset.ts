// What is kept of a dataset, in a plane: each row a point, coloured by what is to be learnt.
import { classLabels, planeOf, textColumns, type DataContract } from '../core/data/contract.ts';
import { planePoints, tablePoints, textPoints, type NamedPoints } from '../core/projection/named-points.ts';
import { densePoints } from '../core/projection/points.ts';
import { MOST_SHOWN, plotOf, type Method, type Plot } from '../core/projection/projection.ts';
import type { Examples } from '../core/data/examples.ts';
import { rowSample } from '../core/projection/row-sample.ts';
import { fail, ok, type Result } from '../core/result.ts';
import type { OpenedDataset } from './explore-dataset.ts';

/** By what rows are alike: null, all columns but texts, or the pixels; else a column of texts, by its words. */
export type Alike = string | null;

export interface Projection extends Plot {
  readonly method: Method;
  /** Of the dataset, ascending; `places` are in this order. */
  readonly rows: Uint32Array<ArrayBuffer>;
  readonly total: number;
  readonly leftOut: readonly string[];
  readonly colour:
    /** [rows], −1: no label. */
    | {
        readonly type: 'classes';
        readonly labels: readonly string[];
        readonly codes: Int32Array<ArrayBuffer>;
      }
    | { readonly type: 'number'; readonly name: string; readonly values: Float64Array<ArrayBuffer> };
}

/** What rows of such data can be alike by, the usual first. */
export function likenesses(contract: DataContract): readonly Alike[] {
  const texts = textColumns(contract);
  return contract.kind === 'table' && contract.columns.every(({ type }) => type === 'text')
    ? texts
    : [null, ...texts];
}

/** Between two steps a hand is felt; each is the share of the way. A sentence: there is no such picture. */
export function* projectDataset(
  opened: OpenedDataset,
  { alike, method }: { readonly alike: Alike; readonly method: Method },
): Generator<number, Result<Projection, string>, undefined> {
  const { contract, examples } = opened;
  if (!likenesses(contract).includes(alike))
    return fail(`There is no column “${alike ?? ''}” to compare rows by.`);
  const rows = shownOf(examples, method);
  const named = pointsOf(opened, rows, alike);
  if (!named.ok) return named;
  if (named.value.points.width === 0)
    return fail(
      'No column here tells rows apart: each is the same throughout, or a name of its own for every row.',
    );
  return yield* laidOut(opened, rows, named.value, method);
}

/** The rows that are shown of it. */
export const shownOf = (examples: Examples, method: Method): Uint32Array<ArrayBuffer> =>
  rowSample(examples, MOST_SHOWN[method]);

/** Likewise, by what a network sees in each of the rows shown: `seen` [rows, numbers], which it keeps. */
export function* projectEmbedded(
  opened: OpenedDataset,
  rows: Uint32Array<ArrayBuffer>,
  seen: Float32Array,
  method: Method,
): Generator<number, Result<Projection, string>, undefined> {
  return yield* laidOut(
    opened,
    rows,
    { points: densePoints(seen, rows.length), names: [], leftOut: [] },
    method,
  );
}

function* laidOut(
  opened: OpenedDataset,
  rows: Uint32Array<ArrayBuffer>,
  named: NamedPoints,
  method: Method,
): Generator<number, Result<Projection, string>, undefined> {
  const plot = yield* plotOf(named, method, 0);
  if (plot.axes.length === 0) return fail('All rows are alike: there is nothing to lay out.');
  const { leftOut } = named;
  return ok({
    ...plot,
    method,
    rows,
    total: opened.examples.count,
    leftOut,
    colour: colourOf(opened, rows),
  });
}

function pointsOf(
  { contract, examples, table }: OpenedDataset,
  rows: Uint32Array,
  alike: Alike,
): Result<NamedPoints, string> {
  if (contract.kind !== 'table') return ok(planePoints(planeOf(contract), examples.features, rows));
  if (table === undefined) throw new Error('The rows of a table were not read by columns.');
  if (alike === null)
    return ok(tablePoints(table, rows, { target: contract.target.name, texts: textColumns(contract) }));
  const cells = examples.texts?.[textColumns(contract).indexOf(alike)] ?? [];
  return textPoints(
    alike,
    Array.from(rows, (row) => cells[row] ?? ''),
  );
}

function colourOf({ contract, examples, table }: OpenedDataset, rows: Uint32Array): Projection['colour'] {
  const labels = classLabels(contract);
  if (labels !== undefined)
    return { type: 'classes', labels, codes: Int32Array.from(rows, (row) => examples.targets[row]!) };
  const target = table?.columns.at(-1);
  if (target?.type !== 'number') throw new Error('The target is neither a class nor a number.');
  return { type: 'number', name: target.name, values: Float64Array.from(rows, (row) => target.values[row]!) };
}
