// Schedules of trouble for rounds of secure sums, each from its seed: devices go with their keys and come back without, say nothing where
// they should, deal shares that do not fit, or keep their vector, and the server is restarted. Whatever happens, a version is the exact
// mean of those in its sum; and once the trouble is over a round commits within three deadlines and what is waited between them (FAULTS F17, F18, F19, F42, F56).
import { expect, test, vi } from 'vitest';
import { random } from '#lib/core/random.ts';
import { usualSecureSum } from '#lib/core/secure-sum/rules.ts';
import type { ClientMessages } from '#lib/protocol/messages.ts';
import { exampleSpec } from './example-spec.ts';
import { SecureWorld } from './secure-world.ts';

vi.mock('#lib/core/secure-sum/primitives.ts', async (load) => {
  const { nodePrimitives } = await import('../doubles/node-primitives.ts');
  return { ...(await load<object>()), webPrimitives: nodePrimitives };
});

const SCHEDULES = 10;
const DEADLINE_MS = 30_000;
const TROUBLE_MS = 90_000;
/** Three deadlines, and the longest that is waited after rounds that failed, with the pause. */
const LIVE_MS = 3 * DEADLINE_MS + 40_000;
/** A device helps to open three sums of one version at most: trouble in two rounds leaves one. */
const TROUBLED_ROUNDS = 2;
const names = ['sum-advert', 'sum-keys', 'sum-consent', 'sum-reveal'] as const;

async function play(seed: number): Promise<{ readonly committed: number; readonly abandoned: number }> {
  const draws = random(seed, 'secure schedule');
  const spec = exampleSpec({
    rules: {
      goal: 5 + draws.below(2),
      minimum: 5,
      overSelection: 1,
      maximumRounds: 1000,
      reportingDeadlineMs: DEADLINE_MS,
      pauseMs: 10_000,
    },
  });
  const world = await SecureWorld.open(seed, { ...spec, secureSum: usualSecureSum }, 6);
  for (const device of world.devices) {
    const troubleOf = (round: number): number =>
      round > TROUBLED_ROUNDS ? 9 : random(seed, 'trouble', device.index, round).below(14);
    device.says = (name, message) => {
      const trouble = troubleOf((message as { round: number }).round);
      if (name === names[trouble]) return undefined;
      if (trouble === 4 && name === 'sum-keys') {
        const { keys, ...about } = message as ClientMessages['sum-keys'];
        return { ...about, keys: { ...keys, commit: 'A'.repeat(keys.commit.length) } };
      }
      return message;
    };
    device.keepsVector = (round) => troubleOf(round) === 5;
  }
  await world.start();
  for (let passed = 0; passed < TROUBLE_MS;) {
    const step = 500 + draws.below(8_000);
    passed += step;
    await world.clock.advance(step);
    const goes = world.devices[draws.below(6)]!;
    if (draws.below(4) === 0) {
      goes.disconnect();
      await world.clock.advance(draws.below(5_000));
      goes.connect();
    } else if (draws.below(5) === 0) await world.restart();
  }
  const before = world.head;
  const isLive = await world.until(() => world.head > before, LIVE_MS, 1_000);
  expect(isLive, `no round committed after the trouble (seed ${seed})`).toBe(true);
  const abandoned = (await world.rounds()).filter(({ phase }) => phase === 'abandoned').length;
  return { committed: await world.check(), abandoned };
}

test('schedules of devices that go, lie or fall silent in a secure sum, and of a server that is restarted', async () => {
  const only = process.env['SCHEDULE'];
  const many = Number(process.env['SECURE_SCHEDULES'] ?? SCHEDULES);
  let [committed, abandoned] = [0, 0];
  for (let seed = 1; seed <= many; seed += 1) {
    if (only !== undefined && Number(only) !== seed) continue;
    const ended = await play(seed);
    committed += ended.committed;
    abandoned += ended.abandoned;
  }
  if (only !== undefined) return;
  expect(committed).toBeGreaterThan(many);
  expect(abandoned).toBeGreaterThan(many / 2);
});
