// What every store of runs guarantees: whole records, newest first; what a person writes apart from what a training writes; and a run
// that is taken away can be put back as it was.
import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { Digest } from '#lib/core/ids.ts';
import { newRecord, setupOf } from '#lib/participant/workbench/new-run.ts';
import { usuallyHeldOut } from '#lib/participant/workbench/rows-held-out.ts';
import type { RunRecord, RunStore, TrainedBench } from '#lib/participant/workbench/run-record.ts';

const digest = v.parse(Digest, 'ab'.repeat(32));

/** A run that has begun. */
export function begunRun(id: string, more: Partial<RunRecord> = {}): RunRecord {
  const dataset = {
    id: 'set',
    name: 'heron.csv',
    state: 0,
    version: digest,
  };
  const setup = setupOf(
    {
      name: dataset.name,
      target: 'nests',
      task: 'number',
      recipe: null,
      series: null,
      split: usuallyHeldOut,
    },
    {
      model: 'auto',
      layers: null,
      backbone: null,
      budgetMs: null,
      engine: 'simd',
      trials: 5,
      search: 'tpe',
      space: null,
      folds: null,
      balance: 'none',
      seed: 1,
    },
  );
  const program = { program: '0.0.1', node: 'a test' };
  return {
    ...newRecord({ id, dataset, setup, data: digest, program, againOf: null, startedAt: 1, engine: 'simd' }),
    ...more,
  };
}

export interface RunStoreSubject {
  readonly store: RunStore;
  /** The same, as another tab or the next visit has it. */
  reopen(): Promise<RunStore>;
}

export function runStoreContract(name: string, subject: () => Promise<RunStoreSubject>): void {
  describe(`runs ${name}`, () => {
    test('are listed newest first, and are there at the next visit as they were written last', async () => {
      const { store, reopen } = await subject();
      await store.put(begunRun('a', { startedAt: 5 }));
      await store.put(begunRun('b', { startedAt: 7 }));
      const stopped = begunRun('a', { startedAt: 5, outcome: { type: 'stopped' }, searchedMs: 3 });
      await store.put(stopped);
      const later = await reopen();
      expect((await later.list()).map(({ record }) => record.id)).toEqual(['b', 'a']);
      expect(await later.read('a')).toEqual({ record: stopped, labels: { tags: [], note: '' } });
      expect(await later.read('none')).toBeUndefined();
      expect(await later.model('a')).toBeUndefined();
    });

    test('keep what a person wrote, whatever the training writes meanwhile', async () => {
      const { store, reopen } = await subject();
      await store.put(begunRun('a'));
      await (await reopen()).label('a', { tags: ['baseline', 'first'], note: 'by hand' });
      await store.put(begunRun('a', { outcome: { type: 'stopped' } }), Uint8Array.of(1, 2, 3));
      await store.put(begunRun('a', { outcome: { type: 'failed', message: 'x' } }));
      const [run] = await store.list();
      expect(run?.labels).toEqual({ tags: ['baseline', 'first'], note: 'by hand' });
      expect(run?.record.outcome.type).toBe('failed');
      // The file stays until another takes its place.
      expect(await store.model('a')).toEqual(Uint8Array.of(1, 2, 3));
      await store.label('none', { tags: ['lost'], note: '' });
      expect(await store.list()).toHaveLength(1);
      expect(await store.read('none')).toBeUndefined();
    });

    test('are taken away with all that is theirs, and put back whole', async () => {
      const { store, reopen } = await subject();
      await store.put(begunRun('a'), Uint8Array.of(9));
      await store.label('a', { tags: ['kept'], note: '' });
      await store.put(begunRun('b'));
      const taken = await store.remove('a');
      expect((await store.list()).map(({ record }) => record.id)).toEqual(['b']);
      expect(await store.model('a')).toBeUndefined();
      // One of the same id has nothing of it.
      await store.put(begunRun('a'));
      expect((await store.read('a'))?.labels.tags).toEqual([]);
      expect(await store.remove('none')).toBeUndefined();
      await store.restore(taken!);
      const later = await reopen();
      expect(await later.read('a')).toEqual({
        record: begunRun('a'),
        labels: { tags: ['kept'], note: '' },
      });
      expect(await later.model('a')).toEqual(Uint8Array.of(9));
    });

    test('a model that is made of rows goes with them for good, and the record says since when; another stays', async () => {
      const { store, reopen } = await subject();
      const ended = (id: string, holdsRows: boolean): RunRecord => {
        // What came of it is the record's, and no matter of the store.
        const trained = {} as TrainedBench;
        return begunRun(id, { outcome: { type: 'finished', trained, model: { bytes: 1, holdsRows } } });
      };
      await store.put(ended('rows', true), Uint8Array.of(1));
      await store.put(ended('weights', false), Uint8Array.of(2));
      for (const id of ['rows', 'weights', 'none']) await store.eraseRows(id, 9);
      const later = await reopen();
      expect(await later.model('rows')).toBeUndefined();
      expect((await later.read('rows'))?.record.outcome).toMatchObject({ model: { erasedAt: 9 } });
      expect(await later.model('weights')).toEqual(Uint8Array.of(2));
      expect((await later.read('weights'))?.record).toEqual(ended('weights', false));
      expect(await later.read('none')).toBeUndefined();
    });
  });
}
