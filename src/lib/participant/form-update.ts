// From trained parameters to the update that is sent: delta = after − before, with what earlier rounds could not send and, where the
// strategy asks for it, the change of this device's control behind it, encoded as the round asks. What the server would refuse is
// not sent.
import { digestOf } from '../core/digest.ts';
import type { ParticipantId } from '../core/ids.ts';
import { fail, ok, type Result } from '../core/result.ts';
import { updateCheck } from '../core/update/check-update.ts';
import { codecNamed, decodeAll } from '../core/update/codec/index.ts';
import { updateContext } from '../core/update/context.ts';
import type { OutboxEntry } from '../ports/participant-store.ts';
import { MAXIMUM_COORDINATE } from '../protocol/limits.ts';
import type { Configured } from '../protocol/messages.ts';

export interface FormedUpdate {
  readonly entry: OutboxEntry;
  /** [P]: what this codec could not send, to be added to the next update; null: nothing is kept. */
  readonly residual: Float32Array<ArrayBuffer> | null;
  /** [P]: Δc as the server reads it from the bytes, so that the two move alike also where a codec rounds; null: none was sent. */
  readonly controlChange: Float32Array<ArrayBuffer> | null;
}

export interface TrainedRound {
  readonly message: Configured;
  readonly participant: ParticipantId;
  /** [P] each; `after` is written over. */
  readonly base: Float32Array;
  readonly after: Float32Array<ArrayBuffer>;
  readonly residual: Float32Array | undefined;
  /** [P]: Δc of SCAFFOLD, which follows the delta; null: the strategy asks for none. */
  readonly controlChange: Float32Array | null;
  readonly examples: number;
  readonly steps: number;
  readonly baseLoss: number | null;
}

/** The update, or why there is none, in a sentence for the person. */
export function formUpdate(trained: TrainedRound): Result<FormedUpdate, string> {
  const { message, base, residual, controlChange } = trained;
  const codec = codecNamed(message.uplink);
  const delta = trained.after;
  for (let i = 0; i < delta.length; i += 1) delta[i] = delta[i]! - base[i]!;
  if (codec.needsErrorFeedback && residual?.length === delta.length)
    for (let i = 0; i < delta.length; i += 1) delta[i] = delta[i]! + residual[i]!;
  const values = controlChange === null ? delta : joined(delta, controlChange);
  const fault = updateCheck(values.length, MAXIMUM_COORDINATE).add(values);
  if (fault !== undefined) {
    const parameter = 'index' in fault ? named(fault.index, delta.length) : 'A parameter';
    return fail(
      fault.kind === 'too-large-coordinate'
        ? `${parameter} changed by ${fault.got.toPrecision(3)}, beyond the limit of ±${fault.limit}.`
        : `${parameter} is no longer a number.`,
    );
  }
  const seed = updateContext(message.federation, message.round, trained.participant);
  const bytes = codec.encode(values, seed);
  let left: Float32Array<ArrayBuffer> | null = null;
  let change: Float32Array<ArrayBuffer> | null = null;
  if (codec.needsErrorFeedback || controlChange !== null) {
    const sent = decodeAll(codec, bytes, values.length, seed);
    if (!sent.ok) throw new Error(`What ${codec.name} encodes it cannot decode: ${sent.error.kind}.`);
    if (codec.needsErrorFeedback) left = delta.map((value, i) => value - sent.value[i]!);
    if (controlChange !== null) change = sent.value.slice(delta.length);
  }
  return ok({
    entry: {
      federation: message.federation,
      round: message.round,
      offer: {
        round: message.round,
        base: message.base.digest,
        codec: codec.name,
        bytes: bytes.byteLength,
        digest: digestOf(bytes),
        examples: trained.examples,
        steps: trained.steps,
        baseLoss: trained.baseLoss,
      },
      bytes,
    },
    residual: left,
    controlChange: change,
  });
}

function joined(delta: Float32Array, controlChange: Float32Array): Float32Array<ArrayBuffer> {
  const values = new Float32Array(delta.length + controlChange.length);
  values.set(delta);
  values.set(controlChange, delta.length);
  return values;
}

const named = (index: number, parameterCount: number): string =>
  index < parameterCount ? `Parameter ${index}` : `The control of parameter ${index - parameterCount}`;
