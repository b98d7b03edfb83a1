// The device worker's language, answered by a device of parts in memory.
import * as v from 'valibot';
import { expect, test } from 'vitest';
import { createMemoryParticipantStore } from '../adapters/memory/participant-store.ts';
import { createMemoryLink } from '../adapters/memory/link.ts';
import { createSystemClock } from '../adapters/system-clock.ts';
import { createReferenceTrainer } from '../adapters/reference/reference-trainer.ts';
import { ClustersSpec } from '../core/clustering/spec.ts';
import { figure } from '../core/metrics/figures.ts';
import { splitExamples } from '../core/data/split.ts';
import { summedModel, type SummedSpec } from '../core/summed-models.ts';
import { TreesSpec } from '../core/trees/spec.ts';
import { spread } from '../participant/kept-checkpoint.ts';
import { ownPartKey } from '../participant/personal-models.ts';
import { onlyOne } from '../participant/training-turn.ts';
import type { ParticipantStore } from '../ports/participant-store.ts';
import { memoryTabs } from '../../../test/doubles/memory-holds.ts';
import {
  clouds,
  datasetsOf,
  enginesOf,
  federation,
  heldTrainer,
  scriptedCoordinator,
  spec,
} from '../../../test/doubles/scripted-federation.ts';
import { trainSummed } from '../../../test/support/summed-training.ts';
import { pinRecipe } from '../core/recipe/pinned.ts';
import { usualStep } from '../core/recipe/recipe.ts';
import { DeviceClient, DeviceFailure, type DeviceWorker } from './device-client.ts';
import { createDevice, identityOf } from './device.ts';
import type {
  CutOffRun,
  DeviceEvent,
  DeviceReply,
  DeviceRequestMessage,
  LocalRunSettings,
  LocalRunView,
} from './device-messages.ts';

const settings: LocalRunSettings = {
  id: 'run-1',
  dataset: 'own',
  name: 'Mine',
  network: spec.network,
  plan: { ...spec.plan, localEpochs: 5 },
  metric: 'accuracy',
  backend: null,
};

/** As it lies among the settings, which a passphrase does not cover. */
const listed = { ...settings, name: '' };

/** A worker without a thread: what a page's client talks to. */
async function page(
  store: ParticipantStore = createMemoryParticipantStore(),
  engines = enginesOf(() => createReferenceTrainer()),
  tabs = memoryTabs(),
) {
  const tab = tabs.open();
  let toPage: (event: MessageEvent<DeviceReply>) => void = () => {};
  let toPageOnError: (event: Event) => void = () => {};
  const coordinator = scriptedCoordinator((await store.identity()).publicKey);
  const link = createMemoryLink(coordinator);
  const identified: unknown[] = [];
  const faults: unknown[] = [];
  const device = createDevice({
    store,
    datasets: datasetsOf(clouds(40, 3)),
    link,
    identify: () => identified.push(null),
    engines,
    clock: createSystemClock(),
    turn: () => onlyOne,
    holds: tab.holds,
    reply: (message) =>
      queueMicrotask(() => toPage(new MessageEvent('message', { data: structuredClone(message) }))),
    onFault: (fault) => faults.push(fault),
  });
  const worker: DeviceWorker = {
    postMessage: (message: DeviceRequestMessage) => void device.handle(structuredClone(message)),
    addEventListener(type: string, listener: never) {
      if (type === 'message') toPage = listener;
      else toPageOnError = listener;
    },
    terminate: () => {},
  };
  const client = new DeviceClient(worker);
  const events: DeviceEvent[] = [];
  client.onEvent((event) => events.push(event));
  const runs = (): LocalRunView[] =>
    events.flatMap((event) => (event.type === 'local-run' ? [event.view] : []));
  const until = (holds: (view: LocalRunView) => boolean): Promise<LocalRunView> =>
    new Promise((resolve) => {
      const last = runs().at(-1);
      if (last !== undefined && holds(last)) return resolve(last);
      const undo = client.onEvent((event) => {
        if (event.type !== 'local-run' || !holds(event.view)) return;
        undo();
        resolve(event.view);
      });
    });
  return {
    client,
    store,
    link,
    coordinator,
    device,
    events,
    faults,
    identified,
    /** The tab is closed: its worker ends without a word. */
    gone: tab.gone,
    until,
    runs,
    fail: () => toPageOnError(new Event('error')),
  };
}

