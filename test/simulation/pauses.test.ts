// A process that stands still, and a clock that jumps: deadlines go by what has passed, not by what a clock says (FAULTS F15, F16).
import { expect, test } from 'vitest';
import { exampleSpec } from './example-spec.ts';
import { federation, World } from './world.ts';

const MINUTE = 60_000;
const rules = { goal: 4, minimum: 2, overSelection: 1, reportingDeadlineMs: MINUTE, maximumRounds: 100 };

test('a server that stood still past a deadline closes its round once, and counts nobody late', async () => {
  const world = await World.open(31, exampleSpec({ rules }), 4);
  for (const device of world.devices.slice(0, 3))
    device.conduct = (round) => (round === 1 ? 'silent' : 'honest');
  await world.start();
  await world.clock.advance(20_000);
  expect(world.head).toBe(0);
  // Stopped for five minutes: every timer of that time fires at once, late, when it goes on.
  await world.clock.stand(5 * MINUTE);
  await world.clock.advance(1_000);
  const [first] = (await world.kept.rounds(federation, { limit: 100 })).slice(-1);
  expect(first?.round.phase).toBe('abandoned');
  expect(await world.until(() => world.head >= 2, 3 * MINUTE)).toBe(true);
  const { abandoned } = await world.check();
  expect(abandoned).toBe(1);
});

test.each([MINUTE * 60, -MINUTE * 60])('a clock that jumps moves no deadline (%d ms)', async (jumpMs) => {
  const world = await World.open(32, exampleSpec({ rules }), 4);
  for (const device of world.devices) device.conduct = (round) => (round === 1 ? 'silent' : 'honest');
  await world.start();
  await world.clock.advance(20_000);
  world.clock.jump(jumpMs);
  await world.clock.advance(35_000);
  const phase = async (): Promise<string | undefined> =>
    (await world.kept.rounds(federation, { limit: 100 })).at(-1)?.round.phase;
  expect(await phase()).toBe('reporting');
  await world.clock.advance(10_000);
  expect(await phase()).toBe('abandoned');
  expect(await world.until(() => world.head >= 1, 3 * MINUTE)).toBe(true);
  await world.check();
});
