// Whole federations under privacy: what is published, what is charged for it, and what is refused once it is spent.
import { describe, expect, test } from 'vitest';
import { epsilonOf, releasesWithin } from '#lib/core/privacy/budget.ts';
import { gaussianEpsilon } from '#lib/core/privacy/gaussian.ts';
import type { Noised } from '#lib/core/privacy/rules.ts';
import { normOf } from '#lib/core/privacy/clip.ts';
import { versionOf } from '#lib/core/transparency/check-inclusion.ts';
import { acceptedReports } from '#lib/core/round/round-state.ts';
import { readParameters } from '../../server/coordinator/stored-updates.ts';
import { firstBrokenEntry } from '../../server/coordinator/journal.ts';
import { memoryRecords } from '../../server/adapters/memory-records.ts';
import type { Change } from '../../server/ports/records.ts';
import { exampleSpec } from './example-spec.ts';
import { federation, World } from './world.ts';

const MINUTE = 60_000;
const central: Noised = { type: 'central', clipNorm: 0.5, noiseMultiplier: 2, delta: 1e-5, epsilon: 8 };

async function running(
  seed: number,
  devices: number,
  privacy: Noised,
  rules: NonNullable<Parameters<typeof exampleSpec>[0]>['rules'] = {},
): Promise<World> {
  const world = await World.open(seed, exampleSpec({ privacy, rules: { ...rules } }), devices);
  await world.start();
  return world;
}
const isFinished = (world: World): boolean => world.coordinator.view(federation)?.state === 'finished';
const charges = async (world: World) =>
  (await world.kept.journal(federation)).filter((entry) => entry.type === 'privacy-charged');
const moves = async (world: World): Promise<Float32Array[]> => {
  const versions = await world.kept.versions(federation);
  const values = await Promise.all(versions.map((one) => readParameters(world.blobs, one.digest, 6)));
  return values.slice(1).map((value, at) => value.map((one, i) => one - values[at]![i]!));
};

