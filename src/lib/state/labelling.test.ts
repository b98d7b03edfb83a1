// A person labels: every key is in the journal, nothing is lost by going back, taking back, passing over or loading the page anew, and what
// is kept becomes the dataset's labels.
import { expect, test, vi } from 'vitest';
import { memoryDatasetStore } from '../adapters/memory/datasets.ts';
import { UNLABELLED } from '../core/data/examples.ts';
import { countUnlabelled } from '../core/data/class-counts.ts';
import { standingOf, type JournalEntry } from '../core/labelling/journal.ts';
import type { DatasetPorts } from './datasets.svelte.ts';
import { portsOf } from './labelling.fixture.ts';
import { actionOf, isTaken, keysOf } from './labelling-keys.ts';
import { LabellingPage, type LabellingWishes } from './labelling.svelte.ts';

/** Two-pixel pictures: the class is whether the left is lighter. `known` of them have their label. */
async function pictures(count: number, known = 0) {
  const store = memoryDatasetStore();
  const writer = await store.write({
    id: 'set',
    federation: null,
    name: 'set',
    contract: { kind: 'image', height: 1, width: 2, channels: 1, classes: ['left', 'right'] },
    source: 'set.zip',
  });
  const truth = (row: number): number => row % 2;
  await writer.append(
    {
      count,
      features: Uint8Array.from({ length: 2 * count }, (_, i) =>
        i % 2 === truth(i >> 1) ? 155 + (i >> 1) : i >> 1,
      ),
      targets: Int32Array.from({ length: count }, (_, row) => (row < known ? truth(row) : UNLABELLED)),
      hashes: Uint32Array.from({ length: 2 * count }, (_, i) => i * 7919),
    },
    count,
  );
  await writer.finish();
  return { store, truth, ports: portsOf(store) };
}
const anna: LabellingWishes = {
  judge: { annotator: 'Anna', pass: 1 },
  scope: 'unlabelled',
  order: 'margin',
};
async function opened(ports: DatasetPorts, wishes = anna): Promise<LabellingPage> {
  let now = 0;
  const page = new LabellingPage('set', ports, undefined, () => (now += 2000));
  await page.open(wishes);
  expect(page.trouble).toBeNull();
  return page;
}
const label = async (page: LabellingPage, says: (row: number) => number): Promise<void> => {
  await vi.waitFor(() => expect(page.example).toBeDefined(), { interval: 1 });
  page.judge({ type: 'class', label: says(page.example!.row) });
};

test('whoever is quicker than the disk is one write ahead of it, and what waits is counted', async () => {
  const { store, ports, truth } = await pictures(12);
  const writes: number[] = [];
  let goOn = (): void => {};
  const slow = {
    ...ports,
    store: async () => ({
      ...(await ports.store()),
      judge: async (id: string, ...entries: readonly JournalEntry[]) => {
        writes.push(entries.length);
        await new Promise<void>((resolve) => (goOn = resolve));
        await store.judge(id, ...entries);
      },
    }),
  };
  const page = await opened(slow);
  for (let i = 0; i < 4; i += 1) await label(page, truth);
  expect(page.unwritten).toHaveLength(4);
  await vi.waitFor(() => expect(writes).toHaveLength(1), { interval: 1 });
  goOn();
  await vi.waitFor(() => expect(writes).toHaveLength(2), { interval: 1 });
  goOn();
  await page.areWritten();
  expect(writes.reduce((sum, one) => sum + one, 0)).toBe(4);
  expect(page.unwritten).toEqual([]);
  expect(standingOf(await store.journal('set'), anna.judge)).toHaveLength(4);
});

test('every label is in the journal at once; a page loaded anew goes on where it stopped, and takes back what was said before', async () => {
  const { store, ports, truth } = await pictures(40);
  const page = await opened(ports);
  expect(page.line).toMatchObject({ at: 0, total: 40, done: 0 });
  for (let i = 0; i < 25; i += 1) await label(page, truth);
  await page.areWritten();
  expect(standingOf(await store.journal('set'), anna.judge)).toHaveLength(25);
  // After ten the quick model has learnt from them, and is right of what is to come.
  await page.requeue();
  expect(page.queue?.learntFrom).toBe(25);
  expect(page.line!.places.slice(26).every((one) => one.suggestion?.label === truth(one.row))).toBe(true);
  expect(page.timeLeftMs).toBe(15 * 2000);

  const again = await opened(ports);
  expect(again.line).toMatchObject({ total: 40, done: 25, at: 25 });
  again.undo();
  again.undo();
  expect(again.line).toMatchObject({ done: 23 });
  const last = standingOf(await store.journal('set'), anna.judge);
  await again.areWritten();
  expect(standingOf(await store.journal('set'), anna.judge)).toEqual(last.slice(0, 23));
  // What was taken back is shown again, and has no label.
  await vi.waitFor(() => expect(again.example).toBeDefined());
  expect(again.place?.says).toBeUndefined();
});

