// Ten thousand participants, a hundred a round, drop-outs as phones have them (8 %): rounds a minute, memory, and the share of the
// processor's time that is training and scoring itself.
//   npm run bench -- ten-thousand
import { resourceUsage } from 'node:process';
import type { Row } from './row.ts';
import { simulated } from './simulated.ts';

export async function run(): Promise<Row[]> {
  const made = await simulated('10,000 participants', {
    model: 'mlp:200,200',
    participants: 10_000,
    cohort: 0.01,
    dropout: 0.08,
    localEpochs: 5,
    rounds: 30,
    evaluateEvery: 10,
  });
  const { wallMs, engineMs, processes } = made.spent;
  const reports = made.rounds.reduce((sum, line) => sum + line.participants, 0);
  return [
    {
      name: 'rounds a minute, all check-ins included',
      value: Number(((60_000 * made.rounds.length) / wallMs).toFixed(1)),
      unit: '',
      target: null,
      ok: true,
    },
    {
      name: 'peak memory of the process and its threads',
      value: Math.round(resourceUsage().maxRSS / 1024),
      unit: 'MB',
      target: '< 2048 MB',
      ok: resourceUsage().maxRSS < 2 * 1024 * 1024,
    },
    {
      name: 'share of the threads’ time in training and scoring',
      value: Number(((100 * engineMs) / (wallMs * processes)).toFixed(1)),
      unit: '%',
      target: null,
      ok: true,
    },
    {
      name: 'updates a round',
      value: Number((reports / made.rounds.length).toFixed(1)),
      unit: '',
      target: null,
      ok: true,
    },
  ];
}
