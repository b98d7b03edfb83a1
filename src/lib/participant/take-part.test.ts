// One round as it should go, and what a participant's screen is told of it. Trouble is in take-part-trouble.test.ts.
import * as v from 'valibot';
import { expect, test } from 'vitest';
import { createHandClock } from '../adapters/memory/hand-clock.ts';
import { createReferenceTrainer } from '../adapters/reference/reference-trainer.ts';
import type { Gate } from '../core/gates/gate.ts';
import { figure } from '../core/metrics/figures.ts';
import type { ClientMessages } from '../protocol/messages.ts';
import { splitExamples } from '../core/data/split.ts';
import type { Trainer } from '../ports/trainer.ts';
import { clientMessages } from '../protocol/messages.ts';
import {
  clouds,
  committedMessage,
  enginesOf,
  federation,
  heldTrainer,
  joined,
  script,
  spec,
} from '../../../test/doubles/scripted-federation.ts';
import { roundSeed } from './batch-order.ts';
import { readTitle } from './federation-title.ts';
import { readJoined } from './joined.ts';

test('a device that watches is idle and sends nothing but the wish to watch', async () => {
  const one = await script();
  await one.until('watching', () => one.coordinator.said.length > 0);
  expect(one.part.view.state).toBe('idle');
  expect(one.coordinator.said).toEqual([{ name: 'watch', message: { federation } }]);
});

test('joining checks in with the number of training rows, the back end and the speed that it measured', async () => {
  const one = await joined();
  const rows = splitExamples(clouds(40, 3)).training.length;
  expect(one.coordinator.said.find(({ name }) => name === 'check-in')?.message).toEqual({
    federation,
    examples: rows,
    backend: 'cpu',
    // Batches of 5 in a millisecond.
    examplesPerSecond: 5000,
  });
  expect(one.part.view).toMatchObject({ state: 'waiting', blocked: null });
  expect(one.faults).toEqual([]);
});

test('a device that has joined keeps what the federation is called, and one that only watches does not', async () => {
  const one = await script();
  await one.until('watching', () => one.coordinator.said.length > 0);
  expect(await readTitle(one.store, federation)).toBeUndefined();
  await one.part.join({ dataset: 'own', name: null, backend: null });
  let kept: string | undefined;
  const look = async (): Promise<void> => void (kept = await readTitle(one.store, federation));
  await one.until('called by its title', () => (void look(), kept === 'Points'));
  const { view } = one.coordinator;
  const brief = { ...view.spec.brief, title: 'Points in space' };
  one.link.deliver('federation', { ...view, spec: { ...view.spec, brief } });
  await one.until('called by its new title', () => (void look(), kept === 'Points in space'));
  expect(one.faults).toEqual([]);
});

test.each([
  ['asks', [{ kind: 'latency', place: 'worst', threshold: 10 }] satisfies Gate[], { latency: 5 }],
  ['does not ask', undefined, {}],
])(
  'a federation that %s how long a prediction takes is told its step with the scores',
  async (_, gates, told) => {
    let spent = 0;
    const hand = createHandClock();
    const inner = createReferenceTrainer();
    const slow: Trainer = {
      ...inner,
      async open(one, plan) {
        const session = await inner.open(one, plan);
        return {
          ...session,
          async predict(features, count) {
            expect([features.length, count]).toEqual([3, 1]);
            spent += 5;
            return session.predict(features, count);
          },
        };
      },
    };
    const one = await script({
      clock: { ...hand, monotonic: () => hand.monotonic() + spent },
      engines: enginesOf(() => slow),
    });
    const { view } = one.coordinator;
    one.coordinator.view = { ...view, spec: { ...view.spec, gates } };
    await one.part.join({ dataset: 'own', name: null, backend: null });
    const said = () => one.coordinator.said.find(({ name }) => name === 'evaluation')?.message;
    await one.until('told', () => said() !== undefined);
    // 5 ms: above 4, at most 2^(5/2) = 5.657.
    const { tally, ...rest } = said() as ClientMessages['evaluation'];
    expect(rest).toEqual({ federation, version: 0, personal: null, ...told });
    // Its screen has the finished figure, and the coordinator what adds up.
    expect(one.part.view.localEvaluations[0]!.loss).toBe(figure(tally, 'loss'));
    expect(one.faults).toEqual([]);
  },
);

/** Two engines: one whose steps wait for the test, and the plain one. */
const twoEngines = (held: ReturnType<typeof heldTrainer>) =>
  enginesOf((backend) => (backend === 'cpu' ? held.trainer : createReferenceTrainer()), ['cpu', 'wasm']);

