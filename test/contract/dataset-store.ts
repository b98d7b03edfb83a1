// What every DatasetStore guarantees. Run for the memory store and IndexedDB in Node, and for IndexedDB in a real Chromium.
import { describe, expect, test } from 'vitest';
import type { ImageContract } from '../../src/lib/core/data/contract.ts';
import { datasetVersion } from '../../src/lib/core/data/dataset-version.ts';
import { joinExamples, type Examples } from '../../src/lib/core/data/examples.ts';
import { featuresName } from '../../src/lib/core/labelling/example-names.ts';
import type { JournalEntry } from '../../src/lib/core/labelling/journal.ts';
import {
  DatasetMoved,
  ImportMismatch,
  type DatasetDraft,
  type DatasetStore,
} from '../../src/lib/ports/dataset-store.ts';

export interface StoreUnderTest {
  readonly store: DatasetStore;
  /** The same storage as another page finds it after this one is gone. */
  reopen(): Promise<DatasetStore>;
  close(): Promise<void>;
}

const contract: ImageContract = {
  kind: 'image',
  height: 2,
  width: 2,
  channels: 1,
  classes: ['left', 'right'],
};

const draft = (id: string): DatasetDraft => ({
  id,
  federation: null,
  name: `set ${id}`,
  contract,
  source: 'a.zip (10 bytes)',
});

/** Examples whose pixels, target and hash all follow from their number. */
export function numbered(from: number, to: number): Examples {
  const count = to - from;
  const numbers = Array.from({ length: count }, (_, i) => from + i);
  return {
    count,
    features: Uint8Array.from(numbers.flatMap((n) => [n & 255, n >> 8, 1, 2])),
    targets: Int32Array.from(numbers.map((n) => n % 2)),
    hashes: Uint32Array.from(numbers.flatMap((n) => [n * 1000, n])),
  };
}

const joined = (...parts: readonly Examples[]): Examples => joinExamples(parts)!;

