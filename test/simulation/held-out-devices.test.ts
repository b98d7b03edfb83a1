// Devices that never train: whatever happens they are in no round, and what they say of versions stands apart from what the others say.
import { expect, test } from 'vitest';
import type { Examples } from '#lib/core/data/examples.ts';
import { splitExamples } from '#lib/core/data/split.ts';
import { participantIdOf } from '#lib/core/digest.ts';
import type { Personalisation } from '#lib/core/federation.ts';
import type { ParticipantId } from '#lib/core/ids.ts';
import { random } from '#lib/core/random.ts';
import { neverTrains } from '#lib/core/round/held-out-devices.ts';
import { cohortOf } from '#lib/core/round/round-state.ts';
import { seededIdentity } from '#lib/adapters/memory/identity.ts';
import { ownKey, ownPartKey } from '#lib/participant/personal-models.ts';
import type { Identity } from '#lib/ports/identity.ts';
import { checkSpec } from '../../server/coordinator/check-spec.ts';
import {
  deviceFederation,
  federation as devicesId,
  type DeviceFederation,
} from '../support/device-federation.ts';
import { asynchronousSpec, exampleSpec } from './example-spec.ts';
import { federation, World, type Conduct } from './world.ts';

const rules = { goal: 4, minimum: 2, overSelection: 1.5, maximumRounds: 12, heldOutDevices: 0.3 };
const conducts = ['honest', 'honest', 'honest', 'loses-connection', 'leaves', 'withdraws'] as const;

test.each([
  ['synchronous', exampleSpec({ rules })],
  ['asynchronous', asynchronousSpec(4, { ...rules, overSelection: 1 })],
])('in %s rounds no device is picked that never trains, through drop-outs and restarts', async (_, spec) => {
  const world = await World.open(3, spec, 20);
  const isHeldOut = neverTrains(federation, spec.rules);
  const apart = world.devices.filter(({ participant }) => isHeldOut(participant));
  expect(apart.length).toBeGreaterThan(1);
  for (const device of world.devices)
    device.conduct = (round): Conduct => conducts[random(device.index, 'conduct', round).below(6)]!;
  await world.start();
  for (const version of [3, 6, 9]) {
    expect(await world.until(() => world.head >= version, 3_600_000)).toBe(true);
    await world.restart();
  }
  const isOver = (): boolean => world.coordinator.view(federation)?.state === 'finished';
  expect(await world.until(isOver, 3_600_000)).toBe(true);
  await world.check();
  const rounds = (await world.kept.rounds(federation, { limit: 1_000 })).map(({ round }) => round);
  expect(rounds.length).toBeGreaterThanOrEqual(12);
  const members = new Set<ParticipantId>(
    rounds.flatMap((round) => [
      ...cohortOf(round).map(({ candidate }) => candidate.participant),
      ...(round.phase === 'selection' ? round.candidates.map(({ participant }) => participant) : []),
    ]),
  );
  expect(members.size).toBeGreaterThan(4);
  expect([...members].filter(isHeldOut)).toEqual([]);
  expect(apart.flatMap(({ received }) => received)).not.toContain('configured');

  // Each device told one right row of two of each version that it heard of.
  const told = await world.kept.evaluations(federation);
  expect(told.some(({ participant }) => isHeldOut(participant))).toBe(true);
  for (const { version, evaluation } of world.coordinator.versions(federation) ?? []) {
    const of = told.filter((one) => one.version === version);
    const [unseen, others] = [true, false].map((is) => of.filter((one) => isHeldOut(one.participant) === is));
    if (others!.length === 0) continue;
    expect([evaluation?.participants, evaluation?.tally.count]).toEqual([others!.length, 2 * others!.length]);
    expect(evaluation?.neverTrained?.tally.count).toBe(unseen!.length === 0 ? undefined : 2 * unseen!.length);
  }
});

test('the share stays as it is once there are versions, and is refused where nobody would tell', async () => {
  const spec = exampleSpec({ rules: { ...rules, maximumRounds: 1, heldOutDevices: 0.3 } });
  const world = await World.open(5, spec, 12);
  const other = exampleSpec({ rules: { ...rules, maximumRounds: 1, heldOutDevices: 0.4 } });
  // A draft may still change, and says so of devices that are here.
  world.devices[0]!.connect();
  expect((await world.coordinator.change(federation, other))?.ok).toBe(true);
  expect((await world.coordinator.change(federation, spec))?.ok).toBe(true);
  await world.start();
  const { coordinator } = world;
  expect(await world.until(() => coordinator.view(federation)?.state === 'finished', 600_000)).toBe(true);
  expect(await coordinator.change(federation, other)).toMatchObject({
    ok: false,
    error: { issues: [{ path: 'spec.rules.heldOutDevices' }] },
  });

  const privacy = { type: 'central', clipNorm: 1, noiseMultiplier: 1, delta: 1e-5, epsilon: 8 } as const;
  const refused = checkSpec(exampleSpec({ rules, privacy }));
  expect(!refused.ok && refused.error.map(({ path }) => path)).toContain('spec.rules.heldOutDevices');
});

