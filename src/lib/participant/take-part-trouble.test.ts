// What goes wrong on a device, one trouble a test: what the person reads, what the coordinator is told, and what is not lost.
import { expect, test, vi } from 'vitest';
import { createMemoryParticipantStore } from '../adapters/memory/participant-store.ts';
import { createReferenceTrainer } from '../adapters/reference/reference-trainer.ts';
import { StorageFull } from '../ports/dataset-store.ts';
import type { ParticipantStore } from '../ports/participant-store.ts';
import { TrainerFailure, type Trainer } from '../ports/trainer.ts';
import {
  clouds,
  committedMessage,
  contract,
  datasetsOf,
  enginesOf,
  federation,
  heldTrainer,
  joined,
  refusedWith,
  roundNumber,
  script,
  type Script,
} from '../../../test/doubles/scripted-federation.ts';
import { JoinRefused } from './equipment.ts';
import type { BlockedReason } from './participation.ts';
import type { TrainingTurn } from './training-turn.ts';

const BATCHES = 2 * Math.ceil(33 / 5);
const said = (one: Script, name: string) => one.coordinator.said.filter((each) => each.name === name);
const blockedBy = (one: Script, reason: BlockedReason) =>
  one.until(`blocked by ${reason}`, (view) => view.blocked?.reason === reason);

/** In a round, held before its n-th step; the base is scored already. */
async function inTraining(steps: number, changes: Parameters<typeof joined>[0] = {}) {
  const held = heldTrainer();
  const one = await joined({ engines: enginesOf(() => held.trainer), ...changes });
  await one.until('version 0 scored', (view) => view.localEvaluations.length === 1);
  one.link.deliver('configured', one.coordinator.configured(1));
  held.allow(steps);
  await one.until('training', (view) => view.state === 'training' && held.steps() === steps);
  return { one, held };
}

test('paused by the person: training stands still, nothing is sent, and resuming goes on with the same round', async () => {
  const { one, held } = await inTraining(3);
  const checkpoint = vi.spyOn(one.store.checkpoints, 'put');
  await one.part.pause();
  held.allow(100);
  const view = await blockedBy(one, 'user-paused');
  expect(view.blocked).toMatchObject({
    actor: 'you',
    message: expect.stringMatching(/^You paused at \d\d:\d\d\. Nothing runs until you resume\.$/),
  });
  await one.until('a checkpoint', () => checkpoint.mock.calls.length === 1);
  expect(held.steps()).toBe(4);
  expect(one.coordinator.uploads).toHaveLength(0);
  await one.part.resume();
  await one.until('averaging', (now) => now.state === 'averaging');
  expect(held.steps()).toBe(BATCHES);
  expect(said(one, 'withdraw')).toHaveLength(0);
});

test('a long pause gives the round up, so that it need not wait for its deadline', async () => {
  const { one, held } = await inTraining(3);
  await one.part.pause();
  held.allow(1);
  await one.clock.advance(20_000);
  expect(said(one, 'withdraw')).toMatchObject([{ message: { round: 1, reason: 'The participant paused.' } }]);
  expect(said(one, 'check-out')).toHaveLength(1);
  expect(one.part.view.round).toBeNull();
  // The coordinator asks again after all: the work goes on where it stood.
  await one.part.resume();
  one.link.deliver('configured', one.coordinator.configured(1));
  held.allow(100);
  await one.until('averaging', (view) => view.state === 'averaging');
  expect(held.steps()).toBe(BATCHES);
});

test('a pause outlasts a reload: nothing is checked in until the person resumes', async () => {
  const one = await joined();
  await one.part.pause();
  const again = await one.reload();
  await blockedBy(again, 'user-paused');
  const before = said(again, 'check-in').length;
  await again.clock.advance(1_000);
  expect(said(again, 'check-in')).toHaveLength(before);
  await again.part.resume();
  await again.until('checked in', () => said(again, 'check-in').length === before + 1);
  expect(again.part.view.blocked).toBeNull();
});

