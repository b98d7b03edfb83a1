// A sample of patients: a seeded cohort whose columns hang together as they do in a clinic, with cells missing where a
// hospital does not measure. Each seed is one hospital with its own ages, habits and gaps. Nobody's data lies behind it.
import type { TableContract } from '../../core/data/contract.ts';
import { random } from '../../core/random.ts';

const CHEST_PAIN = ['typical angina', 'atypical angina', 'other pain', 'none'] as const;

/** Scaling constants are the generator's own means and spreads, rounded. */
export const patientCohortContract: TableContract = {
  kind: 'table',
  columns: [
    {
      type: 'number',
      name: 'age',
      minimum: 18,
      maximum: 100,
      missingAllowed: false,
      mean: 55,
      standardDeviation: 11,
    },
    { type: 'category', name: 'sex', categories: ['female', 'male'], missingAllowed: false },
    {
      type: 'number',
      name: 'resting_blood_pressure',
      minimum: 60,
      maximum: 260,
      missingAllowed: true,
      mean: 132,
      standardDeviation: 17,
    },
    {
      type: 'number',
      name: 'cholesterol',
      minimum: 80,
      maximum: 700,
      missingAllowed: true,
      mean: 225,
      standardDeviation: 42,
    },
    {
      type: 'number',
      name: 'body_mass_index',
      minimum: 12,
      maximum: 70,
      missingAllowed: true,
      mean: 27,
      standardDeviation: 4.2,
    },
    {
      type: 'number',
      name: 'maximum_heart_rate',
      minimum: 50,
      maximum: 230,
      missingAllowed: true,
      mean: 146,
      standardDeviation: 20,
    },
    { type: 'category', name: 'chest_pain', categories: [...CHEST_PAIN], missingAllowed: true },
    { type: 'category', name: 'smoker', categories: ['yes', 'no'], missingAllowed: true },
    {
      type: 'number',
      name: 'st_depression',
      minimum: -3,
      maximum: 8,
      missingAllowed: true,
      mean: 0.9,
      standardDeviation: 0.9,
    },
  ],
  target: {
    type: 'classes',
    name: 'heart_disease',
    classes: [
      { label: 'healthy', values: ['no'] },
      { label: 'disease', values: ['yes'] },
    ],
  },
};

const clamp = (value: number, minimum: number, maximum: number): number =>
  Math.min(maximum, Math.max(minimum, value));

/** One hospital's patients as the CSV it would export, header first; the same seed makes the same text. */
export function patientCohortCsv(seed: number, count: number): string {
  const hospital = random(seed, 'patient-cohort', 'hospital');
  const meanAge = 55 + 4 * hospital.normal();
  const maleShare = clamp(0.55 + 0.1 * hospital.normal(), 0.2, 0.9);
  const severity = 0.35 * hospital.normal();
  // Most hospitals fill nearly everything in; each has one or two columns that it seldom does.
  const gaps = Array.from({ length: 7 }, () =>
    hospital.next() < 0.2 ? 0.5 * hospital.next() : 0.03 * hospital.next(),
  );

  const draw = random(seed, 'patient-cohort', 'patients');
  const lines = [
    [...patientCohortContract.columns.map((column) => column.name), patientCohortContract.target.name].join(
      ',',
    ),
  ];
  for (let patient = 0; patient < count; patient += 1) {
    const age = clamp(Math.round(meanAge + 10 * draw.normal()), 20, 95);
    const isMale = draw.next() < maleShare;
    const smokes = draw.next() < (isMale ? 0.38 : 0.26);
    const bodyMass = clamp(26.5 + 4 * draw.normal() + 0.02 * (age - 55), 15, 55);
    // What neither hospital nor model sees, and what the measurements hint at.
    const burden =
      0.05 * (age - 55) +
      (isMale ? 0.55 : -0.35) +
      (smokes ? 0.7 : -0.2) +
      0.08 * (bodyMass - 27) +
      severity +
      0.6 * draw.normal();
    const isIll = draw.next() < 1 / (1 + Math.exp(-1.6 * burden));
    const pressure = clamp(
      Math.round(126 + 0.45 * (age - 50) + 0.6 * (bodyMass - 27) + (isIll ? 6 : 0) + 14 * draw.normal()),
      85,
      230,
    );
    const cholesterol = clamp(
      Math.round(212 + 0.6 * (age - 50) + 1.5 * (bodyMass - 27) + (isIll ? 22 : 0) + 36 * draw.normal()),
      110,
      480,
    );
    const heartRate = clamp(
      Math.round(208 - 0.75 * age - (isIll ? 20 : 0) - (smokes ? 4 : 0) - 8 + 13 * draw.normal()),
      70,
      205,
    );
    const depression = clamp((isIll ? 1.5 : 0.4) + (isIll ? 0.85 : 0.45) * draw.normal(), 0, 5.5);
    const pain =
      CHEST_PAIN[picked(draw.next(), isIll ? [0.12, 0.14, 0.16, 0.58] : [0.1, 0.32, 0.4, 0.18])] ?? 'none';
    const measured = [
      String(pressure),
      String(cholesterol),
      bodyMass.toFixed(1),
      String(heartRate),
      pain,
      smokes ? 'yes' : 'no',
      depression.toFixed(1),
    ];
    const cells = measured.map((cell, column) => (draw.next() < (gaps[column] ?? 0) ? '' : cell));
    lines.push([String(age), isMale ? 'male' : 'female', ...cells, isIll ? 'yes' : 'no'].join(','));
  }
  return `${lines.join('\n')}\n`;
}

/** The index that a uniform draw falls on under the given shares, which sum to 1. */
function picked(uniform: number, shares: readonly number[]): number {
  let sum = 0;
  for (const [index, share] of shares.entries()) {
    sum += share;
    if (uniform < sum) return index;
  }
  return shares.length - 1;
}
