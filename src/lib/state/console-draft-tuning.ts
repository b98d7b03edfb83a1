// Local settings that rounds try, as they are being typed: the lists are kept while it is off.
import * as v from 'valibot';
import type { FederationSpec } from '#lib/core/federation.ts';
import { settingsTried } from '#lib/core/search/tuned-rounds.ts';
import { numbersTyped } from './console-draft-numbers.ts';
import { settingsWords } from './tuning-words.ts';

export const DraftTuning = v.object({
  type: v.picklist(['off', 'on']),
  /** "0.01, 0.1" */
  learningRates: v.string(),
  localEpochs: v.string(),
  batchSizes: v.string(),
});
export type DraftTuning = v.InferOutput<typeof DraftTuning>;

export const plainTuning = (): DraftTuning => ({
  type: 'off',
  learningRates: '0.01, 0.03, 0.1, 0.3',
  localEpochs: '',
  batchSizes: '',
});

/** Typed again from a spec. */
export const tuningFrom = ({ tuning }: Pick<FederationSpec, 'tuning'>): DraftTuning =>
  tuning === undefined
    ? plainTuning()
    : {
        type: 'on',
        learningRates: tuning.learningRates.join(', '),
        localEpochs: tuning.localEpochs.join(', '),
        batchSizes: tuning.batchSizes.join(', '),
      };

/** As the schema reads it; nothing where it is off. */
export const tuningTyped = ({
  type,
  learningRates,
  localEpochs,
  batchSizes,
}: DraftTuning): { readonly tuning?: unknown } =>
  type === 'off'
    ? {}
    : {
        tuning: {
          learningRates: numbersTyped(learningRates),
          localEpochs: numbersTyped(localEpochs),
          batchSizes: numbersTyped(batchSizes),
        },
      };

/** For a list of what was chosen. */
export function tuningWords(spec: Pick<FederationSpec, 'plan' | 'tuning'>): string {
  const tried = settingsTried(spec);
  return tried.length === 0
    ? 'the same on all devices'
    : `rounds try ${tried.length}: ${tried.map((one) => settingsWords(one, tried)).join('; ')}`;
}
