import { expect, test } from 'vitest';
import { heartExperiment } from '../support/heart-experiment.ts';

test('four hospitals that train together beat the mean of the four trained alone, on each one’s held-out rows', async (context) => {
  const result = await heartExperiment();
  if (result === undefined) return context.skip();
  expect(result.hospitals.map((hospital) => hospital.name)).toEqual([
    'cleveland',
    'hungarian',
    'switzerland',
    'va',
  ]);
  for (const { name, federated, meanAlone } of result.hospitals)
    expect(federated, name).toBeGreaterThan(meanAlone);
  // By a wide margin: a model that one hospital trained alone does not carry over to the others.
  expect(result.federated).toBeGreaterThan(result.meanAlone + 0.08);
}, 180_000);
