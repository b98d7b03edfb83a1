// Two shards each (McMahan et al. 2017, §3), 2NN, 10 of 100 a round: strategies that were made for uneven data against federated
// averaging, by rounds to 97 % on the test digits.
//   npm run bench -- uneven-data
import { strategyOption } from '../server/simulate/flags.ts';
import type { Row } from './row.ts';
import { mnist, roundsTo, simulated } from './simulated.ts';

const target = 0.97;
const rivals = [
  { strategy: 'fedavg', learningRate: 0.215 },
  { strategy: 'fedavgm:lr=1,beta=0.7', learningRate: 0.1 },
  { strategy: 'fedyogi:lr=0.01,tau=0.001', learningRate: 0.1 },
  { strategy: 'scaffold', learningRate: 0.1 },
] as const;

export async function run(): Promise<Row[]> {
  const data = mnist();
  if (data === undefined) return [];
  const rows: Row[] = [];
  let averaging: number | undefined;
  for (const { strategy, learningRate } of rivals) {
    const made = await simulated(strategy, {
      data,
      model: 'mlp:200,200',
      partition: 'shards:2',
      strategy: strategyOption(strategy),
      learningRate,
      rounds: 400,
      metric: { name: 'accuracy', target },
    });
    const reached = roundsTo(made, target);
    if (strategy === 'fedavg') averaging = reached;
    const isRival = strategy !== 'fedavg';
    rows.push({
      name: `rounds to 97 %, two shards each: ${strategy}, learning rate ${learningRate}`,
      value: reached ?? Number.NaN,
      unit: 'rounds',
      target: isRival && averaging !== undefined ? `fewer than FedAvg's ${averaging}` : null,
      ok: !isRival || (reached !== undefined && reached < (averaging ?? Infinity)),
    });
  }
  return rows;
}