test('going back and saying otherwise replaces, taking that back restores; what was passed over comes again', async () => {
  const { store, ports, truth } = await pictures(4);
  const page = await opened(ports);
  const first = page.place!.row;
  await label(page, truth);
  page.judge({ type: 'skipped' });
  const passed = page.line!.places[1]!.row;
  page.move(-1);
  page.move(-1);
  expect(page.place).toMatchObject({ row: first, says: { type: 'class', label: truth(first) } });
  await label(page, (row) => 1 - truth(row));
  page.undo();
  expect(page.place?.says).toEqual({ type: 'class', label: truth(first) });
  expect(page.line?.done).toBe(1);
  page.move(1);
  page.move(1);
  await label(page, truth);
  page.judge({ type: 'unsure' });
  expect(page.place).toBeUndefined();
  expect(page.line).toMatchObject({ total: 4, done: 3 });
  await page.requeue();
  expect(page.place).toMatchObject({ row: passed, says: { type: 'skipped' } });
  await label(page, truth);
  await page.areWritten();
  expect((await opened(ports)).line).toMatchObject({ total: 4, done: 4 });
  const unsure = await opened(ports, { ...anna, scope: 'unsure' });
  expect(unsure.line).toMatchObject({ total: 1, done: 0 });
  await label(unsure, truth);
  await unsure.areWritten();
  // What was told since is done, and not gone.
  expect((await opened(ports, { ...anna, scope: 'unsure' })).line).toMatchObject({ total: 1, done: 1 });
  expect((await store.journal('set')).filter((entry) => entry.says.type === 'undone')).toHaveLength(1);
});

test('kept, the labels are one state of the dataset; what was not sure stays without', async () => {
  const { store, ports, truth } = await pictures(12);
  const page = await opened(ports);
  expect(page.isWaiting).toBe(false);
  for (let i = 0; i < 10; i += 1) await label(page, truth);
  expect(page.isWaiting).toBe(true);
  page.judge({ type: 'unsure' });
  await page.areWritten();
  await page.requeue();
  expect(page.queue?.toKeep).toBe(10);
  expect(await page.keep('Labels of Anna: 10')).toBe(true);
  expect(countUnlabelled((await store.record('set'))!)).toBe(2);
  expect((await store.history('set'))?.commits.map((one) => one.message)).toEqual([
    'Imported',
    'Labels of Anna: 10',
  ]);
  const { targets } = (await store.read('set'))!;
  const kept = [...targets].flatMap((target, row) => (target < 0 ? [] : [target === truth(row)]));
  expect(kept).toEqual(Array.from({ length: 10 }, () => true));
  // Nothing is left to be kept, and the examples are still known by their names.
  expect(page.line).toMatchObject({ total: 2, done: 1 });
  expect(page.isWaiting).toBe(false);
  page.judge({ type: 'unsure' });
  expect(page.isWaiting).toBe(false);
  page.undo();
  expect(page.isWaiting).toBe(true);
  await page.requeue();
  expect(page.isWaiting).toBe(false);
  expect(await page.keep('again')).toBe(false);
  expect(page.refused).toContain('already');
});

test('a second pass is blind to the first and is held against it; a label that looks wrong is asked about again', async () => {
  const { ports, truth } = await pictures(60);
  const page = await opened(ports);
  // Two are labelled wrongly.
  const wrong: number[] = [];
  for (let i = 0; i < 60; i += 1)
    await label(page, (row) => {
      const isWrong = i === 30 || i === 40;
      if (isWrong) wrong.push(row);
      return isWrong ? 1 - truth(row) : truth(row);
    });
  await page.areWritten();

  const suspects = await opened(ports, { ...anna, scope: 'suspected' });
  expect(
    suspects
      .line!.places.slice(suspects.line!.at)
      .map((place) => place.row)
      .toSorted(),
  ).toEqual(wrong.toSorted());
  await vi.waitFor(() => expect(suspects.example).toBeDefined());
  expect(suspects.place?.suggestion?.label).toBe(truth(suspects.place!.row));
  suspects.accept();
  await suspects.areWritten();

  const second = { ...anna, judge: { annotator: 'Anna', pass: 2 }, scope: 'again' } as const;
  const blind = await opened(ports, second);
  expect(blind.line).toMatchObject({ total: 60, done: 0 });
  expect(blind.line!.places.every((place) => place.says === undefined)).toBe(true);
  for (let i = 0; i < 20; i += 1) await label(blind, truth);
  await blind.areWritten();
  const answer = await blind.ask({ type: 'agreement' });
  if (answer?.type !== 'agreement') throw new Error('no agreement');
  const { pairs, disputed, judges } = answer.agreement;
  expect(judges).toEqual([anna.judge, second.judge]);
  // One wrong label is left: either it was among the twenty or not.
  expect(pairs).toMatchObject([{ both: 20, same: 20 - disputed.length }]);
  expect(disputed.every(({ row }) => wrong.includes(row))).toBe(true);
});

