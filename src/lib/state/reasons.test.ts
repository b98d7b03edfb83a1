// Reasons asked of a model that answers later: they add up to what it says, and look at what it looks at.
import { expect, test } from 'vitest';
import type { ImageContract, TableContract } from '../core/data/contract.ts';
import { reasonsFor } from './reasons.ts';

const table: TableContract = {
  kind: 'table',
  columns: [
    {
      type: 'number',
      name: 'age',
      minimum: null,
      maximum: null,
      missingAllowed: true,
      mean: 50,
      standardDeviation: 10,
    },
    { type: 'category', name: 'ward', categories: ['north', 'south'], missingAllowed: false },
  ],
  target: { type: 'number', name: 'days', mean: 8, standardDeviation: 2 },
};

test('columns add up to the answer in its own units, from a row of the contract’s means on', async () => {
  // 3·age − 1·[south], encoded.
  const reasons = await reasonsFor(table, Float32Array.of(0.5, 0, 0, 1), 0, async (rows, count) =>
    Float32Array.from({ length: count }, (_, at) => 3 * rows[at * 4]! - rows[at * 4 + 3]!),
  );
  expect(reasons).toEqual({
    type: 'columns',
    of: 'days',
    base: 8,
    score: 9,
    effects: [
      { column: 'age', effect: 3 },
      { column: 'ward', effect: -2 },
    ],
  });
});

test('of a picture, the part that the answer hangs on is where covering it costs most', async () => {
  const contract: ImageContract = {
    kind: 'image',
    height: 8,
    width: 8,
    channels: 1,
    classes: ['dark', 'light'],
  };
  const pixels = new Uint8Array(64).fill(20);
  pixels[2 * 8 + 5] = 250;
  let most = 0;
  const reasons = await reasonsFor(contract, pixels, 1, async (pictures, count) => {
    most = Math.max(most, count);
    return Float32Array.from({ length: 2 * count }, (_, at) => {
      const share = pictures[(at >> 1) * 64 + 21]! / 255;
      return at % 2 === 1 ? share : 1 - share;
    });
  });
  if (reasons.type !== 'picture') throw new Error('It is a picture.');
  expect(reasons.map[21]).toBe(1);
  expect(reasons.map[0]).toBe(0);
  expect(most).toBeLessThanOrEqual(512);
});
