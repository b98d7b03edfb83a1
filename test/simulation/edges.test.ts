// Hierarchies on a loopback link: edges whose devices learn together, under an upper federation that takes each for one device. Devices
// step towards points of their own, so that every version can be worked out by hand.
import { expect, test } from 'vitest';
import type { FederationSpec } from '#lib/core/federation.ts';
import { random } from '#lib/core/random.ts';
import type { Learned, LearningTask } from '#lib/participant/learner.ts';
import { memoryRecords } from '../../server/adapters/memory-records.ts';
import { readParameters } from '../../server/coordinator/stored-updates.ts';
import { createEdgeLearner, LACK_MS, type EdgeLearner } from '../../server/edge/edge-learner.ts';
import { mirrored, type Above, type EdgeRules } from '../../server/edge/mirror.ts';
import { exampleSpec } from './example-spec.ts';
import { handClock, settle, type HandClock } from './hand-clock.ts';
import { Device, federation, World, type Crash } from './world.ts';
import { countedTally } from '../support/counted-tally.ts';

const above: Above = { url: 'http://upper.test', federation };
const PARAMETERS = 6;

/** It goes 0.3 of the way to its own point. */
const learnsTowards = (world: World, device: Device): void => {
  const draws = random(device.index, 'point');
  const point = Float32Array.from({ length: PARAMETERS }, () => draws.normal());
  device.trainingMs = () => 300 + 10 * device.index;
  device.delta = async (_round, base) => {
    const from = await readParameters(world.blobs, base, PARAMETERS);
    return from.map((value, at) => 0.3 * (point[at]! - value));
  };
};

const specOf = (goal: number): FederationSpec =>
  exampleSpec({ rules: { goal, minimum: goal, overSelection: 1, maximumRounds: 100 } });

async function flat(devices: number): Promise<World> {
  const world = await World.open(1, specOf(devices), devices);
  for (const device of world.devices) learnsTowards(world, device);
  await world.start();
  return world;
}

interface Edge {
  world: World;
  edge: EdgeLearner;
  learn(task: LearningTask, signal?: AbortSignal): Promise<Learned>;
}

const rulesOf = (rounds: number, devices: number): EdgeRules => ({
  rounds,
  devices,
  minimum: 2,
  waitMs: 2_000,
  invited: false,
  name: 'An edge',
});

/** Devices `from` … `from + count − 1`, under an edge that asks for so many rounds. */
async function openEdge(
  clock: HandClock,
  from: number,
  count: number,
  rounds: number,
  spec = specOf(2),
): Promise<Edge> {
  const rules = rulesOf(rounds, count);
  const one: Edge = {
    world: undefined!,
    edge: undefined!,
    learn: (task, signal = new AbortController().signal) => one.edge.learner.learn(task, signal),
  };
  const start = (): EdgeLearner =>
    (one.edge = createEdgeLearner({ above, rounds, minimum: 2, clock, status: () => 'Learns.' }));
  one.world = await World.open(from + 2, mirrored(spec, rules, above), 0, memoryRecords(), {
    clock,
    upstream: () => start().upstream,
  });
  one.edge.attach(one.world.coordinator);
  for (let index = from; index < from + count; index += 1) {
    const device = new Device(one.world, index);
    learnsTowards(one.world, device);
    one.world.devices.push(device);
  }
  await one.world.start();
  return one;
}

interface Hierarchy {
  readonly upper: World;
  readonly edges: readonly Edge[];
  /** What each edge learned, by round. */
  readonly learned: ReadonlyMap<number, Learned>[];
}

const rowsOf = ({ world }: Edge): number => world.devices.reduce((rows, { examples }) => rows + examples, 0);

/** Two edges of four devices each. */
async function hierarchy(rounds: number): Promise<Hierarchy> {
  const clock = handClock(1);
  const upper = await World.open(1, specOf(2), 0, memoryRecords(), { clock });
  const edges = [await openEdge(clock, 0, 4, rounds), await openEdge(clock, 4, 4, rounds)];
  const learned = edges.map((edge, index) => {
    const results = new Map<number, Learned>();
    const device = new Device(upper, 100 + index);
    Object.assign(device, { examples: rowsOf(edge), trainingMs: () => 0 });
    // Asked again after a restart above, an edge goes on with what it has begun.
    const asked = new Map<number, Promise<Float32Array<ArrayBuffer>>>();
    device.delta = (round, base) => {
      const known = asked.get(round);
      if (known !== undefined) return known;
      const made = (async () => {
        const parameters = await readParameters(upper.blobs, base, PARAMETERS);
        const result = await edge.learn(taskOf(upper, round, parameters, device.examples));
        results.set(round, result);
        if (result.type === 'nothing') throw new Error(result.reason);
        return result.parameters.map((value, at) => value - parameters[at]!);
      })();
      asked.set(round, made);
      return made;
    };
    upper.devices.push(device);
    return results;
  });
  await upper.start();
  return { upper, edges, learned };
}

