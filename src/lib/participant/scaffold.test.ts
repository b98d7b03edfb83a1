// SCAFFOLD on the device (Karimireddy et al. 2020, algorithm 1, option II): a round by hand, and what a device remembers of it
// when rounds are lost, refused, abandoned or cut off.
import { expect, test, vi } from 'vitest';
import { createHandClock } from '../adapters/memory/hand-clock.ts';
import { createReferenceTrainer } from '../adapters/reference/reference-trainer.ts';
import { scaffold } from '../core/aggregation/scaffold.ts';
import { digestOfText, participantIdOf } from '../core/digest.ts';
import { buildNetwork } from '../core/model/network.ts';
import { decodeAll, codecNamed } from '../core/update/codec/index.ts';
import type { RoundControl } from '../core/update/control.ts';
import { StorageFull } from '../ports/dataset-store.ts';
import type { Configured } from '../protocol/messages.ts';
import { roundOf, sample, settingFor } from '../../../test/support/fold-updates.ts';
import {
  committedMessage,
  enginesOf,
  federation,
  heldTrainer,
  joined,
  network,
  refusedWith,
  roundNumber,
  script,
  spec,
  type Script,
} from '../../../test/doubles/scripted-federation.ts';
import { controlKey, nextControlKey } from './round-keys.ts';
import { createEngine } from './engine.ts';
import { createTrainingControl } from './training-control.ts';
import { readOneByOne } from './form-update.ts';
import { drawFromPlatform } from './protection.ts';
import { roundTraining, workRound } from './work-round.ts';

const asked = { asks: ['controls' as const] };
const P = network.parameterCount;

/** [Δy ; Δc] of the newest upload. */
function sent(one: Script): { readonly delta: Float32Array; readonly change: Float32Array } {
  const { bytes } = one.coordinator.uploads.at(-1)!;
  const values = decodeAll(codecNamed('f32'), bytes, 2 * P, '');
  if (!values.ok) throw new Error(JSON.stringify(values.error));
  return { delta: values.value.slice(0, P), change: values.value.slice(P) };
}

/** The first round, in the averaging stage. */
async function afterOneUpdate(): Promise<Script> {
  const one = await joined();
  one.link.deliver('configured', one.coordinator.configured(1, asked));
  await one.until('averaging', (view) => view.state === 'averaging');
  return one;
}

