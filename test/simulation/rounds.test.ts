// Whole federations with a hand-moved clock: what rounds do when devices do not do as they should.
import { describe, expect, test } from 'vitest';
import * as v from 'valibot';
import { random } from '#lib/core/random.ts';
import type { PinnedRecipe } from '#lib/core/federation.ts';
import { MAXIMUM_MESSAGE_BYTES } from '#lib/protocol/limits.ts';
import { FederationView } from '#lib/protocol/views.ts';
import type { Connection } from '../../server/coordinator/connection.ts';
import { compactView } from '../../server/coordinator/views.ts';
import type { Conduct } from './world.ts';
import { federation, World } from './world.ts';
import { exampleSpec } from './example-spec.ts';

const MINUTE = 60_000;

async function running(
  seed: number,
  devices: number,
  rules: Parameters<typeof exampleSpec>[0] = {},
): Promise<World> {
  const world = await World.open(seed, exampleSpec(rules), devices);
  await world.start();
  return world;
}

describe('a federation of honest devices', () => {
  test('commits round after round, each the weighted mean of its updates, and stops after its last', async () => {
    const world = await running(1, 4, { rules: { maximumRounds: 5 } });
    expect(
      await world.until(() => world.coordinator.view(federation)?.state === 'finished', 10 * MINUTE),
    ).toBe(true);
    expect(await world.check()).toEqual({ committed: 5, abandoned: 0 });
    const view = world.coordinator.view(federation);
    expect(view).toMatchObject({
      roundsCommitted: 5,
      live: 5,
      status: 'The run ended after its last round: 5 are committed.',
    });
    expect(world.fatal).toBeUndefined();
  });

  test('waits for the minimum of devices before it opens a round, and says so', async () => {
    const world = await World.open(2, exampleSpec({ rules: { minimum: 3 } }), 3);
    await world.coordinator.act(federation, 'start');
    world.devices[0]!.connect();
    await world.clock.advance(MINUTE);
    expect(world.coordinator.view(federation)).toMatchObject({
      round: null,
      status: 'Waiting for 2 more devices.',
      checkedIn: 1,
    });
    for (const device of world.devices.slice(1)) device.connect();
    expect(await world.until(() => world.head === 1, 3 * MINUTE)).toBe(true);
  });

  test('stops at the version that reaches the target, and opens no round after it', async () => {
    // Every device says 1 of 2 is right: an accuracy of 0.5.
    const world = await running(3, 4, { target: 0.5 });
    await world.until(() => world.coordinator.view(federation)?.state === 'finished', 5 * MINUTE);
    expect(world.coordinator.view(federation)).toMatchObject({
      state: 'finished',
      roundsCommitted: 1,
      status: 'The run ended: version 1 reached its target.',
    });
    expect((await world.check()).committed).toBe(1);
  });

  test('stops once so many rounds in a row have brought nothing, where its rules say so', async () => {
    // An accuracy of 0.5 throughout: the first is the best, and three more better it by nothing.
    const world = await running(3, 4, { rules: { patience: 3 } });
    await world.until(() => world.coordinator.view(federation)?.state === 'finished', 15 * MINUTE);
    expect(world.coordinator.view(federation)).toMatchObject({
      state: 'finished',
      roundsCommitted: 4,
      status: 'The run ended: 3 rounds in a row brought next to nothing.',
    });
    await world.check();
  });

  test('pauses between rounds when its rules say so, and when its coordinator does', async () => {
    const world = await running(4, 4, { rules: { pauseMs: 20_000 } });
    await world.until(() => world.head === 1, 2 * MINUTE);
    await world.clock.advance(19_000);
    expect(world.coordinator.view(federation)?.round?.phase).toBe('committed');
    await world.clock.advance(2_000);
    expect(world.coordinator.view(federation)?.round?.round).toBe(2);
    await world.coordinator.act(federation, 'pause');
    await world.until(() => world.head === 2, 2 * MINUTE);
    await world.clock.advance(10 * MINUTE);
    expect(world.head).toBe(2);
    expect(world.coordinator.view(federation)?.status).toMatch(/Paused by the coordinator/);
    await world.coordinator.act(federation, 'resume');
    expect(await world.until(() => world.head === 3, 2 * MINUTE)).toBe(true);
  });

  test('is not deleted by a wish that came while its start waited in the queue, and once only', async () => {
    const world = await World.open(7, exampleSpec(), 0);
    const { coordinator } = world;
    const [, refused] = await Promise.all([
      coordinator.act(federation, 'start'),
      coordinator.remove(federation),
    ]);
    expect(refused).toMatchObject({ ok: false, error: { error: 'not-now' } });
    expect(coordinator.view(federation)?.state).toBe('running');
    await coordinator.act(federation, 'finish');
    const twice = await Promise.all([coordinator.remove(federation), coordinator.remove(federation)]);
    expect(twice).toEqual([{ ok: true, value: undefined }, undefined]);
    expect(coordinator.has(federation)).toBe(false);
  });

  test('waits for the reporters’ tallies no longer than 15 seconds before the next round', async () => {
    const world = await running(5, 4);
    const silent = world.devices[0]!;
    const tell = silent.tell.bind(silent);
    silent.tell = (message) => void (message.name !== 'evaluation' && tell(message));
    await world.until(() => world.head === 1 && silent.committed.some((one) => one.counted), 5 * MINUTE);
    const version = world.head;
    await world.clock.advance(14_000);
    expect(world.coordinator.view(federation)).toMatchObject({
      status: expect.stringMatching(/scoring version/),
    });
    await world.clock.advance(2_000);
    expect(world.coordinator.view(federation)?.round?.base).toBe(version);
    expect(world.coordinator.view(federation)?.head.evaluation?.participants).toBeGreaterThanOrEqual(2);
  });

  test('moves `live` with every commit, unless a coordinator has pinned it', async () => {
    const world = await running(6, 4);
    await world.until(() => world.head === 2, 5 * MINUTE);
    expect(world.coordinator.view(federation)?.live).toBe(2);
    const [, first] = world.coordinator.versions(federation)!;
    await world.coordinator.moveLive(federation, first!.version);
    await world.until(() => world.head === 4, 5 * MINUTE);
    expect(world.coordinator.view(federation)?.live).toBe(1);
    await world.coordinator.moveLive(federation, world.coordinator.view(federation)!.head.version);
    await world.until(() => world.head === 5, 5 * MINUTE);
    expect((await world.coordinator.aliases(federation))?.map((move) => [move.version, move.by])).toEqual([
      [5, 'automatic'],
      [4, 'coordinator'],
      [1, 'coordinator'],
      [2, 'automatic'],
      [1, 'automatic'],
      [0, 'automatic'],
    ]);
  });
});

