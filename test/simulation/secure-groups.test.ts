// A cohort that is summed in groups, whose means a robust strategy compares: the server sees those, and no update.
import { expect, test, vi } from 'vitest';
import { usualSecureSum } from '#lib/core/secure-sum/rules.ts';
import type { ClientMessages } from '#lib/protocol/messages.ts';
import { exampleSpec } from './example-spec.ts';
import { federation, SecureWorld, type SecureDevice } from './secure-world.ts';

vi.mock('#lib/core/secure-sum/primitives.ts', async (load) => {
  const { nodePrimitives } = await import('../doubles/node-primitives.ts');
  return { ...(await load<object>()), webPrimitives: nodePrimitives };
});

const MINUTE = 60_000;
const spec = (ring: 8 | 32 = 32) => ({
  ...exampleSpec({
    strategy: { name: 'median', options: {} },
    rules: { goal: 15, minimum: 15, overSelection: 1, maximumRounds: 100 },
  }),
  secureSum: { ...usualSecureSum, groups: 3, clipNorm: 1, ring },
});

/** Who was summed together, by group. */
async function groupsOf(world: SecureWorld, round: number): Promise<SecureDevice[][]> {
  const record = (await world.rounds()).find((one) => one.round === round)!;
  const journal = await world.kept.journal(federation);
  return journal
    .filter(
      ({ type, payload }) => type === 'sum-consenting' && (payload as { round: number }).round === round,
    )
    .map(({ payload }) =>
      (payload as { summed: number[] }).summed.map((slot) => {
        const { participant } = record.cohort[slot]!.candidate;
        return world.devices.find((one) => one.participant === participant)!;
      }),
    );
}

const middle = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[1]!;

test('a version is the median of the means of three groups that are drawn anew, and leaves out the one with a hostile device', async () => {
  const world = await SecureWorld.open(1, spec(), 16);
  // It is cut to the length of 1, as all are, and counts once, however many rows it has.
  const hostile = world.devices[0]!;
  hostile.learns = (values) => values.fill(40);
  await world.start();
  expect(await world.until(() => world.head === 3, 10 * MINUTE)).toBe(true);
  const seen = new Set<string>();
  for (const [index, { round, ...record }] of (await world.rounds()).entries()) {
    expect(record.phase).toBe('committed');
    const groups = await groupsOf(world, round);
    expect(groups.map((group) => group.length)).toEqual([5, 5, 5]);
    expect(new Set(groups.flat()).size).toBe(15);
    seen.add(
      groups
        .map((group) =>
          group
            .map((one) => one.index)
            .sort()
            .join(),
        )
        .join('/'),
    );
    const means = groups.map((group) =>
      Array.from({ length: 6 }, (_, i) => {
        const scaled = group.map((one) => {
          const sent = one.sent.get(round)!;
          return sent[i]! * Math.min(1, 1 / Math.hypot(...sent));
        });
        return scaled.reduce((sum, value) => sum + value, 0) / group.length;
      }),
    );
    const [before, after] = [await world.parameters(index), await world.parameters(index + 1)];
    for (const [i, value] of after.entries())
      expect(value - before[i]!).toBeCloseTo(middle(means.map((mean) => mean[i]!)), 5);
    // A mean with the hostile one in it is far off, and is left out.
    if (groups.flat().includes(hostile))
      expect(Math.max(...means.map((mean) => mean[0]!))).toBeGreaterThan(0.05);
  }
  expect(seen.size).toBe(3);
  const [, version] = await world.kept.versions(federation);
  expect(version).toMatchObject({ participants: 15, examples: 0 });
});

test('where one group cannot be opened the round makes no version, and the next one does', async () => {
  const world = await SecureWorld.open(2, spec(8), 15);
  const bad = world.devices[4]!;
  bad.says = (name, message) => {
    if (name !== 'sum-keys' || bad.drawn.length > 1) return message;
    const { keys, ...about } = message as ClientMessages['sum-keys'];
    return { ...about, keys: { ...keys, commit: 'A'.repeat(keys.commit.length) } };
  };
  await world.start();
  expect(await world.until(() => world.head === 2, 20 * MINUTE)).toBe(true);
  const rounds = await world.rounds();
  expect(rounds[0]).toMatchObject({ phase: 'abandoned', reason: expect.stringContaining('do not fit') });
  expect(rounds.slice(1).map(({ phase }) => phase)).toEqual(['committed', 'committed']);
  expect((await world.kept.versions(federation)).map(({ round }) => round)).not.toContain(1);
});

test('a restart while vectors come in goes on with the same groups', async () => {
  const world = await SecureWorld.open(3, spec(), 15);
  await world.start();
  const accepted = (): number =>
    world.coordinator.view(federation)?.round?.cohort.filter((member) => member.stage === 'accepted')
      .length ?? 0;
  expect(await world.until(() => accepted() >= 5, MINUTE, 50)).toBe(true);
  await world.restart();
  expect(await world.until(() => world.head === 1, 2 * MINUTE)).toBe(true);
  expect((await world.rounds()).map(({ round, phase }) => [round, phase])).toEqual([[1, 'committed']]);
  expect((await groupsOf(world, 1)).map((group) => group.length)).toEqual([5, 5, 5]);
});
