// Parameters by their digest: from this device where they are kept, else made of an anchor (kept, or what the seed makes, or
// fetched) and the differences that lead from it, else from the coordinator whole; and then kept.
import { bytesOf, digestOf } from '../core/digest.ts';
import type { Digest, FederationId } from '../core/ids.ts';
import { applyDelta, versionContext, wayTo, type Way } from '../core/update/broadcast.ts';
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
  /** What the model starts from, if version 0 is made of the plan's seed: it need not be downloaded. */
  readonly initial?: () => Float32Array<ArrayBuffer>;
}

type ParameterOptions = TransferOptions & { readonly onFull?: (full: StorageFull) => void };

export async function parametersOf(
  sources: Sources,
  named: SourcedVersion,
  options: ParameterOptions = {},
): Promise<Float32Array<ArrayBuffer>> {
  const { store, link } = sources;
  const kept = await store.parameters.get(named.digest);
  if (kept !== undefined) return kept;
  const parameters =
    (await fromAnchor(sources, named, options)) ??
    (await link.parameters(named.digest, named.bytes, options));
  await keep(store, named.digest, parameters, options);
  return parameters;
}

async function keep(
  store: ParticipantStore,
  digest: Digest,
  parameters: Float32Array<ArrayBuffer>,
  { onFull }: ParameterOptions,
): Promise<void> {
  try {
    await store.parameters.put(digest, parameters);
  } catch (cause) {
    // A cache without room costs another download, nothing else.
    if (!(cause instanceof StorageFull)) throw cause;
    onFull?.(cause);
  }
}

/** undefined: there are no differences, or they do not lead to the digest. */
async function fromAnchor(
  sources: Sources,
  { digest, bytes, deltas = [] }: SourcedVersion,
  options: ParameterOptions,
): Promise<Float32Array<ArrayBuffer> | undefined> {
  const { federation, store, link, initial } = sources;
  if (federation === null) return undefined;
  const held = await heldOf(store, [...deltas.map((delta) => delta.from), digest], initial);
  if (held?.digest === digest) return held.parameters;
  const way = wayTo(digest, deltas, (anchor) => anchor === held?.digest);
  if (way.steps.length === 0) return undefined;
  const reading = progressOf(way, bytes, options);
  try {
    let made = way.whole ? await link.parameters(way.from, bytes, reading(bytes)) : held!.parameters;
    let anchor = way.from;
    for (const step of way.steps) {
      const codec = parseCodec(step.codec);
      if (!codec.ok) return undefined;
      // Under its own name, once it is what the name says: from here on versions come as differences.
      if (anchor !== held?.digest) {
        if (digestOf(bytesOf(made)) !== anchor) return undefined;
        await keep(store, anchor, made, options);
      }
      const sent = await link.blob(step.digest, step.bytes, reading(step.bytes));
      const next = applyDelta(made, sent, codec.value, versionContext(federation, step.version));
      if (!next.ok) return undefined;
      made = next.value;
      anchor = step.to;
    }
    return digestOf(bytesOf(made)) === digest ? made : undefined;
  } catch (failure) {
    // Bytes that are not what they should be: the whole version is asked for, and checked, instead.
    if (failure instanceof WrongBytes) return undefined;
    throw failure;
  }
}

/** The first of `digests` that is on this device, or that the model starts from. */
async function heldOf(
  store: ParticipantStore,
  digests: readonly Digest[],
  initial: Sources['initial'],
): Promise<{ readonly digest: Digest; readonly parameters: Float32Array<ArrayBuffer> } | undefined> {
  for (const digest of digests) {
    const parameters = await store.parameters.get(digest);
    if (parameters !== undefined) return { digest, parameters };
  }
  const parameters = initial?.();
  if (parameters === undefined) return undefined;
  const digest = digestOf(bytesOf(parameters));
  return digests.includes(digest) ? { digest, parameters } : undefined;
}

/** The options of one download after the other, which tell of the progress of all of them together. */
function progressOf(
  { whole, steps }: Way<VersionDelta>,
  bytes: number,
  { signal, onProgress }: TransferOptions,
): (bytes: number) => TransferOptions {
  const total = steps.reduce((sum, step) => sum + step.bytes, whole ? bytes : 0);
  let before = 0;
  return (share) => {
    const from = before;
    before += share;
    return {
      ...(signal === undefined ? {} : { signal }),
      onProgress: (fraction) => onProgress?.((from + fraction * share) / total),
    };
  };
}
