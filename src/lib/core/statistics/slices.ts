// Where a version does worse: rows and errors in each part of the rows that one column cuts out, and in each pair of parts of columns that
// are crossed. The parts are fixed by the data contract alone (its categories; numbers by how far from the contract's mean; what is
// missing), and a column of many is not crossed, so that nobody can ask after a narrow one, which would be a question about a person.
// Parts too small to speak of, or smaller than their noise, are not given, nor is what would say them by a difference; of pairs, those alone
// are that are worse than both of their parts.
import * as v from 'valibot';
import type { DataContract } from '../data/contract.ts';
import { VersionNumber } from '../ids.ts';
import { checkColumns, columnsOf, type FoundColumn } from './columns.ts';
import { LEAST_SHOWN } from './groups.ts';
import { partOf, partsOf } from './parts.ts';
import { classesOf, outputsOf, predictedClass } from './scored-rows.ts';
import type { Statistic } from './statistic.ts';
import { worsePairs, type Sums } from './worse-pairs.ts';

/** Of one question. */
export const MOST_COLUMNS = 60;
/** Each with each: 28 pairs. */
export const MOST_CROSSED = 8;
/** Of a column that is crossed: a ward of forty, say, crossed with a decade would come near to asking after one person. */
export const MOST_PARTS_CROSSED = 20;
/** Of all pairs of columns, in one question. */
const MOST_PAIRS = 1000;
/** Errors of so many standard deviations of the target count as no larger. */
const DEVIATIONS = 8;

const finite = v.nullable(v.number());
const ColumnName = v.pipe(v.string(), v.maxLength(80));

export const Asked = v.strictObject({
  statistic: v.literal('slices'),
  version: VersionNumber,
  columns: v.pipe(v.array(ColumnName), v.minLength(1), v.maxLength(MOST_COLUMNS)),
  /** Of the columns, those of which each is crossed with each other; absent: none. */
  crossed: v.optional(v.pipe(v.array(ColumnName), v.minLength(2), v.maxLength(MOST_CROSSED))),
});
export type Asked = v.InferOutput<typeof Asked>;
export const Figures = v.strictObject({
  statistic: v.literal('slices'),
  version: VersionNumber,
  /** What is told of each part: the share that is wrong, or the root of the mean squared error in the target's own units. */
  of: v.picklist(['wrong', 'error']),
  /** Of all rows; null: so few that nothing is said. */
  whole: finite,
  rows: v.number(),
  slices: v.array(
    v.strictObject({
      column: v.string(),
      /** "is male", "is at most 40". */
      says: v.string(),
      shown: v.nullable(v.strictObject({ count: v.number(), loss: v.number() })),
    }),
  ),
  /** Absent: none were asked for. */
  pairs: v.optional(
    v.strictObject({
      asked: v.number(),
      /** Those that are worse than both of their parts, by more than noise and luck make: worst first. Parts as indices of `slices`. */
      worse: v.array(
        v.strictObject({ parts: v.tuple([v.number(), v.number()]), count: v.number(), loss: v.number() }),
      ),
    }),
  ),
});
export type Figures = v.InferOutput<typeof Figures>;

/** Parts that one column makes, or two crossed. */
interface Cut {
  /** Indices of the question's columns. */
  readonly of: readonly [number] | readonly [number, number];
  /** Of its first part among all. */
  readonly from: number;
  readonly parts: number;
  /**
   * Of its first part among the sums of squared errors, by which luck is told: of crossed columns and of their pairs. null: not summed, as
   * where an error is 0 or 1, which is its square.
   */
  readonly squaresFrom: number | null;
}

interface Cuts {
  readonly columns: readonly FoundColumn[];
  /** Of each column, then of each two that are crossed: a row is in one part of each. */
  readonly cuts: readonly Cut[];
  /** Of all cuts, and of those whose squares are summed. */
  readonly parts: number;
  readonly squares: number;
}

