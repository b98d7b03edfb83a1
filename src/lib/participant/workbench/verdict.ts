// Whether there is anything to learn in these columns, and who has learnt it: any model that was fitted may show it, and every look that
// was taken is paid for (Bonferroni), so that among many models none shows it by luck.
import type { OptionValues } from '../../core/named-options.ts';
import { compareModels, meritOf, type Comparison, type Judged, type Report } from './judge.ts';

/** By luck alone this often at most, over all models of a run. */
const LUCK = 0.05;

/**
 * How likely what a model shows is where the columns do not tell the target: its order of the rows, or, for classes, its answers
 * against the same answer for all (McNemar). Times the number of looks; 1 at most.
 */
export function luckOf(model: Judged, floor: Judged): number {
  const looks = [...model.rankPValues];
  if (model.report.type === 'classes') {
    const { gain, pValue } = compareModels(model, floor, 0);
    looks.push(gain > 0 ? (pValue ?? 1) : 1);
  }
  return Math.min(1, Math.min(...looks) * looks.length);
}

export interface Verdict {
  readonly verdict: 'signal' | 'no signal';
  /** In the order given: who shows a signal. */
  readonly shows: readonly boolean[];
}

/** `models` without the constant itself; no floor, no signal. */
export function verdictOf(models: readonly Judged[], floor: Judged | undefined): Verdict {
  const shows = models.map((model) => floor !== undefined && luckOf(model, floor) * models.length < LUCK);
  return { verdict: shows.includes(true) ? 'signal' : 'no signal', shows };
}

interface Entry {
  readonly model: string;
  readonly title: string;
  readonly options: OptionValues;
  readonly report: Report;
  /** Of the model against this one. */
  readonly comparison: Comparison | undefined;
}

/** By more than luck. */
export const isClear = ({ interval, pValue }: Comparison, side: 'better' | 'worse'): boolean =>
  interval !== undefined &&
  (side === 'better' ? interval.low > 0 : interval.high < 0) &&
  (pValue === undefined || pValue < LUCK);

/** The verdict in a sentence. `showing`: the baselines that show a signal. */
export function verdictSentence(
  model: Entry,
  baselines: readonly Entry[],
  { doesModel, showing }: { readonly doesModel: boolean; readonly showing: readonly Entry[] },
): string {
  const best = baselines
    .filter((one) => one.model !== model.model && one.model !== 'constant')
    .toSorted((a, b) => meritOf(b.report) - meritOf(a.report))[0];
  const floor = baselines.find((one) => one.model === 'constant');
  if (!doesModel) {
    const [other] = showing.toSorted((a, b) => meritOf(b.report) - meritOf(a.report));
    return other === undefined
      ? `${model.title} is not better than the same answer for all by more than the luck of the ${model.report.count} held-out rows explains, and no baseline is: these columns do not tell the target, or there are too few rows.`
      : `${other.title} finds a signal in these columns; ${model.title} does not, by more than the luck of the ${model.report.count} held-out rows explains. Take the simpler model, or other settings.`;
  }
  if (floor !== undefined && meritOf(model.report) <= meritOf(floor.report)) {
    const area = model.report.type === 'classes' ? model.report.rocArea : undefined;
    return `${model.title} puts the rows in a better order than chance${area === undefined ? '' : ` (area below ROC ${area.toFixed(2)})`}, but its answers are right no more often than the same answer for all.`;
  }
  if (best?.comparison === undefined)
    return `${model.title} ${areMany(model.title) ? 'learn' : 'learns'} something from these columns.`;
  if (isClear(best.comparison, 'better'))
    return `${model.title} ${areMany(model.title) ? 'are' : 'is'} better than every baseline; the next best ${areMany(best.title) ? 'are' : 'is'} ${best.title}.`;
  if (isClear(best.comparison, 'worse'))
    return `${best.title} ${areMany(best.title) ? 'are' : 'is'} better, and simpler, than ${model.title}.`;
  return `${model.title} ${areMany(model.title) ? 'learn something, but are' : 'learns something, but is'} not clearly better than ${best.title}, which ${areMany(best.title) ? 'are' : 'is'} simpler.`;
}

/** Beside the verdict of a model that learnt from classes in balance, which goes by accuracy as every verdict does. */
export function balancedVerdict(model: Entry, baselines: readonly Entry[]): string {
  const of = ({ report }: Entry): number => (report.type === 'classes' ? (report.balancedAccuracy ?? 0) : 0);
  const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
  const [best] = baselines.toSorted((a, b) => of(b) - of(a));
  const own = `That goes by accuracy, which is mostly the commonest class’s; its balanced accuracy is ${percent(of(model))}`;
  return best === undefined
    ? `${own}.`
    : `${own}, and ${percent(of(best))} the best of the baselines (${best.title}).`;
}

/** Titles of several: “Boosted trees”, “Gated recurrent units (GRU)”. */
const areMany = (title: string): boolean => /(trees|neighbours|units)( \(| on |$)/.test(title);
