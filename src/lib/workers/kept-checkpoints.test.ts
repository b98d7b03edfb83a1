import { expect, test } from 'vitest';
import { createMemoryParticipantStore } from '../adapters/memory/participant-store.ts';
import { digestOfText } from '../core/digest.ts';
import { memoryTabs } from '../../../test/doubles/memory-holds.ts';
import { spec } from '../../../test/doubles/scripted-federation.ts';
import type { Checkpoint, ParticipantStore } from '../ports/participant-store.ts';
import type { LocalRunSettings } from './device-messages.ts';
import { keptCheckpoints, keptKey } from './kept-checkpoints.ts';

const settings = (id: string): LocalRunSettings => ({
  id,
  dataset: 'own',
  name: 'Mine',
  network: spec.network,
  plan: spec.plan,
  metric: 'accuracy',
  backend: null,
});
const checkpoint = (loss: number): Checkpoint => ({
  key: 'local:run',
  state: { parameters: Float32Array.of(loss), optimizer: new Float32Array(0), steps: 1 },
  epoch: 0,
  batch: 1,
  pendingLoss: { sum: 0, examples: 0 },
  history: [{ step: 1, epoch: 0, loss }],
  settings: digestOfText('settings'),
  savedAt: 5,
});
/** A store whose next writes of one kind break off, as where a tab is killed between two of them. */
function tearing() {
  const store = createMemoryParticipantStore();
  let torn: 'settings' | 'remove' | undefined;
  const tear = (kind: typeof torn): Promise<void> | undefined =>
    torn === kind ? Promise.reject(new Error('torn')) : undefined;
  const torned: ParticipantStore = {
    ...store,
    settings: { ...store.settings, put: (key, value) => tear('settings') ?? store.settings.put(key, value) },
    checkpoints: { ...store.checkpoints, remove: (key) => tear('remove') ?? store.checkpoints.remove(key) },
  };
  return {
    store,
    kept: keptCheckpoints(torned, memoryTabs().open().holds),
    tear: (kind: typeof torn) => (torn = kind),
  };
}

test('every checkpoint that is listed is there, wherever a write was torn off', async () => {
  const { store, kept, tear } = tearing();
  const everyLineHolds = async (): Promise<void> => {
    for (const { settings: of, checkpoints } of await kept.list())
      for (const { step } of checkpoints) expect(await kept.read(of.id, step)).toBeDefined();
  };
  await kept.keep(settings('a'), checkpoint(0.5), 1);
  tear('settings');
  await expect(kept.keep(settings('a'), checkpoint(0.4), 2)).rejects.toThrow('torn');
  expect((await kept.list()).map((one) => one.checkpoints.map(({ step }) => step))).toEqual([[1]]);
  await everyLineHolds();
  tear('remove');
  await expect(kept.discard('a')).rejects.toThrow('torn');
  expect(await kept.list()).toEqual([]);
  expect(await store.checkpoints.get(keptKey('a', 1))).toBeDefined();
  await everyLineHolds();
});

test('the last three runs keep theirs, and of an older one nothing is left', async () => {
  const { store, kept } = tearing();
  for (const [at, id] of ['a', 'b', 'c', 'd'].entries())
    await kept.keep(settings(id), checkpoint(at), at + 1);
  expect((await kept.list()).map((one) => one.settings.id)).toEqual(['d', 'c', 'b']);
  expect(await store.checkpoints.get(keptKey('a', 1))).toBeUndefined();
  expect(await kept.read('b', 2)).toMatchObject({ history: [{ loss: 1 }] });
});
