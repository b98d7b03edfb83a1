// A hostile device's update: bytes read back as the delta that they stand for, and another delta put in their place, in the
// codec and with the claims of an honest one.
import type { ParticipantId } from '#lib/core/ids.ts';
import { codecNamed, decodeAll } from '#lib/core/update/codec/index.ts';
import { updateContext } from '#lib/core/update/context.ts';
import { formUpdate, readOneByOne } from '#lib/participant/form-update.ts';
import type { OutboxEntry } from '#lib/ports/participant-store.ts';
import type { UpdateOffer } from '#lib/protocol/http.ts';
import type { Configured } from '#lib/protocol/messages.ts';
import { seededBytes } from './seeded-bytes.ts';
import type { TrainingResult } from './workbench.ts';

/** What a hostile device knows of its round; the rest of an attack's setting is the same for all. */
export interface HostileRound {
  /** Devices configured, the hostile among them. */
  readonly cohort: number;
  readonly hostile: number;
  readonly serverLearningRate: number;
}

/** The `length` values that an update's bytes stand for. */
export function decodedUpdate(
  { offer, bytes, federation, round }: OutboxEntry,
  participant: ParticipantId,
  length: number,
): Float32Array<ArrayBuffer> {
  const values = decodeAll(
    codecNamed(offer.codec),
    bytes,
    length,
    updateContext(federation, round, participant),
  );
  if (!values.ok) throw new Error(`An update that was just made cannot be read: ${values.error.kind}.`);
  return values.value;
}

/** As a hostile device reads it: it neither clips its update nor adds noise. */
export function unprotected(message: Configured): Configured {
  const { privacy: _, ...rest } = message;
  return rest;
}

/** `delta` as this round's update; claims are those of an honest update of the same rows. */
export function craftedUpdate(
  message: Configured,
  participant: ParticipantId,
  delta: Float32Array<ArrayBuffer>,
  claims: Pick<UpdateOffer, 'examples' | 'steps' | 'baseLoss'>,
): TrainingResult {
  const { examples, steps, baseLoss } = claims;
  const formed = formUpdate({
    message: unprotected(message),
    participant,
    base: new Float32Array(delta.length),
    after: delta,
    residual: undefined,
    own: [],
    controlChange: null,
    examples,
    steps,
    baseLoss,
    draw: seededBytes(0),
  });
  return formed.ok
    ? { type: 'trained', entry: readOneByOne(formed.value).entry, residual: undefined, control: undefined }
    : { type: 'failed', message: formed.error };
}