function cutsOf({ columns: names, crossed = [] }: Asked, contract: DataContract): Cuts {
  const columns = columnsOf(contract, names);
  const sizes = columns.map(({ column }) => partsOf(column).length);
  const areNumbers = classesOf(contract) === 0;
  const cuts: Cut[] = [];
  let [all, squares] = [0, 0];
  const cut = (of: Cut['of'], isCrossed: boolean): void => {
    const parts = of.reduce((product, column) => product * sizes[column]!, 1);
    const isSquared = areNumbers && isCrossed;
    cuts.push({ of, from: all, parts, squaresFrom: isSquared ? squares : null });
    all += parts;
    squares += isSquared ? parts : 0;
  };
  for (const [at, name] of names.entries()) cut([at], crossed.includes(name));
  const indices = crossed.map((name) => names.indexOf(name));
  for (const [at, first] of indices.entries())
    for (const second of indices.slice(at + 1)) cut([first, second], true);
  return { columns, cuts, parts: all, squares };
}

/** Pairs of parts that crossed columns make together. */
export function pairCount(contract: DataContract, crossed: readonly string[]): number {
  const sizes = columnsOf(contract, crossed).map(({ column }) => partsOf(column).length);
  return sizes.reduce(
    (sum, size, at) => sum + sizes.slice(at + 1).reduce((own, other) => own + size * other, 0),
    0,
  );
}

/** What is wrong with columns that are to be crossed; undefined: nothing. */
function checkCrossed({ columns, crossed = [] }: Asked, contract: DataContract): string | undefined {
  const wrong = checkColumns(contract, crossed, 'any');
  if (wrong !== undefined) return wrong;
  for (const { column } of columnsOf(contract, crossed)) {
    if (!columns.includes(column.name))
      return `Column “${column.name}” is crossed and not among the columns: each of a pair is told beside it.`;
    const parts = partsOf(column).length;
    if (parts > MOST_PARTS_CROSSED)
      return `Column “${column.name}” has ${parts} parts, and one that is crossed has ${MOST_PARTS_CROSSED} at most: pairs out of more would come near to single people.`;
  }
  const pairs = pairCount(contract, crossed);
  return pairs > MOST_PAIRS
    ? `The columns to cross make ${pairs} pairs of parts, and one question has ${MOST_PAIRS} at most: cross fewer columns.`
    : undefined;
}

/**
 * Parts of one column that are not told, by their places in `single`: those of few rows; and where they are together so few that all rows
 * without the told ones would tell of them, the smallest told one too. Noise hides such a difference by itself.
 */
function hiddenParts(
  single: readonly Sums[],
  { from, parts }: Cut,
  { least, isExact }: { readonly least: number; readonly isExact: boolean },
): readonly number[] {
  const places = Array.from({ length: parts }, (_, at) => from + at);
  const rowsAt = (place: number): number => single[place]!.rows;
  const hidden = places.filter((place) => rowsAt(place) < least);
  const rows = Math.round(hidden.reduce((sum, place) => sum + rowsAt(place), 0));
  if (!isExact || rows === 0 || rows >= LEAST_SHOWN) return hidden;
  const shown = places.filter((place) => rowsAt(place) >= least);
  return [...hidden, ...shown.toSorted((a, b) => rowsAt(a) - rowsAt(b)).slice(0, 1)];
}

