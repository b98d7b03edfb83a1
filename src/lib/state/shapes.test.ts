// A person draws in pictures, by pointer and by keys: what stands is in the journal at once, what is refused stays out, and each step can be
// taken back and done again.
import { expect, test } from 'vitest';
import { memoryDatasetStore } from '../adapters/memory/datasets.ts';
import type { DataContract } from '../core/data/contract.ts';
import type { Judge } from '../core/labelling/journal.ts';
import type { Point } from '../core/labelling/outline.ts';
import { shapesOf } from '../core/labelling/shapes.ts';
import type { DatasetStore } from '../ports/dataset-store.ts';
import { portsOf } from './labelling.fixture.ts';
import { LabellingPage } from './labelling.svelte.ts';
import { ShapeTool } from './shape-tool.svelte.ts';
import { outlineWords } from './shape-words.ts';
import { Shapes } from './shapes.svelte.ts';
import { shapesOfPictures } from './varied-shapes.ts';

const ada = { annotator: 'Ada', pass: 1 };
const plain = { shiftKey: false, ctrlKey: false, metaKey: false, altKey: false, repeat: false };
const COUNT = 3;
const SIDE = 20;

/** Three pictures of 20 by 20. */
async function drawing() {
  const store = memoryDatasetStore();
  const contract: DataContract = {
    kind: 'image',
    height: SIDE,
    width: SIDE,
    channels: 1,
    classes: ['a', 'b'],
  };
  const writer = await store.write({ id: 'set', federation: null, name: 'set', contract, source: 'set.zip' });
  await writer.append(
    {
      count: COUNT,
      features: Uint8Array.from({ length: COUNT * SIDE * SIDE }, (_, i) => Math.floor(i / (SIDE * SIDE))),
      targets: new Int32Array(COUNT),
      hashes: Uint32Array.from({ length: 2 * COUNT }, (_, i) => i * 7919),
    },
    COUNT,
  );
  await writer.finish();
  const writes: number[] = [];
  const told: DatasetStore = {
    ...store,
    judge(id, ...entries) {
      writes.push(entries.length);
      return store.judge(id, ...entries);
    },
  };
  let ids = 0;
  const openAs = async (judge: Judge, scope: 'open' | 'again' = 'open') => {
    const page = new LabellingPage('set', portsOf(told));
    const shapes = new Shapes(
      page,
      async () => store,
      () => String((ids += 1)),
    );
    await shapes.open(judge, scope);
    expect(page.trouble).toBeNull();
    const tool = new ShapeTool(shapes);
    const keys = (...pressed: readonly string[]): void => {
      for (const key of pressed) {
        const [held, sign] = key.startsWith('Shift+') ? [true, key.slice(6)] : [false, key];
        tool.press({ ...plain, key: sign, shiftKey: held });
        tool.lift({ key: sign });
      }
    };
    const drag = (from: Point, to: Point): void => {
      tool.down(from, 1);
      tool.over(to);
      tool.up(to, 1);
    };
    const seen = (): readonly string[] =>
      shapes.own.map(({ label, outline }) => `${label} ${outlineWords(outline)}`);
    return { page, shapes, tool, keys, drag, seen };
  };
  return { store, writes, openAs };
}

test('a box is drawn by one stroke, by two corners and by keys; it is called, moved, resized, taken back and done again', async () => {
  const { store, openAs } = await drawing();
  const { page, shapes, tool, keys, drag, seen } = await openAs(ada);
  keys('b');
  expect(tool.said).toBe('Name the classes of shapes first.');
  expect(tool.draft).toBeUndefined();
  shapes.name('dot, stroke, dot, ');
  expect(shapes.classes).toEqual(['dot', 'stroke']);
  tool.choose('box');
  drag([2, 3], [8.26, 40]);
  expect(seen()).toEqual(['dot Box 6.3 × 17 at 2, 3']);
  // A press without a stroke is a corner.
  drag([12, 12], [12, 12]);
  drag([15, 16], [15, 16]);
  expect(seen().at(-1)).toBe('dot Box 3 × 4 at 12, 12');
  // Of what is selected a handle is pulled, whatever the tool.
  drag([15, 16], [18, 17]);
  expect(seen().at(-1)).toBe('dot Box 6 × 5 at 12, 12');

  // By keys alone: in the middle, one to the right, one wider, and kept as the second class.
  keys('b', 'ArrowRight', 'Shift+ArrowRight', 'Shift+ArrowUp', '2', 'Enter');
  expect(seen().at(-1)).toBe('stroke Box 6 × 4 at 8, 7');
  expect(tool.edit.selected?.label).toBe('stroke');
  keys('ArrowUp', 'ArrowUp', 'ArrowUp', '1', 'Shift+ArrowLeft');
  expect(seen().at(-1)).toBe('dot Box 5 × 4 at 8, 4');
  tool.undo();
  tool.undo();
  expect(seen().at(-1)).toBe('stroke Box 6 × 4 at 8, 4');
  // Small steps in a row are one.
  tool.undo();
  expect(seen().at(-1)).toBe('stroke Box 6 × 4 at 8, 7');
  tool.redo();
  expect(seen().at(-1)).toBe('stroke Box 6 × 4 at 8, 4');
  keys('Delete');
  expect(shapes.own).toHaveLength(2);
  expect(tool.said).toMatch(/^Removed: stroke/);
  tool.undo();
  expect(tool.edit.selected?.label).toBe('stroke');
  // What covers nothing does not come in.
  tool.choose('box');
  drag([10, 1], [19, 1]);
  expect(shapes.refused).toMatch(/covers nothing/);
  expect(shapes.own).toHaveLength(3);

  await page.areWritten();
  const name = shapes.example!.name;
  expect(shapesOf(await store.journal('set'), ada).get(name)).toEqual(shapes.own);
  const again = await openAs(ada);
  expect(again.seen()).toEqual(seen());
  again.tool.undo();
  expect(again.tool.said).toBe('Nothing is left to take back or do again.');
});

