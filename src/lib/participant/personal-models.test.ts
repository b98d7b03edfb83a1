// Models of one's own: what Ditto's λ does, by hand; what of FedPer's head leaves the device; and what is told of all of them.
import { expect, test } from 'vitest';
import { createHandClock } from '../adapters/memory/hand-clock.ts';
import { createMemoryParticipantStore } from '../adapters/memory/participant-store.ts';
import { createReferenceTrainer } from '../adapters/reference/reference-trainer.ts';
import { digestOfText } from '../core/digest.ts';
import type { Personalisation } from '../core/federation.ts';
import { buildNetwork } from '../core/model/network.ts';
import { sharedLength } from '../core/model/own-part.ts';
import { random } from '../core/random.ts';
import type { ClientMessages } from '../protocol/messages.ts';
import {
  committedMessage,
  enginesOf,
  federation,
  heldTrainer,
  joined,
  network,
  roundNumber,
  script,
  spec,
  type Script,
} from '../../../test/doubles/scripted-federation.ts';
import { createEngine } from './engine.ts';
import type { NetworkEquipment } from './equipment.ts';
import { figure } from '../core/metrics/figures.ts';
import { createPersonalModels, ownPartKey, ownKey } from './personal-models.ts';
import { openScoreboard } from './scoreboard.ts';
import { trainLocally } from './train-locally.ts';
import { createTrainingControl } from './training-control.ts';

const plan = { ...spec.plan, localEpochs: 2, batchSize: 1, learningRate: 0.25 };
const never = new AbortController().signal;

/** One row x = 1 with y = 1, and ŷ = w: F(w) = (w − 1)², and a gradient of 2(w − 1). */
async function onALine(store = createMemoryParticipantStore()) {
  const built = buildNetwork({
    inputShape: [1],
    layers: [{ type: 'dense', units: 1, activation: 'linear', useBias: false }],
    loss: 'mean-squared-error',
  });
  if (!built.ok) throw new Error(built.error.message);
  const engines = enginesOf(createReferenceTrainer);
  const rows = {
    count: 1,
    features: Float32Array.of(1),
    targets: Float32Array.of(1),
    hashes: new Uint32Array(2),
  };
  const version = digestOfText('own');
  const own = {
    version,
    contract: spec.contract,
    training: rows,
    heldOut: rows,
    unlabelled: 0,
    check: undefined,
  };
  const equipment: NetworkEquipment = {
    trainedOn: { dataset: 'own', withheld: [] },
    isHeldOut: false,
    rows: own,
    asRead: own,
    preparing: null,
    network: built.value,
    parameterCount: built.value.parameterCount,
    spec: { ...spec, plan },
    engine: createEngine(await engines.choose(built.value, 1, null), engines.create),
    scoreboard: await openScoreboard(store, federation, version),
  };
  const events: string[] = [];
  const personal = createPersonalModels({
    federation,
    store,
    clock: createHandClock(),
    onFull: () => {},
    onEvent: (event) => events.push(event),
  });
  const ditto = async (lambda: number, base: number, change: Partial<typeof plan> = {}) => {
    const message = { round: roundNumber(1), plan: { ...plan, ...change } };
    const how: Personalisation = { type: 'ditto', lambda };
    await personal.trainBeside(equipment, how, message, Float32Array.of(base), never);
    return (await store.vectors.get(ownKey(federation)))?.[0];
  };
  return { store, equipment, personal, events, ditto };
}

test('Ditto by hand: from the base 0 the own model goes to ½, where λ(v − w) outweighs the gradient', async () => {
  // λ = 2, η = ¼. v = 0 − ¼(−2 + 0) = ½; then the gradient −1 and λ(v − w) = 1 cancel: (2 · 1 + 2 · 0) / (2 + 2) = ½.
  const one = await onALine();
  expect(await one.ditto(2, 0)).toBe(0.5);
  // The base moved to 1: v = ½ − ¼(−1 + 2(½ − 1)) = 1, and stays.
  expect(await one.ditto(2, 1)).toBe(1);
});

