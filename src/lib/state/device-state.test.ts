import { expect, test } from 'vitest';
import * as v from 'valibot';
import { FederationId } from '../core/ids.ts';
import type { ParticipationView } from '../participant/participation.ts';
import type { CutOffRun, DeviceEvent, LocalRunSettings } from '../workers/device-messages.ts';
import { DeviceState, type DevicePort } from './device-state.svelte.ts';

const digits = v.parse(FederationId, 'digits');
const view = (state: ParticipationView['state']): ParticipationView => ({
  federation: digits,
  state,
  blocked: null,
  link: 'connected',
  round: null,
  base: null,
  fraction: null,
  etaMs: null,
  deadlineAt: null,
  backend: null,
  examplesPerSecond: null,
  history: [],
  bytes: { modelDown: 0, updateUp: 0, controlUp: 0, controlDown: 0 },
  roundsContributed: 0,
  bytesSent: 0,
  isHeldOut: false,
  localEvaluations: [],
  plan: null,
  peers: null,
  leaveAfterRound: false,
  lastEvent: null,
});

class Failure extends Error {
  readonly kind = 'storage-full';
}

function fakePort(answers: Readonly<Record<string, () => unknown>>) {
  let tell: (event: DeviceEvent) => void = () => {};
  let lose: (failure: Error) => void = () => {};
  let connections = 0;
  const port: DevicePort = {
    // The fake answers what the test laid down; the port's contract holds the real client to its types.
    request: async (name) => answers[name]?.() as never,
    onEvent(handler) {
      tell = handler;
      return () => {};
    },
    onLost(handler) {
      lose = handler;
      return () => {};
    },
  };
  return {
    connect: async () => {
      connections += 1;
      return port;
    },
    tell: (event: DeviceEvent) => tell(event),
    lose: (failure: Error) => lose(failure),
    connections: () => connections,
  };
}

test('the worker starts with the first question, once', async () => {
  const fake = fakePort({ open: () => view('waiting'), pause: () => null });
  const device = new DeviceState(fake.connect);
  expect(fake.connections()).toBe(0);
  await Promise.all([device.open(digits), device.attempt('pause', { federation: digits })]);
  expect(fake.connections()).toBe(1);
  expect(device.participation(digits)?.state).toBe('waiting');
});

test('an event that comes before the answer is newer than the answer', async () => {
  const fake = fakePort({
    open: () => {
      fake.tell({ type: 'participation', view: view('training') });
      return view('waiting');
    },
  });
  const device = new DeviceState(fake.connect);
  await device.open(digits);
  expect(device.participation(digits)?.state).toBe('training');
});

test('a failure becomes its kind and sentence, and goes with the next success', async () => {
  let full = true;
  const fake = fakePort({
    join: () => {
      if (full) throw new Failure('Needs 60 MB, 12 MB free.');
      return null;
    },
  });
  const device = new DeviceState(fake.connect);
  const join = { federation: digits, dataset: 'd', name: null, backend: null };
  expect(await device.attempt('join', join)).toBe(false);
  expect(device.trouble).toEqual({ kind: 'storage-full', message: 'Needs 60 MB, 12 MB free.' });
  full = false;
  expect(await device.attempt('join', join)).toBe(true);
  expect(device.trouble).toBeNull();
});

test('a run that turns out to go on in another tab is not shown as this page’s, and is offered once it is free', async () => {
  const run: LocalRunSettings = {
    id: 'run-1',
    dataset: 'd',
    name: 'Mine',
    network: { inputShape: [1], layers: [], loss: 'mean-squared-error' },
    plan: {
      localEpochs: 1,
      batchSize: 1,
      learningRate: 1,
      optimizer: { type: 'adam' },
      proximalTerm: 0,
      seed: 1,
    },
    metric: 'rmse',
    backend: null,
  };
  let runs: readonly CutOffRun[] = [{ settings: run, elsewhere: false }];
  const fake = fakePort({
    'cut-off-local-runs': () => runs,
    'go-on-local-run': () => {
      throw new Failure('This training goes on in another tab of this browser.');
    },
  });
  const device = new DeviceState(fake.connect);
  await device.lookForCutOff();
  expect(device.cutOff).toEqual(runs);
  runs = [{ settings: run, elsewhere: true }];
  expect(await device.goOn('play', run)).toBe(false);
  expect(device.started).toEqual({});
  expect(device.cutOff).toEqual(runs);
  expect(device.trouble?.message).toBe('This training goes on in another tab of this browser.');
  const free = [{ settings: run, elsewhere: false }];
  fake.tell({ type: 'cut-off-runs', runs: free });
  expect(device.cutOff).toEqual(free);
});

test('a worker that ended by itself leaves nothing on screen that seems to run, and says why', async () => {
  const fake = fakePort({ open: () => view('training') });
  const device = new DeviceState(fake.connect);
  await device.open(digits);
  expect(device.participation(digits)?.state).toBe('training');
  fake.lose(new Failure('This device was forgotten in another tab.'));
  expect(device.participation(digits)).toBeUndefined();
  expect(device.lost).toEqual({ kind: 'storage-full', message: 'This device was forgotten in another tab.' });
});
