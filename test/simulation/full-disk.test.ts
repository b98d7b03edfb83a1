// The disk of the server has no room: what was asked for is refused, rounds that cannot be kept are abandoned, and everything
// else goes on. Nothing is unknown after such a write, so the process does not end.
import { describe, expect, test } from 'vitest';
import { memoryRecords, type MemoryRecords } from '../../server/adapters/memory-records.ts';
import { RecordsFull, type Change, type Records } from '../../server/ports/records.ts';
import { exampleSpec } from './example-spec.ts';
import { federation, World } from './world.ts';

const MINUTE = 60_000;

/** Records that call `before` with what is about to be written. */
function watched(before: (changes: readonly Change[], kept: MemoryRecords) => void): {
  readonly kept: MemoryRecords;
  readonly records: Records;
} {
  const kept = memoryRecords();
  const write: Records['write'] = async (changes) => {
    before(changes, kept);
    await kept.write(changes);
  };
  return { kept, records: { ...kept, write } };
}
const makesVersion = (changes: readonly Change[]): boolean =>
  changes.some((change) => change.type === 'insert-version' && change.record.version > 0);
const view = (world: World) => world.coordinator.view(federation)!;
const roundsOf = async (world: World) => (await world.coordinator.rounds(federation, { limit: 50 }))!;
const FULL = /disk is full/;

