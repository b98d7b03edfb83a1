// Who may take part in a federation: by invitation where it is not open, and never whom its coordinator left out. What is decided
// here is durable before it is told.
import { randomBytes } from 'node:crypto';
import * as v from 'valibot';
import { digestOfText } from '#lib/core/digest.ts';
import type { ParticipantId } from '#lib/core/ids.ts';
import { fail, ok, type Result } from '#lib/core/result.ts';
import { memberOf } from '#lib/core/round/round-state.ts';
import type { Exclusion } from '#lib/protocol/exclusions.ts';
import { InvitationId, type MadeInvitation, type NewInvitation } from '#lib/protocol/invitations.ts';
import type { Answer } from '#lib/protocol/messages.ts';
import type { AdmissionRecord, ExclusionRecord, InvitationRecord } from '../ports/records.ts';
import type { ActionRefusal } from './actions.ts';
import { displayName } from './connection.ts';
import type { Federation } from './federation.ts';
import { refused } from './messages.ts';

const REASON_ENDS = /[.!?…]$/;
const asSentence = (reason: string): string => (REASON_ENDS.test(reason) ? reason : `${reason}.`);

/**
 * Why this device may not take part; undefined: it may, and an invitation that it needed for that is redeemed. Within the queue.
 * Throws RecordsFull: the device is not answered, and tells it again.
 */
export async function notAdmitted(
  federation: Federation,
  participant: ParticipantId,
  code: string | undefined,
): Promise<Answer | undefined> {
  const { exclusions, invitations, record, around } = federation;
  const exclusion = exclusions.get(participant);
  if (exclusion !== undefined) return refused('excluded', asSentence(exclusion.reason));
  if (record.spec.access.type === 'open' || invitations.isAdmitted(participant)) return undefined;
  const at = around.clock.now();
  const redeemed = invitations.redeemable(code, at);
  if (!redeemed.ok) return refused('not-invited', redeemed.error);
  const invitation = redeemed.value.id;
  const admission: AdmissionRecord = { federation: record.id, participant, invitation, at };
  await federation.write([
    { type: 'insert-admission', record: admission },
    federation.entry('admitted', { participant, invitation }),
  ]);
  invitations.admit(admission);
  return undefined;
}

/** The code is told to nobody else: what is kept is its digest. */
export function invite(federation: Federation, wanted: NewInvitation): Promise<MadeInvitation> {
  return federation.enqueue(async () => {
    const { record, around, invitations } = federation;
    const at = around.clock.now();
    const code = randomBytes(16).toString('base64url');
    const made: InvitationRecord = {
      federation: record.id,
      id: v.parse(InvitationId, randomBytes(6).toString('hex')),
      digest: digestOfText(code),
      note: wanted.note,
      createdAt: at,
      expiresAt: wanted.expiresInMs === null ? null : at + wanted.expiresInMs,
      devices: wanted.devices,
      revokedAt: null,
    };
    const { id, devices, expiresAt } = made;
    await federation.write([
      { type: 'put-invitation', record: made },
      federation.entry('invited', { invitation: id, devices, expiresAt }),
    ]);
    invitations.put(made);
    return { invitation: invitations.view(made, at), code };
  });
}

/** It lets in nobody else; devices that redeemed it stay. */
export function revokeInvitation(federation: Federation, id: string): Promise<Result<void, ActionRefusal>> {
  return federation.enqueue(async () => {
    const { invitations, around } = federation;
    const known = v.safeParse(InvitationId, id);
    const invitation = known.success ? invitations.get(known.output) : undefined;
    if (invitation === undefined)
      return fail({ error: 'unknown-invitation', message: `There is no invitation ${id.slice(0, 40)}.` });
    if (invitation.revokedAt !== null) return ok(undefined);
    const revoked = { ...invitation, revokedAt: around.clock.now() };
    await federation.write([
      { type: 'put-invitation', record: revoked },
      federation.entry('invitation-revoked', { invitation: invitation.id }),
    ]);
    invitations.put(revoked);
    return ok(undefined);
  });
}

/** The device is checked out and told why; its updates are refused from now on. */
export function exclude(
  federation: Federation,
  participant: ParticipantId,
  { reason }: Exclusion,
): Promise<Result<void, ActionRefusal>> {
  return federation.enqueue(async () => {
    const { record, around, attendance, exclusions } = federation;
    if (!federation.knows(participant) && !exclusions.has(participant))
      return fail({
        error: 'unknown-participant',
        message: `No device ${participant} is here or took part of late.`,
      });
    const at = around.clock.now();
    const { round } = federation.driver;
    // Whoever was drawn is named as if it were not.
    const member =
      round === undefined || round.drawnFrom !== undefined ? undefined : memberOf(round, participant);
    const candidate = attendance.candidateOf(participant) ?? member?.candidate;
    const name = candidate?.name ?? displayName(null, participant);
    const exclusion: ExclusionRecord = { federation: record.id, participant, name, reason, at };
    await federation.write([
      { type: 'put-exclusion', record: exclusion },
      federation.entry('excluded', { participant, reason }),
    ]);
    exclusions.set(participant, exclusion);
    await turnAway(federation, participant, reason);
    return ok(undefined);
  });
}

/** It may check in again, and is asked to. */
export function readmit(
  federation: Federation,
  participant: ParticipantId,
): Promise<Result<void, ActionRefusal>> {
  return federation.enqueue(async () => {
    const { record, exclusions, attendance } = federation;
    if (!exclusions.has(participant))
      return fail({ error: 'unknown-participant', message: `The device ${participant} is not left out.` });
    await federation.write([
      { type: 'delete-exclusion', federation: record.id, participant },
      federation.entry('readmitted', { participant }),
    ]);
    exclusions.delete(participant);
    for (const connection of attendance.watchers())
      if (connection.participant === participant)
        connection.send('come-back', { federation: record.id, afterMs: 0 });
    return ok(undefined);
  });
}

/** Those that are here and may be no longer, once a federation that was open is so no more. Within the queue. */
export async function turnAwayUninvited(federation: Federation): Promise<void> {
  const { record, attendance, invitations } = federation;
  if (record.spec.access.type === 'open') return;
  for (const { candidate } of attendance.devices()) {
    if (invitations.isAdmitted(candidate.participant)) continue;
    await turnAway(federation, candidate.participant, 'It takes invited devices only now.');
  }
}

async function turnAway(federation: Federation, participant: ParticipantId, reason: string): Promise<void> {
  const { attendance, record } = federation;
  attendance
    .connectionOf(participant)
    ?.send('turned-away', { federation: record.id, message: asSentence(reason) });
  attendance.checkOut(participant);
  federation.left(participant);
  federation.graces.stop(participant);
  await federation.whenThereIsRoom(`withdrawn/${participant}`, async () => {
    await federation.feed({
      type: 'withdrawn',
      participant,
      reason: 'The coordinator left it out.',
      at: federation.around.clock.now(),
    });
  });
  federation.changed();
}
