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
  const reasons = await reasonsFor(
    table,
    { features: Float32Array.of(0.5, 0, 0, 1) },
    0,
    async (rows, count) =>
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
    texts: [],
  });
});

test('a text is a column among the others, and its words are asked about in the text itself, however long it is', async () => {
  const contract: TableContract = {
    ...table,
    columns: [{ type: 'text', name: 'letter', missingAllowed: true }, table.columns[0]!],
  };
  const others = Array.from({ length: 200 }, (_, at) => `word${at}`).join(' ');
  const letter = `Well, ${others}: never ill!`;
  // 2·[“well” is there] − 1·[“ill” is there] + 3·age; the model takes a text as it stands.
  const asked = async (rows: ArrayLike<number>, count: number, texts: readonly (readonly string[])[] = []) =>
    Float32Array.from({ length: count }, (_, at) => {
      const words: readonly string[] = texts[0]?.[at]?.toLowerCase().match(/\w+/g) ?? [];
      return (words.includes('well') ? 2 : 0) - (words.includes('ill') ? 1 : 0) + 3 * rows[at * 2]!;
    });
  const reasons = await reasonsFor(
    contract,
    { features: Float32Array.of(0.5, 0), texts: [letter] },
    0,
    asked,
  );
  if (reasons.type !== 'columns') throw new Error('It is a row.');
  expect(reasons).toMatchObject({ base: 8, score: 8 + 2 * 2.5 });
  expect(reasons.effects).toEqual([
    { column: 'age', effect: 3 },
    { column: 'letter', effect: 2 },
  ]);
  const [{ effects, parts } = { effects: undefined, parts: [] }] = reasons.texts;
  expect(effects?.words.slice(0, 2)).toEqual([
    { term: 'well', effect: expect.closeTo(4, 0) },
    { term: 'ill', effect: expect.closeTo(-2, 0) },
  ]);
  expect(parts.map(({ text }) => text).join('')).toBe(letter);
  expect(parts.find(({ text }) => text === 'ill')?.effect).toBeLessThan(-1);
  expect(Math.abs(parts.find(({ text }) => text === 'word7')?.effect ?? 1)).toBeLessThan(0.3);

  const empty = await reasonsFor(contract, { features: Float32Array.of(0.5, 0), texts: [''] }, 0, asked);
  expect(empty).toMatchObject({ score: 11, texts: [] });
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
  const reasons = await reasonsFor(contract, { features: pixels }, 1, async (pictures, count) => {
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