test('two rounds of two devices by hand: the model and every control are those of the paper’s lines', async () => {
  // F_k(w) = (w − t_k)², t = 1 and 3, on one row x = 1; K = 2 steps of η = ¼; gradients 2(y − t).
  // Round 1 from w = 0, no controls. Device 1: y = ½, ¾; c₁⁺ = (0 − ¾) / ½ = −1.5. Device 2: y = 1.5, 2¼; c₂⁺ = −4.5.
  //   w = (¾ + 2¼) / 2 = 1.5; c = (−1.5 − 4.5) / 2 = −3.
  // Round 2. Device 1 is corrected by −3 + 1.5: y = 1.5 − ¼(1 − 1.5) = 1.625, then 1.6875; Δc = −0.1875 / ½ + 3 = 2.625.
  //   Device 2 by −3 + 4.5: y = 1.875, then 2.0625; Δc = −0.5625 / ½ + 3 = 1.875.
  //   w = 1.5 + (0.1875 + 0.5625) / 2 = 1.875, nearer the optimum 2; c = −3 + 2.25 = −¾, the mean of c₁ = 1.125 and c₂ = −2.625.
  const built = buildNetwork({
    inputShape: [1],
    layers: [{ type: 'dense', units: 1, activation: 'linear', useBias: false }],
    loss: 'mean-squared-error',
  });
  if (!built.ok) throw new Error(built.error.message);
  const engine = createEngine(
    await enginesOf(createReferenceTrainer).choose(built.value, 1, null),
    async () => createReferenceTrainer(),
  );
  const work = async (round: number, w: number, target: number, control: RoundControl) => {
    const rows = { count: 1, features: Float32Array.of(1), targets: Float32Array.of(target) };
    const one = await script();
    const message: Configured = {
      ...one.coordinator.configured(round, asked),
      plan: { ...spec.plan, localEpochs: 2, batchSize: 1, learningRate: 0.25 },
    };
    const base = Float32Array.of(w);
    const training = roundTraining(message, {
      network: built.value,
      rows: { version: digestOfText('own'), training: rows },
      base,
      own: [],
      metric: 'loss',
      checkpoint: undefined,
      control,
    });
    const participant = participantIdOf((await one.store.identity()).publicKey);
    const outcome = await workRound(
      message,
      training,
      { participant, residual: undefined, own: [], control, draw: drawFromPlatform },
      {
        engine,
        clock: createHandClock(),
        control: createTrainingControl(),
        saveCheckpoint: async () => {},
        onProgress: () => {},
        onNotice: () => {},
      },
    );
    if (outcome.type !== 'trained') throw new Error(outcome.type);
    const { entry } = readOneByOne(outcome.formed);
    const values = new Float32Array(entry.bytes.slice().buffer);
    expect(entry.offer.steps).toBe(2);
    expect(outcome.formed.controlChange).toEqual(values.slice(1));
    return [...values];
  };
  const controls = { server: Float32Array.of(0), own: Float32Array.of(0) };
  const first = [await work(1, 0, 1, controls), await work(1, 0, 3, controls)];
  expect(first).toEqual([
    [0.75, -1.5],
    [2.25, -4.5],
  ]);
  const setting = settingFor(scaffold, 1, {}, { population: 2 });
  const one = roundOf(
    scaffold,
    first.map((values) => sample(values)),
    Float32Array.of(0),
    setting,
  );
  expect(one).toEqual({ parameters: Float32Array.of(1.5), state: Float32Array.of(-3) });
  const second = [
    await work(2, 1.5, 1, { server: one.state, own: Float32Array.of(-1.5) }),
    await work(2, 1.5, 3, { server: one.state, own: Float32Array.of(-4.5) }),
  ];
  expect(second).toEqual([
    [0.1875, 2.625],
    [0.5625, 1.875],
  ]);
  const two = roundOf(
    scaffold,
    second.map((values) => sample(values)),
    one.parameters,
    setting,
    one.state,
  );
  expect(two).toEqual({ parameters: Float32Array.of(1.875), state: Float32Array.of(-0.75) });
});

test('the first update carries the control behind the delta: −delta / (K · η), and is kept once a version holds it', async () => {
  const one = await afterOneUpdate();
  const { delta, change } = sent(one);
  const { steps } = one.coordinator.uploads[0]!.offer;
  for (let i = 0; i < P; i += 1)
    expect(change[i]).toBeCloseTo(-delta[i]! / (steps * spec.plan.learningRate), 5);
  expect(await one.store.vectors.get(controlKey(federation))).toBeUndefined();

  one.link.deliver('committed', committedMessage(1, one.coordinator.commit(1)));
  await one.until('between rounds', (view) => view.state === 'resting');
  expect(await one.store.vectors.get(controlKey(federation))).toEqual(change);
  expect(await one.store.vectors.get(nextControlKey(federation))).toBeUndefined();
  expect(one.faults).toEqual([]);
});

test('where the only device’s control is the mean of all, its second round is corrected by nothing', async () => {
  const one = await afterOneUpdate();
  const controls = one.coordinator.serve(sent(one).change.slice());
  one.link.deliver('committed', committedMessage(1, one.coordinator.commit(1)));
  await one.until('between rounds', (view) => view.state === 'resting');
  one.link.deliver('configured', one.coordinator.configured(2, { ...asked, controls }));
  await one.until('second update', () => one.coordinator.uploads.length === 2);
  const corrected = sent(one).delta;

  const plain = await joined();
  plain.link.deliver('configured', plain.coordinator.configured(1));
  await plain.until('averaging', (view) => view.state === 'averaging');
  plain.link.deliver('committed', committedMessage(1, plain.coordinator.commit(1)));
  await plain.until('between rounds', (view) => view.state === 'resting');
  plain.link.deliver('configured', plain.coordinator.configured(2));
  await plain.until('second update', () => plain.coordinator.uploads.length === 2);
  expect(corrected).toEqual(new Float32Array(plain.coordinator.uploads[1]!.bytes.slice().buffer));
});

