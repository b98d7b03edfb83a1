// A whole federation without a wire: the real coordinator on stores in memory, and real participants that train on the plain
// reference trainer. What crosses is copied; time is moved by hand; nothing is drawn without a seed.
import * as v from 'valibot';
import { createHandClock } from '#lib/adapters/memory/hand-clock.ts';
import { createMemoryLink, type MemoryCoordinator, type MemoryLink } from '#lib/adapters/memory/link.ts';
import { createMemoryParticipantStore } from '#lib/adapters/memory/participant-store.ts';
import { createReferenceTrainer } from '#lib/adapters/reference/reference-trainer.ts';
import type { Examples } from '#lib/core/data/examples.ts';
import { digestOfText, participantIdOf } from '#lib/core/digest.ts';
import type { FederationSpec } from '#lib/core/federation.ts';
import { FederationId, type Digest } from '#lib/core/ids.ts';
import { takePart, type TakingPart } from '#lib/participant/take-part.ts';
import { onlyOne } from '#lib/participant/training-turn.ts';
import type { Identity } from '#lib/ports/identity.ts';
import type { ParticipantStore } from '#lib/ports/participant-store.ts';
import type { VersionView } from '#lib/protocol/views.ts';
import { memoryBlobs } from '../../server/adapters/memory-blobs.ts';
import { memoryServerKey } from '../../server/adapters/ed25519.ts';
import { memoryRecords } from '../../server/adapters/memory-records.ts';
import type { Connection } from '../../server/coordinator/connection.ts';
import { openCoordinator, type Coordinator } from '../../server/coordinator/coordinator.ts';
import type { ClientMessage } from '../../server/coordinator/messages.ts';
import { readParameters } from '../../server/coordinator/stored-updates.ts';
import { silentLog } from '../../server/ports/log.ts';
import { handClock, settle } from '../simulation/hand-clock.ts';
import { enginesOf } from '../doubles/scripted-federation.ts';

export const federation = v.parse(FederationId, 'devices');

export interface FederationDevice {
  readonly store: ParticipantStore;
  readonly link: MemoryLink;
  readonly part: TakingPart;
}

export interface DeviceFederation {
  readonly coordinator: Coordinator;
  readonly devices: readonly FederationDevice[];
  /** All of them, ascending. */
  versions(): readonly VersionView[];
  parameters(version: number): Promise<Float32Array<ArrayBuffer>>;
  /** What the strategy remembers with a version, by its digest and its values; undefined: nothing. */
  remembered(
    version: number,
  ): Promise<{ readonly digest: Digest; readonly values: Float32Array<ArrayBuffer> } | undefined>;
  /** Lets time pass until `holds`. Throws where it never does. */
  until(what: string, holds: () => boolean): Promise<void>;
  close(): Promise<void>;
}

/** One device for each of `own`; the run is started. */
export async function deviceFederation(
  spec: FederationSpec,
  own: readonly Examples[],
  /** Who each is; left out: anybody. */
  identities: readonly (() => Promise<Identity>)[] = [],
): Promise<DeviceFederation> {
  const clock = handClock(1);
  const blobs = memoryBlobs();
  const records = memoryRecords();
  const faults: unknown[] = [];
  const coordinator = await openCoordinator({
    records,
    blobs,
    clock,
    log: silentLog,
    key: memoryServerKey(),
    fatal: (error) => faults.push(error),
  });
  const created = await coordinator.create(federation, spec);
  if (!created.ok) throw new Error(JSON.stringify(created.error));
  await coordinator.act(federation, 'start');
  const versions = (): readonly VersionView[] => coordinator.versions(federation) ?? [];
  const devices = await Promise.all(own.map((examples, index) => device(examples, index)));

  async function device(examples: Examples, index: number): Promise<FederationDevice> {
    const anybody = createMemoryParticipantStore();
    const store: ParticipantStore = { ...anybody, identity: identities[index] ?? anybody.identity };
    const participant = participantIdOf((await store.identity()).publicKey);
    const connection: Connection = {
      id: String(index),
      participant,
      name: null,
      kind: 'headless',
      send: (name, message) => link.deliver(name, message),
    };
    const other: MemoryCoordinator = {
      answer: (name, message) => coordinator.receive(connection, { name, message } as ClientMessage),
      async parameters(digest) {
        if (coordinator.parametersAt(digest) !== 'intact') throw new Error(`${digest} is not served.`);
        return valuesOf(digest);
      },
      async blob(digest) {
        const bytes: Uint8Array[] = [];
        if (coordinator.parametersAt(digest) !== 'intact') throw new Error(`${digest} is not served.`);
        await blobs.read(digest, new ArrayBuffer(64 * 1024), (chunk) => void bytes.push(chunk.slice()));
        return new Uint8Array(Buffer.concat(bytes));
      },
      async upload(id, offer, bytes) {
        const known = await coordinator.offer(id, participant, offer);
        if (known !== undefined) return known;
        const draft = await blobs.draft();
        await draft.append(bytes);
        return coordinator.deliver(id, participant, offer, draft);
      },
      federation: async (id) => coordinator.view(id),
      log: async (id, question) => coordinator.log(id, question),
      round: async (id, round) =>
        (await coordinator.rounds(id, { before: round + 1, limit: 1 }))?.find((one) => one.round === round),
    };
    const link = createMemoryLink(other);
    const part = takePart({
      federation,
      link,
      datasets: {
        record: async () => ({
          id: 'own',
          federation,
          name: 'own',
          contract: spec.contract,
          count: examples.count,
          classCounts: [],
          bytes: 0,
          version: digestOfText(`own ${index}`),
          importedAt: 0,
          source: 'sample',
        }),
        read: async () => examples,
        withheld: async () => [],
      },
      store,
      engines: enginesOf(() => createReferenceTrainer()),
      clock: createHandClock(),
      turn: onlyOne,
      mayFreeze: false,
      uniform: () => 0.5,
      onView: () => {},
      onFault: (fault) => faults.push(fault),
    });
    link.connect();
    await part.open();
    await part.join({ dataset: 'own', name: null, backend: null });
    return { store, link, part };
  }

  const valuesOf = async (digest: Digest): Promise<Float32Array<ArrayBuffer>> =>
    readParameters(blobs, digest, ((await blobs.size(digest)) ?? 0) / 4);
  return {
    coordinator,
    devices,
    versions,
    parameters: (version) => valuesOf(versions()[version]!.digest),
    async remembered(version) {
      const digest = (await records.versions(federation))[version]?.state ?? undefined;
      return digest === undefined ? undefined : { digest, values: await valuesOf(digest) };
    },
    async until(what, holds) {
      for (let turn = 0; turn < 200_000; turn += 1) {
        if (faults.length > 0) throw faults[0];
        if (holds()) return;
        await settle();
        // Slowly: a deadline passes only where nothing else happens.
        await clock.advance(1);
      }
      throw new Error(`Never ${what}: ${coordinator.view(federation)?.status}`);
    },
    async close() {
      for (const { part, link } of devices) {
        await part.close();
        link.close();
      }
      await coordinator.close();
    },
  };
}
