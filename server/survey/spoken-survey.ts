// A survey for the eye, in a terminal: what came of it, then the figures, each with the noise that it carries.
import { divergenceWords } from '#lib/core/statistics/labels.ts';
import { classLabels, type DataContract } from '#lib/core/data/contract.ts';
import { figure } from '#lib/core/metrics/figures.ts';
import { metrics } from '#lib/core/metrics/metric-list.ts';
import { MetricName } from '#lib/core/metrics/metric-name.ts';
import { axisName } from '#lib/core/projection/axis-name.ts';
import type { Histogram } from '#lib/core/statistics/histogram.ts';
import type { Figures } from '#lib/core/statistics/index.ts';
import { kinds } from '#lib/core/statistics/contract-rules.ts';
import { heldWords } from '#lib/core/statistics/hashed-terms.ts';
import { momentsAxes } from '#lib/core/statistics/moments-axes.ts';
import { mostFirst, pairWords, worstFirst } from '#lib/core/statistics/ordered.ts';
import type { SurveyView } from '#lib/protocol/survey-views.ts';

/** Correlations from here on are worth a line. */
const STRONG = 0.3;
const MOST_AXES = 3;

export function* spokenSurvey(
  view: SurveyView,
  contract: DataContract,
  delta: number | null,
): Iterable<string> {
  const { survey, state, devices, asked, declined, reason, figures, deviations, mostRows, epsilon } = view;
  yield state === 'answered'
    ? `Survey ${survey}: the sum over ${devices} of ${asked} devices.`
    : state === 'failed'
      ? `Survey ${survey}: nothing was opened. ${reason ?? ''}`.trimEnd()
      : `Survey ${survey}: ${asked} devices asked, and waited for.`;
  for (const one of declined) yield `  not answered by some: ${one}`;
  for (const [index, one] of (figures ?? []).entries()) {
    const deviation = deviations[index] ?? 0;
    if (deviation > 0) yield `each count below carries noise of ±${(1.96 * deviation).toFixed(0)} (95 %)`;
    yield* spokenFigures(one, contract, deviation);
  }
  if (epsilon !== null && delta !== null && state === 'answered')
    yield `A device counted as ${mostRows} rows at most; whoever lost most has now spent ε ${short(epsilon)} at δ ${delta}.`;
}

