import { expect, test } from 'vitest';
import { createHandClock } from '../adapters/memory/hand-clock.ts';
import { createReferenceTrainer } from '../adapters/reference/reference-trainer.ts';
import { digestOfText } from '../core/digest.ts';
import { figure } from '../core/metrics/figures.ts';
import { buildNetwork, initialParameters } from '../core/model/network.ts';
import type { NetworkSpec, TrainingPlan } from '../core/model/spec.ts';
import { random } from '../core/random.ts';
import type { Clock } from '../ports/clock.ts';
import type { Checkpoint } from '../ports/participant-store.ts';
import { TrainerFailure, type Rows, type Trainer } from '../ports/trainer.ts';
import { epochOrder } from './batch-order.ts';
import { createEngine } from './engine.ts';
import type { BackendChoice } from './participation.ts';
import { lookAtStep, type StepView } from './step-view.ts';
import { spoiled } from '../../../test/doubles/spoiled-trainer.ts';
import { alarmSentence, createTrainingAlarms, type TrainingAlarm } from './training-alarms.ts';
import {
  trainLocally,
  type LocalTraining,
  type TrainingProgress,
  type TrainingSurroundings,
} from './train-locally.ts';
import { createTrainingControl } from './training-control.ts';

const spec: NetworkSpec = {
  inputShape: [3],
  layers: [
    { type: 'dense', units: 5, activation: 'relu', useBias: true },
    { type: 'dropout', rate: 0.2 },
    { type: 'dense', units: 2, activation: 'softmax', useBias: true },
  ],
  loss: 'categorical-crossentropy',
};
const plan: TrainingPlan = {
  localEpochs: 3,
  batchSize: 4,
  learningRate: 0.05,
  optimizer: { type: 'adam' },
  proximalTerm: 0.01,
  seed: 5,
};
const choice: BackendChoice = {
  backend: 'webgpu',
  description: 'WebGPU',
  reason: 'fastest',
  reports: [
    { backend: 'webgpu', description: 'WebGPU', passed: true, stepMs: 1, relativeError: 0 },
    { backend: 'cpu', description: 'CPU', passed: true, stepMs: 9, relativeError: 0 },
    { backend: 'wasm', description: 'WebAssembly', passed: true, stepMs: 2, relativeError: 0 },
    { backend: 'webgl', description: 'WebGL', passed: false, reason: 'wrong numbers' },
  ],
};

/** Two clouds of points, one a class. */
function clouds(count: number, seed: number): Rows {
  const draw = random(seed, 'clouds');
  const targets = Int32Array.from({ length: count }, (_, row) => row % 2);
  const features = Float32Array.from(
    { length: count * 3 },
    (_, i) => draw.normal() + (targets[Math.floor(i / 3)] === 1 ? 1.5 : -1.5),
  );
  return { count, features, targets };
}

function setting(changes: Partial<LocalTraining> = {}): LocalTraining {
  const built = buildNetwork(spec);
  if (!built.ok) throw new Error(built.error.message);
  return {
    key: 'local:test',
    settings: digestOfText('settings'),
    network: built.value,
    plan,
    training: clouds(22, 1),
    heldOut: clouds(10, 2),
    metric: 'accuracy',
    base: initialParameters(built.value, 3),
    checkpoint: undefined,
    ...changes,
  };
}

function surroundings(
  changes: Partial<TrainingSurroundings> & { trainer?: (backend: string) => Trainer } = {},
) {
  const saved: Checkpoint[] = [];
  const seen: TrainingProgress[] = [];
  const notices: string[] = [];
  const { trainer = createReferenceTrainer, ...rest } = changes;
  return {
    saved,
    seen,
    notices,
    engine: createEngine(choice, async (backend) => trainer(backend)),
    clock: createHandClock(),
    control: createTrainingControl(),
    saveCheckpoint: async (checkpoint: Checkpoint) => void saved.push(structuredClone(checkpoint)),
    onProgress: (progress: TrainingProgress) => void seen.push(progress),
    onNotice: (message: string) => void notices.push(message),
    ...rest,
  };
}

/** A clock on which every look costs `ms`: checkpoints and ticks fall due at every step. */
function busyClock(ms: number): Clock {
  let time = 0;
  return {
    now: () => time,
    monotonic: () => (time += ms),
    after: () => () => {},
    tick: () => Promise.resolve(),
  };
}

async function finished(training: LocalTraining, around = surroundings()) {
  const outcome = await trainLocally(training, around);
  if (outcome.type !== 'finished') throw new Error(`Training ended ${outcome.type}.`);
  return outcome;
}

