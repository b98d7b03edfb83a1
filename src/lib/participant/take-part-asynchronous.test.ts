// Taking part where rounds are buffers: a version that is made while this device trains changes nothing for it, and after a
// decision it is asked again at once. And being asked to come back.
import { describe, expect, test, vi } from 'vitest';
import { createReferenceTrainer } from '../adapters/reference/reference-trainer.ts';
import {
  committedMessage,
  enginesOf,
  federation,
  heldTrainer,
  joined,
  spec,
  type Script,
} from '../../../test/doubles/scripted-federation.ts';

const asynchronousSpec = {
  ...spec,
  rules: { ...spec.rules, mode: { type: 'asynchronous' as const, concurrency: 4 } },
};
const STEPS = 14;

async function asynchronous(engines = enginesOf(() => createReferenceTrainer())): Promise<Script> {
  const one = await joined({ engines });
  one.coordinator.view = { ...one.coordinator.view, spec: asynchronousSpec };
  one.link.deliver('federation', one.coordinator.view);
  return one;
}
const receipts = async (one: Script) => (await one.store.receipts.list(federation)).map((stored) => stored);

describe('a device in an asynchronous run', () => {
  test('goes on training when the version of the round that it was configured in is there', async () => {
    const held = heldTrainer();
    const one = await asynchronous(enginesOf(() => held.trainer));
    const before = one.coordinator.configured(1);
    one.link.deliver('configured', before);
    await one.until('training', (view) => view.state === 'training');
    one.link.deliver('committed', committedMessage(1, one.coordinator.commit(1, false), false));
    one.coordinator.configured(2);
    one.link.deliver('federation', one.coordinator.view);
    held.allow(10_000);
    await one.until('sent', () => one.coordinator.uploads.length === 1);
    expect(one.coordinator.uploads[0]?.offer).toMatchObject({ round: 1, base: before.base.digest });
    expect(one.part.view.blocked).toBeNull();
    expect(held.steps()).toBeGreaterThanOrEqual(STEPS);
  });

  test('is free at once after the decision, trains again, and its receipt learns its version by the round that counts it', async () => {
    const one = await asynchronous();
    const decide = one.coordinator.decide;
    one.coordinator.decide = async (offer, bytes) => {
      const reply = await decide(offer, bytes);
      return reply.type === 'accepted' && offer.round === 1
        ? { ...reply, receipt: { ...reply.receipt, countedIn: one.coordinator.configured(3).round } }
        : reply;
    };
    one.link.deliver('configured', one.coordinator.configured(1));
    await one.until('decided', (view) => view.roundsContributed === 1 && view.round === null);
    // The end of the round that it was configured in says nothing of its update.
    one.link.deliver(
      'committed',
      committedMessage(1, { version: 1, digest: one.coordinator.view.head.digest }, false),
    );
    await one.until('settled', () => true);
    expect((await receipts(one)).map((stored) => stored.outcome)).toEqual(['waiting']);
    one.link.deliver('committed', committedMessage(3, one.coordinator.commit(3), true));
    await vi.waitUntil(async () => (await receipts(one))[0]?.outcome !== 'waiting', 10_000);
    expect(await receipts(one)).toMatchObject([
      { outcome: 'included', version: 1, receipt: { round: 1, countedIn: 3 } },
    ]);
    one.link.deliver('configured', one.coordinator.configured(4));
    await one.until('contributed twice', (view) => view.roundsContributed === 2);
  });

  test('hears the decision on what it sends before it begins what it is asked meanwhile', async () => {
    const one = await asynchronous();
    const decide = one.coordinator.decide;
    one.coordinator.decide = async (offer, bytes) => {
      // The last of its buffer: the next one's configuration comes before the reply.
      if (offer.round === 1) one.link.deliver('configured', one.coordinator.configured(2));
      await new Promise<void>((resolve) => setImmediate(resolve));
      return decide(offer, bytes);
    };
    one.link.deliver('configured', one.coordinator.configured(1));
    await one.until('contributed twice', (view) => view.roundsContributed === 2);
    expect(one.coordinator.uploads.map(({ offer }) => offer.round)).toEqual([1, 2]);
    expect(await one.store.outbox.list(federation)).toEqual([]);
    expect(one.faults).toEqual([]);
  });

  test('stops when the run has ended', async () => {
    const held = heldTrainer();
    const one = await asynchronous(enginesOf(() => held.trainer));
    one.link.deliver('configured', one.coordinator.configured(1));
    await one.until('training', (view) => view.state === 'training');
    one.coordinator.view = { ...one.coordinator.view, state: 'finished' };
    one.link.deliver('federation', one.coordinator.view);
    await one.until('done', (view) => view.state === 'done');
    held.allow(10_000);
    await new Promise<void>((resolve) => setImmediate(resolve));
    expect(one.coordinator.uploads).toEqual([]);
  });
});

describe('a device that is asked to come back', () => {
  const checkIns = (one: Script): number =>
    one.coordinator.said.filter(({ name }) => name === 'check-in').length;

  test('says so, does not ask before its time, and asks then', async () => {
    const one = await joined();
    one.link.deliver('come-back', { federation, afterMs: 180_000 });
    const view = await one.until('blocked', ({ blocked }) => blocked !== null);
    expect(view.blocked).toMatchObject({
      reason: 'come-back',
      message: 'Enough devices are here; asked to come back in 3 min.',
    });
    // A lost connection is no reason to ask sooner.
    one.link.cut();
    one.link.connect();
    await one.clock.advance(170_000);
    await one.until('quiet', () => true);
    expect(checkIns(one)).toBe(1);
    await one.clock.advance(10_000);
    await one.until('asked', () => checkIns(one) === 2);
    await one.until('free', ({ blocked }) => blocked === null);
  });

  test('is told at check-in, too; and one that does not fit is told why and does not ask in vain', async () => {
    const one = await joined();
    one.coordinator.refusal = {
      ok: false,
      error: 'not-eligible',
      message: 'This federation takes devices with the tag “ward-3”.',
    };
    one.link.cut();
    one.link.connect();
    await one.until('left out', ({ blocked }) => blocked?.reason === 'excluded');
    expect(one.part.view.blocked?.message).toMatch(/“ward-3”/);
    const asked = checkIns(one);
    await one.clock.advance(600_000);
    await one.until('quiet', () => true);
    expect(checkIns(one)).toBe(asked);
    one.coordinator.refusal = { ok: false, error: 'enough-devices', message: 'Enough.', afterMs: 60_000 };
    one.coordinator.view = {
      ...one.coordinator.view,
      spec: { ...spec, rules: { ...spec.rules, selection: { ...spec.rules.selection, minimumExamples: 2 } } },
    };
    one.link.deliver('federation', one.coordinator.view);
    await one.until('asked to come back', () => checkIns(one) === asked + 1);
  });
});
