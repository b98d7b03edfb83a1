// Where one secure sum stands at the server, what happens to it, and what is to be done then (attempt.ts).
import * as v from 'valibot';
import { Digest } from '../ids.ts';
import { Advert, bytesText, Consent, Nonce, Reveal, SharedKeys, Slot, Slots, SumConfig } from './messages.ts';

const rostered = {
  config: SumConfig,
  /** U1, ascending by slot. */
  roster: v.array(Advert),
};
const drawn = {
  ...rostered,
  /** Of all of a large roster, in its order; of a small one none. */
  nonces: v.array(Nonce),
};
const shared = {
  ...drawn,
  /** U2, ascending, each with what it committed itself to. */
  shared: v.array(v.strictObject({ slot: Slot, commit: bytesText(32) })),
  /** Vectors that are kept, in order of arrival. */
  masked: v.array(v.strictObject({ slot: Slot, update: Digest })),
};
const closed = {
  ...shared,
  /** U3, ascending. */
  summed: Slots,
  consents: v.array(Consent),
};

/** `collecting` and later are durable; before, a restart ends the attempt, for nothing has been given away yet. */
export const SumAttempt = v.variant('phase', [
  v.strictObject({
    phase: v.literal('advertising'),
    config: SumConfig,
    /** Slots that may still show their keys. */
    awaited: Slots,
    adverts: v.array(Advert),
  }),
  v.strictObject({ phase: v.literal('drawing'), ...rostered, awaited: Slots, nonces: v.array(Nonce) }),
  v.strictObject({ phase: v.literal('sharing'), ...drawn, awaited: Slots, keys: v.array(SharedKeys) }),
  v.strictObject({ phase: v.literal('collecting'), ...shared }),
  v.strictObject({ phase: v.literal('consenting'), ...closed }),
  v.strictObject({ phase: v.literal('revealing'), ...closed, reveals: v.array(Reveal) }),
  v.strictObject({ phase: v.literal('summed'), ...closed }),
  v.strictObject({ phase: v.literal('aborted'), config: SumConfig, reason: v.string() }),
]);
export type SumAttempt = v.InferOutput<typeof SumAttempt>;
export type SumPhase = SumAttempt['phase'];
type In<Phase extends SumPhase> = Extract<SumAttempt, { phase: Phase }>;
export type Advertising = In<'advertising'>;
export type Drawing = In<'drawing'>;
export type Sharing = In<'sharing'>;
export type Collecting = In<'collecting'>;
export type Consenting = In<'consenting'>;
export type Revealing = In<'revealing'>;

export type SumEvent =
  | { readonly type: 'advert'; readonly advert: Advert }
  | { readonly type: 'nonce'; readonly nonce: Nonce }
  | { readonly type: 'keys'; readonly keys: SharedKeys }
  /** A whole vector is kept. */
  | { readonly type: 'masked'; readonly slot: number; readonly update: Digest }
  /** Enough vectors, or no time for more: those that are kept are summed. */
  | { readonly type: 'close' }
  | { readonly type: 'consent'; readonly consent: Consent }
  | { readonly type: 'reveal'; readonly reveal: Reveal }
  /** The masks are off. */
  | { readonly type: 'recovered' }
  /** With these answers they do not come off: `blamed` sent what does not fit. */
  | { readonly type: 'unrecoverable'; readonly blamed: readonly number[]; readonly answers: number }
  /** A device that has not sent what is waited for will not. */
  | { readonly type: 'gone'; readonly slot: number }
  | { readonly type: 'deadline'; readonly phase: SumPhase }
  | { readonly type: 'cancelled'; readonly reason: string };

export type SumEffect =
  | { readonly type: 'record' }
  | { readonly type: 'send-roster' }
  | { readonly type: 'send-nonces' }
  /** To each of U2 what the others sealed for it. */
  | { readonly type: 'forward'; readonly keys: readonly SharedKeys[] }
  | { readonly type: 'ask' }
  | { readonly type: 'send-consents' }
  /** t answers or more are there: take the masks off. */
  | { readonly type: 'recover' }
  | { readonly type: 'abort'; readonly reason: string };
