// From trained parameters to the update that is sent: delta = after − before, with what earlier rounds could not send and, where the
// strategy asks for it, the change of this device's control behind it, encoded as the round asks. What the server would refuse is
// not sent.
import { digestOf } from '../core/digest.ts';
import type { ParticipantId } from '../core/ids.ts';
import { clearIn, type Range } from '../core/model/ranges.ts';
import type { DrawBytes } from '../core/privacy/random-bits.ts';
import { fail, ok, type Result } from '../core/result.ts';
import type { Judged } from '../core/search/judged.ts';
import { updateCheck } from '../core/update/check-update.ts';
import type { Codec } from '../core/update/codec/codec.ts';
import { codecNamed, decodeAll } from '../core/update/codec/index.ts';
import { updateContext } from '../core/update/context.ts';
import { encodeWithFeedback } from '../core/update/error-feedback.ts';
import type { OutboxEntry } from '../ports/participant-store.ts';
import { MAXIMUM_COORDINATE } from '../protocol/limits.ts';
import type { Configured } from '../protocol/messages.ts';
import { protect, statedFacts } from './protection.ts';

/** What a secure sum makes its words of (core/secure-sum/encoding.ts). */
export interface ToSum {
  /** [updateLength] */
  readonly values: Float32Array<ArrayBuffer>;
  readonly examples: number;
  readonly steps: number;
  readonly baseLoss: number | null;
}

export type FormedUpdate = ReadUpdate | SummedUpdate;

/** Of a round whose updates are read one by one. */
export function readOneByOne(formed: FormedUpdate): ReadUpdate {
  if (formed.entry === null)
    throw new Error('An update that is to be masked has no bytes that could be read.');
  return formed;
}

/** It is masked before it is kept or sent. */
export interface SummedUpdate {
  readonly entry: null;
  readonly toSum: ToSum;
  readonly residual: null;
  readonly controlChange: null;
}

export interface ReadUpdate {
  readonly entry: OutboxEntry;
  /** [P]: what this codec could not send, to be added to the next update; null where it loses nothing for good. */
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
  /** What is this device's own of the parameters, and is sent as zeros. */
  readonly own: readonly Range[];
  /** [P]: Δc of SCAFFOLD, which follows the delta; null: the strategy asks for none. */
  readonly controlChange: Float32Array | null;
  readonly examples: number;
  readonly steps: number;
  readonly baseLoss: number | null;
  /** What it measured of the settings that it was given. */
  readonly judged?: Judged | undefined;
  /** For noise that the device itself adds. */
  readonly draw: DrawBytes;
}

/** The update, or why there is none, in a sentence for the person. */
export function formUpdate(trained: TrainedRound): Result<FormedUpdate, string> {
  const { base, residual, controlChange, own } = trained;
  const delta = trained.after;
  for (let i = 0; i < delta.length; i += 1) delta[i] = delta[i]! - base[i]!;
  clearIn(own, delta);
  const values = controlChange === null ? delta : joined(delta, controlChange);
  protect(values, trained.message.privacy, trained.draw);
  const fault = updateCheck(values.length, MAXIMUM_COORDINATE).add(values);
  if (fault !== undefined) {
    const parameter = 'index' in fault ? named(fault.index, delta.length) : 'A parameter';
    return fail(
      fault.kind === 'too-large-coordinate'
        ? `${parameter} changed by ${fault.got.toPrecision(3)}, beyond the limit of ±${fault.limit}.`
        : `${parameter} is no longer a number.`,
    );
  }
  if (trained.message.secureSum !== undefined) return ok(toBeSummed(trained, values));
  // A residual of another model is worth nothing to this one.
  const kept = residual?.length === delta.length ? Float32Array.from(residual) : undefined;
  if (kept !== undefined) clearIn(own, kept);
  const { entry, residual: left, arrived } = encodeUpdate(trained, values, kept);
  return ok({
    entry,
    residual: left,
    controlChange: controlChange === null ? null : arrived().slice(delta.length),
  });
}

/** The update of a device that added up its rows, [updateLength]: it is sent as it is. */
export const formSums = (
  summed: Pick<TrainedRound, 'message' | 'participant' | 'examples'>,
  sums: Float32Array<ArrayBuffer>,
): FormedUpdate => {
  const told = { ...summed, steps: 1, baseLoss: null };
  return summed.message.secureSum === undefined
    ? { entry: encodeUpdate(told, sums, undefined).entry, residual: null, controlChange: null }
    : toBeSummed(told, sums);
};

const toBeSummed = (
  { examples, steps, baseLoss }: Omit<ToSum, 'values'>,
  values: Float32Array<ArrayBuffer>,
): SummedUpdate => ({
  entry: null,
  toSum: { values, examples, steps, baseLoss },
  residual: null,
  controlChange: null,
});

/** `arrived`: [values.length], what the server will read. */
function encodeUpdate(
  {
    message,
    participant,
    examples,
    steps,
    baseLoss,
    judged,
  }: Pick<TrainedRound, 'message' | 'participant' | 'examples' | 'steps' | 'baseLoss' | 'judged'>,
  values: Float32Array<ArrayBuffer>,
  residual: Float32Array<ArrayBuffer> | undefined,
): Pick<ReadUpdate, 'entry' | 'residual'> & { arrived(): Float32Array<ArrayBuffer> } {
  const { federation, round, base, uplink } = message;
  const codec = codecNamed(uplink);
  const seed = updateContext(federation, round, participant);
  const { bytes, residual: left } = codec.needsErrorFeedback
    ? encodeWithFeedback(values, residual, codec, seed)
    : { bytes: codec.encode(values, seed), residual: null };
  return {
    entry: {
      federation,
      round,
      offer: {
        round,
        base: base.digest,
        codec: codec.name,
        bytes: bytes.byteLength,
        digest: digestOf(bytes),
        ...statedFacts(message, { examples, steps }),
        baseLoss,
        ...(judged && { judged }),
      },
      bytes,
      ...(message.asks.includes('judged') && { plan: message.plan }),
    },
    residual: left,
    arrived: () => arrivedAs(codec, bytes, values.length, seed),
  };
}

function joined(delta: Float32Array, controlChange: Float32Array): Float32Array<ArrayBuffer> {
  const values = new Float32Array(delta.length + controlChange.length);
  values.set(delta);
  values.set(controlChange, delta.length);
  return values;
}

function arrivedAs(codec: Codec, bytes: Uint8Array, length: number, seed: string): Float32Array<ArrayBuffer> {
  const read = decodeAll(codec, bytes, length, seed);
  if (!read.ok) throw new Error(`What ${codec.name} encodes it cannot decode: ${read.error.kind}.`);
  return read.value;
}

const named = (index: number, parameterCount: number): string =>
  index < parameterCount ? `Parameter ${index}` : `The control of parameter ${index - parameterCount}`;
