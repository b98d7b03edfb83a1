// What the workbench found, in words: figures with their 95 % intervals, differences with their signs.
import type { Interval } from '../core/metrics/wilson.ts';
import type { CrossValidation } from '../participant/workbench/cross-validate.ts';
import type { Comparison, Report } from '../participant/workbench/judge.ts';
import { count, number, percent } from './format.ts';

/** The figure that models are ranked by. */
export const figureName = ({ type }: Pick<Report, 'type'>): string =>
  type === 'classes' ? 'Accuracy' : 'Root mean squared error';

export const within = (interval: Interval | undefined, spoken: (value: number) => string): string =>
  interval === undefined ? '' : ` (${spoken(interval.low)} to ${spoken(interval.high)})`;
/** "+0.12" */
export const signed = (value: number): string => `${value < 0 ? '−' : '+'}${number(Math.abs(value))}`;
const bare = (value: number): string => (value * 100).toFixed(1);
/** Points of a hundred with their sign; what rounds to nothing has none. */
const points = (value: number): string => {
  const text = bare(Math.abs(value));
  return `${text === '0.0' ? '±' : value > 0 ? '+' : '−'}${text}`;
};

/** "91.2 % (85.0 to 95.4)" */
export const rankedFigure = (report: Report): string =>
  report.type === 'classes'
    ? `${percent(report.accuracy)}${within(report.accuracyInterval, bare)}`
    : `${number(report.rmse)}${within(report.rmseInterval, number)}`;

/** "accuracy 91.2 % (85.0 to 95.4), from 88.0 % to 94.0 % by fold" */
export function crossedWords({ report, byFold }: Pick<CrossValidation, 'report' | 'byFold'>): string {
  const spoken = report.type === 'classes' ? percent : number;
  return `${figureName(report).toLowerCase()} ${rankedFigure(report)}, from ${spoken(Math.min(...byFold))} to ${spoken(Math.max(...byFold))} by fold`;
}

/** "+12.3 points (+4.1 to +20.0)": how much better the model is than what it is compared with. */
export function gainWords({ gain, interval }: Comparison, { type }: Pick<Report, 'type'>): string {
  if (type === 'classes') return `${points(gain)} points${within(interval, points)}`;
  return `${number(gain)} less${within(interval, number)}`;
}

/** What a column, or a trial, costs in that figure. */
export const lossWords = (loss: number, { type }: Pick<Report, 'type'>): string =>
  type === 'classes' ? `${bare(loss)} points` : number(loss);

export interface FigureRow {
  readonly name: string;
  readonly value: string | undefined;
  readonly absent: string;
}

/** Every figure of the model on held-out rows. */
export function figureRows(report: Report): readonly FigureRow[] {
  const row = (name: string, value: string | undefined): FigureRow => ({
    name,
    value,
    absent: 'not defined here',
  });
  const shown = (value: number | undefined): string | undefined =>
    value === undefined ? undefined : number(value);
  if (report.type === 'number')
    return [
      row('Root mean squared error', rankedFigure(report)),
      row('Mean absolute error', number(report.mae)),
      row('Median absolute error', number(report.medianAbsoluteError)),
      row(
        'R², share of the spread explained',
        report.r2 === undefined ? undefined : `${number(report.r2)}${within(report.r2Interval, number)}`,
      ),
      row('Bias, predicted minus true', number(report.bias)),
      row('Rows judged by', count(report.count)),
    ];
  return [
    row('Accuracy', rankedFigure(report)),
    row('Balanced accuracy', percent(report.balancedAccuracy)),
    row('F1, mean of the classes', number(report.macro.f1)),
    row(
      'Area below the ROC curve',
      report.rocArea === undefined
        ? undefined
        : `${number(report.rocArea)}${within(report.rocAreaInterval, number)}`,
    ),
    row('Average precision', shown(report.averagePrecision)),
    row('Log loss', number(report.logLoss)),
    row('Calibration error', shown(report.calibrationError)),
    row('Rows judged by', count(report.count)),
  ];
}
