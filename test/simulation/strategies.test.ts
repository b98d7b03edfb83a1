// Whole federations under other strategies and codecs than plain averaging: what the coordinator keeps with a version is enough
// to go on exactly, and what it refuses to make is not made.
import { describe, expect, test } from 'vitest';
import { bytesOf, digestOf } from '#lib/core/digest.ts';
import type { Configured, Committed } from '#lib/protocol/messages.ts';
import { applyDelta, versionContext } from '#lib/core/update/broadcast.ts';
import { codecNamed } from '#lib/core/update/codec/index.ts';
import { readParameters } from '../../server/coordinator/stored-updates.ts';
import { exampleSpec } from './example-spec.ts';
import { federation, World } from './world.ts';

const MINUTE = 60_000;
const everybody = { goal: 3, minimum: 3, overSelection: 1, maximumRounds: 8 };

async function played(spec: ReturnType<typeof exampleSpec>, restartAfter: readonly number[]): Promise<World> {
  const world = await World.open(5, spec, 3);
  await world.start();
  for (const version of restartAfter) {
    expect(await world.until(() => world.head >= version, 10 * MINUTE)).toBe(true);
    await world.restart();
  }
  await world.until(() => world.coordinator.view(federation)?.state === 'finished', 20 * MINUTE);
  return world;
}

const digests = async (world: World): Promise<readonly string[]> =>
  (await world.kept.versions(federation)).map((one) => one.digest);

describe('what a version keeps', () => {
  test.each([
    ['FedYogi', { strategy: { name: 'fedyogi', options: { lr: 0.1 } } }],
    ['FedAvgM', { strategy: { name: 'fedavgm', options: {} } }],
    ['averaging with differences down', { transfer: { uplink: 'eden:3', downlink: 'eden:4' } }],
    [
      'FedAdam with both',
      { strategy: { name: 'fedadam', options: {} }, transfer: { uplink: 'q8', downlink: 'f16' } },
    ],
    ['the median', { strategy: { name: 'median', options: {} } }],
  ])('lets %s go on after restarts to the very same versions', async (_, change) => {
    const spec = exampleSpec({ ...change, guard: { normFactor: null }, rules: everybody });
    const through = await played(spec, []);
    const restarted = await played(spec, [1, 3, 6]);
    expect(restarted.restarts).toBe(3);
    const made = await digests(through);
    expect(made).toHaveLength(9);
    expect(new Set(made).size).toBe(9);
    expect(await digests(restarted)).toEqual(made);
  });

  test('is not taken up by a run of another strategy', async () => {
    const yogi = exampleSpec({ strategy: { name: 'fedyogi', options: {} }, rules: everybody });
    const world = await played(yogi, []);
    const plain = exampleSpec({ rules: everybody });
    expect((await world.coordinator.change(federation, plain))?.ok).toBe(true);
    const before = world.head;
    expect((await world.coordinator.act(federation, 'start'))?.ok).toBe(true);
    for (const device of world.devices) device.connect();
    expect(await world.until(() => world.head >= before + 2, 10 * MINUTE)).toBe(true);
    const last = (await world.kept.versions(federation)).at(-1);
    expect(last?.state).toBeNull();
  });
});

describe('versions that go down as differences', () => {
  test('are the same bytes for whoever applies them and whoever fetches the whole; the first ones are finer', async () => {
    const spec = exampleSpec({
      transfer: { uplink: 'f32', downlink: 'eden:2' },
      guard: { normFactor: null },
      rules: everybody,
    });
    const world = await played(spec, []);
    const versions = await world.kept.versions(federation);
    expect(versions.map((one) => one.delta?.codec ?? null)).toEqual([
      null,
      ...Array<string>(5).fill('q8'),
      ...Array<string>(3).fill('eden:2'),
    ]);
    for (const version of versions) {
      const { delta } = version;
      if (delta === null) continue;
      expect(delta.anchor).toBe(0);
      const held = await readParameters(world.blobs, versions[delta.anchor]!.digest, version.bytes / 4);
      const bytes: number[] = [];
      await world.blobs.read(delta.digest, new ArrayBuffer(1024), (chunk) => void bytes.push(...chunk));
      const made = applyDelta(
        held,
        Uint8Array.from(bytes),
        codecNamed(delta.codec),
        versionContext(federation, version.version),
      );
      expect(made.ok && digestOf(bytesOf(made.value))).toBe(version.digest);
      expect(world.coordinator.parametersAt(delta.digest)).toBe('intact');
    }
    // The residuals never leave the server.
    for (const { residual } of versions)
      if (residual !== null) expect(world.coordinator.parametersAt(residual)).toBe('unknown');
  });

  test('are named to devices as long as they are shorter than the whole', async () => {
    const spec = exampleSpec({
      units: 40,
      transfer: { uplink: 'q8', downlink: 'q8' },
      guard: { normFactor: null },
      rules: { ...everybody, maximumRounds: 100 },
    });
    const world = await World.open(6, spec, 3);
    for (const device of world.devices)
      device.delta = async () => new Float32Array(3 * 40 + 41 * 2).fill(0.001 * (device.index + 1));
    const heard: (Configured['base'] | Committed)[] = [];
    world.devices[0]!.onBase = (base) => heard.push(base);
    await world.start();
    expect(await world.until(() => world.head >= 70, 60 * MINUTE)).toBe(true);
    const late = heard.at(-1)!;
    const versions = await world.kept.versions(federation);
    // 202 parameters: 808 bytes whole, 206 a difference of 8 bits and one scale: three of them are shorter.
    expect(versions.at(-1)?.delta?.bytes).toBe(206);
    expect(late.deltas.map((one) => one.version)).toEqual([late.version, 64, 32]);
    expect(late.deltas[0]).toMatchObject({ to: late.digest, from: versions[64]?.digest });
  });
});

test('an aggregate that jumps far beyond those before is not made a version, and the next round goes on', async () => {
  const world = await World.open(7, exampleSpec({ rules: { ...everybody, maximumRounds: 20 } }), 3);
  // Every device moves each parameter by 0.01, and in round 7 by 1: a hundred times the median.
  for (const device of world.devices)
    device.delta = async (round) => new Float32Array(6).fill(round === 7 ? 1 : 0.01);
  await world.start();
  expect(await world.until(() => world.head >= 8, 20 * MINUTE)).toBe(true);
  const rounds = (await world.kept.rounds(federation, { limit: 100 })).map((one) => one.round);
  const abandoned = rounds.filter((round) => round.phase === 'abandoned');
  expect(abandoned.map((round) => round.round)).toEqual([7]);
  expect(abandoned[0]).toMatchObject({ reason: expect.stringMatching(/median/i) as unknown });
});