describe('a full disk', () => {
  test('turns updates away without a decision, and takes them when it has room', async () => {
    const kept = memoryRecords();
    const rules = { goal: 4, overSelection: 1, reportingDeadlineMs: 10 * MINUTE };
    const world = await World.open(21, exampleSpec({ rules }), 4, kept);
    await world.start();
    expect(view(world).round?.phase).toBe('reporting');
    kept.isFull = true;
    await world.clock.advance(30_000);
    expect(world.devices.filter((device) => device.turnedAway > 0)).toHaveLength(4);
    expect(world.devices.flatMap((device) => [...device.replies])).toEqual([]);
    // Of the updates nothing is left, only version 0.
    expect(world.blobs.digests()).toHaveLength(1);
    expect(world.fatal).toBeUndefined();
    kept.isFull = false;
    expect(await world.until(() => world.head === 1, 2 * MINUTE)).toBe(true);
    expect(await world.check()).toEqual({ committed: 1, abandoned: 0 });
  });

  test('without room for a round’s end keeps the round in memory, says so, and ends it when there is room', async () => {
    const kept = memoryRecords();
    const world = await World.open(22, exampleSpec(), 4, kept);
    for (const device of world.devices) device.conduct = (round) => (round === 1 ? 'silent' : 'honest');
    await world.start();
    kept.isFull = true;
    // The deadline of 60 s passes without a report.
    await world.clock.advance(5 * MINUTE);
    expect(view(world)).toMatchObject({ status: expect.stringMatching(FULL), round: { phase: 'reporting' } });
    expect(world.fatal).toBeUndefined();
    expect(world.devices.flatMap((device) => device.received)).not.toContain('abandoned');
    kept.isFull = false;
    await world.clock.advance(10_000);
    expect((await roundsOf(world)).find((one) => one.round === 1)).toMatchObject({
      phase: 'abandoned',
      reason: 'Only 0 devices reported in time; the round needs 2.',
    });
    expect(view(world).status).not.toMatch(FULL);
    expect(await world.until(() => world.head === 2, 5 * MINUTE)).toBe(true);
    expect((await world.check()).abandoned).toBe(1);
  });

  test('abandons the round whose version it cannot keep, with the reason, and keeps nothing of that version', async () => {
    let isTight = true;
    const { kept, records } = watched((changes) => {
      if (isTight && makesVersion(changes)) throw new RecordsFull('There is no room for a version.');
    });
    const world = await World.open(23, exampleSpec(), 4, records);
    await world.start();
    await world.until(() => view(world).round?.phase === 'abandoned', 2 * MINUTE);
    expect(await kept.rounds(federation, { limit: 1 })).toMatchObject([
      {
        round: { round: 1, phase: 'abandoned', reason: expect.stringMatching(/disk of the server is full/) },
      },
    ]);
    expect(world.blobs.digests()).toEqual([view(world).head.digest]);
    expect(world.head).toBe(0);
    expect(world.devices.flatMap((device) => device.received)).toContain('abandoned');
    isTight = false;
    expect(await world.until(() => world.head === 1, 5 * MINUTE)).toBe(true);
    expect(await world.check()).toEqual({ committed: 1, abandoned: 1 });
    expect(world.fatal).toBeUndefined();
  });

  test('with no room even for an abandonment tries until there is some, and does not make the version after all', async () => {
    let versions = 0;
    const { kept, records } = watched((changes, disk) => {
      if (!makesVersion(changes)) return;
      versions += 1;
      disk.isFull = versions === 1;
    });
    const world = await World.open(24, exampleSpec(), 4, records);
    await world.start();
    await world.clock.advance(10 * MINUTE);
    expect(view(world)).toMatchObject({
      status: expect.stringMatching(FULL),
      round: { phase: 'aggregation' },
    });
    expect([world.head, versions, world.fatal]).toEqual([0, 1, undefined]);
    kept.isFull = false;
    await world.clock.advance(10_000);
    expect((await roundsOf(world)).find((one) => one.round === 1)).toMatchObject({
      phase: 'abandoned',
      reason: expect.stringMatching(/disk of the server is full/),
    });
    expect(await world.until(() => world.head === 1, 5 * MINUTE)).toBe(true);
    expect(await world.check()).toEqual({ committed: 1, abandoned: 1 });
  });

  test('that is still full at the end of the process loses no accepted update: the next one averages them', async () => {
    const { kept, records } = watched((changes, disk) => {
      if (makesVersion(changes) && world.restarts === 0) disk.isFull = true;
    });
    const world = await World.open(25, exampleSpec(), 4, records);
    await world.start();
    await world.clock.advance(2 * MINUTE);
    expect(view(world).round?.phase).toBe('aggregation');
    await world.coordinator.close();
    kept.isFull = false;
    await world.restart();
    expect(await world.until(() => world.head === 1, MINUTE)).toBe(true);
    expect(view(world).round).toMatchObject({ round: 1, phase: 'committed' });
    expect((await world.check()).abandoned).toBe(0);
  });

  test('opens no round, and opens one for whoever has come when there is room', async () => {
    const kept = memoryRecords();
    const world = await World.open(26, exampleSpec(), 4, kept);
    await world.coordinator.act(federation, 'start');
    kept.isFull = true;
    for (const device of world.devices) device.connect();
    await world.clock.advance(MINUTE);
    expect(view(world)).toMatchObject({ round: null, checkedIn: 4, status: expect.stringMatching(FULL) });
    kept.isFull = false;
    expect(await world.until(() => world.head === 1, 2 * MINUTE)).toBe(true);
    expect(await world.check()).toEqual({ committed: 1, abandoned: 0 });
    expect(world.fatal).toBeUndefined();
  });

  test('of bytes abandons the round too, and refuses a new federation without a trace', async () => {
    const { records } = watched((changes) => {
      for (const change of changes)
        if (change.type === 'put-round' && change.record.round.phase === 'aggregation')
          blobs.isFull = change.record.round.round === 1;
    });
    const world = await World.open(27, exampleSpec(), 4, records);
    const { blobs } = world;
    await world.start();
    await world.until(() => blobs.isFull, 2 * MINUTE);
    await world.clock.advance(0);
    expect(view(world).round).toMatchObject({
      phase: 'abandoned',
      reason: expect.stringMatching(/disk of the server is full/),
    });
    const before = blobs.digests();
    await expect(world.coordinator.create(null, exampleSpec({ seed: 9 }))).rejects.toThrow(/no room/);
    expect(world.coordinator.summaries()).toHaveLength(1);
    expect(blobs.digests()).toEqual(before);
    blobs.isFull = false;
    expect(await world.until(() => world.head === 1, 5 * MINUTE)).toBe(true);
    expect(await world.check()).toEqual({ committed: 1, abandoned: 1 });
    expect(world.fatal).toBeUndefined();
  });
});
