// Figures from tallies, and the names of metrics as they cross the wire.
import * as v from 'valibot';
import { metricNames, metrics } from './figure-of.ts';
import type { Tally } from './tally.ts';

export { classFigures, figure, metrics, type ClassFigures } from './figure-of.ts';

export const MetricName = v.picklist(metricNames);
export type MetricName = v.InferOutput<typeof MetricName>;

/** Which tallies a metric can be had from. */
export const measures = (name: MetricName, tally: Tally['type']): boolean =>
  metrics[name].of === 'both'
    ? tally !== 'clustering'
    : metrics[name].of ===
      (tally === 'classification' ? 'classes' : tally === 'regression' ? 'number' : 'clusters');