test('a local run trains to its end, and its model is kept, used and scored', async () => {
  const { client, store, until, faults } = await page();
  await client.request('start-local-run', settings);
  const view = await until(({ state }) => state === 'finished');
  const split = splitExamples(clouds(40, 3));
  expect(view).toMatchObject({
    epoch: 5,
    epochs: 5,
    trainingRows: split.training.length,
    heldOutRows: split.heldOut.length,
    etaMs: null,
  });
  expect(figure(view.tally!, 'accuracy')).toBeGreaterThan(0.8);
  expect(await store.models.list()).toMatchObject([{ id: 'local:run-1', name: 'Mine', dataset: 'own' }]);
  const source = { type: 'local', id: 'local:run-1' } as const;
  expect(await client.request('evaluate', { network: spec.network, source, dataset: 'own' })).toEqual(
    view.tally,
  );
  const probabilities = await client.request('predict', {
    network: spec.network,
    source,
    features: Float32Array.of(2, 2, 2, -2, -2, -2),
    count: 2,
  });
  expect(probabilities[1]).toBeGreaterThan(0.5);
  expect(probabilities[2]).toBeGreaterThan(0.5);
  expect(await client.request('cut-off-local-runs', null)).toEqual([]);
  expect(faults).toEqual([]);
});

test('a version of the federation is predicted with, and fetched once', async () => {
  const { client, link, coordinator } = await page();
  link.connect();
  const { digest, bytes } = coordinator.view.head;
  const request = {
    network: spec.network,
    source: { type: 'version', digest, bytes },
    features: Float32Array.of(1, 1, 1),
    count: 1,
  } as const;
  const first = await client.request('predict', request);
  expect(first[0]! + first[1]!).toBeCloseTo(1, 5);
  expect(await client.request('predict', request)).toEqual(first);
  expect(coordinator.downloads).toBe(1);
});

test('a version of a federation with a recipe is asked by rows of the contract, for predictions and for scores', async () => {
  const { client, link, coordinator } = await page();
  link.connect();
  const { contract } = spec;
  if (contract.kind !== 'table') throw new Error('Points are a table.');
  const names = contract.columns.map(({ name }) => name);
  const states = [
    names.map((name) => ({ name, to: 'number', hadMissing: false })),
    names.map((name) => ({ name, shift: 1, factor: 4 })),
  ];
  const fitted = { recipe: { steps: [usualStep('cast'), usualStep('scale')] }, states, inputs: names };
  const pinned = pinRecipe(fitted, contract, 'a test');
  if (!pinned.ok) throw new Error(pinned.error);
  const { digest, bytes } = coordinator.view.head;
  const asked = { network: spec.network, source: { type: 'version', digest, bytes } } as const;
  const recipe = { contract, pinned: pinned.value };
  const ask = (features: Float32Array, more: object) =>
    client.request('predict', { ...asked, ...more, features, count: 1 });
  expect(await ask(Float32Array.of(3, 1, -1), { recipe })).toEqual(
    await ask(Float32Array.of(0.5, 0, -0.5), {}),
  );
  const scores = await client.request('evaluate', { ...asked, recipe, dataset: 'own' });
  expect(scores.count).toBe(splitExamples(clouds(40, 3)).heldOut.length);
  expect(scores).not.toEqual(await client.request('evaluate', { ...asked, dataset: 'own' }));
  const altered = { contract, pinned: { ...pinned.value, text: pinned.value.text.replace('4', '5') } };
  expect(await kindOf(ask(Float32Array.of(3, 1, -1), { recipe: altered }))).toBe('wrong-recipe');
});

