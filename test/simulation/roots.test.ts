// Whole federations whose updates are measured against a trusted device's (FLTrust): against devices that lie, over restarts, and
// where no root is there to measure by.
import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { ParticipantId, type Digest } from '#lib/core/ids.ts';
import { random } from '#lib/core/random.ts';
import { neverTrains } from '#lib/core/round/held-out-devices.ts';
import { readParameters } from '../../server/coordinator/stored-updates.ts';
import { exampleSpec } from './example-spec.ts';
import { federation, World } from './world.ts';

const MINUTE = 60_000;
const ROOT = 0;
/** Where all honest devices want to go. */
const goal = [1, -2, 3, -1, 2, 0.5];

const specOf = (strategy: string, rules: NonNullable<Parameters<typeof exampleSpec>[0]>['rules'] = {}) =>
  exampleSpec({
    strategy: { name: strategy, options: {} },
    guard: { normFactor: null },
    rules: { goal: 10, minimum: 5, overSelection: 1, maximumRounds: 12, ...rules },
  });

/** Ten devices that go three tenths of the way to a goal near the others'; the last `liars` of them ten times as far the wrong way. */
async function tenDevices(spec: ReturnType<typeof exampleSpec>, liars = 0): Promise<World> {
  const world = await World.open(11, spec, 10);
  for (const device of world.devices) {
    const draws = random(11, 'goal', device.index);
    const own = goal.map((value) => value + 0.2 * draws.normal());
    const scale = device.index >= 10 - liars ? -10 : 1;
    device.delta = async (_, base: Digest) => {
      const from = await readParameters(world.blobs, base, goal.length);
      return from.map((value, i) => scale * 0.3 * (own[i]! - value));
    };
  }
  return world;
}

const view = (world: World) => world.coordinator.view(federation)!;
const trust = (world: World, device: number, trusted = true) =>
  world.coordinator.trust(federation, world.devices[device]!.participant, trusted);
const roundsOf = async (world: World) =>
  (await world.kept.rounds(federation, { limit: 100 })).map(({ round }) => round);
const reasonsOf = async (world: World) =>
  (await roundsOf(world)).flatMap((round) => (round.phase === 'abandoned' ? [round.reason] : []));

async function distance(world: World): Promise<number> {
  const head = (await world.kept.versions(federation)).at(-1)!;
  const made = await readParameters(world.blobs, head.digest, goal.length);
  return Math.hypot(...made.map((value, i) => value - goal[i]!));
}
const ended = (world: World): Promise<boolean> =>
  world.until(() => view(world).state === 'finished', 40 * MINUTE);

describe('four of ten devices that send ten times the opposite', () => {
  test('drive an average away, and not what is measured against a root', async () => {
    const plain = await tenDevices(specOf('fedavg'), 4);
    await plain.start();
    await ended(plain);
    const away = await distance(plain);

    const rooted = await tenDevices(specOf('fltrust'), 4);
    await rooted.start();
    const began = await distance(rooted);
    expect(await trust(rooted, ROOT)).toMatchObject({
      ok: true,
      value: { roots: [rooted.devices[ROOT]!.participant] },
    });
    expect(await ended(rooted)).toBe(true);
    // Twelve rounds of three tenths of the way leave 0.7^12, 1.4 %, of it, and what the goals differ by.
    expect(began).toBeGreaterThan(3);
    expect(away).toBeGreaterThan(2 * began);
    expect(await distance(rooted)).toBeLessThan(0.2 * began);
  });
});

