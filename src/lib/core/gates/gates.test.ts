import * as v from 'valibot';
import { expect, test } from 'vitest';
import { exampleSpec } from '../../../../test/simulation/example-spec.ts';
import { checkGates } from './check-gates.ts';
import { gateKind, judgedSentence, latencyWords } from './gate-words.ts';
import { Gate } from './gate.ts';
import { judgeGates, passesAll, type MeasuredVersion } from './judge-gates.ts';

/** 10 rows left, 8 of them right; 10 rows right, 5 of them right. */
const version: MeasuredVersion = {
  version: 2,
  run: 1,
  bytes: 24,
  bytesUp: 600,
  participants: 3,
  durationMs: 40_000,
  evaluation: {
    participants: 3,
    tally: { type: 'classification', count: 20, lossSum: 4, confusion: [8, 2, 5, 5] },
    spread: {
      participants: 3,
      mean: 0.6,
      minimum: 0.4,
      lowerQuartile: 0.5,
      median: 0.6,
      upperQuartile: 0.8,
      maximum: 0.9,
    },
    // 1.41 ms, 2 ms twice.
    latency: [
      { step: 1, devices: 1 },
      { step: 2, devices: 2 },
    ],
  },
};
const all = [
  { version: 0, run: null },
  { version: 1, run: 1 },
  { version: 2, run: 1 },
  { version: 3, run: 1 },
];
const judged = (...gates: Gate[]) => judgeGates({ ...exampleSpec(), gates }, version, all);

test('each kind of gate takes its own figure, and the way that is better of it', () => {
  const figures = judged(
    { kind: 'quality', metric: 'accuracy', threshold: 0.65 },
    { kind: 'quality', metric: 'loss', threshold: 0.2 },
    { kind: 'class', metric: 'recall', label: null, threshold: 0.6 },
    { kind: 'class', metric: 'recall', label: 'left', threshold: 0.8 },
    { kind: 'device', place: 'worst', threshold: 0.4 },
    { kind: 'device', place: 'worst-quarter', threshold: 0.55 },
    { kind: 'spread', threshold: 0.4 },
    { kind: 'latency', place: 'worst', threshold: 1.9 },
    { kind: 'latency', place: 'median', threshold: 2 },
    { kind: 'size', threshold: 24 },
    { kind: 'bytes', threshold: 199 },
    { kind: 'rounds', threshold: 2 },
    { kind: 'duration', threshold: 39_000 },
  );
  expect(figures.map(({ figure, standing }) => [Number(figure?.toFixed(6)), standing])).toEqual([
    [13 / 20, 'passed'],
    [0.2, 'passed'],
    [0.5, 'failed'],
    [0.8, 'passed'],
    [0.4, 'passed'],
    [0.5, 'failed'],
    [0.5, 'failed'],
    [2, 'failed'],
    [2, 'passed'],
    [24, 'passed'],
    [200, 'failed'],
    [2, 'passed'],
    [40_000, 'failed'],
  ]);
  expect(passesAll(figures)).toBe(false);
});

test('what nobody has measured is not passed', () => {
  const gates: Gate[] = [{ kind: 'quality', metric: 'accuracy', threshold: 0 }];
  const unscored = judgeGates({ ...exampleSpec(), gates }, { ...version, evaluation: null }, all);
  expect(unscored).toMatchObject([{ standing: 'not-measured' }]);
  expect(passesAll(unscored)).toBe(false);
  // No gates: nothing stands in the way.
  expect(passesAll(judgeGates(exampleSpec(), version, all))).toBe(true);
});

test('how long a prediction takes is judged once half of the devices that scored a version have told it', () => {
  const gates: Gate[] = [{ kind: 'latency', place: 'worst', threshold: 10 }];
  const heard = (participants: number) =>
    judgeGates(
      { ...exampleSpec(), gates },
      { ...version, evaluation: { ...version.evaluation!, participants } },
      all,
    )[0]!;
  expect([6, 7].map((participants) => heard(participants).standing)).toEqual(['passed', 'not-measured']);
  expect(judgedSentence(heard(7), exampleSpec())).toBe(
    'Time of a prediction on the slowest device is not measured yet, and at most 10 ms is asked for.',
  );
  expect(latencyWords(version.evaluation?.latency)).toBe(
    'up to 2 ms on half of 3 devices, up to 2 ms on the slowest',
  );
  expect(gateKind(gates[0]!)).toBe('latency');
  expect([gates[0]!.threshold, 0].map((threshold) => v.is(Gate, { ...gates[0], threshold }))).toEqual([
    true,
    false,
  ]);
});

test('a figure that fails by little does not read like its threshold', () => {
  const [one] = judgeGates(
    { ...exampleSpec(), gates: [{ kind: 'quality', metric: 'accuracy', threshold: 0.9 }] },
    {
      ...version,
      evaluation: {
        participants: 1,
        spread: null,
        tally: { type: 'classification', count: 10_000, lossSum: 1, confusion: [8996, 1004, 0, 0] },
      },
    },
    all,
  );
  expect(judgedSentence(one!, exampleSpec())).toBe(
    'Accuracy is 89.96\u202f%, and at least 90\u202f% is asked for.',
  );
  expect(gateKind(one!.gate)).toBe('quality');
});

test('a time that no device tells is refused', () => {
  const refused = (threshold: number) =>
    checkGates(
      { ...exampleSpec(), gates: [{ kind: 'latency', place: 'median', threshold }] },
      'classification',
    ).length;
  expect([0.124, 0.125].map(refused)).toEqual([1, 0]);
});

test('under a secure sum gates on single devices are refused, and others where no survey scores versions', () => {
  const secureSum = { type: 'on', profile: 'standard' } as never;
  const spec = {
    ...exampleSpec(),
    secureSum,
    gates: [
      { kind: 'spread', threshold: 0.1 },
      { kind: 'latency', place: 'worst', threshold: 10 },
      { kind: 'quality', metric: 'accuracy', threshold: 0.9 },
      { kind: 'size', threshold: 100 },
    ] satisfies Gate[],
  };
  expect(checkGates(spec, 'classification').map(({ path }) => path)).toEqual([
    'gates.0',
    'gates.1',
    'gates.2',
  ]);
  const asked = { ...spec, statistics: { type: 'on', mostSurveys: 3, mostRows: 100 } as const };
  expect(checkGates(asked, 'classification').map(({ path }) => path)).toEqual(['gates.0', 'gates.1']);
});