export function datasetStoreContract(name: string, open: () => Promise<StoreUnderTest>): void {
  const using = async (work: (subject: StoreUnderTest) => Promise<void>): Promise<void> => {
    const subject = await open();
    try {
      await work(subject);
    } finally {
      await subject.close();
    }
  };

  describe(name, () => {
    test('the sound of a recording is found by its features, whatever its label becomes, and goes with the dataset', () =>
      using(async ({ store, reopen }) => {
        const writer = await store.write(draft('a'));
        const sounds = [Int16Array.of(1, -2, 3), Int16Array.of(4)];
        await writer.append({ ...numbered(0, 2), sounds }, 2);
        const { bytes } = await writer.finish();
        // Four pixels, a target and two words of hash a row; and 16 bits a sample.
        expect(bytes).toBe(2 * (4 + 4 + 8) + 2 * 4);
        const name = (row: number): string => featuresName(numbered(row, row + 1).features);
        const later = await reopen();
        expect(await later.sound('a', name(0))).toEqual(Int16Array.of(1, -2, 3));
        expect(await later.sound('a', name(1))).toEqual(Int16Array.of(4));
        expect(await later.sound('a', name(2))).toBeUndefined();
        expect((await later.read('a'))?.sounds).toBeUndefined();
        const grown = await later.add('a', { ...numbered(2, 3), sounds: [Int16Array.of(5, 6)] });
        expect(grown.bytes).toBe(bytes + 16 + 4);
        expect(await later.sound('a', name(2))).toEqual(Int16Array.of(5, 6));
        await later.delete('a');
        expect(await later.sound('a', name(0))).toBeUndefined();
      }));

    test('a finished dataset is listed whole, and reads back in import order', () =>
      using(async ({ store, reopen }) => {
        const writer = await store.write(draft('a'));
        expect(writer.resumed).toBeUndefined();
        await writer.append(numbered(0, 3), 3);
        await writer.append(numbered(3, 5), 6);
        const record = await writer.finish();
        expect(record).toMatchObject({
          id: 'a',
          name: 'set a',
          count: 5,
          classCounts: [3, 2],
          bytes: 5 * (4 + 4 + 8),
        });
        expect(record.version).toBe(datasetVersion(contract).add(numbered(0, 5).hashes).finish());
        const later = await reopen();
        expect(await later.list()).toEqual([record]);
        expect(await later.record('a')).toEqual(record);
        expect(await later.read('a')).toEqual(numbered(0, 5));
        expect(await later.resumable()).toEqual([]);
      }));

    test('datasets that have rows alike each read back whole, whichever of them is erased', () =>
      using(async ({ store, reopen }) => {
        const bring = async (id: string, from: number): Promise<void> => {
          const writer = await store.write(draft(id));
          await writer.append(numbered(from, from + 4), 4);
          await writer.append(numbered(from + 4, from + 9), 9);
          await writer.finish();
        };
        for (const [id, from] of [
          ['a', 0],
          ['b', 2],
          ['c', 4],
        ] as const)
          await bring(id, from);
        expect(await store.read('b')).toEqual(numbered(2, 11));
        await store.delete('a');
        const later = await reopen();
        expect(await later.read('b')).toEqual(numbered(2, 11));
        await later.delete('b');
        expect(await later.read('c')).toEqual(numbered(4, 13));
        expect((await later.list()).map(({ id }) => id)).toEqual(['c']);
        await later.delete('c');
        expect(await later.list()).toEqual([]);
      }));

    test('an import that was cut off is no dataset, but goes on after its last durable chunk', () =>
      using(async ({ store, reopen }) => {
        const writer = await store.write({ ...draft('cut'), reading: { sheet: 'B' } });
        await writer.append(numbered(0, 3), 4);
        const later = await reopen();
        expect(await later.list()).toEqual([]);
        expect(await later.read('cut')).toBeUndefined();
        expect(await later.record('cut')).toBeUndefined();
        expect(await later.resumable()).toMatchObject([
          {
            ...{ id: 'cut', name: 'set cut', source: 'a.zip (10 bytes)', count: 3, position: 4 },
            contract: draft('cut').contract,
            reading: { sheet: 'B' },
          },
        ]);

        const again = await later.write(draft('cut'));
        expect(again.resumed).toEqual({ count: 3, position: 4, hashes: numbered(0, 3).hashes });
        await again.append(numbered(3, 5), 7);
        const record = await again.finish();
        expect(await later.read('cut')).toEqual(numbered(0, 5));
        expect(await later.resumable()).toEqual([]);
        expect(record).toMatchObject({ count: 5, reading: { sheet: 'B' } });
        // Cut off or not: the same content has the same version.
        const whole = await later.write(draft('whole'));
        await whole.append(numbered(0, 5), 7);
        expect((await whole.finish()).version).toBe(record.version);
      }));

    test('an import is not continued with other files or under another contract', () =>
      using(async ({ store }) => {
        const writer = await store.write(draft('a'));
        await writer.append(numbered(0, 1), 1);
        await expect(store.write({ ...draft('a'), source: 'b.zip (11 bytes)' })).rejects.toThrow(
          ImportMismatch,
        );
        await expect(store.write({ ...draft('a'), contract: { ...contract, height: 3 } })).rejects.toThrow(
          ImportMismatch,
        );
        expect(await store.resumable()).toMatchObject([{ count: 1 }]);
      }));

    test('a discarded import leaves nothing behind, and its writer writes no more', () =>
      using(async ({ store }) => {
        const writer = await store.write(draft('a'));
        await writer.append(numbered(0, 3), 3);
        await writer.discard();
        expect(await store.resumable()).toEqual([]);
        await expect(writer.append(numbered(3, 4), 4)).rejects.toThrow();
        expect((await store.write(draft('a'))).resumed).toBeUndefined();
      }));

    test('an empty dataset cannot be finished', () =>
      using(async ({ store }) => {
        await expect((await store.write(draft('a'))).finish()).rejects.toThrow('no examples');
        expect(await store.list()).toEqual([]);
      }));

    test('adding leaves duplicates out, keeps the order and gives a new version', () =>
      using(async ({ store, reopen }) => {
        const writer = await store.write(draft('a'));
        await writer.append(numbered(0, 3), 3);
        const before = await writer.finish();
        const after = await store.add('a', numbered(2, 6));
        expect(after).toMatchObject({
          id: 'a',
          count: 6,
          classCounts: [3, 3],
          importedAt: before.importedAt,
          bytes: 6 * 16,
        });
        expect(after.version).not.toBe(before.version);
        expect(after.version).toBe(datasetVersion(contract).add(numbered(0, 6).hashes).finish());
        expect(await store.add('a', numbered(0, 6))).toEqual(after);
        const later = await reopen();
        expect(await later.read('a')).toEqual(numbered(0, 6));
        expect(await later.record('a')).toEqual(after);
      }));

    test('hundreds of single additions, some of them at the same time, all count once', () =>
      using(async ({ store }) => {
        const writer = await store.write(draft('a'));
        await writer.append(numbered(0, 1), 1);
        await writer.finish();
        for (let n = 1; n < 300; n += 3)
          await Promise.all([1, 2, 3, 3].map((step) => store.add('a', numbered(n + step - 1, n + step))));
        const record = await store.record('a');
        expect(record?.count).toBe(301);
        const read = await store.read('a');
        expect([...(read?.hashes ?? [])].filter((_, i) => i % 2 === 1).toSorted((a, b) => a - b)).toEqual(
          Array.from({ length: 301 }, (_, n) => n),
        );
      }));

    test('a dataset of its id is added to, never written over', () =>
      using(async ({ store }) => {
        const writer = await store.write(draft('a'));
        await writer.append(numbered(0, 1), 1);
        await writer.finish();
        await expect(store.write(draft('a'))).rejects.toThrow('finished');
        await expect(store.add('missing', numbered(0, 1))).rejects.toThrow('no dataset');
      }));

    test('texts lie with their rows: in every chunk, in what is added, in every state', () =>
      using(async ({ store, reopen }) => {
        const told = (from: number, to: number): Examples => ({
          ...numbered(from, to),
          texts: [Array.from({ length: to - from }, (_, at) => `Text ${from + at}, “Über” 😀`)],
        });
        const writer = await store.write(draft('told'));
        await writer.append(told(0, 2), 2);
        await writer.append(told(2, 4), 4);
        const { version } = await writer.finish();
        const change = { replaced: Uint32Array.of(1), removed: Uint32Array.of(3), examples: told(9, 10) };
        await store.commit('told', version, change, 'one said anew, one gone');
        await store.add('told', told(20, 21));
        const later = await reopen();
        const numbers = async (state?: number) =>
          (await later.read('told', state))?.texts?.map((cells) =>
            cells.map((cell) => Number(/\d+/.exec(cell)?.[0])),
          );
        expect(await numbers()).toEqual([[0, 9, 2, 20]]);
        expect(await numbers(0)).toEqual([[0, 1, 2, 3]]);
        expect((await later.read('told'))?.texts?.[0]?.[0]).toBe('Text 0, “Über” 😀');
      }));

    test('a commit makes a state, and every state can be gone back to and branched from', () =>
      using(async ({ store, reopen }) => {
        const writer = await store.write(draft('a'));
        await writer.append(numbered(0, 3), 3);
        await writer.append(numbered(3, 5), 5);
        const imported = await writer.finish({ refused: 2, broken: [] });
        expect(imported.check).toEqual({ refused: 2, broken: [] });
        const at = (...rows: readonly number[]): Uint32Array => Uint32Array.from(rows);
        const edited = await store.commit(
          'a',
          imported.version,
          { replaced: at(1), removed: at(4), examples: numbered(40, 41) },
          'one mended, one gone',
        );
        expect(edited).toMatchObject({ count: 4, classCounts: [3, 1] });
        const rows = async (state?: number): Promise<number[]> =>
          [...((await store.read('a', state))?.hashes ?? [])].filter((_, i) => i % 2 === 1);
        expect(await rows()).toEqual([0, 40, 2, 3]);
        expect(await rows(0)).toEqual([0, 1, 2, 3, 4]);
        expect(await rows(7)).toEqual([]);

        // Whoever looked at another state does not change this one.
        const change = { replaced: at(0), removed: at(), examples: numbered(50, 51) };
        await expect(store.commit('a', imported.version, change, 'too late')).rejects.toThrow(DatasetMoved);

        // Back: the same rows have the same version. From there on it is a branch.
        expect(await store.checkout('a', 0)).toMatchObject({ version: imported.version, count: 5 });
        expect(await rows()).toEqual([0, 1, 2, 3, 4]);
        await store.commit('a', imported.version, change, 'a branch');
        expect(await rows()).toEqual([50, 1, 2, 3, 4]);
        expect(await store.checkout('a', 1)).toMatchObject({ version: edited.version, count: 4 });
        const later = await reopen();
        expect(await later.history('a')).toMatchObject({
          head: 1,
          commits: [
            { number: 0, parent: null, version: imported.version, count: 5 },
            { number: 1, parent: 0, message: 'one mended, one gone', changed: 1, removed: 1, added: 0 },
            { number: 2, parent: 0, message: 'a branch', changed: 1, removed: 0, added: 0 },
          ],
        });
        expect(await later.record('a')).toMatchObject({ version: edited.version });
        expect(await later.history('never there')).toBeUndefined();
        await expect(later.checkout('a', 9)).rejects.toThrow('no state 9');
      }));

    test('a merge is a state of two parents, whose rows keep who they are and stand where they belong; from either branch it is of one version', () =>
      using(async ({ store, reopen }) => {
        const writer = await store.write(draft('a'));
        await writer.append(numbered(0, 3), 3);
        const imported = await writer.finish();
        const at = (...rows: readonly number[]): Uint32Array => Uint32Array.from(rows);
        const own = { replaced: at(), removed: at(), examples: numbered(30, 31) };
        const first = await store.commit('a', imported.version, own, 'mine');
        await store.checkout('a', 0);
        const other = {
          replaced: at(0),
          removed: at(1),
          examples: joined(numbered(20, 21), numbered(40, 42)),
        };
        const second = await store.commit('a', imported.version, other, 'theirs');
        expect(await store.identities('a', 0)).toEqual(at(0, 1, 2));
        expect(await store.identities('a', 1)).toEqual(at(0, 1, 2, 3));
        expect(await store.identities('a', 2)).toEqual(at(0, 2, 4, 5));
        expect(await store.identities('a', 9)).toBeUndefined();
        expect(await store.identities('never there', 0)).toBeUndefined();

        // What state 1 added goes before what state 2 did.
        const inserted = { rows: at(2), identities: at(3) };
        const merge = { ...own, inserted };
        const onto = { onto: 2, from: 1 };
        await expect(store.commit('a', second.version, merge, 'late', { onto: 1, from: 2 })).rejects.toThrow(
          DatasetMoved,
        );
        const merged = await store.commit('a', second.version, merge, 'merged', onto);
        expect(merged).toMatchObject({ count: 5, classCounts: [4, 1] });
        await store.checkout('a', 1);
        const back = {
          ...other,
          inserted: { rows: at(3, 4), identities: at(4, 5) },
        };
        const same = await store.commit('a', first.version, back, 'merged back', { onto: 1, from: 2 });
        expect(same.version).toBe(merged.version);
        // A row that comes afterwards takes no number that another has.
        await store.add('a', numbered(50, 51));
        const later = await reopen();
        expect((await later.read('a', 3))?.hashes.filter((_, i) => i % 2 === 1)).toEqual(
          at(20, 2, 30, 40, 41),
        );
        expect(await later.identities('a', 3)).toEqual(at(0, 2, 3, 4, 5));
        expect(await later.identities('a', 5)).toEqual(at(0, 2, 3, 4, 5, 6));
        const commits = (await later.history('a'))?.commits;
        expect(commits?.slice(3, 5)).toMatchObject([
          { parent: 2, merged: 1, message: 'merged', added: 1, changed: 0, removed: 0 },
          { parent: 1, merged: 2, added: 2, changed: 1, removed: 1 },
        ]);
        expect(commits?.map((one) => 'merged' in one)).toEqual([false, false, false, true, true, false]);
        expect(await later.checkout('a', 3)).toMatchObject({ version: merged.version });
      }));

    test('what is added after a commit is one itself, and no row of the present state stands twice', () =>
      using(async ({ store }) => {
        const writer = await store.write(draft('a'));
        await writer.append(numbered(0, 3), 3);
        const { version } = await writer.finish();
        const none = new Uint32Array(0);
        await store.commit(
          'a',
          version,
          { replaced: none, removed: Uint32Array.of(0), examples: undefined },
          'gone',
        );
        expect(await store.add('a', numbered(1, 3))).toMatchObject({ count: 2 });
        // Row 0 was removed: it is no duplicate any more.
        expect(await store.add('a', numbered(0, 4))).toMatchObject({ count: 4 });
        expect((await store.history('a'))?.commits).toMatchObject([{}, {}, { parent: 1, added: 2 }]);
        const { version: now } = (await store.record('a'))!;
        await expect(
          store.commit(
            'a',
            now,
            { replaced: none, removed: Uint32Array.of(0, 1, 2, 3), examples: undefined },
            'all',
          ),
        ).rejects.toThrow('without a row');
      }));

    test('a recipe, rules and splits are kept beside a dataset, whatever becomes of its rows, until the dataset is deleted', () =>
      using(async ({ store, reopen }) => {
        const writer = await store.write(draft('a'));
        await expect(store.keepRecipe('a', {})).rejects.toThrow('There is no dataset a');
        await writer.append(numbered(0, 2), 2);
        await writer.finish();
        expect(await store.recipe('a')).toBeUndefined();
        expect(await store.recipe('never there')).toBeUndefined();
        await store.keepRecipe('a', { now: ['first'] });
        await store.keepRecipe('a', { now: ['second'] });
        expect(await store.weakRules('a')).toBeUndefined();
        await store.keepWeakRules('a', ['old']);
        await store.keepWeakRules('a', ['rule']);
        expect(await store.splits('a')).toBeUndefined();
        await store.keepSplits('a', (known) => [String(known)]);
        await store.keepSplits('a', (known) => [known ?? null, 'split']);
        const record = await store.add('a', numbered(2, 4));
        expect(record.count).toBe(4);
        const none = { replaced: new Uint32Array(0), removed: Uint32Array.of(0), examples: undefined };
        await store.commit('a', record.version, none, 'gone');
        await store.checkout('a', 0);
        const later = await reopen();
        expect(await later.recipe('a')).toEqual({ now: ['second'] });
        expect(await later.weakRules('a')).toEqual(['rule']);
        expect(await later.splits('a')).toEqual([['undefined'], 'split']);
        await later.delete('a');
        expect(await later.recipe('a')).toBeUndefined();
        expect(await later.weakRules('a')).toBeUndefined();
        expect(await later.splits('a')).toBeUndefined();
      }));

    test('states are named, a name belongs to one of them, and columns are withheld, whatever else is kept', () =>
      using(async ({ store, reopen }) => {
        const writer = await store.write(draft('a'));
        await writer.append(numbered(0, 4), 4);
        const { version } = await writer.finish();
        const none = { replaced: new Uint32Array(0), removed: Uint32Array.of(0), examples: undefined };
        await store.commit('a', version, none, 'gone');
        await store.tag('a', 'clean', 0);
        await store.tag('a', 'paper', 0);
        await store.tag('a', 'clean', 1);
        await expect(store.tag('a', 'none', 2)).rejects.toThrow('no state 2');
        expect(await store.withheld('a')).toEqual([]);
        await store.withhold('a', ['age']);
        await store.keepRecipe('a', ['recipe']);
        const later = await reopen();
        const tags = [
          { name: 'paper', state: 0 },
          { name: 'clean', state: 1 },
        ];
        expect(await later.history('a')).toMatchObject({ head: 1, tags });
        expect(await later.withheld('a')).toEqual(['age']);
        await later.tag('a', 'paper', null);
        expect((await later.history('a'))?.tags).toEqual(tags.slice(1));
        expect(await later.withheld('never there')).toEqual([]);
        await expect(later.withhold('never there', [])).rejects.toThrow('no dataset');
      }));

    test('ten states with a hundredth of the rows changed in each take far less than two copies', () =>
      using(async ({ store }) => {
        const writer = await store.write(draft('a'));
        await writer.append(numbered(0, 1000), 1000);
        const imported = await writer.finish();
        let { version } = imported;
        for (let state = 0; state < 9; state += 1) {
          const replaced = Uint32Array.from({ length: 10 }, (_, i) => i * 7 + state);
          const from = 2000 + 10 * state;
          const change = { replaced, removed: new Uint32Array(0), examples: numbered(from, from + 10) };
          ({ version } = await store.commit('a', version, change, `edit ${state}`));
        }
        const kept = await store.record('a');
        expect((await store.history('a'))?.commits).toHaveLength(10);
        expect(kept?.bytes).toBeLessThan(1.5 * imported.bytes);
        expect(kept?.bytes).toBeGreaterThan(imported.bytes);
      }));

    test('judgements are kept in order beside the examples, whose labels they leave alone, and go with the dataset', () =>
      using(async ({ store, reopen }) => {
        for (const id of ['a', 'b']) {
          const writer = await store.write(draft(id));
          await writer.append(numbered(0, 2), 2);
          await writer.finish();
        }
        const { version } = (await store.record('a'))!;
        const entry = (example: string, at: number): JournalEntry => ({
          annotator: 'Anna',
          pass: 1,
          example,
          says: { type: 'class', label: 1 },
          at,
        });
        // The clock stands still or goes back: the order is that of adding.
        const entries = [
          entry('x', 5),
          { ...entry('y', 4), says: { type: 'undone' } as const },
          entry('z', 4),
        ];
        const [first, ...rest] = entries;
        await store.judge('a', first!);
        await store.judge('a', ...rest);
        await store.judge('b', entry('w', 9));
        const later = await reopen();
        expect(await later.journal('a')).toEqual(entries);
        expect((await later.record('a'))!.version).toBe(version);
        await expect(later.judge('never there', entry('x', 1))).rejects.toThrow('no dataset');
        await later.delete('a');
        expect(await later.journal('a')).toEqual([]);
        expect(await later.journal('b')).toEqual([entry('w', 9)]);
      }));

    test('deleting removes datasets and imports, and nothing of the others', () =>
      using(async ({ store, reopen }) => {
        for (const id of ['a', 'b', 'ab']) {
          const writer = await store.write(draft(id));
          await writer.append(numbered(0, 2), 2);
          await writer.finish();
        }
        await (await store.write(draft('cut'))).append(numbered(0, 2), 2);
        await store.delete('a');
        await store.delete('cut');
        await store.delete('never there');
        const later = await reopen();
        expect((await later.list()).map((record) => record.id).toSorted()).toEqual(['ab', 'b']);
        expect(await later.resumable()).toEqual([]);
        expect(await later.read('a')).toBeUndefined();
        expect(await later.read('b')).toEqual(numbered(0, 2));
        expect(await later.read('ab')).toEqual(numbered(0, 2));
      }));
  });
}
