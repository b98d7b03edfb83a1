// The log of versions where it is not simply gone on with: begun late, signed by another key, set back to an old copy.
import { expect, test } from 'vitest';
import { followHead } from '#lib/core/transparency/follow-head.ts';
import { memoryRecords } from '../../server/adapters/memory-records.ts';
import { memoryServerKey } from '../../server/adapters/ed25519.ts';
import { openCoordinator } from '../../server/coordinator/coordinator.ts';
import { silentLog } from '../../server/ports/log.ts';
import type { Records } from '../../server/ports/records.ts';
import { exampleSpec } from './example-spec.ts';
import { federation, World } from './world.ts';

const MINUTE = 60_000;
const spec = exampleSpec({ rules: { maximumRounds: 3 } });

async function run(kept: Records): Promise<World> {
  const world = await World.open(3, spec, 4, kept);
  await world.start();
  expect(await world.until(() => world.coordinator.view(federation)?.state === 'finished', 20 * MINUTE)).toBe(
    true,
  );
  return world;
}

test('a draft has no head: its version 0 may still be another; a start signs it', async () => {
  const world = await World.open(3, spec, 2);
  expect((await world.coordinator.log(federation, { since: 0 }))?.head).toBeNull();
  await world.coordinator.change(federation, exampleSpec({ seed: 9, rules: { maximumRounds: 3 } }));
  await world.coordinator.act(federation, 'start');
  expect((await world.coordinator.log(federation, { since: 0 }))?.head?.head.size).toBe(1);
});

test('a federation that ran before there was a log gets one at the next start, with all its versions and contributions', async () => {
  const kept = memoryRecords();
  let keepsLog = false;
  const world = await run({
    ...kept,
    write: (changes) => kept.write(changes.filter(({ type }) => keepsLog || type !== 'append-log')),
  });
  expect(await kept.log(federation)).toEqual([]);
  keepsLog = true;
  await world.restart();
  expect(await kept.log(federation)).toHaveLength(4);
  await world.check();
  expect(world.proved).toBeGreaterThan(0);
  // Begun once.
  await world.restart();
  expect((await kept.journal(federation)).filter(({ type }) => type === 'log-begun')).toHaveLength(1);
});

test('a log that another key signed is not gone on with, and it is said why', async () => {
  const kept = memoryRecords();
  const world = await run(kept);
  const { blobs, clock } = world;
  const coordinator = await openCoordinator({
    records: kept,
    blobs,
    clock,
    log: silentLog,
    key: memoryServerKey(new Uint8Array(32)),
    fatal: (error) => {
      throw error;
    },
  });
  expect(coordinator.view(federation)?.status).toContain('signed with another key');
});

test('a server that was set back to a copy and goes on from there is found out, however it goes on', async () => {
  const copy = memoryRecords();
  const kept = memoryRecords();
  let copying = true;
  const both: Records = {
    ...kept,
    async write(changes) {
      await kept.write(changes);
      if (copying) await copy.write(changes);
      if (
        changes.some(({ type }) => type === 'insert-version') &&
        (await kept.versions(federation)).length > 2
      )
        copying = false;
    },
  };
  const world = await run(both);
  const before = (await world.coordinator.log(federation, { since: 0 }))!;
  expect(before.head?.head.size).toBe(4);
  const old = await openCoordinator({
    records: copy,
    blobs: world.blobs,
    clock: world.clock,
    log: silentLog,
    key: memoryServerKey(),
    fatal: () => {},
  });
  const { size } = before.head!.head;
  const set = (await old.log(federation, { since: size }))!;
  expect(set.head?.head.size).toBeLessThan(size);
  expect(await followHead(before.head!, set.head, set.consistency)).toMatchObject({
    ok: false,
    error: { kind: 'shorter' },
  });
  await old.close();
});
