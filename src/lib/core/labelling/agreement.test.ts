// Agreement against published examples, and against scikit-learn's formula worked by hand.
import { expect, test } from 'vitest';
import { agreementTable, cohenKappa, fleissKappa, krippendorffAlpha } from './agreement.ts';

test('Cohen’s kappa is scikit-learn’s: its documented example of two annotators', () => {
  // sklearn.metrics.cohen_kappa_score, example of the documentation (1.2 and later): y1, y2 of negative, positive, neutral → 0.6875.
  const names = ['negative', 'neutral', 'positive'];
  const codes = (text: string): number[] => text.split(' ').map((name) => names.indexOf(name));
  const first = codes('negative positive negative neutral positive');
  const second = codes('negative positive negative neutral negative');
  const table = agreementTable(first, second, 3);
  expect([...table]).toEqual([2, 0, 0, 0, 1, 0, 1, 0, 1]);
  // p_o = 4/5; margins 2·3 + 1·1 + 2·1 = 9 of 25: (20/25 − 9/25) / (1 − 9/25) = 11/16.
  expect(cohenKappa(table, 3)).toBeCloseTo(0.6875, 12);
});

test('weighted kappa counts how far labels lie apart: Cohen 1968, as scikit-learn has it', () => {
  // o, rows the first: margins 5, 4, 3 and 4, 5, 3 of 12. Weighted sums over o and over e = margin · margin / 12:
  const table = [3, 1, 1, 1, 3, 0, 0, 1, 2];
  // none: Σo 4, Σe = 12 − (5·4 + 4·5 + 3·3) / 12 = 95/12 → 1 − 48/95.
  expect(cohenKappa(table, 3)).toBeCloseTo(1 - 48 / 95, 12);
  // linear: Σo = 1 + 2·1 + 1 + 1 = 5; Σe = (5·5 + 2·5·3 + 4·4 + 4·3 + 2·3·4 + 3·5) / 12 = 122/12 → 1 − 60/122.
  expect(cohenKappa(table, 3, 'linear')).toBeCloseTo(1 - 60 / 122, 12);
  // quadratic: Σo = 1 + 4 + 1 + 1 = 7; Σe = (25 + 60 + 16 + 12 + 48 + 15) / 12 = 176/12 → 1 − 84/176.
  expect(cohenKappa(table, 3, 'quadratic')).toBeCloseTo(1 - 84 / 176, 12);
});

test('kappa is 1 for the same labels, below 0 for opposite ones, and not there where nothing could be told apart', () => {
  expect(cohenKappa(agreementTable([0, 1, 1], [0, 1, 1], 2), 2)).toBe(1);
  expect(cohenKappa(agreementTable([0, 1, 0, 1], [1, 0, 1, 0], 2), 2)).toBe(-1);
  expect(cohenKappa(agreementTable([1, 1], [1, 1], 2), 2)).toBeUndefined();
  expect(cohenKappa(agreementTable([], [], 2), 2)).toBeUndefined();
});

test('Fleiss’s kappa: ten examples, fourteen judgements each, five classes → 0.210', () => {
  // The worked example of en.wikipedia.org/wiki/Fleiss'_kappa: P̄ = 0.378, P̄e = 0.213, κ = 0.210.
  const counts = [
    [0, 0, 0, 0, 14],
    [0, 2, 6, 4, 2],
    [0, 0, 3, 5, 6],
    [0, 3, 9, 2, 0],
    [2, 2, 8, 1, 1],
    [7, 7, 0, 0, 0],
    [3, 2, 6, 3, 0],
    [2, 5, 3, 2, 2],
    [6, 5, 2, 1, 0],
    [0, 2, 2, 3, 7],
  ];
  expect(fleissKappa(counts.flat(), 5)).toBeCloseTo(0.20993, 5);
  expect(fleissKappa([2, 0, 0, 2], 2)).toBe(1);
  expect(fleissKappa([2, 0, 2, 0], 2)).toBeUndefined();
  expect(() => fleissKappa([2, 0, 1, 0], 2)).toThrow('Example 1 has 1 judgements');
});

test('Krippendorff’s alpha: four annotators with gaps, his own example C', () => {
  // Krippendorff 2011, "Computing Krippendorff's Alpha-Reliability", §C–E: nominal 0.743, ordinal 0.815, interval 0.849.
  const read = (text: string): (number | null)[] =>
    text.split(' ').map((one) => (one === '.' ? null : Number(one) - 1));
  const judgements = [
    '1 2 3 3 2 1 4 1 2 . . .',
    '1 2 3 3 2 2 4 1 2 5 . 3',
    '. 3 3 3 2 3 4 2 2 5 1 .',
    '1 2 3 3 2 4 4 1 2 5 1 .',
  ].map(read);
  expect(krippendorffAlpha(judgements, 5)).toBeCloseTo(0.743, 3);
  expect(krippendorffAlpha(judgements, 5, 'ordinal')).toBeCloseTo(0.815, 3);
  expect(krippendorffAlpha(judgements, 5, 'interval')).toBeCloseTo(0.849, 3);
  expect(
    krippendorffAlpha(
      [
        [0, 1],
        [null, null],
      ],
      2,
    ),
  ).toBeUndefined();
  expect(
    krippendorffAlpha(
      [
        [0, 0],
        [0, 0],
      ],
      2,
    ),
  ).toBeUndefined();
});
