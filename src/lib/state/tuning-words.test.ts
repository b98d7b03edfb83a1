import { expect, test } from 'vitest';
import { populationLines } from './population-lines.ts';
import { chartedSettings, namedBy, settingsName, settingsWords } from './tuning-words.ts';

test('settings are called by what tells them apart, and alone by all that they are', () => {
  const one = { learningRate: 0.1, localEpochs: 1, batchSize: 10 };
  const among = [one, { ...one, learningRate: 0.3 }, { ...one, batchSize: 40 }];
  expect(settingsWords(one)).toBe('learning rate 0.1, 1 epoch, batches of 10');
  expect(settingsWords(one, among)).toBe('learning rate 0.1, batches of 10');
  expect(settingsName(one, among)).toBe('0.1 · 10');
  expect(namedBy(among)).toBe('learning rate · batch size');
});

test('of more settings than a chart has colours the likeliest seven are charted, in their order', () => {
  const chances = [0.05, 0.2, 0.1, 0.1, 0.3, 0.02, 0.08, 0.07, 0.08].map((chance) => ({ chance }));
  expect(chartedSettings(chances)).toEqual([1, 2, 3, 4, 6, 7, 8]);
  expect(chartedSettings(chances.slice(0, 2))).toEqual([0, 1]);
});

test('a population is charted by where it lies, for each setting that its members ever differed in', () => {
  const of = (...rates: number[]) =>
    rates.map((learningRate) => ({ learningRate, localEpochs: 1, batchSize: 10 }));
  const charts = populationLines([
    { version: 1, tuning: of(0.01, 1, 0.1) },
    { version: 2, tuning: of(0.1, 0.2, 0.1) },
  ]);
  expect(charts.map(({ title }) => title)).toEqual(['learning rate']);
  expect(charts[0]?.series.map(({ name, points }) => [name, ...points.map(({ y }) => y)])).toEqual([
    ['highest', 1, 0.2],
    ['middle', 0.1, 0.1],
    ['lowest', 0.01, 0.1],
  ]);
});
