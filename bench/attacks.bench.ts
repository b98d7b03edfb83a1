// Attacks against strategies: 20 devices with 300 drawn digits each, 4 of them hostile, Dirichlet 0.5, the MLP 784-128-64-10, all of
// them every round, 20 rounds; accuracy is the mean of the last five versions.
// Gates: the mean must visibly fail under sign flip ×5 and IPM 10, which proves that the attacks attack; the robust defaults must
// end within 5 points of their own value without an attack under label flip, ALIE and noise, and above 70 % under sign flip and IPM.
// Of the backdoor a second figure: the share of other digits that the attackers' trigger makes a zero. FLTrust has a root of 100
// rows beside the 20 devices.
//   npm run bench -- attacks            BENCH_STRATEGIES=fedavg,fltrust BENCH_ATTACKS='none minmax' … for some of them
import { attackOption, strategyOption } from '../server/simulate/flags.ts';
import type { RoundLine } from '../server/simulate/lines.ts';
import { UnusableSetup, type SimulationSetup } from '../server/simulate/setup.ts';
import type { Row } from './row.ts';
import { simulated } from './simulated.ts';

const strategies = (
  process.env['BENCH_STRATEGIES'] ?? 'fedavg,median,trimmedmean,multikrum,normbound,rfa,bulyan,krum,fltrust'
).split(',');
/** Gaussian noise of about 100 times the spread of an honest update here (σ ≈ 0.005). */
const all = [
  'none',
  'labelflip',
  'signflip:scale=5',
  'alie:z=1.5',
  'ipm:epsilon=0.5',
  'ipm:epsilon=10',
  'gaussian:sd=0.5',
  'minmax',
  'replacement',
];
const asked = process.env['BENCH_ATTACKS']?.split(' ');
const attacks = (asked ?? all).map((name) => (name === 'none' ? null : name));
const guarded = ['trimmedmean', 'multikrum'];
const ungated = ['ipm:epsilon=0.5', 'minmax', 'replacement'];
const LAST = 5;

export async function run(): Promise<Row[]> {
  const rows: Row[] = [];
  for (const strategy of strategies) {
    let calm = Number.NaN;
    for (const attack of attacks) {
      const rounds: RoundLine[] = [];
      const setup: Partial<SimulationSetup> = {
        model: 'mlp:128,64',
        participants: 20,
        cohort: 1,
        partition: 'dirichlet:0.5',
        batchSize: 20,
        strategy: strategyOption(strategy),
        attack: attack === null ? null : attackOption(attack),
        attackers: attack === null ? 0 : 0.2,
        rounds: 20,
      };
      try {
        await simulated(`${strategy}, ${attack ?? 'no attack'}`, setup, rounds);
      } catch (failure) {
        // The model was driven so far that devices can no longer train on it: its last versions tell.
        if (!(failure instanceof UnusableSetup) || rounds.length === 0) throw failure;
      }
      const last = rounds
        .filter((line) => line.version !== null)
        .slice(-LAST)
        .map((line) => line.metrics?.accuracy ?? 0);
      const accuracy = (100 * last.reduce((sum, one) => sum + one, 0)) / last.length;
      const opened = rounds.flatMap((line) => line.backdoor ?? []).slice(-LAST);
      if (attack === null) calm = accuracy;
      rows.push({
        name: `accuracy, ${strategy}, ${attack ?? 'no attack'}`,
        value: Number(accuracy.toFixed(1)),
        unit: '%',
        ...gate(strategy, attack, accuracy, calm),
      });
      if (opened.length > 0)
        rows.push({
          name: `backdoor, ${strategy}, ${attack ?? 'no attack'}`,
          value: Number(((100 * opened.reduce((sum, one) => sum + one, 0)) / opened.length).toFixed(1)),
          unit: '%',
          target: null,
          ok: true,
        });
    }
  }
  return rows;
}

function gate(
  strategy: string,
  attack: string | null,
  accuracy: number,
  calm: number,
): Pick<Row, 'target' | 'ok'> {
  const isLoud = attack === 'signflip:scale=5' || attack === 'ipm:epsilon=10';
  if (strategy === 'fedavg' && isLoud) return { target: 'fails: below 20 %', ok: accuracy < 20 };
  if (!guarded.includes(strategy) || attack === null || ungated.includes(attack))
    return { target: null, ok: true };
  if (isLoud) return { target: 'above 70 %', ok: accuracy > 70 };
  if (Number.isNaN(calm)) return { target: null, ok: true };
  return { target: `within 5 of ${calm.toFixed(1)} %`, ok: accuracy >= calm - 5 };
}
