// What stands of a journal after second thoughts, and what a judgement takes.
import { expect, test } from 'vitest';
import { exampleName, exampleNames } from './example-names.ts';
import { judgementsOf, judgesOf, paceOf, standingOf, type JournalEntry } from './journal.ts';

let now = 0;
const by =
  (annotator: string, pass = 1) =>
  (example: string, says: number | 'unsure' | 'skipped' | 'undone', after = 1000): JournalEntry => ({
    annotator,
    pass,
    example,
    says: typeof says === 'number' ? { type: 'class', label: says } : { type: says },
    at: (now += after),
  });
const anna = by('Anna');
const again = by('Anna', 2);
const ben = by('Ben');

test('taking back undoes one judgement at a time, to what the example had before, and of this judge alone', () => {
  const journal = [anna('a', 0), ben('a', 1), anna('b', 1), anna('a', 2), anna('a', 'undone')];
  const said = (who = { annotator: 'Anna', pass: 1 }) =>
    Object.fromEntries(judgementsOf(standingOf(journal, who)));
  expect(said()).toEqual({ a: { type: 'class', label: 0 }, b: { type: 'class', label: 1 } });
  journal.push(anna('b', 'undone'), anna('a', 'undone'), anna('a', 'undone'));
  expect(said()).toEqual({});
  expect(said({ annotator: 'Ben', pass: 1 })).toEqual({ a: { type: 'class', label: 1 } });
});

test('what is taken back is the example that is named, whatever was judged since', () => {
  const journal = [anna('a', 0), anna('b', 1), anna('a', 'undone'), anna('never judged', 'undone')];
  expect(standingOf(journal, { annotator: 'Anna', pass: 1 })).toEqual([journal[1]]);
});

test('a second pass is a judge of its own, and who has nothing standing is none', () => {
  const journal = [anna('a', 0), anna('b', 'unsure'), ben('a', 1), ben('a', 'undone'), again('a', 1)];
  journal.push(again('c', 'skipped'));
  expect(judgesOf(journal)).toEqual([
    { annotator: 'Anna', pass: 1, labelled: 1, unsure: 1, lastAt: journal[1]!.at },
    { annotator: 'Anna', pass: 2, labelled: 1, unsure: 0, lastAt: journal[5]!.at },
  ]);
});

test('the pace is the median of late gaps, a pause left out, and not told of a few', () => {
  const journal = [1000, 1000, 2000, 3000, 4000, 900_000, 1000].map((gap, i) => anna(`e${i}`, 0, gap));
  const standing = standingOf(journal, { annotator: 'Anna', pass: 1 });
  expect(paceOf(standing.slice(0, 5))).toBeUndefined();
  // Gaps 1, 2, 3, 4 s, the pause, 1 s: the median of 1, 1, 2, 3, 4.
  expect(paceOf(standing)).toBe(2000);
});

test('an example keeps its name whatever its label and place, and twins have two', () => {
  const features = Uint8Array.of(1, 2, 3, 4, 1, 2, 5, 6);
  const names = exampleNames({ count: 4, features });
  const all = [0, 1, 2, 3].map((row) => exampleName(names, row));
  expect(new Set(all).size).toBe(4);
  const moved = exampleNames({ count: 3, features: Uint8Array.of(5, 6, 1, 2, 1, 2) });
  expect([0, 1, 2].map((row) => exampleName(moved, row))).toEqual([all[3], all[0], all[2]]);
  expect(all[0]).toMatch(/^[0-9a-f]{16}$/);
});
