// What a device takes for weaker than what its person agreed to.
import * as v from 'valibot';
import { expect, test } from 'vitest';
import { noPrivacy, type Noised } from '../core/privacy/rules.ts';
import { usualSecureSum } from '../core/secure-sum/rules.ts';
import { termsOf, weakerRound, weakerSurvey, weakerTerms } from './agreed-terms.ts';
import { AgreedTerms } from './joined.ts';

const local: Noised = { type: 'local', clipNorm: 1, noiseMultiplier: 2, delta: 1e-5, epsilon: 8 };
const rules = { goal: 100, overSelection: 1.3 } as Parameters<typeof termsOf>[0]['rules'];
const statistics = { type: 'on', mostSurveys: 20, mostRows: 100 } as const;
const tuning = { by: 'fedex' as const, learningRates: [0.1, 1], localEpochs: [], batchSizes: [] };
const personalisation = { type: 'none' } as const;
const joined = { privacy: local, secureSum: { ...usualSecureSum }, statistics, rules, personalisation };
const agreed = v.parse(AgreedTerms, termsOf(joined));

test('weaker terms than those that were agreed to are named; the same, and stronger ones, are taken', () => {
  const weaker = [
    [{ privacy: noPrivacy }, 'the kind “none” instead of “local”'],
    [{ privacy: { ...local, type: 'central' } }, '“central”'],
    [{ privacy: { ...local, noiseMultiplier: 1.9 } }, 'noise of 1.9'],
    [{ privacy: { ...local, epsilon: 9 } }, 'ε up to 9'],
    [{ privacy: { ...local, delta: 1e-4 } }, 'δ of 0.0001'],
    [{ privacy: { ...local, samplingRate: 0.1 } }, 'a chance of 0.1 (no draw)'],
    [{ secureSum: undefined }, 'no secure sum'],
    [{ secureSum: { type: 'off' } }, 'no secure sum'],
    [{ secureSum: { ...usualSecureSum, profile: 'lenient' } }, 'follows the protocol'],
    [{ secureSum: { ...usualSecureSum, colluding: 0.05 } }, 'a share of 0.05'],
    [{ secureSum: { ...usualSecureSum, groups: 3 } }, 'in 3 groups'],
    [{ rules: { goal: 101, overSelection: 1 } }, 'narrower rings'],
    [{ tuning }, 'the loss on some of your rows'],
  ] as const;
  for (const [over, what] of weaker) {
    const now = { ...joined, ...over } as typeof joined;
    expect(weakerTerms(agreed, now)).toContain(what);
    expect(weakerSurvey(agreed, now)).toContain(what);
    expect(weakerTerms(null, now)).toBeUndefined();
  }
  for (const over of [
    {},
    { privacy: { ...local, noiseMultiplier: 3, epsilon: 4, delta: 1e-6 } },
    { secureSum: { ...usualSecureSum, colluding: 0.3 } },
    { rules: { goal: 100, overSelection: 2 } },
    // A complete graph.
    { rules: { goal: 50, overSelection: 1 } },
    { statistics: { type: 'off' } },
  ])
    expect(weakerTerms(agreed, { ...joined, ...over } as typeof joined)).toBeUndefined();
  const open = termsOf({ privacy: noPrivacy, rules, personalisation });
  expect(weakerTerms(open, joined)).toBeUndefined();
});

test('a survey is held to its own terms: those of a sum that rounds do not have, and to having been agreed to', () => {
  expect(weakerSurvey(agreed, joined)).toBeUndefined();
  const more = { ...joined, statistics: { ...statistics, mostRows: 101 } };
  expect(weakerSurvey(agreed, more)).toContain('counts as 101 rows (100)');
  const plain = { privacy: noPrivacy, statistics, rules, personalisation };
  const lenient = { ...plain, secureSum: { ...usualSecureSum, profile: 'lenient' as const } };
  expect(weakerTerms(termsOf(plain), lenient)).toBeUndefined();
  expect(weakerSurvey(termsOf(plain), lenient)).toContain('follows the protocol');
  expect(weakerSurvey(termsOf({ privacy: noPrivacy, rules, personalisation }), plain)).toContain('surveys');
});

test('a round without the noise or the secure sum that were agreed to is named, whatever is said of the federation', () => {
  const task = {} as NonNullable<Parameters<typeof weakerRound>[1]['secureSum']>;
  const weaker = (asked: Partial<Parameters<typeof weakerRound>[1]>, terms = agreed) =>
    weakerRound(terms, { asks: [], ...asked });
  expect(weaker({ privacy: local, secureSum: task })).toBeUndefined();
  expect(weaker({ secureSum: task })).toContain('“none”');
  expect(weaker({ privacy: { ...local, noiseMultiplier: 1 }, secureSum: task })).toContain('noise of 1 ');
  expect(weaker({ privacy: local })).toContain('no secure sum');
  // Figures that are told where settings are tried, as was said or not.
  const open = { privacy: noPrivacy, rules, personalisation };
  expect(weaker({ asks: ['judged'] }, termsOf(open))).toContain('the loss on some of your rows');
  expect(weaker({ asks: ['judged'] }, v.parse(AgreedTerms, termsOf({ ...open, tuning })))).toBeUndefined();
  expect(weakerTerms(termsOf({ ...open, tuning }), { ...open, tuning })).toBeUndefined();
});

test('held-out devices that come to train for themselves are asked anew; those that were told of it, and those that judge alone, are not', () => {
  const apart = { ...rules, heldOutDevices: 0.1 };
  const ditto = { type: 'ditto', lambda: 1 } as const;
  const before = { privacy: noPrivacy, rules: apart, personalisation };
  const now = { ...before, personalisation: ditto };
  expect(weakerTerms(termsOf(before), now)).toContain('trains each version for itself');
  expect(weakerTerms(termsOf({ ...now, rules }), now)).toContain('trains each version for itself');
  expect(weakerTerms(v.parse(AgreedTerms, termsOf(now)), now)).toBeUndefined();
  expect(weakerTerms(termsOf(before), before)).toBeUndefined();
  expect(weakerTerms(termsOf({ ...now, rules }), { ...now, rules })).toBeUndefined();
});