const taskOf = (
  upper: World,
  round: number,
  parameters: Float32Array<ArrayBuffer>,
  claimed: number | null,
): LearningTask => {
  const { head, spec } = upper.coordinator.view(federation)!;
  return {
    round: round as LearningTask['round'],
    base: head,
    plan: spec.plan,
    parameters,
    leftMs: 60_000,
    claimed,
    onProgress: () => {},
  };
};

const parametersOf = (world: World, version: number): Promise<Float32Array<ArrayBuffer>> =>
  readParameters(world.blobs, world.coordinator.versions(federation)![version]!.digest, PARAMETERS);

const furthest = (a: Float32Array, b: Float32Array): number =>
  Math.max(...a.map((value, at) => Math.abs(value - b[at]!)));

const linesOf = async ({ kept }: World, type: string): Promise<readonly unknown[]> =>
  (await kept.journal(federation)).filter((line) => line.type === type).map(({ payload }) => payload);

test('with one round each, two edges make the versions of the flat federation, up to rounding', async () => {
  const one = await flat(8);
  const { upper, edges, learned } = await hierarchy(1);
  expect(await one.until(() => one.head >= 5, 300_000)).toBe(true);
  expect(await upper.until(() => upper.head >= 5, 300_000)).toBe(true);
  for (let version = 1; version <= 5; version += 1)
    expect(furthest(await parametersOf(upper, version), await parametersOf(one, version))).toBeLessThan(1e-6);
  // Each counts the rows of its four devices.
  for (const [at, edge] of edges.entries())
    expect(learned[at]!.get(1)).toMatchObject({ type: 'learned', examples: rowsOf(edge) });
  // No round of its own is run that nobody asked for: one for each of the upper federation, and perhaps one under way.
  for (const { world } of edges) {
    const versions = world.coordinator.versions(federation)!;
    const adopted = (await linesOf(world, 'adopted')) as { round: number; version: number; digest: string }[];
    expect(adopted.map(({ round }) => round)).toEqual(adopted.map((_, at) => at + 1));
    expect(versions.filter(({ round }) => round !== null).length).toBeLessThanOrEqual(adopted.length);
    // Version 0 of the same seed is there already; each other is a version of its own, of the same bytes as above.
    expect(adopted[0]).toMatchObject({ version: 0 });
    for (const { version, digest } of adopted) expect(versions[version]!.digest).toBe(digest);
    await world.check();
  }
  await upper.check();
});

test('two rounds each are not the flat federation, and come to the same point', async () => {
  const one = await flat(8);
  const { upper } = await hierarchy(2);
  expect(await one.until(() => one.head >= 12, 300_000)).toBe(true);
  expect(await upper.until(() => upper.head >= 6, 300_000)).toBe(true);
  expect(furthest(await parametersOf(upper, 1), await parametersOf(one, 1))).toBeGreaterThan(0.1);
  // The mean of the devices’ points by their rows: 0.7 of the way is left after a round of devices.
  expect(furthest(await parametersOf(upper, 6), await parametersOf(one, 12))).toBeLessThan(0.01);
});

/** One upper round by two devices in two rounds of their own; the edge dies at the write with this number. Gives how many there were. */
async function learnedThrough(
  crash?: Crash,
): Promise<{ readonly learned: Learned; readonly writes: number }> {
  const clock = handClock(1);
  const upper = await World.open(1, specOf(2), 0, memoryRecords(), { clock });
  const one = await openEdge(clock, 0, 2, 2);
  const task = taskOf(upper, 1, await parametersOf(upper, 0), rowsOf(one));
  const before = one.world.writes;
  if (crash !== undefined) one.world.crashAt({ ...crash, write: before + crash.write });
  let learned: Learned | undefined;
  const ask = (): void => {
    // Of a process that is gone nothing more is heard.
    const { edge } = one;
    void one.learn(task).then((value) => edge === one.edge && (learned = value));
  };
  ask();
  for (let restarts = one.world.restarts; learned === undefined;) {
    await one.world.until(() => learned !== undefined || one.world.restarts > restarts, 60_000);
    if (one.world.restarts === restarts) continue;
    restarts = one.world.restarts;
    one.edge.attach(one.world.coordinator);
    ask();
  }
  expect(await linesOf(one.world, 'adopted')).toHaveLength(1);
  expect(one.world.head).toBe(2);
  await one.world.check();
  return { learned, writes: one.world.writes - before };
}

