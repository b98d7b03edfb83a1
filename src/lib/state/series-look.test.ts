import { expect, test } from 'vitest';
import type { DatasetAnswer, DatasetQuestion } from '../workers/ingest-messages.ts';
import { SeriesLook } from './series-look.svelte.ts';

test('names are those of the column that is chosen, whichever answer comes first, and none where it was refused', async () => {
  const waiting = new Map<string, (answer: DatasetAnswer) => void>();
  const ask = (question: DatasetQuestion): Promise<DatasetAnswer> => {
    const by = question.type === 'series' ? (question.by ?? '') : '';
    if (by === 'day') return Promise.reject(new Error('“day” has more than 1,000 values.'));
    return new Promise((resolve) => waiting.set(by, resolve));
  };
  const look = new SeriesLook('set', () => Promise.resolve({ ask }));
  const shown = (by: string) => look.shown({ column: 'visits', by, of: null });
  const answer = (by: string, names: readonly string[]) =>
    waiting.get(by)?.({ type: 'series', shown: { names, name: names[0] ?? '', view: {} as never } });
  const both = [shown('shop'), shown('town')];
  await Promise.resolve();
  answer('town', ['Bern']);
  answer('shop', ['north', 'south']);
  await Promise.all(both);
  expect(look.names('town')).toEqual(['Bern']);
  expect(look.names('shop')).toEqual(['north', 'south']);
  await expect(shown('day')).rejects.toThrow('more than 1,000');
  expect(look.names('day')).toEqual([]);
  expect(look.names(null)).toEqual([]);
});
