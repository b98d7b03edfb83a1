import { expect, test } from 'vitest';
import type { TableContract } from '../data/contract.ts';
import { random } from '../random.ts';
import { learnt, type Lesson } from './learner.ts';
import { linear } from './linear.ts';
import { logistic } from './logistic.ts';
import { sparseRows } from './sparse-rows.ts';
import { unfolded } from './terms-as-columns.ts';

const SLOTS = 3;
const contract = (target: TableContract['target']): TableContract => ({
  kind: 'table',
  columns: [
    {
      type: 'number',
      name: 'n',
      minimum: null,
      maximum: null,
      missingAllowed: true,
      mean: 0,
      standardDeviation: 1,
    },
    { type: 'terms', name: 't', terms: ['a', 'b', 'c', 'd', 'e'], slots: SLOTS },
    { type: 'category', name: 'k', categories: ['x', 'y'], missingAllowed: true },
  ],
  target,
});
const classes = contract({
  type: 'classes',
  name: 'y',
  classes: ['no', 'maybe', 'yes'].map((label) => ({ label, values: [label] })),
});
const number = contract({ type: 'number', name: 'y', mean: 0, standardDeviation: 1 });

function rows(count: number) {
  const draw = random(5, 'sparse');
  const width = 2 + 2 * SLOTS + 2;
  const features = new Float32Array(count * width);
  const targets = new Float32Array(count);
  for (let row = 0; row < count; row += 1) {
    const own = features.subarray(row * width, (row + 1) * width);
    if (draw.next() < 0.2) own[1] = 1;
    else own[0] = draw.normal();
    const held = draw
      .shuffle(Uint32Array.from([0, 1, 2, 3, 4]))
      .subarray(0, draw.below(SLOTS + 1))
      .sort();
    for (const [slot, place] of held.entries()) own.set([place, 1 + draw.next()], 2 + 2 * slot);
    own[2 + 2 * SLOTS + draw.below(2)] = 1;
    targets[row] = own[0]! + (held.includes(2) ? 2 : 0) + 0.3 * draw.normal();
  }
  return { count, features, targets };
}

test('pairs meet the weight of their term, and padding meets none', () => {
  const features = Float32Array.of(0.5, 0, 0, 2, 4, 3, 0, 0, 0, 1);
  expect(sparseRows(classes, features, 1)).toEqual({
    count: 1,
    starts: Uint32Array.of(0, 4),
    // number and indicator: 0, 1; terms: 2–6; categories: 7, 8.
    places: Uint32Array.of(0, 2, 6, 8),
    values: Float32Array.of(0.5, 2, 3, 1),
  });
});

test.each([
  ['logistic', logistic, classes],
  ['linear', linear, number],
] as const)('%s regression of terms is that of as many columns of numbers', (_, learner, own) => {
  const all = rows(200);
  const targets =
    own === number
      ? all.targets
      : Int32Array.from(all.targets, (value) => (value > 1 ? 2 : value > 0 ? 1 : 0));
  const options = own === number ? { lambda: 1 } : { lambda: 1, iterations: 500 };
  const plain = unfolded(own)!;
  const lesson: Lesson = { contract: own, rows: { ...all, targets }, options, seed: 1 };
  const features = plain.rows(all.features, all.count);
  const sparse = learnt(learner.learn(lesson));
  const dense = learnt(
    learner.learn({ ...lesson, contract: plain.contract, rows: { count: all.count, features, targets } }),
  );
  const [first, second] = [sparse.predict(all.features, 50), dense.predict(features, 50)];
  for (const [at, value] of first.entries()) expect(value).toBeCloseTo(second[at]!, 4);
  expect(learner.revive(own, options, sparse.learnt)?.predict(all.features, 50)).toEqual(first);
});

test('terms as columns are held against the same bound as any table, and asked about in parts', () => {
  const wide: TableContract = {
    ...number,
    columns: [
      { type: 'terms', name: 't', terms: Array.from({ length: 999 }, (_, at) => `w${at}`), slots: 2 },
    ],
  };
  // 300 columns: of 128 million values 426,666 rows.
  expect(unfolded(wide)?.tooLarge(426_666)).toBeUndefined();
  expect(unfolded(wide)?.tooLarge(426_667)).toContain('300 × 426667 values, more than is held');
  const features = new Float32Array(45_000 * 4);
  features.set([299, 7, 300, 9], 44_999 * 4);
  const parts = [...unfolded(wide)!.parts(features, 45_000)];
  expect(parts.map(({ count }) => count)).toEqual([42_666, 2_334]);
  const last = parts[1]!.features.subarray(-300);
  expect([last[299], last.filter((value) => value !== 0).length]).toEqual([7, 1]);
});