test('versions of trees and of clusters are asked alike, and those of another model are refused by what is wrong', async () => {
  const { client, link, coordinator, faults } = await page();
  link.connect();
  const { contract } = spec;
  const rows = clouds(40, 3);
  const ask = (sums: SummedSpec, version: Float32Array<ArrayBuffer>) => {
    const source = { type: 'version', ...coordinator.serve(version) } as const;
    return {
      predict: () => client.request('predict', { sums, source, features: rows.features, count: rows.count }),
      evaluate: () => client.request('evaluate', { sums, source, dataset: 'own' }),
    };
  };
  const grown = (sums: SummedSpec): Float32Array<ArrayBuffer> => {
    const model = summedModel(sums);
    if (!model.ok) throw new Error(model.error.message);
    return trainSummed(model.value, [rows]).versions.at(-1)!;
  };
  const trees: SummedSpec = { family: 'boosted-trees', trees: v.parse(TreesSpec, { stages: 5 }), contract };
  const centres: SummedSpec = {
    family: 'k-means',
    clusters: v.parse(ClustersSpec, { clusters: 2 }),
    contract,
  };

  const asked = ask(trees, grown(trees));
  const shares = await asked.predict();
  const hits = rows.targets.filter((target, row) => shares[2 * row + target]! > 0.5).length;
  expect(hits / rows.count).toBeGreaterThan(0.9);
  const held = splitExamples(rows).heldOut.length;
  expect(await asked.evaluate()).toMatchObject({ type: 'classification', count: held });

  const clustered = ask(centres, grown(centres));
  const distances = await clustered.predict();
  expect(distances).toHaveLength(2 * rows.count);
  expect(await clustered.evaluate()).toMatchObject({ type: 'clustering', count: held });
  expect(await kindOf(ask(trees, grown(centres)).predict())).toBe('wrong-network');
  expect(
    await kindOf(
      client.request('evaluate', { sums: trees, source: { type: 'local', id: 'x' }, dataset: 'own' }),
    ),
  ).toBe('wrong-network');
  expect(faults).toEqual([]);
});

test('what could be rebuilt from an update is tried on own rows, nothing is sent, and it can be stopped', async () => {
  const { client, link, coordinator, events, faults } = await page();
  link.connect();
  const { digest, bytes } = coordinator.view.head;
  const asked = { federation, spec, digest, bytes, dataset: 'own' };
  const { attack, settings: found } = await client.request('preview-rebuilding', asked);
  expect(attack).toBe('dense-layer');
  expect(found[0]).toMatchObject({ name: 'one-row', likeness: 1, verdict: 'rebuilt' });
  expect(events.some((event) => event.type === 'rebuilding')).toBe(true);
  expect(coordinator.uploads).toEqual([]);
  // The second stops the first; the last is stopped by hand.
  const first = client.request('preview-rebuilding', asked);
  const second = client.request('preview-rebuilding', asked);
  await client.request('stop-preview', null);
  expect(await kindOf(first)).toBe('cancelled');
  expect(await kindOf(second)).toBe('cancelled');
  expect(await kindOf(client.request('preview-rebuilding', { ...asked, dataset: 'gone' }))).toBe(
    'unknown-dataset',
  );
  expect(faults).toEqual([]);
});

test('a model of one’s own is used as it is kept now, and asked for before there is one, it is said how it comes', async () => {
  const { client, link, coordinator, store } = await page();
  link.connect();
  const { digest, bytes } = coordinator.view.head;
  const own = {
    network: spec.network,
    source: {
      type: 'own',
      federation,
      personalisation: { type: 'fedper', layers: 1 },
      digest,
      bytes,
    },
    features: Float32Array.of(1, 1, 1),
    count: 1,
  } as const;
  expect(await kindOf(client.request('predict', own))).toBe('unknown-model');
  // A head of two classes: 4 · 2 weights of zero, and biases that decide alone. 1 / (1 + e⁻²) = 0.881.
  const head = new Float32Array(10);
  head.set([0, 2], 8);
  await store.vectors.put(ownPartKey(federation), head);
  expect((await client.request('predict', own))[1]).toBeCloseTo(0.881, 3);
  // After another round it is another one.
  head.set([2, 0], 8);
  await store.vectors.put(ownPartKey(federation), head);
  expect((await client.request('predict', own))[1]).toBeCloseTo(0.119, 3);
});

