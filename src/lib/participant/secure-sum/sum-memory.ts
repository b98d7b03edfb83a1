// Which models this device has answered about, over reloads: of one model at most one sum is opened with its help, or the server
// could ask for "the same again, with one device fewer" and read the difference (SECURE_AGGREGATION, §1.4, rule 5). A new run is a
// new campaign, which its coordinator started before everybody's eyes.
import * as v from 'valibot';
import { Digest, RunNumber, type FederationId } from '../../core/ids.ts';
import type { SumConfig } from '../../core/secure-sum/messages.ts';
import type { ParticipantStore } from '../../ports/participant-store.ts';

const Answered = v.array(v.strictObject({ run: RunNumber, base: Digest }));

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

export const hasAnswered = async (
  store: ParticipantStore,
  { federation, run, base }: SumConfig,
): Promise<boolean> => (await read(store, federation)).some((one) => one.run === run && one.base === base);

/** Durable when it resolves, which is before the answer leaves. */
export async function willAnswer(
  store: ParticipantStore,
  { federation, run, base }: SumConfig,
): Promise<void> {
  const kept = (await read(store, federation)).filter((one) => one.run !== run || one.base !== base);
  await store.settings.put(keyOf(federation), [...kept, { run, base }].slice(-MOST_KEPT));
}
