import { expect, test } from 'vitest';
import type { DataContract } from '../core/data/contract.ts';
import { readClusters, readPrediction } from './predictions.ts';

test('classes come most likely first', () => {
  const contract: DataContract = {
    kind: 'image',
    height: 1,
    width: 1,
    channels: 1,
    classes: ['cat', 'dog', 'owl'],
  };
  const read = readPrediction(contract, [0.1, 0.7, 0.2]);
  expect(read.type === 'classes' && read.ranked.map((one) => one.label)).toEqual(['dog', 'owl', 'cat']);
});

test('a predicted number comes back in the unit of the target: 2 · 10 + 50 = 70', () => {
  const contract: DataContract = {
    kind: 'table',
    columns: [
      {
        type: 'number',
        name: 'area',
        minimum: null,
        maximum: null,
        missingAllowed: false,
        mean: 0,
        standardDeviation: 1,
      },
    ],
    target: { type: 'number', name: 'price', mean: 50, standardDeviation: 10 },
  };
  expect(readPrediction(contract, [2])).toEqual({ type: 'number', name: 'price', value: 70 });
});

test('clusters come nearest first, counted from 1, in standard deviations: √4, √0.25, √9', () => {
  expect(readClusters([4, 0.25, 9])).toEqual({
    type: 'clusters',
    ranked: [
      { number: 2, distance: 0.5 },
      { number: 1, distance: 2 },
      { number: 3, distance: 3 },
    ],
  });
});
