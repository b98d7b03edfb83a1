import { expect, test } from 'vitest';
import { memoryDatasetStore } from '../adapters/memory/datasets.ts';
import { numbered } from '../../../test/contract/dataset-store.ts';
import { eraseDataset, receiptText } from './erase-receipt.ts';

test('what is erased is told with its hash, its rows and its states once it cannot be read, and a receipt holds none of it', async () => {
  const store = memoryDatasetStore();
  const contract = { kind: 'image', height: 2, width: 2, channels: 1, classes: ['left', 'right'] } as const;
  const draft = {
    federation: null,
    contract: { ...contract, classes: [...contract.classes] },
    source: 'a.zip',
  };
  const writer = await store.write({ ...draft, id: 'a', name: 'heron' });
  await writer.append(numbered(0, 4), 4);
  const { version, bytes } = await writer.finish();
  const change = { replaced: new Uint32Array(0), removed: Uint32Array.of(0), examples: undefined };
  const head = await store.commit('a', version, change, 'gone');
  const receipt = await eraseDataset(store, 'a');
  expect(receipt).toMatchObject({ name: 'heron', version: head.version, examples: 3, states: 2, bytes });
  expect(await store.read('a')).toBeUndefined();
  const text = receiptText(receipt!);
  expect(JSON.parse(text)).toMatchObject({ format: 'tributary-erase-receipt', version: head.version });
  expect(JSON.parse(text).erasedAt).toBe(new Date(receipt!.at).toISOString());
  // Of a cut-off import there is nothing to tell, and it goes.
  const cut = await store.write({ ...draft, id: 'b', name: 'cut' });
  await cut.append(numbered(0, 2), 2);
  expect(await eraseDataset(store, 'b')).toBeUndefined();
  expect(await store.resumable()).toEqual([]);
  const stubborn = {
    ...store,
    delete: async () => {},
    record: async () => head,
    read: async () => numbered(0, 1),
  };
  await expect(eraseDataset(stubborn, 'a')).rejects.toThrow('still there');
});