test('the coordinator paused the run: it is said, and goes when the run goes on', async () => {
  const one = await joined();
  one.link.deliver('federation', { ...one.coordinator.view, state: 'paused' });
  const view = await blockedBy(one, 'federation-paused');
  expect(view.blocked).toMatchObject({ actor: 'coordinator', message: 'The coordinator paused this run.' });
  one.link.deliver('federation', one.coordinator.view);
  await one.until('going on', (now) => now.blocked === null);
});

/** Turns given by hand. */
function handTurn() {
  let tell: (state: 'held' | 'waiting' | 'lost') => void = () => {};
  const asked: boolean[] = [];
  const turn: TrainingTurn = {
    request({ steal, onState }) {
      asked.push(steal);
      tell = onState;
      if (steal) onState('held');
      return () => {};
    },
  };
  return { turn, asked, tell: (state: 'held' | 'waiting' | 'lost') => tell(state) };
}

test('another tab trains: this one waits, and takes over when that tab closes', async () => {
  const { turn, tell } = handTurn();
  const one = await script({ turn });
  await one.part.join({ dataset: 'own', name: null, backend: null });
  tell('waiting');
  const view = await blockedBy(one, 'other-tab');
  expect(view.blocked).toMatchObject({
    actor: 'browser',
    message: 'Training in another tab of this browser.',
  });
  expect(said(one, 'check-in')).toHaveLength(0);
  tell('held');
  await one.until('checked in', () => said(one, 'check-in').length === 1);
  expect(one.part.view.blocked).toBeNull();
});

test('moving training here takes the turn, and the tab that loses it leaves a checkpoint and stops', async () => {
  const { turn, asked, tell } = handTurn();
  const held = heldTrainer();
  const one = await script({ turn, engines: enginesOf(() => held.trainer) });
  await one.part.join({ dataset: 'own', name: null, backend: null });
  tell('waiting');
  one.part.moveHere();
  expect(asked.at(-1)).toBe(true);
  await one.until('checked in', () => said(one, 'check-in').length === 1);
  one.link.deliver('configured', one.coordinator.configured(1));
  held.allow(3);
  await one.until('training', () => held.steps() === 3);
  tell('lost');
  held.allow(1);
  await one.until('stopped', (view) => view.round === null);
  expect(await one.store.checkpoints.get(`round:${federation}`)).toMatchObject({
    batch: expect.any(Number),
  });
  await blockedBy(one, 'other-tab');
  expect(held.steps()).toBeLessThan(BATCHES);
});

test('superseded by another connection: it trains no more, and checks in no more by itself', async () => {
  const one = await joined();
  one.link.deliver('superseded', { federation });
  await blockedBy(one, 'other-tab');
  const before = said(one, 'check-in').length;
  one.link.cut();
  one.link.connect();
  await one.clock.advance(1_000);
  expect(said(one, 'check-in')).toHaveLength(before);
  one.part.moveHere();
  await one.until('checked in', () => said(one, 'check-in').length === before + 1);
});

test('offline in mid-training: training goes on, the update waits, and is sent when the connection is back', async () => {
  const { one, held } = await inTraining(3);
  one.link.cut();
  const view = await blockedBy(one, 'offline');
  expect(view.blocked).toMatchObject({
    actor: 'network',
    message: 'No connection. Training goes on; the update waits (round closes in 60 s).',
  });
  held.allow(100);
  await one.until('waiting to send', (now) => now.state === 'sending');
  expect(one.part.view.blocked?.message).toContain('The update is kept and waits');
  expect(await one.store.outbox.list(federation)).toHaveLength(1);
  one.link.connect();
  await one.until('averaging', (now) => now.state === 'averaging');
  expect(one.coordinator.uploads).toHaveLength(1);
  expect(one.part.view.blocked).toBeNull();
});

test('the connection goes before the decision comes: the same bytes are sent again, and count once here', async () => {
  const one = await joined();
  const take = one.coordinator.decide;
  one.coordinator.decide = (offer, bytes) => {
    one.coordinator.decide = take;
    one.link.cut();
    return take(offer, bytes);
  };
  one.link.deliver('configured', one.coordinator.configured(1));
  await blockedBy(one, 'offline');
  one.link.connect();
  await one.clock.advance(30_000);
  await one.until('averaging', (view) => view.state === 'averaging');
  const [first, second] = one.coordinator.uploads;
  expect(second).toEqual(first);
  expect(await one.store.receipts.list(federation)).toHaveLength(1);
});

