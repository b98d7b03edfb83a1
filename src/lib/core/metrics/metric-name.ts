// The names of figures as they cross the wire, and what each is measured of.
import * as v from 'valibot';
import { metricNames, metrics } from './metric-list.ts';
import type { Tally } from './tally.ts';

export const MetricName = v.picklist(metricNames);
export type MetricName = v.InferOutput<typeof MetricName>;

/** Which tallies a metric can be had from. */
export const measures = (name: MetricName, tally: Tally['type']): boolean =>
  metrics[name].of === 'both'
    ? tally !== 'clustering'
    : metrics[name].of ===
      (tally === 'classification' ? 'classes' : tally === 'regression' ? 'number' : 'clusters');
