// Federations whose server draws each round's cohort by chance, in secret, from those it let in: what is charged, what a version is made
// of, and that nothing which anybody may read says who was drawn.
import { expect, test } from 'vitest';
import { epsilonAfter } from '#lib/core/privacy/loss-account.ts';
import type { Noised } from '#lib/core/privacy/rules.ts';
import { acceptedReports, cohortOf } from '#lib/core/round/round-state.ts';
import { EMPTY_ROOT } from '#lib/core/transparency/merkle.ts';
import { versionOf } from '#lib/core/transparency/check-inclusion.ts';
import { normOf } from '#lib/core/privacy/clip.ts';
import { silentLog } from '../../server/ports/log.ts';
import { readParameters } from '../../server/coordinator/stored-updates.ts';
import { checkSpec } from '../../server/coordinator/check-spec.ts';
import { exampleSpec } from './example-spec.ts';
import { federation, World } from './world.ts';

const MINUTE = 60_000;
const drawn: Noised = {
  type: 'central',
  clipNorm: 0.5,
  noiseMultiplier: 1.5,
  delta: 1e-5,
  epsilon: 8,
  samplingRate: 0.3,
};
const specOf = (privacy: Noised, rules: NonNullable<Parameters<typeof exampleSpec>[0]>['rules']) => ({
  ...exampleSpec({ privacy, rules: { goal: 12, minimum: 9, ...rules } }),
  access: { type: 'invited' as const },
});

async function closed(
  seed: number,
  devices: number,
  spec: ReturnType<typeof specOf>,
  over?: Parameters<typeof World.open>[4],
): Promise<World> {
  const world = await World.open(seed, spec, devices, undefined, over);
  const made = await world.coordinator.invite(federation, { note: '', devices, expiresInMs: null });
  for (const device of world.devices) device.invitation = made!.code;
  await world.start();
  return world;
}
const isFinished = (world: World): boolean => world.coordinator.view(federation)?.state === 'finished';
const roundsOf = async (world: World) =>
  (await world.kept.rounds(federation, { limit: 1000 })).map(({ round }) => round).reverse();

test('who is in a round is drawn anew from all who were let in, also from those who are away, and each of them pays for its chance', async () => {
  const world = await closed(31, 12, specOf(drawn, { maximumRounds: 25 }));
  // Three were let in once and are away from now on: they count as absent where they are drawn.
  const gone = world.devices.slice(0, 3);
  await world.until(() => world.head >= 1, 30 * MINUTE, 1_000);
  for (const device of gone) {
    device.isStopped = true;
    device.disconnect();
  }
  expect(await world.until(() => isFinished(world), 300 * MINUTE, 1_000)).toBe(true);
  expect(world.head).toBe(25);
  const rounds = await roundsOf(world);
  const everybody = world.devices.map((one) => one.participant as string).sort();
  const sizes = rounds.map((round) => cohortOf(round).length);
  // Independent chances make many sizes, most below what rounds without a draw need; none of them was abandoned for it.
  expect(new Set(sizes).size).toBeGreaterThan(3);
  expect(sizes.some((size) => size < 2)).toBe(true);
  expect(sizes.some((size) => size > 4)).toBe(true);
  const late = rounds.slice(2);
  expect(
    late.every((round) =>
      cohortOf(round).every(
        ({ candidate }) => !gone.some((one) => one.participant === candidate.participant),
      ),
    ),
  ).toBe(true);
  // In the first round it was drawn from those who were there by then; from then on from all.
  for (const round of rounds.slice(1)) expect(round.drawnFrom).toEqual(everybody);
  const ledger = world.coordinator.ledger(federation)!;
  const most = ledger.participants.find((one) => one.releases === 25);
  expect(most?.epsilon).toBe(epsilonAfter(drawn, 25));
  // Those who were away paid as the others did.
  for (const { participant } of gone)
    expect(ledger.participants.find((one) => one.participant === participant)!.releases).toBeGreaterThan(23);
  // Without the draw the same noise would have cost more than the budget.
  expect(epsilonAfter({ ...drawn, samplingRate: undefined }, 25)).toBeGreaterThan(8);
  await world.restart();
  expect(world.coordinator.ledger(federation)).toEqual(ledger);
});

