import { expect, test } from 'vitest';
import { namedBy, settingsName, settingsWords } from './tuning-words.ts';

test('settings are called by what tells them apart, and alone by all that they are', () => {
  const one = { learningRate: 0.1, localEpochs: 1, batchSize: 10 };
  const among = [one, { ...one, learningRate: 0.3 }, { ...one, batchSize: 40 }];
  expect(settingsWords(one)).toBe('learning rate 0.1, 1 epoch, batches of 10');
  expect(settingsWords(one, among)).toBe('learning rate 0.1, batches of 10');
  expect(settingsName(one, among)).toBe('0.1 · 10');
  expect(namedBy(among)).toBe('learning rate · batch size');
});
