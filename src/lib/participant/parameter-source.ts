// Parameters by their digest: from this device where they are kept, else from the coordinator, and then kept.
import type { Digest } from '../core/ids.ts';
import type { CoordinatorLink, TransferOptions } from '../ports/coordinator-link.ts';
import { StorageFull } from '../ports/dataset-store.ts';
import type { ParticipantStore } from '../ports/participant-store.ts';

export async function parametersOf(
  { store, link }: { readonly store: ParticipantStore; readonly link: CoordinatorLink },
  named: { readonly digest: Digest; readonly bytes: number },
  options: TransferOptions & { readonly onFull?: (full: StorageFull) => void } = {},
): Promise<Float32Array<ArrayBuffer>> {
  const kept = await store.parameters.get(named.digest);
  if (kept !== undefined) return kept;
  const parameters = await link.parameters(named.digest, named.bytes, options);
  try {
    await store.parameters.put(named.digest, parameters);
  } catch (cause) {
    // A cache without room costs another download, nothing else.
    if (!(cause instanceof StorageFull)) throw cause;
    options.onFull?.(cause);
  }
  return parameters;
}
