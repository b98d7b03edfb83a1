// Thousands of schedules of trouble, each from its seed: the process dies before or after any of its durable writes, several
// times; messages are lost with their connection, arrive twice, late, or in another order; devices lie, leave and come back.
// Whatever happens: an accepted update counts exactly once, versions are dense and each the mean of its round's updates, what
// was acknowledged is on disk, the journal is unbroken (World.check) – and once the trouble is over, a round commits within
// three deadlines (FAULTS F01, F03, F09, F17, F23–F25, F56).
import { expect, test } from 'vitest';
import { random, type Random } from '#lib/core/random.ts';
import { asynchronousSpec, exampleSpec } from './example-spec.ts';
import { World, type Conduct, type Network } from './world.ts';

const SCHEDULES = 2_000;
const DEADLINE_MS = 60_000;
const TROUBLE_MS = 15_000;
const SECOND = 1_000;

const conducts: readonly Conduct[] = [
  'twice',
  'not-a-number',
  'too-large',
  'wrong-digest',
  'wrong-base',
  'late',
  'silent',
  'withdraws',
  'loses-connection',
  'leaves',
];

/** Loses, repeats and delays one message in so many. */
const troubled = (draws: Random, oneIn: number): Network => ({
  copies() {
    if (draws.below(oneIn) !== 0) return [0];
    switch (draws.below(4)) {
      case 0:
        return [];
      case 1:
        return [0, 1 + draws.below(3_000)];
      case 2:
        return [1 + draws.below(8_000)];
      default:
        return [1 + draws.below(400), 1 + draws.below(400)];
    }
  },
});

async function play(seed: number): Promise<{ readonly committed: number; readonly restarts: number }> {
  const draws = random(seed, 'schedule');
  const rules = { goal: 3, minimum: 2, maximumRounds: 1000, reportingDeadlineMs: DEADLINE_MS };
  const spec = draws.below(4) === 0 ? asynchronousSpec(4, rules) : exampleSpec({ rules });
  const world = await World.open(seed, spec, 4);
  if (draws.below(4) !== 0) world.network = troubled(draws, 3 + draws.below(20));
  let isOver = false;
  for (const device of world.devices)
    device.conduct = (round) => {
      const own = random(seed, 'conduct', device.index, round);
      return isOver || own.below(5) !== 0 ? 'honest' : conducts[own.below(conducts.length)]!;
    };
  const crash = (): void =>
    world.crashAt({
      write: world.writes + 1 + draws.below(12),
      when: draws.below(2) === 0 ? 'before' : 'after',
    });
  await world.start();
  if (draws.below(5) !== 0) crash();
  for (let passed = 0; passed < TROUBLE_MS; passed += 3 * SECOND) {
    if (world.isDead) {
      // It is away for a while, as often as not longer than a connection is waited for.
      await world.clock.advance(draws.below(30) * SECOND);
      await world.restart();
      if (draws.below(2) === 0) crash();
    }
    await world.clock.advance(3 * SECOND, () => world.isDead);
  }
  world.network = undefined;
  world.crashAt({ write: -1, when: 'before' });
  isOver = true;
  const before = world.head;
  const isLive = await world.until(() => world.head > before, 3 * DEADLINE_MS, 5 * SECOND);
  expect(isLive, `no round committed after the trouble (seed ${seed})`).toBe(true);
  expect(world.fatal instanceof Error ? world.fatal.message : world.fatal, `seed ${seed}`).toBeUndefined();
  const { committed } = await world.check();
  return { committed, restarts: world.restarts };
}

test(
  'thousands of schedules of crashes and of lost, repeated and late messages',
  { timeout: 1_200_000 },
  async () => {
    const only = process.env['SCHEDULE'];
    const many = Number(process.env['SCHEDULES'] ?? SCHEDULES);
    let committed = 0;
    let restarts = 0;
    for (let seed = 1; seed <= many; seed += 1) {
      if (only !== undefined && Number(only) !== seed) continue;
      const ended = await play(seed);
      committed += ended.committed;
      restarts += ended.restarts;
    }
    console.log(`${committed} rounds committed, ${restarts} restarts`);
    if (only === undefined) {
      expect(committed).toBeGreaterThan(2 * many);
      expect(restarts).toBeGreaterThan(many / 2);
    }
  },
);