test('Ditto with λ = 0 is local training, bit for bit', async () => {
  const one = await onALine();
  const own = await one.ditto(0, 0);
  const { engine, rows } = one.equipment;
  const alone = await trainLocally(
    {
      key: 'alone',
      settings: digestOfText('alone'),
      network: one.equipment.network,
      plan: { ...plan, seed: random(plan.seed, 'own-model', 1).below(4294967296) },
      training: rows.training,
      heldOut: null,
      metric: 'loss',
      base: Float32Array.of(0),
      checkpoint: undefined,
    },
    {
      engine,
      clock: createHandClock(),
      control: createTrainingControl(),
      saveCheckpoint: async () => {},
      onProgress: () => {},
      onNotice: () => {},
    },
  );
  expect(alone.type === 'finished' && alone.parameters[0]).toBe(own);
  // v = ½, then ¾.
  expect(own).toBe(0.75);
});

test('the larger λ is, the nearer is the own model to the base, and in the limit it is the base', async () => {
  const distances: number[] = [];
  for (const lambda of [0.1, 1, 10, 100, 1000]) {
    const one = await onALine();
    // η = 1/1000 is the largest that all of them allow; enough steps to stand still: v* = 2 / (2 + λ).
    const own = (await one.ditto(lambda, 0, { learningRate: 1e-3, localEpochs: 6000 }))!;
    expect(own).toBeCloseTo(2 / (2 + lambda), 4);
    distances.push(own);
  }
  expect(distances).toEqual(distances.toSorted((a, b) => b - a));
  expect(distances.at(-1)).toBeLessThan(0.0021);
});

test('an own model whose training breaks stays as it was, and the person is told', async () => {
  const one = await onALine();
  await one.store.vectors.put(ownKey(federation), Float32Array.of(0.5));
  expect(await one.ditto(0, 0, { learningRate: 10, localEpochs: 200 })).toBe(0.5);
  expect(one.events).toEqual([
    expect.stringMatching(/^Your own model stays as it was: Training became unstable/),
  ]);
});

const shared = sharedLength(network, 1);

async function taking(personalisation: Personalisation, changes = {}): Promise<Script> {
  const one = await script(changes);
  one.coordinator.view = { ...one.coordinator.view, spec: { ...spec, personalisation } };
  await one.reload();
  const again = await one.reload();
  await again.part.join({ dataset: 'own', name: null, backend: null });
  await again.until('version 0 scored', (view) => view.localEvaluations.length === 1);
  return again;
}

async function round(one: Script, number: number): Promise<Float32Array> {
  one.link.deliver('configured', one.coordinator.configured(number));
  await one.until(
    'averaging',
    (view) => view.state === 'averaging' && one.coordinator.uploads.length === number,
  );
  return new Float32Array(one.coordinator.uploads.at(-1)!.bytes.slice().buffer);
}

async function commit(one: Script, number: number): Promise<void> {
  one.link.deliver('committed', committedMessage(number, one.coordinator.commit(number)));
  await one.until('scored', (view) => view.localEvaluations.length === number + 1);
}

const told = (one: Script): ClientMessages['evaluation'][] =>
  one.coordinator.said
    .filter(({ name }) => name === 'evaluation')
    .map(({ message }) => message as ClientMessages['evaluation']);

test('FedPer: nothing of the head leaves the device, and the next round goes on from it', async () => {
  const one = await taking({ type: 'fedper', layers: 1 });
  const first = await round(one, 1);
  expect(first.subarray(shared).every((value) => value === 0)).toBe(true);
  expect(first.subarray(0, shared).some((value) => value !== 0)).toBe(true);
  const head = (await one.store.vectors.get(ownPartKey(federation)))!;
  expect(head).toHaveLength(network.parameterCount - shared);

  // The same round with all layers shared: the body moved alike, and the head is what would have been sent.
  const plain = await joined();
  const base = (await plain.store.parameters.get(plain.coordinator.view.head.digest))!;
  const all = await round(plain, 1);
  expect(first.subarray(0, shared)).toEqual(all.subarray(0, shared));
  for (const [i, value] of head.entries()) expect(value).toBeCloseTo(base[shared + i]! + all[shared + i]!, 6);

  await commit(one, 1);
  const second = await round(one, 2);
  expect(second.subarray(shared).every((value) => value === 0)).toBe(true);
  expect(await one.store.vectors.get(ownPartKey(federation))).not.toEqual(head);
  // Version 0 was scored before there was a head; version 1 with it, and so much better than the shared part alone.
  const [before, after] = told(one);
  expect(before).toMatchObject({ version: 0, personal: null });
  expect(after!.personal).toEqual(after!.tally);
  expect(one.faults).toEqual([]);
});

