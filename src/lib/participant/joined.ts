// What this device remembers of having joined a federation, so that a reload goes on taking part.
import * as v from 'valibot';
import { FederationId } from '../core/ids.ts';
import type { ParticipantStore } from '../ports/participant-store.ts';

export const Joined = v.object({
  federation: FederationId,
  dataset: v.string(),
  name: v.nullable(v.string()),
  backend: v.nullable(v.picklist(['webgpu', 'webgl', 'wasm', 'cpu', 'reference'])),
  /** When the person paused; null while it runs. A pause never ends by itself. */
  pausedAt: v.nullable(v.number()),
  joinedAt: v.number(),
});
export type Joined = v.InferOutput<typeof Joined>;

export const joinedKey = (federation: FederationId): string => `joined:${federation}`;

export async function readJoined(store: ParticipantStore, federation: FederationId): Promise<Joined | undefined> {
  const read = v.safeParse(Joined, await store.settings.get(joinedKey(federation)));
  return read.success ? read.output : undefined;
}

export const writeJoined = (store: ParticipantStore, federation: FederationId, joined: Joined | null): Promise<void> =>
  store.settings.put(joinedKey(federation), joined);