test('an engine that is switched in mid-round goes on with the round: the same update, and the device never left', async () => {
  const whole = await joined();
  whole.link.deliver('configured', whole.coordinator.configured(1));
  await whole.until('averaging', (view) => view.state === 'averaging');

  const held = heldTrainer();
  const one = await joined({ engines: twoEngines(held) });
  await one.until('version 0 scored', (view) => view.localEvaluations.length === 1);
  one.link.deliver('configured', one.coordinator.configured(1));
  held.allow(4);
  await one.until('training', () => held.steps() === 4);
  await one.part.switchEngine('wasm');
  // The step that was under way.
  held.allow(1);
  await one.until('averaging', (view) => view.state === 'averaging');
  expect(held.steps()).toBe(5);
  expect(one.part.view.backend).toMatchObject({
    backend: 'wasm',
    reason: expect.stringMatching(/^chosen by you/),
  });
  expect(one.coordinator.uploads[0]!.bytes).toEqual(whole.coordinator.uploads[0]!.bytes);
  expect(one.coordinator.said.map(({ name }) => name)).not.toContain('withdraw');
  expect(one.coordinator.said.map(({ name }) => name)).not.toContain('check-out');
  expect(await readJoined(one.store, federation)).toMatchObject({ backend: 'wasm' });
  expect(one.faults).toEqual([]);
});

test('an engine is switched between rounds, and one that did not pass is refused', async () => {
  const one = await joined({ engines: twoEngines(heldTrainer()) });
  await one.until('version 0 scored', (view) => view.localEvaluations.length === 1);
  await expect(one.part.switchEngine('webgl')).rejects.toThrow('It goes on with cpu.');
  await one.part.switchEngine('wasm');
  await one.until('switched', (view) => view.backend?.backend === 'wasm');
  expect(one.part.view.lastEvent).toBe('Switched to wasm.');
});

test('a device that is left out says how fast it is once more with another engine, and when rounds wait longer', async () => {
  const one = await joined({ engines: twoEngines(heldTrainer()) });
  const rates = (): (number | undefined)[] =>
    one.coordinator.said
      .filter(({ name }) => name === 'check-in')
      .map(({ message }) => v.parse(clientMessages['check-in'], message).examplesPerSecond);
  const tooSlow = 'This federation takes devices that train within 5 min.';
  one.coordinator.refusal = { ok: false, error: 'not-eligible', message: tooSlow };
  one.link.cut();
  one.link.connect();
  await one.until('left out', ({ blocked }) => blocked?.reason === 'excluded');
  const before = rates().length;
  await one.part.switchEngine('wasm');
  await one.until('asked again', () => rates().length === before + 1);
  // Batches of 5 in 1 ms, and in 2 ms.
  expect([rates().at(-2), rates().at(-1)]).toEqual([5000, 2500]);
  one.coordinator.refusal = null;
  const { spec } = one.coordinator.view;
  const rules = { ...spec.rules, reportingDeadlineMs: 2 * spec.rules.reportingDeadlineMs };
  one.coordinator.view = { ...one.coordinator.view, spec: { ...spec, rules } };
  one.link.deliver('federation', one.coordinator.view);
  await one.until('taken', ({ blocked }) => blocked === null && rates().length === before + 2);
});

test('a round goes from the base to a receipt to a version with this device in it', async () => {
  const one = await joined();
  one.link.deliver('configured', one.coordinator.configured(1));
  await one.until('averaging', (view) => view.state === 'averaging');
  expect(one.coordinator.uploads).toHaveLength(1);
  const rows = splitExamples(clouds(40, 3)).training.length;
  expect(one.coordinator.uploads[0]!.offer).toMatchObject({ round: 1, examples: rows });
  expect(await one.store.receipts.list(federation)).toMatchObject([{ outcome: 'waiting', version: null }]);
  expect(await one.store.outbox.list(federation)).toEqual([]);

  one.link.deliver('committed', committedMessage(1, one.coordinator.commit(1)));
  await one.until('between rounds', (view) => view.state === 'resting');
  expect(await one.store.receipts.list(federation)).toMatchObject([{ outcome: 'included', version: 1 }]);
  expect(one.part.view).toMatchObject({ roundsContributed: 1, round: null, blocked: null });
  expect(one.part.view.bytesSent).toBe(one.coordinator.uploads[0]!.bytes.byteLength);
  expect(one.part.view.history.every((point) => point.epoch === 1 && Number.isFinite(point.loss))).toBe(true);
  expect(one.part.view.history.length).toBeGreaterThan(0);
  expect(one.faults).toEqual([]);
});

