// Choosing a model on the form: what of a draft follows from it.
import { metrics, type MetricName } from '#lib/core/metrics/figures.ts';
import { readSummedSettings, roundsNeeded, summedFamilyNamed } from '#lib/core/summed-models.ts';
import { metricFits } from './console-draft-check.ts';
import { optionsOf, type Draft } from './console-draft.ts';

/** Rounds that the model as typed takes at most; undefined for networks, and while a setting is refused. */
export function roundsTyped(draft: Draft): number | undefined {
  const family = summedFamilyNamed(draft.family);
  if (family === undefined) return undefined;
  const settings = readSummedSettings(family.name, optionsOf(draft));
  return settings.ok ? roundsNeeded(settings.value) : undefined;
}

/** A change of the model: as many rounds as it takes, unless others were typed; and a metric that it has. */
export function changeModel(draft: Draft, change: (draft: Draft) => void): void {
  const before = roundsTyped(draft);
  change(draft);
  const after = roundsTyped(draft);
  if (after !== undefined && (before === undefined || draft.rules.maximumRounds === before))
    draft.rules.maximumRounds = after;
  if (metricFits(draft, draft.metric.name)) return;
  const fitting = (Object.keys(metrics) as MetricName[]).find((name) => metricFits(draft, name));
  if (fitting !== undefined) draft.metric = { name: fitting, target: null };
}