test('the deadline passes in mid-training: the work is given up and said to be late', async () => {
  const { one, held } = await inTraining(3);
  await one.clock.advance(60_000);
  held.allow(100);
  const view = await blockedBy(one, 'late');
  expect(view.blocked).toMatchObject({
    actor: 'device',
    message: expect.stringContaining('You missed round 1’s deadline.'),
  });
  expect(view.round).toBeNull();
  expect(one.coordinator.uploads).toHaveLength(0);
  expect(await one.store.checkpoints.get(`round:${federation}`)).toBeUndefined();
});

test('the round closes while this device still trains: late, and the new version is scored', async () => {
  const { one, held } = await inTraining(3);
  one.link.deliver('committed', committedMessage(1, one.coordinator.commit(1, false), false));
  held.allow(100);
  await blockedBy(one, 'late');
  await one.until('version 1 scored', (view) => view.localEvaluations.length === 2);
});

test('the round ended while this device was away: it hears so on its return, and stops training', async () => {
  const { one, held } = await inTraining(3);
  one.link.cut();
  one.coordinator.commit(1, false);
  one.link.connect();
  held.allow(100);
  const view = await blockedBy(one, 'late');
  expect(view.blocked?.message).toContain('Round 1 closed before this device’s update was in.');
  expect(one.coordinator.uploads).toHaveLength(0);
});

test('superseded while it is paused, the round is let go at once', async () => {
  const { one, held } = await inTraining(3);
  await one.part.pause();
  held.allow(1);
  await one.clock.advance(100);
  one.link.deliver('superseded', { federation });
  await one.until('let go', (view) => view.round === null);
});

test('an update that comes too late is refused, kept on record, and never sent again', async () => {
  const one = await joined();
  one.coordinator.decide = async () => refusedWith({ kind: 'round-closed', round: 1, current: 2 });
  one.link.deliver('configured', one.coordinator.configured(1));
  await blockedBy(one, 'late');
  expect(await one.store.outbox.list(federation)).toEqual([]);
  expect(await one.store.receipts.refusals(federation)).toMatchObject([
    { round: 1, message: expect.stringContaining('had ended') },
  ]);
  await one.clock.advance(60_000);
  expect(one.part.view.blocked).toBeNull();
});

test('the browser froze the tab: it is said for how long, and the device takes part again', async () => {
  const one = await joined();
  const before = said(one, 'check-in').length;
  await one.clock.advance(3_000);
  one.clock.jump(6 * 60_000);
  await one.clock.advance(1_000);
  const view = await blockedBy(one, 'frozen-back');
  expect(view.blocked).toMatchObject({
    actor: 'browser',
    message: expect.stringContaining('froze this tab for 6 min'),
  });
  await one.until('checked in again', () => said(one, 'check-in').length > before);
});

test('a tab that was frozen past the deadline is late, and trains no more for that round', async () => {
  const { one, held } = await inTraining(3);
  one.clock.jump(6 * 60_000);
  await one.clock.advance(1_000);
  held.allow(100);
  await blockedBy(one, 'late');
  expect(one.coordinator.uploads).toHaveLength(0);
});

const failing = (kind: TrainerFailure['kind']): Trainer => {
  const inner = createReferenceTrainer();
  return {
    ...inner,
    async open(network, plan) {
      const session = await inner.open(network, plan);
      return { ...session, step: () => Promise.reject(new TrainerFailure(kind, 'gone')) };
    },
  };
};

test('the graphics device is lost: the next back end goes on, and it is said', async () => {
  const one = await joined({
    engines: enginesOf(
      (backend) => (backend === 'webgpu' ? failing('device-lost') : createReferenceTrainer()),
      ['webgpu', 'wasm'],
    ),
  });
  const seen: (string | undefined)[] = [];
  one.link.deliver('configured', one.coordinator.configured(1));
  await one.until('averaging', (view) => {
    if (view.blocked?.reason === 'gpu-lost') seen.push(view.blocked.message);
    return view.state === 'averaging';
  });
  expect(one.part.view.blocked).toMatchObject({
    reason: 'gpu-lost',
    message: 'The graphics device was reset. Continuing on wasm, slower.',
  });
  expect(one.part.view.backend?.backend).toBe('wasm');
  await one.clock.advance(60_000);
  expect(one.part.view.blocked).toBeNull();
});