test('pausing and resuming a run ends with the model of an uninterrupted one', async () => {
  const whole = await page();
  await whole.client.request('start-local-run', settings);
  await whole.until(({ state }) => state === 'finished');

  const held = heldTrainer();
  const one = await page(
    undefined,
    enginesOf(() => held.trainer),
  );
  await one.client.request('start-local-run', settings);
  held.allow(3);
  await one.until(({ state }) => state === 'training');
  await one.client.request('pause-local-run', { id: settings.id });
  held.allow(1);
  await one.until(({ state }) => state === 'paused');
  await one.client.request('resume-local-run', { id: settings.id });
  held.allow(1000);
  await one.until(({ state }) => state === 'finished');
  expect((await one.store.models.list())[0]!.parameters).toEqual(
    (await whole.store.models.list())[0]!.parameters,
  );
});

test('a run that a reload cut off is listed, and goes on to the same model', async () => {
  const whole = await page();
  await whole.client.request('start-local-run', settings);
  await whole.until(({ state }) => state === 'finished');

  const held = heldTrainer();
  const one = await page(
    undefined,
    enginesOf(() => held.trainer),
  );
  await one.client.request('start-local-run', settings);
  await one.client.request('pause-local-run', { id: settings.id });
  held.allow(4);
  await one.until(({ state }) => state === 'paused');
  await one.device.close();

  const again = await page(one.store);
  expect(await again.client.request('cut-off-local-runs', null)).toEqual([
    { settings: listed, elsewhere: false },
  ]);
  await again.client.request('go-on-local-run', { id: settings.id });
  const view = await again.until(({ state }) => state === 'finished');
  expect(view.notice).toBe('Went on from the last checkpoint.');
  expect((await again.store.models.list())[0]!.parameters).toEqual(
    (await whole.store.models.list())[0]!.parameters,
  );
});

/** The next list of cut-off runs that a page is told of by itself. */
const told = (one: Awaited<ReturnType<typeof page>>): Promise<readonly CutOffRun[]> =>
  new Promise((resolve) => {
    const undo = one.client.onEvent((event) => {
      if (event.type !== 'cut-off-runs') return;
      undo();
      resolve(event.runs);
    });
  });
const kindOf = async (work: Promise<unknown>): Promise<string> => {
  const cause = await work.catch((thrown: unknown) => thrown);
  return cause instanceof DeviceFailure ? cause.kind : String(cause);
};

test('a run that trains in one tab is not taken up in another, which is told once that tab is gone', async () => {
  const store = createMemoryParticipantStore();
  const tabs = memoryTabs();
  const held = heldTrainer();
  const first = await page(
    store,
    enginesOf(() => held.trainer),
    tabs,
  );
  await first.client.request('start-local-run', settings);
  held.allow(3);
  await first.until(({ state }) => state === 'training');

  const second = await page(store, undefined, tabs);
  expect(await second.client.request('cut-off-local-runs', null)).toEqual([
    { settings: listed, elsewhere: true },
  ]);
  const { id } = settings;
  expect(await kindOf(second.client.request('go-on-local-run', { id }))).toBe('runs-elsewhere');
  expect(await kindOf(second.client.request('start-local-run', settings))).toBe('runs-elsewhere');
  expect(await kindOf(second.client.request('discard-local-run', { id }))).toBe('runs-elsewhere');
  expect(second.runs()).toEqual([]);

  const news = told(second);
  first.gone();
  expect(await news).toEqual([{ settings: listed, elsewhere: false }]);
  await second.client.request('go-on-local-run', { id });
  await second.until(({ state }) => state === 'finished');
  expect(await store.models.list()).toHaveLength(1);
  expect([first.faults, second.faults]).toEqual([[], []]);
});

test('a run that ended in another tab is not offered, nor begun anew by a page that had seen it', async () => {
  const store = createMemoryParticipantStore();
  const tabs = memoryTabs();
  const held = heldTrainer();
  const first = await page(
    store,
    enginesOf(() => held.trainer),
    tabs,
  );
  await first.client.request('start-local-run', settings);
  const second = await page(store, undefined, tabs);
  expect(await second.client.request('cut-off-local-runs', null)).toEqual([
    { settings: listed, elsewhere: true },
  ]);
  const news = told(second);
  held.allow(1000);
  await first.until(({ state }) => state === 'finished');
  expect(await news).toEqual([]);
  expect(await kindOf(second.client.request('go-on-local-run', { id: settings.id }))).toBe('unknown-run');
  expect(await store.models.list()).toHaveLength(1);
});

