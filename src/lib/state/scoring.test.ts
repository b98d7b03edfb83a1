import { expect, test } from 'vitest';
import type { Tally } from '../core/metrics/tally.ts';
import type { ModelChoice } from './model-choice.ts';
import { Scoring } from './scoring.svelte.ts';

const model = (id: string): ModelChoice => ({
  id,
  title: id,
  network: {
    inputShape: [1],
    layers: [{ type: 'dense', units: 2, activation: 'softmax', useBias: true }],
    loss: 'categorical-crossentropy',
  },
  source: { type: 'local', id },
});
const tally: Tally = { type: 'classification', count: 4, lossSum: 2, confusion: [2, 0, 1, 1] };

test('a model is scored once a dataset, and its figures come from the tally: 3 of 4 right', async () => {
  const asked: string[] = [];
  const scoring = new Scoring({
    ask: async (_name, request) => {
      asked.push(JSON.stringify(request));
      return tally as never;
    },
  });
  await scoring.run('data', [model('a'), model('b')]);
  await scoring.run('data', [model('a')]);
  expect(asked.length).toBe(2);
  expect(scoring.value('data', 'a', 'accuracy')).toBe(0.75);
  expect(scoring.value('other', 'a', 'accuracy')).toBeUndefined();
});

test('the first failure ends the row and is told', async () => {
  const scoring = new Scoring({ ask: () => Promise.reject(new Error('No connection.')) });
  await scoring.run('data', [model('a'), model('b')]);
  expect(scoring.trouble?.message).toBe('No connection.');
  expect(scoring.running).toBeNull();
});
