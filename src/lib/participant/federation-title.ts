// What a federation is called, kept beside what this device has of it: “My device” names it also when the server is away, or the
// federation is no more.
import * as v from 'valibot';
import type { FederationId } from '../core/ids.ts';
import type { ParticipantStore } from '../ports/participant-store.ts';

const keyOf = (federation: FederationId): string => `federation-title:${federation}`;

/** undefined: none was kept. */
export async function readTitle(
  store: Pick<ParticipantStore, 'settings'>,
  federation: FederationId,
): Promise<string | undefined> {
  const read = v.safeParse(v.string(), await store.settings.get(keyOf(federation)));
  return read.success && read.output !== '' ? read.output : undefined;
}

export async function keepTitle(
  store: Pick<ParticipantStore, 'settings'>,
  federation: FederationId,
  title: string,
): Promise<void> {
  if ((await readTitle(store, federation)) !== title) await store.settings.put(keyOf(federation), title);
}
