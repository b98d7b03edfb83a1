// Where a headless participant keeps its identity and its work: in memory, or in a directory of its own that a later process takes
// up again. One process at a time has it: two would be one participant twice.
import { join } from 'node:path';
import { createMemoryParticipantStore } from '#lib/adapters/memory/participant-store.ts';
import { DamagedState, openFileParticipantStore } from '#lib/adapters/node/participant-store.ts';
import type { FederationId } from '#lib/core/ids.ts';
import type { ParticipantStore } from '#lib/ports/participant-store.ts';
import { DataDirectoryInUse, ownDataDirectory } from '../adapters/data-directory.ts';
import { UnusableData } from './own-data.ts';

export interface KeptState {
  readonly store: ParticipantStore;
  /** Whether it outlives the process. */
  readonly isKept: boolean;
  /** Another process may take it up; once more does nothing. */
  close(): void;
}

/** `index`: 0-based within the whole command, however it is spread over processes. Rejects with UnusableData. */
export async function openKeptState(
  directory: string | null,
  index: number,
  federation: FederationId,
): Promise<KeptState> {
  if (directory === null) return { store: createMemoryParticipantStore(), isKept: false, close: () => {} };
  const path = join(directory, `participant-${index + 1}`);
  try {
    const owned = ownDataDirectory(path, '--state');
    try {
      const store = await openFileParticipantStore(join(path, 'kept'));
      // What was damaged is said now, and not in the middle of a round.
      await store.identity();
      await store.outbox.list(federation);
      let isOpen = true;
      const close = (): void => {
        if (isOpen) owned.close();
        isOpen = false;
      };
      return { store, isKept: true, close };
    } catch (failure) {
      owned.close();
      throw failure;
    }
  } catch (cause) {
    if (cause instanceof DataDirectoryInUse || cause instanceof DamagedState)
      throw new UnusableData(cause.message, { cause });
    if (cause instanceof Error && 'code' in cause)
      throw new UnusableData(`The state directory ${path} cannot be used: ${cause.message}`, { cause });
    throw cause;
  }
}
