// The server's process dies at every one of its durable writes, before and after each is on disk, and another takes over
// from what was kept: no acknowledged update is lost, none counts twice, and the same round goes on.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { memoryRecords } from '../../server/adapters/memory-records.ts';
import { sqliteRecords } from '../../server/adapters/sqlite/records.ts';
import type { Records } from '../../server/ports/records.ts';
import { exampleSpec } from './example-spec.ts';
import { federation, World, type Crash } from './world.ts';

const MINUTE = 60_000;
const folder = mkdtempSync(join(tmpdir(), 'tributary-restarts-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;

/** Two rounds of four devices, one of which sends everything twice. */
async function twoRounds(crash: Crash | undefined, kept: Records): Promise<World> {
  const spec = exampleSpec({ rules: { goal: 3, minimum: 3, maximumRounds: 2 } });
  const world = await World.open(7, spec, 4, kept);
  world.devices[0]!.conduct = () => 'twice';
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
  test('a process killed at each durable write is followed by one that ends the same two rounds', async () => {
    const kept = await open();
    const undisturbed = await twoRounds(undefined, kept);
    expect(await undisturbed.check()).toEqual({ committed: 2, abandoned: 0 });
    await kept.close();
    const writes = undisturbed.writes;
    // Creating, starting, and for each round: opening with its configuration, three reports, closing, committing.
    expect(writes).toBeGreaterThan(10);
    let restarts = 0;
    for (let write = 2; write <= writes; write += 1)
      for (const when of ['before', 'after'] as const) {
        const records = await open();
        const world = await twoRounds({ write, when }, records);
        const label = `killed ${when} write ${write}`;
        restarts += world.restarts;
        expect(await world.check(), label).toEqual({ committed: 2, abandoned: 0 });
        expect(world.fatal, label).toBeUndefined();
        expect(
          world.coordinator.versions(federation)?.map((one) => one.version),
          label,
        ).toEqual([0, 1, 2]);
        await records.close();
      }
    expect(restarts).toBeGreaterThanOrEqual(2 * (writes - 1) - 2);
  });
});

test('a deadline goes on with what was left of it, however long the server was away', async () => {
  const rules = { goal: 4, minimum: 2, overSelection: 1, reportingDeadlineMs: 60_000 };
  const world = await World.open(8, exampleSpec({ rules }), 4);
  for (const device of world.devices.slice(0, 2)) device.conduct = () => 'silent';
  await world.start();
  await world.clock.advance(31_000);
  world.kill();
  await world.clock.advance(3_600_000);
  await world.restart();
  const left = world.coordinator.view(federation)!.round!.deadlineAt! - world.clock.now();
  // Written down every 5 seconds: of the 31 s that passed at least 26 are remembered.
  expect(left).toBeGreaterThan(28_000);
  expect(left).toBeLessThanOrEqual(34_000);
  expect(world.head).toBe(0);
  await world.clock.advance(35_000);
  expect(world.head).toBe(1);
  expect((await world.check()).committed).toBe(1);
});

test('bytes that no record names are gone after a restart, and those of open rounds are not', async () => {
  const world = await World.open(9, exampleSpec({ rules: { goal: 4, overSelection: 1 } }), 4);
  world.devices[0]!.trainingMs = () => 50_000;
  await world.start();
  await world.clock.advance(10_000);
  await world.blobs.put(new Uint8Array([1, 2, 3]));
  // Version 0, three updates, and the loose ones.
  expect(world.blobs.digests()).toHaveLength(5);
  await world.restart();
  expect(world.blobs.digests()).toHaveLength(4);
  expect(await world.until(() => world.head === 1, 2 * MINUTE)).toBe(true);
  // The updates go with their round.
  expect(world.blobs.digests()).toHaveLength(2);
  expect((await world.check()).committed).toBe(1);
});

test('a durable write that fails ends the process instead of being tried again', async () => {
  const kept = memoryRecords();
  let broken = false;
  const failing: Records = {
    ...kept,
    write: async (changes) => {
      if (broken) throw new Error('EIO: i/o error, fsync');
      await kept.write(changes);
    },
  };
  const world = await World.open(10, exampleSpec(), 4, failing);
  await world.start();
  broken = true;
  await world.clock.advance(10_000);
  expect(world.fatal).toMatchObject({ message: 'EIO: i/o error, fsync' });
  expect(
    world.devices.flatMap((device) => [...device.replies.values()]).filter((one) => one.type === 'accepted'),
  ).toEqual([]);
  broken = false;
  await world.restart();
  expect(await world.until(() => world.head === 1, 5 * MINUTE)).toBe(true);
  await world.check();
});

describe('a newest version that the disk has damaged', () => {
  const viewOf = (world: World) => world.coordinator.view(federation)!;
  const versionsOf = (world: World) => world.coordinator.versions(federation)!;
  const journalOf = async (world: World, type: string) =>
    (await world.kept.journal(federation)).filter((entry) => entry.type === type);

  async function withHead(seed: number, head: number): Promise<World> {
    const world = await World.open(seed, exampleSpec(), 4);
    await world.start();
    await world.until(() => world.head === head, 10 * MINUTE);
    return world;
  }

  test('is followed by its parent’s parameters as a new version, said aloud, and rounds go on from there', async () => {
    const world = await withHead(11, 2);
    const [, parent, lost] = versionsOf(world);
    world.blobs.damage(lost!.digest);
    await world.restart();
    expect(versionsOf(world).map((one) => [one.version, one.parent, one.damaged])).toEqual([
      [0, null, false],
      [1, 0, false],
      [2, 1, true],
      [3, 1, false],
    ]);
    expect(viewOf(world)).toMatchObject({
      live: 3,
      head: { version: 3, digest: parent!.digest, run: null, round: null, participants: 0, examples: 0 },
      status: expect.stringMatching(/Version 3 holds the parameters of version 1 again: .* damaged/),
    });
    expect(world.coordinator.parametersAt(lost!.digest)).toBe('damaged');
    expect(world.coordinator.parametersAt(parent!.digest)).toBe('intact');
    expect(await world.coordinator.moveLive(federation, lost!.version)).toMatchObject({
      ok: false,
      error: { error: 'not-now', message: expect.stringMatching(/Version 2 is damaged/) },
    });
    expect(await journalOf(world, 'restored')).toMatchObject([
      { payload: { version: 3, parent: 1, digest: parent!.digest, damaged: [2] } },
    ]);

    expect(await world.until(() => world.head === 4, 10 * MINUTE)).toBe(true);
    expect(versionsOf(world)[4]).toMatchObject({ parent: 3, participants: expect.any(Number) });
    expect(viewOf(world).status).not.toMatch(/damaged/);
    // The round that trained from it came to nothing, if one was open.
    expect((await world.check()).committed).toBe(3);
    expect(world.fatal).toBeUndefined();
  });

  test('and its parent with it is followed by the newest that is intact; after another restart all is known still', async () => {
    const world = await withHead(13, 3);
    const before = versionsOf(world);
    for (const version of before.slice(2)) world.blobs.damage(version.digest);
    await world.restart();
    await world.restart();
    expect(versionsOf(world).map((one) => [one.version, one.parent, one.damaged])).toEqual([
      [0, null, false],
      [1, 0, false],
      [2, 1, true],
      [3, 2, true],
      [4, 1, false],
    ]);
    expect(await journalOf(world, 'restored')).toHaveLength(1);
    expect(await world.until(() => world.head === 5, 10 * MINUTE)).toBe(true);
    await world.check();
  });

  test('is no longer marked once somebody has put its bytes back', async () => {
    const world = await withHead(14, 1);
    const { digest } = viewOf(world).head;
    world.blobs.damage(digest);
    await world.restart();
    expect(world.coordinator.parametersAt(digest)).toBe('damaged');
    // The same bit again.
    world.blobs.damage(digest);
    await world.restart();
    expect(world.coordinator.parametersAt(digest)).toBe('intact');
    expect(versionsOf(world).map((one) => [one.version, one.parent])).toEqual([
      [0, null],
      [1, 0],
      [2, 0],
    ]);
  });

  test('ends the round that trains from it with the reason', async () => {
    const world = await withHead(15, 1);
    await world.until(() => viewOf(world).round?.round === 2, MINUTE);
    for (const device of world.devices) device.conduct = () => 'silent';
    world.blobs.damage(viewOf(world).head.digest);
    await world.restart();
    expect(viewOf(world).round).toMatchObject({
      round: 2,
      phase: 'abandoned',
      reason: 'Version 1, which the round trains from, is damaged on the server’s disk.',
    });
    expect(world.head).toBe(2);
  });

  test('while the server runs is found when its round is averaged, and left behind too', async () => {
    const world = await withHead(16, 1);
    await world.until(() => viewOf(world).round?.round === 2, MINUTE);
    world.blobs.damage(viewOf(world).head.digest);
    expect(await world.until(() => world.head === 3, 10 * MINUTE)).toBe(true);
    expect(versionsOf(world).map((one) => [one.version, one.parent, one.damaged])).toEqual([
      [0, null, false],
      [1, 0, true],
      [2, 0, false],
      [3, 2, false],
    ]);
    expect((await world.check()).abandoned).toBe(1);
  });

  test('leaves a version live that was made so by hand, unless that one is lost too', async () => {
    for (const [lost, live] of [
      [[2], 1],
      [[1, 2], 3],
    ] as const) {
      const world = await withHead(17, 2);
      await world.coordinator.moveLive(federation, versionsOf(world)[1]!.version);
      for (const number of lost) world.blobs.damage(versionsOf(world)[number]!.digest);
      await world.restart();
      expect([viewOf(world).head.version, viewOf(world).live], String(lost)).toEqual([3, live]);
    }
  });

  test('where only that which is live cannot be read, the newest that can becomes live, and the journal says so', async () => {
    const world = await withHead(20, 2);
    const [, first] = versionsOf(world);
    world.blobs.damage(first!.digest);
    // By hand it would go to a file that nobody can have.
    expect(await world.coordinator.moveLive(federation, first!.version)).toMatchObject({
      error: { error: 'not-now', message: expect.stringMatching(/Version 1 is damaged/) },
    });
    world.blobs.damage(first!.digest);
    await world.restart();
    await world.coordinator.moveLive(federation, first!.version);
    expect(viewOf(world).live).toBe(1);
    world.blobs.damage(first!.digest);
    await world.restart();
    const live = viewOf(world).live;
    expect(live).toBeGreaterThan(1);
    expect(live).toBe(viewOf(world).head.version);
    expect((await journalOf(world, 'live-moved')).at(-1)?.payload).toMatchObject({
      version: live,
      damaged: 1,
    });
    expect(await journalOf(world, 'restored')).toEqual([]);
    expect(world.fatal).toBeUndefined();
  });

  test('without an intact one before it opens no round, and the page says so', async () => {
    const world = await withHead(18, 1);
    for (const version of versionsOf(world)) world.blobs.damage(version.digest);
    await world.restart();
    await world.clock.advance(10 * MINUTE);
    expect(world.head).toBe(1);
    expect(viewOf(world).status).toMatch(/Version 1 is damaged on the server’s disk, .* no round opens/);
    expect(world.fatal).toBeUndefined();
  });

  test('on a full disk waits for room to be left behind, and no round opens from it meanwhile', async () => {
    const kept = memoryRecords();
    const world = await World.open(19, exampleSpec(), 4, kept);
    await world.start();
    await world.until(() => world.head === 1, 5 * MINUTE);
    world.blobs.damage(viewOf(world).head.digest);
    kept.isFull = true;
    await world.restart();
    await world.clock.advance(MINUTE);
    expect([world.head, viewOf(world).status]).toEqual([1, expect.stringMatching(/disk is full/)]);
    kept.isFull = false;
    expect(await world.until(() => world.head === 3, 10 * MINUTE)).toBe(true);
    expect(versionsOf(world).map((one) => one.damaged)).toEqual([false, true, false, false]);
  });
});

test('an update that the disk has damaged is not averaged: its round is abandoned with the reason, and the next commits', async () => {
  const world = await World.open(12, exampleSpec({ rules: { goal: 4, minimum: 4, overSelection: 1 } }), 4);
  world.devices[0]!.trainingMs = () => 30_000;
  await world.start();
  await world.clock.advance(10_000);
  const [reported] = world.coordinator
    .view(federation)!
    .round!.cohort.filter((one) => one.stage === 'accepted');
  const reply = world.devices.find((one) => one.participant === reported?.participant)?.replies.get(1);
  if (reply?.type !== 'accepted') throw new Error('No update was accepted in time.');
  world.blobs.damage(reply.receipt.update);
  await world.restart();
  await world.until(() => world.head === 1, 10 * MINUTE);
  const rounds = (await world.coordinator.rounds(federation, { limit: 10 }))!;
  expect(rounds.find((one) => one.round === 1)).toMatchObject({
    phase: 'abandoned',
    reason: expect.stringMatching(/damaged on disk/),
  });
  expect(world.head).toBe(1);
  expect(world.fatal).toBeUndefined();
});