function* spokenFigures(figures: Figures, contract: DataContract, deviation: number): Iterable<string> {
  switch (figures.statistic) {
    case 'target':
      yield `${figures.name}: ${figures.classes !== null ? counted(figures.classes) : quantiles(figures.histogram)}`;
      return;
    case 'distributions':
      for (const column of figures.columns) {
        const missing = Math.round(column.missing) === 0 ? '' : `, ${rows(column.missing)} missing`;
        yield `${column.name}: ${column.type === 'category' ? counted(column.categories) : quantiles(column.histogram)}${missing}`;
      }
      return;
    case 'moments': {
      for (const { name, count, mean, standardDeviation } of figures.columns)
        yield `${name}: mean ${known(mean, short)}, deviation ${known(standardDeviation, short)}, ${rows(count)} rows`;
      const names = figures.columns.map(({ name }) => name);
      for (const [a, first] of names.entries())
        for (const [b, second] of names.entries()) {
          const value = a < b ? (figures.correlations[a * names.length + b] ?? null) : null;
          if (value !== null && Math.abs(value) >= STRONG)
            yield `goes together: ${first} and ${second} (${value.toFixed(2)})`;
        }
      for (const axis of momentsAxes(figures, contract, deviation).slice(0, MOST_AXES))
        if (!axis.isBlurred)
          yield `differ most along: ${axisName(axis)} (${share(axis.share)}${axis.band > 0 ? ` ± ${share(axis.band)}` : ''})`;
      return;
    }
    case 'evaluation': {
      yield `version ${figures.version} on ${rows(figures.tally.count)} held-out rows:`;
      for (const name of MetricName.options) {
        const value = figure(figures.tally, name);
        if (value !== undefined)
          yield `  ${metrics[name].title}: ${metrics[name].isShare ? share(value) : short(value)}`;
      }
      const labels = classLabels(contract) ?? [];
      for (const [one, value] of figures.auc.entries())
        yield `  AUC${figures.auc.length === 1 ? '' : ` of ${labels[one] ?? one}`}: ${known(value, (auc) => auc.toFixed(3))}`;
      return;
    }
    case 'accuracies':
      yield `accuracy from device to device: mean ${known(figures.mean, share)}, worst tenth of the devices ${known(figures.worstTenth, share)}`;
      return;
    case 'labels':
      yield `classes from device to device: ${known(figures.divergence, (value) => `divergence ${value.toFixed(2)} (0 alike, 1 each class on devices of its own); the devices are ${divergenceWords(value)}`)}`;
      for (const { label, holders, mean, deviation } of figures.classes)
        yield `  ${label}: held by ${rows(holders)} of ${rows(figures.devices)} devices, share ${known(mean, share)} ± ${known(deviation, share)}`;
      return;
    case 'groups':
      yield `version ${figures.version} by ${figures.column}:`;
      for (const { group, shown } of figures.groups)
        yield shown === null
          ? `  ${group}: too few rows to say anything of`
          : `  ${group}: ${rows(shown.count)} rows, accuracy ${known(shown.accuracy, share)}; ${figures.labels
              .map(
                (label, one) =>
                  `${label} given to ${known(shown.given[one] ?? null, share)}, found of ${known(shown.recall[one] ?? null, share)}`,
              )
              .join('; ')}`;
      return;
    case 'slices': {
      const told = (loss: number): string =>
        figures.of === 'wrong' ? `${share(loss)} wrong` : `off by ${short(loss)}`;
      yield `version ${figures.version}, where it does worse; of all ${rows(figures.rows)} rows ${figures.whole === null ? 'too few to say' : told(figures.whole)}:`;
      for (const { says, shown, alone } of worstFirst(figures))
        yield `  ${says}: ${shown === null ? 'too few rows to say anything of' : `${told(shown.loss)}, ${rows(shown.count)} rows`}${alone.length === 0 ? '' : `; each alone ${alone.map((part) => known(part.shown?.loss ?? null, told)).join(' and ')}`}`;
      const pairs = pairWords(figures);
      if (pairs !== undefined) yield `  ${pairs}`;
      return;
    }
    case 'importance':
      yield `version ${figures.version}, what it leans on (mean of what a column adds, over ${rows(figures.rows)} rows${figures.reach === 0 ? '' : `; each ±${short(figures.reach)}`}):`;
      for (const { name, mean } of mostFirst(figures)) yield `  ${name}: ${known(mean, short)}`;
      return;
    case 'hashed-terms':
      for (const { name, held } of figures.columns) yield `${name}: ${heldWords(held, figures)}`;
      return;
    case 'contract-rules':
      yield `of ${rows(figures.checked)} devices whose files were checked, ${rows(figures.whole)} lost no row`;
      for (const { name, broken } of figures.columns)
        if (broken.some((devices) => devices > 0))
          yield `  ${name}: ${kinds.flatMap((kind, at) => (broken[at] === 0 ? [] : [`${kind} in ${rows(broken[at] ?? 0)}`])).join(', ')}`;
      return;
    default:
      figures satisfies never;
  }
}

const known = (value: number | null, words: (value: number) => string): string =>
  value === null ? '–' : words(value);
const short = (value: number): string => String(Number(value.toPrecision(4)));
const share = (value: number): string => `${(value * 100).toFixed(1)} %`;
/** Noise may leave less than nothing: it is said as it is. */
const rows = (value: number): string => Math.round(value).toLocaleString('en');
const counted = (items: readonly { readonly label: string; readonly count: number }[]): string =>
  items.map(({ label, count }) => `${label} ${rows(count)}`).join(', ');
const quantiles = (histogram: Histogram | null): string =>
  (histogram?.quantiles ?? []).map(({ of, value }) => `${share(of)} below ${known(value, short)}`).join(', ');
