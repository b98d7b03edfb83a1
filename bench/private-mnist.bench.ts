// Accuracy against ε: MNIST over 1,000 devices of 60 rows, all of them in each of 20 rounds, noise of the server, no amplification.
// δ = 1000^−1.1 = 0.0005; adjacency: one device more or less. Accuracy is that of the test rows, mean of the last three versions.
//   npm run bench -- private-mnist        BENCH_MODELS='softmax-regression mlp:200,200' BENCH_EPSILONS=1,8 BENCH_CLIP=0.5 …
import { budgetOf, epsilonOf, costOf } from '#lib/core/privacy/budget.ts';
import type { Noised } from '#lib/core/privacy/rules.ts';
import { rounded } from './measure.ts';
import type { Row } from './row.ts';
import { mnist, simulated } from './simulated.ts';

const PARTICIPANTS = 1000;
const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 20);
const LAST = 3;
const delta = PARTICIPANTS ** -1.1;
const models = (process.env['BENCH_MODELS'] ?? 'softmax-regression').split(' ');
const epsilons = (process.env['BENCH_EPSILONS'] ?? '0.5,1,2,4,8,none').split(',');
const clipNorm = Number(process.env['BENCH_CLIP'] ?? 0.5);
const learningRate = Number(process.env['BENCH_RATE'] ?? 0.1);

/** The noise at which so many rounds cost just ε. */
function privacyFor(epsilon: number): Noised {
  const noiseMultiplier = Math.sqrt(ROUNDS / budgetOf({ type: 'central', epsilon, delta }));
  return { type: 'central', clipNorm, noiseMultiplier, delta, epsilon };
}

export async function run(): Promise<Row[]> {
  const data = mnist();
  if (data === undefined) return [];
  const rows: Row[] = [];
  for (const model of models)
    for (const word of epsilons) {
      const privacy = word === 'none' ? ({ type: 'none' } as const) : privacyFor(Number(word));
      const { rounds, result } = await simulated(`${model}, ε ${word}`, {
        data,
        model,
        participants: PARTICIPANTS,
        cohort: 1,
        learningRate,
        privacy,
        rounds: ROUNDS,
      });
      const last = rounds.slice(-LAST).map((line) => line.metrics?.accuracy ?? 0);
      rows.push({
        name:
          privacy.type === 'none'
            ? `${model}: no noise, ${result.rounds} rounds`
            : `${model}: ε ${Number(epsilonOf(result.rounds * costOf(privacy), delta, privacy.type).toPrecision(4))} after ${result.rounds} rounds, noise multiplier ${privacy.noiseMultiplier.toPrecision(4)}`,
        value: rounded(100 * (last.reduce((sum, value) => sum + value, 0) / last.length), 2),
        unit: '%',
        target: null,
        ok: true,
      });
    }
  return rows;
}