describe('a root', () => {
  test('is in every cohort while it is here, and is waited for when the goal is met without it', async () => {
    const world = await tenDevices(
      specOf('fltrust', { goal: 4, minimum: 2, overSelection: 1.5, maximumRounds: 5 }),
    );
    await world.start();
    await trust(world, ROOT);
    world.devices[ROOT]!.trainingMs = () => 20_000;
    const waits = (): boolean => /waits for that of the root/.test(view(world).status);
    expect(await world.until(waits, 5 * MINUTE)).toBe(true);
    expect(view(world).round!.cohort.filter((one) => one.stage === 'accepted').length).toBeGreaterThanOrEqual(
      4,
    );
    expect(await ended(world)).toBe(true);
    const committed = (await roundsOf(world)).filter((round) => round.phase === 'committed');
    expect(committed).toHaveLength(5);
    for (const { cohort } of committed)
      expect(
        cohort.find((one) => one.candidate.participant === world.devices[ROOT]!.participant),
      ).toMatchObject({ standing: { type: 'accepted' } });
  });

  test('is one still after a restart in the middle of a round, which goes on to the same version', async () => {
    const made: string[] = [];
    for (const restarts of [false, true]) {
      const world = await tenDevices(specOf('fltrust', { maximumRounds: 2 }));
      await world.start();
      await trust(world, ROOT);
      const isHalf = (): boolean =>
        view(world).round!.cohort.filter((one) => one.stage === 'accepted').length >= 4;
      expect(await world.until(isHalf, 5 * MINUTE)).toBe(true);
      if (restarts) {
        await world.restart();
        expect(view(world).roots).toEqual([world.devices[ROOT]!.participant]);
      }
      expect(await ended(world)).toBe(true);
      expect(await reasonsOf(world)).toEqual([]);
      made.push((await world.kept.versions(federation)).at(-1)!.digest);
    }
    expect(made[1]).toBe(made[0]);
  });

  test('that is not here keeps rounds from opening, and the status says what is waited for', async () => {
    const world = await tenDevices(specOf('fltrust', { maximumRounds: 50 }));
    await world.start();
    await trust(world, ROOT);
    expect(await world.until(() => world.head >= 1, 5 * MINUTE)).toBe(true);
    world.devices[ROOT]!.isStopped = true;
    world.devices[ROOT]!.disconnect();
    await world.until(
      () => view(world).status === 'Waiting for a device that is trusted as root.',
      10 * MINUTE,
    );
    const { lastRound } = (await world.kept.federations())[0]!;
    await world.clock.advance(10 * MINUTE);
    expect((await world.kept.federations())[0]!.lastRound).toBe(lastRound);
    world.devices[ROOT]!.isStopped = false;
    world.devices[ROOT]!.connect();
    const before = world.head;
    expect(await world.until(() => world.head > before, 5 * MINUTE)).toBe(true);
  });

  test('that never reports leaves its round without a version, and the reason says so', async () => {
    const world = await tenDevices(specOf('fltrust'));
    world.devices[ROOT]!.conduct = (round) => (round === 1 ? 'silent' : round === 2 ? 'withdraws' : 'honest');
    await world.start();
    await trust(world, ROOT);
    expect(await world.until(() => world.head === 1, 10 * MINUTE)).toBe(true);
    const measured = 'and updates are measured against the root’s.';
    expect(await reasonsOf(world)).toEqual([
      `No device that is trusted as root can report any more, ${measured}`,
      `No device that is trusted as root reported in time, ${measured}`,
    ]);
  });

  test('that is trusted no longer ends the round that waits for it; both are in the journal', async () => {
    const world = await tenDevices(specOf('fltrust'));
    world.devices[ROOT]!.conduct = () => 'silent';
    await world.start();
    await trust(world, ROOT);
    expect(await world.until(() => view(world).round?.phase === 'reporting', MINUTE)).toBe(true);
    expect(await trust(world, ROOT, false)).toMatchObject({ ok: true, value: { roots: [] } });
    expect(await reasonsOf(world)).toEqual([expect.stringMatching(/^No device is trusted as root/)]);
    const { participant } = world.devices[ROOT]!;
    expect((await world.kept.journal(federation)).filter((entry) => /^root/.test(entry.type))).toMatchObject([
      { type: 'root-trusted', payload: { participant } },
      { type: 'root-trusted-no-longer', payload: { participant } },
    ]);
  });

  test('may be several: the others are measured against their mean by rows', async () => {
    const world = await World.open(12, specOf('fltrust', { goal: 3, minimum: 3, maximumRounds: 1 }), 3);
    const [one, two, other] = world.devices as [
      World['devices'][number],
      World['devices'][number],
      World['devices'][number],
    ];
    one.delta = async () => Float32Array.of(3, 0, 0, 0, 0, 0);
    two.delta = async () => Float32Array.of(0, 4, 0, 0, 0, 0);
    other.delta = async () => Float32Array.of(1, 1, 1, 1, 1, 1);
    await world.start();
    await trust(world, 0);
    await trust(world, 1);
    const before = await readParameters(world.blobs, view(world).head.digest, 6);
    expect(await ended(world)).toBe(true);
    const after = await readParameters(world.blobs, view(world).head.digest, 6);
    // The only other update is trusted alone, at the length of the roots' mean: along (1, …, 1), of norm √6.
    const rows = one.examples + two.examples;
    const length = Math.hypot((3 * one.examples) / rows, (4 * two.examples) / rows);
    for (const [i, value] of after.entries())
      expect(value - before[i]!).toBeCloseTo(length / Math.sqrt(6), 5);
  });
});

