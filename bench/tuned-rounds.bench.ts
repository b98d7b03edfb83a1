// One run that finds its own learning rate: a population in a range (FedPop) against a coarse list of rates (FedEx), against the middle
// of that range, which somebody might well have chosen, and against the best rate of a sweep, by accuracy on the test digits after 60
// rounds; five seeds.
//   npm run bench -- tuned-rounds
import type { Row } from './row.ts';
import type { SimulationSetup } from '../server/simulate/setup.ts';
import { mnist, simulated } from './simulated.ts';

const SEEDS = [1, 2, 3, 4, 5];
const range = { least: 0.001, most: 1 };
const SWEEP = [0.05, 0.1, 0.2, 0.4];

const common: Partial<SimulationSetup> = {
  model: 'mlp:32',
  participants: 100,
  cohort: 0.1,
  batchSize: 10,
  rounds: 60,
  partition: 'dirichlet:0.5',
  evaluateEvery: 60,
};

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

export async function run(): Promise<Row[]> {
  const data = mnist();
  if (data === undefined) return [];
  const accuracy = async (title: string, change: Partial<SimulationSetup>): Promise<number> => {
    const made: number[] = [];
    for (const seed of SEEDS) {
      const { result } = await simulated(`${title}, seed ${seed}`, { ...common, data, seed, ...change });
      made.push(result.metrics.accuracy ?? Number.NaN);
    }
    console.error(`  ${title}: ${made.map((one) => (100 * one).toFixed(2)).join(', ')}`);
    return 100 * mean(made);
  };
  const middle = await accuracy('0.032', { learningRate: 0.032 });
  const fixed = [];
  for (const learningRate of SWEEP) fixed.push(await accuracy(String(learningRate), { learningRate }));
  const best = Math.max(...fixed);
  const coarse = await accuracy('FedEx', { tunedRates: [0.001, 0.01, 0.1, 1] });
  const found = await accuracy('FedPop', { evolvedRates: { ...range, population: 6 } });
  const row = (name: string, value: number, target: string | null, ok = true): Row => ({
    name: `accuracy after 60 rounds, ${name}`,
    value: Number(value.toFixed(2)),
    unit: '%',
    target,
    ok,
  });
  return [
    row('all at the middle of 0.001 to 1', middle, null),
    row(`the best of a sweep (${SWEEP[fixed.indexOf(best)]})`, best, null),
    row('FedEx over 0.001, 0.01, 0.1, 1', coarse, null),
    row(
      'FedPop between 0.001 and 1',
      found,
      'above the middle, and no worse than FedEx by 0.5',
      found > middle && found > coarse - 0.5,
    ),
  ];
}