test('a polygon is drawn by clicks and by a cross; its points are moved, added and removed; edges that cross are refused', async () => {
  const { openAs } = await drawing();
  const { shapes, tool, keys, drag, seen } = await openAs(ada);
  shapes.name('dot');
  const click = (...at: readonly Point[]): void => at.forEach((place) => drag(place, place));
  tool.choose('polygon');
  click([2, 2], [10, 2], [18, 18], [10, 10]);
  keys('Backspace');
  expect(tool.draft).toMatchObject({
    points: [
      [2, 2],
      [10, 2],
      [18, 18],
    ],
  });
  // On the first point it closes.
  click([10, 10], [2.5, 2.5]);
  expect(seen()).toEqual(['dot Polygon 4 points, 64 px² at 2, 2']);
  // By the cross, from the middle: Escape gives up what was begun.
  keys('p', ' ', 'Escape');
  expect(tool.draft).toBeUndefined();
  keys(
    'p',
    ' ',
    ...Array<string>(4).fill('ArrowRight'),
    ' ',
    ...Array<string>(4).fill('ArrowDown'),
    ' ',
    'Enter',
  );
  expect(seen()[1]).toBe('dot Polygon 3 points, 8 px² at 10, 10');
  // A point more on the first edge, pulled out by a key; then it goes again.
  keys('e', 'i', 'ArrowUp');
  expect(seen()[1]).toBe('dot Polygon 4 points, 10 px² at 10, 9');
  keys('Delete');
  expect(seen()[1]).toBe('dot Polygon 3 points, 8 px² at 10, 10');
  keys('Delete');
  expect(tool.said).toBe('A polygon keeps three points.');
  // By pointer: the middle of an edge becomes a point.
  keys('Escape');
  drag([12, 12], [10, 14]);
  expect(seen()[1]).toBe('dot Polygon 4 points, 16 px² at 10, 10');
  drag([10, 14], [19, 11]);
  expect(shapes.refused).toMatch(/^The edges behind points \d and \d cross/);
  expect(seen()[1]).toBe('dot Polygon 4 points, 16 px² at 10, 10');
  // Drawn so, it stays to be mended.
  tool.choose('polygon');
  click([0, 0], [4, 4], [4, 0], [0, 4]);
  keys('Enter');
  expect(shapes.refused).toMatch(/cross/);
  keys('Backspace', 'Backspace', 'Enter');
  expect(shapes.refused).toBe('A polygon needs three points; this has 2.');
});