test('another mean than its own control turns the device: gradient by gradient, by c − c_k', async () => {
  const one = await afterOneUpdate();
  const mean = new Float32Array(P).fill(0.5);
  const controls = one.coordinator.serve(mean);
  one.link.deliver('committed', committedMessage(1, one.coordinator.commit(1)));
  await one.until('between rounds', (view) => view.state === 'resting');
  const own = (await one.store.vectors.get(controlKey(federation)))!;
  one.link.deliver('configured', one.coordinator.configured(2, { ...asked, controls }));
  await one.until('second update', () => one.coordinator.uploads.length === 2);
  const { delta, change } = sent(one);
  const distance = one.coordinator.uploads[1]!.offer.steps * spec.plan.learningRate;
  for (let i = 0; i < P; i += 1) {
    expect(change[i]).toBeCloseTo(-delta[i]! / distance - 0.5, 5);
    // c_k⁺ is the mean gradient, which is the movement less the correction.
    expect(own[i]! + change[i]!).toBeCloseTo(-delta[i]! / distance - (0.5 - own[i]!), 5);
  }
});

for (const [what, end] of [
  [
    'refused',
    async (one: Script) => {
      one.coordinator.decide = async () =>
        refusedWith({ kind: 'round-closed', round: roundNumber(1), current: null });
      one.link.deliver('configured', one.coordinator.configured(1, asked));
      await one.until('refused', (view) => view.state !== 'sending' && one.coordinator.uploads.length === 1);
    },
  ],
  [
    'abandoned after it was accepted',
    async (one: Script) => {
      one.link.deliver('configured', one.coordinator.configured(1, asked));
      await one.until('averaging', (view) => view.state === 'averaging');
      one.link.deliver('abandoned', { federation, round: roundNumber(1), reason: 'Too few.' });
      await one.until('let go', (view) => view.state !== 'averaging');
    },
  ],
  [
    'committed without it',
    async (one: Script) => {
      one.link.deliver('configured', one.coordinator.configured(1, asked));
      await one.until('averaging', (view) => view.state === 'averaging');
      one.link.deliver('committed', committedMessage(1, one.coordinator.commit(1, false), false));
      await one.until('between rounds', (view) => view.state === 'resting');
    },
  ],
] as const)
  test(`of an update that was ${what} the device remembers no control`, async () => {
    const one = await joined();
    await end(one);
    await one.until('forgotten', () => true);
    await vi.waitFor(async () =>
      expect(await one.store.vectors.get(nextControlKey(federation))).toBeUndefined(),
    );
    expect(await one.store.vectors.get(controlKey(federation))).toBeUndefined();
    expect(one.faults).toEqual([]);
  });

for (const counted of [true, false])
  test(`a round that ended while the page was closed is asked for before the next: ${counted ? 'its control counts' : 'it was abandoned, and its control does not'}`, async () => {
    const one = await afterOneUpdate();
    const { change } = sent(one);
    await one.part.close();
    one.coordinator.commit(1);
    const view = one.coordinator.rounds.get(1)!;
    one.coordinator.rounds.set(1, {
      ...view,
      phase: counted ? 'committed' : 'abandoned',
      cohort: [
        {
          participant: participantIdOf((await one.store.identity()).publicKey),
          name: 'This one',
          stage: 'accepted',
          fraction: null,
          history: [],
          examples: 33,
          bytesUp: 1,
          reason: null,
        },
      ],
    });
    const again = await one.reload();
    const controls = again.coordinator.serve(new Float32Array(P).fill(0.25));
    again.link.deliver('configured', again.coordinator.configured(2, { ...asked, controls }));
    await again.until('second update', () => again.coordinator.uploads.length === 2);
    const kept = await again.store.vectors.get(controlKey(federation));
    expect(kept).toEqual(counted ? change : undefined);
    // The correction that it trained with: c − c_k.
    const next = (await again.store.vectors.get(nextControlKey(federation)))!;
    expect(next[0]).toBe(2);
    for (let i = 0; i < P; i += 1)
      expect(next[1 + i]).toBeCloseTo((counted ? change[i]! : 0) + sent(again).change[i]!, 5);
    expect(again.faults).toEqual([]);
  });