test('a label that looks wrong is asked about once more, also where the dataset bears it already', async () => {
  const { ports, truth } = await pictures(60);
  const page = await opened(ports);
  let wrong = -1;
  for (let i = 0; i < 60; i += 1)
    await label(page, (row) => {
      if (i === 30) wrong = row;
      return i === 30 ? 1 - truth(row) : truth(row);
    });
  expect(await page.keep('Labels of Anna')).toBe(true);
  const ask = async (): Promise<LabellingPage> => opened(ports, { ...anna, scope: 'suspected' });
  const suspects = await ask();
  expect(suspects.place).toMatchObject({ row: wrong, suggestion: { label: truth(wrong) } });
  // Looked at again, it may stay as it is.
  await label(suspects, (row) => 1 - truth(row));
  await suspects.areWritten();
  expect((await ask()).place).toBeUndefined();
  // Taken back, it was not looked at.
  suspects.undo();
  await suspects.areWritten();
  expect((await ask()).place?.row).toBe(wrong);
});

test('what could not be written waits in its order, and is written when one tries again, or goes with its dataset', async () => {
  const { store, truth } = await pictures(5);
  let isFull = false;
  const ports = portsOf({
    ...store,
    judge: (id, ...entries) =>
      isFull ? Promise.reject(new Error('The disk is gone.')) : store.judge(id, ...entries),
  });
  const page = await opened(ports);
  await label(page, truth);
  await page.areWritten();
  isFull = true;
  await label(page, truth);
  await page.areWritten();
  expect(page.trouble?.message).toContain('The disk is gone.');
  await label(page, truth);
  page.undo();
  await page.open(anna);
  expect(page.trouble?.message).toContain('The disk is gone.');
  expect(page.unwritten.map(({ says }) => says.type)).toEqual(['class', 'class', 'undone']);
  expect(await page.keep('in vain')).toBe(false);
  isFull = false;
  await page.open(anna);
  expect(page.trouble).toBeNull();
  expect(page.unwritten).toEqual([]);
  expect(page.line).toMatchObject({ done: 2, total: 5 });
  expect((await store.journal('set')).map(({ says }) => says.type)).toEqual([
    'class',
    'class',
    'class',
    'undone',
  ]);
  isFull = true;
  await label(page, truth);
  await page.areWritten();
  await store.delete('set');
  await page.open(anna);
  expect([page.record, page.unwritten, page.trouble]).toEqual([null, [], null]);
});

test('keys: 1 to 9 and then letters, but a class that is called by one sign has that; U, S and N are commands', () => {
  expect(keysOf(['cat', 'dog'])).toEqual(['1', '2']);
  expect(keysOf(['0', '7', 'B'])).toEqual(['0', '7', 'b']);
  const many = keysOf(Array.from({ length: 40 }, (_, i) => `class ${i}`));
  expect(many.slice(7, 12)).toEqual(['8', '9', 'a', 'b', 'c']);
  expect(many).toHaveLength(40);
  expect(new Set(many.filter((key) => key !== undefined)).size).toBe(32);
  expect(many).not.toContain('s');
  // One that is called U would take the command's key.
  expect(keysOf(['u', 'v'])).toEqual(['1', 'v']);
  // What one class is called by is never the key of another.
  expect(keysOf(['10', '0', '1', '2', 's', 'A', 'a'])).toEqual(['3', '0', '1', '2', '4', 'a', '5']);
  const keys = keysOf(['cat', 'dog']);
  const pressed = (key: string, how = {}) =>
    actionOf({ key, repeat: false, isComposing: false, ...how }, keys);
  expect(pressed('2')).toEqual({ type: 'class', label: 1 });
  expect(pressed('3')).toBeUndefined();
  const all = ['2', 'u', 'S', 'n', 'Enter', 'ArrowLeft', 'ArrowRight'];
  expect(all.slice(1, 6).map((key) => pressed(key)?.type)).toEqual([
    'undo',
    'skip',
    'unsure',
    'accept',
    'back',
  ]);
  // Held a moment too long, a key labels one example, not thirty; and a sign that is being put together labels none.
  expect(all.flatMap((key) => pressed(key, { repeat: true })?.type ?? [])).toEqual(['back', 'forward']);
  expect(all.flatMap((key) => pressed(key, { isComposing: true })?.type ?? [])).toEqual([]);
});

test('keys are left to a field that is typed in, Enter to a button, arrows to a table that scrolls; a ticked box takes none', () => {
  // By a tag and its attributes, as the page's own selectors name them.
  const focusedOn = (own: string) => (selector: string) => selector.split(', ').includes(own);
  const taken = (own: string) =>
    (['undo', 'accept', 'forward'] as const).filter((type) => isTaken({ type }, focusedOn(own)));
  expect(taken('select')).toEqual(['undo', 'accept', 'forward']);
  expect(taken('button')).toEqual(['accept']);
  expect(taken('[role=region][tabindex]')).toEqual(['forward']);
  expect(taken('input[type=checkbox]')).toEqual([]);
  expect(taken('main')).toEqual([]);
});
