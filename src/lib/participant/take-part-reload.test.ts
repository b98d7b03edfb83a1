// The page is closed and opened again, or the server restarts, in each state of a round: nothing acknowledged is lost, and what
// was trained is never trained again.
import * as v from 'valibot';
import { expect, test, vi } from 'vitest';
import { digestOfText } from '../core/digest.ts';
import { RoundNumber } from '../core/ids.ts';
import { LinkLost } from '../ports/coordinator-link.ts';
import {
  clouds,
  committedMessage,
  datasetsOf,
  enginesOf,
  federation,
  heldTrainer,
  joined,
  type Script,
} from '../../../test/doubles/scripted-federation.ts';
import { checkpointKey, controlKey, nextControlKey, residualKey } from './round-keys.ts';

const said = (one: Script, name: string) => one.coordinator.said.filter((each) => each.name === name);
const BATCHES = 2 * Math.ceil(33 / 5);

/** The update of a device that nothing disturbed. */
async function undisturbed(): Promise<Uint8Array> {
  const one = await joined();
  one.link.deliver('configured', one.coordinator.configured(1));
  await one.until('averaging', (view) => view.state === 'averaging');
  return one.coordinator.uploads[0]!.bytes;
}

test('reloaded while it waits: the device checks in again by itself, with the same data', async () => {
  const one = await joined();
  const first = said(one, 'check-in')[0];
  const again = await one.reload();
  await again.until('checked in', () => said(again, 'check-in').length === 2);
  expect(said(again, 'check-in')[1]).toEqual(first);
});

test('reloaded while it receives: the round is worked once the coordinator asks again', async () => {
  const one = await joined();
  await one.until('version 0 scored', (view) => view.localEvaluations.length === 1);
  const message = one.coordinator.configured(1);
  vi.spyOn(one.store.parameters, 'get').mockResolvedValue(undefined);
  const download = vi.spyOn(one.coordinator, 'parameters').mockReturnValueOnce(new Promise(() => {}));
  one.link.deliver('configured', message);
  await one.until('receiving', (view) => view.state === 'receiving' && download.mock.calls.length === 1);
  const again = await one.reload();
  again.link.deliver('configured', message);
  await again.until('averaging', (view) => view.state === 'averaging');
  expect(again.coordinator.uploads[0]!.bytes).toEqual(await undisturbed());
});

for (const cut of [1, 5, 8, BATCHES - 1])
  test(`reloaded after ${cut} of ${BATCHES} steps: training goes on from its checkpoint to the same update, bit for bit`, async () => {
    const held = heldTrainer();
    const one = await joined({ engines: enginesOf(() => held.trainer) });
    await one.until('version 0 scored', (view) => view.localEvaluations.length === 1);
    const message = one.coordinator.configured(1);
    one.link.deliver('configured', message);
    held.allow(cut);
    await one.until('training', () => held.steps() === cut);
    const checkpoint = vi.spyOn(one.store.checkpoints, 'put');
    // Time for the checkpoint that is written every few seconds: it is taken at the next step.
    await one.clock.advance(6_000);
    held.allow(1);
    await one.until('a checkpoint', () => checkpoint.mock.calls.length === 1);
    const closing = one.part.close();
    held.allow(100);
    await closing;
    const before = held.steps();
    const next = heldTrainer();
    next.allow(100);
    const again = await one.reload({ engines: enginesOf(() => next.trainer) });
    again.link.deliver('configured', message);
    await again.until('averaging', (view) => view.state === 'averaging');
    expect(again.coordinator.uploads[0]!.bytes).toEqual(await undisturbed());
    expect(before).toBeGreaterThan(cut);
    expect(next.steps()).toBe(BATCHES - cut - 1);
    expect(again.faults).toEqual([]);
  });

