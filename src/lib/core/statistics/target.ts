// How the target is distributed: rows of each class, or where it is a number its histogram.
import * as v from 'valibot';
import { classLabels, type DataContract, type TableTarget } from '../data/contract.ts';
import { binOf, rangeOf } from './columns.ts';
import { Histogram, histogramOf } from './histogram.ts';
import type { Statistic } from './statistic.ts';

const BINS = 64;
const finite = v.pipe(v.number(), v.finite());

export const Asked = v.strictObject({ statistic: v.literal('target') });
export type Asked = v.InferOutput<typeof Asked>;
export const Figures = v.strictObject({
  statistic: v.literal('target'),
  name: v.string(),
  classes: v.nullable(v.array(v.strictObject({ label: v.string(), count: finite }))),
  histogram: v.nullable(Histogram),
});
export type Figures = v.InferOutput<typeof Figures>;

const numberTarget = (contract: DataContract): Extract<TableTarget, { type: 'number' }> => {
  if (contract.kind !== 'table' || contract.target.type !== 'number')
    throw new Error('The target is no number.');
  return contract.target;
};

export const statistic: Statistic<Asked, Figures> = {
  name: 'target',
  title: 'Target',
  per: 'row',
  of: 'data',
  check: () => undefined,
  shape: (_, contract) => ({ counts: classLabels(contract)?.length ?? BINS, sums: 0, reach: 1 }),
  measure(_, { contract, count, targets }) {
    const classes = classLabels(contract)?.length;
    const counts = new Float64Array(classes ?? BINS);
    for (let row = 0; row < count; row += 1) {
      const value = targets[row]!;
      if (classes !== undefined) counts[value]! += 1;
      else {
        const column = numberTarget(contract);
        counts[binOf(value * column.standardDeviation + column.mean, rangeOf(column), BINS)]! += 1;
      }
    }
    return counts;
  },
  read(_, contract, { values }) {
    const labels = classLabels(contract);
    const counts = Array.from(values);
    const name = contract.kind === 'table' ? contract.target.name : 'class';
    return {
      statistic: 'target',
      name,
      classes: labels?.map((label, index) => ({ label, count: counts[index]! })) ?? null,
      histogram: labels === undefined ? histogramOf(rangeOf(numberTarget(contract)), counts) : null,
    };
  },
};