describe('noise of the server', () => {
  test('is z·C over the cohort that was expected, however many came and however long their updates are', async () => {
    // 6 parameters × 25 rounds: 150 draws. One update of three in each round is a hundred times the clip norm.
    const privacy: Noised = { ...central, noiseMultiplier: 5, epsilon: 100 };
    const world = await running(1, 3, privacy, { maximumRounds: 25, goal: 4, minimum: 2, overSelection: 1 });
    for (const device of world.devices) {
      const honest = device.delta;
      device.delta = async (round, base) => {
        const delta = await honest(round, base);
        return device.index === 0 ? delta.map((value) => 20 * value) : delta.map((value) => 0 * value);
      };
    }
    expect(await world.until(() => isFinished(world), 300 * MINUTE, 5_000)).toBe(true);
    const all = await moves(world);
    expect(all.length).toBe(25);
    const values = all.flatMap((move) => [...move]);
    const square = values.reduce((sum, value) => sum + value * value, 0) / values.length;
    // Noise (5 · 0.5 / 4)² a coordinate, and what one clipped update moves, (0.5 / 4)² / 6 on average: 0.3933.
    const wanted = (5 * 0.5) ** 2 / 16 + 0.5 ** 2 / 16 / 6;
    expect(Math.abs(square / wanted - 1)).toBeLessThan(5 * Math.sqrt(2 / values.length));
  });

  test('with hardly any noise the version is the sum of clipped updates over the expected cohort', async () => {
    const privacy: Noised = { ...central, noiseMultiplier: 1e-6, epsilon: 10_000, delta: 0.1 };
    const world = await World.open(2, exampleSpec({ rules: { goal: 4, minimum: 2, maximumRounds: 2 } }), 3);
    // Such a budget holds no release: the arithmetic is looked at below it.
    expect(releasesWithin(privacy)).toBe(0);
    world.kill();
    const loose = await running(
      3,
      3,
      { ...privacy, noiseMultiplier: 0.01 },
      {
        goal: 4,
        minimum: 2,
        overSelection: 1,
        maximumRounds: 1,
      },
    );
    expect(await loose.until(() => isFinished(loose), 60 * MINUTE, 5_000)).toBe(true);
    const [move] = await moves(loose);
    const round = (await loose.kept.rounds(federation, { limit: 1 }))[0]!.round;
    const wanted = new Float64Array(6);
    for (const { participant, update } of acceptedReports(round)) {
      const sent = loose.devices.find((one) => one.participant === participant)!.sent.get(update)!;
      const scale = Math.min(1, 0.5 / normOf(sent)) / 4;
      for (const [i, value] of sent.entries()) wanted[i]! += scale * value;
    }
    // Noise of 0.01 · 0.5 / 4 a coordinate, six deviations.
    for (const [i, value] of move!.entries()) expect(Math.abs(value - wanted[i]!)).toBeLessThan(0.0075);
  });

  test('is charged to everybody in the version, before it is drawn, and shown', async () => {
    const world = await running(4, 4, central, { maximumRounds: 3 });
    expect(await world.until(() => isFinished(world), 60 * MINUTE, 1_000)).toBe(true);
    const entries = await charges(world);
    expect(entries.length).toBe(3);
    const journal = await world.kept.journal(federation);
    for (const entry of entries) {
      const { round, participants } = entry.payload as { round: number; participants: string[] };
      const record = await world.kept.round(federation, round as never);
      expect([...participants].sort()).toEqual(
        acceptedReports(record!.round)
          .map((one) => one.participant)
          .sort(),
      );
      const committed = journal.find(
        (one) => one.type === 'committed' && (one.payload as { round: number }).round === round,
      );
      expect(committed!.sequence).toBeGreaterThan(entry.sequence);
    }
    // Three devices of four are in each round, so somebody is in all three or two of them.
    const most = Math.max(
      ...world.devices.map(
        ({ participant }) =>
          entries.filter((one) =>
            (one.payload as { participants: string[] }).participants.includes(participant),
          ).length,
      ),
    );
    // Each its own: as many releases as it was in.
    const ledger = world.coordinator.ledger(federation);
    expect(ledger).toMatchObject({ delta: 1e-5, epsilon: 8 });
    const inOf = (participant: string): number =>
      entries.filter((one) => (one.payload as { participants: string[] }).participants.includes(participant))
        .length;
    expect(ledger!.participants.length).toBeGreaterThan(2);
    for (const { participant, releases, epsilon } of ledger!.participants) {
      expect(releases).toBe(inOf(participant));
      expect(epsilon).toBeCloseTo(epsilonOf(releases / 4, 1e-5, 'central'), 12);
    }
    // Each leaf of the log says what was charged by then: 1, 2 and 3 releases, the first of them at ε of one.
    const leaves = (await world.kept.log(federation)).map(({ leaf }) => versionOf(leaf)?.charged);
    expect(leaves.map((one) => one?.releases)).toEqual([undefined, 1, 2, 3]);
    expect(leaves[1]).toEqual({ releases: 1, epsilon: epsilonOf(1 / 4, 1e-5, 'central'), delta: 1e-5 });
    expect(leaves[3]?.epsilon).toBe(epsilonOf(most / 4, 1e-5, 'central'));
    expect(world.coordinator.view(federation)?.privacy).toEqual({
      releases: 3,
      epsilon: epsilonOf(most / 4, 1e-5, 'central'),
    });
  });

  test('no round opens that would exceed a budget: the run ends and says why', async () => {
    const most = releasesWithin(central);
    expect(most).toBe(11);
    expect(gaussianEpsilon(2, 11, 1e-5)).toBeLessThan(8);
    expect(gaussianEpsilon(2, 12, 1e-5)).toBeGreaterThan(8);
    const world = await running(5, 3, central, { overSelection: 1 });
    expect(await world.until(() => isFinished(world), 300 * MINUTE, 5_000)).toBe(true);
    expect(world.head).toBe(most);
    expect(world.coordinator.view(federation)?.status).toBe(
      'The run ended: the privacy budget (ε 8 at δ 0.00001) of 3 devices that are here is spent, and too few others are left for a round.',
    );
    // Started again, it is still spent; who comes back is told.
    await world.coordinator.act(federation, 'start');
    expect(await world.until(() => isFinished(world), 10 * MINUTE, 5_000)).toBe(true);
    expect(world.head).toBe(most);
    expect((await charges(world)).length).toBe(most);
    expect((await world.coordinator.view(federation))?.privacy?.epsilon).toBeLessThanOrEqual(8);
  });

  test('devices whose budget is spent give way to others', async () => {
    const privacy: Noised = { ...central, noiseMultiplier: 1, epsilon: 5 };
    expect(releasesWithin(privacy)).toBe(1);
    const world = await running(6, 9, privacy, { overSelection: 1 });
    expect(await world.until(() => isFinished(world), 60 * MINUTE, 1_000)).toBe(true);
    // Nine devices of one release each make three rounds of three.
    expect(world.head).toBe(3);
    const charged = (await charges(world)).flatMap(
      (one) => (one.payload as { participants: string[] }).participants,
    );
    expect(new Set(charged).size).toBe(9);
  });

  test('a clip norm that follows comes to the median of the updates’ lengths, also over a restart', async () => {
    const privacy: Noised = {
      ...central,
      clipNorm: 0.8,
      noiseMultiplier: 1,
      epsilon: 1000,
      followQuantile: 0.5,
    };
    const rules = { goal: 12, minimum: 12, overSelection: 1, maximumRounds: 20 };
    const world = await running(10, 12, privacy, rules);
    const clips: number[] = [];
    for (const device of world.devices) {
      device.onPrivacy = (told) => void (told?.type === 'central' && clips.push(told.clipNorm));
      const honest = device.delta;
      // Lengths from 1 to 3.2, half of them below 2.
      device.delta = async (round, base) => {
        const delta = await honest(round, base);
        const scale = (1 + device.index / 5) / normOf(delta);
        return delta.map((value) => value * scale);
      };
    }
    await world.until(() => world.head === 10, 200 * MINUTE, 5_000);
    await world.restart();
    expect(await world.until(() => isFinished(world), 200 * MINUTE, 5_000)).toBe(true);
    expect(clips[0]).toBeLessThan(1);
    // Noise of σ_b = m/20 moves it by 1 % a round; the middle is anywhere between the sixth and the seventh length.
    const late = clips.slice(-36);
    expect(Math.min(...late)).toBeGreaterThan(1.6);
    expect(Math.max(...late)).toBeLessThan(2.6);
    expect((await charges(world)).length).toBe(20);
  });

  test('a crash between charge and release is charged and not refunded', async () => {
    const kept = memoryRecords();
    let world: World | undefined;
    let isArmed = true;
    const dying = {
      ...kept,
      write: async (changes: readonly Change[]) => {
        await kept.write(changes);
        const isCharge = changes.some(
          (one) => one.type === 'append-journal' && one.record.type === 'privacy-charged',
        );
        if (!isCharge || !isArmed) return;
        isArmed = false;
        world?.kill();
      },
    };
    world = await World.open(7, exampleSpec({ privacy: central, rules: { maximumRounds: 2 } }), 3, dying);
    await world.start();
    const running = world;
    expect(await running.until(() => isFinished(running), 60 * MINUTE, 1_000)).toBe(true);
    expect(running.restarts).toBe(1);
    expect(running.head).toBe(2);
    // The round that died was made anew with other noise, and paid for again.
    expect((await charges(running)).map((one) => (one.payload as { round: number }).round)).toEqual([
      1, 1, 2,
    ]);
    expect(running.coordinator.view(federation)?.privacy?.releases).toBe(3);
  });

  test('what was charged outlives the federation: one made anew at its address goes on from there', async () => {
    // 4 releases at z = 2 cost ε(4/4 …): a budget for four, of which two are spent before the federation is deleted.
    const most = releasesWithin(central);
    const tight: Noised = { ...central, epsilon: epsilonOf(4 / 4, 1e-5, 'central') };
    expect(most).toBeGreaterThan(4);
    expect(releasesWithin(tight)).toBe(4);
    const rules = { maximumRounds: 2, goal: 3, minimum: 3, overSelection: 1 };
    const world = await running(12, 3, tight, rules);
    await world.until(() => isFinished(world), 60 * MINUTE, 1_000);
    expect(await charges(world)).toHaveLength(2);
    await world.coordinator.remove(federation);
    await world.restart();
    const again = exampleSpec({ privacy: tight, rules: { ...rules, maximumRounds: 9 } });
    expect(await world.coordinator.create(federation, again)).toMatchObject({
      ok: true,
      value: { privacy: { releases: 2, epsilon: epsilonOf(2 / 4, 1e-5, 'central') } },
    });
    await world.restart();
    await world.start();
    await world.until(() => isFinished(world), 60 * MINUTE, 1_000);
    expect(await charges(world)).toHaveLength(4);
    expect(world.head).toBe(2);
    expect(firstBrokenEntry(await world.kept.journal(federation))).toBeUndefined();
  });

  test('scores of rows are taken from nobody', async () => {
    const world = await running(8, 3, central, { maximumRounds: 2 });
    await world.until(() => isFinished(world), 60 * MINUTE, 1_000);
    // The devices of this world tell a score of every version, as no honest one does.
    expect(await world.kept.evaluations(federation)).toEqual([]);
  });
});

describe('noise of the devices', () => {
  const local: Noised = { type: 'local', clipNorm: 0.5, noiseMultiplier: 2, delta: 1e-5, epsilon: 4 };

  test('each update is charged when it has come, also one that is refused', async () => {
    const world = await running(9, 3, local, { maximumRounds: 1, minimum: 2, overSelection: 1 });
    world.devices[0]!.conduct = () => 'not-a-number';
    await world.until(() => isFinished(world), 60 * MINUTE, 1_000);
    const charged = (await charges(world)).map(
      (one) => (one.payload as { participants: string[] }).participants,
    );
    expect(charged.flat().sort()).toEqual(world.devices.map((one) => one.participant).sort());
    expect(charged.length).toBe(3);
  });
});
