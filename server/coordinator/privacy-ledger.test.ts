import { expect, test } from 'vitest';
import { participantIdOf } from '#lib/core/digest.ts';
import { costOf, epsilonOf } from '#lib/core/privacy/budget.ts';
import type { Noised } from '#lib/core/privacy/rules.ts';
import { noiseOfSurveys } from '#lib/core/statistics/rules.ts';
import { PrivacyLedger } from './privacy-ledger.ts';

const central: Noised = { type: 'central', clipNorm: 1, noiseMultiplier: 2, delta: 1e-5, epsilon: 8 };
const distributed: Noised = { ...central, type: 'distributed' };
const [one, other] = [participantIdOf(new Uint8Array(32)), participantIdOf(new Uint8Array(32).fill(1))];

test('from the first release of Skellam noise on all that a device lost is accounted for by what holds of that, also after a restart', () => {
  const ledger = new PrivacyLedger([]);
  const journal: { type: string; payload: unknown }[] = [];
  const release = (round: number, privacy: Noised): void => {
    const charge = ledger.charge({ round, run: round }, [one], privacy)!;
    journal.push({ type: charge.type, payload: JSON.parse(JSON.stringify(charge.payload)) });
    charge.settle();
  };
  release(1, central);
  expect(ledger.mostAt(1e-5)).toBe(epsilonOf(1 / 4, 1e-5, 'central'));
  release(2, distributed);
  const spent = costOf(central) + costOf(distributed);
  const lost = epsilonOf(spent, 1e-5, 'distributed');
  expect(lost).toBeGreaterThan(epsilonOf(spent, 1e-5, 'central'));
  expect(ledger.mostAt(1e-5)).toBe(lost);
  expect(journal[1]!.payload).toMatchObject({ mechanism: 'distributed', epsilon: lost });
  // Eleven releases of the server's noise are within the budget, and nine where any was another.
  for (let round = 3; round <= 9; round += 1) release(round, central);
  expect(ledger.charge({ round: 10, run: 10 }, [one], central)).toBeUndefined();
  expect(ledger.affords(other, central)).toBe(true);
  const again = new PrivacyLedger(journal as never);
  expect(again.mostAt(1e-5)).toBe(ledger.mostAt(1e-5));
  expect(again.affords(one, central)).toBe(false);
});

test('a survey and a round that were both said to fit do, whichever is charged first, and no more than those', () => {
  const rounds: readonly Noised[] = [
    central,
    { ...central, type: 'local' },
    // Drawn rounds cost little, and a survey beside them a whole release.
    { ...central, samplingRate: 0.2, noiseMultiplier: 1.2 },
  ];
  for (const round of rounds) {
    const survey = noiseOfSurveys(round)!;
    for (const order of [
      [round, survey],
      [survey, round],
    ]) {
      const ledger = new PrivacyLedger([]);
      const charge = (privacy: Noised): boolean => {
        const charged = ledger.charge({ round: 1, run: 1 }, [one], privacy);
        charged?.settle();
        return charged !== undefined;
      };
      let before = 0;
      for (; ledger.affords(one, round, [survey, round]); before += 1) expect(charge(round)).toBe(true);
      expect(before).toBeGreaterThan(1);
      expect(ledger.affords(one, round, [survey])).toBe(true);
      expect(ledger.affords(one, survey, [round])).toBe(true);
      expect(order.map(charge)).toEqual([true, true]);
      expect(ledger.affords(one, survey)).toBe(false);
    }
  }
});
