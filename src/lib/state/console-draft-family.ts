// Choosing a model on the form: what of a draft follows from it.
import { metrics } from '#lib/core/metrics/metric-list.ts';
import type { MetricName } from '#lib/core/metrics/metric-name.ts';
import { readSummedSettings, roundsNeeded, summedFamilyNamed } from '#lib/core/summed-models.ts';
import { metricFits } from './console-draft-check.ts';
import { defaultOptions, emptyDraft, optionsOf, type Draft } from './console-draft.ts';

/** Rounds that the model as typed takes at most; null while a setting is refused; undefined for networks. */
export function roundsTyped(draft: Draft): number | null | undefined {
  const family = summedFamilyNamed(draft.family);
  if (family === undefined) return undefined;
  const settings = readSummedSettings(family.name, optionsOf(draft));
  return settings.ok ? roundsNeeded(settings.value) : null;
}

/** A change of the model: as many rounds as it takes, or as are usual, unless others were typed; and a metric that it has. */
export function changeModel(draft: Draft, change: (draft: Draft) => void): void {
  const before = roundsTyped(draft);
  change(draft);
  // A draft that was saved before there was this model has no settings of it.
  draft.options[draft.family] ??= { ...defaultOptions()[draft.family] };
  const after = roundsTyped(draft);
  if (before !== after && (before === undefined || draft.rules.maximumRounds === before))
    draft.rules.maximumRounds = after === undefined ? emptyDraft().rules.maximumRounds : after;
  if (metricFits(draft, draft.metric.name)) return;
  const fitting = (Object.keys(metrics) as MetricName[]).find((name) => metricFits(draft, name));
  if (fitting !== undefined) draft.metric = { name: fitting, target: null };
}