describe('a root that is trusted in a draft', () => {
  test('is not held out by a change of it, unless it is trusted no longer', async () => {
    const world = await tenDevices(specOf('fltrust'));
    const apart = specOf('fltrust', { heldOutDevices: 0.3 });
    const root = world.devices.findIndex(({ participant }) =>
      neverTrains(federation, apart.rules)(participant),
    );
    const { participant } = world.devices[root]!;
    for (const device of world.devices) device.connect();
    await world.clock.advance(1_000);
    expect(await trust(world, root)).toMatchObject({ ok: true });
    expect(await world.coordinator.change(federation, apart)).toMatchObject({
      ok: false,
      error: { message: expect.stringContaining(`Device ${participant} is trusted as root`) },
    });
    expect(view(world).spec.rules.heldOutDevices).toBeUndefined();
    // Where none is needed none is shown, and it comes back as none.
    await world.coordinator.change(federation, specOf('median'));
    expect(await world.coordinator.change(federation, specOf('median', apart.rules))).toMatchObject({
      ok: true,
    });
    await world.coordinator.change(federation, apart);
    expect(view(world).roots).toEqual([]);
    expect(await trust(world, root)).toMatchObject({ ok: false });
  });
});

describe('without a root', () => {
  test('a round chooses its devices, makes nothing of them, and says what to do', async () => {
    const world = await tenDevices(specOf('fltrust'));
    await world.start();
    await world.clock.advance(1_000);
    expect(view(world).status).toMatch(/No device is trusted as root yet: the coordinator chooses one/);
    // Who is here can be read, and so chosen from.
    expect(view(world).round!.cohort).toHaveLength(10);
    await world.clock.advance(40_000);
    expect(await reasonsOf(world)).toEqual([expect.stringMatching(/^No device is trusted as root/)]);
    expect(world.head).toBe(0);
    await trust(world, ROOT);
    expect(await world.until(() => world.head === 1, 5 * MINUTE)).toBe(true);
  });

  test('a device that nobody has seen is not trusted, and no device where nothing is measured against it', async () => {
    const world = await tenDevices(specOf('fltrust'));
    await world.start();
    const nobody = v.parse(ParticipantId, 'ab'.repeat(16));
    expect(await world.coordinator.trust(federation, nobody, true)).toMatchObject({
      ok: false,
      error: { error: 'unknown-participant' },
    });
    const plain = await tenDevices(specOf('median'));
    await plain.start();
    expect(view(plain).roots).toBeNull();
    expect(await trust(plain, ROOT)).toMatchObject({
      ok: false,
      error: { error: 'not-now', message: expect.stringMatching(/FLTrust/) },
    });
  });
});
