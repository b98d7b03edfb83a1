import * as v from 'valibot';
import { expect, test } from 'vitest';
import { ParticipantId } from '../ids.ts';
import { random } from '../random.ts';
import { parseTags } from '../tags.ts';
import { comeBackAfter, LEAST_AWAY_MS, MOST_AWAY_MS, roomFor } from './pace.ts';
import { inPickingOrder, notEligible } from './select.ts';

const rules = { requiredTags: ['ward-3', 'icu'], minimumExamples: 50, fairness: 'random' as const };
const participant = (digit: string): ParticipantId => v.parse(ParticipantId, digit.repeat(32));
const candidates = ['a', 'b', 'c', 'd'].map((name) => ({
  participant: participant(name),
  name,
  examples: 10,
}));

test('a device is left out for too few rows or a missing tag, and told which', () => {
  expect(notEligible(rules, { examples: 49, tags: ['ward-3', 'icu'] })).toBe(
    'This federation takes devices with at least 50 rows to train on, and this one has 49. Add more data.',
  );
  expect(notEligible(rules, { examples: 50, tags: ['icu', 'other'] })).toBe(
    'This federation takes devices with the tag “ward-3”. If this device is meant, join again with it.',
  );
  expect(notEligible(rules, { examples: 50, tags: ['icu', 'ward-3', 'other'] })).toBeUndefined();
});

test('who took part longest ago or never comes first, and chance decides between equals', () => {
  const lastRound = new Map([
    [participant('a'), 7],
    [participant('b'), 3],
  ]);
  const firsts = new Set<string>();
  const draw = random(1, 'order');
  for (let time = 0; time < 40; time += 1) {
    const order = inPickingOrder(
      candidates,
      'least-recent',
      (one) => lastRound.get(one),
      () => draw.next(),
    ).map((one) => one.name);
    expect(order.slice(2)).toEqual(['b', 'a']);
    firsts.add(order[0]!);
  }
  expect([...firsts].sort()).toEqual(['c', 'd']);
  const byChance = new Set(
    Array.from({ length: 200 }, () =>
      inPickingOrder(
        candidates,
        'random',
        (one) => lastRound.get(one),
        () => draw.next(),
      )
        .map((one) => one.name)
        .join(''),
    ),
  );
  expect(byChance.size).toBe(24);
});

test('a device is asked back once in as many rounds as it takes to have all their turn, each at another moment', () => {
  // 100 devices, 10 a round of a minute: every ten minutes on average, between 5 and 15.
  const demand = { taken: 10, population: 100, roundMs: 60_000 };
  expect([0, 0.5, 1].map((draw) => comeBackAfter(demand, draw))).toEqual([300_000, 600_000, 900_000]);
  // Never sooner than 10 s, however short a round, nor later than an hour.
  expect(comeBackAfter({ taken: 10, population: 11, roundMs: 20 }, 0)).toBe(LEAST_AWAY_MS);
  expect(comeBackAfter({ taken: 1, population: 1e6, roundMs: 1e6 }, 1)).toBe(MOST_AWAY_MS);
  expect([roomFor(13, 3), roomFor(10, 1.1), roomFor(1, 1)]).toEqual([39, 11, 1]);
});

test('tags are typed as words with commas between them', () => {
  expect(parseTags(' Ward-3, icu,,ward-3 ')).toEqual(['ward-3', 'icu']);
  expect(parseTags('')).toEqual([]);
  expect(parseTags('ward 3')).toBeUndefined();
  expect(parseTags(Array.from({ length: 21 }, (_, index) => `t${index}`).join())).toBeUndefined();
});