test('memory runs out on every back end: the round is given up with its reason, and the next one is tried anew', async () => {
  let broken = true;
  const one = await joined({
    engines: enginesOf(() => (broken ? failing('out-of-memory') : createReferenceTrainer())),
  });
  one.link.deliver('configured', one.coordinator.configured(1));
  const view = await blockedBy(one, 'oom');
  expect(view.blocked?.message).toBe('Not enough memory for this model here.');
  await one.until('withdrawn', () => said(one, 'withdraw').length === 1);
  broken = false;
  one.link.deliver('configured', one.coordinator.configured(2));
  await one.until('averaging', (now) => now.state === 'averaging');
  expect(one.part.view.blocked).toBeNull();
});

/** A device without room for anything large. */
function fullStore(): ParticipantStore {
  const store = createMemoryParticipantStore();
  const full = (): Promise<never> => Promise.reject(new StorageFull(60e6, 12e6));
  return {
    ...store,
    outbox: { ...store.outbox, put: full },
    checkpoints: { ...store.checkpoints, put: full },
    parameters: { ...store.parameters, put: full },
  };
}

test('the device is full: the round is worked from memory, and the person is told', async () => {
  const one = await joined({ store: fullStore() });
  one.link.deliver('configured', one.coordinator.configured(1));
  await one.until('averaging', (view) => view.state === 'averaging');
  expect(one.part.view.blocked).toMatchObject({ reason: 'storage-full', actor: 'browser' });
  expect(one.part.view.blocked?.message).toContain('It needs 60 MB. 12 MB are free.');
  expect(one.faults).toEqual([]);
});

test('training becomes unstable: nothing is sent, the round is given up, and the next one is trained', async () => {
  const one = await joined();
  const message = one.coordinator.configured(1);
  // Adam with this rate throws parameters further than an update may go, while the softmax keeps the loss finite.
  one.link.deliver('configured', {
    ...message,
    plan: { ...message.plan, optimizer: { type: 'adam' }, learningRate: 10, localEpochs: 20 },
  });
  const view = await blockedBy(one, 'diverged');
  expect(view.blocked?.message).toMatch(/^Training became unstable; this update was not sent\./);
  await one.until('withdrawn', () => said(one, 'withdraw').length === 1);
  expect(one.coordinator.uploads).toHaveLength(0);
  expect(await one.store.outbox.list(federation)).toEqual([]);
  one.link.deliver('configured', one.coordinator.configured(2));
  await one.until('averaging', (now) => now.state === 'averaging');
  expect(one.part.view.blocked).toBeNull();
});

test('left out by the coordinator: its reason is shown, and the device asks again', async () => {
  const one = await script();
  one.coordinator.refusal = {
    ok: false,
    error: 'too-many',
    message: 'This federation has no place for another device.',
  };
  await one.part.join({ dataset: 'own', name: null, backend: null });
  const view = await blockedBy(one, 'excluded');
  expect(view.blocked).toMatchObject({
    actor: 'coordinator',
    message: 'The coordinator left this device out: This federation has no place for another device.',
  });
  one.coordinator.refusal = null;
  await one.clock.advance(15_000);
  await one.until('checked in', (now) => now.blocked === null);
});

test('leaving now gives the round up, checks out and forgets what was waiting', async () => {
  const { one, held } = await inTraining(3);
  await one.part.leave('now');
  held.allow(100);
  expect(one.part.view).toMatchObject({ state: 'idle', round: null, blocked: null });
  expect(said(one, 'withdraw')).toMatchObject([{ message: { reason: 'The participant left.' } }]);
  expect(said(one, 'check-out')).toHaveLength(1);
  const again = await one.reload();
  expect(again.part.view.state).toBe('idle');
});

