import * as v from 'valibot';
import { expect, test } from 'vitest';
import { exampleSpec } from '../../../../test/simulation/example-spec.ts';
import { checkGates } from './check-gates.ts';
import { gateKind, judgedSentence, latencyWords } from './gate-words.ts';
import type { FederationSpec } from '../federation.ts';
import { Gate } from './gate.ts';
import type { Slice } from './slice.ts';
import { slicesAsked } from './slices-asked.ts';
import { judgeGates, passesAll, type MeasuredVersion, type SliceTold } from './judge-gates.ts';

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

/** Rows of two kinds: the version reads 18 of 20 of the one, and 5 of 10 of the other. */
const people = {
  ...exampleSpec(),
  contract: {
    ...exampleSpec().contract,
    columns: [
      { type: 'category', name: 'sex', categories: ['Female', 'Male'], missingAllowed: false },
      { type: 'text', name: 'note', missingAllowed: false },
    ],
  } as FederationSpec['contract'],
};
const told = (part: string, confusion: number[], participants = 3, counted = 3): SliceTold => ({
  column: 'sex',
  part,
  counted,
  isEmpty: false,
  shown: {
    participants,
    tally: {
      type: 'classification' as const,
      count: confusion.reduce((sum, cell) => sum + cell, 0),
      lossSum: 1,
      confusion,
    },
  },
});
const sliced = (slices: readonly SliceTold[]): MeasuredVersion => ({
  ...version,
  evaluation: { ...version.evaluation!, slices },
});

test('a gate about a slice is judged by the rows in it alone, and the worst part is named', () => {
  const gates: Gate[] = [
    { kind: 'quality', metric: 'accuracy', slice: { column: 'sex', part: 'is Female' }, threshold: 0.7 },
    { kind: 'quality', metric: 'accuracy', slice: { column: 'sex', part: null }, threshold: 0.7 },
    {
      kind: 'class',
      metric: 'recall',
      label: 'left',
      slice: { column: 'sex', part: 'is Male' },
      threshold: 0.7,
    },
  ];
  expect(checkGates({ ...people, gates }, 'classification')).toEqual([]);
  expect(slicesAsked({ ...people, gates }).map(({ part }) => part)).toEqual(['is Female', 'is Male']);
  // Of a column that is named, all parts, whichever the condition is about.
  expect(slicesAsked({ ...people, gates: [gates[2]!] })).toEqual(slicesAsked({ ...people, gates }));
  const one = judgeGates(
    { ...people, gates },
    sliced([told('is Female', [4, 2, 3, 1]), told('is Male', [9, 1, 1, 9])]),
    all,
  );
  expect(one.map(({ figure, standing, part }) => [figure, standing, part])).toEqual([
    [0.5, 'failed', undefined],
    [0.5, 'failed', 'is Female'],
    [0.9, 'passed', undefined],
  ]);
  expect(one.map((judgedOne) => judgedSentence(judgedOne, people)).slice(0, 2)).toEqual([
    'Accuracy where sex is Female is 50\u202f%, and at least 70\u202f% is asked for.',
    'Accuracy in the part of “sex” where it is worst (sex is Female) is 50\u202f%, and at least 70\u202f% is asked for.',
  ]);
  expect(gateKind(gates[0]!)).toBe('fairness');
});

test('a slice of too few rows or devices is not measured yet, and neither is the worst part beside it', () => {
  const female = { ...told('is Female', []), shown: null };
  const standing = (slice: Slice, parts: readonly SliceTold[]) =>
    judgeGates(
      { ...people, gates: [{ kind: 'quality', metric: 'accuracy', slice, threshold: 0.1 }] },
      sliced(parts),
      all,
    )[0]!;
  const male = told('is Male', [9, 1, 1, 9], 2);
  const worst = { column: 'sex', part: null };
  const named = { column: 'sex', part: 'is Male' };
  expect(standing(named, [female, male]).standing).toBe('passed');
  expect(standing(worst, [female, male]).standing).toBe('not-measured');
  expect(standing({ ...named, leastRows: 21 }, [male]).standing).toBe('not-measured');
  expect(standing({ ...named, leastDevices: 3 }, [male]).standing).toBe('not-measured');
  // Two of three devices speak for all; one does not.
  const countedBy = (devices: number) => standing(named, [told('is Male', [9, 1, 1, 9], 2, devices)]);
  expect([countedBy(2).standing, countedBy(1).standing]).toEqual(['passed', 'not-measured']);
  // The worst of a column is known once each part was counted; one that no row is in does not stand in the way.
  expect(standing(worst, [male]).standing).toBe('not-measured');
  expect(standing(worst, [{ ...female, isEmpty: true }, male]).standing).toBe('passed');
  expect(judgedSentence(standing({ ...named, leastRows: 21 }, [male]), people)).toBe(
    'Accuracy where sex is Male is not measured yet (at least 21 held-out rows of 2 devices are needed), and at least 10\u202f% is asked for.',
  );
});

test('a slice that no device could count is refused, with the parts that there are', () => {
  const refused = (slice: Slice, of: Partial<FederationSpec> = {}): string | undefined =>
    checkGates(
      {
        ...people,
        ...of,
        gates: [{ kind: 'quality', metric: 'accuracy', slice, threshold: 0.1 }],
      } as typeof people,
      'classification',
    )[0]?.message;
  expect(refused({ column: 'sex', part: 'is other' })).toMatch(
    /no part “is other”: it has “is Female”, “is Male”/,
  );
  expect(refused({ column: 'age', part: null })).toMatch(/no column “age”/);
  expect(refused({ column: 'note', part: null })).toMatch(/holds texts/);
  expect(refused({ column: 'sex', part: null }, { secureSum: { type: 'on' } as never })).toMatch(
    /ask for them in a survey/,
  );
});

test('of a class with fewer rows in a slice than are asked for nothing is said', () => {
  const slice = { column: 'sex', part: 'is Male' };
  const standings = (confusion: number[]) =>
    judgeGates(
      {
        ...people,
        gates: [
          { kind: 'class', metric: 'recall', label: 'right', slice, threshold: 0.1 },
          { kind: 'class', metric: 'recall', label: null, slice, threshold: 0.1 },
        ],
      },
      sliced([told('is Male', confusion)]),
      all,
    ).map(({ standing }) => standing);
  expect(standings([19, 1, 0, 9])).toEqual(['not-measured', 'not-measured']);
  expect(standings([19, 1, 0, 10])).toEqual(['passed', 'passed']);
});