test('each version is scored on held-out rows once and told to the coordinator, the base before the first round included', async () => {
  const one = await joined();
  one.link.deliver('configured', one.coordinator.configured(1));
  await one.until('averaging', (view) => view.state === 'averaging');
  one.link.deliver('committed', committedMessage(1, one.coordinator.commit(1)));
  await one.until('two versions scored', (view) => view.localEvaluations.length === 2);
  const [before, after] = one.part.view.localEvaluations;
  expect(after!.loss).toBeLessThan(before!.loss!);
  expect(after!.count).toBe(splitExamples(clouds(40, 3)).heldOut.length);
  await one.until(
    'both told',
    () => one.coordinator.said.filter(({ name }) => name === 'evaluation').length === 2,
  );
  // A reload scores and tells nothing anew.
  const again = await one.reload();
  await again.until(
    'checked in again',
    (view) => view.state === 'resting' && view.localEvaluations.length === 2,
  );
  expect(one.coordinator.said.filter(({ name }) => name === 'evaluation')).toHaveLength(2);
});

test('the update is after − before: the coordinator can add it to the base, and training is the same on every device', async () => {
  const updates = await Promise.all(
    [1, 2].map(async () => {
      const one = await joined();
      one.link.deliver('configured', one.coordinator.configured(1));
      await one.until('averaging', (view) => view.state === 'averaging');
      return one.coordinator.uploads[0]!.bytes;
    }),
  );
  expect(updates[0]).toEqual(updates[1]);
  expect(new Float32Array(updates[0]!.slice().buffer).some((value) => value !== 0)).toBe(true);
  expect(roundSeed(spec.plan.seed, 1)).not.toBe(roundSeed(spec.plan.seed, 2));
});

test('the coordinator hears of each stage of the round', async () => {
  const one = await joined();
  one.link.deliver('configured', one.coordinator.configured(1));
  await one.until('averaging', (view) => view.state === 'averaging');
  const stages = one.coordinator.said
    .filter(({ name }) => name === 'progress')
    .map(({ message }) => (message as { stage: string }).stage);
  expect([...new Set(stages)]).toEqual(['training', 'uploading']);
});

test('a version that is already on the device is not fetched again', async () => {
  const one = await joined();
  await one.until('version 0 scored', (view) => view.localEvaluations.length === 1);
  one.link.deliver('configured', one.coordinator.configured(1));
  await one.until('averaging', (view) => view.state === 'averaging');
  expect(one.coordinator.downloads).toBe(1);
});

test('views come at most ten times a second, and the last one always comes', async () => {
  const one = await joined();
  const before = one.views.length;
  one.link.deliver('configured', one.coordinator.configured(1));
  await one.until('averaging', (view) => view.state === 'averaging');
  expect(one.views.length - before).toBeLessThanOrEqual(1);
  await one.clock.advance(100);
  expect(one.views.at(-1)).toMatchObject({ state: 'averaging' });
});

test('a device that is not picked rests while the round runs', async () => {
  const one = await joined();
  one.coordinator.configured(4);
  one.link.deliver('federation', one.coordinator.view);
  await one.until('resting', (view) => view.state === 'resting');
});

test('when the run is finished the device is done, and a new run takes it in again', async () => {
  const one = await joined();
  const finished = { ...one.coordinator.view, state: 'finished' as const };
  one.link.deliver('federation', finished);
  await one.until('done', (view) => view.state === 'done');
  const checkIns = () => one.coordinator.said.filter(({ name }) => name === 'check-in').length;
  const before = checkIns();
  one.link.deliver('federation', { ...finished, state: 'running' });
  await one.until('checked in again', () => checkIns() === before + 1);
  expect(one.part.view.state).toBe('waiting');
});

test('a round that is over before its decision is heard of is proved all the same', async () => {
  const one = await joined();
  const { decide } = one.coordinator;
  let answer: () => void = () => {};
  const held = new Promise<void>((resolve) => (answer = resolve));
  one.coordinator.decide = async (...offered) => {
    await held;
    return decide(...offered);
  };
  const asked: unknown[] = [];
  const { answerLog } = one.coordinator;
  one.coordinator.answerLog = (question) => {
    asked.push(question.contribution?.round);
    return answerLog(question);
  };
  one.link.deliver('configured', one.coordinator.configured(1));
  await one.until('sending', () => one.coordinator.uploads.length === 1);
  one.link.deliver('committed', committedMessage(1, one.coordinator.commit(1)));
  await one.until('heard of', (view) => view.lastEvent?.startsWith('Version 1 is there') === true);
  expect(asked).not.toContain(1);
  answer();
  await one.until('asked for the proof', () => asked.includes(1));
  expect(one.faults).toEqual([]);
});
