import { expect, test } from 'vitest';
import { fail, ok } from '#lib/core/result.ts';
import type { Act } from '#lib/protocol/http.ts';
import { ActsState, actWords, detailWords } from './console-acts.svelte.ts';

const act = (sequence: number, change: Partial<Act> = {}): Act => ({
  sequence,
  at: 1_700_000_000_000 + sequence,
  by: 'coordinator 1a2b3c4d',
  act: 'started',
  federation: 'digits',
  detail: {},
  previous: '0'.repeat(64),
  hash: '1'.repeat(64),
  ...change,
});

test('acts come newest first, a page at a time, and are filtered by federation and by what they say', async () => {
  const all = Array.from({ length: 130 }, (_, i) =>
    act(130 - i, i === 3 ? { federation: 'hearts', act: 'live-moved', detail: { version: 12 } } : {}),
  );
  const asked: (number | undefined)[] = [];
  const state = new ActsState({
    acts: async (before, limit) => {
      asked.push(before);
      return ok(all.filter(({ sequence }) => sequence < (before ?? Infinity)).slice(0, limit));
    },
  });
  await state.load();
  expect([state.acts?.length, state.hasMore]).toEqual([100, true]);
  await state.load();
  expect([state.acts?.length, state.hasMore, asked]).toEqual([130, false, [undefined, 31]]);
  expect(state.federations).toEqual(['digits', 'hearts']);
  state.federation = 'hearts';
  expect(state.shown.map(({ sequence }) => sequence)).toEqual([127]);
  state.federation = '';
  state.filter = 'Version 12';
  expect(state.shown.map(({ sequence }) => sequence)).toEqual([127]);
});

test('a server that does not answer is said, and what was there stays', async () => {
  const error = { error: 'offline', message: 'The server does not answer.' };
  const state = new ActsState({ acts: async () => fail(error) });
  await state.load();
  expect([state.acts, state.trouble]).toEqual([undefined, error]);
});

test('an act is said in words, and what is secret or long is not', () => {
  expect(actWords('live-moved')).toBe('moved “live”');
  expect(actWords('something-new')).toBe('something new');
  expect(detailWords({ detail: { version: 12, participant: 'ab'.repeat(16) } })).toBe(
    'version 12, participant abababab…',
  );
  expect(detailWords({ detail: { session: 'x', created: 1, expires: 2 } })).toBe('');
});
