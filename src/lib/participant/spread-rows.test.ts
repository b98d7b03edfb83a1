import { expect, test } from 'vitest';
import { spreadRows } from './spread-rows.ts';

const rows = {
  count: 10,
  features: Float32Array.from({ length: 20 }, (_, i) => i),
  targets: Int32Array.from({ length: 10 }, (_, i) => i),
};

test('a part of the rows is spread evenly, each row with its own target', () => {
  const part = spreadRows(rows, 4);
  expect([...part.targets]).toEqual([0, 2, 5, 7]);
  expect([...part.features]).toEqual([0, 1, 4, 5, 10, 11, 14, 15]);
});

test('few rows are all taken, without a copy', () => {
  expect(spreadRows(rows, 10)).toBe(rows);
});
