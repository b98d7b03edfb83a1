// A network that the workbench trains, through its worker's own handler: watched as it learns, stepped, branched from, on another engine.
import { expect, test, vi } from 'vitest';
import { createMemoryParticipantStore } from '../adapters/memory/participant-store.ts';
import { memoryRunStore } from '../adapters/memory/runs.ts';
import { createReferenceTrainer } from '../adapters/reference/reference-trainer.ts';
import type { Engines } from '../participant/engine.ts';
import type { BackendChoice } from '../participant/participation.ts';
import type { LiveTraining } from '../participant/workbench/fit.ts';
import { TrainerFailure, type Trainer } from '../ports/trainer.ts';
import { DatasetTraining } from '../state/dataset-training.svelte.ts';
import { learningSeries } from '../state/run-curves.ts';
import { samenessWords } from '../state/run-words.ts';
import type { RunEvent } from './bench-messages.ts';
import { clientOf, endedBy, ofTarget, readCsv, shapes, shapesCsv, storeOf, wishes } from './bench.fixture.ts';

const going = new AbortController().signal;
const shapesKept = async () => storeOf(shapes, await readCsv(shapes, shapesCsv));
/** One browser, whose tabs share what is kept. */
const browser = () => ({
  runs: memoryRunStore(),
  checkpoints: createMemoryParticipantStore().checkpoints,
});

/** What is told of the network that is trained, the newest last. */
function watching() {
  const seen: LiveTraining[] = [];
  return {
    seen,
    tell: (event: RunEvent): void => void (event.type === 'training' && seen.push(event.training)),
    last: (): LiveTraining => {
      const last = seen.at(-1);
      if (last === undefined) throw new Error('Nothing was told of the training.');
      return last;
    },
  };
}

test('a network is watched as it learns, and every point that is drawn is a point that its run keeps', async () => {
  const { runs, checkpoints } = browser();
  const client = clientOf(await shapesKept(), { runs, checkpoints });
  const { seen, tell, last } = watching();
  const { run, trained } = await endedBy(client, 'area', { model: 'mlp:epochs=6' }, tell);
  const record = (await runs.read(run))?.record;
  if (record === undefined) throw new Error('The run is not kept.');
  // It grew: whoever looked saw it with fewer points, and never another point in the place of one.
  expect(seen.length).toBeGreaterThan(1);
  for (const { curve } of seen) expect(last().curve.slice(0, curve.length)).toEqual(curve);
  expect(record.curve).toEqual(last().curve);
  const { training, heldOutRows } = { training: last(), heldOutRows: last().heldOutRows };
  for (const of of ['loss', 'metric'] as const) {
    const [train, held] = learningSeries(training.curve, of);
    const [keptTrain, keptHeld] = learningSeries(record.curve, of);
    expect([train, held]).toEqual([keptTrain, keptHeld]);
    expect(train!.points).toHaveLength(of === 'loss' ? record.curve.length : 6);
    expect(held!.points).toHaveLength(6);
  }
  // In the target's own units: the last is the error that the model is judged by.
  const { report } = trained.result.model;
  expect(report.type === 'number' && report.count).toBe(heldOutRows);
  expect(training.metric).toBe('rmse');
  expect(training.curve.at(-1)?.heldOutMetric).toBeCloseTo(report.type === 'number' ? report.rmse : NaN, 4);
  expect(training).toMatchObject({ epochs: 6, batchesPerEpoch: 3, memoryBytes: expect.any(Number) });
});