test('a run that was cut off can be given up, and nothing of it is left', async () => {
  const held = heldTrainer();
  const one = await page(
    undefined,
    enginesOf(() => held.trainer),
  );
  await one.client.request('start-local-run', settings);
  await one.client.request('pause-local-run', { id: settings.id });
  held.allow(4);
  await one.until(({ state }) => state === 'paused');
  await one.device.close();
  expect(await one.store.checkpoints.get('local:run-1')).toBeDefined();

  const again = await page(one.store);
  await again.client.request('discard-local-run', { id: settings.id });
  expect(await again.client.request('cut-off-local-runs', null)).toEqual([]);
  expect(await again.store.checkpoints.get('local:run-1')).toBeUndefined();
});

test('the engine of a paused run is switched: it goes on with the other to the same model, also after a reload', async () => {
  const whole = await page();
  await whole.client.request('start-local-run', settings);
  await whole.until(({ state }) => state === 'finished');

  const held = heldTrainer();
  const both = enginesOf(
    (backend) => (backend === 'cpu' ? held.trainer : createReferenceTrainer()),
    ['cpu', 'wasm'],
  );
  const one = await page(undefined, both);
  const { id } = settings;
  await one.client.request('start-local-run', settings);
  await one.client.request('pause-local-run', { id });
  held.allow(4);
  await one.until(({ state }) => state === 'paused');
  expect(await kindOf(one.client.request('switch-local-run-engine', { id, backend: 'webgl' }))).toBe(
    'engine-failed-test',
  );
  await one.client.request('switch-local-run-engine', { id, backend: 'wasm' });
  const switched = await one.until(({ state, backend }) => state === 'paused' && backend?.backend === 'wasm');
  expect(switched).toMatchObject({
    switchingTo: null,
    notice: 'Switched to wasm. It went on from where it stood: no step was lost.',
    backend: { reason: 'chosen by you: 2.0 ms a step (CPU 1.0 ms)' },
  });
  expect(await kindOf(one.client.request('switch-local-run-engine', { id: 'none', backend: 'cpu' }))).toBe(
    'unknown-run',
  );
  const taken = held.steps();
  const again = await page(one.store);
  expect(await again.client.request('cut-off-local-runs', null)).toEqual([
    { settings: { ...listed, backend: 'wasm' }, elsewhere: false },
  ]);
  await one.client.request('resume-local-run', { id });
  await one.until(({ state }) => state === 'finished');
  expect(held.steps()).toBe(taken);
  expect((await one.store.models.list())[0]!.parameters).toEqual(
    (await whole.store.models.list())[0]!.parameters,
  );
  expect(one.faults).toEqual([]);
});

test('stopping a run keeps the model so far', async () => {
  const held = heldTrainer();
  const one = await page(
    undefined,
    enginesOf(() => held.trainer),
  );
  await one.client.request('start-local-run', settings);
  held.allow(3);
  await one.client.request('stop-local-run', { id: settings.id });
  held.allow(1);
  await one.until(({ state }) => state === 'stopped');
  expect(await one.store.models.list()).toHaveLength(1);
});

test('what cannot be done is answered once, with a code and a sentence', async () => {
  const { client, faults } = await page();
  expect(await kindOf(client.request('start-local-run', { ...settings, dataset: 'none' }))).toBe(
    'unknown-dataset',
  );
  expect(await kindOf(client.request('pause-local-run', { id: 'none' }))).toBe('unknown-run');
  expect(
    await kindOf(client.request('join', { federation, dataset: 'own', name: null, backend: null })),
  ).toBe('offline');
  const source = { type: 'local', id: 'none' } as const;
  expect(await kindOf(client.request('evaluate', { network: spec.network, source, dataset: 'own' }))).toBe(
    'unknown-model',
  );
  expect(faults).toEqual([]);
});