test('training learns: the held-out metric of the last epoch is above the first, and each epoch has its point', async () => {
  const around = surroundings();
  const outcome = await finished(setting({ plan: { ...plan, localEpochs: 20 } }), around);
  const measured = outcome.history.filter((point) => point.heldOutMetric !== undefined);
  expect(measured).toHaveLength(20);
  expect(measured.at(-1)!.heldOutMetric).toBeGreaterThan(0.9);
  expect(measured.at(-1)!.trainingMetric).toBeGreaterThan(0.9);
  expect(outcome.history.at(-1)!.loss).toBeLessThan(outcome.history[0]!.loss);
  expect(around.seen.at(-1)!.fraction).toBe(1);
});

test('an epoch takes every row once, in an order that the seed and the epoch decide', () => {
  expect([...epochOrder(5, 0, 50)].sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, i) => i));
  expect(epochOrder(5, 0, 50)).toEqual(epochOrder(5, 0, 50));
  expect(epochOrder(5, 0, 50)).not.toEqual(epochOrder(5, 1, 50));
  expect(epochOrder(5, 0, 50)).not.toEqual(epochOrder(6, 0, 50));
});

test('from any checkpoint training goes on to the same parameters, bit for bit', async () => {
  const whole = await finished(setting());
  const around = surroundings({ clock: busyClock(3_000) });
  await finished(setting(), around);
  // 3 epochs of 6 batches: cuts at the start, inside and at the end of each epoch.
  expect(around.saved.length).toBeGreaterThan(10);
  for (const checkpoint of around.saved) {
    const resumed = await finished(setting({ checkpoint }));
    expect(new Uint32Array(resumed.parameters.buffer)).toEqual(new Uint32Array(whole.parameters.buffer));
    expect(resumed.history.map((point) => point.step)).toEqual(whole.history.map((point) => point.step));
    for (const [index, point] of resumed.history.entries())
      expect(point.loss).toBeCloseTo(whole.history[index]!.loss, 6);
  }
});

test('pictures that are varied are varied anew in each epoch, and from any checkpoint as they would have been', async () => {
  const built = buildNetwork({
    inputShape: [3, 3, 1],
    layers: [{ type: 'flatten' }, { type: 'dense', units: 2, activation: 'softmax', useBias: true }],
    loss: 'categorical-crossentropy',
  });
  if (!built.ok) throw new Error(built.error.message);
  const draw = random(1, 'pictures');
  const pictures: Rows = {
    count: 14,
    features: Uint8Array.from({ length: 14 * 9 }, () => draw.below(256)),
    targets: Int32Array.from({ length: 14 }, (_, row) => row % 2),
  };
  const augmentation = { flip: true, shift: 0.34, turn: 20, light: 0.2, cutout: 0.34 };
  const shown = (changes: Partial<LocalTraining> = {}): LocalTraining =>
    setting({
      network: built.value,
      training: pictures,
      heldOut: null,
      base: initialParameters(built.value, 3),
      plan: { ...plan, augmentation },
      ...changes,
    });
  const held: Rows[] = [];
  const watched = (): Trainer => {
    const trainer = createReferenceTrainer();
    return {
      ...trainer,
      async open(network, of) {
        const session = await trainer.open(network, of);
        return {
          ...session,
          setRows(rows) {
            held.push(rows);
            return session.setRows(rows);
          },
        };
      },
    };
  };
  const whole = await finished(shown(), surroundings({ trainer: watched }));
  expect(held.map((rows) => rows.count)).toEqual([14, 14, 14]);
  expect(new Set([pictures, ...held].map((rows) => String(rows.features))).size).toBe(4);
  expect(whole.parameters).not.toEqual((await finished(shown({ plan }))).parameters);
  const around = surroundings({ clock: busyClock(3_000) });
  await finished(shown(), around);
  expect(around.saved.length).toBeGreaterThan(6);
  for (const checkpoint of around.saved)
    expect((await finished(shown({ checkpoint }))).parameters).toEqual(whole.parameters);
});

