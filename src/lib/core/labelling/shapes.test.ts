import { expect, test } from 'vitest';
import { judgesOf, standingOf, type JournalEntry, type Shape } from './journal.ts';
import type { Outline } from './outline.ts';
import { moved, pointAdded, pointMoved, pointRemoved, pulled, resized } from './outline-edits.ts';
import { doneWith, mayOutline, shapeAgreement, shapeClassesOf, shapeJudges, shapesOf } from './shapes.ts';

const judge = { annotator: 'Ada', pass: 1 };
const frame = { width: 28, height: 28 };
const box = (x: number, y: number, width: number, height: number) =>
  ({ kind: 'box', x, y, width, height }) as const;
const triangle = {
  kind: 'polygon',
  points: [
    [0, 0],
    [4, 0],
    [0, 4],
  ],
} as const;
const shape = (id: string, outline: Outline, label = 'stroke'): Shape => ({ id, label, outline });
let clock = 0;
const entry = (says: JournalEntry['says'], pass = 1, example = 'a'): JournalEntry => ({
  ...{ annotator: 'Ada', pass, example, says },
  at: (clock += 1),
});
const drawn = (own: Shape): JournalEntry['says'] => ({ type: 'shape', ...own });

test('what was drawn stands as it was last, in its place, until it is taken away; beside what is said of the whole', () => {
  const journal = [
    entry({ type: 'shape-classes', classes: ['stroke'] }, 1, ''),
    entry({ type: 'class', label: 1 }),
    entry(drawn(shape('p', box(1, 1, 4, 4)))),
    entry(drawn(shape('q', triangle))),
    entry(drawn(shape('p', box(2, 1, 4, 4), 'dot'))),
    entry({ type: 'shape-removed', id: 'p' }),
    entry(drawn(shape('p', box(2, 1, 4, 4), 'dot'))),
    entry({ type: 'shapes-done' }),
    entry({ type: 'shapes-done' }, 2, 'b'),
    entry({ type: 'shapes-open' }, 2, 'b'),
    entry(drawn(shape('r', triangle)), 3),
    entry({ type: 'shape-removed', id: 'r' }, 3),
    entry({ type: 'shapes-done' }, 4),
  ];
  expect(shapesOf(journal, judge)).toEqual(
    new Map([['a', [shape('p', box(2, 1, 4, 4), 'dot'), shape('q', triangle)]]]),
  );
  expect(doneWith(journal, judge)).toEqual(new Set(['a']));
  expect(doneWith(journal, { ...judge, pass: 2 }).size).toBe(0);
  expect(shapeClassesOf(journal)).toEqual(['stroke']);
  // Who looked at a picture and found nothing is a judge of it too.
  expect(shapeJudges(journal)).toEqual([judge, { ...judge, pass: 4 }]);
  expect(standingOf(journal, judge).map(({ says }) => says)).toEqual([{ type: 'class', label: 1 }]);
  expect(judgesOf(journal)).toMatchObject([{ labelled: 1, unsure: 0 }]);
});

test('an outline is kept within the picture, and one that covers nothing or crosses itself is refused', () => {
  const may = (outline: Outline) => {
    const done = mayOutline(outline, frame);
    return done.ok ? done.value : done.error;
  };
  expect(may(box(-2, 3, 10, 50))).toEqual(box(0, 3, 8, 25));
  expect(may(box(1 / 3, 0, 0.2, 1))).toEqual(box(0.33, 0, 0.2, 1));
  expect(may(box(30, 3, 10, 5))).toMatch(/covers nothing/);
  expect(
    may({
      kind: 'polygon',
      points: [
        [0, 0],
        [4, 4],
      ],
    }),
  ).toBe('A polygon needs three points; this has 2.');
  expect(
    may({
      kind: 'polygon',
      points: [
        [0, 0],
        [4, 4],
        [2, 2],
      ],
    }),
  ).toMatch(/covers nothing/);
  expect(
    may({
      kind: 'polygon',
      points: [
        [0, 0],
        [4, 4],
        [4, 0],
        [0, 4],
      ],
    }),
  ).toMatch(/^The edges behind points 1 and 3 cross/);
});

