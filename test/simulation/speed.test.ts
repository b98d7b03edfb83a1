// Asynchronous against synchronous rounds where devices are of very unequal speed and one task in ten comes to nothing: time on
// the hand-moved clock until the shared model is as good. The same devices, the same number of them at work, the same problem.
import { expect, test } from 'vitest';
import { random } from '#lib/core/random.ts';
import type { FederationSpec } from '#lib/core/federation.ts';
import { readParameters } from '../../server/coordinator/stored-updates.ts';
import { exampleSpec } from './example-spec.ts';
import { federation, World } from './world.ts';

const DEVICES = 40;
const LENGTH = 6;

/** Device k's rows pull the model towards c_k: f_k(w) = ½‖w − c_k‖², and a round's steps go a share of the way. */
const centreOf = (seed: number, index: number): Float64Array => {
  const draws = random(seed, 'centre', index);
  return Float64Array.from({ length: LENGTH }, () => 5 + draws.normal());
};
const SHARE = 0.3;

/** Simulated milliseconds until ½‖w − c̄‖² is a hundredth of what it was, in steps of 500. */
async function timeToLearn(seed: number, spec: FederationSpec): Promise<number> {
  const world = await World.open(seed, spec, DEVICES);
  const centres = world.devices.map((device) => centreOf(seed, device.index));
  const optimum = Float64Array.from(
    { length: LENGTH },
    (_, at) => centres.reduce((total, one) => total + one[at]!, 0) / DEVICES,
  );
  const lossAt = async (): Promise<number> => {
    const head = await readParameters(world.blobs, world.coordinator.view(federation)!.head.digest, LENGTH);
    return head.reduce((total, value, at) => total + (value - optimum[at]!) ** 2 / 2, 0);
  };
  for (const device of world.devices) {
    // A log-normal device (median 4 s, a tenth of them beyond 14 s), and a little luck in each round.
    const speed = 4_000 * Math.exp(1.0 * random(seed, 'speed', device.index).normal());
    device.trainingMs = (round) => speed * (0.8 + 0.4 * random(seed, 'luck', device.index, round).next());
    device.conduct = (round) =>
      random(seed, 'drop-out', device.index, round).next() < 0.1 ? 'silent' : 'honest';
    const centre = centres[device.index]!;
    device.delta = async (_round, base) =>
      (await readParameters(world.blobs, base, LENGTH)).map((value, at) => SHARE * (centre[at]! - value));
  }
  await world.start();
  const start = world.clock.monotonic();
  const wanted = (await lossAt()) / 100;
  let version = 0;
  for (let passed = 0; passed < 4 * 3_600_000; passed += 500) {
    await world.clock.advance(500);
    if (world.head === version) continue;
    version = world.head;
    if ((await lossAt()) <= wanted) return world.clock.monotonic() - start;
  }
  throw new Error(`Not learnt in four hours: ${version} versions.`);
}

const common = { minimum: 10, reportingDeadlineMs: 120_000, maximumRounds: 10_000, reserve: 10 };
const synchronous = (goal: number): FederationSpec =>
  exampleSpec({ rules: { ...common, goal, overSelection: 1.3 } });
const asynchronous = exampleSpec({
  rules: { ...common, mode: { type: 'asynchronous', concurrency: 39 }, goal: 10 },
  strategy: { name: 'fedbuff', options: {} },
});

// c_k does not depend on the speed: where it does, a buffer leans towards the fast devices, and this says nothing of that.
test('with heavy-tailed speeds and a tenth of tasks lost, buffers of 10 from 39 devices at work learn as much as synchronous rounds in 2.5 times less time', async () => {
  for (const seed of [1, 2, 3]) {
    // 30 of 39 devices a round, as many at work as in the buffers; and 10 of 13, as many updates to a version.
    const rounds = [await timeToLearn(seed, synchronous(30)), await timeToLearn(seed, synchronous(10))];
    const buffers = await timeToLearn(seed, asynchronous);
    expect(
      Math.min(...rounds) / buffers,
      `seed ${seed}: ${rounds.join(', ')} against ${buffers} ms`,
    ).toBeGreaterThan(2.5);
  }
});
