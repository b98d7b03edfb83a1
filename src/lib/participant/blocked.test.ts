import { expect, test } from 'vitest';
import { spoken } from '../core/spoken-duration.ts';
import { blockSentence, createBlockList, type Block } from './blocked.ts';

const every: readonly Block[] = [
  { reason: 'excluded', detail: 'Its data counts twice.' },
  { reason: 'diverged', detail: 'Parameter 3 is no longer a number.' },
  { reason: 'storage-full', neededBytes: undefined, freeBytes: undefined },
  { reason: 'oom', message: 'Not enough memory for this model here.' },
  { reason: 'gpu-lost', message: 'The graphics device was reset. Continuing on CPU, slower.' },
  { reason: 'frozen-back', gapMs: 130_000 },
  { reason: 'late', round: 13, cause: 'deadline' },
  { reason: 'offline', closesAt: null, work: null },
  { reason: 'other-tab' },
  { reason: 'federation-paused' },
  { reason: 'user-paused' },
];

test('of several reasons the first of the list is shown, with who did it and since when', () => {
  let now = 1_000;
  const blocks = createBlockList(() => now);
  const shown: (string | undefined)[] = [];
  for (const block of every) {
    now += 10;
    blocks.set(block);
    shown.push(blocks.first(now)?.reason);
  }
  // Each is set after every one of less weight: it takes the place at once.
  expect(shown).toEqual(every.map((block) => block.reason));
  expect(blocks.first(now)).toMatchObject({ actor: 'you', since: 1_110 });
  blocks.clear('user-paused', 'federation-paused');
  expect(blocks.first(now)?.reason).toBe('other-tab');
});

test('a reason that is set again keeps its time', () => {
  let now = 5;
  const blocks = createBlockList(() => now);
  blocks.set({ reason: 'other-tab' });
  now = 500;
  blocks.set({ reason: 'other-tab' });
  expect(blocks.first(now)?.since).toBe(5);
});

test('each reason has a sentence that ends as one and blames nobody', () => {
  for (const block of every) {
    const sentence = blockSentence(block, 0, 0);
    expect(sentence).toMatch(/^[A-Z].*[.”]$/);
    expect(sentence).not.toMatch(/!|oops|undefined|null/i);
  }
});

test('durations are said as a person says them', () => {
  expect([0, 40_000, 190_000, 7_300_000].map(spoken)).toEqual(['1 s', '40 s', '3 min', '2 h']);
});
