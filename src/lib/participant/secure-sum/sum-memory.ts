// For which rounds this device has answered, over reloads: once in each, or the server could ask for "the same again, with one device
// fewer" and read the difference (SECURE_AGGREGATION, §1.4, rules 3 and 5). A round that failed after its answers is made anew from the
// same version, with new keys; that may happen so often, and no more, and then the device waits for the next version. A new run is a new
// campaign, which its coordinator started before everybody's eyes.
import * as v from 'valibot';
import { Digest, RoundNumber, RunNumber, type FederationId } from '../../core/ids.ts';
import type { SumConfig } from '../../core/secure-sum/messages.ts';
import type { ParticipantStore } from '../../ports/participant-store.ts';

/** Attempts at one version (SECURE_AGGREGATION, §1.6). */
export const MOST_ANSWERS = 3;

/** `round`: earlier versions of the app did not keep it. */
const Answered = v.array(v.strictObject({ run: RunNumber, base: Digest, round: v.optional(RoundNumber) }));

/** Versions follow each other: an old one does not come back but by a restored server. */
const MOST_KEPT = 200;

const keyOf = (federation: FederationId): string => `summed:${federation}`;

async function read(
  store: ParticipantStore,
  federation: FederationId,
): Promise<v.InferOutput<typeof Answered>> {
  const kept = v.safeParse(Answered, await store.settings.get(keyOf(federation)));
  return kept.success ? kept.output : [];
}

/** Why this device takes no part in the sum, in a sentence; undefined: it may. */
export async function answersNoMore(
  store: ParticipantStore,
  { federation, run, base, round }: SumConfig,
): Promise<string | undefined> {
  const ofVersion = (await read(store, federation)).filter((one) => one.run === run && one.base === base);
  if (ofVersion.some((one) => one.round === round))
    return 'This device has helped to open the sum of this round before, and does so once: it takes part in the next one.';
  return ofVersion.length < MOST_ANSWERS
    ? undefined
    : `This device has helped to open ${ofVersion.length} sums of updates of this version, and none became a version: it takes part again from the next version on.`;
}

/** Durable when it resolves, which is before the answer leaves. */
export async function willAnswer(
  store: ParticipantStore,
  { federation, run, base, round }: SumConfig,
): Promise<void> {
  const kept = await read(store, federation);
  if (kept.some((one) => one.run === run && one.round === round)) return;
  await store.settings.put(keyOf(federation), [...kept, { run, base, round }].slice(-MOST_KEPT));
}
