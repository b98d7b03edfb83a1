// What a version leans on, over all devices' rows: the mean of |φ| of each column, φ its Shapley value on a row (what knowing the column adds,
// from a row of the contract's means on). Each device works its rows' values out by itself; a row's are clipped together, so that no row moves
// the sum by more than is known and noise can be sized.
import * as v from 'valibot';
import { textColumns } from '../data/contract.ts';
import { columnPlaces } from '../explanation/black-box.ts';
import { shapley } from '../explanation/shapley.ts';
import { VersionNumber } from '../ids.ts';
import { LEAST_SHOWN } from './groups.ts';
import { classesOf, outputsOf, predictedClass } from './scored-rows.ts';
import type { Statistic } from './statistic.ts';

/** Held-out rows that one device explains: each asks the model hundreds of times. */
const MOST_EXPLAINED = 40;
/** Coalitions asked of a row, beyond the columns for which all are (core/explanation/shapley.ts). */
const SAMPLES = 256;
/** ‖|φ|‖₂ of one row: a share of 1, or so many standard deviations of a target that is a number. */
const BOUND = { classes: 1, number: 4 } as const;
export const MOST_COLUMNS = 60;

export const Asked = v.strictObject({ statistic: v.literal('importance'), version: VersionNumber });
export type Asked = v.InferOutput<typeof Asked>;
export const Figures = v.strictObject({
  statistic: v.literal('importance'),
  version: VersionNumber,
  /** Rows that were explained, of all devices. */
  rows: v.number(),
  /** In the order of the contract; null: so few rows that nothing is said. Of the share of the class, or in the target's own units. */
  columns: v.array(v.strictObject({ name: v.string(), mean: v.nullable(v.number()) })),
  /** How far off each may be by the noise, 95 times of 100. */
  reach: v.number(),
});
export type Figures = v.InferOutput<typeof Figures>;

/** |φ| in units of the bound, no longer than 1 together. */
export function clippedEffects(effects: Float64Array, bound: number): Float64Array<ArrayBuffer> {
  const sizes = Float64Array.from(effects, (effect) => Math.abs(effect) / bound);
  const norm = Math.hypot(...sizes);
  return norm > 1 ? sizes.map((size) => size / norm) : sizes;
}

export const statistic: Statistic<Asked, Figures> = {
  name: 'importance',
  title: 'What a version leans on',
  per: 'row',
  of: 'version',
  check: (_, contract) =>
    contract.kind !== 'table'
      ? 'A version leans on columns, which pictures and sounds have none of.'
      : textColumns(contract).length > 0
        ? 'The columns hold texts, and what a version leans on is told of numbers and categories alone.'
        : contract.columns.length > MOST_COLUMNS
          ? `There are ${contract.columns.length} columns, and ${MOST_COLUMNS} at most are weighed against each other.`
          : undefined,
  // One row more, and its values.
  shape: (_, contract) => ({
    counts: 1,
    sums: contract.kind === 'table' ? contract.columns.length : 0,
    reach: Math.SQRT2,
  }),
  measure(_, measured) {
    const { contract, count, features, predict } = measured;
    if (contract.kind !== 'table' || predict === undefined)
      throw new Error('The rows were not scored by any version.');
    const places = columnPlaces(contract);
    const values = new Float64Array(1 + places.length);
    const classes = classesOf(contract);
    const outputs = outputsOf(measured);
    const width = places.at(-1)?.to ?? 0;
    // Encoded, the contract's means are 0 and no category is known.
    const background = new Float32Array(width);
    for (let row = 0; row < Math.min(count, MOST_EXPLAINED); row += 1) {
      const asked = classes > 0 ? predictedClass(outputs, row, classes) : 0;
      const size = Math.max(1, classes);
      const score = (given: Float32Array, rows: number): Float64Array => {
        const all = predict(given, rows);
        return Float64Array.from({ length: rows }, (_one, at) => all[at * size + asked]!);
      };
      const own = Float32Array.from(features.subarray(row * width, (row + 1) * width));
      const options = { columns: places, background, backgroundCount: 1, seed: 1, samples: SAMPLES };
      const sizes = clippedEffects(
        shapley(score, own, options).effects,
        classes > 0 ? BOUND.classes : BOUND.number,
      );
      values[0]! += 1;
      for (const [at, size1] of sizes.entries()) values[1 + at]! += size1;
    }
    return values;
  },
  read({ version }, contract, { values, deviation }) {
    const columns = contract.kind === 'table' ? contract.columns : [];
    const target = contract.kind === 'table' ? contract.target : undefined;
    const unit = target?.type === 'number' ? BOUND.number * target.standardDeviation : BOUND.classes;
    const rows = values[0]!;
    const isShown = rows >= Math.max(LEAST_SHOWN, 2 * deviation);
    return {
      statistic: 'importance',
      version,
      rows: Math.max(0, Math.round(rows)),
      columns: columns.map(({ name }, at) => ({
        name,
        mean: isShown ? Math.max(0, (values[1 + at]! / rows) * unit) : null,
      })),
      reach: isShown ? ((1.96 * deviation) / rows) * unit : 0,
    };
  },
};