test('reloaded after a round that it was training for was abandoned: the next starts afresh, and no checkpoint is left', async () => {
  const held = heldTrainer();
  const one = await joined({ engines: enginesOf(() => held.trainer) });
  await one.until('version 0 scored', (view) => view.localEvaluations.length === 1);
  const kept = vi.spyOn(one.store.checkpoints, 'put');
  one.link.deliver('configured', one.coordinator.configured(1));
  held.allow(5);
  await one.until('training', () => held.steps() === 5);
  await one.clock.advance(6_000);
  held.allow(1);
  await one.until('a checkpoint', () => kept.mock.calls.length === 1);
  const closing = one.part.close();
  held.allow(100);
  await closing;
  const next = heldTrainer();
  next.allow(100);
  const again = await one.reload({ engines: enginesOf(() => next.trainer) });
  // The same base as before, but the order of its batches is of its own round.
  again.link.deliver('configured', again.coordinator.configured(2));
  await again.until('averaging', (view) => view.state === 'averaging');
  expect(next.steps()).toBe(BATCHES);
  const keys = kept.mock.calls.map(([checkpoint]) => checkpoint.key);
  for (const key of keys) expect(await again.store.checkpoints.get(key)).toBeUndefined();
  expect(again.faults).toEqual([]);
});

test('reloaded while it sends: the outbox is sent at once, and nothing is trained again', async () => {
  const one = await joined();
  one.coordinator.decide = () => new Promise(() => {});
  one.link.deliver('configured', one.coordinator.configured(1));
  await one.until('sending', (view) => view.state === 'sending' && one.coordinator.uploads.length === 1);
  const held = heldTrainer();
  const again = await one.reload({ engines: enginesOf(() => held.trainer) });
  again.coordinator.decide = (await joined()).coordinator.decide;
  again.link.cut();
  again.link.connect();
  await again.clock.advance(1_000);
  await again.until('averaging', (view) => view.state === 'averaging');
  expect(again.coordinator.uploads.at(-1)).toEqual(again.coordinator.uploads[0]);
  expect(held.steps()).toBe(0);
  expect(await again.store.outbox.list(federation)).toEqual([]);
  expect(await again.store.receipts.list(federation)).toMatchObject([{ outcome: 'waiting' }]);
});

test('reloaded with the updates of two rounds unsent: both get their decision, and the outbox is empty', async () => {
  const one = await joined();
  vi.spyOn(one.link, 'upload').mockRejectedValue(new LinkLost('No way.'));
  for (const round of [1, 2]) {
    one.link.deliver('configured', one.coordinator.configured(round));
    await vi.waitFor(async () => expect(await one.store.outbox.list(federation)).toHaveLength(round));
  }
  one.coordinator.decide = async () => ({
    type: 'refused',
    refusal: { kind: 'round-closed', round: v.parse(RoundNumber, 1), current: null },
    message: 'The round is over.',
  });
  const again = await one.reload();
  await vi.waitFor(async () => expect(await again.store.outbox.list(federation)).toEqual([]));
  expect(again.coordinator.uploads.map(({ offer }) => offer.round)).toEqual([1, 2]);
  expect(again.faults).toEqual([]);
});

for (const [what, change, why] of [
  [
    'its columns were withheld',
    { withheld: async () => ['a'] },
    'you have withheld “a” since it was trained',
  ],
  ['its data was erased', { record: async () => undefined }, 'its data was erased after it was trained on'],
] as const)
  test(`an update that lies in the outbox when ${what} is never sent, and its person is told`, async () => {
    const one = await joined();
    vi.spyOn(one.link, 'upload').mockRejectedValue(new LinkLost('No way.'));
    one.link.deliver('configured', one.coordinator.configured(1));
    await vi.waitFor(async () => expect(await one.store.outbox.list(federation)).toHaveLength(1));
    await one.store.vectors.put(residualKey(federation), Float32Array.of(1));
    const again = await one.reload({ datasets: { ...datasetsOf(clouds(40, 3)), ...change } });
    await vi.waitFor(async () => expect(await again.store.outbox.list(federation)).toEqual([]));
    await vi.waitFor(async () =>
      expect(await again.store.receipts.refusals(federation)).toMatchObject([
        { round: 1, message: `The update of round 1 was not sent, and is deleted: ${why}.` },
      ]),
    );
    expect(await again.store.vectors.get(residualKey(federation))).toBeUndefined();
    expect(again.coordinator.uploads).toEqual([]);
    expect(again.faults).toEqual([]);
  });