test('one that is stopped keeps every point that was drawn, and goes on from that very step to the same bits', async () => {
  const store = await shapesKept();
  const own = { model: 'mlp:epochs=4' };
  const whole = await endedBy(clientOf(store), 'area', own);
  const { runs, checkpoints } = browser();
  const tab = clientOf(store, { runs, checkpoints });
  const follow = tab.run.bind(tab);
  // Paused as it begins.
  tab.run = (wish, onEvent, signal) =>
    follow(
      wish,
      (event) => (onEvent(event), event.type === 'begun' && void tab.hand(event.run, 'pause')),
      signal,
    );
  const page = new DatasetTraining('set', tab);
  await page.open('area');
  const { run } = page;
  const ended = page.train({ ...wishes, ...own });
  await vi.waitUntil(() => run.standing === 'paused');
  // Step by step, each looked at from inside, beyond the end of an epoch of three.
  for (const step of [1, 2, 3, 4]) {
    void run.hand('step');
    await vi.waitUntil(() => run.stepped?.step === step);
  }
  expect(run.stepped?.layers.length).toBeGreaterThan(1);
  expect(run.standing).toBe('paused');
  run.stop();
  await ended;
  expect(run.following.phase).toBe('stopped');
  const stopped = (await runs.read(run.run ?? ''))?.record;
  expect(stopped?.outcome.type).toBe('stopped');
  expect(stopped?.curve.map(({ step }) => step)).toEqual([1, 2, 3, 4]);
  expect(stopped?.curve).toEqual(run.training?.curve);

  const { seen, tell } = watching();
  const client = clientOf(store, { runs, checkpoints });
  const resumed = await client.run({ name: 'resume', run: run.run ?? '', isEnough: false }, tell, going);
  if ('type' in resumed) throw new Error(resumed.message);
  expect(seen[0]?.curve).toEqual(stopped?.curve);
  expect(ofTarget(resumed).trained.result.model.digest).toBe(whole.trained.result.model.digest);
});

test('a run keeps checkpoints, from which a branch goes on: with nothing changed to the same bits, with another rate as a run that names its parent', async () => {
  const store = await shapesKept();
  const own = browser();
  const { runs, checkpoints } = own;
  const client = clientOf(store, own);
  let run = '';
  let stood = 0;
  const parent = await endedBy(client, 'area', { model: 'mlp:epochs=4' }, (event) => {
    if (event.type === 'begun') ({ run } = event);
    // Paused as it begins, which writes a checkpoint down, and let go on.
    if (event.type === 'standing' && (stood += 1) <= 2)
      void client.hand(run, event.isPaused ? 'resume' : 'pause');
  });
  const record = (await runs.read(run))?.record;
  const [last, first] = record?.checkpoints ?? [];
  expect(record?.plan).toEqual({ learningRate: 0.001, localEpochs: 4 });
  expect(last).toMatchObject({ step: 12, epoch: 4 });
  expect(first?.step).toBeLessThan(12);

  const branch = async (step: number, learningRate: number, localEpochs: number) => {
    const { seen, tell } = watching();
    const wish = { name: 'branch' as const, run, step, learningRate, localEpochs };
    return { answer: await client.run(wish, tell, going), seen };
  };
  const same = await branch(first!.step, 0.001, 4);
  if ('type' in same.answer) throw new Error(same.answer.message);
  expect(ofTarget(same.answer).trained.result.model.digest).toBe(parent.trained.result.model.digest);

  const other = await branch(12, 0.0005, 6);
  if ('type' in other.answer) throw new Error(other.answer.message);
  const branched = (await runs.read(other.answer.run))?.record;
  const changed = [
    { field: 'learningRate', from: 0.001, to: 0.0005 },
    { field: 'localEpochs', from: 4, to: 6 },
  ];
  expect(branched?.manifest.setup).toMatchObject({
    model: expect.stringMatching(/^mlp:.*epochs=6.*rate=0.0005/),
    origin: { run, step: 12, changed },
  });
  // Its curve is its parent's up to there.
  expect(other.seen[0]?.curve).toEqual(record?.curve);
  expect(branched?.curve.slice(0, record?.curve.length)).toEqual(record?.curve);
  expect(branched?.curve.at(-1)?.step).toBe(18);
  for (const [step, epochs, reason] of [
    [12, 4, 'The checkpoint lies after 4 epochs: ask for more than that in all.'],
    [11, 9, 'This checkpoint is not kept any more. Choose another.'],
  ] as const)
    expect((await branch(step, 0.1, epochs)).answer).toMatchObject({ type: 'refused', message: reason });
  // It is had again from the same checkpoint, while that is kept.
  const again = { name: 'again' as const, run: other.answer.run, engine: null };
  expect(await client.run(again, () => {}, going)).toMatchObject({ isSame: true });

  // Three runs more keep theirs: the parent's went, and nothing that was named is missing.
  expect((await runs.read(run))?.record.checkpoints).toBeUndefined();
  expect(await checkpoints.get(`run:${run}:@12`)).toBeUndefined();
  const kept = (await runs.list()).filter(({ record: one }) => one.checkpoints !== undefined);
  expect(kept).toHaveLength(3);
  for (const { record: one } of kept)
    for (const { step } of one.checkpoints ?? [])
      expect(await checkpoints.get(`run:${one.id}:@${step}`)).toBeDefined();
  expect(await client.run(again, () => {}, going)).toMatchObject({
    type: 'refused',
    message: expect.stringContaining('not kept any more'),
  });
});

