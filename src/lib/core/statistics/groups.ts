// What a version does to each group: confusion counts by the categories of one column, which stays on the devices. Figures of a group too
// small to speak of, or smaller than its noise, are not given.
import * as v from 'valibot';
import { classLabels } from '../data/contract.ts';
import { classFigures } from '../metrics/figure-of.ts';
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
          /** By class: rows that the version gives it (parity), and of those that are of it the ones that it finds (odds). */
          given: v.array(share),
          recall: v.array(share),
        }),
      ),
    }),
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
    return {
      statistic: 'groups',
      version,
      column,
      labels: [...labels],
      groups: categories.map((group, index) => {
        const noisy = all.slice(index * cells, (index + 1) * cells);
        // Before the counts are cut off at nothing: that would make empty groups look like some.
        const rows = noisy.reduce((sum, cell) => sum + cell, 0);
        if (rows < Math.max(LEAST_SHOWN, 2 * deviation * Math.sqrt(cells))) return { group, shown: null };
        const confusion = wholeCounts(noisy);
        const count = confusion.reduce((sum, cell) => sum + cell, 0);
        const hits = labels.reduce((sum, _, one) => sum + confusion[one * labels.length + one]!, 0);
        const given = labels.map((_, one) =>
          count === 0
            ? null
            : labels.reduce((sum, __, truth) => sum + confusion[truth * labels.length + one]!, 0) / count,
        );
        const recall = classFigures(confusion).map((figures) => figures.recall ?? null);
        return {
          group,
          shown: { count, accuracy: count === 0 ? null : hits / count, given, recall },
        };
      }),
    };
  },
};
