// Whole federations with asynchronous rounds and a hand-moved clock: buffers that follow each other, devices that train across
// them, deadlines of their own, and a server that dies at any of its durable writes.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { random } from '#lib/core/random.ts';
import { acceptedReports } from '#lib/core/round/round-state.ts';
import { memoryRecords } from '../../server/adapters/memory-records.ts';
import { sqliteRecords } from '../../server/adapters/sqlite/records.ts';
import type { Records } from '../../server/ports/records.ts';
import { asynchronousSpec } from './example-spec.ts';
import { federation, World, type Conduct, type Crash } from './world.ts';

const MINUTE = 60_000;
const folder = mkdtempSync(join(tmpdir(), 'tributary-asynchronous-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;

const viewOf = (world: World) => world.coordinator.view(federation)!;
const reportsOf = async (world: World) =>
  (await world.kept.rounds(federation, { limit: 1_000 }))
    .filter(({ round }) => round.phase === 'committed')
    .flatMap(({ round }) => acceptedReports(round).map((report) => ({ countedIn: round.round, ...report })));

describe('an asynchronous federation', () => {
  test('makes version after version of K updates each, the slow ones counted with their age, and ends after its last', async () => {
    const world = await World.open(1, asynchronousSpec(6, { maximumRounds: 8 }), 6);
    // Five devices take a second, one takes five.
    for (const [index, device] of world.devices.entries())
      device.trainingMs = () => (index === 0 ? 5_000 : 1_000 + index);
    await world.start();
    expect(await world.until(() => viewOf(world).state === 'finished', 5 * MINUTE)).toBe(true);
    expect(await world.check()).toEqual({ committed: 8, abandoned: 0 });
    expect(world.coordinator.versions(federation)?.map((one) => one.participants)).toEqual([
      0,
      ...Array.from({ length: 8 }, () => 3),
    ]);
    const slow = (await reportsOf(world)).filter((one) => one.participant === world.devices[0]?.participant);
    // Configured at once in round 1, counted rounds later: nobody waited for it, and nothing was thrown away.
    expect(slow.length).toBeGreaterThan(0);
    expect(slow[0]).toMatchObject({ round: 1, version: 0 });
    expect(slow[0]!.staleness).toBe(slow[0]!.countedIn - 1);
    expect(slow[0]!.staleness).toBeGreaterThan(1);
    expect(world.devices[0]!.replies.get(1)).toMatchObject({
      type: 'accepted',
      receipt: { round: 1, countedIn: slow[0]!.countedIn },
    });
  });

  test('lets no more devices train at the same time than its rules say; the others get seats as they come free', async () => {
    const world = await World.open(2, asynchronousSpec(3), 8);
    let most = 0;
    await world.start();
    await world.until(
      () => {
        const { round } = viewOf(world);
        const busy = round?.cohort.filter((one) => ['waiting', 'training'].includes(one.stage)).length ?? 0;
        most = Math.max(most, busy);
        return world.head >= 12;
      },
      5 * MINUTE,
      50,
    );
    expect(most).toBe(3);
    expect(new Set((await reportsOf(world)).map((one) => one.participant)).size).toBe(8);
    await world.check();
  });

  test('refuses an update whose base has become too old, and its device trains from the newest version next', async () => {
    const world = await World.open(3, asynchronousSpec(4, {}, 1), 4);
    const slow = world.devices[0]!;
    slow.trainingMs = (round) => (round === 1 ? 20_000 : 500);
    await world.start();
    await world.until(() => slow.replies.has(1), MINUTE);
    expect(slow.replies.get(1)).toMatchObject({ type: 'refused', refusal: { kind: 'stale-base' } });
    expect(
      await world.until(() => [...slow.replies.values()].some((one) => one.type === 'accepted'), MINUTE),
    ).toBe(true);
    await world.check();
    expect(world.fatal).toBeUndefined();
  });

  test('gives the seat of a device that is silent to another when its own deadline has passed', async () => {
    const world = await World.open(4, asynchronousSpec(3, { reportingDeadlineMs: 10_000 }), 4);
    for (const device of world.devices.slice(0, 1)) device.conduct = () => 'silent';
    await world.start();
    expect(await world.until(() => world.head >= 3, 2 * MINUTE)).toBe(true);
    await world.clock.advance(10_000);
    const dropped = (await world.kept.journal(federation)).filter((entry) => entry.type === 'dropped');
    expect(dropped[0]?.payload).toMatchObject({
      round: expect.any(Number),
      participant: world.devices[0]!.participant,
      reason: 'It did not report within its time.',
    });
    await world.check();
  });

  test('says whom it waits for where a buffer cannot be filled', async () => {
    const world = await World.open(5, asynchronousSpec(3), 2);
    await world.start();
    await world.clock.advance(MINUTE);
    expect(viewOf(world)).toMatchObject({
      round: { round: 1, phase: 'reporting', deadlineAt: null },
      status: 'Round 1 collects updates as they come: 2 of 3 are in. Waiting for 1 more device.',
    });
  });

  test('paused, it counts what is under way and lets nobody begin; resumed, it goes on', async () => {
    const world = await World.open(6, asynchronousSpec(4), 4);
    await world.start();
    await world.coordinator.act(federation, 'pause');
    await world.clock.advance(MINUTE);
    // Four were under way: three make a version, the fourth waits in the next buffer.
    expect(world.head).toBe(1);
    expect(viewOf(world).round).toMatchObject({ round: 2, cohort: [{ stage: 'accepted' }] });
    expect(viewOf(world).status).toMatch(
      /^Paused by the coordinator: updates that are under way still count/,
    );
    await world.coordinator.act(federation, 'resume');
    expect(await world.until(() => world.head >= 3, MINUTE)).toBe(true);
    await world.check();
  });

  test('ends at a version that enough devices have judged to reach the target', async () => {
    const spec = asynchronousSpec(4, { minimum: 3 });
    const world = await World.open(7, { ...spec, metric: { name: 'accuracy', target: 0.5 } }, 4);
    await world.start();
    expect(await world.until(() => viewOf(world).state === 'finished', 2 * MINUTE)).toBe(true);
    expect(viewOf(world).status).toMatch(/^The run ended: version \d+ reached its target\.$/);
    await world.check();
  });

  test('goes on with each device’s own deadline, however long the server was away', async () => {
    const world = await World.open(8, asynchronousSpec(4, { reportingDeadlineMs: 60_000 }), 4);
    for (const device of world.devices) device.conduct = () => 'silent';
    await world.start();
    await world.clock.advance(31_000);
    world.kill();
    await world.clock.advance(3_600_000);
    await world.restart();
    await world.clock.advance(20_000);
    expect(viewOf(world).round?.cohort.map((one) => one.reason)).toEqual([null, null, null, null]);
    // Written down every 5 seconds: of the 31 s that passed at least 26 are remembered, and 20 more have passed.
    await world.clock.advance(15_000);
    const [one] = await world.kept.rounds(federation, { limit: 1 });
    const journal = await world.kept.journal(federation);
    expect(journal.filter((entry) => entry.type === 'dropped')).toHaveLength(4);
    // Each got a seat again, with a whole deadline.
    expect(
      one?.round.phase === 'reporting' &&
        one.round.cohort.every((member) => (member.task.leftMs ?? 0) > 40_000),
    ).toBe(true);
  });
});

describe('with faults of every kind at once', () => {
  const conducts: readonly Conduct[] = [
    ...Array.from({ length: 8 }, () => 'honest' as const),
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

  test('every invariant holds, and once the faults stop versions are made again', async () => {
    let committed = 0;
    let abandoned = 0;
    let stale = 0;
    for (let seed = 200; seed < 240; seed += 1) {
      const spec = asynchronousSpec(5, { goal: 3, reportingDeadlineMs: 20_000 }, 2);
      const world = await World.open(seed, spec, 7);
      let faulty = true;
      for (const device of world.devices) {
        device.conduct = (round) =>
          faulty ? conducts[random(seed, 'conduct', device.index, round).below(conducts.length)]! : 'honest';
        device.trainingMs = (round) => 200 + random(seed, 'training', device.index, round).below(9_000);
      }
      await world.start();
      await world.until(() => false, 5 * MINUTE, 1_000);
      const during = await world.check();
      committed += during.committed;
      abandoned += during.abandoned;
      stale += (await reportsOf(world)).filter((one) => one.staleness > 0).length;
      faulty = false;
      const before = world.head;
      expect(await world.until(() => world.head > before + 1, 5 * MINUTE, 1_000), `seed ${seed}`).toBe(true);
      await world.check();
      expect(world.fatal, `seed ${seed}`).toBeUndefined();
    }
    expect(committed).toBeGreaterThan(200);
    expect(stale).toBeGreaterThan(100);
    // Every device had had its turn, and the buffer was not full.
    expect(abandoned).toBeGreaterThan(2);
  });
});

/** Three buffers of four devices, one of which is slow and one of which sends everything twice. */
async function threeBuffers(crash: Crash | undefined, kept: Records): Promise<World> {
  const world = await World.open(9, asynchronousSpec(4, { goal: 2, maximumRounds: 3 }), 4, kept);
  world.devices[0]!.conduct = () => 'twice';
  world.devices[1]!.trainingMs = () => 6_000;
  if (crash !== undefined) world.crashAt(crash);
  const starting = world.coordinator.act(federation, 'start');
  for (const device of world.devices) device.connect();
  await world.until(() => {
    const view = world.coordinator.view(federation);
    // The coordinator whose click was lost clicks again.
    if (view?.state === 'draft' && world.restarts > 0) void world.coordinator.act(federation, 'start');
    return view?.state === 'finished';
  }, 20 * MINUTE);
  void starting;
  return world;
}

const stores: readonly { readonly name: string; open(): Promise<Records> }[] = [
  { name: 'in memory', open: async () => memoryRecords() },
  { name: 'on SQLite', open: () => sqliteRecords(join(folder, `${(files += 1)}.sqlite`)) },
];

describe.each(stores)('with records $name', ({ open }) => {
  test('a process killed at each durable write is followed by one that makes the same three versions’ worth', async () => {
    const kept = await open();
    const undisturbed = await threeBuffers(undefined, kept);
    expect(await undisturbed.check()).toEqual({ committed: 3, abandoned: 0 });
    await kept.close();
    const { writes } = undisturbed;
    // Creating, starting, opening, and for each buffer: its configurations, two reports, closing, committing.
    expect(writes).toBeGreaterThan(12);
    let restarts = 0;
    for (let write = 2; write <= writes; write += 1)
      for (const when of ['before', 'after'] as const) {
        const records = await open();
        const world = await threeBuffers({ write, when }, records);
        const label = `killed ${when} write ${write}`;
        restarts += world.restarts;
        expect(await world.check(), label).toEqual({ committed: 3, abandoned: 0 });
        expect(world.fatal, label).toBeUndefined();
        expect(
          world.coordinator.versions(federation)?.map((one) => one.version),
          label,
        ).toEqual([0, 1, 2, 3]);
        await records.close();
      }
    expect(restarts).toBeGreaterThanOrEqual(2 * (writes - 1) - 2);
  });
});