for (const when of [
  'before its checkpoint is written',
  'while its checkpoint is written',
  'with no checkpoint written any more',
] as const)
  test(`data erased in mid-round ${when}: the round ends there, and nothing of it is kept`, async () => {
    let isErased = false;
    const whole = datasetsOf(clouds(40, 3));
    const datasets = {
      ...whole,
      record: async (id: string) => (isErased ? undefined : whole.record(id)),
    };
    const held = heldTrainer();
    const one = await joined({ datasets, engines: enginesOf(() => held.trainer) });
    await one.until('version 0 scored', (view) => view.localEvaluations.length === 1);
    const { put } = one.store.checkpoints;
    const kept = vi.spyOn(one.store.checkpoints, 'put').mockImplementation(async (checkpoint) => {
      await put(checkpoint);
      isErased = true;
    });
    const formed = vi.spyOn(one.store.outbox, 'put');
    one.link.deliver('configured', one.coordinator.configured(1));
    held.allow(5);
    await one.until('training', () => held.steps() === 5);
    isErased = !when.startsWith('while');
    if (!when.startsWith('with no')) await one.clock.advance(6_000);
    held.allow(100);
    await one.until('given up', () => said(one, 'withdraw').length === 1);
    expect(one.part.view.lastEvent).toBe('Round 1 was given up: its data was erased.');
    expect(kept).toHaveBeenCalledTimes(when.startsWith('while') ? 1 : 0);
    expect(await one.store.checkpoints.get(checkpointKey(federation))).toBeUndefined();
    expect(formed).not.toHaveBeenCalled();
    expect(one.faults).toEqual([]);
  });

test('joined again with other data, or left, nothing is kept of rounds on the first; with the same, all is', async () => {
  const whole = datasetsOf(clouds(40, 3));
  const own = (await whole.record('own'))!;
  const datasets = {
    ...whole,
    record: async (id: string) => ({ ...own, id }),
    read: async () => whole.read('own'),
  };
  const one = await joined({ datasets });
  const keys = [residualKey, controlKey, nextControlKey].map((key) => key(federation));
  const left = () => Promise.all(keys.map((key) => one.store.vectors.get(key)));
  const fill = () => Promise.all(keys.map((key) => one.store.vectors.put(key, Float32Array.of(1))));
  const join = (dataset: string) => one.part.join({ dataset, name: null, backend: null });
  await fill();
  await join('own');
  expect(await left()).toEqual(keys.map(() => Float32Array.of(1)));
  await join('other');
  expect(await left()).toEqual(keys.map(() => undefined));
  await fill();
  await one.part.leave('now');
  expect(await left()).toEqual(keys.map(() => undefined));
  // As an earlier program left it.
  await fill();
  await join('own');
  expect(await left()).toEqual(keys.map(() => undefined));
  expect(one.faults).toEqual([]);
});

test('columns withheld while an update of them waits for the connection, or is trained: it is not sent', async () => {
  const withheld: string[] = [];
  const whole = datasetsOf(clouds(40, 3));
  const datasets = {
    ...whole,
    // As grantedDatasets has it: with columns withheld it is other data.
    record: async (id: string) => ({ ...(await whole.record(id))!, version: digestOfText(withheld.join()) }),
    withheld: async () => [...withheld],
  };
  const held = heldTrainer();
  const one = await joined({ datasets, engines: enginesOf(() => held.trainer) });
  await one.until('version 0 scored', (view) => view.localEvaluations.length === 1);
  one.link.deliver('configured', one.coordinator.configured(1));
  held.allow(1);
  await one.until('training', () => held.steps() === 1);
  withheld.push('b');
  held.allow(1_000);
  await one.until('given up', () => said(one, 'withdraw').length === 1);
  expect(one.part.view.lastEvent).toContain('withheld “b”');
  expect(one.coordinator.uploads).toEqual([]);
  expect(await one.store.outbox.list(federation)).toEqual([]);
  // What was withheld before it was trained holds nothing up.
  one.link.deliver('configured', one.coordinator.configured(2));
  await one.until('averaging', (view) => view.state === 'averaging');
  expect(one.coordinator.uploads).toHaveLength(1);
});

