// Accuracy against ε: MNIST over 1,000 devices of 60 rows, 20 rounds, noise of the server: all devices in each round (no amplification),
// or a cohort that the server draws by chance (amplification by Poisson sampling). δ = 1000^−1.1 = 0.0005; adjacency: one device more
// or less. Accuracy is that of the test rows, mean of the last three versions.
//   npm run bench -- private-mnist        BENCH_MODELS='softmax-regression mlp:200,200' BENCH_EPSILONS=1,8,none BENCH_SAMPLING=1,0.2 …
// The MLP 784-200-200-10 alone, as in docs/results.md: BENCH_MODELS=mlp:200,200 BENCH_EPSILONS=2,8,none BENCH_SAMPLING=1,0.2 BENCH_ROUNDS=60
import { noiseFor } from '#lib/core/privacy/account.ts';
import { budgetOf } from '#lib/core/privacy/budget.ts';
import { epsilonAfter } from '#lib/core/privacy/loss-account.ts';
import type { Noised } from '#lib/core/privacy/rules.ts';
import { adjacencyText, deltaText } from '#lib/state/privacy-words.ts';
import { rounded } from './measure.ts';
import type { Row } from './row.ts';
import { mnist, simulated } from './simulated.ts';

const PARTICIPANTS = 1000;
const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 20);
const LAST = 3;
const delta = PARTICIPANTS ** -1.1;
const models = (process.env['BENCH_MODELS'] ?? 'softmax-regression mlp:200,200').split(' ');
const epsilons = (process.env['BENCH_EPSILONS'] ?? '0.5,1,2,4,8,none').split(',');
/** Shares of the devices that a round expects; 1: everybody, without a draw. */
const rates = (process.env['BENCH_SAMPLING'] ?? '1,0.2').split(',').map(Number);
const clipNorm = Number(process.env['BENCH_CLIP'] ?? 0.5);
const learningRate = Number(process.env['BENCH_RATE'] ?? 0.1);

/** The noise at which so many rounds cost just ε. */
function privacyFor(epsilon: number, samplingRate: number): Noised {
  const promised = { type: 'central', clipNorm, delta, epsilon } as const;
  if (samplingRate === 1)
    return {
      ...promised,
      noiseMultiplier: Math.sqrt(ROUNDS / budgetOf({ type: 'central', epsilon, delta })),
    };
  const { noiseMultiplier } = noiseFor('rdp', epsilon, { samplingRate, steps: ROUNDS, delta });
  return { ...promised, noiseMultiplier, samplingRate };
}

function nameOf(model: string, rate: number, privacy: Noised | undefined, rounds: number): string {
  const cohort = rate === 1 ? 'all devices' : `${rate * PARTICIPANTS} devices expected, drawn by chance`;
  if (privacy === undefined) return `${model}, ${cohort}: no noise, ${rounds} rounds`;
  const epsilon = Number(epsilonAfter(privacy, rounds).toPrecision(4));
  const draw = rate === 1 ? 'no amplification' : `amplified by Poisson sampling at ${rate}`;
  return `${model}, ${cohort}: ε ${epsilon} at δ ${deltaText(delta)} after ${rounds} rounds (${draw}; ${adjacencyText(privacy)}), noise multiplier ${privacy.noiseMultiplier.toPrecision(4)}`;
}

export async function run(): Promise<Row[]> {
  const data = mnist();
  if (data === undefined) return [];
  const rows: Row[] = [];
  for (const model of models)
    for (const rate of rates)
      for (const word of epsilons) {
        const privacy = word === 'none' ? undefined : privacyFor(Number(word), rate);
        const { rounds, result } = await simulated(`${model}, share ${rate}, ε ${word}`, {
          data,
          model,
          participants: PARTICIPANTS,
          cohort: rate,
          learningRate,
          privacy: privacy ?? { type: 'none' },
          rounds: ROUNDS,
        });
        const last = rounds.slice(-LAST).map((line) => line.metrics?.accuracy ?? 0);
        rows.push({
          name: nameOf(model, rate, privacy, result.rounds),
          value: rounded(100 * (last.reduce((sum, value) => sum + value, 0) / last.length), 2),
          unit: '%',
          target: null,
          ok: true,
        });
      }
  return rows;
}
