import { expect, test } from 'vitest';
import { batchColumns } from './arrow-columns.ts';
import type { ArrowBatch, ArrowColumn } from './arrow-metadata.ts';

test('buffers of a batch that lie on one another are refused', () => {
  const column = (name: string): ArrowColumn => ({
    name,
    type: { kind: 'float', bits: 64 },
    holds: 'numbers',
    takes: { nodes: 1, buffers: 2, views: 0 },
    dictionary: undefined,
  });
  const of = (second: number): ArrowBatch => ({
    rows: 1,
    nodes: [
      { length: 1, nulls: 0 },
      { length: 1, nulls: 0 },
    ],
    regions: [
      { offset: 0, length: 0 },
      { offset: 0, length: 8 },
      { offset: 8, length: 0 },
      { offset: second, length: 8 },
    ],
    compression: 'none',
    variadic: [],
  });
  const read = (second: number, body: Uint8Array) =>
    batchColumns([column('a'), column('b')], of(second), body, new Map()).map((cell) => cell(0));
  const body = new Uint8Array(Float64Array.of(1, 2).buffer);
  expect(read(8, body)).toEqual(['1', '2']);
  expect(() => read(0, body.subarray(0, 8))).toThrow('lie on one another');
});
