// Merging from the page: what is not chosen is not written.
import { expect, test } from 'vitest';
import type { ListedConflict, MergeLook } from '../modalities/merge-states.ts';
import { DatasetMoved } from '../ports/dataset-store.ts';
import type { DatasetQuestion } from '../workers/ingest-messages.ts';
import { StateMerge } from './state-merge.svelte.ts';

const conflict = (identity: number): ListedConflict => ({
  identity,
  row: identity,
  isNew: false,
  removedBy: null,
  cells: [],
  more: 0,
});
/** A look at two branches, of which `listed` conflicts are shown. */
async function merging(conflicts: number, listed: readonly ListedConflict[]) {
  const asked: DatasetQuestion[] = [];
  let loads = 0;
  const look: MergeLook = { changed: 1, added: 0, removed: 0, conflicts, listed };
  const merge = new StateMerge({ id: 'set', load: async () => void (loads += 1) }, 1, {
    ingest: async () => ({
      import: () => Promise.reject(new Error('not asked for here')),
      look: () => Promise.reject(new Error('not asked for here')),
      encode: () => Promise.reject(new Error('not asked for here')),
      async ask(question) {
        asked.push(question);
        if (question.type === 'look-at-merge')
          return { type: 'merge-seen', onto: 2, base: 'v2' as never, look };
        if (asked.length > 2) throw new DatasetMoved('set');
        return { type: 'merged', record: {} as never };
      },
    }),
  });
  await merge.start();
  return { merge, asked, loads: () => loads };
}

test('every row that both changed is chosen for before anything is asked for', async () => {
  const listed = [conflict(4), conflict(9)];
  const { merge, asked, loads } = await merging(2, listed);
  merge.choose(listed[0]!, 'theirs');
  expect(merge.unsettled).toMatch(/every row/);
  expect(await merge.merge()).toBe(false);
  expect(asked).toHaveLength(1);
  merge.choose(listed[1]!, 'mine');
  expect(merge.unsettled).toBeUndefined();
  expect(await merge.merge()).toBe(true);
  const choices = { rest: null, each: { 4: 'theirs', 9: 'mine' } };
  expect(asked[1]).toEqual({
    ...{ type: 'merge', dataset: 'set', from: 1, onto: 2, base: 'v2', choices },
  });
  expect(loads()).toBe(1);
  // What is refused is said, and nothing is taken for done.
  expect(await merge.merge()).toBe(false);
  expect(merge.problem).toMatch(/changed/);
});

test('conflicts that are not shown are chosen for by all, and one that is shown by itself', async () => {
  const listed = [conflict(4)];
  const { merge } = await merging(80, listed);
  merge.choose(listed[0]!, 'mine');
  expect(merge.unsettled).toMatch(/^Choose for all/);
  merge.chooseAll('theirs');
  expect([merge.unsettled, merge.choiceOf(listed[0]!)]).toEqual([undefined, 'theirs']);
  merge.choose(listed[0]!, 'mine');
  expect([merge.unsettled, merge.choiceOf(listed[0]!)]).toEqual([undefined, 'mine']);
  expect((await merging(0, [])).merge.unsettled).toBeUndefined();
});
