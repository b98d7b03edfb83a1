// How a model of one's own is made: trained on this device's rows, for its own use, and judged by those that it holds out. When it is,
// and what is kept of it, is personal-models.ts's to say. Loaded with the first.
import { digestOfText } from '../core/digest.ts';
import type { FederationSpec, Personalisation } from '../core/federation.ts';
import type { FederationId } from '../core/ids.ts';
import type { Tally } from '../core/metrics/tally.ts';
import type { TrainingPlan } from '../core/model/spec.ts';
import { random } from '../core/random.ts';
import type { Clock } from '../ports/clock.ts';
import type { NetworkEquipment } from './equipment.ts';
import type { OwnRows } from './own-rows.ts';
import { ownKey } from './personal-models.ts';
import { startState, trainLocally, type LocalTraining, type TrainingOutcome } from './train-locally.ts';
import { createTrainingControl } from './training-control.ts';

/** What it takes of a device. */
export interface OwnTraining extends Pick<NetworkEquipment, 'engine' | 'network'> {
  readonly rows: Pick<OwnRows, 'training' | 'heldOut'>;
  readonly spec: Pick<FederationSpec, 'plan' | 'metric'>;
}

export interface OwnTrainingSurroundings {
  readonly federation: FederationId;
  readonly clock: Clock;
  onEvent(sentence: string): void;
  /** So many milliseconds went into it. */
  onTrained?(ms: number): void;
}

/** `made`: the number of the round or the version that it is trained beside or from. */
export function ownPlan(plan: TrainingPlan, personalisation: Personalisation, made: number): TrainingPlan {
  const seed = (of: string): number => random(plan.seed, of, made).below(4294967296);
  switch (personalisation.type) {
    case 'none':
      return plan;
    case 'fedper':
    case 'fedbn':
      return { ...plan, seed: seed('own-part') };
    case 'ditto':
      // v ← v − η(∇F_k(v) + λ(v − w_t)): Li, Hu, Beirami, Smith 2021, "Ditto", algorithm 1. The term stands alone: FedProx's μ
      // is of the shared model's training.
      return { ...plan, seed: seed('own-model'), proximalTerm: personalisation.lambda };
    case 'finetune':
      return { ...plan, seed: seed('fine-tuning'), localEpochs: personalisation.epochs, proximalTerm: 0 };
    default:
      return personalisation satisfies never;
  }
}

/** Within engine.alone(). Stopped by `signal`, and by whoever has `control`. */
export async function trainOwn(
  { engine, network, rows, spec }: OwnTraining,
  plan: TrainingPlan,
  from: Pick<LocalTraining, 'base' | 'start'>,
  { federation, clock, onEvent, onTrained }: OwnTrainingSurroundings,
  signal: AbortSignal,
  control = createTrainingControl(),
): Promise<TrainingOutcome> {
  const stop = (): void => control.stop();
  signal.addEventListener('abort', stop);
  if (signal.aborted) stop();
  const began = clock.monotonic();
  try {
    return await trainLocally(
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
        onNotice: onEvent,
      },
    );
  } finally {
    onTrained?.(clock.monotonic() - began);
    signal.removeEventListener('abort', stop);
  }
}

/** What a model says of the held-out rows. Within engine.alone(). */
export async function tallyOf(
  { engine, network, rows, spec }: OwnTraining,
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