test('an edge that dies at any write goes on with the same upper round, and counts nothing twice', async () => {
  const { learned, writes } = await learnedThrough();
  expect(writes).toBeGreaterThan(8);
  // What is durable before a write is what is after the one before it.
  for (let write = 0; write <= writes; write += 1) {
    const crash: Crash = write === 0 ? { write: 1, when: 'before' } : { write, when: 'after' };
    expect((await learnedThrough(crash)).learned).toEqual(learned);
  }
});

test('the upper server may be restarted in the middle of a round', async () => {
  const { upper, edges } = await hierarchy(1);
  expect(await upper.until(() => upper.head >= 1 && edges[0]!.edge.underWay !== undefined, 60_000)).toBe(
    true,
  );
  await upper.restart();
  expect(await upper.until(() => upper.head >= 3, 120_000)).toBe(true);
  for (const { world } of edges) {
    const rounds = ((await linesOf(world, 'adopted')) as { round: number }[]).map(({ round }) => round);
    expect(new Set(rounds).size).toBe(rounds.length);
  }
  await upper.check();
});

test('a run here goes on for as long as the upper federation asks, also where rounds above came to nothing', async () => {
  const clock = handClock(1);
  const spec = exampleSpec({ rules: { goal: 2, minimum: 2, overSelection: 1, maximumRounds: 1 } });
  const upper = await World.open(1, spec, 0, memoryRecords(), { clock });
  const one = await openEdge(clock, 0, 2, 1, spec);
  const parameters = await parametersOf(upper, 0);
  for (const round of [1, 2]) {
    let learned: Learned | undefined;
    void one.learn(taskOf(upper, round, parameters, rowsOf(one))).then((value) => (learned = value));
    expect(await one.world.until(() => learned !== undefined, 60_000)).toBe(true);
    expect(learned!.type).toBe('learned');
  }
  // The same base was handed down twice: what was learned for the first round counts nowhere.
  const versions = one.world.coordinator.versions(federation)!;
  expect(versions.map(({ round }) => round)).toEqual([null, 1, null, 2]);
  expect(versions[3]!.digest).toBe(versions[1]!.digest);
  expect(one.world.coordinator.view(federation)).toMatchObject({ state: 'running', live: 2 });
  await one.world.check();
});

test('with too few devices nothing is learned, and the upper server is told why', async () => {
  const clock = handClock(1);
  const upper = await World.open(1, specOf(2), 0, memoryRecords(), { clock });
  const one = await openEdge(clock, 0, 3, 1);
  for (const device of one.world.devices.slice(1)) device.disconnect();
  let learned: Learned | undefined;
  const before = clock.monotonic();
  void one.learn(taskOf(upper, 1, await parametersOf(upper, 0), null)).then((value) => (learned = value));
  expect(await one.world.until(() => learned !== undefined, 60_000)).toBe(true);
  expect(learned).toEqual({
    type: 'nothing',
    reason: 'Too few devices are at the edge: 1, and 2 are needed.',
  });
  expect(clock.monotonic() - before).toBeLessThan(LACK_MS + 3_000);
});

test('what is there by the deadline is sent: devices that are late are not waited for', async () => {
  const clock = handClock(1);
  const upper = await World.open(1, specOf(2), 0, memoryRecords(), { clock });
  const one = await openEdge(clock, 0, 4, 3);
  one.world.devices[0]!.conduct = () => 'silent';
  one.world.devices[1]!.conduct = (round) => (round === 1 ? 'honest' : 'silent');
  let learned: Learned | undefined;
  const before = clock.monotonic();
  void one
    .learn(taskOf(upper, 1, await parametersOf(upper, 0), rowsOf(one)))
    .then((value) => (learned = value));
  expect(await one.world.until(() => learned !== undefined, 120_000)).toBe(true);
  expect(clock.monotonic() - before).toBeLessThan(60_000);
  expect(learned?.type).toBe('learned');
  expect(one.world.head).toBeGreaterThan(0);
  expect(one.world.head).toBeLessThanOrEqual(3);
});

test('scores of the devices here go up as one sum', async () => {
  const clock = handClock(1);
  const upper = await World.open(1, specOf(2), 0, memoryRecords(), { clock });
  const one = await openEdge(clock, 0, 3, 1);
  const { head } = upper.coordinator.view(federation)!;
  const told = one.edge.learner.tally(head, await parametersOf(upper, 0), new AbortController().signal);
  await settle();
  for (const [at, device] of one.world.devices.entries())
    device.tell({
      name: 'evaluation',
      message: {
        federation,
        version: head.version,
        tally: countedTally([1 + at, 0, 0, 0]),
        personal: null,
      },
    });
  await clock.advance(500);
  expect(await told).toEqual(countedTally([6, 0, 0, 0], 3));
  // Its rounds stand still meanwhile.
  expect(one.world.coordinator.view(federation)).toMatchObject({ round: null, status: 'Learns.' });
});