test('a device has no identity until it joins, and then its key and its name', async () => {
  const { client, store, link, identified } = await page();
  link.connect();
  await client.request('open', { federation });
  expect(await identityOf(store)).toEqual({ identity: null, name: null });
  await client.request('join', { federation, dataset: 'own', name: ' Ada ', backend: null });
  expect(identified).toHaveLength(1);
  expect(await identityOf(store)).toEqual({ identity: await store.identity(), name: 'Ada' });
  expect(await client.request('open', { federation })).toMatchObject({
    state: 'waiting',
    backend: { backend: 'cpu' },
  });
  await client.request('leave', { federation, when: 'now' });
  expect(await identityOf(store)).toEqual({ identity: null, name: null });
});

test('a worker that dies rejects what waits, and everything after', async () => {
  const { client, fail } = await page(undefined, {
    choose: () => new Promise(() => {}),
    create: async () => createReferenceTrainer(),
  });
  const waiting = client.request('choose-backend', { network: spec.network, batchSize: 5, preferred: null });
  fail();
  await expect(waiting).rejects.toMatchObject({ kind: 'worker-lost' });
  await expect(client.request('cut-off-local-runs', null)).rejects.toMatchObject({ kind: 'worker-lost' });
});

test('a run that is stepped through tells each step, and a branch from its checkpoint names its parent and what was changed', async () => {
  const { client, store, until, events } = await page();
  // Held at its start: a run of five epochs of a few rows is over before a person could pause it.
  const long = { ...settings, plan: { ...settings.plan, localEpochs: 400 } };
  await client.request('start-local-run', long);
  await client.request('pause-local-run', { id: long.id });
  const paused = await until(({ state }) => state === 'paused');
  expect(
    await kindOf(
      client.request('branch-local-run', { run: 'none', step: 0, id: 'b', learningRate: 1, localEpochs: 1 }),
    ),
  ).toBe('unknown-checkpoint');
  await client.request('step-local-run', { id: long.id });
  const { stepped } = await until((view) => view.stepped !== null);
  const stood = paused.epoch * paused.batchesPerEpoch + paused.batch;
  expect(stepped).toMatchObject({ step: stood + 1, apart: 0 });
  await client.request('stop-local-run', { id: long.id });
  await until(({ state }) => state === 'stopped');
  expect(await kindOf(client.request('step-local-run', { id: long.id }))).toBe('unknown-run');

  expect(JSON.stringify(await store.settings.get('local-run-checkpoints'))).not.toContain('Mine');
  const [kept] = await client.request('kept-checkpoints', null);
  const steps = kept!.checkpoints.map(({ step }) => step);
  expect(steps).toContain(stood);
  expect(steps).toContain(stood + 1);
  expect(events.some(({ type }) => type === 'kept-checkpoints')).toBe(true);
  const wish = { run: long.id, step: stood + 1, id: 'branch', learningRate: 0.001 };
  const late = paused.epoch + 3;
  expect(
    await kindOf(client.request('branch-local-run', { ...wish, localEpochs: kept!.checkpoints[0]!.epoch })),
  ).toBe('too-few-epochs');
  const branched = await client.request('branch-local-run', { ...wish, localEpochs: late });
  const changed = [
    { field: 'learningRate', from: long.plan.learningRate, to: 0.001 },
    { field: 'localEpochs', from: 400, to: late },
  ];
  expect(branched.origin).toEqual({ run: long.id, step: stood + 1, changed });
  const ended = await until(({ id, state }) => id === 'branch' && state === 'finished');
  expect(ended.notice).toContain('Branched');
  const models = await store.models.list();
  expect(models.find(({ id }) => id === 'local:branch')?.name).toBe('Alone on own');
  expect(models.find(({ id }) => id === 'local:branch')?.run).toMatchObject({ origin: branched.origin });
  expect(models.find(({ id }) => id === 'local:run-1')?.run).toMatchObject({ origin: null });
  await client.request('discard-checkpoints', { run: long.id });
  expect(await store.checkpoints.get(`local:run-1@${stood}`)).toBeUndefined();
  expect((await client.request('kept-checkpoints', null)).map((one) => one.settings.id)).toEqual(['branch']);
});

test('of checkpoints too many, those closest to others go, and the first and the last stay', () => {
  const at = (...steps: number[]) => steps.map((step) => ({ step }));
  expect(spread(at(90, 80, 40, 38, 10), 4)).toEqual(at(90, 80, 40, 10));
  expect(spread(at(50, 10), 1)).toEqual(at(50, 10).slice(0, 1));
});
