import { expect, test } from 'vitest';
import { FromAddress, type FetchPort } from './from-address.svelte.ts';

test('a fetched file is one that was chosen; a refusal is told, and cancelling is none', async () => {
  let closed = 0;
  const states: (string | undefined)[] = [];
  let answer: FetchPort['fetch'] = (_, onBytes) => {
    onBytes(2048, 4096);
    states.push(from.fetching?.message);
    return Promise.resolve({ name: 'a.csv', blob: new Blob(['a,b\n']), note: 'It came from elsewhere.' });
  };
  const from = new FromAddress(() =>
    Promise.resolve({ fetch: (...all) => answer(...all), close: () => void (closed += 1) }),
  );
  const file = await from.fetch();
  expect(file).toMatchObject({ path: 'a.csv', file: { name: 'a.csv', size: 4 } });
  expect(states).toEqual(['2.0 kB are here']);
  expect(from).toMatchObject({ note: 'It came from elsewhere.', problem: null, fetching: null });

  answer = () => Promise.reject(new Error('There is no such file.'));
  expect(await from.fetch()).toBeUndefined();
  expect(from).toMatchObject({ note: null, problem: 'There is no such file.' });

  answer = (_, __, signal) =>
    new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason as Error));
      from.cancel();
    });
  expect(await from.fetch()).toBeUndefined();
  expect(from).toMatchObject({ problem: null, fetching: null });

  answer = () => {
    from.cancel();
    return Promise.resolve({ name: 'a.csv', blob: new Blob(['a,b\n']), note: undefined });
  };
  expect(await from.fetch()).toBeUndefined();
  expect(closed).toBe(4);
});
