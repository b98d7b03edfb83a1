// One round on this device: train from the base on own rows, or add them up. What is made of the result is form-update.ts's, what
// is done with it rounds.ts's.
import type { ModelRows, SummedModel } from '../core/aggregation/summed-model.ts';
import { bytesOf, digestOf, digestOfText } from '../core/digest.ts';
import type { ParticipantId } from '../core/ids.ts';
import type { MetricName } from '../core/metrics/metric-name.ts';
import type { Network } from '../core/model/network.ts';
import { valuesIn, type Range } from '../core/model/ranges.ts';
import type { DrawBytes } from '../core/privacy/random-bits.ts';
import { HIGHEST_LOSS, isUndone, type Judged, type JudgedInVain } from '../core/search/judged.ts';
import { controlChange, correctionOf, type RoundControl } from '../core/update/control.ts';
import type { Checkpoint } from '../ports/participant-store.ts';
import type { Rows, TrainerFailure } from '../ports/trainer.ts';
import type { Configured } from '../protocol/messages.ts';
import { batchesOf, roundSeed } from './batch-order.ts';
import { formSums, formUpdate, type FormedUpdate } from './form-update.ts';
import type { OwnRows } from './own-rows.ts';
import { checkpointKey } from './round-keys.ts';
import { trainLocally, type LocalTraining, type TrainingSurroundings } from './train-locally.ts';

export type RoundOutcome =
  | {
      readonly type: 'trained';
      readonly formed: FormedUpdate;
      /** The values of this device's own part, as trained; empty where all is shared. */
      readonly own: Float32Array<ArrayBuffer>;
    }
  | { readonly type: 'stopped' }
  | {
      readonly type: 'failed';
      readonly kind: 'diverged' | 'unsuited' | TrainerFailure['kind'];
      readonly message: string;
      /** Settings that were to be tried came to nothing; null: and there is no figure for that; undefined: none were, or it is not theirs. */
      readonly inVain?: JudgedInVain | null | undefined;
    };

/** What a round's training is set up from. A checkpoint of another setting is not taken up. */
export function roundTraining(
  message: Configured,
  {
    network,
    rows,
    base,
    own,
    metric,
    checkpoint,
    control,
  }: {
    readonly network: Network;
    readonly rows: Pick<OwnRows, 'version'> & { readonly training: Rows };
    /** [P]: the base version, with this device's own values in `own`. */
    readonly base: Float32Array<ArrayBuffer>;
    readonly own: readonly Range[];
    readonly metric: MetricName;
    readonly checkpoint: Checkpoint | undefined;
    readonly control: RoundControl | undefined;
  },
): LocalTraining {
  const correction = control === undefined ? undefined : correctionOf(control);
  const settings = digestOfText(
    JSON.stringify([
      message.round,
      message.plan,
      message.base.digest,
      rows.version,
      network.spec,
      correction === undefined ? null : digestOf(bytesOf(correction)),
      own.length === 0 ? null : digestOf(bytesOf(valuesIn(own, base))),
    ]),
  );
  return {
    key: checkpointKey(message.federation),
    settings,
    network,
    plan: { ...message.plan, seed: roundSeed(message.plan.seed, message.round) },
    training: rows.training,
    // Held-out rows judge versions, once committed; here they would only take time from the round.
    heldOut: null,
    metric,
    base,
    correction,
    asksBaseLoss: message.asks.includes('base-loss'),
    checkpoint: checkpoint?.settings === settings ? checkpoint : undefined,
  };
}

/** What this device kept of earlier rounds that the update is made with. */
export interface RoundMemory {
  readonly participant: ParticipantId;
  /** [P]: what the codec could not send before; undefined counts as zeros. */
  readonly residual: Float32Array<ArrayBuffer> | undefined;
  /** What is this device's own of the parameters (core/model/own-part.ts). */
  readonly own: readonly Range[];
  /** What its gradients are corrected by; undefined: nothing. */
  readonly control: RoundControl | undefined;
  /** For noise that the device itself adds. */
  readonly draw: DrawBytes;
  /** Where local settings are tried. */
  readonly trial?: Trial | undefined;
}

export interface Trial {
  /** undefined: there are too few rows for one. */
  readonly judge: Judge | undefined;
}

/** Says what training changes, on rows that it does not learn from (judging.ts). */
export interface Judge {
  readonly rows: number;
  /** The loss of the best answer that is the same for all of them. */
  readonly ofNothing: number;
  /** Of parameters [P]; null: it is no number; undefined: no back end is left to measure it. */
  loss(
    parameters: Float32Array<ArrayBuffer>,
    onNotice: TrainingSurroundings['onNotice'],
  ): Promise<number | null | undefined>;
}

const UNDONE = 'The settings that were tried here undid what the model knew.';

export async function workRound(
  message: Configured,
  training: LocalTraining,
  memory: RoundMemory,
  surroundings: TrainingSurroundings,
): Promise<RoundOutcome> {
  const { trial } = memory;
  const judge = trial?.judge;
  const lossOf = (parameters: Float32Array<ArrayBuffer>) => judge?.loss(parameters, surroundings.onNotice);
  const before = await lossOf(training.base);
  const known = judge && before != null ? { rows: judge.rows, before } : null;
  const judged = (after: number | null | undefined): Judged | undefined =>
    known !== null && after !== undefined ? { ...known, after: after ?? HIGHEST_LOSS } : undefined;
  const inVain = trial && known;
  const outcome = await trainLocally(training, surroundings);
  switch (outcome.type) {
    case 'stopped':
      return { type: 'stopped' };
    case 'failed':
      // A larger batch than the plan's may be what memory did not hold.
      return outcome.kind === 'diverged' || outcome.kind === 'out-of-memory'
        ? { ...outcome, inVain }
        : outcome;
    case 'finished': {
      const { base, plan } = training;
      const steps = plan.localEpochs * batchesOf(training.training.count, plan.batchSize);
      const after = outcome.parameters;
      const { participant, residual, control, own, draw } = memory;
      const told = judged(await lossOf(after));
      if (judge && told !== undefined && isUndone(told, judge.ofNothing))
        return { type: 'failed', kind: 'diverged', message: UNDONE, inVain };
      // The update is made in the same buffer.
      const kept = valuesIn(own, after);
      const formed = formUpdate({
        message,
        participant,
        base,
        own,
        controlChange:
          control === undefined
            ? null
            : controlChange(control, { base, after, steps, learningRate: plan.learningRate }),
        after,
        residual,
        examples: training.training.count,
        steps,
        baseLoss: outcome.baseLoss,
        judged: told,
        draw,
      });
      return formed.ok
        ? { type: 'trained', formed: formed.value, own: kept }
        : { type: 'failed', kind: 'diverged', message: formed.error, inVain };
    }
    default:
      return outcome satisfies never;
  }
}

/** The same where nothing is trained: sums over the rows, against the base version [P]. */
export function sumRound(
  message: Configured,
  participant: ParticipantId,
  sums: SummedModel,
  base: Float32Array,
  rows: ModelRows,
): Exclude<RoundOutcome, { type: 'stopped' }> {
  const update = sums.update(base, rows);
  return update.ok
    ? {
        type: 'trained',
        formed: formSums({ message, participant, examples: rows.count }, update.value),
        own: new Float32Array(0),
      }
    : { type: 'failed', kind: 'unsuited', message: update.error.message };
}
