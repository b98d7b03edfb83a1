// Secure sums that fail after devices have answered, and devices that spoil them: what becomes of the rounds after.
import { expect, test, vi } from 'vitest';
import { acceptedReports, type EndedRound } from '#lib/core/round/round-state.ts';
import { usualSecureSum } from '#lib/core/secure-sum/rules.ts';
import type { ClientMessages } from '#lib/protocol/messages.ts';
import { exampleSpec } from './example-spec.ts';
import { federation, SecureWorld } from './secure-world.ts';

vi.mock('#lib/core/secure-sum/primitives.ts', async (load) => {
  const { nodePrimitives } = await import('../doubles/node-primitives.ts');
  return { ...(await load<object>()), webPrimitives: nodePrimitives };
});

const MINUTE = 60_000;
const spec = (rules: NonNullable<Parameters<typeof exampleSpec>[0]>['rules'] = {}) => ({
  ...exampleSpec({ rules: { goal: 5, minimum: 5, overSelection: 1, maximumRounds: 100, ...rules } }),
  secureSum: usualSecureSum,
});

test('a version is the weighted mean of those in its sum', async () => {
  const world = await SecureWorld.open(1, spec({ maximumRounds: 3 }), 6);
  await world.start();
  expect(await world.until(() => world.head === 3, 10 * MINUTE)).toBe(true);
  expect(await world.check()).toBe(3);
  for (const round of await world.rounds()) expect(acceptedReports(round).length).toBe(5);
});

test('a round that fails after its devices have answered is made anew by the same devices, from the same version', async () => {
  const world = await SecureWorld.open(2, spec(), 5);
  // A vector is lost on the disk, once: nothing can be opened.
  const lose = async (): Promise<void> => {
    const round = (await world.kept.rounds(federation, { limit: 1 }))[0]?.round;
    if (round?.phase === 'aggregation') await world.blobs.release(acceptedReports(round)[0]!.update);
  };
  const failing = world.devices[0]!;
  failing.says = (name, message) => {
    if (name === 'sum-reveal' && failing.drawn.length <= 2) void lose();
    return message;
  };
  await world.start();
  expect(await world.until(() => world.head === 1, 5 * MINUTE)).toBe(true);
  const rounds = await world.rounds();
  expect(rounds.map(({ phase }) => phase)).toEqual(['abandoned', 'abandoned', 'committed']);
  expect(rounds[0]).toMatchObject({ reason: expect.stringContaining('cannot be summed') });
  // With new keys, and within five seconds.
  expect(rounds[1]!.openedAt - (rounds[0] as EndedRound).endedAt).toBeLessThan(5_000);
  for (const device of world.devices) {
    expect(device.refusals).toEqual([]);
    expect(device.drawn.slice(0, 3)).toEqual([1, 2, 3]);
  }
});

test('F42: whoever deals shares that do not fit is blamed, and is not drawn for some rounds where enough others are there', async () => {
  const world = await SecureWorld.open(3, spec({ goal: 6, minimum: 5 }), 7);
  const bad = world.devices[0]!;
  bad.says = (name, message) => {
    if (name !== 'sum-keys') return message;
    const { keys, ...about } = message as ClientMessages['sum-keys'];
    return { ...about, keys: { ...keys, commit: 'A'.repeat(keys.commit.length) } };
  };
  await world.start();
  expect(await world.until(() => world.head === 4, 20 * MINUTE)).toBe(true);
  const rounds = await world.rounds();
  const [first] = bad.drawn;
  expect(rounds[first! - 1]).toMatchObject({
    phase: 'abandoned',
    reason: expect.stringMatching(
      /^The shares that came do not open the secure sum: those of device \d do not fit/,
    ),
  });
  expect(rounds.filter(({ phase }) => phase === 'abandoned').length).toBe(1);
  expect(bad.drawn.filter((round) => round > first! && round <= first! + 4)).toEqual([]);
  // It is drawn again, and longer away after that.
  expect(await world.until(() => bad.drawn.length === 2, 20 * MINUTE)).toBe(true);
  const again = bad.drawn[1]!;
  expect(again).toBeGreaterThan(first! + 4);
  expect(await world.until(() => bad.drawn.length === 3, 40 * MINUTE)).toBe(true);
  expect(bad.drawn[2]).toBeGreaterThan(again + 8);
});

test('of more than a hundred devices each masks with its neighbours, and one that went as the ring was drawn costs a round', async () => {
  const rules = { goal: 95, minimum: 90, overSelection: 1.07, maximumRounds: 1 };
  const world = await SecureWorld.open(4, spec(rules), 102);
  const sealed: number[] = [];
  let silent: number | undefined;
  for (const device of world.devices)
    device.says = (name, message) => {
      if (name === 'sum-nonce' && (silent ??= device.index) === device.index && device.drawn.length === 1)
        return undefined;
      if (name === 'sum-keys') sealed.push((message as ClientMessages['sum-keys']).keys.sealed.length / 124);
      return message;
    };
  await world.start();
  expect(await world.until(() => world.head === 1, 20 * MINUTE, 1000)).toBe(true);
  const [failed, made] = await world.rounds();
  expect(failed).toMatchObject({
    phase: 'abandoned',
    reason: 'Only 101 devices drew for the order of all; the secure sum needs 102.',
  });
  expect(made!.phase).toBe('committed');
  // 48 parts of 93 bytes each, for 102 devices of which a tenth may be in league and a tenth go.
  expect(new Set(sealed)).toEqual(new Set([48]));
  expect(acceptedReports(made!).length).toBe(95);
  expect(await world.check()).toBe(1);
});
