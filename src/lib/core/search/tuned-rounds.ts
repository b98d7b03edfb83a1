// Local settings that a federation tries in its rounds (FedexState in fedex.ts is how likely each is): which there are, who is given
// which, and what a round makes of the chances. A device is judged by what training changed on rows that it keeps apart ("diff" of
// the authors' own program, github.com/mkhodak/FedEx, here as a share): unlike the loss itself, that says little of how hard its rows are.
import * as v from 'valibot';
import type { FederationSpec } from '../federation.ts';
import type { TrainingPlan } from '../model/spec.ts';
import { random } from '../random.ts';
import { afterRound, drawnConfiguration, firstFedex, type FedexState } from './fedex.ts';
import type { Tried } from './judged.ts';

/** What may be tried of a plan. */
export type TriedSettings = Pick<TrainingPlan, 'learningRate' | 'localEpochs' | 'batchSize'>;

export const TuningState = v.strictObject({
  chances: v.array(v.number()),
  rounds: v.number(),
  baseline: v.strictObject({ sum: v.number(), weight: v.number() }),
  squares: v.number(),
});

type Planned = Pick<FederationSpec, 'plan' | 'tuning'>;

/** Every combination, in the order of the lists; none where nothing is tried. */
export function settingsTried({ plan, tuning }: Planned): readonly TriedSettings[] {
  if (tuning === undefined) return [];
  const among = (values: readonly number[], usual: number): readonly number[] =>
    values.length === 0 ? [usual] : values;
  return among(tuning.learningRates, plan.learningRate).flatMap((learningRate) =>
    among(tuning.localEpochs, plan.localEpochs).flatMap((localEpochs) =>
      among(tuning.batchSizes, plan.batchSize).map((batchSize) => ({ learningRate, localEpochs, batchSize })),
    ),
  );
}

/** `state`: what the rounds so far came to; undefined: there was none. */
const stateOf = (spec: Planned, state: FedexState | undefined): FedexState =>
  state ?? firstFedex(settingsTried(spec).length);

/** How likely each is in the next round; undefined where nothing is tried. */
export function chancesOf(
  spec: Planned,
  state: FedexState | undefined,
): (TriedSettings & { chance: number })[] | undefined {
  if (spec.tuning === undefined) return undefined;
  const { chances } = stateOf(spec, state);
  return settingsTried(spec).map((settings, at) => ({ ...settings, chance: chances[at] ?? 0 }));
}

/** What a device is given in a round, by its place among all: the same however often it is asked for. */
export const settingsDrawn = (
  spec: Planned,
  state: FedexState | undefined,
  { federation, round, participant }: { federation: string; round: number; participant: string },
): number =>
  drawnConfiguration(
    stateOf(spec, state),
    random(spec.plan.seed, 'local-settings', federation, round, participant).next(),
  );

export const planTried = (spec: Planned, settings: number): TrainingPlan => ({
  ...spec.plan,
  ...settingsTried(spec)[settings],
});

/**
 * The change of the loss as a share of what it was, from −1 to 1: neither a claim nor rows whose errors are large by their unit weigh
 * more than others of as many rows. Beyond twice the loss of before all is alike, and so is training that came to nothing.
 */
const changeOf = ({ before, after }: Pick<Tried, 'before' | 'after'>): number =>
  after === null ? 1 : before === 0 ? 0 : Math.min(after / before, 2) - 1;

export const tunedBy = (spec: Planned, state: FedexState | undefined, tried: readonly Tried[]): FedexState =>
  afterRound(
    stateOf(spec, state),
    tried.map((one) => ({ configuration: one.settings, loss: changeOf(one), rows: one.rows })),
  );
