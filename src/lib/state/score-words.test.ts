import { expect, test } from 'vitest';
import { usualSecureSum } from '#lib/core/secure-sum/rules.ts';
import { usualStatistics } from '#lib/core/statistics/rules.ts';
import { attentionOf } from './console-attention.ts';
import { compareFigures } from './console-comparison.ts';
import { specFixture, versionFixture, viewFixture } from './console-views.fixture.ts';
import { isExact, noisyWords, scorersWords, unscoredWords } from './score-words.ts';

const spec = specFixture();
const summed = { ...spec, secureSum: usualSecureSum };
/** As a survey told it: `hits` right of 1,000. */
const surveyed = (version: number, hits: number, deviation: number) => {
  const { evaluation } = versionFixture(version, hits, {}, 1000);
  return versionFixture(version, null, {
    evaluation: { ...evaluation, survey: { survey: 3, deviation } },
  });
};

test('a version that nobody scored says who would: each device, all together, or nobody', () => {
  expect(unscoredWords(spec)).toMatch(/^Devices score a version/);
  expect(unscoredWords({ ...summed, statistics: usualStatistics })).toMatch(/under Statistics/);
  expect(unscoredWords(summed)).toMatch(/^No scores leave the devices/);
});

test('under a secure sum nobody is told that data sets may be too small', () => {
  const versions = [0, 1, 2].map((version) => versionFixture(version, null));
  const text = (of: typeof spec): string | undefined =>
    attentionOf(viewFixture({ spec: of, head: versions[2] }), [], versions).find(
      ({ id }) => id === 'unscored',
    )?.text;
  expect(text(spec)).toMatch(/too small to hold any out/);
  expect(text({ ...summed, statistics: usualStatistics })).toMatch(/Ask all of them together/);
});

test('what a survey told is compared, and of noisy counts no interval is made and no loss is cried', () => {
  const [live, exact, noisy] = [surveyed(1, 900, 0), surveyed(2, 700, 0), surveyed(2, 700, 40)];
  expect(scorersWords(exact.evaluation!)).toBe('3 devices on 1,000 rows, by survey 3');
  expect([isExact(exact.evaluation), isExact(noisy.evaluation), isExact(null)]).toEqual([true, false, true]);
  expect(noisyWords([live.evaluation, exact.evaluation])).toBeUndefined();
  expect(noisyWords([live.evaluation, noisy.evaluation])).toContain('± 78');
  const verdicts = (is: boolean) =>
    compareFigures(exact.evaluation!.tally, live.evaluation!.tally, is).map(({ verdict }) => verdict);
  expect(verdicts(true)).toContain('worse');
  expect(new Set(verdicts(false))).toEqual(new Set(['unknown']));
  const worse = (version: typeof exact) =>
    attentionOf(viewFixture({ live: 1 }), [], [versionFixture(0, 500, {}, 1000), live, version]).map(
      ({ id }) => id,
    );
  expect(worse(exact)).toContain('worse-2');
  expect(worse(noisy)).not.toContain('worse-2');
});
