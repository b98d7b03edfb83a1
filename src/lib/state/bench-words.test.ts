import { expect, test } from 'vitest';
import { predictedClass } from '../core/metrics/class-scores.ts';
import type { TableContract } from '../core/data/contract.ts';
import { compareModels, judging } from '../participant/workbench/judge.ts';
import { inOneGo } from '../participant/workbench/step-through.ts';
import { figureName, figureRows, gainWords, lossWords, rankedFigure } from './bench-words.ts';

const contractOf = (target: TableContract['target']): TableContract => ({
  kind: 'table',
  columns: [{ type: 'category', name: 'a', categories: ['x'], missingAllowed: true }],
  target,
});
const classes = contractOf({
  type: 'classes',
  name: 'ill',
  classes: [
    { label: 'no', values: ['no'] },
    { label: 'yes', values: ['yes'] },
  ],
});

/** Of 20 rows, half of them ill, the first `right` are met. */
function judged(right: number) {
  const targets = Int32Array.from({ length: 20 }, (_, row) => row % 2);
  const outputs = Float64Array.from({ length: 40 }, (_, at) => {
    const row = at >> 1;
    const said = row < right ? targets[row]! : 1 - targets[row]!;
    return at % 2 === said ? 0.8 : 0.2;
  });
  expect(predictedClass(outputs, 0, 2)).toBe(0);
  return inOneGo(judging(classes, outputs, { count: 20, features: new Float32Array(20), targets }, 1))!;
}

test('shares are told in percent with Wilson’s interval, and differences in points with their sign', () => {
  const good = judged(18);
  // Wilson 1927 of 18 in 20: 0.699 to 0.972.
  expect(rankedFigure(good.report)).toBe('90.0\u202f% (69.9 to 97.2)');
  expect(figureName(good.report)).toBe('Accuracy');
  const worse = compareModels(judged(12), good, 1);
  expect(gainWords(worse, good.report)).toMatch(/^−30\.0 points \(−\d+\.\d to −\d+\.\d\)$/);
  const nearly = { gain: 0.0004, interval: { low: -0.0001, high: 0.02 }, pValue: undefined };
  expect(gainWords(nearly, good.report)).toBe('±0.0 points (±0.0 to +2.0)');
  expect(lossWords(0.031, good.report)).toBe('3.1 points');
  expect(figureRows(good.report).map((row) => row.name)).toContain('Area below the ROC curve');
});

test('numbers are told in their own units, and a spread that is not there is no R²', () => {
  const contract = contractOf({ type: 'number', name: 'price', mean: 100, standardDeviation: 10 });
  const targets = new Float32Array(4);
  const rows = { count: 4, features: new Float32Array(4), targets };
  const flat = inOneGo(judging(contract, Float64Array.of(1, -1, 1, -1), rows, 1))!;
  expect(rankedFigure(flat.report)).toBe('10 (10 to 10)');
  expect(figureRows(flat.report).find((row) => row.name.startsWith('R²'))).toMatchObject({
    value: undefined,
    absent: 'not defined here',
  });
  const none = inOneGo(judging(contract, Float64Array.of(0, 0, 0, 0), rows, 1))!;
  expect(gainWords(compareModels(none, flat, 1), none.report)).toBe('10 less (10 to 10)');
});