test('training that a reload cut off goes on with the same correction, to the same update, bit for bit', async () => {
  const values = new Float32Array(P).fill(0.75);
  const whole = await joined();
  whole.link.deliver(
    'configured',
    whole.coordinator.configured(1, { ...asked, controls: whole.coordinator.serve(values) }),
  );
  await whole.until('averaging', (view) => view.state === 'averaging');

  const held = heldTrainer();
  const one = await joined({ engines: enginesOf(() => held.trainer) });
  await one.until('version 0 scored', (view) => view.localEvaluations.length === 1);
  const message = one.coordinator.configured(1, { ...asked, controls: one.coordinator.serve(values) });
  one.link.deliver('configured', message);
  held.allow(5);
  await one.until('training', () => held.steps() === 5);
  const checkpoint = vi.spyOn(one.store.checkpoints, 'put');
  await one.clock.advance(6_000);
  held.allow(1);
  await one.until('a checkpoint', () => checkpoint.mock.calls.length === 1);
  const closing = one.part.close();
  held.allow(100);
  await closing;
  const next = heldTrainer();
  next.allow(100);
  const again = await one.reload({ engines: enginesOf(() => next.trainer) });
  again.link.deliver('configured', message);
  await again.until('averaging', (view) => view.state === 'averaging');
  expect(next.steps()).toBe(2 * Math.ceil(33 / 5) - 6);
  expect(again.coordinator.uploads[0]!.bytes).toEqual(whole.coordinator.uploads[0]!.bytes);
});

test('a control that changes by more than ±64 is not sent, and the person is told which', async () => {
  const one = await joined();
  const controls = one.coordinator.serve(new Float32Array(P));
  // Δc is the mean gradient less c_k: about −100 here.
  await one.store.vectors.put(controlKey(federation), new Float32Array(P).fill(100));
  const plan = { ...spec.plan, learningRate: 0.01 };
  one.link.deliver('configured', one.coordinator.configured(1, { ...asked, controls, plan }));
  await one.until('given up', (view) => view.blocked?.reason === 'diverged');
  expect(one.part.view.blocked?.message).toMatch(
    /The control of parameter 0 changed by -\d+(\.\d+)?, beyond the limit of ±64/,
  );
  expect(one.coordinator.uploads).toEqual([]);
  expect(await one.store.vectors.get(nextControlKey(federation))).toBeUndefined();
});

test('a control that finds no room on the device counts all the same until the page goes', async () => {
  const one = await joined();
  const put = vi.spyOn(one.store.vectors, 'put').mockRejectedValue(new StorageFull(1, 0));
  one.link.deliver('configured', one.coordinator.configured(1, asked));
  await one.until('averaging', (view) => view.state === 'averaging');
  const first = sent(one).change.slice();
  one.link.deliver('committed', committedMessage(1, one.coordinator.commit(1)));
  await one.until('between rounds', (view) => view.state === 'resting');
  expect(one.part.view.blocked?.reason).toBe('storage-full');
  put.mockRestore();
  // Room again, and c = 0: the second update's control stands on the first one's.
  const controls = one.coordinator.serve(new Float32Array(P));
  one.link.deliver('configured', one.coordinator.configured(2, { ...asked, controls }));
  await one.until('second update', () => one.coordinator.uploads.length === 2);
  const { change } = sent(one);
  const next = (await one.store.vectors.get(nextControlKey(federation)))!;
  for (let i = 0; i < P; i += 1) expect(next[1 + i]).toBeCloseTo(first[i]! + change[i]!, 6);
  expect(first.some((value) => Math.abs(value) > 1e-3)).toBe(true);
});
