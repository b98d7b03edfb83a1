// What a device believes of a roster, and what it keeps of it.
import { expect, test } from 'vitest';
import { nodePrimitives, testIdentity } from '../../../../test/doubles/node-primitives.ts';
import { signedBy } from '../../../../test/support/signed-roster.ts';
import { sumConfig } from '../../../../test/support/sum-config.ts';
import { memoryServerKey } from '../../../../server/adapters/ed25519.ts';
import { createMemoryParticipantStore } from '../../adapters/memory/participant-store.ts';
import { advertise } from '../../core/secure-sum/member.ts';
import type { Advert, SumConfig } from '../../core/secure-sum/messages.ts';
import { breaksItsWord, keptRosters } from './server-word.ts';

const config = sumConfig();
const key = memoryServerKey();
const draw = (bytes: number): Uint8Array => crypto.getRandomValues(new Uint8Array(bytes));

const rosterOf = (slots: readonly number[]): Promise<Advert[]> =>
  Promise.all(
    slots.map(async (slot) => {
      const setting = { config, slot, identity: testIdentity(), primitives: nodePrimitives, draw };
      return (await advertise(setting))[1];
    }),
  );

test('a roster that the server signed is believed, and kept once, however often it is shown', async () => {
  const store = createMemoryParticipantStore();
  const shown = await signedBy(key, config, await rosterOf([0, 1, 2, 3, 4]));
  expect(await breaksItsWord(store, config, shown)).toBeUndefined();
  expect(await breaksItsWord(store, config, shown)).toBeUndefined();
  const kept = await keptRosters(store, config.federation);
  expect(kept).toEqual([
    { statement: expect.objectContaining({ run: 1, round: 1, group: 0 }), signed: shown.signed },
  ]);
});

test('a signature of another roster, of other settings or of another round is refused', async () => {
  const store = createMemoryParticipantStore();
  const roster = await rosterOf([0, 1, 2, 3, 4]);
  const shown = await signedBy(key, config, roster);
  const others = [
    [config, { ...shown, roster: roster.slice(1) }],
    [config, { ...shown, group: 1 }],
    [{ ...config, colluding: 0 }, shown],
    [{ ...config, round: 2 as SumConfig['round'] }, shown],
  ] as const;
  for (const [told, other] of others)
    expect(await breaksItsWord(store, told, other)).toContain('is not of the devices and settings');
  expect(await keptRosters(store, config.federation)).toEqual([]);
});

test('a key that is not the one of the history is refused', async () => {
  const store = createMemoryParticipantStore();
  const head = {
    federation: config.federation,
    size: 1,
    root: '0'.repeat(64),
    at: 1,
    journal: '0'.repeat(64),
  };
  const shown = await signedBy(key, config, await rosterOf([0, 1, 2, 3, 4]));
  await store.settings.put(`log-head:${config.federation}`, {
    head,
    signed: { ...shown.signed, key: 'ab'.repeat(32) },
  });
  expect(await breaksItsWord(store, config, shown)).toContain('with another key');
  await store.settings.put(`log-head:${config.federation}`, { head, signed: shown.signed });
  expect(await breaksItsWord(store, config, shown)).toBeUndefined();
});

test('two rosters of one round are refused, and both are kept as evidence; those of two groups or rounds contradict nothing', async () => {
  const store = createMemoryParticipantStore();
  const [one, other] = [await rosterOf([0, 1, 2, 3, 4]), await rosterOf([0, 1, 2, 3, 4])];
  expect(await breaksItsWord(store, config, await signedBy(key, config, one))).toBeUndefined();
  expect(await breaksItsWord(store, config, await signedBy(key, config, other, 1))).toBeUndefined();
  const later = { ...config, round: 2 as SumConfig['round'] };
  expect(await breaksItsWord(store, later, await signedBy(key, later, other))).toBeUndefined();
  expect(await breaksItsWord(store, config, await signedBy(key, config, other))).toContain(
    'two different sets of devices',
  );
  const ofRound = (await keptRosters(store, config.federation)).filter(
    ({ statement: { round, group } }) => round === 1 && group === 0,
  );
  expect(new Set(ofRound.map(({ statement }) => statement.roster)).size).toBe(2);
  // Each with the server's signature: whoever has the key can check them.
  expect(new Set(ofRound.map(({ signed }) => signed.signature)).size).toBe(2);
});
