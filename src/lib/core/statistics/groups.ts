// What a version does to each group: confusion counts by the categories of one column, which stays on the devices. Figures of a group too
// small to speak of, or smaller than its noise, are not given, nor is a rate over so few. How far groups are apart by parity and by odds
// is told of each class as of the one that counts as chosen (core/metrics/group-fairness.ts), with what the noise alone may do to it.
import * as v from 'valibot';
import { classLabels } from '../data/contract.ts';
import { gapsOf } from '../metrics/group-fairness.ts';
import { VersionNumber } from '../ids.ts';
import { categoryAt, checkColumns, columnsOf } from './columns.ts';
import { classesOf, outputsOf, predictedClass, wholeCounts } from './scored-rows.ts';
import type { Statistic } from './statistic.ts';

/** Rows that a group has at least, where anything is said of it. */
export const LEAST_SHOWN = 10;
/** Counts of a question. */
const MOST_CELLS = 4096;

const share = v.nullable(v.number());

export const Asked = v.strictObject({
  statistic: v.literal('groups'),
  version: VersionNumber,
  column: v.pipe(v.string(), v.maxLength(80)),
});
export type Asked = v.InferOutput<typeof Asked>;
export const Figures = v.strictObject({
  statistic: v.literal('groups'),
  version: VersionNumber,
  column: v.string(),
  labels: v.array(v.string()),
  groups: v.array(
    v.strictObject({
      group: v.string(),
      /** null: so few that nothing is said. */
      shown: v.nullable(
        v.strictObject({
          count: v.number(),
          accuracy: share,
          /**
           * By class: rows that the version gives it (parity), and of those that are of it, and of those that are not, the ones that it
           * calls so (odds).
           */
          given: v.array(share),
          recall: v.array(share),
          falsely: v.optional(v.array(share), []),
        }),
      ),
    }),
  ),
  /** By class, over the groups that are shown; empty of a survey by an earlier program. */
  gaps: v.optional(
    v.array(
      v.strictObject({
        parityGap: share,
        /** Of the four-fifths rule: at least 0.8. */
        parityRatio: share,
        truePositiveGap: share,
        falsePositiveGap: share,
        oddsGap: share,
        /** Half the width of the 95 % interval of a gap, by the noise alone, at most; 0: the counts are exact. */
        parityBand: v.number(),
        oddsBand: v.number(),
      }),
    ),
    [],
  ),
});
export type Figures = v.InferOutput<typeof Figures>;

export const statistic: Statistic<Asked, Figures> = {
  name: 'groups',
  title: 'What a version does to groups',
  per: 'row',
  of: 'version',
  check({ column }, contract) {
    const classes = classesOf(contract);
    if (classes === 0) return 'Groups are compared by classes, and the target here is a number.';
    const wrong = checkColumns(contract, [column], 'category');
    if (wrong !== undefined) return wrong;
    const [found] = columnsOf(contract, [column]);
    const categories = found?.column.type === 'category' ? found.column.categories.length : 0;
    return categories * classes * classes > MOST_CELLS
      ? `Column “${column}” has too many categories to compare by ${classes} classes.`
      : undefined;
  },
  shape({ column }, contract) {
    const [found] = columnsOf(contract, [column]);
    const categories = found?.column.type === 'category' ? found.column.categories.length : 0;
    return { counts: categories * classesOf(contract) ** 2, sums: 0, reach: 1 };
  },
  measure(asked, measured) {
    const { contract, targets } = measured;
    const classes = classesOf(contract);
    const [found] = columnsOf(contract, [asked.column]);
    const outputs = outputsOf(measured);
    const counts = new Float64Array(statistic.shape(asked, contract).counts);
    for (let row = 0; row < measured.count; row += 1) {
      const group = categoryAt(measured, row, found!);
      if (group >= 0)
        counts[(group * classes + targets[row]!) * classes + predictedClass(outputs, row, classes)]! += 1;
    }
    return counts;
  },
  read({ version, column }, contract, { values, deviation }) {
    const labels = classLabels(contract) ?? [];
    const cells = labels.length ** 2;
    const [found] = columnsOf(contract, [column]);
    const categories = found?.column.type === 'category' ? found.column.categories : [];
    const all = Array.from(values);
    const groups = categories.map((group, index) => {
      const noisy = all.slice(index * cells, (index + 1) * cells);
      // Before the counts are cut off at nothing: that would make empty groups look like some.
      const rows = noisy.reduce((sum, cell) => sum + cell, 0);
      return rows < Math.max(LEAST_SHOWN, 2 * deviation * Math.sqrt(cells))
        ? { group, shown: null }
        : { group, shown: shownOf(wholeCounts(noisy), labels.length, deviation) };
    });
    const shown = groups.flatMap((one) => (one.shown === null ? [] : [one.shown]));
    return {
      statistic: 'groups',
      version,
      column,
      labels: [...labels],
      groups: groups.map(({ group, shown: counted }) => ({
        group,
        shown: counted === null ? null : counted.figures,
      })),
      gaps: labels.map((_, one) => gapsOfClass(shown, one)),
    };
  },
};

