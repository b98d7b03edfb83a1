// What this device remembers of having joined a federation, so that a reload goes on taking part.
import * as v from 'valibot';
import { FederationId } from '../core/ids.ts';
import { Privacy } from '../core/privacy/rules.ts';
import { SecureSumRules } from '../core/secure-sum/rules.ts';
import { StatisticsRules } from '../core/statistics/rules.ts';
import { BackendName } from './backend-choice.ts';
import type { ParticipantStore } from '../ports/participant-store.ts';

/** What its person agreed to, as far as it protects their rows (agreed-terms.ts). */
export const AgreedTerms = v.object({
  privacy: Privacy,
  secureSum: v.optional(SecureSumRules),
  statistics: v.optional(StatisticsRules),
  /** Rounds try local settings, and devices tell two losses of each. */
  tuning: v.optional(v.literal(true)),
  /** Devices that are held out make a version their own, and tell what that is worth. */
  heldOutTrain: v.optional(v.literal(true)),
  /** δ: the share of a secure sum’s devices that may be missing: its rings are as wide as that needs. */
  leaving: v.number(),
});
export type AgreedTerms = v.InferOutput<typeof AgreedTerms>;

export const Joined = v.object({
  federation: FederationId,
  dataset: v.string(),
  name: v.nullable(v.string()),
  backend: v.nullable(BackendName),
  /** Labels that the person gave this device. */
  tags: v.optional(v.array(v.string()), []),
  /** The code that it joins by, where it was given one. */
  invitation: v.optional(v.nullable(v.string()), null),
  /** When the person paused; null while it runs. A pause never ends by itself. */
  pausedAt: v.nullable(v.number()),
  joinedAt: v.number(),
  /** Surveys that the federation said it may ask, when the person joined: what it allows itself later is not answered. */
  surveys: v.optional(v.number(), 0),
  /** null: of a device that joined when none were kept, until it joins again. */
  terms: v.optional(v.nullable(AgreedTerms), null),
  /** What rounds on other data left may lie here still: an earlier program did not take it away when a device joined. */
  leftOfOthers: v.optional(v.boolean(), true),
});
export type Joined = v.InferOutput<typeof Joined>;

export const joinedKey = (federation: FederationId): string => `joined:${federation}`;

export async function readJoined(
  store: ParticipantStore,
  federation: FederationId,
): Promise<Joined | undefined> {
  const read = v.safeParse(Joined, await store.settings.get(joinedKey(federation)));
  return read.success ? read.output : undefined;
}

export async function writeJoined(
  store: ParticipantStore,
  federation: FederationId,
  joined: Joined | null,
): Promise<void> {
  const others = (await joinedFederations(store)).filter((one) => one !== federation);
  await store.settings.put(joinedKey(federation), joined);
  await store.settings.put(LIST, joined === null ? others : [...others, federation]);
}

const LIST = 'joined-federations';

/** Every federation that this device has joined and not left. While there is none, it connects without an identity. */
export async function joinedFederations(store: ParticipantStore): Promise<readonly FederationId[]> {
  const read = v.safeParse(v.array(FederationId), await store.settings.get(LIST));
  return read.success ? read.output : [];
}
