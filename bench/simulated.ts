// Simulations for benchmarks: the laboratory of `tributary simulate`, with progress on stderr.
//   BENCH_SEED=1 by default; BENCH_ROUNDS bounds every run.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { dataOf, optimizerOf, strategyOption } from '../server/simulate/flags.ts';
import { spokenLine, type ResultLine, type RoundLine } from '../server/simulate/lines.ts';
import type { SimulationSetup } from '../server/simulate/setup.ts';
import { simulate, type Spent } from '../server/simulate/simulate.ts';
import { sharedData } from '../test/support/command.ts';

export const seed = Number(process.env['BENCH_SEED'] ?? 1);

/** MNIST as published; undefined, with a word about it, where it is not there. */
export function mnist(): SimulationSetup['data'] | undefined {
  const folder = join(sharedData, 'mnist');
  if (existsSync(folder)) return { type: 'paths', paths: [folder] };
  console.error(`Left out: MNIST is not at ${folder} (set SHARED_DATA).`);
  return undefined;
}

/** As `tributary simulate` has them where no flag is given. */
export const plain: SimulationSetup = {
  data: dataOf('sample'),
  test: null,
  label: null,
  model: null,
  participants: 100,
  cohort: 0.1,
  mode: { type: 'synchronous' },
  overSelection: 1,
  localEpochs: 1,
  batchSize: 10,
  learningRate: 0.1,
  optimizer: optimizerOf('sgd'),
  proximalTerm: 0,
  partition: 'iid',
  strategy: strategyOption('fedavg'),
  privacy: { type: 'none' },
  guard: null,
  uplink: 'f32',
  downlink: 'f32',
  attack: null,
  attackers: 0,
  dropout: 0,
  availability: 'always',
  speeds: 'uniform',
  deadlineSeconds: 600,
  deadlineShare: null,
  fairness: 'random',
  rounds: 100,
  metric: null,
  evaluateEvery: 1,
  seed,
  backend: 'simd',
};

export interface Simulated {
  readonly rounds: readonly RoundLine[];
  readonly result: ResultLine;
  readonly spent: Spent;
}

/** `rounds` is filled as they end, also where the run then fails. */
export async function simulated(
  title: string,
  change: Partial<SimulationSetup>,
  rounds: RoundLine[] = [],
): Promise<Simulated> {
  const bound = Number(process.env['BENCH_ROUNDS'] ?? Infinity);
  const asked = { ...plain, ...change };
  const setup = { ...asked, rounds: Math.min(asked.rounds, bound) };
  let toldAt = performance.now();
  const { result, spent } = await simulate({
    begin: setup,
    onLine(line) {
      if (line.type === 'round') rounds.push(line);
      if (line.type === 'round' && performance.now() - toldAt < 10_000) return;
      toldAt = performance.now();
      console.error(
        `  ${title}: ${spokenLine(line, setup.metric?.name ?? 'accuracy', setup.rounds)
          .split('\n')
          .join('; ')}`,
      );
    },
  }).done;
  if (result === undefined) throw new Error('A benchmark is not stopped by hand.');
  return { rounds, result, spent };
}

/** The round whose version first reached `target`; undefined: none did. */
export const roundsTo = ({ rounds }: Simulated, target: number): number | undefined =>
  rounds.find((line) => (line.metrics?.accuracy ?? 0) >= target)?.version ?? undefined;
