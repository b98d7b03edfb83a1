import { expect, test } from 'vitest';
import { spreadOf } from './spread.ts';

test('five devices: the quartiles are the second and the fourth of them', () => {
  expect(spreadOf([0.9, 0.5, 0.7, 0.6, 0.8])).toEqual({
    participants: 5,
    mean: expect.closeTo(0.7, 12),
    minimum: 0.5,
    lowerQuartile: 0.6,
    median: 0.7,
    upperQuartile: 0.8,
    maximum: 0.9,
  });
});

test('between two devices a quartile lies in proportion: 0, 4, 8, 16 at places 0.75, 1.5 and 2.25', () => {
  // 0 + 0.75 · 4 = 3; 4 + 0.5 · 4 = 6; 8 + 0.25 · 8 = 10.
  expect(spreadOf([16, 0, 8, 4])).toMatchObject({ lowerQuartile: 3, median: 6, upperQuartile: 10 });
});

test('one device, or none, has no spread', () => {
  expect(spreadOf([])).toBeUndefined();
  expect(spreadOf([0.5])).toBeUndefined();
  expect(spreadOf([0.5, 0.5])).toMatchObject({ minimum: 0.5, median: 0.5, maximum: 0.5 });
});
