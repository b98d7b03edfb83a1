// Which settings a spec has rounds try, before any round: what people are told by, and what a device may be asked to train by.
import type { FederationSpec } from '../federation.ts';
import type { TrainingPlan } from '../model/spec.ts';

/** What may be tried of a plan. */
export type TriedSettings = Pick<TrainingPlan, 'learningRate' | 'localEpochs' | 'batchSize'>;

export type Planned = Pick<FederationSpec, 'plan' | 'tuning'>;

/**
 * Every combination of the lists, in their order; of ranges that of their ends, between which all lie that are ever given. None where
 * nothing is tried.
 */
export function settingsTried({ plan, tuning }: Planned): readonly TriedSettings[] {
  if (tuning === undefined) return [];
  const ends = (range: { readonly least: number; readonly most: number } | undefined): readonly number[] =>
    range === undefined ? [] : [range.least, range.most];
  const [rates, epochs, batches] =
    tuning.by === 'fedex'
      ? [tuning.learningRates, tuning.localEpochs, tuning.batchSizes]
      : [ends(tuning.learningRate), ends(tuning.localEpochs), ends(tuning.batchSize)];
  const among = (values: readonly number[], usual: number): readonly number[] =>
    values.length === 0 ? [usual] : values;
  return among(rates, plan.learningRate).flatMap((learningRate) =>
    among(epochs, plan.localEpochs).flatMap((localEpochs) =>
      among(batches, plan.batchSize).map((batchSize) => ({ learningRate, localEpochs, batchSize })),
    ),
  );
}

/** The plans of all of them; without any, the spec's own. */
export const plansTried = (spec: Planned): readonly TrainingPlan[] =>
  spec.tuning === undefined
    ? [spec.plan]
    : settingsTried(spec).map((settings) => ({ ...spec.plan, ...settings }));

/** Members of a population where nobody says how many (fedpop.ts). */
export const USUAL_POPULATION = 6;