interface Shown {
  readonly figures: NonNullable<Figures['groups'][number]['shown']>;
  /** By class: half the widths of the 95 % intervals of its rates, by the noise alone. */
  readonly givenBand: number;
  readonly recallBand: readonly number[];
  readonly falselyBand: readonly number[];
}

/** `confusion`: [C, C], truth by row. */
function shownOf(confusion: readonly number[], classes: number, deviation: number): Shown {
  const cell = (truth: number, said: number): number => confusion[truth * classes + said]!;
  const each = Array.from({ length: classes }, (_, one) => one);
  const sumOf = (of: (one: number) => number): number => each.reduce((sum, one) => sum + of(one), 0);
  const count = sumOf((truth) => sumOf((said) => cell(truth, said)));
  const rate = (hits: number, of: number, least = LEAST_SHOWN): number | null =>
    of < Math.max(1, least) ? null : hits / of;
  // Of h rows among n, in k noisy cells: Var(h − r·n) is σ² times at most k, whatever the rate r.
  const band = (cells: number, of: number): number =>
    deviation === 0 ? 0 : of === 0 ? 1 : Math.min(1, (NORMAL_95 * deviation * Math.sqrt(cells)) / of);
  const of = each.map((truth) => sumOf((said) => cell(truth, said)));
  return {
    figures: {
      count,
      accuracy: rate(
        sumOf((one) => cell(one, one)),
        count,
        0,
      ),
      given: each.map((said) =>
        rate(
          sumOf((truth) => cell(truth, said)),
          count,
          0,
        ),
      ),
      recall: each.map((one) => rate(cell(one, one), of[one]!)),
      falsely: each.map((said) =>
        rate(
          sumOf((truth) => (truth === said ? 0 : cell(truth, said))),
          count - of[said]!,
        ),
      ),
    },
    givenBand: band(classes * classes, count),
    recallBand: of.map((rows) => band(classes, rows)),
    falselyBand: of.map((rows) => band(classes * (classes - 1), count - rows)),
  };
}

/** A normal variable lies within so many standard deviations in 95 of 100 cases. */
const NORMAL_95 = 1.959963984540054;

function gapsOfClass(shown: readonly Shown[], one: number): Figures['gaps'][number] {
  const gaps = gapsOf(
    shown.map(({ figures: { given, recall, falsely } }) => ({
      selection: given[one] ?? 0,
      truePositives: recall[one] ?? undefined,
      falsePositives: falsely[one] ?? undefined,
    })),
  );
  // Of two rates, each with noise of its own; which two are furthest apart is the noise's doing too, so the widest count.
  const apart = (bands: readonly number[]): number =>
    Math.min(1, Math.hypot(...bands.toSorted((a, b) => b - a).slice(0, 2)));
  return {
    parityGap: gaps.parityGap ?? null,
    parityRatio: gaps.parityRatio ?? null,
    truePositiveGap: gaps.truePositiveGap ?? null,
    falsePositiveGap: gaps.falsePositiveGap ?? null,
    oddsGap: gaps.oddsGap ?? null,
    parityBand: apart(shown.map(({ givenBand }) => givenBand)),
    // Of the rates that are told.
    oddsBand: Math.max(
      apart(
        shown.flatMap(({ figures, recallBand }) => (figures.recall[one] === null ? [] : [recallBand[one]!])),
      ),
      apart(
        shown.flatMap(({ figures, falselyBand }) =>
          figures.falsely[one] === null ? [] : [falselyBand[one]!],
        ),
      ),
    ),
  };
}
