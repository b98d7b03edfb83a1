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
  expect(await breaksItsWord(store, config, shown, false)).toBeUndefined();
  expect(await breaksItsWord(store, config, shown, false)).toBeUndefined();
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
    [
      { ...config, groups: 3 },
      { ...shown, group: 1 },
    ],
    [{ ...config, colluding: 0 }, shown],
    [{ ...config, round: 2 as SumConfig['round'] }, shown],
  ] as const;
  for (const [told, other] of others)
    expect(await breaksItsWord(store, told, other, false)).toContain('is not of the devices and settings');
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
  expect(await breaksItsWord(store, config, shown, false)).toContain('with another key');
  await store.settings.put(`log-head:${config.federation}`, { head, signed: shown.signed });
  expect(await breaksItsWord(store, config, shown, false)).toBeUndefined();
});

test('without a history the key of what was signed before is the one', async () => {
  const store = createMemoryParticipantStore();
  const roster = await rosterOf([0, 1, 2, 3, 4]);
  expect(await breaksItsWord(store, config, await signedBy(key, config, roster), false)).toBeUndefined();
  const later = { ...config, round: 2 as SumConfig['round'] };
  const other = await signedBy(memoryServerKey(new Uint8Array(32).fill(8)), later, roster);
  expect(await breaksItsWord(store, later, other, false)).toContain('with another key');
  expect(await breaksItsWord(store, later, await signedBy(key, later, roster), false)).toBeUndefined();
});

test('two rosters of one round are refused, and both are kept as evidence, also of two groups; those of two rounds contradict nothing', async () => {
  for (const group of [0, 1]) {
    const store = createMemoryParticipantStore();
    const grouped = { ...config, groups: 3 };
    const [one, other] = [await rosterOf([0, 1, 2, 3, 4]), await rosterOf([0, 1, 2, 3, 4])];
    const first = await signedBy(key, grouped, one);
    expect(await breaksItsWord(store, grouped, first, false)).toBeUndefined();
    const later = { ...grouped, round: 2 as SumConfig['round'] };
    expect(await breaksItsWord(store, later, await signedBy(key, later, other), false)).toBeUndefined();
    const second = await signedBy(key, grouped, other, group);
    expect(await breaksItsWord(store, grouped, second, false)).toContain('two different sets of devices');
    const ofRound = (await keptRosters(store, config.federation)).filter(
      ({ statement }) => statement.round === 1,
    );
    expect(new Set(ofRound.map(({ statement }) => statement.roster)).size).toBe(2);
    // Each with the server's signature: whoever has the key can check them.
    expect(new Set(ofRound.map(({ signed }) => signed.signature)).size).toBe(2);
  }
});

test('a roster of a group that there is not, or of a survey in a round, is refused: the server could sign one for each', async () => {
  const store = createMemoryParticipantStore();
  const roster = await rosterOf([0, 1, 2, 3, 4]);
  const grouped = { ...config, groups: 3 };
  for (const [told, group, isSurvey, why] of [
    [config, 1, false, 'a round in one group'],
    [grouped, 3, false, 'a round in 3 groups'],
    [config, 'survey', false, 'as a survey where it sums a round'],
    [config, 0, true, 'where it sums a survey'],
  ] as const)
    expect(await breaksItsWord(store, told, await signedBy(key, told, roster, group), isSurvey)).toContain(
      why,
    );
  expect(await keptRosters(store, config.federation)).toEqual([]);
  const survey = await signedBy(key, config, roster, 'survey');
  expect(await breaksItsWord(store, config, survey, true)).toBeUndefined();
  expect(await breaksItsWord(store, grouped, await signedBy(key, grouped, roster, 2), false)).toBeUndefined();
});

test('what a round and a survey show at the same time is kept of both', async () => {
  const store = createMemoryParticipantStore();
  const roster = await rosterOf([0, 1, 2, 3, 4]);
  const [round, survey] = [
    await signedBy(key, config, roster),
    await signedBy(key, config, roster, 'survey'),
  ];
  await Promise.all([breaksItsWord(store, config, round, false), breaksItsWord(store, config, survey, true)]);
  expect((await keptRosters(store, config.federation)).length).toBe(2);
});
