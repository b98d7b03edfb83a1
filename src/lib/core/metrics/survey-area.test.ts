import { expect, test } from 'vitest';
import { newcombe } from './intervals.ts';
import { areaUnderCurve, surveyBin } from './score-curve.ts';
import { LEAST_SURVEYED_SHARE, surveyedAreaInterval } from './survey-area.ts';
import { SURVEY_BINS } from './tally.ts';

test('a surveyed area has an interval where neither kind of rows is rare, and none where bins may move it further', () => {
  expect(surveyedAreaInterval(0.8, 30, 100)).toEqual(newcombe(0.8, 30, 70));
  expect(surveyedAreaInterval(0.8, 70, 100)).toEqual(newcombe(0.8, 70, 30));
  for (const own of [0, 1, 29, 71, 100]) expect(surveyedAreaInterval(0.8, own, 100)).toBeUndefined();
  expect(surveyedAreaInterval(0.8, 0, 0)).toBeUndefined();
});

test('bins move an area by no more than 0.01 at the least share that has an interval, and by 0.05 and more at 1 %', () => {
  // Logits even over ±0.2 about that of the share, those of the class 0.1 higher: P(above) = 1 − (0.3/0.4)²/2 = 23/32.
  const moved = (share: number): number => {
    const [own, others] = [0, 1].map(() => Array.from({ length: SURVEY_BINS }, () => 0)) as [
      number[],
      number[],
    ];
    for (let at = 0; at < 2000; at += 1) {
      const logit = Math.log(share / (1 - share)) + ((at + 0.5) / 2000 - 0.5) * 0.4;
      const chance = (of: number): number => 1 / (1 + Math.exp(-of));
      others[surveyBin(chance(logit))]! += 1;
      own[surveyBin(chance(logit + 0.1))]! += 1;
    }
    return Math.abs(areaUnderCurve(own, others)! - 23 / 32);
  };
  expect(moved(LEAST_SURVEYED_SHARE)).toBeLessThan(0.01);
  expect(moved(0.01)).toBeGreaterThan(0.05);
});
