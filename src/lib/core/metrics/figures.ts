// Figures from tallies, and the names of metrics as they cross the wire.
import * as v from 'valibot';
import { metricNames } from './figure-of.ts';

export { classFigures, figure, measures, metrics, type ClassFigures } from './figure-of.ts';

export const MetricName = v.picklist(metricNames);
export type MetricName = v.InferOutput<typeof MetricName>;
