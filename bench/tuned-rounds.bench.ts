// One run that finds its own learning rate: FedEx over a coarse list of rates and FedPop between its ends, with and without rates at which
// this model falls apart, against rates that stay, by accuracy on the test digits after 60 rounds; three seeds.
//   npm run bench -- tuned-rounds
import type { SimulationSetup } from '../server/simulate/setup.ts';
import type { Row } from './row.ts';
import { mnist, simulated } from './simulated.ts';

const SEEDS = [1, 2, 3];
const BADLY_CHOSEN = 0.01;
const ROUNDS = 60;

const common: Partial<SimulationSetup> = {
  model: 'mlp:32',
  partition: 'dirichlet:0.5',
  rounds: ROUNDS,
  evaluateEvery: ROUNDS,
};

export async function run(): Promise<Row[]> {
  const data = mnist();
  if (data === undefined) return [];
  /** In points of a hundred, the mean of all seeds. */
  const accuracy = async (title: string, change: Partial<SimulationSetup>): Promise<number> => {
    let sum = 0;
    for (const seed of SEEDS) {
      const { result } = await simulated(`${title}, seed ${seed}`, { ...common, data, seed, ...change });
      sum += result.metrics.accuracy ?? Number.NaN;
    }
    return (100 * sum) / SEEDS.length;
  };
  const row = (name: string, value: number, target: string | null = null, ok = true): Row => ({
    name: `accuracy after ${ROUNDS} rounds, ${name}`,
    value: Number(value.toFixed(2)),
    unit: '%',
    target,
    ok,
  });
  const rows: Row[] = [];
  for (const learningRate of [BADLY_CHOSEN, 0.03, 0.1, 0.3])
    rows.push(row(`learning rate ${learningRate}`, await accuracy(String(learningRate), { learningRate })));
  const [bad = Number.NaN] = rows.map(({ value }) => value);
  for (const list of [
    [0.003, 0.03, 0.3],
    [0.001, 0.01, 0.1, 1],
  ]) {
    const [least, most] = [Math.min(...list), Math.max(...list)];
    const coarse = await accuracy(`FedEx to ${most}`, { tunedRates: list });
    const found = await accuracy(`FedPop to ${most}`, { evolvedRates: { least, most, population: 6 } });
    rows.push(
      row(`FedEx over ${list.join(', ')}`, coarse),
      row(`FedPop between ${least} and ${most}`, found, `above ${BADLY_CHOSEN} for all`, found > bad),
    );
  }
  return rows;
}