test('reloaded between training and sending, and the coordinator asks again: the trained update goes, not another', async () => {
  const one = await joined();
  vi.spyOn(one.link, 'upload').mockRejectedValue(new LinkLost('No way.'));
  const message = one.coordinator.configured(1);
  one.link.deliver('configured', message);
  await one.until('sending', (view) => view.state === 'sending');
  const [entry] = await one.store.outbox.list(federation);
  const again = await one.reload();
  again.link.deliver('configured', message);
  await again.until('averaging', (view) => view.state === 'averaging');
  expect(again.coordinator.uploads.map((upload) => upload.bytes)).toEqual([entry!.bytes]);
});

test('reloaded while the round is averaged: the receipt learns the version from what became of the round', async () => {
  const one = await joined();
  one.link.deliver('configured', one.coordinator.configured(1));
  await one.until('averaging', (view) => view.state === 'averaging');
  await one.part.close();
  one.coordinator.commit(1);
  const again = await one.reload();
  await again.until('checked in', () => said(again, 'check-in').length === 2);
  await vi.waitFor(async () =>
    expect(await again.store.receipts.list(federation)).toMatchObject([{ outcome: 'included', version: 1 }]),
  );
});

test('the server restarts in mid-training and asks again: one training, one update', async () => {
  const held = heldTrainer();
  const one = await joined({ engines: enginesOf(() => held.trainer) });
  await one.until('version 0 scored', (view) => view.localEvaluations.length === 1);
  const message = one.coordinator.configured(1);
  one.link.deliver('configured', message);
  held.allow(4);
  await one.until('training', () => held.steps() === 4);
  one.link.cut();
  one.link.connect();
  await one.until('checked in again', () => said(one, 'check-in').length === 2);
  one.link.deliver('configured', { ...message, deadlineMs: 30_000 });
  one.link.deliver('configured', { ...message, deadlineMs: 30_000 });
  held.allow(100);
  await one.until('averaging', (view) => view.state === 'averaging');
  expect(held.steps()).toBe(BATCHES);
  expect(one.coordinator.uploads).toHaveLength(1);
});

test('asked again for a round that has a receipt, the device does nothing', async () => {
  const one = await joined();
  const message = one.coordinator.configured(1);
  one.link.deliver('configured', message);
  await one.until('averaging', (view) => view.state === 'averaging');
  one.link.deliver('committed', committedMessage(1, one.coordinator.commit(1)));
  await one.until('over', (view) => view.round === null);
  one.link.deliver('configured', message);
  await one.clock.advance(1_000);
  expect(one.part.view.round).toBeNull();
  expect(one.coordinator.uploads).toHaveLength(1);
});

test('the end of a round is heard twice, and in either order with the decision: one receipt, included', async () => {
  const one = await joined();
  const take = one.coordinator.decide;
  let release: () => void = () => {};
  one.coordinator.decide = async (offer, bytes) => {
    await new Promise<void>((resolve) => (release = resolve));
    return take(offer, bytes);
  };
  one.link.deliver('configured', one.coordinator.configured(1));
  await one.until('decision awaited', () => one.coordinator.uploads.length === 1);
  const made = one.coordinator.commit(1);
  one.link.deliver('committed', committedMessage(1, made));
  one.link.deliver('committed', committedMessage(1, made));
  release();
  await one.until('over', (view) => view.round === null);
  expect(await one.store.receipts.list(federation)).toMatchObject([{ outcome: 'included', version: 1 }]);
});

test('a new round opens while this device still trains for the last: the new one is worked', async () => {
  const held = heldTrainer();
  const one = await joined({ engines: enginesOf(() => held.trainer) });
  await one.until('version 0 scored', (view) => view.localEvaluations.length === 1);
  one.link.deliver('configured', one.coordinator.configured(1));
  held.allow(4);
  await one.until('training', () => held.steps() === 4);
  one.link.deliver('configured', one.coordinator.configured(2));
  held.allow(100);
  await one.until('averaging', (view) => view.state === 'averaging');
  expect(one.coordinator.uploads.map((upload) => upload.offer.round)).toEqual([2]);
  one.link.deliver('configured', one.coordinator.configured(1));
  expect(one.part.view.round).toBe(2);
});
