import { expect, test } from 'vitest';
import { heartExperiment } from '../support/heart-experiment.ts';

test('four hospitals that train together beat the mean of the four trained alone, on each one’s held-out rows', async (context) => {
  const result = await heartExperiment();
  if (result === undefined) return context.skip();
  expect(result.hospitals.map((hospital) => hospital.name)).toEqual(['cleveland', 'hungarian', 'switzerland', 'va']);
  expect(result.federated).toBeGreaterThan(result.alone);
  expect(result.federated).toBeGreaterThan(0.75);
}, 180_000);
