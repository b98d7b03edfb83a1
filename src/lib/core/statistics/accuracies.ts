// How a version's accuracy differs from device to device: each device counts once, in the bin of its own. Beside the mean stands what the
// worst tenth of the devices get: "the highest average may not be the fairest".
import * as v from 'valibot';
import { VersionNumber } from '../ids.ts';
import { Histogram, histogramOf } from './histogram.ts';
import { classesOf, outputsOf, predictedClass } from './scored-rows.ts';
import type { Statistic } from './statistic.ts';

const BINS = 20;
const RANGE = { minimum: 0, maximum: 1 };

export const Asked = v.strictObject({ statistic: v.literal('accuracies'), version: VersionNumber });
export type Asked = v.InferOutput<typeof Asked>;
export const Figures = v.strictObject({
  statistic: v.literal('accuracies'),
  version: VersionNumber,
  /** Devices by their accuracy. */
  histogram: Histogram,
  /** Of devices, each by the middle of its bin; null: there are none. */
  mean: v.nullable(v.number()),
  /** Of the tenth of the devices where it is lowest. */
  worstTenth: v.nullable(v.number()),
});
export type Figures = v.InferOutput<typeof Figures>;

/** The mean of the lowest `share` of what the bins hold, by their middles; null: they hold nothing. */
export function lowestMean(counts: readonly number[], share: number): number | null {
  const kept = counts.map((count) => Math.max(0, count));
  const wanted = share * kept.reduce((sum, count) => sum + count, 0);
  if (!(wanted > 0)) return null;
  let [taken, sum] = [0, 0];
  for (const [bin, count] of kept.entries()) {
    const now = Math.min(count, wanted - taken);
    taken += now;
    sum += (now * (bin + 0.5)) / counts.length;
  }
  return sum / taken;
}

export const statistic: Statistic<Asked, Figures> = {
  name: 'accuracies',
  title: 'Accuracy from device to device',
  per: 'device',
  of: 'version',
  check: (_, contract) =>
    classesOf(contract) === 0 ? 'Accuracy is of classes, and the target here is a number.' : undefined,
  shape: () => ({ counts: BINS, sums: 0, reach: 1 }),
  measure(_, measured) {
    const counts = new Float64Array(BINS);
    const { count, targets, contract } = measured;
    // A device without held-out rows is in no bin.
    if (count === 0) return counts;
    const classes = classesOf(contract);
    const outputs = outputsOf(measured);
    let hits = 0;
    for (let row = 0; row < count; row += 1)
      if (predictedClass(outputs, row, classes) === targets[row]) hits += 1;
    counts[Math.min(BINS - 1, Math.floor((BINS * hits) / count))] = 1;
    return counts;
  },
  read({ version }, _, { values }) {
    const counts = Array.from(values);
    return {
      statistic: 'accuracies',
      version,
      histogram: histogramOf(RANGE, counts),
      mean: lowestMean(counts, 1),
      worstTenth: lowestMean(counts, 0.1),
    };
  },
};
