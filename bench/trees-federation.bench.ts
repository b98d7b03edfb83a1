// Federated gradient-boosted trees: are they pooled training's, to the bit, and are they good? UCI Heart Disease, one hospital a
// participant; UCI Adult over eight participants of uneven classes. Bins are found federatedly, by the same sums. Scored on the
// held-out rows of all participants (20 % by row hash; no model has trained on them).
//   npm run bench -- trees-federation
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { sharedData } from '../test/support/command.ts';
import { treesOnAdult, treesOnHeart, type TreesResult } from '../test/support/trees-experiment.ts';
import type { Row } from './row.ts';

const hospitals = ['cleveland', 'hungarian', 'switzerland', 'va'].map((name) =>
  join(sharedData, 'heart-disease', `${name}.csv`),
);
const adult = join(sharedData, 'tabular', 'adult-train.csv');

export async function run(): Promise<Row[]> {
  const rows: Row[] = [];
  if (hospitals.every((file) => existsSync(file)))
    rows.push(...rowsOf('heart disease', await treesOnHeart(hospitals)));
  else console.warn(`Left out: UCI Heart Disease is not at ${sharedData} (set SHARED_DATA).`);
  if (existsSync(adult)) rows.push(...rowsOf('adult', await treesOnAdult(adult, 8)));
  else console.warn(`Left out: UCI Adult is not at ${adult} (set SHARED_DATA).`);
  return rows;
}

const percent = (share: number): number => Number((share * 100).toFixed(1));
const nats = (loss: number): number => Number(loss.toFixed(4));

function rowsOf(data: string, result: TreesResult): Row[] {
  const { federated, meanAlone } = result;
  return [
    {
      name: `${data}, ${result.participants} participants, ${result.rounds} rounds: versions unlike pooled training's`,
      value: result.versionsThatDiffer,
      unit: `of ${result.rounds + 1}`,
      target: 'none differs in a bit',
      ok: result.versionsThatDiffer === 0,
    },
    {
      name: `${data}, ${result.trainingRows} training and ${result.heldOutRows} held-out rows: accuracy`,
      value: percent(federated.accuracy),
      unit: '%',
      target: `above the mean of those grown alone (${percent(meanAlone.accuracy)} %)`,
      ok: federated.accuracy > meanAlone.accuracy,
    },
    {
      name: `${data}: the larger class's share`,
      value: percent(result.majority),
      unit: '%',
      target: null,
      ok: true,
    },
    {
      name: `${data}: log-loss`,
      value: nats(federated.loss),
      unit: 'nats',
      target: `below the mean of those grown alone (${nats(meanAlone.loss)} nats)`,
      ok: federated.loss < meanAlone.loss,
    },
    {
      name: `${data}: one update of one round`,
      value: Number((result.updateBytes / 1024).toFixed(1)),
      unit: 'KiB',
      target: null,
      ok: true,
    },
  ];
}
