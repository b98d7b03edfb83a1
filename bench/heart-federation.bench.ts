// UCI Heart Disease, one hospital a participant: does the federation help? Four hospitals train together through the real
// server; each also trains alone, with the same plan and as many epochs. Every model is scored on the held-out rows of
// each hospital (20 % by row hash; no model has trained on them).
//   npm run bench -- heart-federation
import { heartExperiment } from '../test/support/heart-experiment.ts';
import type { Row } from './row.ts';

const percent = (share: number): number => Number((share * 100).toFixed(1));

export async function run(): Promise<Row[]> {
  const result = await heartExperiment();
  if (result === undefined) return [];
  return [
    ...result.hospitals.flatMap((hospital): Row[] => [
      { name: `${hospital.name}: federated (${hospital.heldOut} held-out rows)`, value: percent(hospital.federated), unit: '%', target: null, ok: true },
      { name: `${hospital.name}: trained alone`, value: percent(hospital.alone), unit: '%', target: null, ok: true },
    ]),
    {
      name: 'mean of the four: federated',
      value: percent(result.federated),
      unit: '%',
      target: `above alone (${percent(result.alone)} %)`,
      ok: result.federated > result.alone,
    },
  ];
}
