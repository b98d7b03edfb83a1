// McMahan et al. 2017, Table 1, 2NN, E = 1, B = 10, C = 0.1, 100 participants: rounds to 97 % on the test digits. There 87
// with IID data and 664 with two shards each; learning rates from a grid of 10^(1/3), the best of each here as there.
//   npm run bench -- mnist-paper
import type { Row } from './row.ts';
import { mnist, roundsTo, simulated } from './simulated.ts';

const target = 0.97;
const experiments = [
  { name: 'IID', partition: 'iid', learningRate: 0.215, paper: 87, rounds: 150 },
  { name: 'two shards each', partition: 'shards:2', learningRate: 0.215, paper: 664, rounds: 700 },
] as const;

export async function run(): Promise<Row[]> {
  const data = mnist();
  if (data === undefined) return [];
  const rows: Row[] = [];
  for (const { name, partition, learningRate, paper, rounds } of experiments) {
    const made = await simulated(name, {
      data,
      model: 'mlp:200,200',
      partition,
      learningRate,
      rounds,
      metric: { name: 'accuracy', target },
    });
    const reached = roundsTo(made, target);
    rows.push(
      {
        name: `rounds to 97 %, ${name}, learning rate ${learningRate}`,
        value: reached ?? Number.NaN,
        unit: 'rounds',
        target: `≤ ${paper}, as published`,
        ok: reached !== undefined && reached <= paper,
      },
      {
        name: `rounds a minute, ${name}`,
        value: Number(((60_000 * made.rounds.length) / made.spent.wallMs).toFixed(1)),
        unit: '',
        target: null,
        ok: true,
      },
    );
  }
  return rows;
}
