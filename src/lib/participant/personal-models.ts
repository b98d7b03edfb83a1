// What a device makes of the shared model for itself: a part of it of its own (FedPer, FedBN), a model of its own beside it
// (Ditto), or the version trained on (fine-tuning). All of it stays in this device's store; only tallies of it are told. Rounds and scoring call
// this at their places; the keeping is here, the making in own-model.ts.
import type { FederationId } from '../core/ids.ts';
import type { Tally } from '../core/metrics/tally.ts';
import { hasOwnPart, ownPart } from '../core/model/own-part.ts';
import { lengthOf, withValues } from '../core/model/ranges.ts';
import type { Network } from '../core/model/network.ts';
import type { FederationSpec, Personalisation } from '../core/federation.ts';
import { StorageFull } from '../ports/dataset-store.ts';
import type { ParticipantStore } from '../ports/participant-store.ts';
import type { Configured } from '../protocol/messages.ts';
import type { NetworkEquipment } from './equipment.ts';
import type { JudgedAsNew } from './new-device.ts';
import type { OwnTrainingSurroundings } from './own-model.ts';
import type { TrainingOutcome } from './train-locally.ts';
import { createTrainingControl, type TrainingControl } from './training-control.ts';

/** The own part of FedPer and FedBN, as core/model/ranges.ts packs it. */
export const ownPartKey = (federation: FederationId): string => `head:${federation}`;
/** Ditto's own model, or the version that was fine-tuned last: [P]. */
export const ownKey = (federation: FederationId): string => `own:${federation}`;

/**
 * The model of one's own [P] beside `version` [P], as it is kept on this device; undefined where there is none yet. For use:
 * scoring makes what is not there.
 */
export async function keptModel(
  store: ParticipantStore,
  federation: FederationId,
  network: Network,
  personalisation: Personalisation,
  version: Float32Array,
): Promise<Float32Array<ArrayBuffer> | undefined> {
  switch (personalisation.type) {
    case 'none':
      return undefined;
    case 'fedper':
    case 'fedbn': {
      const own = ownPart(network, personalisation);
      const values = await store.vectors.get(ownPartKey(federation));
      return values?.length === lengthOf(own) ? withValues(version, own, values) : undefined;
    }
    case 'ditto':
    case 'finetune': {
      const own = await store.vectors.get(ownKey(federation));
      return own?.length === network.parameterCount ? own : undefined;
    }
    default:
      return personalisation satisfies never;
  }
}

export interface PersonalModels {
  /** What a round trains from, and a version is scored by: `version` [P], with this device's own part where it has one. */
  startOf(
    network: Network,
    personalisation: Personalisation,
    version: Float32Array<ArrayBuffer>,
  ): Promise<Float32Array<ArrayBuffer>>;
  /** The own part after a round. Before its update is durable: trained again, it goes on from here. */
  keepOwnPart(values: Float32Array<ArrayBuffer>): Promise<void>;
  /** Ditto, after the shared model's part of the round: the own model takes the plan's epochs, held to `base` by λ. Within engine.alone(). */
  trainBeside(
    equipment: NetworkEquipment,
    personalisation: Personalisation,
    message: Pick<Configured, 'round' | 'plan'>,
    base: Float32Array<ArrayBuffer>,
    signal: AbortSignal,
  ): Promise<void>;
  /**
   * What the own model says of the held-out rows where `version`, started as startOf() says, made `scored`; null: there is none.
   * Within engine.alone().
   */
  score(
    equipment: NetworkEquipment,
    spec: Pick<FederationSpec, 'plan' | 'personalisation'>,
    version: {
      readonly number: number;
      readonly parameters: Float32Array<ArrayBuffer>;
      readonly scored: Tally;
    },
    signal: AbortSignal,
  ): Promise<Tally | null>;
  /**
   * The same on a device that never trains, with what the version says there itself (new-device.ts); undefined: no row is there to
   * judge by. Within engine.alone().
   */
  scoreAsNew(
    equipment: NetworkEquipment,
    spec: Pick<FederationSpec, 'plan' | 'personalisation'>,
    version: { readonly number: number; readonly parameters: Float32Array<ArrayBuffer> },
    signal: AbortSignal,
  ): Promise<JudgedAsNew | undefined>;
  /** Ditto's training ends at its next step: the model is kept as far as it came. */
  stop(): void;
}

export function createPersonalModels(
  options: OwnTrainingSurroundings & {
    readonly store: ParticipantStore;
    onFull(full: StorageFull): void;
  },
): PersonalModels {
  const { federation, store } = options;
  /** Of Ditto's training alone: a version that is fine-tuned is scored by all of its epochs, or not at all. */
  let beside: TrainingControl | undefined;

  const keep = async (key: string, values: Float32Array<ArrayBuffer>): Promise<void> => {
    try {
      await store.vectors.put(key, values);
    } catch (failure) {
      if (!(failure instanceof StorageFull)) throw failure;
      options.onFull(failure);
    }
  };
  const keepOwn = async (outcome: TrainingOutcome): Promise<void> =>
    outcome.type === 'failed'
      ? options.onEvent(`Your own model stays as it was: ${outcome.message}`)
      : keep(ownKey(federation), outcome.parameters);

  return {
    async startOf(network, personalisation, version) {
      if (!hasOwnPart(personalisation)) return version;
      const values = await store.vectors.get(ownPartKey(federation));
      return withValues(version, ownPart(network, personalisation), values);
    },
    keepOwnPart: (values) => keep(ownPartKey(federation), values),
    async trainBeside(equipment, personalisation, { round, plan }, base, signal) {
      if (personalisation.type !== 'ditto') return;
      const control = createTrainingControl();
      beside = control;
      const { ownPlan, trainOwn } = await import('./own-model.ts');
      const own = await keptModel(store, federation, equipment.network, personalisation, base);
      const besidePlan = ownPlan(plan, personalisation, round);
      await keepOwn(
        await trainOwn(equipment, besidePlan, { base, start: own ?? base }, options, signal, control),
      );
    },
    async score(equipment, { plan, personalisation }, { number, parameters, scored }, signal) {
      const { type } = personalisation;
      if (type === 'none') return null;
      const own = await keptModel(store, federation, equipment.network, personalisation, parameters);
      if (hasOwnPart(personalisation)) return own === undefined ? null : scored;
      const { ownPlan, tallyOf, trainOwn } = await import('./own-model.ts');
      if (type !== 'finetune') return own === undefined ? null : tallyOf(equipment, own, signal);
      const tuning = ownPlan(plan, personalisation, number);
      const tuned = await trainOwn(equipment, tuning, { base: parameters }, options, signal);
      // Half of the epochs are another model than the one that is asked about.
      if (tuned.type === 'stopped') return null;
      await keepOwn(tuned);
      return tuned.type === 'failed' ? null : tallyOf(equipment, tuned.parameters, signal);
    },
    async scoreAsNew(equipment, spec, version, signal) {
      const { judgeAsNew } = await import('./new-device.ts');
      return judgeAsNew(equipment, equipment.rows.heldOut, spec, version, options, signal);
    },
    stop: () => beside?.stop(),
  };
}
