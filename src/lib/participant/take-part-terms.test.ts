// A device is held to what its person agreed to, whatever the server says of the federation later.
import { expect, test } from 'vitest';
import { federation, joined, script, spec, type Script } from '../../../test/doubles/scripted-federation.ts';
import type { Noised } from '../core/privacy/rules.ts';

const local: Noised = { type: 'local', clipNorm: 1, noiseMultiplier: 2, delta: 1e-5, epsilon: 80 };
const asked = { dataset: 'own', name: null, backend: null };
const said = (one: Script, name: string): number =>
  one.coordinator.said.filter((each) => each.name === name).length;

function promise(one: Script, privacy: Noised | { readonly type: 'none' }): void {
  const { view } = one.coordinator;
  one.coordinator.view = { ...view, spec: { ...spec, privacy } };
}

test('terms that are weaker than those that were joined by end it: no round, no score, until the old ones are back or the person joins again', async () => {
  const one = await script();
  promise(one, local);
  one.link.deliver('federation', one.coordinator.view);
  await one.part.join(asked);
  await one.until('checked in', () => said(one, 'check-in') === 1);
  promise(one, { type: 'none' });
  one.link.deliver('federation', one.coordinator.view);
  const view = await one.until('blocked', ({ blocked }) => blocked?.reason === 'other-terms');
  expect(view.blocked!.message).toContain('the kind “none” instead of “local”');
  await one.until('checked out', () => said(one, 'check-out') === 1);
  one.link.deliver('configured', one.coordinator.configured(1));
  await one.until('withdrawn', () => said(one, 'withdraw') === 1);
  // Neither is forgotten by a reload.
  const again = await one.reload();
  await again.until('blocked', ({ blocked }) => blocked?.reason === 'other-terms');
  expect([said(again, 'check-in'), said(again, 'evaluation')]).toEqual([1, 0]);
  promise(again, { ...local, noiseMultiplier: 3 });
  again.link.deliver('federation', again.coordinator.view);
  await again.until('back', ({ blocked }) => blocked === null && said(again, 'check-in') === 2);
  promise(again, { type: 'none' });
  again.link.deliver('federation', again.coordinator.view);
  await again.until('blocked', ({ blocked }) => blocked?.reason === 'other-terms');
  await again.part.leave('now');
  await again.part.join(asked);
  await again.until('agreed', ({ blocked }) => blocked === null && said(again, 'check-in') === 3);
  expect(again.coordinator.uploads).toEqual([]);
  expect(again.faults).toEqual([]);
});

test('a round that asks for an update without the noise that was promised gets none', async () => {
  const one = await script();
  promise(one, local);
  one.link.deliver('federation', one.coordinator.view);
  await one.part.join(asked);
  await one.until('checked in', () => said(one, 'check-in') === 1);
  one.link.deliver('configured', one.coordinator.configured(1));
  await one.until('withdrawn', () => said(one, 'withdraw') === 1);
  expect(one.coordinator.uploads).toEqual([]);
  one.link.deliver('configured', one.coordinator.configured(2, { privacy: local }));
  await one.until('sent', () => one.coordinator.uploads.length === 1);
});

test('a device that joined when no terms were kept goes on', async () => {
  const one = await joined();
  const key = `joined:${federation}`;
  const { terms: _, ...earlier } = (await one.store.settings.get(key)) as Record<string, unknown>;
  await one.store.settings.put(key, earlier);
  const again = await one.reload();
  again.link.deliver('configured', again.coordinator.configured(1));
  await again.until('sent', () => again.coordinator.uploads.length === 1);
});
