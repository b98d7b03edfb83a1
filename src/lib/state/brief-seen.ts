// Which version of a federation’s brief was agreed to on this device, so that a later one is told of. Beside what the worker keeps of
// joining: the page alone shows the words, and knows that they were read.
import type { FederationId } from '../core/ids.ts';
import type { ParticipantStore } from '../ports/participant-store.ts';

const keyOf = (federation: FederationId): string => `brief-seen:${federation}`;

/** undefined: none was kept, of a device that joined before briefs had versions. */
export async function briefSeen(
  store: ParticipantStore,
  federation: FederationId,
): Promise<number | undefined> {
  const seen = await store.settings.get(keyOf(federation));
  return typeof seen === 'number' ? seen : undefined;
}

export const keepBriefSeen = (
  store: ParticipantStore,
  federation: FederationId,
  version: number,
): Promise<void> => store.settings.put(keyOf(federation), version);