describe('a device that does not do as it should', () => {
  const refusals: readonly (readonly [Conduct, string])[] = [
    ['not-a-number', 'not-finite'],
    ['too-large', 'too-large-coordinate'],
    ['short', 'wrong-length'],
    ['wrong-digest', 'wrong-digest'],
    ['wrong-base', 'stale-base'],
    ['too-many-examples', 'invalid'],
    ['late', 'round-closed'],
  ];
  test.each(refusals)('(%s) is told why: %s, and the round goes on without it', async (conduct, kind) => {
    const world = await World.open(10, exampleSpec({ rules: { goal: 4, minimum: 3, overSelection: 1 } }), 4);
    const liar = world.devices[0]!;
    liar.conduct = () => conduct;
    await world.start();
    expect(await world.until(() => world.head === 1, 3 * MINUTE)).toBe(true);
    await world.until(() => liar.replies.has(1), 2 * MINUTE);
    expect(liar.replies.get(1)).toMatchObject({ type: 'refused', refusal: { kind } });
    const [, version] = world.coordinator.versions(federation)!;
    expect(version?.participants).toBe(3);
    await world.check();
    expect(world.fatal).toBeUndefined();
  });

  test('(sends three times, twice at once) is counted once', async () => {
    const world = await World.open(11, exampleSpec({ rules: { goal: 3, overSelection: 1 } }), 3);
    world.devices[0]!.conduct = () => 'twice';
    await world.start();
    await world.until(() => world.head === 3, 5 * MINUTE);
    expect(await world.check()).toMatchObject({ committed: 3 });
    expect(
      world.coordinator
        .versions(federation)
        ?.slice(1, 4)
        .map((one) => one.participants),
    ).toEqual([3, 3, 3]);
  });

  test('(an update for another federation) is refused by name', async () => {
    const world = await running(12, 4);
    await world.coordinator.create(null, {
      ...exampleSpec({ seed: 99 }),
      brief: { ...exampleSpec().brief, title: 'Other' },
    });
    const other = world.coordinator.summaries().find((one) => one.title === 'Other')!;
    const base = world.coordinator.view(other.id)!.head.digest;
    const device = world.devices[0]!;
    await world.until(() => device.received.includes('configured'), MINUTE);
    const { round } = world.coordinator.view(federation)!.round!;
    const reply = await world.coordinator.offer(federation, device.participant, {
      round,
      base,
      codec: 'f32',
      steps: 1,
      baseLoss: null,
      bytes: 24,
      digest: base,
      examples: 1,
    });
    expect(reply).toMatchObject({ type: 'refused', refusal: { kind: 'wrong-federation', got: other.id } });
  });

  test('(loses its connection and comes back) is configured again and counted', async () => {
    const world = await World.open(13, exampleSpec({ rules: { goal: 3, minimum: 3, overSelection: 1 } }), 3);
    world.devices[0]!.conduct = () => 'loses-connection';
    world.devices[0]!.trainingMs = () => 8_000;
    await world.start();
    await world.until(() => world.head === 1, 2 * MINUTE);
    expect(world.devices[0]!.received.filter((name) => name === 'configured')).toHaveLength(2);
    expect((await world.check()).committed).toBe(1);
  });

  test('(is gone for good) counts as dropped after the grace, and the round closes without waiting for its deadline', async () => {
    const world = await World.open(
      14,
      exampleSpec({ rules: { goal: 4, minimum: 2, overSelection: 1, reportingDeadlineMs: 600_000 } }),
      4,
    );
    world.devices[0]!.conduct = () => 'leaves';
    await world.start();
    await world.until(() => world.head === 1, MINUTE);
    const round = (await world.coordinator.rounds(federation, { limit: 5 }))!.find((one) => one.round === 1);
    expect(round).toMatchObject({ phase: 'committed', version: 1 });
    expect(round?.cohort.filter((one) => one.stage === 'dropped')).toHaveLength(1);
    expect(round!.endedAt! - round!.openedAt).toBeLessThan(30_000);
  });

  test('(all of them withdraw) ends the round at once, with its reason', async () => {
    const world = await World.open(15, exampleSpec(), 4);
    for (const device of world.devices) device.conduct = (round) => (round === 1 ? 'withdraws' : 'honest');
    await world.start();
    await world.until(() => world.head === 1, 5 * MINUTE);
    const rounds = (await world.coordinator.rounds(federation, { limit: 10 }))!;
    expect(rounds.find((one) => one.round === 1)).toMatchObject({
      phase: 'abandoned',
      reason: 'Only 1 device could report any more; the round needs 2.',
    });
  });

  test('(goes before its check-in had its turn) is not picked', async () => {
    const world = await World.open(17, exampleSpec({ rules: { goal: 3, overSelection: 1 } }), 4);
    await world.coordinator.act(federation, 'start');
    const ghost = world.devices[0]!;
    ghost.connect();
    ghost.disconnect();
    await world.clock.advance(1_000);
    expect(world.coordinator.view(federation)).toMatchObject({ checkedIn: 0, connected: 0 });
    for (const device of world.devices.slice(1)) device.connect();
    await world.until(() => world.head === 1, MINUTE);
    expect(ghost.received).toEqual([]);
    expect(world.head).toBe(1);
  });

  test('(two tabs of one profile) takes part through the newer one, and the older is told', async () => {
    const world = await running(16, 3, { rules: { goal: 3, overSelection: 1 } });
    const device = world.devices[0]!;
    const told: string[] = [];
    const older = {
      id: 'old',
      participant: device.participant,
      name: null,
      kind: 'tab' as const,
      send: (name: string) => void told.push(name),
    };
    const message = { federation, examples: 5, backend: 'none' };
    await world.coordinator.receive(older, { name: 'check-in', message });
    device.connect();
    await world.clock.advance(1_000);
    expect(told).toContain('superseded');
    expect(world.coordinator.view(federation)?.checkedIn).toBe(3);
    expect(
      await world.coordinator.receive(older, { name: 'check-out', message: { federation } }),
    ).toMatchObject({ ok: false, error: 'other-connection' });
  });
});

