// One's own columns beside those of all devices: what a coordinator shows of a survey, and the same of the rows here, as shares of each.
import type { Histogram } from '../core/statistics/histogram.ts';
import type { Figures } from '../core/statistics/index.ts';
import type { Question } from '../core/statistics/survey.ts';
import type { ShownSurvey } from '../protocol/survey-views.ts';
import { number } from './format.ts';

export interface ComparedColumn {
  readonly name: string;
  readonly type: 'number' | 'category';
  readonly bins: readonly {
    readonly label: string;
    /** Of the rows that have the value, 0–1. */
    readonly own: number;
    readonly cohort: number;
  }[];
  /** How far noise may move each share of all devices, 95 times of 100; 0: they are exact. */
  readonly band: number;
  /** Of all devices; none of a category. */
  readonly quantiles: Histogram['quantiles'];
  readonly survey: ShownSurvey;
}

/** What can be laid over one's own, newest first; each is asked of the rows here as it was asked of all. */
export const comparable = (shown: readonly ShownSurvey[]): readonly ShownSurvey[] =>
  shown.filter(({ question }) => comparedIn(question).length > 0);

/** Of a question, what can be compared. */
export const comparedIn = (question: Question): Question =>
  question.filter(({ statistic }) => statistic === 'target' || statistic === 'distributions');

interface Counted {
  readonly name: string;
  readonly type: ComparedColumn['type'];
  readonly labels: readonly string[];
  readonly counts: readonly number[];
  readonly quantiles: Histogram['quantiles'];
  readonly deviation: number;
}

/** By column, those that the rows here are counted in alike. `own`: of `comparedIn` of the survey's question. */
export function comparedColumns(
  survey: ShownSurvey,
  own: readonly Figures[],
): ReadonlyMap<string, ComparedColumn> {
  const here = new Map(own.flatMap((figures) => countedOf(figures, 0)).map((one) => [one.name, one]));
  const compared = new Map<string, ComparedColumn>();
  for (const [index, figures] of survey.figures.entries())
    for (const cohort of countedOf(figures, survey.deviations[index] ?? 0)) {
      const mine = here.get(cohort.name);
      // Another contract has other bins.
      if (mine === undefined || mine.labels.join('\n') !== cohort.labels.join('\n')) continue;
      const [ownShares, cohortShares] = [sharesOf(mine.counts), sharesOf(cohort.counts)];
      const bins = cohort.labels.map((label, bin) => ({
        label,
        own: ownShares[bin]!,
        cohort: cohortShares[bin]!,
      }));
      compared.set(cohort.name, {
        name: cohort.name,
        type: cohort.type,
        bins: cohort.type === 'number' ? trimmed(bins) : bins,
        band: (1.96 * cohort.deviation) / Math.max(1, wholeOf(cohort.counts)),
        quantiles: cohort.quantiles,
        survey,
      });
    }
  return compared;
}

function countedOf(figures: Figures, deviation: number): readonly Counted[] {
  const ofHistogram = (name: string, histogram: Histogram): Counted => ({
    name,
    type: 'number',
    labels: binLabels(histogram),
    counts: histogram.counts,
    quantiles: histogram.quantiles,
    deviation,
  });
  const ofClasses = (name: string, classes: readonly { label: string; count: number }[]): Counted => ({
    name,
    type: 'category',
    labels: classes.map(({ label }) => label),
    counts: classes.map(({ count }) => count),
    quantiles: [],
    deviation,
  });
  if (figures.statistic === 'target') {
    const { name, classes, histogram } = figures;
    if (classes !== null) return [ofClasses(name, classes)];
    return histogram === null ? [] : [ofHistogram(name, histogram)];
  }
  if (figures.statistic !== 'distributions') return [];
  return figures.columns.map((column) =>
    column.type === 'number'
      ? ofHistogram(column.name, column.histogram)
      : ofClasses(column.name, column.categories),
  );
}

const binLabels = ({ minimum, maximum, counts }: Histogram): string[] => {
  const width = (maximum - minimum) / counts.length;
  return counts.map((_, bin) => `${number(minimum + bin * width)} – ${number(minimum + (bin + 1) * width)}`);
};

/** Noise leaves counts below nothing, which are none. */
const wholeOf = (counts: readonly number[]): number =>
  counts.reduce((sum, count) => sum + Math.max(0, count), 0);
const sharesOf = (counts: readonly number[]): number[] => {
  const whole = wholeOf(counts);
  return counts.map((count) => (whole > 0 ? Math.max(0, count) / whole : 0));
};

/** Without the bins at both ends that hold no row of either. */
function trimmed(bins: ComparedColumn['bins']): ComparedColumn['bins'] {
  const held = bins.map(({ own, cohort }) => own > 0 || cohort > 0);
  const first = held.indexOf(true);
  return first < 0 ? [] : bins.slice(first, held.lastIndexOf(true) + 1);
}
