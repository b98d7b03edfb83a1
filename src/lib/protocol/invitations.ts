// Invitations to a federation that only invited devices may join: what a coordinator asks for, and what the list shows. The code
// of an invitation is shown once, to whoever makes it; the server keeps its digest.
import * as v from 'valibot';
import { ParticipantId } from '../core/ids.ts';

/** Names an invitation, and lets nobody in. */
export const InvitationId = v.pipe(
  v.string(),
  v.regex(/^[0-9a-f]{12}$/, '12 hex digits'),
  v.brand('InvitationId'),
);
export type InvitationId = v.InferOutput<typeof InvitationId>;

/** 16 random bytes in base64url. */
export const INVITATION_CODE = /^[\w-]{22}$/;
/** What comes before the code in an invitation link: "https://tributary.example/f/digits?invite=…". */
export const INVITATION_PARAMETER = 'invite';

/** The code in a link that was pasted, or pasted alone; undefined where there is none. */
export function invitationCodeIn(pasted: string): string | undefined {
  const text = pasted.trim();
  const code = URL.canParse(text) ? new URL(text).searchParams.get(INVITATION_PARAMETER) : text;
  return code !== null && INVITATION_CODE.test(code) ? code : undefined;
}

export const MOST_INVITED_DEVICES = 10_000;

const whole = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

export const NewInvitation = v.strictObject({
  /** For the coordinator's eyes: whom it is for. */
  note: v.pipe(v.string(), v.trim(), v.maxLength(200)),
  /** How many devices may join by it. */
  devices: v.pipe(v.number(), v.safeInteger(), v.minValue(1), v.maxValue(MOST_INVITED_DEVICES)),
  /** Milliseconds from now; null: it does not expire. */
  expiresInMs: v.nullable(
    v.pipe(v.number(), v.safeInteger(), v.minValue(60_000), v.maxValue(366 * 86_400_000)),
  ),
});
export type NewInvitation = v.InferOutput<typeof NewInvitation>;

export const InvitationState = v.picklist(['open', 'used', 'expired', 'revoked']);
export type InvitationState = v.InferOutput<typeof InvitationState>;

export const InvitationView = v.strictObject({
  id: InvitationId,
  note: v.string(),
  createdAt: v.number(),
  expiresAt: v.nullable(v.number()),
  devices: whole,
  state: InvitationState,
  /** In the order in which they came. */
  redeemed: v.array(v.strictObject({ participant: ParticipantId, at: v.number() })),
});
export type InvitationView = v.InferOutput<typeof InvitationView>;

/** The only answer that holds the code. */
export const MadeInvitation = v.strictObject({ invitation: InvitationView, code: v.string() });
export type MadeInvitation = v.InferOutput<typeof MadeInvitation>;
