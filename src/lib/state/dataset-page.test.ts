// The page of one dataset: what is asked for while something else runs waits its turn, and nothing typed is lost.
import { expect, test } from 'vitest';
import { memoryDatasetStore } from '../adapters/memory/datasets.ts';
import { DataLocked, type DatasetStore } from '../ports/dataset-store.ts';
import { QuestionRefused } from '../workers/question-refused.ts';
import type { DatasetAnswer, DatasetQuestion } from '../workers/ingest-messages.ts';
import type { DatasetPorts } from './datasets.svelte.ts';
import { DatasetPage } from './dataset-page.svelte.ts';

/** A page over four pictures of two classes; `asked` says what the worker was asked for, the edits with what they change. */
async function page() {
  const kept = memoryDatasetStore(() => 5);
  const visited: number[] = [];
  const store: DatasetStore = {
    ...kept,
    checkout(id, state) {
      visited.push(state);
      return kept.checkout(id, state);
    },
  };
  const writer = await store.write({
    id: 'set',
    federation: null,
    name: 'set',
    contract: { kind: 'image', height: 1, width: 1, channels: 1, classes: ['left', 'right'] },
    source: 'set.zip',
  });
  const examples = (...values: number[]) => ({
    count: values.length,
    features: Uint8Array.from(values),
    targets: Int32Array.from(values, () => 0),
    hashes: Uint32Array.from(values.flatMap((value) => [value * 1000, value])),
  });
  await writer.append(examples(1, 2, 3, 4), 4);
  await writer.finish();
  const edits: string[] = [];
  let fresh = 10;
  const ask = async (question: DatasetQuestion): Promise<DatasetAnswer> => {
    switch (question.type) {
      case 'rows': {
        const rows = { kind: 'image', height: 1, width: 1, channels: 1, images: [] } as const;
        return { type: 'rows', rows };
      }
      case 'edit': {
        const { edit, base, message } = question;
        edits.push(message);
        if (message === 'broken') throw new Error('The disk is gone.');
        if (message === 'bad') throw new QuestionRefused('bad-edit', 'no such class');
        const change =
          edit.type === 'remove'
            ? { replaced: new Uint32Array(0), removed: Uint32Array.from(edit.rows), examples: undefined }
            : {
                replaced: Uint32Array.of(edit.type === 'cell' ? edit.row : 0),
                removed: new Uint32Array(0),
                examples: examples((fresh += 1)),
              };
        return { type: 'edited', record: await store.commit('set', base, change, message) };
      }
      case 'explore': {
        const split = { training: 4, heldOut: 0, trainingByClass: [], heldOutByClass: [] };
        return { type: 'explored', found: {} as never, split };
      }
      case 'export':
        return {
          type: 'exported',
          files: [{ name: `${question.state}.csv`, type: 'text/csv', bytes: new Uint8Array() }],
        };
      case 'read-again':
      case 'look-at-merge':
      case 'merge':
      case 'difference':
      case 'series':
      case 'rows-at':
      case 'measure':
      case 'project':
      case 'sound':
      case 'labelling':
        throw new Error('not asked for here');
      default:
        return question satisfies never;
    }
  };
  const missing = (): Promise<never> => Promise.reject(new Error('not asked for here'));
  const shown = new DatasetPage('set', {
    store: async () => store,
    ingest: async () => ({ import: missing, look: missing, encode: missing, ask }),
  });
  await shown.load();
  const label = (row: number, message: string): Promise<boolean> =>
    shown.edit({ type: 'cell', row, column: 'label', text: 'right' }, message);
  return { shown, store, edits, label, visited };
}

test('two cells changed one right after the other are both kept, in their order', async () => {
  const { shown, store, edits, label } = await page();
  const both = [label(0, 'one'), label(1, 'two')];
  expect(shown.busy).toBe(true);
  expect(await Promise.all(both)).toEqual([true, true]);
  expect(edits).toEqual(['one', 'two']);
  expect(shown.busy).toBe(false);
  expect((await store.read('set'))?.features).toEqual(Uint8Array.of(11, 12, 3, 4));
  expect(shown.history?.commits.map((one) => one.message)).toEqual(['Imported', 'one', 'two']);
});

test('a cell changed and a row removed right after it are both kept; what names rows that have moved since is refused', async () => {
  const { shown, store, edits, label } = await page();
  const all = [label(2, 'one'), shown.edit({ type: 'remove', rows: [0] }, 'gone'), label(3, 'late')];
  expect(await Promise.all(all)).toEqual([true, true, false]);
  expect(edits).toEqual(['one', 'gone']);
  expect(shown.refused).toMatch(/rows moved.*“late”/);
  expect((await store.read('set'))?.features).toEqual(Uint8Array.of(2, 11, 4));
  // Seen where it lies now.
  expect(await label(2, 'again')).toBe(true);
  expect(shown.refused).toBeNull();
});

test('a refusal stays in view when the edit behind it is kept', async () => {
  const { shown, label } = await page();
  expect(await Promise.all([label(0, 'bad'), label(1, 'good')])).toEqual([false, true]);
  expect(shown.refused).toBe('no such class');
});

test('what broke stays in view while what waited behind it is done, and goes with the next that is asked for', async () => {
  const { shown, label } = await page();
  expect(await Promise.all([label(0, 'broken'), label(1, 'good')])).toEqual([false, true]);
  expect(shown.trouble?.message).toBe('The disk is gone.');
  await shown.show(0);
  expect(shown.trouble).toBeNull();
});

test('a locked device is told to whoever can ask for the passphrase', async () => {
  const told: string[] = [];
  const locked: DatasetPorts = {
    store: () => Promise.reject(new DataLocked()),
    ingest: () => Promise.reject(new DataLocked()),
  };
  await new DatasetPage('set', locked, ({ kind }) => told.push(kind)).load();
  expect(told).toEqual(['locked']);
});

test('going to a state is asked for once, however often it is clicked', async () => {
  const { shown, label, visited } = await page();
  await label(0, 'one');
  await label(1, 'two');
  await Promise.all([shown.goTo(1), shown.goTo(1), shown.goTo(0)]);
  expect(visited).toEqual([1, 0]);
  expect(shown.history?.head).toBe(0);
  expect(shown.going).toBeNull();
});

test('a state is named, and taken along as files; columns are withheld until they are not', async () => {
  const { shown, store, label } = await page();
  await label(0, 'mended');
  await shown.tag('clean', 1);
  expect(shown.history?.tags).toEqual([{ name: 'clean', state: 1 }]);
  await shown.tag('none', 7);
  expect(shown.trouble?.message).toContain('no state 7');
  expect(await shown.files()).toMatchObject([{ name: '1.csv' }]);
  await shown.withhold(['age']);
  expect([shown.withheld, await store.withheld('set')]).toEqual([['age'], ['age']]);
});
