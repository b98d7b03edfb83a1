import * as v from 'valibot';
import { expect, test } from 'vitest';
import { ParticipantId } from '#lib/core/ids.ts';
import { refusalSentence, type UpdateRefusal } from '#lib/protocol/refusals.ts';
import { Reputation, HALF_LIFE_MS, MOST_SCORE } from './reputation.ts';

const [ada, bob] = ['a', 'b'].map((digit) => v.parse(ParticipantId, digit.repeat(32))) as [
  ParticipantId,
  ParticipantId,
];
const opened = () => {
  const clock = { at: 0, monotonic: () => clock.at };
  return { clock, reputation: new Reputation(clock) };
};
const times = (count: number, work: () => void): void => {
  for (let index = 0; index < count; index += 1) work();
};

test('what weighs on a participant halves in half an hour, and weighs on nobody else', () => {
  const { clock, reputation } = opened();
  times(4, () => reputation.note(ada, 'unusable-update'));
  expect(reputation.standings()).toEqual([{ participant: ada, score: 8, awayMs: null }]);
  clock.at = HALF_LIFE_MS;
  reputation.note(bob, 'malformed');
  expect(reputation.standings()).toEqual([
    { participant: ada, score: 4, awayMs: null },
    { participant: bob, score: 1, awayMs: null },
  ]);
  clock.at = 20 * HALF_LIFE_MS;
  expect(reputation.standings()).toEqual([]);
});

test('who weighs too much is away until half of that is left, and the longer the more it weighs', () => {
  const { clock, reputation } = opened();
  times(5, () => reputation.note(ada, 'unusable-update'));
  expect(MOST_SCORE).toBe(10);
  // From 10 down to 5: one half-life; from 20: two.
  expect(reputation.awayMs(ada)).toBe(HALF_LIFE_MS);
  times(10, () => reputation.note(bob, 'unusable-update'));
  expect(reputation.awayMs(bob)).toBe(2 * HALF_LIFE_MS);
  clock.at = HALF_LIFE_MS - 1;
  expect(reputation.awayMs(ada)).toBeGreaterThan(0);
  clock.at = HALF_LIFE_MS;
  expect(reputation.awayMs(ada)).toBeNull();
  // Let in again with 5, it is away after three more.
  times(2, () => reputation.note(ada, 'unusable-update'));
  expect(reputation.awayMs(ada)).toBeNull();
  reputation.note(ada, 'unusable-update');
  expect(reputation.awayMs(ada)).toBeGreaterThan(0);
});

test('a device that loses a round in two minutes is never away', () => {
  const { clock, reputation } = opened();
  for (let round = 0; round < 1_000; round += 1) {
    clock.at += 2 * 60_000;
    reputation.note(ada, 'abandoned-round');
    expect(reputation.awayMs(ada)).toBeNull();
  }
});

test('updates that cannot be used count, and those that came too late do not', () => {
  const { reputation } = opened();
  const reply = (refusal: UpdateRefusal) =>
    reputation.noteReply(ada, { type: 'refused', refusal, message: refusalSentence(refusal) });
  reply({ kind: 'round-closed', round: 1, current: 2 });
  reply({ kind: 'not-in-cohort', round: 1 });
  reputation.noteReply(ada, undefined);
  expect(reputation.standings()).toEqual([]);
  reply({ kind: 'not-finite', index: 3 });
  expect(reputation.standings()).toEqual([{ participant: ada, score: 2, awayMs: null }]);
});
