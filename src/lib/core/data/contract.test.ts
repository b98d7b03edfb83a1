import * as v from 'valibot';
import { expect, test } from 'vitest';
import {
  classLabels,
  DataContract,
  type TableContract,
  encodedWidth,
  exampleShape,
  targetSize,
} from './contract.ts';
import { datasetVersion } from './dataset-version.ts';

const table: TableContract = {
  kind: 'table',
  columns: [
    {
      type: 'number',
      name: 'age',
      minimum: 0,
      maximum: 120,
      missingAllowed: false,
      mean: 50,
      standardDeviation: 10,
    },
    {
      type: 'number',
      name: 'pressure',
      minimum: null,
      maximum: null,
      missingAllowed: true,
      mean: 130,
      standardDeviation: 20,
    },
    { type: 'category', name: 'sex', categories: ['f', 'm'], missingAllowed: true },
  ],
  target: {
    type: 'classes',
    name: 'ill',
    classes: [
      { label: 'no', values: ['0'] },
      { label: 'yes', values: ['1', '2'] },
    ],
  },
};

test('a number is one value, two where it may be missing; a category is one for each', () => {
  expect(table.columns.map(encodedWidth)).toEqual([1, 2, 2]);
  expect(exampleShape(table)).toEqual([5]);
});

test('an image keeps its shape', () => {
  expect(exampleShape({ kind: 'image', height: 28, width: 20, channels: 3, classes: ['a', 'b'] })).toEqual([
    28, 20, 3,
  ]);
});

test('a class target has an output for each class, a number target one', () => {
  expect(classLabels(table)).toEqual(['no', 'yes']);
  expect(targetSize(table)).toBe(2);
  expect(
    targetSize({ ...table, target: { type: 'number', name: 'ill', mean: 0, standardDeviation: 1 } }),
  ).toBe(1);
});

test.each([
  ['a spread of zero', { ...table, columns: [{ ...table.columns[0], standardDeviation: 0 }] }],
  ['two columns of one name', { ...table, columns: [table.columns[0], table.columns[0]] }],
  ['one class only', { kind: 'image', height: 8, width: 8, channels: 1, classes: ['a'] }],
  ['two classes of one name', { kind: 'image', height: 8, width: 8, channels: 1, classes: ['a', 'a'] }],
  ['a side of zero', { kind: 'image', height: 0, width: 8, channels: 1, classes: ['a', 'b'] }],
  ['a field nobody knows', { ...table, extra: 1 }],
])('a contract with %s is refused', (_, contract) => {
  expect(v.safeParse(DataContract, contract).success).toBe(false);
});

test('a dataset version depends on contract and examples, not on chunks nor on the order of the contract’s keys', () => {
  const hashes = Uint32Array.from([1, 2, 3, 4, 5, 6]);
  const version = datasetVersion(table).add(hashes).finish();
  expect(datasetVersion(table).add(hashes.subarray(0, 2)).add(hashes.subarray(2)).finish()).toBe(version);
  const reordered: DataContract = { target: table.target, columns: table.columns, kind: 'table' };
  expect(datasetVersion(reordered).add(hashes).finish()).toBe(version);
  expect(datasetVersion(table).add(hashes.toReversed()).finish()).not.toBe(version);
  expect(
    datasetVersion({ ...table, columns: table.columns.slice(1) })
      .add(hashes)
      .finish(),
  ).not.toBe(version);
});
