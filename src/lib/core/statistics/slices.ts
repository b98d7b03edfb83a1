// Where a version does worse: rows and errors in each part of the rows that one column cuts out. The parts are fixed by the data contract
// alone (its categories; numbers by how far from the contract's mean; what is missing), so that nobody can ask after a narrow one, which
// would be a question about a person. Parts too small to speak of, or smaller than their noise, are not given.
import * as v from 'valibot';
import type { DataContract, TableColumn } from '../data/contract.ts';
import { spokenNumber } from '../data/spoken-number.ts';
import { VersionNumber } from '../ids.ts';
import { categoryAt, checkColumns, columnsOf, type FoundColumn } from './columns.ts';
import { LEAST_SHOWN } from './groups.ts';
import { classesOf, outputsOf, predictedClass } from './scored-rows.ts';
import type { Measured, Statistic } from './statistic.ts';

/** Of one question. */
export const MOST_COLUMNS = 60;
/** Numbers are cut so many standard deviations from the contract's mean. */
const CUTS = [-1, 0, 1] as const;
/** Errors of so many standard deviations of the target count as no larger. */
const DEVIATIONS = 8;

const finite = v.nullable(v.number());

export const Asked = v.strictObject({
  statistic: v.literal('slices'),
  version: VersionNumber,
  columns: v.pipe(v.array(v.pipe(v.string(), v.maxLength(80))), v.minLength(1), v.maxLength(MOST_COLUMNS)),
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
});
export type Figures = v.InferOutput<typeof Figures>;

/** Texts are cut by no fixed rule. */
type CutColumn = Extract<TableColumn, { type: 'number' | 'category' }>;
export const isCut = (column: TableColumn): column is CutColumn =>
  column.type === 'number' || column.type === 'category';

/** The parts of a column, in words. Which a row is in: `partOf`. */
export function partsOf(column: TableColumn): string[] {
  if (!isCut(column)) return [];
  const missing = column.missingAllowed ? ['is missing'] : [];
  if (column.type === 'category') return [...column.categories.map((one) => `is ${one}`), ...missing];
  const spoken = CUTS.map((cut) => spokenNumber(column, cut));
  return [
    `is at most ${spoken[0]}`,
    ...CUTS.slice(1).map((_, at) => `is above ${spoken[at]} and at most ${spoken[at + 1]}`),
    `is above ${spoken.at(-1)}`,
    ...missing,
  ];
}

function partOf(measured: Measured, row: number, found: FoundColumn): number {
  const { column, feature } = found;
  if (!isCut(column)) throw new Error(`Column “${column.name}” is not cut.`);
  if (column.type === 'category') {
    const category = categoryAt(measured, row, found);
    return category < 0 ? column.categories.length : category;
  }
  const at = row * (measured.features.length / measured.count) + feature;
  if (column.missingAllowed && measured.features[at + 1] === 1) return CUTS.length + 1;
  const part = CUTS.findIndex((cut) => measured.features[at]! <= cut);
  return part < 0 ? CUTS.length : part;
}

const sliceCount = (contract: DataContract, columns: readonly string[]): number =>
  columnsOf(contract, columns).reduce((sum, { column }) => sum + partsOf(column).length, 0);

export const statistic: Statistic<Asked, Figures> = {
  name: 'slices',
  title: 'Where a version does worse',
  per: 'row',
  of: 'version',
  check: ({ columns }, contract) =>
    contract.kind !== 'table'
      ? 'Parts are cut out by columns, which pictures and sounds have none of.'
      : (checkColumns(contract, columns, 'any') ??
        columnsOf(contract, columns)
          .filter(({ column }) => !isCut(column))
          .map(({ column }) => `Column “${column.name}” holds texts, which are cut into no parts.`)[0]),
  // Of each column a row is in one part: one row there, and one error.
  shape({ columns }, contract) {
    const slices = sliceCount(contract, columns);
    const reach = Math.sqrt(2 * columns.length);
    return classesOf(contract) > 0
      ? { counts: 2 * slices, sums: 0, reach }
      : { counts: slices, sums: slices, reach };
  },
  measure({ columns }, measured) {
    const { contract, targets, count } = measured;
    const slices = sliceCount(contract, columns);
    const values = new Float64Array(2 * slices);
    const classes = classesOf(contract);
    const outputs = outputsOf(measured);
    const lossOf = (row: number): number =>
      classes > 0
        ? Number(predictedClass(outputs, row, classes) !== targets[row])
        : Math.min(1, Math.abs(outputs[row]! - targets[row]!) / DEVIATIONS) ** 2;
    let from = 0;
    for (const found of columnsOf(contract, columns)) {
      const parts = partsOf(found.column).length;
      for (let row = 0; row < count; row += 1) {
        // What the contract does not know as missing is in no part.
        const part = partOf(measured, row, found);
        if (part >= parts) continue;
        values[from + part]! += 1;
        values[slices + from + part]! += lossOf(row);
      }
      from += parts;
    }
    return values;
  },
  read({ version, columns }, contract, { values, deviation }) {
    const slices = sliceCount(contract, columns);
    const isClasses = classesOf(contract) > 0;
    const target = contract.kind === 'table' ? contract.target : undefined;
    const unit = target?.type === 'number' ? DEVIATIONS * target.standardDeviation : 1;
    const least = Math.max(LEAST_SHOWN, 2 * deviation);
    const told = (rows: number, losses: number): number | null => {
      if (rows < least) return null;
      const mean = Math.min(1, Math.max(0, losses / rows));
      return isClasses ? mean : Math.sqrt(mean) * unit;
    };
    const found = columnsOf(contract, columns);
    let [wholeRows, wholeLosses] = [0, 0];
    // Every column cuts all rows: the first stands for the whole.
    for (let part = 0; part < partsOf(found[0]!.column).length; part += 1) {
      wholeRows += values[part]!;
      wholeLosses += values[slices + part]!;
    }
    let from = 0;
    return {
      statistic: 'slices',
      version,
      of: isClasses ? 'wrong' : 'error',
      whole: told(wholeRows, wholeLosses),
      rows: Math.max(0, Math.round(wholeRows)),
      slices: found.flatMap(({ column }) =>
        partsOf(column).map((says) => {
          const [rows, losses] = [values[from]!, values[slices + from]!];
          from += 1;
          const loss = told(rows, losses);
          return {
            column: column.name,
            says,
            shown: loss === null ? null : { count: Math.round(rows), loss },
          };
        }),
      ),
    };
  },
};
