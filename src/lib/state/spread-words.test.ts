import { expect, test } from 'vitest';
import { spreadOf } from '../core/metrics/spread.ts';
import { spreadAxis, spreadSentence } from './spread-words.ts';

const of = (...values: number[]) => spreadOf(values)!;

test('a spread is told by its ends and its middle, on the better side', () => {
  expect(spreadSentence('accuracy', of(0.71, 0.88, 0.96))).toBe(
    'between 71.0\u202f% and 96.0\u202f%, half of the devices at 88.0\u202f% or above',
  );
  expect(spreadSentence('loss', of(0.1, 0.2, 0.4))).toBe(
    'between 0.1 and 0.4, half of the devices at 0.2 or below',
  );
});

test('of two devices only the ends are told, and of equal ones the figure', () => {
  expect(spreadSentence('accuracy', of(0.5, 0.75))).toBe('between 50.0\u202f% and 75.0\u202f%');
  expect(spreadSentence('accuracy', of(0.5, 0.5001, 0.5))).toBe('50.0\u202f% on every device');
});

test('shares stand on an axis from 0 to 1, other figures on one that holds them all and 0', () => {
  expect(spreadAxis('accuracy', [of(0.9, 0.95)])).toEqual({ from: 0, to: 1 });
  expect(spreadAxis('rmse', [of(2, 3), of(1, 4)])).toEqual({ from: 0, to: 4 });
  expect(spreadAxis('r2', [of(-1, 0.5)])).toEqual({ from: -1, to: 0.5 });
  expect(spreadAxis('loss', [of(0, 0)])).toEqual({ from: 0, to: 1 });
});