test('leaving after the round lets it end first', async () => {
  const { one, held } = await inTraining(3);
  await one.part.leave('after-round');
  expect(one.part.view.leaveAfterRound).toBe(true);
  held.allow(100);
  await one.until('averaging', (view) => view.state === 'averaging');
  one.link.deliver('committed', committedMessage(1, one.coordinator.commit(1)));
  await one.until('left', (view) => view.state === 'idle');
  expect(await one.store.receipts.list(federation)).toMatchObject([{ outcome: 'included' }]);
  expect(said(one, 'withdraw')).toHaveLength(0);
});

test('an abandoned round is said with its reason, and its receipt shows it', async () => {
  const one = await joined();
  one.link.deliver('configured', one.coordinator.configured(1));
  await one.until('averaging', (view) => view.state === 'averaging');
  one.link.deliver('abandoned', { federation, round: roundNumber(1), reason: 'Too few reports.' });
  await one.until('over', (view) => view.round === null);
  expect(one.part.view.lastEvent).toBe('Round 1 was abandoned: Too few reports.');
  expect(await one.store.receipts.list(federation)).toMatchObject([{ outcome: 'abandoned', version: null }]);
});

test('joining is refused without data, with data of another contract, and with held-out rows alone', async () => {
  const refusal = async (changes: Parameters<typeof script>[0], dataset = 'own') => {
    const one = await script(changes);
    const failure = await one.part
      .join({ dataset, name: null, backend: null })
      .catch((cause: unknown) => cause);
    expect(one.part.view.state).toBe('idle');
    return failure instanceof JoinRefused ? failure.kind : failure;
  };
  expect(await refusal({}, 'none')).toBe('unknown-dataset');
  expect(
    await refusal({
      datasets: datasetsOf(clouds(40, 3), {
        contract: {
          ...contract,
          columns: contract.kind === 'table' ? contract.columns.slice(1) : [],
        } as typeof contract,
      }),
    }),
  ).toBe('wrong-contract');
  const rows = clouds(5, 3);
  expect(await refusal({ datasets: datasetsOf({ ...rows, hashes: rows.hashes.fill(0) }) })).toBe(
    'no-training-rows',
  );
});

test('a draft that asks for other data once a device has joined is not trained for with the data that it was joined with', async () => {
  const one = await joined();
  await one.until('version 0 scored', (view) => view.localEvaluations.length === 1);
  const { view } = one.coordinator;
  if (contract.kind !== 'table') throw new Error('It is a table.');
  const [first, ...others] = contract.columns;
  const columns = [{ ...first!, name: `${first!.name}, in other units` }, ...others];
  one.coordinator.view = { ...view, spec: { ...view.spec, contract: { ...contract, columns } } };
  one.link.deliver('federation', one.coordinator.view);
  one.link.deliver('configured', one.coordinator.configured(1));
  await one.until('withdrawn', () => said(one, 'withdraw').length === 1);
  expect(one.part.view.lastEvent).toContain('read for another data contract');
  expect(one.coordinator.uploads).toHaveLength(0);
});

test('messages of another federation change nothing', async () => {
  const one = await joined();
  const other = 'other' as typeof federation;
  one.link.deliver('configured', one.coordinator.configured(1, { federation: other }));
  one.link.deliver('superseded', { federation: other });
  one.link.deliver('abandoned', { federation: other, round: roundNumber(1), reason: 'x' });
  await one.clock.advance(1_000);
  expect(one.part.view.blocked).toBeNull();
  expect(one.part.view.round).toBeNull();
});

test('a base that is not what its digest names is never trained on', async () => {
  const one = await joined();
  await one.until('version 0 scored', (view) => view.localEvaluations.length === 1);
  vi.spyOn(one.coordinator, 'parameters').mockRejectedValue(
    new (await import('../ports/coordinator-link.ts')).WrongBytes('Not the version that was announced.'),
  );
  const message = one.coordinator.configured(1);
  one.link.deliver('configured', {
    ...message,
    base: { ...message.base, digest: 'f'.repeat(64) as typeof message.base.digest },
  });
  await one.until('withdrawn', () => said(one, 'withdraw').length === 1);
  expect(one.part.view.lastEvent).toBe('Not the version that was announced.');
  expect(one.coordinator.uploads).toHaveLength(0);
});
