// The messages of a secure sum (core/secure-sum/messages.ts) as they cross the wire: each names its federation and round, or survey.
import * as v from 'valibot';
import { FederationId, RoundNumber } from '../core/ids.ts';
import {
  Advert,
  Consent,
  Forward,
  Nonce,
  Reveal,
  SharedKeys,
  Slot,
  Slots,
  SumConfig,
} from '../core/secure-sum/messages.ts';
import { SumGroup } from '../core/secure-sum/roster-statement.ts';
import { Signature } from '../core/transparency/statements.ts';

const inRound = {
  federation: FederationId,
  round: RoundNumber,
  /** It is the sum of the survey of that number, and of no round. */
  survey: v.optional(v.literal(true)),
};

/** With `configured`: what the cohort sums, and this device's place in it. */
export const SumTask = v.strictObject({ config: SumConfig, slot: Slot });
export type SumTask = v.InferOutput<typeof SumTask>;

export const sumClientMessages = {
  'sum-advert': v.strictObject({ ...inRound, advert: Advert }),
  'sum-nonce': v.strictObject({ ...inRound, nonce: Nonce }),
  'sum-keys': v.strictObject({ ...inRound, keys: SharedKeys }),
  'sum-consent': v.strictObject({ ...inRound, consent: Consent }),
  'sum-reveal': v.strictObject({ ...inRound, reveal: Reveal }),
} as const;

export const sumServerMessages = {
  /** `signed`: core/secure-sum/roster-statement.ts. */
  'sum-roster': v.strictObject({
    ...inRound,
    roster: v.array(Advert),
    group: SumGroup,
    signed: Signature,
  }),
  /** Of a large roster: what all have drawn. */
  'sum-nonces': v.strictObject({ ...inRound, nonces: v.array(Nonce) }),
  'sum-forward': v.strictObject({ ...inRound, forward: Forward }),
  /** U3: who is in the sum. */
  'sum-question': v.strictObject({ ...inRound, summed: Slots }),
  'sum-consents': v.strictObject({ ...inRound, consents: v.array(Consent) }),
} as const;

/** The codec of a masked vector, as offers name it: words that no one reads alone. */
export const MASKED = 'masked';