describe('whoever watches', () => {
  test('hears of changes at most twice a second, and of the last one for sure', async () => {
    const world = await running(30, 4);
    const heard: { readonly at: number; readonly phase: string | undefined }[] = [];
    const watcher: Connection = {
      id: 'watcher',
      participant: null,
      name: null,
      kind: 'tab',
      send: (name, message) => {
        if (name === 'federation')
          heard.push({ at: world.clock.monotonic(), phase: v.parse(FederationView, message).round?.phase });
      },
    };
    await world.coordinator.receive(watcher, { name: 'watch', message: { federation } });
    for (let step = 0; step < 200; step += 1) {
      for (const device of world.devices)
        device.tell({
          name: 'progress',
          message: {
            federation,
            round: world.coordinator.view(federation)!.round!.round,
            stage: 'training',
            fraction: step / 200,
          },
        });
      await world.clock.advance(50);
    }
    await world.coordinator.act(federation, 'finish');
    await world.clock.advance(1_000);
    expect(heard.length).toBeGreaterThan(15);
    for (const [index, one] of heard.entries())
      if (index > 0) expect(one.at - heard[index - 1]!.at).toBeGreaterThanOrEqual(500);
    expect(['committed', 'abandoned']).toContain(heard.at(-1)?.phase);
  });

  test('of a cohort of hundreds gets a view that fits into one message', async () => {
    const world = await World.open(
      31,
      exampleSpec({ rules: { goal: 400, minimum: 300, overSelection: 1 } }),
      400,
    );
    for (const device of world.devices) device.conduct = () => 'silent';
    await world.start();
    const view = world.coordinator.view(federation)!;
    expect(view.round?.cohort).toHaveLength(400);
    expect(JSON.stringify(view).length).toBeGreaterThan(MAXIMUM_MESSAGE_BYTES);
    const compact = v.parse(FederationView, compactView(view));
    expect(JSON.stringify(compact).length).toBeLessThan(MAXIMUM_MESSAGE_BYTES);
    expect(compact.round?.cohort.length).toBeGreaterThan(100);
    // A recipe that fills a message by itself takes no member away.
    const recipe = { text: 'x'.repeat(MAXIMUM_MESSAGE_BYTES) } as PinnedRecipe;
    const prepared = compactView({ ...view, spec: { ...view.spec, recipe } });
    expect(prepared.round?.cohort).toHaveLength(compact.round!.cohort.length);
  });
});