const choice = (backend: BackendChoice['backend']): BackendChoice => ({
  backend,
  description: `The ${backend}`,
  reason: 'fastest of 2 that passed the self-test',
  reports: [
    { backend: 'gpu', description: 'The gpu', passed: true, stepMs: 1, relativeError: 1e-6 },
    { backend: 'simd', description: 'The simd', passed: true, stepMs: 2, relativeError: 1e-6 },
    { backend: 'webgl', description: 'WebGL', passed: false, reason: 'this browser has no WebGL 2' },
  ],
});
/** The reference, whose last digits, or more, are others: by `part` of each parameter that it is asked for. */
function roundingBy(part: number): Trainer {
  const reference = createReferenceTrainer();
  return {
    ...reference,
    async open(network, plan) {
      const session = await reference.open(network, plan);
      return {
        ...session,
        async state() {
          const { parameters, ...state } = await session.state();
          return { ...state, parameters: parameters.map((one) => one * (1 + part)) };
        },
      };
    },
  };
}

test('the engine that a person has chosen by the self-test is named with why not another, kept with the run, and had again within the tolerance', async () => {
  const store = await shapesKept();
  const own = browser();
  const asked: (string | null)[] = [];
  let part = 1e-6;
  const engines: Engines = {
    async choose(_network, _batch, preferred) {
      asked.push(preferred);
      return choice(preferred ?? 'gpu');
    },
    create: () => Promise.reject(new Error('Sessions are made elsewhere.')),
  };
  const trainer = (backend: string): Trainer =>
    backend === 'gpu' ? roundingBy((part *= 3)) : createReferenceTrainer();
  const client = clientOf(store, { ...own, engines, trainer });
  const told: RunEvent[] = [];
  const first = await endedBy(client, 'area', { model: 'mlp:epochs=3', engine: 'auto' }, (event) =>
    told.push(event),
  );
  expect(told.filter(({ type }) => type === 'testing' || type === 'engine')).toEqual([
    { type: 'testing' },
    { type: 'engine', choice: choice('gpu'), notice: null },
  ]);
  const { manifest } = (await own.runs.read(first.run))!.record;
  expect(manifest).toMatchObject({
    setup: { backend: 'gpu' },
    engine: { asked: 'auto', choice: choice('gpu'), notices: [] },
  });
  const again = async (engine: 'simd' | null) => {
    const answer = await client.run({ name: 'again', run: first.run, engine }, () => {}, going);
    if ('type' in answer) throw new Error(answer.message);
    return answer;
  };
  // A graphics card owes no bits, and another engine neither.
  for (const engine of [null, 'simd'] as const) {
    const { isSame, isWithin, run } = await again(engine);
    expect({ isSame, isWithin }).toEqual({ isSame: false, isWithin: true });
    expect((await own.runs.read(run))?.record.again).toEqual({ of: first.run, isSame, isWithin });
    expect(samenessWords({ isSame, isWithin })?.title).toContain('within the tolerance');
  }
  expect(asked).toEqual([null, 'gpu']);
  part = 0.1;
  expect(await again(null)).toMatchObject({ isSame: false, isWithin: false });
});

