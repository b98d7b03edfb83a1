// The UCI Heart Disease data (Janosi et al. 1988; four hospitals, 14 attributes) as a federation's data contract: what the
// demonstration and the tests ask of each hospital's CSV.
import type { TableContract } from '../../core/data/contract.ts';

/**
 * Scaling constants: mean and standard deviation over all 920 patients, missing cells left out, rounded to three digits; for
 * cholesterol without the zeros by which Switzerland and the VA write "not measured", which enter as they stand. Bounds are wide:
 * they catch wrong units, not sick people. `thal` 0 stands for two scans of Cleveland that nobody read. The usual task: `num` above 0 is disease.
 */
export const heartDiseaseContract: TableContract = {
  kind: 'table',
  columns: [
    {
      type: 'number',
      name: 'age',
      minimum: 0,
      maximum: 120,
      missingAllowed: false,
      mean: 53.5,
      standardDeviation: 9.42,
    },
    { type: 'category', name: 'sex', categories: ['0', '1'], missingAllowed: false },
    { type: 'category', name: 'cp', categories: ['1', '2', '3', '4'], missingAllowed: true },
    {
      type: 'number',
      name: 'trestbps',
      minimum: 0,
      maximum: 300,
      missingAllowed: true,
      mean: 132,
      standardDeviation: 19.1,
    },
    {
      type: 'number',
      name: 'chol',
      minimum: 0,
      maximum: 1000,
      missingAllowed: true,
      mean: 247,
      standardDeviation: 58.5,
    },
    { type: 'category', name: 'fbs', categories: ['0', '1'], missingAllowed: true },
    { type: 'category', name: 'restecg', categories: ['0', '1', '2'], missingAllowed: true },
    {
      type: 'number',
      name: 'thalach',
      minimum: 30,
      maximum: 250,
      missingAllowed: true,
      mean: 138,
      standardDeviation: 25.9,
    },
    { type: 'category', name: 'exang', categories: ['0', '1'], missingAllowed: true },
    {
      type: 'number',
      name: 'oldpeak',
      minimum: -10,
      maximum: 10,
      missingAllowed: true,
      mean: 0.879,
      standardDeviation: 1.09,
    },
    { type: 'category', name: 'slope', categories: ['1', '2', '3'], missingAllowed: true },
    {
      type: 'number',
      name: 'ca',
      minimum: 0,
      maximum: 9,
      missingAllowed: true,
      mean: 0.668,
      standardDeviation: 0.931,
    },
    { type: 'category', name: 'thal', categories: ['0', '3', '6', '7'], missingAllowed: true },
  ],
  target: {
    type: 'classes',
    name: 'num',
    classes: [
      { label: 'healthy', values: ['0'] },
      { label: 'disease', values: ['1', '2', '3', '4'] },
    ],
  },
};
