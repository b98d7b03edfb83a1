// One round on this device: receive the base, train on own rows, and form the update (delta = after − before). What is
// done with the update belongs to delivery.ts.
import { bytesOf, digestOf, digestOfText } from '../core/digest.ts';
import type { FederationId } from '../core/ids.ts';
import type { MetricName } from '../core/metrics/figures.ts';
import type { Network } from '../core/model/network.ts';
import { updateCheck } from '../core/update/check-update.ts';
import type { Checkpoint, OutboxEntry } from '../ports/participant-store.ts';
import type { TrainerFailure } from '../ports/trainer.ts';
import { MAXIMUM_COORDINATE } from '../protocol/limits.ts';
import type { Configured } from '../protocol/messages.ts';
import { roundSeed } from './batch-order.ts';
import type { OwnRows } from './own-rows.ts';
import { trainLocally, type LocalTraining, type TrainingSurroundings } from './train-locally.ts';

export type RoundOutcome =
  | { readonly type: 'trained'; readonly entry: OutboxEntry }
  | { readonly type: 'stopped' }
  | { readonly type: 'failed'; readonly kind: 'diverged' | TrainerFailure['kind']; readonly message: string };

/** One for all rounds of a federation: a tab that was closed in mid-round leaves no checkpoint behind for every such round. */
export const checkpointKey = (federation: FederationId): string => `round:${federation}`;

/** What a round's training is set up from. A checkpoint of another setting is not taken up. */
export function roundTraining(
  message: Configured,
  network: Network,
  rows: OwnRows,
  base: Float32Array<ArrayBuffer>,
  metric: MetricName,
  checkpoint: Checkpoint | undefined,
): LocalTraining {
  const settings = digestOfText(
    JSON.stringify([message.round, message.plan, message.base.digest, rows.version, network.spec]),
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
    checkpoint: checkpoint?.settings === settings ? checkpoint : undefined,
  };
}

export async function workRound(
  message: Configured,
  training: LocalTraining,
  surroundings: TrainingSurroundings,
): Promise<RoundOutcome> {
  const outcome = await trainLocally(training, surroundings);
  switch (outcome.type) {
    case 'stopped':
      return { type: 'stopped' };
    case 'failed':
      return outcome;
    case 'finished':
      return formUpdate(message, training, outcome.parameters);
    default:
      return outcome satisfies never;
  }
}

/** delta = after − before, in the place of `after`. An update that the server would refuse is not sent. */
function formUpdate(
  message: Configured,
  training: LocalTraining,
  after: Float32Array<ArrayBuffer>,
): RoundOutcome {
  const { base } = training;
  const delta = after;
  for (let i = 0; i < delta.length; i += 1) delta[i] = delta[i]! - base[i]!;
  const check = updateCheck(delta.length, MAXIMUM_COORDINATE);
  const fault = check.add(delta);
  if (fault !== undefined) {
    const parameter = 'index' in fault ? `Parameter ${fault.index}` : 'A parameter';
    const detail =
      fault.kind === 'too-large-coordinate'
        ? `${parameter} changed by ${fault.got.toPrecision(3)}, beyond the limit of ±${fault.limit}.`
        : `${parameter} is no longer a number.`;
    return { type: 'failed', kind: 'diverged', message: detail };
  }
  const bytes = new Uint8Array(delta.buffer, delta.byteOffset, delta.byteLength);
  return {
    type: 'trained',
    entry: {
      federation: message.federation,
      round: message.round,
      offer: {
        round: message.round,
        base: message.base.digest,
        codec: 'f32',
        bytes: bytes.byteLength,
        digest: digestOf(bytesOf(delta)),
        examples: training.training.count,
      },
      bytes,
    },
  };
}