test('a version is the sum of those who were drawn and came, over the cohort that was expected', async () => {
  // Noise of 0.05 · 0.5 / 12 a coordinate, six deviations.
  const quiet = { ...drawn, noiseMultiplier: 0.05, epsilon: 10_000, delta: 0.05 };
  const world = await closed(32, 12, specOf(quiet, { maximumRounds: 4 }));
  expect(await world.until(() => isFinished(world), 60 * MINUTE, 1_000)).toBe(true);
  const versions = await world.kept.versions(federation);
  const values = await Promise.all(versions.map((one) => readParameters(world.blobs, one.digest, 6)));
  let counted = 0;
  for (const [index, round] of (await roundsOf(world)).entries()) {
    const wanted = new Float64Array(6);
    for (const { participant, update } of acceptedReports(round)) {
      const sent = world.devices.find((one) => one.participant === participant)!.sent.get(update)!;
      const scale = Math.min(1, 0.5 / normOf(sent)) / 12;
      for (const [i, value] of sent.entries()) wanted[i]! += scale * value;
      counted += 1;
    }
    for (const [i, value] of values[index + 1]!.entries())
      expect(Math.abs(value - values[index]![i]! - wanted[i]!)).toBeLessThan(0.0125);
  }
  expect(counted).toBeGreaterThan(4);
});

test('nothing that anybody may read says who was drawn, or how many', async () => {
  const logged: string[] = [];
  const log = {
    ...silentLog,
    info: ({ participants, bytes }: Readonly<Record<string, unknown>>, message: string) =>
      void (message === 'round committed' && logged.push(JSON.stringify([participants, bytes]))),
  };
  const world = await closed(33, 9, specOf(drawn, { maximumRounds: 8 }), { log });
  const seen = new Set<string>();
  await world.until(
    () => {
      const view = world.coordinator.view(federation)!;
      seen.add(
        JSON.stringify([view.round?.cohort, view.head.participants, view.head.bytesUp, view.head.bytesDown]),
      );
      // Which round and version it is may be said; every other number would tell.
      seen.add(view.status.replace(/(ound|ersion) \d+/g, '$1 #'));
      return isFinished(world);
    },
    60 * MINUTE,
    200,
  );
  const rounds = await roundsOf(world);
  // They did differ.
  expect(new Set(rounds.map((round) => acceptedReports(round).length)).size).toBeGreaterThan(2);
  expect([...seen].filter((one) => one.startsWith('[')).sort()).toEqual(['[[],0,0,0]', '[[],12,0,0]']);
  expect([...seen].filter((one) => !one.startsWith('[')).sort()).toEqual([
    'Round # is under way, with the devices that the server drew for it; how many, and which, it tells nobody.',
    'The run ended after its last round: 8 are committed.',
  ]);
  expect(new Set(logged)).toEqual(new Set(['[12,0]']));
  expect(logged).toHaveLength(8);
  for (const view of (await world.coordinator.rounds(federation, { limit: 100 }))!)
    expect(view.cohort).toEqual([]);
  for (const { leaf } of (await world.kept.log(federation)).slice(1))
    expect(versionOf(leaf)).toMatchObject({ contributions: 0, examples: 0, contributors: EMPTY_ROOT });
  // Nobody is sent away to rest, which would tell that it worked.
  expect(world.devices.some((one) => one.received.includes('come-back'))).toBe(false);
});

test('what is said of devices that went does not depend on whether they were drawn', async () => {
  const world = await closed(34, 9, specOf(drawn, { maximumRounds: 8 }), { weighs: true });
  await world.until(() => world.coordinator.view(federation)?.round?.phase === 'reporting', 30 * MINUTE, 200);
  const members = cohortOf((await roundsOf(world)).at(-1)!).length;
  expect(members).toBeGreaterThan(0);
  expect(members).toBeLessThan(9);
  for (const device of world.devices) {
    device.isStopped = true;
    device.disconnect();
  }
  // Longer than a member has to come back.
  await world.until(() => false, MINUTE, 1_000);
  expect(world.coordinator.reputation(federation)).toEqual([]);
  for (const { participant } of world.devices)
    expect((await world.coordinator.exclude(federation, participant, { reason: '' }))?.ok).toBe(true);
});

test('a draw is counted on only where there is one: of invited devices, in synchronous rounds, with the server’s noise', () => {
  const fits = specOf(drawn, {});
  expect(checkSpec(fits).ok).toBe(true);
  const issues = (spec: Parameters<typeof checkSpec>[0]): string[] => {
    const checked = checkSpec(spec);
    return checked.ok ? [] : checked.error.map((one) => one.path);
  };
  expect(issues({ ...fits, access: { type: 'open' } })).toEqual(['spec.privacy.samplingRate']);
  expect(issues({ ...fits, privacy: { ...drawn, type: 'local' } })).toContain('spec.privacy.samplingRate');
  const buffered = {
    ...fits,
    rules: { ...fits.rules, mode: { type: 'asynchronous' as const, concurrency: 5 } },
    strategy: { name: 'fedbuff', options: {} },
  };
  expect(issues(buffered)).toContain('spec.privacy.samplingRate');
});
