// How a figure differs from device to device, in words that hold: the worst, the best, and the half between.
import { metrics } from '../core/metrics/metric-list.ts';
import type { FigureSpread } from '../core/metrics/spread.ts';
import type { MetricName } from '../core/metrics/metric-name.ts';
import { metricValue } from './format.ts';

const words = (metric: MetricName, value: number): string => metricValue(metric, value) ?? '–';

/** "between 71.0 % and 96.0 %, half of the devices at 88.0 % or above"; below where less is better. */
export function spreadSentence(metric: MetricName, spread: FigureSpread): string {
  const [least, middle, most] = [spread.minimum, spread.median, spread.maximum].map((value) =>
    words(metric, value),
  );
  if (least === most) return `${least} on every device`;
  const range = `between ${least} and ${most}`;
  // Of two, both stand there already.
  if (spread.participants === 2) return range;
  return `${range}, half of the devices at ${middle} or ${metrics[metric].higherIsBetter ? 'above' : 'below'}`;
}

/** The axis that several spreads of a metric share: 0 to 1 for shares, else from the lower of 0 and the least to the most. */
export function spreadAxis(
  metric: MetricName,
  spreads: readonly FigureSpread[],
): { readonly from: number; readonly to: number } {
  const least = Math.min(0, ...spreads.map((one) => one.minimum));
  const most = Math.max(...spreads.map((one) => one.maximum));
  if (metrics[metric].isShare) return { from: 0, to: 1 };
  return { from: least, to: most > least ? most : least + 1 };
}