test('pausing writes a checkpoint and stands still; resuming ends with the same parameters', async () => {
  const whole = await finished(setting());
  const around = surroundings({ clock: busyClock(60) });
  let pausedAt = 0;
  const outcome = await finished(setting(), {
    ...around,
    onProgress(progress) {
      if (progress.batch >= 3 && pausedAt === 0 && !progress.paused) around.control.pause();
      if (!progress.paused) return;
      pausedAt = progress.epoch * 6 + progress.batch;
      expect(around.saved.at(-1)).toMatchObject({ epoch: progress.epoch, batch: progress.batch });
      queueMicrotask(() => around.control.resume());
    },
  });
  expect(pausedAt).toBeGreaterThan(0);
  expect(outcome.parameters).toEqual(whole.parameters);
});

test('stopping keeps the parameters so far', async () => {
  const around = surroundings({ clock: busyClock(20) });
  const training = setting();
  const outcome = await trainLocally(training, {
    ...around,
    onProgress(progress) {
      if (progress.batch === 2) around.control.stop();
    },
  });
  if (outcome.type !== 'stopped') throw new Error(outcome.type);
  expect(outcome.parameters).not.toEqual(training.base);
});

test('a training that was paused is stopped without another step', async () => {
  const around = surroundings({ control: createTrainingControl('paused') });
  const training = setting();
  const outcome = await trainLocally(training, {
    ...around,
    onProgress(progress) {
      if (progress.paused) queueMicrotask(() => around.control.stop());
    },
  });
  expect(outcome).toMatchObject({ type: 'stopped', parameters: training.base });
});

test('a loss that is no number ends training as diverged, and no checkpoint of it is kept', async () => {
  const number: NetworkSpec = {
    inputShape: [3],
    layers: [{ type: 'dense', units: 1, activation: 'linear', useBias: true }],
    loss: 'mean-squared-error',
  };
  const built = buildNetwork(number);
  if (!built.ok) throw new Error(built.error.message);
  const rows = clouds(22, 1);
  const around = surroundings({ clock: busyClock(3_000) });
  const outcome = await trainLocally(
    setting({
      network: built.value,
      base: initialParameters(built.value, 3),
      metric: 'rmse',
      heldOut: null,
      training: { ...rows, targets: Float32Array.from(rows.targets) },
      plan: { ...plan, optimizer: { type: 'sgd', momentum: 0 }, learningRate: 10, localEpochs: 30 },
    }),
    around,
  );
  expect(outcome).toMatchObject({ type: 'failed', kind: 'diverged' });
  expect(around.saved.every((checkpoint) => checkpoint.state.parameters.every(Number.isFinite))).toBe(true);
});

/** Fails at its n-th step. */
function fragile(steps: number, kind: TrainerFailure['kind']): Trainer {
  const inner = createReferenceTrainer();
  let left = steps;
  return {
    ...inner,
    async open(network, sessionPlan) {
      const session = await inner.open(network, sessionPlan);
      return {
        ...session,
        async step(indices) {
          left -= 1;
          if (left < 0) throw new TrainerFailure(kind, 'The device went away.');
          await session.step(indices);
        },
      };
    },
  };
}

test('a lost device hands over to the next fastest back end, from the last checkpoint, with the same result', async () => {
  const whole = await finished(setting());
  const around = surroundings({
    clock: busyClock(3_000),
    trainer: (backend) => (backend === 'webgpu' ? fragile(7, 'device-lost') : createReferenceTrainer()),
  });
  const outcome = await finished(setting(), around);
  expect(outcome.parameters).toEqual(whole.parameters);
  expect(around.notices).toEqual(['The graphics device was reset. Continuing on WebAssembly, slower.']);
  expect(around.engine.choice.backend).toBe('wasm');
});

test('the loss of the base is told where it is asked for, changes nothing, and survives a lost device', async () => {
  const plain = setting();
  const whole = await finished(plain);
  expect(whole.baseLoss).toBeNull();

  const session = await createReferenceTrainer().open(plain.network, plain.plan);
  await session.setState({ parameters: plain.base, optimizer: new Float32Array(0), steps: 0 });
  const expected = figure(await session.evaluate(plain.training), 'loss');
  expect(expected).toBeGreaterThan(0);

  /** Goes away while it scores, before the first step. */
  const unscoring = (): Trainer => {
    const inner = createReferenceTrainer();
    return {
      ...inner,
      open: async (...given) => ({
        ...(await inner.open(...given)),
        evaluate: () => Promise.reject(new TrainerFailure('device-lost', 'The device went away.')),
      }),
    };
  };
  const around = surroundings({
    trainer: (backend) => (backend === 'webgpu' ? unscoring() : createReferenceTrainer()),
  });
  const outcome = await finished({ ...plain, asksBaseLoss: true }, around);
  expect(outcome.baseLoss).toBe(expected);
  expect(outcome.parameters).toEqual(whole.parameters);
  expect(around.notices).toEqual(['The graphics device was reset. Continuing on WebAssembly, slower.']);
});

