import * as v from 'valibot';
import { expect, test } from 'vitest';
import { ParticipantId } from '../ids.ts';
import { random } from '../random.ts';
import { parseTags } from '../tags.ts';
import { comeBackAfter, LEAST_AWAY_MS, MOST_AWAY_MS, roomFor } from './pace.ts';
import { inPickingOrder, notEligible, type SelectionTerms } from './select.ts';

const terms: SelectionTerms = {
  rules: {
    selection: {
      requiredTags: ['ward-3', 'icu'],
      minimumExamples: 50,
      deadlineShare: null,
      fairness: 'random',
    },
    reportingDeadlineMs: 600_000,
  },
  plan: { localEpochs: 3 },
};
const participant = (digit: string): ParticipantId => v.parse(ParticipantId, digit.repeat(32));
const candidates = ['a', 'b', 'c', 'd'].map((name) => ({
  participant: participant(name),
  name,
  examples: 10,
}));

const unmeasured = { examplesPerSecond: undefined };

test('a device is left out for too few rows or a missing tag, and told which', () => {
  expect(notEligible(terms, { examples: 49, tags: ['ward-3', 'icu'], ...unmeasured })).toBe(
    'This federation takes devices with at least 50 rows to train on, and this one has 49. Add more data.',
  );
  expect(notEligible(terms, { examples: 50, tags: ['icu', 'other'], ...unmeasured })).toBe(
    'This federation takes devices with the tag “ward-3”. If this device is meant, join again with it.',
  );
  expect(
    notEligible(terms, { examples: 50, tags: ['icu', 'ward-3', 'other'], ...unmeasured }),
  ).toBeUndefined();
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
      { round: 8, lastRoundOf: (one) => lastRound.get(one), trainingMsOf: () => undefined },
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
        { round: 8, lastRoundOf: (one) => lastRound.get(one), trainingMsOf: () => undefined },
        () => draw.next(),
      )
        .map((one) => one.name)
        .join(''),
    ),
  );
  expect(byChance.size).toBe(24);
});

test('a device is left out where its epochs over its rows last longer than the stated share of the deadline', () => {
  const { selection } = terms.rules;
  const half = {
    ...terms,
    rules: { ...terms.rules, selection: { ...selection, requiredTags: [], deadlineShare: 0.5 } },
  };
  // 3 epochs · 2,400 rows at 24 a second: 300 s, which is half of ten minutes; at 10 a second 720 s.
  const device = { examples: 2400, tags: [] };
  expect(notEligible(half, { ...device, examplesPerSecond: 24 })).toBeUndefined();
  expect(notEligible(half, { ...device, examplesPerSecond: 23.9 })).toMatch(/within 5 min, and this one/);
  expect(notEligible(half, { ...device, examplesPerSecond: 10 })).toBe(
    'This federation takes devices that train within 5 min, and this one would take about 12 min: 2400 rows, 3 times, at the 10 a second that were measured on this model. Another browser, or a faster computer that is plugged in, may do.',
  );
  expect(notEligible(half, { ...device, ...unmeasured })).toMatch(/did not say how fast it is. Reload/);
  const whole = {
    ...half,
    rules: { ...half.rules, selection: { ...selection, requiredTags: [], deadlineShare: 1 } },
  };
  expect(notEligible(whole, { ...device, examplesPerSecond: 12.5 })).toBeUndefined();
});

test('by speed, a device has its turn less often by as much as it is slower than the middle one, and none starves', () => {
  // a, b and c need 10 s, d four times as long, which is nobody's middle; e did not say.
  const everyone = [...candidates, { participant: participant('e'), name: 'e', examples: 10 }];
  const seconds = new Map([10, 10, 10, 40].map((ms, index) => [everyone[index]!.participant, ms]));
  const lastRound = new Map<ParticipantId, number>();
  const draw = random(2, 'by speed');
  const turns = new Map<string, number>();
  for (let round = 1; round <= 850; round += 1) {
    const order = inPickingOrder(
      everyone,
      'least-recent-by-speed',
      { round, lastRoundOf: (one) => lastRound.get(one), trainingMsOf: (one) => seconds.get(one) },
      () => draw.next(),
    );
    for (const one of order.slice(0, 2)) {
      lastRound.set(one.participant, round);
      turns.set(one.name, (turns.get(one.name) ?? 0) + 1);
    }
  }
  // 1,700 turns are shared as 4 : 4 : 4 : 1 : 4, so 400 and 100; waits are whole rounds, which rounds that a little.
  for (const name of ['a', 'b', 'c', 'e']) expect(turns.get(name)).toBeGreaterThan(380);
  expect(turns.get('d')).toBeGreaterThan(80);
  expect(turns.get('d')).toBeLessThan(130);
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
