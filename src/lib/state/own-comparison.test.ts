import { expect, test } from 'vitest';
import type { TableContract } from '../core/data/contract.ts';
import type { Examples } from '../core/data/examples.ts';
import { compared, comparisonSentence } from './own-comparison.ts';

const contract = (target: TableContract['target']): TableContract => ({ kind: 'table', columns: [], target });
const classes = contract({
  type: 'classes',
  name: 'y',
  classes: ['no', 'yes'].map((label) => ({ label, values: [label] })),
});
const rows = (targets: Int32Array | Float32Array): Examples => ({
  count: targets.length,
  features: new Float32Array(0),
  targets,
  hashes: new Uint32Array(2 * targets.length),
});
/** Rows of “no” and “yes” in turn; a model is right but for the first `wrong`. */
const targets = Int32Array.from({ length: 100 }, (_, row) => row % 2);
const says = (wrong: number): Float64Array =>
  Float64Array.from({ length: 200 }, (_, at) => {
    const row = at >> 1;
    return (targets[row] === at % 2) !== row < wrong ? 0.8 : 0.2;
  });
const own = { contract: classes, training: rows(targets), heldOut: rows(targets) };
const sentence = (shared: Float64Array, alone: Float64Array): string =>
  comparisonSentence(compared(own, shared, alone), 'version 3', '“Alone”');

test('who is better on one’s own held-out rows is said by the interval of their pairs', () => {
  // Ten rows that only the version has right: (10 ± z √(10 + 1 − 100/102)) / 102.
  expect(sentence(says(0), says(10))).toBe(
    'On your own 100 held-out rows version 3 is better than “Alone” by more than luck (+10.0 points of accuracy, 95 % between +3.7 and +15.9): learning together helps here.',
  );
  expect(sentence(says(10), says(0))).toMatch(
    /^On your own 100 held-out rows “Alone” is better .*\(version 3: −10\.0 points .*your own are enough\.$/,
  );
  expect(sentence(says(8), says(10))).toMatch(
    /no difference beyond luck .*\(version 3: \+2\.0 points of accuracy.*your own rows are enough\.$/,
  );
});

test('two models that know nothing are not told to be enough', () => {
  expect(compared(own, says(50), says(48)).verdict).toBe('no signal');
});

test('errors of a number are spared in its own units', () => {
  const number = contract({ type: 'number', name: 'y', mean: 50, standardDeviation: 10 });
  const truths = Float32Array.from({ length: 40 }, (_, row) => Math.sin(row));
  const off = (by: number): Float64Array =>
    Float64Array.from(truths, (y, row) => y + (row % 2 === 0 ? by : -by));
  const found = compared(
    { contract: number, training: rows(truths), heldOut: rows(truths) },
    off(0.1),
    off(0.3),
  );
  expect(found).toMatchObject({ verdict: 'shared is better', of: 'number', rows: 40 });
  expect(found.comparison.gain).toBeCloseTo(2, 5);
});