test('an engine that is lost while a run trains is named in its manifest with the one that went on', async () => {
  const own = browser();
  const engines: Engines = {
    choose: async () => choice('gpu'),
    create: () => Promise.reject(new Error('Sessions are made elsewhere.')),
  };
  const lost: Trainer = {
    ...createReferenceTrainer(),
    open: () => Promise.reject(new TrainerFailure('device-lost', 'The device is lost.')),
  };
  const trainer = (backend: string): Trainer => (backend === 'gpu' ? lost : createReferenceTrainer());
  const client = clientOf(await shapesKept(), { ...own, engines, trainer });
  const { run } = await endedBy(client, 'area', { model: 'mlp:epochs=1', engine: 'gpu' });
  expect((await own.runs.read(run))?.record.manifest).toMatchObject({
    setup: { backend: 'simd' },
    engine: { asked: 'gpu', notices: [expect.stringContaining('Continuing on The simd')] },
  });
});

test('engines are tested on the network of the form, and what cannot be is said', async () => {
  const asked: number[] = [];
  const engines: Engines = {
    async choose(network, batch) {
      asked.push(network.outputSize, batch);
      return choice('simd');
    },
    create: () => Promise.reject(new Error('Sessions are made elsewhere.')),
  };
  const page = new DatasetTraining('set', clientOf(await shapesKept(), { engines }));
  await page.open('area');
  await page.testEngines({ model: 'mlp:batch=16', layers: null, seed: 1 }, 'auto');
  expect(page.engineTest).toEqual({ phase: 'tested', choice: choice('simd') });
  expect(asked).toEqual([1, 16]);
  await page.testEngines({ model: 'tree', layers: null, seed: 1 }, 'auto');
  expect(page.engineTest).toMatchObject({
    phase: 'failed',
    message: expect.stringContaining('Choose a network'),
  });
});

test('one that is stopped while its engines are tested trains nothing, and goes on with what passes then, which is told', async () => {
  const own = browser();
  let resolve: (choice: BackendChoice) => void = () => {};
  const pending = new Promise<BackendChoice>((told) => (resolve = told));
  const answers = [pending, Promise.resolve(choice('gpu')), Promise.resolve(choice('simd'))];
  const engines: Engines = {
    choose: () => answers.shift() ?? Promise.reject(new Error('Tested too often.')),
    create: () => Promise.reject(new Error('Sessions are made elsewhere.')),
  };
  const client = clientOf(await shapesKept(), { ...own, engines });
  const page = new DatasetTraining('set', client);
  await page.open('area');
  const { run } = page;
  const ended = page.train({ ...wishes, model: 'mlp:epochs=2', engine: 'auto' });
  await vi.waitUntil(() => run.following.phase === 'running' && run.following.says.startsWith('Testing'));
  run.stop();
  resolve(choice('gpu'));
  await ended;
  expect([run.following.phase, run.training]).toEqual(['stopped', null]);

  const notices: (string | null)[] = [];
  const resumed = async () => {
    const stop = new AbortController();
    const hear = (event: RunEvent): void => {
      if (event.type !== 'engine') return;
      notices.push(event.notice);
      if (notices.length === 1) stop.abort(new Error('Enough.'));
    };
    return client.run({ name: 'resume', run: run.run ?? '', isEnough: false }, hear, stop.signal);
  };
  await expect(resumed()).rejects.toThrow('Enough.');
  await resumed();
  expect(notices).toEqual([null, expect.stringMatching(/^It was The gpu, and goes on with The simd: /)]);
});
