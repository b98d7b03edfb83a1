// Who takes part where more devices are there than rounds need: pace steering, tags, and whose turn it is.
import { describe, expect, test } from 'vitest';
import type { Answer } from '#lib/protocol/messages.ts';
import type { Connection } from '../../server/coordinator/connection.ts';
import { asynchronousSpec, exampleSpec } from './example-spec.ts';
import { federation, World } from './world.ts';

const MINUTE = 60_000;
const connectionOf = (world: World, index: number): Connection => ({
  id: `asks/${index}`,
  participant: world.devices[index]!.participant,
  name: null,
  kind: 'headless',
  send: () => undefined,
});
const asks = (
  world: World,
  index: number,
  more: { examples?: number; tags?: string[]; examplesPerSecond?: number } = {},
): Promise<Answer> =>
  world.coordinator.receive(connectionOf(world, index), {
    name: 'check-in',
    message: { federation, examples: 10, backend: 'cpu', ...more },
  });

describe('more devices than rounds need', () => {
  test('are told when to come back, spread over time, and hear of the same moment when they ask too soon', async () => {
    const world = await World.open(1, exampleSpec({ rules: { goal: 2, overSelection: 1, reserve: 2 } }), 24);
    const answers: Answer[] = [];
    for (const { index } of world.devices) answers.push(await asks(world, index));
    // Room for twice a cohort of two.
    expect(world.coordinator.view(federation)?.checkedIn).toBe(4);
    const waits = answers.flatMap((answer) =>
      !answer.ok && answer.error === 'enough-devices' ? [answer.afterMs] : [],
    );
    expect(waits).toHaveLength(20);
    expect(new Set(waits).size).toBe(20);
    const longest = Math.max(...waits);
    // The last of 24, two a round of a minute: twelve minutes on average, at most eighteen.
    expect(longest).toBeLessThanOrEqual(18 * MINUTE);
    expect(longest).toBeGreaterThan(2 * Math.min(...waits));
    await world.clock.advance(5_000);
    expect(await asks(world, 23)).toMatchObject({ afterMs: waits.at(-1)! - 5_000 });
  });

  test.each([
    ['synchronous', exampleSpec({ rules: { goal: 2, overSelection: 1, reserve: 2, maximumRounds: 1_000 } })],
    ['asynchronous', asynchronousSpec(2, { goal: 2, reserve: 2, maximumRounds: 1_000 })],
  ])('have their turn all the same, in %s rounds', async (_, spec) => {
    const world = await World.open(2, spec, 20);
    await world.start();
    const hadTurn = (): boolean =>
      world.devices.every((device) =>
        [...device.replies.values()].some((reply) => reply.type === 'accepted'),
      );
    expect(await world.until(hadTurn, 60 * MINUTE, 1_000)).toBe(true);
    // Those who had their turn were asked away for those who had not: at no time were more here than there is room for.
    expect(world.coordinator.view(federation)?.checkedIn).toBeLessThanOrEqual(4);
    await world.check();
    expect(world.fatal).toBeUndefined();
  });
});

describe('rules of selection', () => {
  const selection = {
    requiredTags: ['ward-3'],
    minimumExamples: 5,
    deadlineShare: null,
    fairness: 'random' as const,
  };

  test('leave a device out with the reason, and take it once it fits', async () => {
    const world = await World.open(3, exampleSpec({ rules: { selection } }), 1);
    expect(await asks(world, 0)).toMatchObject({
      ok: false,
      error: 'not-eligible',
      message: expect.stringMatching(/“ward-3”/),
    });
    expect(await asks(world, 0, { examples: 4, tags: ['ward-3'] })).toMatchObject({ error: 'not-eligible' });
    expect(world.coordinator.view(federation)?.checkedIn).toBe(0);
    expect(await asks(world, 0, { tags: ['ward-3'] })).toMatchObject({ ok: true });
    expect(world.coordinator.view(federation)?.checkedIn).toBe(1);
  });

  test('leave out devices that would train too long: they are told so, and not configured', async () => {
    const rules = { selection: { ...selection, requiredTags: [], deadlineShare: 0.1 }, goal: 3, minimum: 3 };
    const world = await World.open(5, exampleSpec({ rules }), 5);
    // A tenth of a minute for one epoch: 6 s. Two of them need ten times that.
    for (const device of world.devices)
      device.examplesPerSecond = device.examples / (device.index < 2 ? 60 : 5);
    await world.start();
    expect(await world.until(() => world.head === 4, 10 * MINUTE)).toBe(true);
    for (const { index, received, notEligible } of world.devices)
      if (index < 2) {
        expect(received).not.toContain('configured');
        expect(notEligible).toMatch(/train within 6 s, and this one would take about 60 s/);
      } else {
        expect(received).toContain('configured');
        expect(notEligible).toBeUndefined();
      }
    expect(world.coordinator.view(federation)?.checkedIn).toBe(3);
    await world.check();
  });

  test('may prefer who took part longest ago, as records tell it after a restart too', async () => {
    const rules = {
      goal: 2,
      minimum: 2,
      overSelection: 1,
      selection: { requiredTags: [], minimumExamples: 1, fairness: 'least-recent' as const },
    };
    const world = await World.open(4, exampleSpec({ rules }), 6);
    await world.start();
    await world.until(() => world.head === 2, 5 * MINUTE);
    await world.restart();
    await world.until(() => world.head === 9, 30 * MINUTE);
    const rounds = (await world.coordinator.rounds(federation, { limit: 50 }))!;
    const turns = rounds.filter((round) => round.phase === 'committed' && round.round > 3);
    // Once all six are back, any three rounds in a row take each of them once.
    expect(turns.length).toBeGreaterThanOrEqual(5);
    for (let at = 0; at + 3 <= turns.length; at += 1) {
      const names = turns.slice(at, at + 3).flatMap((round) => round.cohort.map((one) => one.participant));
      expect(new Set(names).size).toBe(6);
    }
    await world.check();
  });
});
