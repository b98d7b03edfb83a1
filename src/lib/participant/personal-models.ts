// What a device makes of the shared model for itself: a part of it of its own (FedPer, FedBN), a model of its own beside it
// (Ditto), or the version trained on (fine-tuning). All of it stays in this device's store; only tallies of it are told. Rounds and scoring call
// this at their places; the keeping and the arithmetic are here.
import type { FederationId } from '../core/ids.ts';
import type { Tally } from '../core/metrics/tally.ts';
import { hasOwnPart, ownPart } from '../core/model/own-part.ts';
import { lengthOf, withValues } from '../core/model/ranges.ts';
import type { Network } from '../core/model/network.ts';
import type { TrainingPlan } from '../core/model/spec.ts';
import type { FederationSpec, Personalisation } from '../core/federation.ts';
import { random } from '../core/random.ts';
import { digestOfText } from '../core/digest.ts';
import type { Clock } from '../ports/clock.ts';
import { StorageFull } from '../ports/dataset-store.ts';
import type { ParticipantStore } from '../ports/participant-store.ts';
import type { Configured } from '../protocol/messages.ts';
import type { NetworkEquipment } from './equipment.ts';
import { startState, trainLocally, type LocalTraining } from './train-locally.ts';
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
  /** Ditto's training ends at its next step: the model is kept as far as it came. */
  stop(): void;
}

export function createPersonalModels(options: {
  readonly federation: FederationId;
  readonly store: ParticipantStore;
  readonly clock: Clock;
  onFull(full: StorageFull): void;
  onEvent(sentence: string): void;
}): PersonalModels {
  const { federation, store, clock } = options;
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

  /** [P]; undefined where it failed, which the person is told. */
  async function train(
    { engine, network, rows, spec }: NetworkEquipment,
    plan: TrainingPlan,
    from: Pick<LocalTraining, 'base' | 'start'>,
    signal: AbortSignal,
    control = createTrainingControl(),
  ): Promise<{ readonly parameters: Float32Array<ArrayBuffer>; readonly isWhole: boolean } | undefined> {
    const stop = (): void => control.stop();
    signal.addEventListener('abort', stop);
    if (signal.aborted) stop();
    try {
      const outcome = await trainLocally(
        {
          key: ownKey(federation),
          settings: digestOfText(''),
          network,
          plan,
          training: rows.training,
          heldOut: null,
          metric: spec.metric.name,
          ...from,
          checkpoint: undefined,
        },
        {
          engine,
          clock,
          control,
          // A model for this device's own use: what a closed page cuts off is trained again at the next round or version.
          saveCheckpoint: async () => {},
          onProgress: () => {},
          onNotice: (sentence) => options.onEvent(sentence),
        },
      );
      if (outcome.type !== 'failed')
        return { parameters: outcome.parameters, isWhole: outcome.type === 'finished' };
      options.onEvent(`Your own model stays as it was: ${outcome.message}`);
      return undefined;
    } finally {
      signal.removeEventListener('abort', stop);
    }
  }

  async function tallyOf(
    { engine, network, rows, spec }: NetworkEquipment,
    parameters: Float32Array<ArrayBuffer>,
    signal: AbortSignal,
  ): Promise<Tally> {
    const session = await (await engine.trainer()).open(network, spec.plan);
    try {
      await session.setState(startState(parameters));
      return await session.evaluate(rows.heldOut, { signal });
    } finally {
      session.close();
    }
  }

  return {
    async startOf(network, personalisation, version) {
      if (!hasOwnPart(personalisation)) return version;
      const values = await store.vectors.get(ownPartKey(federation));
      return withValues(version, ownPart(network, personalisation), values);
    },
    keepOwnPart: (values) => keep(ownPartKey(federation), values),
    async trainBeside(equipment, personalisation, { round, plan }, base, signal) {
      if (personalisation.type !== 'ditto') return;
      const own = await keptModel(store, federation, equipment.network, personalisation, base);
      const seed = random(plan.seed, 'own-model', round).below(4294967296);
      // v ← v − η(∇F_k(v) + λ(v − w_t)): Li, Hu, Beirami, Smith 2021, "Ditto", algorithm 1. The term stands alone: FedProx's μ
      // is of the shared model's training.
      const control = createTrainingControl();
      beside = control;
      const trained = await train(
        equipment,
        { ...plan, seed, proximalTerm: personalisation.lambda },
        { base, start: own ?? base },
        signal,
        control,
      );
      if (trained !== undefined) await keep(ownKey(federation), trained.parameters);
    },
    async score(equipment, { plan, personalisation }, { number, parameters, scored }, signal) {
      if (personalisation.type === 'none') return null;
      const own = await keptModel(store, federation, equipment.network, personalisation, parameters);
      switch (personalisation.type) {
        case 'fedper':
        case 'fedbn':
          return own === undefined ? null : scored;
        case 'ditto':
          return own === undefined ? null : tallyOf(equipment, own, signal);
        case 'finetune': {
          const seed = random(plan.seed, 'fine-tuning', number).below(4294967296);
          const tuning = { ...plan, seed, localEpochs: personalisation.epochs, proximalTerm: 0 };
          const tuned = await train(equipment, tuning, { base: parameters }, signal);
          // Half of the epochs are another model than the one that is asked about.
          if (tuned?.isWhole !== true) return null;
          await keep(ownKey(federation), tuned.parameters);
          return tallyOf(equipment, tuned.parameters, signal);
        }
        default:
          return personalisation satisfies never;
      }
    },
    stop: () => beside?.stop(),
  };
}