test('a polygon has so many points that asking whether its edges cross stays quick', () => {
  const fan = (points: number) =>
    mayOutline(
      {
        kind: 'polygon',
        points: [...Array.from({ length: points - 1 }, (_, i) => [i / 20, 0] as const), [0, 9]],
      },
      frame,
    );
  expect(fan(500).ok).toBe(true);
  expect(fan(501)).toEqual({
    ok: false,
    error: 'A polygon has 500 points at most; this has 501. Leave out some where it hardly bends.',
  });
});

test('a shape is moved to the edge and no further, pulled wider, turned over by a handle, and its points come and go', () => {
  expect(moved(box(2, 2, 4, 4), [30, -1], frame)).toEqual(box(24, 1, 4, 4));
  expect(moved(triangle, [-3, 1], frame)).toEqual({
    kind: 'polygon',
    points: [
      [0, 1],
      [4, 1],
      [0, 5],
    ],
  });
  expect(resized(box(24, 2, 4, 4), [3, -8], frame)).toEqual(box(24, 2, 4, 1));
  expect(resized(triangle, [4, 0], frame)).toEqual({
    kind: 'polygon',
    points: [
      [0, 0],
      [8, 0],
      [0, 4],
    ],
  });
  // The left side pulled beyond the right one.
  expect(pulled(box(2, 2, 4, 4), [-1, 0], [9, 20], frame)).toEqual(box(6, 2, 3, 4));
  expect(pulled(box(2, 2, 4, 4), [1, 1], [40, 5], frame)).toEqual(box(2, 2, 26, 3));
  const four = pointAdded(triangle, 1, frame);
  expect(four).toEqual({
    kind: 'polygon',
    points: [
      [0, 0],
      [4, 0],
      [2, 2],
      [0, 4],
    ],
  });
  expect(pointMoved(four, 2, [5, 29], frame)).toMatchObject({ points: { 2: [5, 28] } });
  expect(pointRemoved(four, 2)).toEqual(triangle);
  expect(pointRemoved(triangle, 2)).toBeUndefined();
});

test('two judges’ shapes are one where they overlap by more than a half, each once, the closest first', () => {
  const first = new Map([
    [
      'a',
      [
        shape('1', box(0, 0, 4, 4)),
        shape('2', box(1, 0, 4, 4)),
        shape('3', box(10, 10, 4, 4), 'dot'),
        shape('4', box(20, 20, 2, 2)),
      ],
    ],
    ['b', [shape('5', box(0, 0, 4, 4))]],
  ]);
  const second = new Map([
    // The first is nearer to 2 (overlap 1) than to 1 (12 of 20); 3 is called otherwise; 4 is met by exactly a half, which is not enough.
    ['a', [shape('x', box(1, 0, 4, 4)), shape('y', box(10, 10, 4, 4)), shape('z', box(20, 20, 2, 1))]],
  ]);
  expect(shapeAgreement(first, second, ['a'])).toEqual({
    ...{ first: 4, second: 3, matched: 1, otherClass: 1 },
    ...{ meanOverlap: 1, f1: 2 / 7 },
  });
  // “b” too, where the second found nothing: 5 and 3.
  expect(shapeAgreement(first, second, ['a', 'b']).f1).toBe(2 / 8);
  expect(shapeAgreement(second, first, ['a', 'b']).f1).toBe(2 / 8);
  const moved = new Map([['b', [shape('w', box(1, 0, 4, 4))]]]);
  expect(shapeAgreement(first, moved, ['b'])).toMatchObject({ matched: 1, meanOverlap: 12 / 20, f1: 1 });
  expect(shapeAgreement(new Map(), new Map(), ['a'])).toMatchObject({ meanOverlap: null, f1: null });
});
