// What a federation is for, and what a version must reach to be live: brief and gates over whole runs.
import { expect, test } from 'vitest';
import type { Gate } from '#lib/core/gates/gate.ts';
import { exampleSpec } from './example-spec.ts';
import { federation, World } from './world.ts';
import { countedTally } from '../support/counted-tally.ts';

const MINUTE = 60_000;
const gates: Gate[] = [{ kind: 'quality', metric: 'accuracy', threshold: 0.9 }];

/** Devices of which each says of a version that this share of a hundred rows was right. */
async function world(accuracies: (version: number) => number, rules: Parameters<typeof exampleSpec>[0] = {}) {
  const made = await World.open(3, { ...exampleSpec(rules), gates }, 4);
  for (const device of made.devices) {
    const tell = device.tell.bind(device);
    device.tell = (sent) => {
      if (sent.name !== 'evaluation') return tell(sent);
      const right = Math.round(accuracies(sent.message.version) * 100);
      const tally = countedTally([right, 100 - right, 0, 0]);
      tell({ ...sent, message: { ...sent.message, tally } });
    };
  }
  await made.start();
  return made;
}

const viewOf = (one: World) => one.coordinator.view(federation)!;
const versionOf = (one: World, number: number) => one.coordinator.versions(federation)![number]!.version;

test('a version that fails a gate becomes live neither by its commit nor by hand; the gate is named with its figure', async () => {
  const one = await world((version) => (version === 2 ? 0.95 : 0.8), { rules: { maximumRounds: 3 } });
  await one.until(() => viewOf(one).state === 'finished', 10 * MINUTE);
  await one.coordinator.idle();
  expect([viewOf(one).head.version, viewOf(one).live]).toEqual([3, 2]);
  expect((await one.coordinator.aliases(federation))?.map((move) => [move.version, move.by])).toEqual([
    [2, 'automatic'],
    [0, 'automatic'],
  ]);
  expect(await one.coordinator.moveLive(federation, versionOf(one, 1))).toMatchObject({
    error: {
      error: 'gate-failed',
      message: expect.stringContaining(
        'Accuracy is 80\u202f%, and at least 90\u202f% is asked for. Choose a version',
      ) as unknown,
      issues: [{ path: 'gates.0' }],
    },
  });
  // Never scored: not passed.
  expect(await one.coordinator.moveLive(federation, versionOf(one, 0))).toMatchObject({
    error: { message: expect.stringContaining('not measured yet') as unknown },
  });
  expect(viewOf(one).live).toBe(2);
  // Scored before anybody asked for times.
  const { brief } = viewOf(one).spec;
  await one.coordinator.changeQuestion(federation, {
    brief,
    gates: [{ kind: 'latency', place: 'worst', threshold: 10 }],
  });
  expect(await one.coordinator.moveLive(federation, versionOf(one, 3))).toMatchObject({
    error: { message: expect.stringContaining('Devices time only versions that they score once') as unknown },
  });
  await one.check();
});

test('a version that passes its gates by the word of one device alone is live neither by itself nor by hand, and how many are missing is said', async () => {
  const one = await world(() => 0.95, { rules: { maximumRounds: 1, goal: 3, minimum: 2 } });
  for (const device of one.devices.slice(1)) {
    const tell = device.tell.bind(device);
    device.tell = (sent) => (sent.name === 'evaluation' ? undefined : tell(sent));
  }
  await one.until(() => viewOf(one).state === 'finished', 10 * MINUTE);
  await one.coordinator.idle();
  expect(one.coordinator.versions(federation)?.[1]?.evaluation?.participants).toBe(1);
  expect(viewOf(one).live).toBe(0);
  expect(await one.coordinator.moveLive(federation, versionOf(one, 1))).toMatchObject({
    error: {
      error: 'gate-failed',
      message: expect.stringMatching(
        /^Version 1 may not be live\. 1 device has scored it, and 2 are needed .*Wait until more devices that hold rows out/,
      ) as unknown,
      issues: [
        {
          path: 'gates',
          message: '1 device has scored it, and 2 are needed before its conditions are judged.',
        },
      ],
    },
  });
  // Nobody has scored it, and it fails nothing either.
  expect(await one.coordinator.moveLive(federation, versionOf(one, 0))).toMatchObject({
    error: {
      message: expect.stringMatching(
        /not measured yet.*0 devices have scored it, and 2 are needed/,
      ) as unknown,
    },
  });
  expect(viewOf(one).live).toBe(0);
});

test('gates loosened while a run is on make the newest version live that passes them, and the journal says so', async () => {
  const one = await world(() => 0.8);
  await one.until(() => one.head === 2, 5 * MINUTE);
  expect(viewOf(one).live).toBe(0);
  const { brief } = viewOf(one).spec;
  const loosened: Gate[] = [{ kind: 'quality', metric: 'accuracy', threshold: 0.7 }];
  expect(await one.coordinator.changeQuestion(federation, { brief, gates: loosened })).toMatchObject({
    ok: true,
  });
  expect(viewOf(one).live).toBeGreaterThan(0);
  const types = (await one.kept.journal(federation)).map(({ type }) => type);
  expect(types).toEqual(expect.arrayContaining(['question-changed', 'live-moved']));
  // Of the same words: no new version.
  expect(viewOf(one).spec.brief.version).toBe(1);
});

test('a gate that no version could pass is refused when it is set', async () => {
  const one = await world(() => 0.8);
  const { brief } = viewOf(one).spec;
  const wanted: Gate[] = [{ kind: 'class', metric: 'recall', label: 'middle', threshold: 0.5 }];
  expect(await one.coordinator.changeQuestion(federation, { brief, gates: wanted })).toMatchObject({
    error: {
      error: 'invalid',
      issues: [{ path: 'gates.0', message: expect.stringContaining('“middle”') as unknown }],
    },
  });
});

test('a brief that is changed in the middle of a run gets a new version; the run keeps the one it was started with', async () => {
  const one = await world(() => 0.8);
  const { brief } = viewOf(one).spec;
  // The server numbers, whatever a request says.
  const wanted = { ...brief, outOfScope: 'Single patients.', version: 40 };
  await one.coordinator.changeQuestion(federation, { brief: wanted, gates });
  expect(viewOf(one).spec.brief).toMatchObject({ version: 2, outOfScope: 'Single patients.' });
  await one.coordinator.act(federation, 'finish');
  await one.coordinator.act(federation, 'start');
  const told = [
    { version: 1, runs: [1], brief: { title: brief.title } },
    { version: 2, runs: [2], brief: { outOfScope: 'Single patients.' } },
  ];
  expect(one.coordinator.briefs(federation)).toMatchObject(told);
  // By the journal alone.
  await one.restart();
  expect(one.coordinator.briefs(federation)).toMatchObject(told);
  expect((await one.kept.run(federation, viewOf(one).run!))?.spec.brief.version).toBe(2);
});
