// Whole rounds on the real member, the real attempt and the real recovery, with deaths at every stage.
import { describe, expect, test } from 'vitest';
import { nodePrimitives } from '../../../../test/doubles/node-primitives.ts';
import { playSum, type Death, type Played } from '../../../../test/support/play-sum.ts';
import {
  answersOf,
  knownAnswers,
  maskDigest,
  maskDigests,
} from '../../../../test/golden/secure-sum-answers.ts';
import { random } from '../random.ts';
import { neighbourhoodOf, type Layout } from './neighbourhood.ts';
import { webPrimitives } from './primitives.ts';

const deaths: readonly Death[] = [
  'before-advertising',
  'after-advertising',
  'after-drawing',
  'after-sharing',
  'before-masking',
  'half-an-upload',
  'after-masking',
  'after-consenting',
];

/** Of few devices a ring: each with the two on either side, of whom one must share keys, and one must stay. */
const smallRings: Layout = (roster, expected) =>
  roster < 6 ? neighbourhoodOf(roster, expected) : { neighbours: 4, threshold: 2, arrived: 1, stay: 1 };

test('the known answers of the specification, by WebCrypto and by the double', async () => {
  expect(await answersOf(webPrimitives)).toEqual(knownAnswers);
  expect(await answersOf(nodePrimitives)).toEqual(knownAnswers);
});

test.each([3, 4, 5, 6, 8, 32] as const)('masks of %i bits are these words', async (bits) => {
  expect(await maskDigest(bits, webPrimitives)).toBe(maskDigests[bits]);
  expect(await maskDigest(bits, nodePrimitives)).toBe(maskDigests[bits]);
});

describe('1,000 random rounds with deaths at every stage', () => {
  test('give the exact sum of those who are in it, or end for an allowed reason, and never a wrong sum', async () => {
    const draws = random(1, 'rounds of secure sums');
    const ends = new Map<string, number>();
    const diedIn = new Map<Death | null, number>();
    let refused = 0;
    for (let round = 0; round < 1000; round += 1) {
      // Small cohorts more often: work grows with the square.
      const devices = 3 + Math.min(draws.below(9), draws.below(9), draws.below(9), draws.below(9));
      const mortality = draws.next() * 0.8;
      const played = await playSum({
        seed: round,
        devices,
        bits: ([3, 4, 5, 6, 8, 32] as const)[draws.below(6)]!,
        words: 1 + draws.below(40),
        tail: draws.below(3),
        profile: draws.next() < 0.5 ? 'standard' : 'lenient',
        deathOf: () => (draws.next() < mortality ? deaths[draws.below(deaths.length)]! : null),
        liesInAnswer: () => draws.next() < 0.03,
        primitives: nodePrimitives,
        least: 2,
        ...(draws.next() < 0.5 ? { layout: smallRings } : {}),
      });
      refused += played.refused;
      for (const death of played.deaths) diedIn.set(death, (diedIn.get(death) ?? 0) + 1);
      ends.set(played.end, (ends.get(played.end) ?? 0) + 1);
      expect(played, `round ${round}`).toMatchObject({ wrong: false });
    }
    // The interesting states were reached.
    expect([...ends.keys()].sort()).toEqual([
      'answered too few',
      'consented too few',
      'exact',
      'keys too few',
      'nonces too few',
      'shares too few',
      'shares unfit',
      'vectors too few',
    ]);
    expect(ends.get('exact')).toBeGreaterThan(300);
    for (const death of deaths) expect(diedIn.get(death)).toBeGreaterThan(50);
    expect(refused).toBeGreaterThan(10);
  });

  test('of a hundred and one devices, as their ring is laid out', async () => {
    const played = await playSum({
      seed: 5,
      devices: 101,
      bits: 8,
      words: 9,
      tail: 2,
      profile: 'lenient',
      deathOf: (slot) => (slot % 11 === 3 ? deaths[3 + (slot % 5)]! : null),
      liesInAnswer: (slot) => slot === 50,
      primitives: nodePrimitives,
      least: 5,
    });
    expect(played).toMatchObject({ end: 'exact', wrong: false, refused: 0 });
  });

  test('by WebCrypto too', async () => {
    const ends: Played['end'][] = [];
    for (let seed = 0; seed < 12; seed += 1) {
      const played = await playSum({
        seed,
        devices: 6,
        bits: 8,
        words: 9,
        tail: 2,
        profile: 'standard',
        deathOf: (slot) => (slot === seed % 6 ? deaths[seed % deaths.length]! : null),
        liesInAnswer: () => false,
        primitives: webPrimitives,
        least: 5,
      });
      expect(played.wrong).toBe(false);
      ends.push(played.end);
    }
    expect(new Set(ends)).toEqual(new Set(['exact']));
  });
});