test('pictures are gone through and done with; what a second judge reads from the first one’s file agrees', async () => {
  const { store, openAs } = await drawing();
  const first = await openAs(ada);
  first.shapes.name('dot');
  first.keys('b', 'Enter', 'Enter');
  expect(first.tool.said).toBe('Kept.');
  first.keys('Enter');
  expect(first.shapes.example?.row).toBe(1);
  expect(first.shapes.done).toBe(1);
  // Gone through, and nothing found.
  first.keys('Enter', 'PageUp');
  expect(first.shapes.isDone).toBe(true);
  first.shapes.reopen();
  expect(first.shapes.done).toBe(1);
  first.keys('ArrowRight', 'ArrowRight', 'ArrowRight');
  expect(first.shapes.example).toBeUndefined();
  // What was drawn in another picture is taken back where it is.
  first.tool.undo();
  expect(first.shapes.example?.row).toBe(0);
  expect(first.shapes.own).toEqual([]);
  first.tool.redo();
  await first.page.areWritten();
  expect([...(await openAs(ada)).shapes.rows]).toEqual([1, 2]);

  const text = new TextDecoder().decode(await first.shapes.coco('set', false));
  expect(JSON.parse(text)).toMatchObject({
    images: [{ id: 1, width: SIDE, height: SIDE }],
    annotations: [{ image_id: 1, category_id: 1, bbox: [7, 7, 5, 5], area: 25 }],
  });
  const zip = await first.shapes.coco('set', true);
  expect([...zip!.subarray(0, 2)]).toEqual([0x50, 0x4b]);

  const second = await openAs({ annotator: 'Ben', pass: 1 }, 'again');
  expect([...second.shapes.rows]).toEqual([0]);
  const read = async (file: string) => {
    const taken = await second.shapes.take(file);
    return taken?.ok === true ? taken.value.shapes.length : taken?.error;
  };
  expect(await read(text.replace('"dot"', '"speck"'))).toBe(1);
  expect(second.shapes.classes).toEqual(['dot', 'speck']);
  second.tool.select(second.shapes.own[0]);
  second.keys('1', 'ArrowLeft');
  // Where pictures are varied, those drawn last are seen.
  const { shows } = second.shapes.example!;
  if (shows.kind === 'table') throw new Error('no picture');
  await second.page.areWritten();
  const pictures = [{ place: 1, pixels: shows.pixels }];
  expect(shapesOfPictures(await store.journal('set'), pictures)).toEqual({
    classes: ['dot', 'speck'],
    shapes: new Map([[1, second.shapes.own]]),
  });
  expect(second.shapes.pairs).toEqual([]);
  await second.shapes.compare();
  // Of 25 and 25 they share 20.
  expect(second.shapes.pairs).toMatchObject([
    { pictures: 1, first: 1, second: 1, matched: 1, otherClass: 0, f1: 1, meanOverlap: 20 / 30 },
  ]);
  expect([await read(text), await read(text), await read('[]')]).toEqual([
    1,
    0,
    'images: expected, but not there.',
  ]);
  // Whoever draws meanwhile is another: it is not taken as theirs.
  const late = read(text.replace('"dot"', '"blot"'));
  await second.shapes.open(ada, 'all');
  expect(await late).toMatch(/^Other pictures or another judge were chosen while it was read/);
  expect(second.shapes.classes).toEqual(['dot', 'speck']);
});

test('what is being drawn is not lost on the way to another picture, nor taken along to other pictures', async () => {
  const { openAs } = await drawing();
  const { shapes, tool, keys, drag } = await openAs(ada);
  shapes.name('dot');
  tool.choose('box');
  drag([1, 1], [4, 4]);
  tool.choose('polygon');
  for (const place of [
    [6, 6],
    [10, 6],
  ] as const)
    drag(place, place);
  tool.finish();
  keys('PageDown');
  tool.goTo(2);
  tool.redo();
  expect(tool.said).toMatch(/^A shape is being drawn here: Enter keeps it/);
  expect([shapes.example?.row, shapes.done]).toEqual([0, 0]);
  // Its points are taken back before the shapes that stand.
  tool.undo();
  expect(tool.draft).toMatchObject({ points: [[6, 6]] });
  tool.undo();
  tool.undo();
  expect([tool.draft, shapes.own.length]).toEqual([undefined, 1]);
  tool.undo();
  expect(shapes.own).toEqual([]);
  keys('p', ' ');
  await tool.open({ annotator: 'Ben', pass: 1 }, 'all');
  expect(tool.draft).toBeUndefined();
});

test('of keys that are held down only arrows and zoom go on', async () => {
  const { openAs } = await drawing();
  const { shapes, tool } = await openAs(ada);
  shapes.name('dot');
  const hold = (key: string): boolean => tool.press({ ...plain, key, repeat: true });
  expect([hold('Enter'), hold('PageDown'), hold('b'), hold('a')]).toEqual([true, true, true, false]);
  expect([shapes.example?.row, shapes.done, tool.draft]).toEqual([0, 0, undefined]);
  hold('+');
  hold('ArrowRight');
  expect([tool.zoom, shapes.example?.row]).toEqual([1.5, 1]);
});

test('very many lines are written in parts, in their order', async () => {
  const { store, writes, openAs } = await drawing();
  const { page } = await openAs(ada);
  page.write(
    Array.from({ length: 5002 }, (_, at) => ({ ...ada, example: 'a', says: { type: 'shapes-done' }, at })),
  );
  expect(await page.areWritten()).toBe(true);
  expect(writes).toEqual([5000, 2]);
  expect((await store.journal('set')).map(({ at }) => at)).toEqual(
    Array.from({ length: 5002 }, (_, at) => at),
  );
});
