// A survey in words.
import type { Histogram } from '#lib/core/statistics/histogram.ts';
import { axisName } from '#lib/core/projection/axis-name.ts';
import type { MomentsAxis } from '#lib/core/statistics/moments-axes.ts';
import type { Question } from '#lib/core/statistics/survey.ts';
import type { SurveyView } from '#lib/protocol/survey-views.ts';
import { bandWords } from './band-words.ts';
import { count, counted, number, percent } from './format.ts';

const names = {
  target: 'the target',
  distributions: 'distributions',
  moments: 'means and correlations',
  evaluation: 'what a version does',
  accuracies: 'accuracy from device to device',
  groups: 'groups',
  labels: 'classes from device to device',
  slices: 'where a version does worse',
  importance: 'what a version leans on',
  'contract-rules': 'rules of the data contract',
  'hashed-terms': 'terms of texts',
} as const satisfies Record<Question[number]['statistic'], string>;

/** "the target, distributions": of what was asked. */
export const questionWords = ({ question, version }: Pick<SurveyView, 'question' | 'version'>): string =>
  question.map(({ statistic }) => names[statistic]).join(', ') +
  (question.some((asked) => 'version' in asked) ? ` (version ${version})` : '');

/** What became of a survey, in a sentence or two. */
export function surveySentence(view: SurveyView): string {
  const { state, asked, devices, reason, declined } = view;
  const others = declined.length === 0 ? '' : ` Some do not answer: ${declined.join(' ')}`;
  switch (state) {
    case 'asking':
      return `${counted(asked, 'device')} asked, and waited for.${others}`;
    case 'failed':
      return `Nothing was opened. ${reason ?? ''}${others}`;
    case 'answered':
      return `The sum over ${count(devices ?? 0)} of ${counted(asked, 'device')}.${others}`;
    default:
      return state satisfies never;
  }
}

/** What the noise is, and what it cost; undefined: there is none. */
export function costWords(
  { deviations, mostRows, epsilon }: SurveyView,
  delta: number | null,
): string | undefined {
  const most = Math.max(...deviations, 0);
  if (most === 0 || epsilon === null || delta === null) return undefined;
  return `Each count carries noise of ${bandWords(most)} (95 %), made by all devices together; a device counts as ${count(mostRows ?? 0)} rows at most. Whoever lost most has now spent ε ${number(epsilon, 2)} at δ ${delta}.`;
}

export interface Bar {
  readonly label: string;
  readonly value: number;
  readonly text: string;
}

/** A bar for each bin that is not beyond all rows: empty ends of the range are left out. */
export function histogramItems(
  { minimum, maximum, counts }: Histogram,
  words: (value: number) => string = (value) => number(value),
): Bar[] {
  const width = (maximum - minimum) / counts.length;
  const isKept = (value: number): boolean => value >= 0.5;
  const first = counts.findIndex(isKept);
  const last = counts.findLastIndex(isKept);
  return counts.flatMap((value, bin) =>
    first < 0 || bin < first || bin > last
      ? []
      : [
          {
            label: `${words(minimum + bin * width)} – ${words(minimum + (bin + 1) * width)}`,
            value: Math.max(0, value),
            text: count(Math.round(value)).replace('-', '−'),
          },
        ],
  );
}

/** Axes beyond these say little by themselves. */
const MOST_AXES = 8;

/** "Axis 1: mostly age, less weight". */
export const axisItems = (axes: readonly MomentsAxis[]): Bar[] =>
  axes.slice(0, MOST_AXES).map((axis, at) => ({
    label: `Axis ${at + 1}: ${axis.isBlurred ? 'its direction is blurred by the noise' : axisName(axis)}`,
    value: axis.share,
    text: `${percent(axis.share)}${axis.band > 0 ? ` ± ${percent(axis.band)}` : ''}`,
  }));
