import { expect, test } from 'vitest';
import { random } from '../random.ts';
import { afterRound, drawnConfiguration, firstFedex, type FedexReport } from './fedex.ts';

test('a round by hand: the configuration of the lower loss becomes likelier, by √(2 ln 2) of its gradient', () => {
  const first = firstFedex(2);
  const after = afterRound(first, [
    { configuration: 0, loss: 1, rows: 10 },
    { configuration: 1, loss: 3, rows: 10 },
  ]);
  // Against the mean of 2: gradients 10 (1 − 2)/(20 · 0.55) and as much above 0; over the steepest, ∓√(2 ln 2).
  const step = Math.sqrt(2 * Math.LN2);
  const odds = Math.exp(2 * step);
  expect(after.chances[0]! / after.chances[1]!).toBeCloseTo(odds, 10);
  expect(after.rounds).toBe(1);
  // A device that measures alone is held against this round's mean.
  const later = afterRound(after, [{ configuration: 1, loss: 1, rows: 5 }]);
  expect(later.chances[1]!).toBeGreaterThan(after.chances[1]!);
});

test('devices with more rows count for more, and what is no number moves nothing', () => {
  const first = firstFedex(2);
  const reports: FedexReport[] = [
    { configuration: 0, loss: Number.NaN, rows: 10 },
    { configuration: 1, loss: 1, rows: 0 },
  ];
  expect(afterRound(first, reports)).toBe(first);
  const few = afterRound(first, [
    { configuration: 0, loss: 1, rows: 1 },
    { configuration: 0, loss: 4, rows: 9 },
    { configuration: 1, loss: 2, rows: 10 },
  ]);
  expect(few.chances[1]!).toBeGreaterThan(few.chances[0]!);
  expect(afterRound(first, [{ configuration: 0, loss: 2, rows: 3 }]).chances).toEqual(first.chances);
});

test('a draw from 0 to 1 takes each configuration by its chance', () => {
  const state = { chances: [0.2, 0.5, 0.3] };
  expect([0, 0.19, 0.2, 0.69, 0.71, 0.999, 1].map((draw) => drawnConfiguration(state, draw))).toEqual([
    0, 0, 1, 1, 2, 2, 2,
  ]);
});

test('over noisy rounds the better of four configurations is found, in 20 of 20 seeds; without a better one none is', () => {
  const chancesAfter = (seed: number, gap: number): readonly number[] => {
    const draw = random(seed, 'fedex');
    let state = firstFedex(4);
    for (let round = 0; round < 80; round += 1) {
      const reports = Array.from({ length: 8 }, (): FedexReport => {
        const configuration = drawnConfiguration(state, draw.next());
        // The task gets easier as the shared model learns, whichever configuration is drawn.
        const loss = 2 * 0.97 ** round + (configuration === 2 ? 0 : gap) + 0.2 * draw.normal();
        return { configuration, loss, rows: 10 };
      });
      state = afterRound(state, reports);
    }
    return state.chances;
  };
  const seeds = Array.from({ length: 20 }, (_, seed) => seed);
  expect(seeds.map((seed) => chancesAfter(seed, 0.5)[2]!).filter((chance) => chance > 0.8)).toHaveLength(20);
  // Of four alike each is the favourite by luck alone: not one of them nearly always.
  const favourites = seeds.map((seed) => {
    const chances = chancesAfter(seed, 0);
    return chances.indexOf(Math.max(...chances));
  });
  for (let at = 0; at < 4; at += 1) expect(favourites.filter((one) => one === at).length).toBeLessThan(14);
});

test('a wild first round does not keep later ones, whose differences are far smaller, from being heard', () => {
  const best = (seed: number): number => {
    const draw = random(seed, 'shrinking');
    // Of what a device has left to lose; the last one undoes all.
    const changes = [-0.02, -0.05, -0.25, 1];
    let state = firstFedex(4);
    for (let round = 0; round < 40; round += 1) {
      const reports = Array.from({ length: 6 }, (): FedexReport => {
        const configuration = drawnConfiguration(state, draw.next());
        const before = 2.3 * 0.85 ** round * (1 + 0.1 * draw.normal());
        const loss = before * (changes[configuration]! + 0.1 * draw.normal());
        return { configuration, loss, rows: 10 };
      });
      state = afterRound(state, reports);
    }
    return state.chances[2]!;
  };
  const found = Array.from({ length: 20 }, (_, seed) => best(seed)).filter((chance) => chance > 0.8);
  expect(found.length).toBeGreaterThanOrEqual(19);
});