test.each(['running', 'paused'] as const)(
  'another engine takes over a %s training at the step where it stands, with no step lost or taken twice',
  async (when) => {
    const whole = await finished(setting());
    const steps = { webgpu: 0, wasm: 0 };
    const counting = (backend: 'webgpu' | 'wasm'): Trainer => {
      const inner = createReferenceTrainer();
      return {
        ...inner,
        async open(network, sessionPlan) {
          const session = await inner.open(network, sessionPlan);
          return {
            ...session,
            async step(indices) {
              steps[backend] += 1;
              await session.step(indices);
            },
          };
        },
      };
    };
    const around = surroundings({
      clock: busyClock(60),
      trainer: (backend) => counting(backend === 'wasm' ? 'wasm' : 'webgpu'),
    });
    const { control } = around;
    const pausedOn: string[] = [];
    let isAsked = false;
    const outcome = await finished(setting(), {
      ...around,
      onProgress(progress) {
        if (progress.paused) {
          pausedOn.push(around.engine.choice.backend);
          queueMicrotask(() =>
            around.engine.choice.backend === 'wasm' ? control.resume() : control.switchTo('wasm'),
          );
        } else if (progress.batch >= 3 && !isAsked) {
          isAsked = true;
          if (when === 'paused') control.pause();
          else control.switchTo('wasm');
        }
      },
    });
    expect(outcome.parameters).toEqual(whole.parameters);
    expect(outcome.history).toEqual(whole.history);
    // 3 epochs of 6 batches.
    expect(steps.webgpu).toBeGreaterThan(0);
    expect(steps.wasm).toBeGreaterThan(0);
    expect(steps.webgpu + steps.wasm).toBe(18);
    // It stands paused on the new one until the person resumes.
    if (when === 'paused') expect(new Set(pausedOn)).toEqual(new Set(['webgpu', 'wasm']));
    expect(around.notices).toEqual([
      'Switched to WebAssembly. It went on from where it stood: no step was lost.',
    ]);
  },
);

test('an engine that did not pass the self-test is not switched to, and training goes on', async () => {
  const whole = await finished(setting());
  const around = surroundings();
  around.control.switchTo('webgl');
  const outcome = await finished(setting(), around);
  expect(outcome.parameters).toEqual(whole.parameters);
  expect(around.notices).toEqual(['It stays on WebGPU: the engine asked for did not pass the self-test.']);
});

test('when every back end has failed the outcome names the failure', async () => {
  const around = surroundings({ trainer: () => fragile(3, 'out-of-memory') });
  expect(await trainLocally(setting(), around)).toMatchObject({ type: 'failed', kind: 'out-of-memory' });
  expect(around.notices).toHaveLength(2);
});

test('no speed and no remaining time are shown before they are measured, and then they are positive', async () => {
  const around = surroundings({ clock: busyClock(30) });
  await finished(setting({ plan: { ...plan, localEpochs: 10 } }), around);
  expect(around.seen[0]).toMatchObject({ examplesPerSecond: null, etaMs: null });
  const later = around.seen.filter(
    (progress) => progress.examplesPerSecond !== null && progress.fraction < 1,
  );
  expect(later.length).toBeGreaterThan(0);
  for (const progress of later) expect(progress.etaMs).toBeGreaterThan(0);
});

test('a loss that becomes no number pauses training right before that very step, with the parameters that an undisturbed run had there', async () => {
  const alarms: TrainingAlarm[] = [];
  const around = surroundings({
    trainer: () => spoiled(8),
    onAlarm: (alarm) => {
      alarms.push(alarm);
      // Paused by then; a person who insists meets it again.
      expect(around.control.state).toBe('paused');
      if (alarms.length === 1) around.control.resume();
      else around.control.stop();
    },
  });
  const outcome = await trainLocally(setting(), around);
  expect(alarms).toEqual([
    { type: 'not-finite', step: 8, what: 'loss' },
    { type: 'not-finite', step: 8, what: 'loss' },
  ]);
  expect(alarmSentence(alarms[0]!)).toContain('lower learning rate');
  const undisturbed = surroundings({
    onProgress: ({ epoch, batch }) => {
      if (epoch * 6 + batch === 7) undisturbed.control.stop();
    },
    clock: busyClock(200),
  });
  const seven = await trainLocally(setting(), undisturbed);
  if (outcome.type !== 'stopped' || seven.type !== 'stopped') throw new Error('Both were stopped.');
  expect(outcome.parameters).toEqual(seven.parameters);
});

