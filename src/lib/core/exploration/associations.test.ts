import { expect, test } from 'vitest';
import { associations, correlationRatio, pearson } from './associations.ts';
import type { ColumnValues } from './columns.ts';
import { foretells } from './foretelling.ts';

const constant = (value: number, n = 1000): Float64Array => new Float64Array(n).fill(value);
const number = (name: string, values: Float64Array): ColumnValues => ({ type: 'number', name, values });
const category = (name: string, codes: Int32Array, labels: number): ColumnValues => ({
  type: 'category',
  name,
  codes,
  labels: Array.from({ length: labels }, (_, i) => `${i}`),
});

test('a column that does not vary goes with nothing, however its mean is rounded', () => {
  // 0.1 a thousand times sums to 99.9999999999986, so that each value "deviates" from the mean.
  expect(pearson(constant(0.1), constant(0.7))).toBeNaN();
  const codes = Int32Array.from({ length: 1000 }, (_, i) => i % 7);
  expect(correlationRatio(codes, 7, constant(1.43))).toBeNaN();
  const varies = Float64Array.from({ length: 1000 }, (_, i) => i);
  const { values } = associations([
    number('a', constant(0.1)),
    number('b', constant(0.7)),
    number('c', varies),
  ]);
  expect(values).toEqual([
    [1, NaN, NaN],
    [NaN, 1, NaN],
    [NaN, NaN, 1],
  ]);
  expect(foretells(category('codes', codes, 7), number('target', constant(0.1)))).toBeUndefined();
});

test('of too many columns the target stays, and those that are left out are named', () => {
  const columns = Array.from({ length: 62 }, (_, c) =>
    number(
      `c${c}`,
      Float64Array.from({ length: 3 }, (_, i) => i * c + (i % 2)),
    ),
  );
  const found = associations(columns, 'c61');
  expect(found.names).toEqual([...Array.from({ length: 59 }, (_, c) => `c${c}`), 'c61']);
  expect(found.leftOut).toEqual(['c59', 'c60']);
  expect(associations(columns).leftOut).toEqual(['c60', 'c61']);
});

test('a column of names against a target of names is not judged, and takes no memory', () => {
  const n = 140_001;
  const names = category(
    'name',
    Int32Array.from({ length: n }, (_, i) => i >> 1),
    70_001,
  );
  // 70,002 groups × 70,000 classes of four bytes would be 19.6 GB.
  const target = category(
    'target',
    Int32Array.from({ length: n }, (_, i) => i % 70_000),
    70_000,
  );
  expect(foretells(names, target)).toBeUndefined();
  expect(
    foretells(
      names,
      category(
        'ill',
        Int32Array.from({ length: n }, (_, i) => i & 1),
        2,
      ),
    ),
  ).toBeUndefined();
});
