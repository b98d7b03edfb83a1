// Rounds whose devices are each given one of several local settings: the one that does most for their rows is soon given nearly always
// (FedEx), or those that are tried come near it (FedPop); what rounds have found survives the process, and where it cannot be had it is
// refused with the reason.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as v from 'valibot';
import { afterAll, expect, test } from 'vitest';
import type { LocalTuning } from '#lib/core/federation.ts';
import { inPlayOf } from '#lib/core/search/tuned-rounds.ts';
import { usualSecureSum } from '#lib/core/secure-sum/rules.ts';
import { memoryRecords } from '../../server/adapters/memory-records.ts';
import { sqliteRecords } from '../../server/adapters/sqlite/records.ts';
import { checkSpec } from '../../server/coordinator/check-spec.ts';
import type { Records } from '../../server/ports/records.ts';
import { asynchronousSpec, exampleSpec } from './example-spec.ts';
import { federation, World, type Crash } from './world.ts';

const folder = mkdtempSync(join(tmpdir(), 'tributary-tuned-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const GOOD = 0.1;
const WILD = 10;
type Lists = Extract<LocalTuning, { by: 'fedex' }>;
const tuning: Lists = { by: 'fedex', learningRates: [0.001, GOOD, 1, WILD], localEpochs: [], batchSizes: [] };
/** What a round at each rate leaves of the loss. */
const leaves: Readonly<Record<number, number>> = { 0.001: 0.99, [GOOD]: 0.8, 1: 1.3 };
/** Of others the less the nearer they are to the good one; undefined: it comes to nothing. */
const leavesOf = (rate: number): number | undefined =>
  rate >= WILD ? undefined : (leaves[rate] ?? Math.min(1.3, 0.8 + 0.1 * Math.abs(Math.log10(rate / GOOD))));

/** Five devices, all in each round; with the wild rate training comes to nothing, and the device gives the round up. */
async function tuned(
  crash: Crash | undefined,
  kept: Records,
  maximumRounds = 10,
  by: LocalTuning = tuning,
): Promise<World> {
  const rules = { goal: 5, minimum: 1, overSelection: 1, maximumRounds };
  const world = await World.open(3, exampleSpec({ rules, tuning: by }), 5, kept, { weighs: true });
  if (crash !== undefined) world.crashAt(crash);
  for (const device of world.devices) {
    const given = new Map<number, number>();
    const before = (round: number): number => (1 + 0.1 * device.index) * 0.95 ** round;
    device.judges = ({ learningRate }, round) => {
      // Also by a process that took the round up.
      expect(given.get(round) ?? learningRate).toBe(learningRate);
      given.set(round, learningRate);
      const left = leavesOf(learningRate);
      return left === undefined
        ? undefined
        : { rows: 10, before: before(round), after: before(round) * left };
    };
    device.inVain = (round) => ({ rows: 10, before: before(round) });
    device.conduct = (round) => (given.get(round) === WILD ? 'withdraws' : 'honest');
  }
  await world.start();
  expect(await world.until(() => world.coordinator.view(federation)?.state === 'finished', 3_600_000)).toBe(
    true,
  );
  await world.check();
  return world;
}

/** The same line also names the rows that were written with it, and those have times in them. */
const TunedLine = v.object({ round: v.number(), chances: v.array(v.number()) });

/** What is said of the settings by the view and by each version. */
const found = ({ coordinator }: World) => ({
  now: coordinator.view(federation)?.tuning,
  versions: coordinator.versions(federation)?.map((one) => one.tuning),
});
/** And by the journal. */
const said = async (world: World) => ({
  ...found(world),
  journal: (await world.kept.journal(federation))
    .filter(({ type }) => type === 'tuned')
    .map(({ payload }) => v.parse(TunedLine, payload)),
});

test('the good one of four rates is given nearly always in the end, and each version says by which chances it was made', async () => {
  const world = await tuned(undefined, memoryRecords(), 40);
  const { now, versions, journal } = await said(world);
  expect(now?.map(({ learningRate }) => learningRate)).toEqual(tuning.learningRates);
  expect(now?.find(({ learningRate }) => learningRate === GOOD)?.chance).toBeGreaterThan(0.8);
  expect(versions?.[0]).toBeUndefined();
  expect(versions?.[1]?.map(({ chance }) => chance)).toEqual([0.25, 0.25, 0.25, 0.25]);
  // What a round came to is what the next version is made by.
  expect(journal).toHaveLength(world.head);
  expect(journal.at(-1)).toEqual({ round: world.head, chances: now?.map(({ chance }) => chance) });
  expect(journal.at(-2)).toMatchObject({ chances: versions?.at(-1)?.map(({ chance }) => chance) });
  // Giving up what could not be trained counts, and is held against nobody.
  expect(world.coordinator.reputation(federation)).toEqual([]);
  expect(now?.find(({ learningRate }) => learningRate === WILD)?.chance).toBeLessThan(0.05);
});

test('a device that says of round after round that what it was given came to nothing is believed three times in a row', async () => {
  const rules = { goal: 3, minimum: 2, overSelection: 1, maximumRounds: 8 };
  const world = await World.open(3, exampleSpec({ rules, tuning }), 3, memoryRecords(), { weighs: true });
  const [liar] = world.devices;
  liar!.conduct = (round) => (round === 4 ? 'honest' : 'withdraws');
  liar!.inVain = () => null;
  const scores = new Map<number, number>();
  await world.start();
  await world.until(() => {
    scores.set(world.head, world.coordinator.reputation(federation)?.[0]?.score ?? 0);
    return world.coordinator.view(federation)?.state === 'finished';
  }, 3_600_000);
  // Rounds 1 to 3, and 5 to 7; a version is made in each by the two others.
  expect(scores.get(6)).toBe(0);
  expect(scores.get(7)).toBeGreaterThan(0);
});

test('a process that is killed at any write of a round is followed by one that gives the same settings and comes to the same chances, to the bit', async () => {
  const undisturbed = await tuned(undefined, memoryRecords());
  const expected = await said(undisturbed);
  const middle = Math.floor(undisturbed.writes / 2);
  // More writes than a round has; before one is as good as after the last.
  for (let write = middle; write < middle + 10; write += 1) {
    const world = await tuned({ write, when: write % 2 === 0 ? 'before' : 'after' }, memoryRecords());
    expect(world.restarts, `at ${write}`).toBe(1);
    expect(await said(world), `at ${write}`).toEqual(expected);
  }
  const kept = await sqliteRecords(join(folder, 'tuned.sqlite'));
  const world = await tuned({ write: middle, when: 'after' }, kept);
  expect(world.restarts).toBe(1);
  expect(await said(world)).toEqual(expected);
  await kept.close();
});

test('a population of rates closes in on the good one, the journal and each version say what it was, and a killed process goes on to the same', async () => {
  const by: LocalTuning = { by: 'fedpop', population: 4, learningRate: { least: 0.001, most: 10 } };
  const world = await tuned(undefined, memoryRecords(), 25, by);
  const { now, versions } = found(world);
  const away = (population: typeof now): number =>
    Math.max(...population!.map(({ learningRate }) => Math.abs(Math.log10(learningRate / GOOD))));
  expect(away(versions?.[1])).toBeGreaterThan(1);
  expect(away(now)).toBeLessThan(0.3);
  expect(now?.map(({ chance }) => chance)).toEqual([0.25, 0.25, 0.25, 0.25]);
  // What a round came to is what the next version is made by.
  const lines = (await world.kept.journal(federation)).filter(({ type }) => type === 'tuned');
  const rates = (population: typeof now) => population?.map(({ learningRate }) => ({ learningRate }));
  expect(lines).toHaveLength(world.head);
  expect(lines.at(-1)?.payload).toMatchObject({ round: world.head, population: rates(now) });
  expect(lines.at(-2)?.payload).toMatchObject({ population: rates(versions?.at(-1)) });
  const crash: Crash = { write: Math.floor(world.writes / 2), when: 'after' };
  const killed = await tuned(crash, memoryRecords(), 25, by);
  expect(killed.restarts).toBe(1);
  expect(found(killed)).toEqual({ now, versions });
});

test('whoever leaves a round that still chooses its cohort was given nothing that could come to nothing', async () => {
  const rules = { goal: 5, minimum: 2, overSelection: 1 };
  const world = await World.open(3, exampleSpec({ rules, tuning }), 3, memoryRecords(), { weighs: true });
  await world.start();
  const { round } = world.coordinator.view(federation)!;
  expect(round?.phase).toBe('selection');
  const [device] = world.devices;
  device!.tell({
    name: 'withdraw',
    message: { federation, round: round!.round, reason: 'It came to nothing.', inVain: null },
  });
  await world.coordinator.idle();
  expect(world.coordinator.reputation(federation)).toMatchObject([{ participant: device!.participant }]);
});

test('no device claims more steps than the settings that it was given make of its rows', async () => {
  const batches = { learningRates: [], localEpochs: [], batchSizes: [5, 20] };
  const spec = exampleSpec({ rules: { goal: 5, minimum: 1, overSelection: 1 }, tuning: batches });
  const world = await World.open(3, spec, 5);
  const given = new Map<number, number>();
  for (const device of world.devices) {
    device.conduct = () => 'silent';
    device.judges = ({ batchSize }) => void given.set(device.index, batchSize);
  }
  await world.start();
  const { round, head } = world.coordinator.view(federation)!;
  expect(new Set(given.values())).toEqual(new Set([5, 20]));
  for (const [index, batchSize] of given) {
    const { participant } = world.devices[index]!;
    const named = { base: head.digest, digest: head.digest, bytes: head.bytes, codec: 'f32', baseLoss: null };
    const offered = (steps: number) =>
      world.coordinator.offer(federation, participant, {
        ...named,
        round: round!.round,
        examples: 10,
        steps,
      });
    const most = Math.ceil(10 / batchSize);
    expect(await offered(most)).toBeUndefined();
    expect(await offered(most + 1)).toMatchObject({ type: 'refused', refusal: { kind: 'invalid' } });
  }
});

test('settings are not tried where it would be unsound, and the refusal says why', () => {
  const refused = (spec: Parameters<typeof checkSpec>[0]): string[] => {
    const checked = checkSpec(spec);
    return checked.ok
      ? []
      : checked.error.flatMap(({ path, message }) => (path.startsWith('spec.tuning') ? [message] : []));
  };
  const plain = exampleSpec({ tuning });
  expect(refused(plain)).toEqual([]);
  expect(
    refused({ ...plain, ...exampleSpec({ strategy: { name: 'fedyogi', options: {} } }), tuning }),
  ).toEqual([]);
  expect(refused({ ...plain, secureSum: usualSecureSum })).toEqual([
    expect.stringContaining('no figure of a single one'),
  ]);
  const central = { type: 'central', clipNorm: 1, noiseMultiplier: 1, delta: 1e-5, epsilon: 8 } as const;
  expect(refused({ ...plain, privacy: central })).toEqual([expect.stringContaining('which no noise covers')]);
  expect(refused({ ...asynchronousSpec(4), tuning })).toEqual([
    expect.stringContaining('synchronous rounds'),
  ]);
  for (const name of ['krum', 'qfedavg', 'fednova', 'scaffold'])
    expect(refused(exampleSpec({ tuning, strategy: { name, options: {} } })), name).toEqual([
      expect.stringContaining('Choose a strategy that averages'),
    ]);
  const lists = (change: Partial<Lists>): string[] => refused({ ...plain, tuning: { ...tuning, ...change } });
  expect(lists({ learningRates: [0.1] })).toEqual([expect.stringContaining('at least two')]);
  expect(lists({ learningRates: [0.1, 0.1] })).toEqual([expect.stringContaining('twice')]);
  expect(lists({ localEpochs: [1, 2] })).toEqual([expect.stringContaining('by the 1 of the plan')]);
  // The plan's is 10.
  for (const outside of [2, 41])
    expect(lists({ batchSizes: [10, outside] })).toEqual([expect.stringContaining('the 10 of the plan')]);
  expect(lists({ batchSizes: [3, 40] })).toEqual([]);
  expect(lists({ batchSizes: [5, 6, 7, 8, 9, 10] })).toEqual([expect.stringContaining('at most 20')]);
  const ranges = (change: Partial<Extract<LocalTuning, { by: 'fedpop' }>>): string[] =>
    refused({ ...plain, tuning: { by: 'fedpop', population: 6, ...change } });
  expect(ranges({ batchSize: { least: 3, most: 40 } })).toEqual([]);
  expect(ranges({})).toEqual([expect.stringContaining('No range')]);
  expect(ranges({ localEpochs: { least: 1, most: 2 } })).toEqual([
    expect.stringContaining('by the 1 of the plan'),
  ]);
  expect(ranges({ batchSize: { least: 2, most: 20 } })).toEqual([
    expect.stringContaining('the 10 of the plan'),
  ]);
});

test('lists are crossed, and what none names is the plan’s', () => {
  const spec = exampleSpec({ tuning: { learningRates: [0.1, 1], localEpochs: [], batchSizes: [5, 20] } });
  expect(
    inPlayOf(spec, undefined)?.map(({ learningRate, localEpochs, batchSize }) => [
      learningRate,
      localEpochs,
      batchSize,
    ]),
  ).toEqual([
    [0.1, 1, 5],
    [0.1, 1, 20],
    [1, 1, 5],
    [1, 1, 20],
  ]);
});