test('a start that is no number fails, rather than standing before nothing', async () => {
  const base = setting().base.slice();
  base[3] = Infinity;
  const outcome = await trainLocally(setting({ base }), surroundings({ onAlarm: () => {} }));
  expect(outcome).toMatchObject({ type: 'failed', kind: 'diverged' });
});

test('single steps are taken one at a time while training stands, looked at, and change nothing of what comes out', async () => {
  const whole = await finished(setting());
  const views: StepView[] = [];
  const around = surroundings({
    clock: busyClock(1),
    onStep: (view) => {
      views.push(view);
      if (views.length < 3) around.control.stepOnce();
    },
    onProgress: ({ paused, epoch, batch }) => {
      if (!paused) return;
      if (views.length === 0) around.control.stepOnce();
      else if (views.length === 3) {
        expect(epoch * 6 + batch).toBe(3);
        around.control.resume();
      }
    },
  });
  around.control.pause();
  expect((await finished(setting(), around)).parameters).toEqual(whole.parameters);
  expect(views.map(({ step, batch }) => [step, batch])).toEqual([
    [1, 4],
    [2, 4],
    [3, 4],
  ]);
  for (const view of views) {
    expect(view.apart).toBe(0);
    expect(view.layers.map(({ outputShape }) => outputShape)).toEqual([
      [4, 5],
      [4, 5],
      [4, 2],
    ]);
    const norms = view.layers.map(({ gradientNorm }) => gradientNorm);
    expect(norms[1]).toBeNull();
    expect(Math.hypot(norms[0]!, norms[2]!)).toBeCloseTo(view.gradientNorm, 6);
    expect(view.updateNorm).toBeGreaterThan(0);
  }
  // ln 2 is what two classes cost whoever knows nothing.
  expect(Math.abs(views[0]!.loss - Math.LN2)).toBeLessThan(1);
});

test('the four phases of a step make up the whole of it, which is measured by itself, within a tenth', () => {
  const { network, training } = setting();
  const before = { parameters: initialParameters(network, 3), optimizer: new Float32Array(0), steps: 0 };
  const looked = {
    ...{ network, plan, rows: training, indices: Uint32Array.of(0, 3, 5), before, after: before },
    ...{ engineMs: 1, anchor: before.parameters, correction: undefined },
  };
  // What each look at the clock finds gone by: forward, loss, backward, copies in between, optimizer. No three of the phases add up
  // to the whole, so that one that is left out, or is charged twice, shows.
  const costs = [0, 40, 15, 60, 5, 30];
  let [time, looks] = [1000, 0];
  const view = lookAtStep(looked, { monotonic: () => (time += costs[looks++] ?? NaN) });
  expect(looks).toBe(costs.length);
  expect(view.phases).toEqual({ forward: 40, loss: 15, backward: 60, optimizer: 30 });
  expect(view.plainMs).toBe(time - 1000);
  const together = Object.values(view.phases).reduce((sum, ms) => sum + ms, 0);
  expect(Math.abs(together - view.plainMs)).toBeLessThanOrEqual(view.plainMs / 10);
});

test('alarms tell of a loss above its beginning, of one that falls no more, and of a device that became slow, once each', () => {
  const points = (losses: readonly number[]) => losses.map((loss, step) => ({ step, epoch: 0, loss }));
  const told = (losses: readonly number[]): string[] => {
    const alarms = createTrainingAlarms();
    const all = points(losses);
    return all.flatMap((_, at) => alarms.heardPoint(all.slice(0, at + 1))?.type ?? []);
  };
  expect(told(Array.from({ length: 200 }, (_, i) => 2 * 0.98 ** i))).toEqual([]);
  expect(told(Array.from({ length: 200 }, (_, i) => 1 + Math.max(0, 1 - i / 20)))).toEqual(['plateau']);
  expect(told(Array.from({ length: 40 }, (_, i) => 1.1 ** i))).toEqual(['diverging']);
  const alarms = createTrainingAlarms();
  const rates = [100, 100, 55, 55, 55, 90, 50, 50, 50];
  expect(rates.map((rate, i) => alarms.heardRate(rate, 6_000 * i)?.type)).toEqual([
    ...[undefined, undefined, undefined, undefined, 'slower'],
    ...[undefined, undefined, undefined, 'slower'],
  ]);
});
