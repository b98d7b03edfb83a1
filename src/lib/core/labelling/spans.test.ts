import { expect, test } from 'vitest';
import { judgesOf, standingOf, type JournalEntry, type Span } from './journal.ts';
import { mayStand, spanAgreement, spanClassesOf, spanJudges, spanLine, spansOf, trimmed } from './spans.ts';

const judge = { annotator: 'Ada', pass: 1 };
const span = (start: number, end: number, label = 'symptom'): Span => ({ column: 'note', start, end, label });
let clock = 0;
const entry = (says: JournalEntry['says'], pass = 1, example = 'a'): JournalEntry => ({
  annotator: 'Ada',
  pass,
  example,
  says,
  at: (clock += 1),
});

test('what was marked stands until it is taken back, beside what is said of the whole example', () => {
  const journal = [
    entry({ type: 'span-classes', classes: ['symptom'] }, 1, ''),
    entry({ type: 'class', label: 1 }),
    entry({ type: 'span', ...span(8, 12) }),
    entry({ type: 'span', ...span(0, 5) }),
    entry({ type: 'span', ...span(20, 25) }),
    entry({ type: 'span-removed', ...span(20, 25) }),
    entry({ type: 'span', ...span(1, 2) }, 2),
    entry({ type: 'span-removed', ...span(1, 2) }, 2),
    entry({ type: 'span-classes', classes: ['symptom', 'drug'] }, 1, ''),
  ];
  expect(spansOf(journal, judge)).toEqual(new Map([['a', [span(0, 5), span(8, 12)]]]));
  expect(spanClassesOf(journal)).toEqual(['symptom', 'drug']);
  expect(spanJudges(journal)).toEqual([judge]);
  // A passage is no judgement of the example: neither its class nor the way back from it changes.
  expect(standingOf(journal, judge).map(({ says }) => says)).toEqual([{ type: 'class', label: 1 }]);
  expect(judgesOf(journal)).toMatchObject([{ labelled: 1, unsure: 0 }]);
});

test('classes may overlap, one class with itself may not, and is told why', () => {
  const text = 'fever and cough since Monday';
  const standing = [span(0, 5)];
  const may = (own: Span) => {
    const done = mayStand(standing, own, text);
    return done.ok ? 'taken' : done.error;
  };
  expect(may(span(0, 15, 'course'))).toBe('taken');
  expect(may(span(5, 9))).toBe('taken');
  expect(may(span(3, 9))).toMatch(/overlaps “fever”, which is “symptom” too.*Remove that one first/);
  expect(may(span(0, 5))).toBe('This passage is “symptom” already.');
  expect(may(span(5, 6))).toMatch(/nothing but white space/);
  expect(may(span(4, 40))).toMatch(/Mark some letters/);
  expect(trimmed({ start: 5, end: 10 }, text)).toEqual({ start: 6, end: 9 });
});

test('agreement is the F1 of exact passages, and of those that overlap in their class', () => {
  const first = new Map([
    ['a', [span(0, 5), span(10, 15), span(20, 25, 'drug')]],
    ['b', [span(3, 4)]],
  ]);
  const second = new Map([['a', [span(0, 5), span(9, 14), span(20, 25)]]]);
  // Of 3 and 3 on “a”: one exact; two overlap in their class, the third has another.
  expect(spanAgreement(first, second, ['a'])).toEqual({
    first: 3,
    second: 3,
    exact: 1,
    overlapping: 2,
    f1: 1 / 3,
    relaxedF1: 2 / 3,
  });
  // “b” too: 4 and 3, 2·1/7.
  expect(spanAgreement(first, second, ['a', 'b']).f1).toBeCloseTo(2 / 7, 12);
  expect(spanAgreement(new Map(), new Map(), ['a']).f1).toBeNull();
});

test('a line says its text, its offsets in UTF-16 units and what lies between them', () => {
  const text = '😀 fever';
  const line = spanLine(text, { row: 4, example: 'a', column: 'note', judge }, [span(3, 8)]);
  expect(JSON.parse(line)).toEqual({
    row: 5,
    example: 'a',
    column: 'note',
    annotator: 'Ada',
    pass: 1,
    offsets: 'utf-16',
    text,
    spans: [{ start: 3, end: 8, label: 'symptom', text: 'fever' }],
  });
});