test('FedPer: what a codec held back of a head in earlier times is not sent either', async () => {
  const one = await taking({ type: 'fedper', layers: 1 });
  await one.store.vectors.put(`residual:${federation}`, new Float32Array(network.parameterCount).fill(9));
  one.link.deliver('configured', one.coordinator.configured(1, { uplink: 'topk:1' }));
  await one.until('averaging', (view) => view.state === 'averaging');
  const residual = await one.store.vectors.get(`residual:${federation}`);
  expect(residual!.subarray(shared).every((value) => value === 0)).toBe(true);
});

test('Ditto leaves the shared path as it is: the update is bit for bit the one without it, and the own model is only told of', async () => {
  const one = await taking({ type: 'ditto', lambda: 0.5 });
  const plain = await joined();
  expect(await round(one, 1)).toEqual(await round(plain, 1));
  await commit(one, 1);
  const own = (await one.store.vectors.get(ownKey(federation)))!;
  expect(own).toHaveLength(network.parameterCount);
  const [before, after] = told(one);
  expect(before).toMatchObject({ version: 0, personal: null });
  expect(after!.personal?.count).toBe(after!.tally.count);
  expect(after!.personal).not.toEqual(after!.tally);
  expect(one.part.view.localEvaluations[1]).toMatchObject({
    personal: { figure: figure(after!.personal!, 'accuracy') },
  });
  await commitPlain(plain);
  expect(await round(one, 2)).toEqual(await round(plain, 2));
  expect(one.faults).toEqual([]);
});

async function commitPlain(one: Script): Promise<void> {
  one.link.deliver('committed', committedMessage(1, one.coordinator.commit(1)));
  await one.until('between rounds', (view) => view.state === 'resting');
}

test('Ditto: a round that comes while the own model is trained is not kept waiting, and the model keeps what it has', async () => {
  const held = heldTrainer();
  const one = await taking({ type: 'ditto', lambda: 0.5 }, { engines: enginesOf(() => held.trainer) });
  const steps = 2 * Math.ceil(33 / 5);
  held.allow(steps + 3);
  await round(one, 1);
  await one.until('three steps of its own', () => held.steps() === steps + 3);
  one.link.deliver('configured', one.coordinator.configured(2));
  // The step under way, and then the round's.
  held.allow(1 + steps);
  await one.until('second update', () => one.coordinator.uploads.length === 2);
  expect(held.steps()).toBe(2 * steps + 4);
  expect(await one.store.vectors.get(ownKey(federation))).toHaveLength(network.parameterCount);
  const closing = one.part.close();
  held.allow(100);
  await closing;
});

test('fine-tuning: each version is told with the score that a few epochs here give it, and the tuned one is kept', async () => {
  const one = await taking({ type: 'finetune', epochs: 3 });
  const plain = await joined();
  expect(await round(one, 1)).toEqual(await round(plain, 1));
  await commit(one, 1);
  expect(told(one).map(({ version, personal }) => [version, personal?.count])).toEqual([
    [0, told(one)[0]!.tally.count],
    [1, told(one)[0]!.tally.count],
  ]);
  const own = (await one.store.vectors.get(ownKey(federation)))!;
  const version = (await one.store.parameters.get(one.coordinator.view.head.digest))!;
  expect(own).not.toEqual(version);
  expect(one.faults).toEqual([]);
});

test('a device that never trains, paused while it fits a version to itself, ends that and tells nothing; resumed, it begins anew', async () => {
  const held = heldTrainer();
  const one = await script({ engines: enginesOf(() => held.trainer) });
  const rules = { ...spec.rules, heldOutDevices: 1 };
  const personalisation = { type: 'finetune', epochs: 3 } as const;
  one.coordinator.view = { ...one.coordinator.view, spec: { ...spec, personalisation, rules } };
  one.link.deliver('federation', one.coordinator.view);
  held.allow(2);
  await one.part.join({ dataset: 'own', name: null, backend: null });
  await one.until('two steps', () => held.steps() === 2);
  await one.part.pause();
  // The step under way; the next would be allowed, too.
  held.allow(2);
  await one.until('paused', (view) => view.blocked?.reason === 'user-paused' && held.steps() === 3);
  expect(told(one)).toEqual([]);
  held.allow(100);
  await one.part.resume();
  await one.until('told', () => told(one).length === 1);
  expect(held.steps()).toBe(3 + 3 * Math.ceil(31 / 5));
  expect(told(one)[0]).toMatchObject({ version: 0, tally: { count: 9 }, personal: { count: 9 } });
  expect(one.faults).toEqual([]);
});
