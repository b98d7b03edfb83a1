// The device worker in a real browser: its thread, its IndexedDB, its back ends, and the lock that lets one tab train.
import * as v from 'valibot';
import { afterEach, expect, test } from 'vitest';
import { openDatabase } from '#lib/adapters/idb/database.ts';
import { idbDatasetStore } from '#lib/adapters/idb/datasets.ts';
import { createIdbParticipantStore } from '#lib/adapters/idb/participant-store.ts';
import { FederationId } from '#lib/core/ids.ts';
import { figure } from '#lib/core/metrics/figures.ts';
import { DeviceClient } from '#lib/workers/device-client.ts';
import type { CutOffRun, LocalRunSettings, LocalRunView } from '#lib/workers/device-messages.ts';
import { webLockTurn } from '#lib/workers/web-lock-turn.ts';
import { clouds, contract, spec } from '../doubles/scripted-federation.ts';

const clients: DeviceClient[] = [];
function page(): DeviceClient {
  const client = new DeviceClient();
  clients.push(client);
  return client;
}
afterEach(() => {
  for (const client of clients.splice(0)) client.close();
});

const until = (client: DeviceClient, holds: (view: LocalRunView) => boolean): Promise<LocalRunView> =>
  new Promise((resolve) => {
    const undo = client.onEvent((event) => {
      if (event.type !== 'local-run' || !holds(event.view)) return;
      undo();
      resolve(event.view);
    });
  });

async function dataset(count: number): Promise<string> {
  const database = await openDatabase();
  const id = crypto.randomUUID();
  const writer = await idbDatasetStore(database).write({
    id,
    federation: null,
    name: 'points',
    contract,
    source: 'test',
  });
  await writer.append(clouds(count, 3), count);
  await writer.finish();
  database.close();
  return id;
}

const settingsOf = (data: string, localEpochs: number): LocalRunSettings => ({
  id: crypto.randomUUID(),
  dataset: data,
  name: 'Mine',
  network: spec.network,
  plan: { ...spec.plan, localEpochs },
  metric: 'accuracy',
  backend: 'wasm',
});

async function modelOf(run: string): Promise<Float32Array> {
  const database = await openDatabase();
  const model = (await createIdbParticipantStore(database).models.list()).find(
    (one) => one.id === `local:${run}`,
  );
  database.close();
  if (model === undefined) throw new Error('The model was not kept.');
  return model.parameters;
}

test('a run in the worker is paused where it is, cut off by a reload, and ends with the model of one that nothing disturbed', async () => {
  const data = await dataset(1_000);
  const whole = settingsOf(data, 60);
  const undisturbed = page();
  const whenWhole = until(undisturbed, (view) => view.id === whole.id && view.state === 'finished');
  await undisturbed.request('start-local-run', whole);
  const view = await whenWhole;
  expect(view.backend?.backend).toBe('wasm');
  expect(figure(view.tally!, 'accuracy')).toBeGreaterThan(0.9);

  const cut = settingsOf(data, 60);
  const first = page();
  const whenMoving = until(
    first,
    (one) => one.id === cut.id && one.state === 'training' && one.history.length > 3,
  );
  await first.request('start-local-run', cut);
  await whenMoving;
  const whenPaused = until(first, (one) => one.id === cut.id && one.state === 'paused');
  await first.request('pause-local-run', { id: cut.id });
  const paused = await whenPaused;
  expect(paused.epoch).toBeLessThan(60);

  // A second tab knows that it is not cut off; and once the first is gone, and its lock with it, that it is.
  const second = page();
  // Its name is that of its data, which is not listed in plain.
  const listed = { ...cut, name: '' };
  expect(await second.request('cut-off-local-runs', null)).toContainEqual({
    settings: listed,
    elsewhere: true,
  });
  await expect(second.request('go-on-local-run', { id: cut.id })).rejects.toMatchObject({
    kind: 'runs-elsewhere',
  });
  const whenCutOff = new Promise<readonly CutOffRun[]>((resolve) => {
    second.onEvent((event) => event.type === 'cut-off-runs' && resolve(event.runs));
  });
  first.close();
  expect(await whenCutOff).toContainEqual({ settings: listed, elsewhere: false });
  const whenFinished = until(second, (one) => one.id === cut.id && one.state === 'finished');
  await second.request('go-on-local-run', { id: cut.id });
  expect((await whenFinished).notice).toBe('Went on from the last checkpoint.');
  expect(await modelOf(cut.id)).toEqual(await modelOf(whole.id));

  const source = { type: 'local', id: `local:${cut.id}` } as const;
  const request = { network: spec.network, source, features: Float32Array.of(2, 2, 2), count: 1 };
  const probabilities = await second.request('predict', request, [request.features.buffer]);
  expect(probabilities[1]).toBeGreaterThan(0.9);
  expect(await second.request('evaluate', { network: spec.network, source, dataset: data })).toMatchObject({
    type: 'classification',
  });
});

test('back ends are tested on this model, and one that passed is chosen with its reason', async () => {
  const choice = await page().request('choose-backend', {
    network: spec.network,
    batchSize: 5,
    preferred: null,
  });
  expect(choice.reports.filter((report) => report.passed).map((report) => report.backend)).toContain(
    choice.backend,
  );
  expect(choice.reason).not.toBe('');
});

test('one tab trains: the second waits, steals on demand, and a tab that closes hands over', async () => {
  const federation = v.parse(FederationId, `locks-${crypto.randomUUID().slice(0, 8)}`);
  const told: string[] = [];
  const listeners = new Set<() => void>();
  const say = (who: string) => (state: string) => {
    told.push(`${who} ${state}`);
    for (const listener of listeners) listener();
  };
  const heard = (what: string): Promise<void> =>
    new Promise((resolve) => {
      const look = (): void => {
        if (!told.includes(what)) return;
        listeners.delete(look);
        resolve();
      };
      listeners.add(look);
      look();
    });
  const turn = webLockTurn(federation, navigator.locks);
  const closeA = turn.request({ steal: false, onState: say('A') });
  await heard('A held');
  const closeB = turn.request({ steal: false, onState: say('B') });
  await heard('B waiting');
  closeA();
  await heard('B held');
  const closeC = turn.request({ steal: true, onState: say('C') });
  await heard('C held');
  await heard('B lost');
  expect(told).not.toContain('A lost');
  closeC();
  closeB();
  const closeD = turn.request({ steal: false, onState: say('D') });
  await heard('D held');
  closeD();
});
