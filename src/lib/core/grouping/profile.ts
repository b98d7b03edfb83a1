// What groups are like, whoever made them: where the middle of each lies, in the units of the columns; which rows are nearest to it; and
// which columns tell the groups apart.
import type { EncodedPoints, PointColumn } from './encoded-points.ts';

/** A column as a group has it. */
export type Middle =
  /** In the column's own units; of the rows that have a number, or null where the group has none. */
  | { readonly type: 'number'; readonly mean: number | null }
  /** The commonest category, and its share of the group's rows; null where all lack one. */
  | { readonly type: 'category'; readonly label: string | null; readonly share: number };

export interface GroupProfile {
  readonly rows: number;
  /** [columns] */
  readonly middles: readonly Middle[];
  /** Row numbers, the nearest to the group's middle first. */
  readonly typical: readonly number[];
}

export interface ColumnShare {
  readonly name: string;
  /** Of the column's variance, that between the groups, 0–1 (η²). */
  readonly share: number;
}

export interface Profile {
  readonly groups: readonly GroupProfile[];
  /** Σ of squared distances from the middle of the own group. */
  readonly inertia: number;
  /** Those that tell the groups apart most first. */
  readonly columns: readonly ColumnShare[];
}

const MOST_TYPICAL = 5;
/** In standard deviations: what encoded values, of 32 bits, hold of a number. */
const PRECISION = 1e-6;

export function profileOf(
  points: EncodedPoints,
  columns: readonly PointColumn[],
  groupOf: Int32Array,
  groups: number,
): Profile {
  const { count, size, values } = points;
  const rows = new Float64Array(groups);
  const means = new Float64Array(groups * size);
  const whole = new Float64Array(size);
  for (let row = 0; row < count; row += 1) {
    const own = groupOf[row]!;
    rows[own]! += 1;
    for (let i = 0; i < size; i += 1) {
      means[own * size + i]! += values[row * size + i]!;
      whole[i]! += values[row * size + i]! / count;
    }
  }
  for (let at = 0; at < means.length; at += 1) means[at]! /= Math.max(1, rows[Math.floor(at / size)]!);
  const variance = new Float64Array(size);
  const squared = new Float64Array(count);
  for (let row = 0; row < count; row += 1)
    for (let i = 0; i < size; i += 1) {
      const value = values[row * size + i]!;
      variance[i]! += (value - whole[i]!) ** 2;
      squared[row]! += (value - means[groupOf[row]! * size + i]!) ** 2;
    }
  const nearest = [...squared.keys()].sort((a, b) => squared[a]! - squared[b]! || a - b);
  return {
    groups: Array.from({ length: groups }, (_, group) => ({
      rows: rows[group]!,
      middles: columns.map((column, at) => middleOf(column, group, at)),
      typical: nearest.filter((row) => groupOf[row] === group).slice(0, MOST_TYPICAL),
    })),
    inertia: squared.reduce((sum, one) => sum + one, 0),
    columns: columns
      .map(({ name, at, width }) => ({ name, share: shareBetween(at, width) }))
      .sort((a, b) => b.share - a.share),
  };

  function shareBetween(at: number, width: number): number {
    let [between, all] = [0, 0];
    for (let i = at; i < at + width; i += 1) {
      all += variance[i]!;
      for (let group = 0; group < groups; group += 1)
        between += rows[group]! * (means[group * size + i]! - whole[i]!) ** 2;
    }
    return all === 0 ? 0 : Math.min(1, between / all);
  }
  function middleOf({ of, at }: PointColumn, group: number, column: number): Middle {
    if (of.type === 'category') {
      const shares = means.subarray(group * size + at, group * size + at + of.categories.length);
      const most = shares.reduce((best, share, i) => (share > shares[best]! ? i : best), 0);
      const share = shares[most] ?? 0;
      return { type: 'category', label: share === 0 ? null : (of.categories[most] ?? null), share };
    }
    let [sum, known] = [0, 0];
    for (let row = 0; row < count; row += 1)
      if (groupOf[row] === group && !points.isMissing(row, column)) {
        sum += values[row * size + at]!;
        known += 1;
      }
    if (known === 0) return { type: 'number', mean: null };
    const grid = PRECISION * of.standardDeviation;
    const mean = (sum / known) * of.standardDeviation + of.mean;
    return { type: 'number', mean: Math.round(mean / grid) * grid };
  }
}