export const statistic: Statistic<Asked, Figures> = {
  name: 'slices',
  title: 'Where a version does worse',
  per: 'row',
  of: 'version',
  check: (asked, contract) =>
    contract.kind !== 'table'
      ? 'Parts are cut out by columns, which pictures and sounds have none of.'
      : (checkColumns(contract, asked.columns, 'any') ?? checkCrossed(asked, contract)),
  // Of each cut a row is in one part: one row there, one error, and, where it is summed, its square.
  shape(asked, contract) {
    const { cuts, parts, squares } = cutsOf(asked, contract);
    const squared = cuts.filter(({ squaresFrom }) => squaresFrom !== null).length;
    const reach = Math.sqrt(2 * cuts.length + squared);
    return classesOf(contract) > 0
      ? { counts: 2 * parts, sums: 0, reach }
      : { counts: parts, sums: parts + squares, reach };
  },
  measure(asked, measured) {
    const { contract, targets, count } = measured;
    const { columns, cuts, parts, squares } = cutsOf(asked, contract);
    const values = new Float64Array(2 * parts + squares);
    const sizes = columns.map(({ column }) => partsOf(column).length);
    const classes = classesOf(contract);
    const outputs = outputsOf(measured);
    const lossOf = (row: number): number =>
      classes > 0
        ? Number(predictedClass(outputs, row, classes) !== targets[row])
        : Math.min(1, Math.abs(outputs[row]! - targets[row]!) / DEVIATIONS) ** 2;
    for (let row = 0; row < count; row += 1) {
      const loss = lossOf(row);
      const own = columns.map((found) => partOf(measured, row, found));
      for (const { of, from, squaresFrom } of cuts) {
        // What the contract does not know as missing is in no part.
        if (of.some((column) => own[column]! >= sizes[column]!)) continue;
        const part = of.reduce((at, column) => at * sizes[column]! + own[column]!, 0);
        values[from + part]! += 1;
        values[parts + from + part]! += loss;
        if (squaresFrom !== null) values[2 * parts + squaresFrom + part]! += loss * loss;
      }
    }
    return values;
  },
  read(asked, contract, { values, deviation }) {
    const { columns, cuts, parts } = cutsOf(asked, contract);
    const isClasses = classesOf(contract) > 0;
    const target = contract.kind === 'table' ? contract.target : undefined;
    const unit = target?.type === 'number' ? DEVIATIONS * target.standardDeviation : 1;
    const least = Math.max(LEAST_SHOWN, 2 * deviation);
    const lossOf = (rows: number, losses: number): number => {
      const mean = Math.min(1, Math.max(0, losses / rows));
      return isClasses ? mean : Math.sqrt(mean) * unit;
    };
    const sumsOf = ({ from, squaresFrom }: Cut, part: number): Sums => ({
      rows: values[from + part]!,
      losses: values[parts + from + part]!,
      squares: squaresFrom === null ? null : values[2 * parts + squaresFrom + part]!,
    });
    let [wholeRows, wholeLosses] = [0, 0];
    // Every column cuts all rows: the first stands for the whole.
    for (let part = 0; part < cuts[0]!.parts; part += 1) {
      wholeRows += values[part]!;
      wholeLosses += values[parts + part]!;
    }
    const single = columns.flatMap((_, at) =>
      Array.from({ length: cuts[at]!.parts }, (__, part) => sumsOf(cuts[at]!, part)),
    );
    const hidden = new Set(
      columns.flatMap((_, at) => hiddenParts(single, cuts[at]!, { least, isExact: deviation === 0 })),
    );
    const slices = columns.flatMap(({ column }, at) =>
      partsOf(column).map((says, part) => {
        const index = cuts[at]!.from + part;
        const { rows, losses } = single[index]!;
        return {
          column: column.name,
          says,
          shown: hidden.has(index) ? null : { count: Math.round(rows), loss: lossOf(rows, losses) },
        };
      }),
    );
    const pairs = cuts.flatMap((cut, index) => {
      const [first, second] = cut.of;
      if (second === undefined) return [];
      const [one, other] = [cuts[first]!, cuts[second]!];
      return Array.from({ length: cut.parts }, (_, at) => ({
        ...sumsOf(cut, at),
        cut: index,
        parts: [one.from + Math.floor(at / other.parts), other.from + (at % other.parts)] as const,
      }));
    });
    const worse: NonNullable<Figures['pairs']>['worse'] = worsePairs(pairs, single, {
      least,
      rows: wholeRows,
      hidden,
      deviation,
    }).map(({ parts: [first, second], rows, losses }) => ({
      parts: [first, second],
      count: Math.round(rows),
      loss: lossOf(rows, losses),
    }));
    return {
      statistic: 'slices',
      version: asked.version,
      of: isClasses ? 'wrong' : 'error',
      whole: wholeRows < least ? null : lossOf(wholeRows, wholeLosses),
      rows: Math.max(0, Math.round(wholeRows)),
      slices,
      ...(asked.crossed === undefined ? {} : { pairs: { asked: pairs.length, worse } }),
    };
  },
};