const isJudge = neverTrains(devicesId, { heldOutDevices: 0.5 });

/** Who never trains, and who does. */
async function judgesAndOthers(judges: number, others: number): Promise<readonly [Identity[], Identity[]]> {
  const all = await Promise.all(
    Array.from({ length: 12 }, (_, index) => seededIdentity(new Uint8Array(32).fill(index))),
  );
  const [apart, rest] = [true, false].map((is) =>
    all.filter(({ publicKey }) => isJudge(participantIdOf(publicKey)) === is),
  );
  return [apart!.slice(0, judges), rest!.slice(0, others)];
}

test('a device that never trains judges by all its rows, and says so of itself', async () => {
  const [apart, others] = await judgesAndOthers(1, 2);
  const spec = exampleSpec({
    rules: { goal: 2, minimum: 2, overSelection: 1, maximumRounds: 2, heldOutDevices: 0.5 },
  });
  const one = await deviceFederation(
    spec,
    [clouds(1), clouds(2), clouds(3)],
    [...apart, ...others].map((identity) => () => Promise.resolve(identity)),
  );
  await one.until('both have scored the last version', () => {
    const { evaluation, version } = one.versions().at(-1)!;
    return version === 2 && evaluation?.participants === 2 && evaluation.neverTrained !== undefined;
  });
  const { evaluation } = one.versions().at(-1)!;
  expect(evaluation?.neverTrained).toMatchObject({ participants: 1, tally: { count: 40 } });
  expect(evaluation?.tally.count).toBeLessThan(40);
  expect(one.devices.map(({ part }) => part.view.isHeldOut)).toEqual([true, false, false]);
  expect(one.devices.map(({ part }) => part.view.roundsContributed)).toEqual([0, 2, 2]);
  await one.close();
});

test.each([
  { type: 'fedper', layers: 1 },
  { type: 'finetune', epochs: 10 },
] satisfies Personalisation[])(
  '$type: a device that never trains makes of each version what a new device would, and leaves every version as it is',
  async (personalisation) => {
    const [apart, others] = await judgesAndOthers(2, 2);
    const example = exampleSpec({
      units: 6,
      rules: { goal: 2, minimum: 2, overSelection: 1, maximumRounds: 2, heldOutDevices: 0.5 },
    });
    const spec = {
      ...example,
      personalisation,
      plan: { ...example.plan, localEpochs: 10, learningRate: 0.3 },
    };
    // What is right on one of two is wrong on the other, among those that train and among those that do not.
    const rowsOf = [clouds(1), clouds(2, true), clouds(3), clouds(4, true)];
    const identityOf = [...others, ...apart].map((identity) => () => Promise.resolve(identity));
    const isScored = (devices: number) => (one: DeviceFederation) => {
      const { version, evaluation } = one.versions().at(-1)!;
      return (
        version === 2 &&
        evaluation?.participants === 2 &&
        (evaluation.neverTrained?.participants ?? 0) === devices
      );
    };
    const all = await deviceFederation(spec, rowsOf, identityOf);
    const without = await deviceFederation(spec, rowsOf.slice(0, 2), identityOf);
    await all.until('all have scored the last version', () => isScored(2)(all));
    await without.until('both have scored the last version', () => isScored(0)(without));

    const { evaluation } = all.versions().at(-1)!;
    const { neverTrained, personal } = evaluation!;
    expect(neverTrained?.personal).toMatchObject({ participants: 2, spread: { participants: 2 } });
    // Its test rows alone judge, both what came and what it made of that.
    const judging = rowsOf.slice(2).reduce((sum, rows) => sum + splitExamples(rows).heldOut.length, 0);
    expect([neverTrained?.tally.count, neverTrained?.personal?.tally.count]).toEqual([judging, judging]);
    expect(neverTrained!.personal!.figure!).toBeGreaterThan(0.8);
    expect(neverTrained!.figure!).toBeLessThan(0.7);
    expect(personal?.participants).toBe(2);
    // The device shows the same to its person, and nothing of it is kept.
    const { view } = all.devices[2]!.part;
    expect([view.isHeldOut, view.roundsContributed]).toEqual([true, 0]);
    expect(view.localEvaluations.at(-1)?.personal?.figure).toBeGreaterThan(0.8);
    expect(await all.devices[2]!.store.vectors.get(ownPartKey(devicesId))).toBeUndefined();
    expect(await all.devices[2]!.store.vectors.get(ownKey(devicesId))).toBeUndefined();
    expect(all.versions().map(({ digest }) => digest)).toEqual(
      without.versions().map(({ digest }) => digest),
    );
    await all.close();
    await without.close();
  },
);

/** 40 points, told by the sign of the first number; `turned`: the other way round. */
function clouds(device: number, turned = false): Examples {
  const draw = random(4, 'clouds', device);
  const features = Float32Array.from({ length: 80 }, () => draw.normal());
  const targets = Int32Array.from({ length: 40 }, (_, row) => (features[2 * row]! > 0 === turned ? 0 : 1));
  return {
    count: 40,
    features,
    targets,
    hashes: Uint32Array.from({ length: 80 }, () => draw.below(2 ** 32)),
  };
}
