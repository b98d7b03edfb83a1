// What a participant sends until the model reads 97 % of the test digits, by codec: MNIST, 2NN, IID, 10 of 100 a round. Bytes are
// the mean over all 100 participants and the whole run.
//   npm run bench -- bytes-to-target
import type { Row } from './row.ts';
import { mnist, roundsTo, simulated } from './simulated.ts';

const target = 0.97;
const ways = [
  { uplink: 'f32', downlink: 'f32' },
  { uplink: 'eden:3', downlink: 'eden:4' },
  { uplink: 'eden:1', downlink: 'eden:4' },
] as const;

export async function run(): Promise<Row[]> {
  const data = mnist();
  if (data === undefined) return [];
  const rows: Row[] = [];
  let exact: number | undefined;
  for (const { uplink, downlink } of ways) {
    const made = await simulated(`${uplink} up, ${downlink} down`, {
      data,
      model: 'mlp:200,200',
      learningRate: 0.215,
      uplink,
      downlink,
      rounds: 150,
      metric: { name: 'accuracy', target },
    });
    const { bytesUpPerParticipant, bytesDownPerParticipant } = made.result;
    const reached = roundsTo(made, target);
    exact ??= bytesUpPerParticipant;
    rows.push(
      {
        name: `bytes up a participant to 97 %, ${uplink}`,
        value: Math.round(bytesUpPerParticipant),
        unit: 'bytes',
        target:
          uplink === 'f32' ? null : `fewer than a ${uplink === 'eden:1' ? 'twentieth' : 'eighth'} of f32`,
        ok: uplink === 'f32' || bytesUpPerParticipant < exact / (uplink === 'eden:1' ? 20 : 8),
      },
      {
        name: `bytes down a participant to 97 %, ${uplink} up, ${downlink} down`,
        value: Math.round(bytesDownPerParticipant),
        unit: 'bytes',
        target: null,
        ok: true,
      },
      {
        name: `rounds to 97 %, ${uplink}`,
        value: reached ?? Number.NaN,
        unit: 'rounds',
        target: null,
        ok: reached !== undefined,
      },
    );
  }
  return rows;
}
