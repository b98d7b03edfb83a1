import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { createMemoryLink } from '../adapters/memory/link.ts';
import { createMemoryParticipantStore } from '../adapters/memory/participant-store.ts';
import { bytesOf, digestOf } from '../core/digest.ts';
import { FederationId, VersionNumber, type Digest } from '../core/ids.ts';
import { random } from '../core/random.ts';
import { broadcast, versionContext } from '../core/update/broadcast.ts';
import { codecNamed } from '../core/update/codec/index.ts';
import type { VersionDelta } from '../protocol/views.ts';
import { parametersOf } from './parameter-source.ts';

const federation = v.parse(FederationId, 'downlink');
const P = 1_000;

/** A chain of versions as a coordinator publishes it, and a link that serves it and counts what it is asked for. */
function published(count: number) {
  const codec = codecNamed('eden:4');
  const draws = random(3, 'versions');
  const versions = [new Float32Array(P)];
  const deltas: VersionDelta[] = [];
  const blobs = new Map<Digest, Uint8Array<ArrayBuffer>>();
  const keep = (bytes: Uint8Array): Digest => {
    const digest = digestOf(bytes);
    blobs.set(digest, bytes.slice());
    return digest;
  };
  keep(bytesOf(versions[0]!));
  for (let version = 1; version <= count; version += 1) {
    const held = versions[version - 1]!;
    const master = held.map((value) => value + 0.1 * draws.normal());
    const sent = broadcast(master, held, codec, versionContext(federation, version));
    versions.push(sent.parameters);
    deltas.unshift({
      version: v.parse(VersionNumber, version),
      from: digestOf(bytesOf(held)),
      to: keep(bytesOf(sent.parameters)),
      digest: keep(sent.delta),
      bytes: sent.delta.byteLength,
      codec: codec.name,
    });
  }
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
  });
  link.connect();
  const newest = versions[count]!;
  const named = { digest: digestOf(bytesOf(newest)), bytes: newest.byteLength, deltas };
  return { versions, deltas, asked, link, named, newest };
}

describe('parameters', () => {
  test('of a version whose ancestor is held come as the differences from it, and are kept', async () => {
    const { versions, deltas, asked, link, named, newest } = published(4);
    const store = createMemoryParticipantStore();
    await store.parameters.put(digestOf(bytesOf(versions[1]!)), versions[1]!);
    const progress: number[] = [];
    const made = await parametersOf({ federation, store, link }, named, {
      onProgress: (fraction) => progress.push(fraction),
    });
    expect(made).toEqual(newest);
    // From version 1 to 4: three differences, oldest first, each an eighth of the whole.
    expect(asked).toEqual([deltas[2]!.digest, deltas[1]!.digest, deltas[0]!.digest]);
    expect(link.bytes.modelDown).toBeLessThan(named.bytes / 2);
    expect(progress.at(-1)).toBe(1);
    expect(await store.parameters.get(named.digest)).toEqual(newest);
  });

  test('come whole where no ancestor is held, or the differences do not lead there', async () => {
    const { versions, asked, link, named, newest } = published(3);
    const store = createMemoryParticipantStore();
    expect(await parametersOf({ federation, store, link }, named)).toEqual(newest);
    expect(asked).toEqual([named.digest]);

    const misled = createMemoryParticipantStore();
    // What is held under the parent's name is not the parent: the digest of what is made tells.
    await misled.parameters.put(digestOf(bytesOf(versions[2]!)), new Float32Array(P).fill(1));
    expect(await parametersOf({ federation, store: misled, link }, named)).toEqual(newest);
    expect(asked.at(-1)).toBe(named.digest);
  });

  test('that are held are not asked for', async () => {
    const { asked, link, named, newest } = published(1);
    const store = createMemoryParticipantStore();
    await store.parameters.put(named.digest, newest);
    expect(await parametersOf({ federation: null, store, link }, named)).toEqual(newest);
    expect(asked).toEqual([]);
  });
});
