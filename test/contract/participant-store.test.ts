import 'fake-indexeddb/auto';
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as v from 'valibot';
import { afterAll, expect, test } from 'vitest';
import { openDatabase } from '#lib/adapters/idb/database.ts';
import { createIdbParticipantStore } from '#lib/adapters/idb/participant-store.ts';
import { createMemoryParticipantStore } from '#lib/adapters/memory/participant-store.ts';
import { DamagedState, openFileParticipantStore } from '#lib/adapters/node/participant-store.ts';
import { digestOf, digestOfText } from '#lib/core/digest.ts';
import { FederationId, RoundNumber } from '#lib/core/ids.ts';
import { participantStoreContract } from './participant-store.ts';

participantStoreContract('in memory', async () => {
  const store = createMemoryParticipantStore();
  return { store, reopen: async () => store };
});

let devices = 0;
participantStoreContract('in IndexedDB, as Node imitates it', async () => {
  devices += 1;
  const name = `device-${devices}`;
  let database = await openDatabase({ name });
  return {
    store: createIdbParticipantStore(database),
    async reopen() {
      database.close();
      database = await openDatabase({ name });
      return createIdbParticipantStore(database);
    },
  };
});

const folders: string[] = [];
async function folder(): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), 'tributary-state-'));
  folders.push(made);
  return made;
}
afterAll(async () => {
  for (const made of folders) await rm(made, { recursive: true, force: true });
});

participantStoreContract('in files', async () => {
  const directory = await folder();
  return {
    store: await openFileParticipantStore(directory),
    reopen: () => openFileParticipantStore(directory),
  };
});

test('what a process did not finish writing is gone at the next start, and nobody but the owner reads the key', async () => {
  const directory = await folder();
  const store = await openFileParticipantStore(directory);
  await store.identity();
  await writeFile(join(directory, 'incoming', '7'), 'half an upd');
  await openFileParticipantStore(directory);
  expect(await readdir(join(directory, 'incoming'))).toEqual([]);
  expect((await stat(join(directory, 'identity'))).mode & 0o077).toBe(0);
});

test('a damaged file is named, and is never taken for a new participant or an empty outbox', async () => {
  const directory = await folder();
  const store = await openFileParticipantStore(directory);
  await store.identity();
  await store.settings.put('a', 1);
  await writeFile(join(directory, 'identity'), '"abc"\n');
  await writeFile(join(directory, 'settings', 'a.kept'), 'no line');
  const again = await openFileParticipantStore(directory);
  await expect(again.identity()).rejects.toThrow(DamagedState);
  await expect(again.identity()).rejects.toThrow(`${join(directory, 'identity')} is damaged`);
  await expect(again.settings.get('a')).rejects.toThrow('its first line has no end');
  await store.outbox.put({
    federation: v.parse(FederationId, 'digits'),
    round: v.parse(RoundNumber, 1),
    offer: {
      round: v.parse(RoundNumber, 1),
      base: digestOfText('base'),
      codec: 'f32',
      steps: 1,
      baseLoss: null,
      bytes: 4,
      digest: digestOf(new Uint8Array([1, 2, 3, 4])),
      examples: 1,
    },
    bytes: new Uint8Array([1, 2, 3, 5]),
  });
  await expect(again.outbox.list(v.parse(FederationId, 'digits'))).rejects.toThrow('another digest');
});
