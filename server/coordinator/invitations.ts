// Who may join a federation that is not open: invitations, and the devices that redeemed one. A device is let in by its key and
// for good: what ends is an invitation, which then lets in nobody else. Whoever is to go again is excluded by name.
import type { ParticipantId } from '#lib/core/ids.ts';
import { digestOfText } from '#lib/core/digest.ts';
import { fail, ok, type Result } from '#lib/core/result.ts';
import {
  INVITATION_CODE,
  type InvitationId,
  type InvitationState,
  type InvitationView,
} from '#lib/protocol/invitations.ts';
import type { AdmissionRecord, InvitationRecord } from '../ports/records.ts';

export class Invitations {
  readonly #invitations = new Map<InvitationId, InvitationRecord>();
  readonly #admitted = new Map<ParticipantId, AdmissionRecord>();

  constructor(invitations: readonly InvitationRecord[], admissions: readonly AdmissionRecord[]) {
    for (const invitation of invitations) this.put(invitation);
    for (const admission of admissions) this.admit(admission);
  }

  put(invitation: InvitationRecord): void {
    this.#invitations.set(invitation.id, invitation);
  }

  admit(admission: AdmissionRecord): void {
    this.#admitted.set(admission.participant, admission);
  }

  get(id: InvitationId): InvitationRecord | undefined {
    return this.#invitations.get(id);
  }

  isAdmitted(participant: ParticipantId): boolean {
    return this.#admitted.has(participant);
  }

  /** Everybody that was ever let in. */
  get admitted(): readonly ParticipantId[] {
    return [...this.#admitted.keys()];
  }

  /** Which invitation a code redeems now; else why none, for the person to read. */
  redeemable(code: string | undefined, now: number): Result<InvitationRecord, string> {
    if (code === undefined)
      return fail(
        'It takes invited devices only. Open the invitation link that you were sent, or ask its coordinator for one.',
      );
    const digest = INVITATION_CODE.test(code) ? digestOfText(code) : undefined;
    const found = [...this.#invitations.values()].find((one) => one.digest === digest);
    if (found === undefined)
      return fail(
        'It knows no such invitation. Check that the whole link was copied, or ask its coordinator for another.',
      );
    const state = this.#stateOf(found, now);
    switch (state) {
      case 'open':
        return ok(found);
      case 'used':
        return fail(
          found.devices === 1
            ? 'This invitation was for one device, and another has used it. Ask its coordinator for another.'
            : `This invitation was for ${found.devices} devices, and as many have used it. Ask its coordinator for another.`,
        );
      case 'expired':
        return fail('This invitation has expired. Ask its coordinator for another.');
      case 'revoked':
        return fail('This invitation was taken back. Ask its coordinator for another.');
      default:
        return state satisfies never;
    }
  }

  view(invitation: InvitationRecord, now: number): InvitationView {
    const { id, note, createdAt, expiresAt, devices } = invitation;
    const redeemed = this.#redeemedBy(id).map(({ participant, at }) => ({ participant, at }));
    return { id, note, createdAt, expiresAt, devices, state: this.#stateOf(invitation, now), redeemed };
  }

  /** Newest first. */
  views(now: number): InvitationView[] {
    return [...this.#invitations.values()].reverse().map((one) => this.view(one, now));
  }

  #redeemedBy(id: InvitationId): AdmissionRecord[] {
    return [...this.#admitted.values()].filter((one) => one.invitation === id);
  }

  #stateOf(invitation: InvitationRecord, now: number): InvitationState {
    if (invitation.revokedAt !== null) return 'revoked';
    if (this.#redeemedBy(invitation.id).length >= invitation.devices) return 'used';
    return invitation.expiresAt !== null && invitation.expiresAt <= now ? 'expired' : 'open';
  }
}
