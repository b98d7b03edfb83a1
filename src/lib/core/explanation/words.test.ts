import { expect, test } from 'vitest';
import type { TableContract } from '../data/contract.ts';
import { lineEffects } from './line-effects.ts';
import { markedText } from './marked-text.ts';
import { wordsByLime } from './words-by-lime.ts';

const terms = ['good', 'bad', 'film', 'very good'];
const contract: TableContract = {
  kind: 'table',
  columns: [
    {
      type: 'number',
      name: 'n',
      minimum: null,
      maximum: null,
      missingAllowed: false,
      mean: 0,
      standardDeviation: 1,
    },
    { type: 'terms', name: 't', terms, slots: 3 },
  ],
  target: { type: 'number', name: 'y', mean: 0, standardDeviation: 1 },
};

test('of a line, each column and each word adds what it adds, from the mean row and the empty text', () => {
  const line = { weights: Float64Array.of(2, 1, -1, 0.5, 3), intercept: 0.25 };
  const told = lineEffects(
    contract,
    line,
    Float32Array.of(1.5, 1, 2, 2, 4, 0, 0),
    Float32Array.of(0.5, 0, 0, 0, 0, 0, 0),
  );
  expect(told.base).toBe(0.25 + 2 * 0.5);
  expect([...told.effects]).toEqual([2 * (1.5 - 0.5), -1 * 2 + 0.5 * 4]);
  // 0.25 + 2·1.5 − 1·2 + 0.5·4
  expect(told.score).toBe(3.25);
  expect(told.words).toEqual([
    {
      column: 't',
      words: [
        { term: 'bad', effect: -2 },
        { term: 'film', effect: 2 },
      ],
    },
  ]);
});

test('LIME over words finds the words that a model looks at, and how well a line tells it', () => {
  const many = Array.from({ length: 40 }, (_, at) => `w${at}`);
  const row = Float32Array.from({ length: 80 }, (_, at) => (at % 2 === 0 ? at / 2 : 1));
  // It looks at whether w3 and w7 are there, and at nothing else.
  const score = (rows: Float32Array, count: number): Float64Array =>
    Float64Array.from({ length: count }, (_, at) => {
      const own = rows.subarray(at * 80, (at + 1) * 80);
      return (own[2 * 3 + 1]! > 0 ? 0.5 : 0) - (own[2 * 7 + 1]! > 0 ? 0.3 : 0);
    });
  const { words, fidelity } = wordsByLime(score, row, {
    place: { name: 't', from: 0, to: 80 },
    terms: many,
    seed: 1,
  });
  expect(words.slice(0, 2).map(({ term }) => term)).toEqual(['w3', 'w7']);
  expect(words[0]!.effect).toBeGreaterThan(0.4);
  expect(words[1]!.effect).toBeLessThan(-0.2);
  expect(Math.abs(words[2]!.effect)).toBeLessThan(0.05);
  expect(fidelity).toBeGreaterThan(0.9);
});

test('marks stand on the words where they stood, and the parts together are the text', () => {
  const text = 'Very GOOD!  A film, not bad.';
  const parts = markedText(
    text,
    [
      { term: 'good', effect: 1 },
      { term: 'very good', effect: 0.5 },
      { term: 'bad', effect: -2 },
    ],
    { of: 'words', longest: 2 },
  );
  expect(parts.map((part) => part.text).join('')).toBe(text);
  expect(parts.filter(({ effect }) => effect !== 0)).toEqual([
    { text: 'Very', effect: 0.25 },
    { text: 'GOOD', effect: 1.25 },
    { text: 'bad', effect: -2 },
  ]);
  const runs = markedText(
    'a bad cat',
    [
      { term: ' ba', effect: 1 },
      { term: 'ad ', effect: 2 },
    ],
    { of: 'letters', longest: 3 },
  );
  expect(runs.find((part) => part.text === 'bad')?.effect).toBe(3);
});
