// Rules vote, are counted, and are combined into labels by how right they seem.
import { expect, test } from 'vitest';
import type { ColumnTable } from '../exploration/columns.ts';
import { random } from '../random.ts';
import { ABSTAINS, dawidSkene, decided, majority, type Votes } from './label-model.ts';
import { ruleFigures, votesOf, type WeakRule } from './weak-rules.ts';

const table: ColumnTable = {
  rows: 5,
  columns: [
    { type: 'number', name: 'age', values: Float64Array.of(70, 61, 60, NaN, 20) },
    {
      type: 'category',
      name: 'note',
      codes: Int32Array.of(0, 1, -1, 2, 0),
      labels: ['Smoker', 'ex-smoker', 'none'],
    },
  ],
};
const rules: WeakRule[] = [
  { test: 'above', column: 'age', value: 60, label: 1 },
  { test: 'at-most', column: 'age', value: 60, label: 0 },
  { test: 'contains', column: 'note', value: 'SMOKER', label: 1 },
  { test: 'is', column: 'note', value: 'smoker', label: 1 },
  { test: 'missing', column: 'note', label: 0 },
  { test: 'above', column: 'note', value: 0, label: 1 },
  { test: 'is', column: 'weight', value: 'x', label: 1 },
];

test('a rule votes where its column says so, and abstains elsewhere', () => {
  const { votes, voices } = votesOf(rules, table, 2);
  const of = (voice: number) => [0, 1, 2, 3, 4].map((row) => votes[row * voices + voice]);
  expect(rules.map((_, voice) => of(voice))).toEqual([
    [1, 1, -1, -1, -1],
    [-1, -1, 0, -1, 0],
    [1, 1, -1, -1, 1],
    [1, -1, -1, -1, 1],
    [-1, -1, 0, -1, -1],
    [-1, -1, -1, -1, -1],
    [-1, -1, -1, -1, -1],
  ]);
});

test('coverage, overlaps, conflicts, and how often a rule is right of one’s own labels', () => {
  const votes = votesOf(rules.slice(0, 3), table, 2);
  // Own labels of the rows 1, 4 and 5.
  const figures = ruleFigures(votes, [1, -1, -1, 0, 0]);
  expect(figures).toEqual([
    { covered: 2, overlaps: 2, conflicts: 0, checked: 1, right: 1 },
    { covered: 2, overlaps: 1, conflicts: 1, checked: 1, right: 1 },
    { covered: 3, overlaps: 3, conflicts: 1, checked: 2, right: 1 },
  ]);
  const shares = majority(votes);
  expect([0, 1, 2, 3, 4].map((row) => decided(shares, 2, row))).toEqual([1, 1, 0, ABSTAINS, ABSTAINS]);
});

test('one turn of Dawid & Skene, worked by hand', () => {
  // Two examples, two voices: both say 0 of the first; 0 and 1 of the second, so that the majority gives it ½ and ½. Counts + 0.1:
  // priors 1.6 and 0.6 of 2.2. Voice 1 of class 0: (1.6, 0.1) of 1.7, of class 1: (0.6, 0.1) of 0.7.
  // Voice 2 of class 0: (1.1, 0.6) of 1.7, of class 1: (0.1, 0.6) of 0.7.
  const votes: Votes = { voices: 2, classes: 2, votes: Int32Array.of(0, 0, 0, 1) };
  const { shares } = dawidSkene(votes, { abstentionTells: false, iterations: 1 });
  const ofClass = (own: number, p1: number, p2: number): number => (own / 2.2) * p1 * p2;
  const first = [ofClass(1.6, 1.6 / 1.7, 1.1 / 1.7), ofClass(0.6, 0.6 / 0.7, 0.1 / 0.7)] as const;
  const second = [ofClass(1.6, 1.6 / 1.7, 0.6 / 1.7), ofClass(0.6, 0.6 / 0.7, 0.6 / 0.7)] as const;
  expect(shares[0]).toBeCloseTo(first[0] / (first[0] + first[1]), 12);
  expect(shares[2]).toBeCloseTo(second[0] / (second[0] + second[1]), 12);
});

/** `accuracy[voice]` right answers of two classes, `covers` of the rows voted on. */
function voiced(accuracy: readonly number[], covers: number, rows: number, seed: number) {
  const draw = random(seed, 'voices');
  const truth = Int32Array.from({ length: rows }, () => draw.below(2));
  const votes = new Int32Array(rows * accuracy.length).fill(ABSTAINS);
  for (let row = 0; row < rows; row += 1)
    for (const [voice, right] of accuracy.entries())
      if (draw.next() < covers)
        votes[row * accuracy.length + voice] = draw.next() < right ? truth[row]! : 1 - truth[row]!;
  return { truth, votes: { voices: accuracy.length, classes: 2, votes } };
}

test('voices are weighed by how right they are, which they tell themselves: better than the majority', () => {
  const accuracy = [0.9, 0.85, 0.8, 0.55, 0.55];
  const { truth, votes } = voiced(accuracy, 1, 2000, 5);
  const weighed = dawidSkene(votes, { abstentionTells: false });
  for (const [voice, right] of accuracy.entries())
    expect(Math.abs(weighed.accuracy[voice]! - right)).toBeLessThan(0.03);
  const share = (found: { shares: Float64Array<ArrayBuffer> }): number =>
    truth.filter((label, row) => decided(found, 2, row) === label).length / truth.length;
  expect(share(weighed)).toBeGreaterThan(share(majority(votes)) + 0.04);
});

test('rules of one class each tell by when they fire; labels that are known stay; what nobody votes on stays open', () => {
  const draw = random(9, 'one-sided');
  const truth = Int32Array.from({ length: 1500 }, () => Number(draw.next() < 0.3));
  // Three rules say “1”: two fire for most of it, the third at random.
  const fires = [(y: number) => (y === 1 ? 0.8 : 0.1), (y: number) => (y === 1 ? 0.7 : 0.05), () => 0.4];
  const votes = Int32Array.from(
    [...truth].flatMap((label) => fires.map((odds) => (draw.next() < odds(label) ? 1 : ABSTAINS))),
  );
  const known = Int32Array.from(truth, (label, row) => (row < 60 ? label : ABSTAINS));
  const weighed = dawidSkene({ voices: 3, classes: 2, votes }, { abstentionTells: true, known });
  expect(Array.from({ length: 60 }, (_, row) => decided(weighed, 2, row))).toEqual([...truth.slice(0, 60)]);
  expect(weighed.accuracy[2]).toBeLessThan(weighed.accuracy[0]! - 0.2);
  const silent = [...truth.keys()].filter(
    (row) => row >= 60 && votes.subarray(row * 3, row * 3 + 3).every((vote) => vote === ABSTAINS),
  );
  expect(silent.length).toBeGreaterThan(50);
  expect(silent.every((row) => decided(weighed, 2, row) === ABSTAINS)).toBe(true);
});
