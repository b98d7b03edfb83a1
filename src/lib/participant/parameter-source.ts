// Parameters by their digest: from this device where they are kept, else made of a kept version and the differences that lead
// from it, else from the coordinator whole; and then kept.
import { bytesOf, digestOf } from '../core/digest.ts';
import type { Digest, FederationId } from '../core/ids.ts';
import { applyDelta, versionContext } from '../core/update/broadcast.ts';
import { parseCodec } from '../core/update/codec/index.ts';
import { WrongBytes, type CoordinatorLink, type TransferOptions } from '../ports/coordinator-link.ts';
import { StorageFull } from '../ports/dataset-store.ts';
import type { ParticipantStore } from '../ports/participant-store.ts';
import type { VersionDelta } from '../protocol/views.ts';

export interface SourcedVersion {
  readonly digest: Digest;
  readonly bytes: number;
  /** Newest first: the last step to this version comes first. */
  readonly deltas?: readonly VersionDelta[];
}

interface Sources {
  /** null: of no federation, and without differences. */
  readonly federation: FederationId | null;
  readonly store: ParticipantStore;
  readonly link: CoordinatorLink;
}

export async function parametersOf(
  sources: Sources,
  named: SourcedVersion,
  options: TransferOptions & { readonly onFull?: (full: StorageFull) => void } = {},
): Promise<Float32Array<ArrayBuffer>> {
  const { store, link } = sources;
  const kept = await store.parameters.get(named.digest);
  if (kept !== undefined) return kept;
  const parameters =
    (await fromHeld(sources, named, options)) ?? (await link.parameters(named.digest, named.bytes, options));
  try {
    await store.parameters.put(named.digest, parameters);
  } catch (cause) {
    // A cache without room costs another download, nothing else.
    if (!(cause instanceof StorageFull)) throw cause;
    options.onFull?.(cause);
  }
  return parameters;
}

/** undefined: no version is held that the differences start from, or they do not lead to the digest. */
async function fromHeld(
  { federation, store, link }: Sources,
  { digest, deltas = [] }: SourcedVersion,
  options: TransferOptions,
): Promise<Float32Array<ArrayBuffer> | undefined> {
  if (federation === null) return undefined;
  const steps: VersionDelta[] = [];
  let held: Float32Array<ArrayBuffer> | undefined;
  for (const delta of deltas) {
    if (delta.to !== (steps[0]?.from ?? digest)) return undefined;
    steps.unshift(delta);
    held = await store.parameters.get(delta.from);
    if (held !== undefined) break;
  }
  const total = steps.reduce((sum, step) => sum + step.bytes, 0);
  let before = 0;
  for (const step of steps) {
    const codec = parseCodec(step.codec);
    if (held === undefined || !codec.ok) return undefined;
    const { signal, onProgress } = options;
    try {
      const bytes = await link.blob(step.digest, step.bytes, {
        ...(signal === undefined ? {} : { signal }),
        onProgress: (fraction) => onProgress?.((before + fraction * step.bytes) / total),
      });
      const made = applyDelta(held, bytes, codec.value, versionContext(federation, step.version));
      if (!made.ok) return undefined;
      held = made.value;
    } catch (failure) {
      // Bytes that are not what they should be: the whole version is asked for, and checked, instead.
      if (failure instanceof WrongBytes) return undefined;
      throw failure;
    }
    before += step.bytes;
  }
  return held !== undefined && digestOf(bytesOf(held)) === digest ? held : undefined;
}
