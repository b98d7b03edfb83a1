import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { createMemoryLink } from '../adapters/memory/link.ts';
import { createMemoryParticipantStore } from '../adapters/memory/participant-store.ts';
import { bytesOf, digestOf } from '../core/digest.ts';
import { FederationId, VersionNumber, type Digest } from '../core/ids.ts';
import { random } from '../core/random.ts';
import { anchorOf, broadcast, versionContext } from '../core/update/broadcast.ts';
import { codecNamed } from '../core/update/codec/index.ts';
import type { VersionDelta } from '../protocol/views.ts';
import { parametersOf } from './parameter-source.ts';

const federation = v.parse(FederationId, 'downlink');
const P = 1_000;

/** Versions as a coordinator publishes them, and a link that serves them and tells what it is asked for. */
function published(count: number) {
  const codec = codecNamed('eden:4');
  const draws = random(3, 'versions');
  const versions = [new Float32Array(P)];
  const made: { readonly anchor: VersionNumber; readonly delta: VersionDelta }[] = [];
  const blobs = new Map<Digest, Uint8Array<ArrayBuffer>>();
  const keep = (bytes: Uint8Array): Digest => {
    const digest = digestOf(bytes);
    blobs.set(digest, bytes.slice());
    return digest;
  };
  const number = (version: number): VersionNumber => v.parse(VersionNumber, version);
  keep(bytesOf(versions[0]!));
  for (let version = 1; version <= count; version += 1) {
    const base = { version: number(version - 1), anchor: made.at(-1)?.anchor ?? null };
    const anchor = anchorOf(version, base, codec);
    const master = versions[version - 1]!.map((value) => value + 0.1 * draws.normal());
    const sent = broadcast(master, versions[anchor]!, codec, versionContext(federation, version));
    versions.push(sent.parameters);
    made.push({
      anchor,
      delta: {
        version: number(version),
        from: digestOf(bytesOf(versions[anchor]!)),
        to: keep(bytesOf(sent.parameters)),
        digest: keep(sent.delta),
        bytes: sent.delta.byteLength,
        codec: codec.name,
      },
    });
  }
  const named = (version: number) => {
    const deltas: VersionDelta[] = [];
    for (let at = version; at > 0; at = made[at - 1]!.anchor) deltas.push(made[at - 1]!.delta);
    return { digest: digestOf(bytesOf(versions[version]!)), bytes: 4 * P, deltas };
  };
  const asked: Digest[] = [];
  const blob = async (digest: Digest): Promise<Uint8Array<ArrayBuffer>> => {
    asked.push(digest);
    const bytes = blobs.get(digest);
    if (bytes === undefined) throw new Error('There are no such bytes.');
    return bytes;
  };
  const link = createMemoryLink({
    answer: async () => ({ ok: true, view: null }),
    parameters: async (digest) => new Float32Array((await blob(digest)).slice().buffer),
    blob,
    upload: async () => {
      throw new Error('Nothing is uploaded here.');
    },
    federation: async () => undefined,
    round: async () => undefined,
    log: async () => undefined,
  });
  link.connect();
  /** Empties what was asked for so far. */
  const take = (): Digest[] => asked.splice(0);
  return { versions, named, link, take };
}

describe('parameters', () => {
  test('of a version whose anchor is held come as one difference, and both are kept', async () => {
    const { versions, named, link, take } = published(34);
    const store = createMemoryParticipantStore();
    await store.parameters.put(digestOf(bytesOf(versions[0]!)), versions[0]!);
    const progress: number[] = [];
    const onProgress = (fraction: number) => void progress.push(fraction);
    // Version 34 starts from 32, and 32 from 0: two differences, oldest first, each an eighth of the whole.
    const wanted = named(34);
    expect(await parametersOf({ federation, store, link }, wanted, { onProgress })).toEqual(versions[34]);
    expect(take()).toEqual(wanted.deltas.map((delta) => delta.digest).toReversed());
    expect(link.bytes.modelDown).toBeLessThan(wanted.bytes / 3);
    expect(progress.at(-1)).toBe(1);
    expect(await store.parameters.get(wanted.digest)).toEqual(versions[34]);
    // The anchor is there for the next: 33 takes one.
    expect(await parametersOf({ federation, store, link }, named(33))).toEqual(versions[33]);
    expect(take()).toEqual([named(33).deltas[0]!.digest]);
  });

  test('come with their anchor whole where none is held, and from then on as differences', async () => {
    const { versions, named, link, take } = published(3);
    const store = createMemoryParticipantStore();
    expect(await parametersOf({ federation, store, link }, named(2))).toEqual(versions[2]);
    expect(take()).toEqual([named(0).digest, named(2).deltas[0]!.digest]);
    expect(await parametersOf({ federation, store, link }, named(3))).toEqual(versions[3]);
    expect(take()).toEqual([named(3).deltas[0]!.digest]);
  });

  test('that the model starts from are not downloaded', async () => {
    const { versions, named, link, take } = published(2);
    const store = createMemoryParticipantStore();
    const initial = () => versions[0]!.slice();
    expect(await parametersOf({ federation, store, link, initial }, named(0))).toEqual(versions[0]);
    expect(take()).toEqual([]);
    expect(await parametersOf({ federation, store, link, initial }, named(2))).toEqual(versions[2]);
    expect(take()).toEqual([named(2).deltas[0]!.digest]);
    // Another engine's version 0 is not this one: its digest tells.
    const foreign = createMemoryParticipantStore();
    const other = () => new Float32Array(P).fill(1);
    expect(await parametersOf({ federation, store: foreign, link, initial: other }, named(2))).toEqual(
      versions[2],
    );
    expect(take()).toEqual([named(0).digest, named(2).deltas[0]!.digest]);
  });

  test('come whole where what is held under the anchor’s name is not the anchor', async () => {
    const { versions, named, link, take } = published(3);
    const misled = createMemoryParticipantStore();
    await misled.parameters.put(digestOf(bytesOf(versions[0]!)), new Float32Array(P).fill(1));
    expect(await parametersOf({ federation, store: misled, link }, named(3))).toEqual(versions[3]);
    expect(take().at(-1)).toBe(named(3).digest);
  });

  test('that are held are not asked for, and of no federation they come whole', async () => {
    const { versions, named, link, take } = published(1);
    const store = createMemoryParticipantStore();
    await store.parameters.put(named(1).digest, versions[1]!);
    expect(await parametersOf({ federation: null, store, link }, named(1))).toEqual(versions[1]);
    expect(take()).toEqual([]);
    const empty = createMemoryParticipantStore();
    expect(await parametersOf({ federation: null, store: empty, link }, named(1))).toEqual(versions[1]);
    expect(take()).toEqual([named(1).digest]);
  });
});