describe('the aggregate', () => {
  test('is the same bytes in whatever order the updates arrive', async () => {
    const digests = new Set<string>();
    const orders = new Set<string>();
    for (let order = 0; order < 8; order += 1) {
      const world = await World.open(20, exampleSpec({ rules: { goal: 6, overSelection: 1 } }), 6);
      const delays = random(order, 'order').shuffle([500, 1_000, 1_500, 2_000, 2_500, 3_000]);
      for (const [index, device] of world.devices.entries()) device.trainingMs = () => delays[index]!;
      await world.start();
      await world.until(() => world.head === 1, MINUTE);
      orders.add(delays.join());
      digests.add(world.coordinator.versions(federation)![1]!.digest);
    }
    expect(orders.size).toBeGreaterThan(5);
    expect(digests.size).toBe(1);
  });
});

describe('with faults of every kind at once', () => {
  const conducts: readonly Conduct[] = [
    'honest',
    'honest',
    'honest',
    'honest',
    'twice',
    'not-a-number',
    'too-large',
    'short',
    'wrong-digest',
    'wrong-base',
    'too-many-examples',
    'late',
    'silent',
    'withdraws',
    'loses-connection',
    'leaves',
  ];

  test('every invariant holds, and once the faults stop rounds commit again', async () => {
    const reached = { committed: 0, abandoned: 0 };
    for (let seed = 100; seed < 160; seed += 1) {
      const world = await World.open(seed, exampleSpec({ rules: { goal: 4, minimum: 3 } }), 7);
      let faulty = true;
      for (const device of world.devices)
        device.conduct = (round) =>
          faulty ? conducts[random(seed, 'conduct', device.index, round).below(conducts.length)]! : 'honest';
      await world.start();
      await world.until(() => false, 8 * MINUTE, 1_000);
      const during = await world.check();
      reached.committed += during.committed;
      reached.abandoned += during.abandoned;
      faulty = false;
      const before = world.head;
      // Liveness: whoever left is back after 90 s, and a round takes at most its two deadlines.
      expect(await world.until(() => world.head > before, 5 * MINUTE, 1_000), `seed ${seed}`).toBe(true);
      await world.check();
      expect(world.fatal, `seed ${seed}`).toBeUndefined();
    }
    expect(reached.committed).toBeGreaterThan(100);
    expect(reached.abandoned).toBeGreaterThan(20);
  });
});
