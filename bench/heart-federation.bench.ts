// UCI Heart Disease, one hospital a participant: does the federation help? Four hospitals train together through the real
// server; each also trains alone, with the same plan and as many epochs. Every model is scored on the held-out rows of
// each hospital (20 % by row hash; no model has trained on them).
//   npm run bench -- heart-federation
import { heartExperiment } from '../test/support/heart-experiment.ts';
import type { Row } from './row.ts';

const percent = (share: number): number => Number((share * 100).toFixed(1));

export async function run(): Promise<Row[]> {
  const result = await heartExperiment();
  const prepared = await heartExperiment(true);
  if (result === undefined || prepared === undefined) return [];
  return [
    ...result.hospitals.flatMap((hospital): Row[] => [
      {
        name: `${hospital.name}, ${hospital.heldOut} held-out rows: federated`,
        value: percent(hospital.federated),
        unit: '%',
        target: `above the mean of the four trained alone (${percent(hospital.meanAlone)} %)`,
        ok: hospital.federated > hospital.meanAlone,
      },
      {
        name: `${hospital.name}: its own model, trained alone`,
        value: percent(hospital.ownAlone),
        unit: '%',
        target: null,
        ok: true,
      },
    ]),
    {
      name: 'mean over the hospitals: federated',
      value: percent(result.federated),
      unit: '%',
      target: null,
      ok: true,
    },
    {
      name: 'the same, rows prepared by a recipe fitted to the sums of all four: federated',
      value: percent(prepared.federated),
      unit: '%',
      target: null,
      ok: true,
    },
    {
      name: "mean over the hospitals: each one's own model",
      value: percent(result.ownAlone),
      unit: '%',
      target: null,
      ok: true,
    },
    {
      name: 'mean over the hospitals: the four trained alone, each scored everywhere',
      value: percent(result.meanAlone),
      unit: '%',
      target: null,
      ok: true,
    },
  ];
}
