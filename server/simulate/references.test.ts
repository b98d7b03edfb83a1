import { expect, test } from 'vitest';
import type { TableContract } from '#lib/core/data/contract.ts';
import { compareModels, judging, type Judged } from '#lib/participant/workbench/judge.ts';
import { inOneGo } from '#lib/participant/workbench/step-through.ts';
import type { Gap } from './lines.ts';
import { samples } from '#lib/modalities/samples.ts';
import { smallSetup } from '../../test/support/small-simulation.ts';
import { simulatedDevices } from './devices.ts';
import { spokenLine } from './lines.ts';
import { simulatedSpec } from './specification.ts';
import { gainOverMean, referencesOf, verdict } from './references.ts';

const classes: TableContract = {
  kind: 'table',
  columns: [],
  target: { type: 'classes', name: 'y', classes: ['no', 'yes'].map((label) => ({ label, values: [label] })) },
};
/** 100 rows of “yes”, the first `right` of which the model has right. */
function judged(right: number): Judged {
  const outputs = Float64Array.from({ length: 200 }, (_, i) =>
    i >> 1 < right === (i % 2 === 1) ? 0.9 : 0.1,
  );
  const rows = { count: 100, features: new Float32Array(0), targets: new Int32Array(100).fill(1) };
  const found = inOneGo(judging(classes, outputs, rows, 1));
  if (found === undefined) throw new Error('There are rows.');
  return found;
}

test('over the mean of devices the variances of rows and of the draw of devices add up', () => {
  // 60, 70 and 80 of 100 right, against 90, as a draw from 6. Rows: the first 60 differ by 0, 10 by 1/3, 10 by 2/3, 10 by 1, and half
  // a row to each side: Σ d = 20, Σ d² = 10/9 + 40/9 + 10 + 1, 102 rows. Devices: s² = 0.01, /3, times 1 − 3/6.
  const rows = (10 / 9 + 40 / 9 + 11 - (20 * 20) / 102) / 101 / 102;
  const devices = (0.01 / 3) * 0.5;
  const three = [judged(60), judged(70), judged(80)];
  const { gain, interval } = gainOverMean(judged(90), three, 6);
  expect(gain).toBeCloseTo(0.2, 12);
  const freedom = (rows + devices) ** 2 / (rows ** 2 / 101 + devices ** 2 / 2);
  expect(freedom).toBeCloseTo(6, 0);
  // t(0.975) between 6 and 7 degrees of freedom: 2.447 and 2.365.
  const reach = ((interval?.high ?? NaN) - gain) / Math.sqrt(rows + devices);
  expect(reach).toBeGreaterThan(2.36);
  expect(reach).toBeLessThan(2.62);
  // All devices there are: only the rows are luck.
  const all = gainOverMean(judged(90), three, 3);
  expect((all.interval?.high ?? NaN) - gain).toBeCloseTo(1.9837 * Math.sqrt(rows), 4);
});

test('over one device that is all there are, it is the interval of two models, but for Student’s t', () => {
  const [one, other] = [judged(90), judged(80)];
  const pair = compareModels(one, other, 1).interval;
  const { interval } = gainOverMean(one, [other], 1);
  const width = (of: typeof pair | null): number => (of == null ? NaN : of.high - of.low);
  expect(width(interval) / width(pair)).toBeCloseTo(1.9837 / 1.95996, 1);
  expect(gainOverMean(one, [other], 2).interval).toBeNull();
});

const gap = (low: number, high: number): Gap => ({ gain: (low + high) / 2, interval: { low, high } });
const none = gap(-0.01, 0.01);
test.each([
  [gap(0.01, 0.3), none, 'federating helps'],
  [gap(-0.3, -0.01), none, 'one device is enough'],
  [gap(-0.03, 0.019), none, 'one device is enough'],
  [gap(-0.03, 0.021), none, 'no difference beyond luck'],
  [gap(-0.3, -0.01), gap(0.01, 0.05), 'only pooling helps'],
  // Beyond luck, and not worth a round.
  [gap(-0.03, 0.019), gap(0.001, 0.005), 'one device is enough'],
  [{ gain: 0.2, interval: null }, none, 'no difference beyond luck'],
] as const)('gains over devices alone of %o, and pooled %o: %s', (federated, pooled, said) => {
  expect(verdict(federated, pooled, 1)).toBe(said);
});

test('where a model that the last version is held against diverges there is no verdict, and what to do is said', async () => {
  const setup = { ...smallSetup, references: 2 };
  const { contract } = samples['drawn-digits'];
  const parts = [Uint32Array.of(0), Uint32Array.of(1)];
  const rows = {
    count: 2,
    features: new Uint8Array(2 * 784),
    targets: new Int32Array(2),
    hashes: new Uint32Array(4),
  };
  const line = await referencesOf({
    setup,
    spec: simulatedSpec({ ...setup, cohort: 1 }, contract, 2),
    devices: simulatedDevices(setup, parts),
    training: rows,
    test: rows,
    parameters: new Float32Array(0),
    rounds: 3,
    pool: {
      work: async (job) =>
        'training' in job && job.training === null
          ? { type: 'said', outputs: new Float64Array(20).fill(0.1), engineMs: 0 }
          : { type: 'unsaid', kind: 'diverged', message: 'The loss is no longer a number.', engineMs: 0 },
    },
  });
  expect(line && spokenLine(line, 'accuracy', 3)).toBe(
    'No verdict: the model trained on all rows in one place diverged. The loss is no longer a number. Use a --learning-rate below 0.1 or fewer --rounds, for the rounds and for what they are held against.',
  );
});
