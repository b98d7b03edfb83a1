import { expect, test } from 'vitest';
import { spokenLine, type RoundLine } from './lines.ts';

const round: RoundLine = {
  type: 'round',
  round: 1,
  version: 1,
  participants: 4,
  refused: 0,
  dropped: 0,
  metrics: null,
  bytesUp: 0,
  bytesDown: 0,
  deviceSeconds: 90,
  simulatedSeconds: 30,
  reason: null,
};
const rates = (first: number) => [
  { rate: 0.01, chance: first },
  { rate: 0.1, chance: 1 - first },
];
const spoken = (tuned: Pick<RoundLine, 'tuning' | 'tunedBy'>): string =>
  spokenLine({ ...round, ...tuned }, 'accuracy', 3);

test('rates of a list have chances, and those of a population lie between two ends', () => {
  expect(spoken({ tuning: rates(0.5), tunedBy: 'fedex' })).toContain(
    '2 rates, equal chances as at the start',
  );
  expect(spoken({ tuning: rates(0.25), tunedBy: 'fedex' })).toContain('rate 0.1 likeliest, 75 %');
  expect(spoken({ tuning: rates(0.5), tunedBy: 'fedpop' })).toContain('2 rates from 0.01 to 0.1');
});

test('a result tells device-hours as simulated, and by them the energy of each kind of device', () => {
  const text = spokenLine(
    {
      type: 'result',
      rounds: 1,
      metrics: {},
      bytesUpPerParticipant: 0,
      bytesDownPerParticipant: 0,
      deviceSeconds: 5400,
      simulatedSeconds: 30,
      versionDigest: 'ab',
      outcome: 'It ended.',
    },
    'accuracy',
    1,
  );
  // 1.5 hours by 2 to 6 W.
  expect(text).toContain(
    '1.5 device-hours of training as simulated, at made-up speeds; by phones (2 to 6 W) between 3 and 9 Wh, by laptops',
  );
});
