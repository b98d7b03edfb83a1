import { expect, test } from 'vitest';
import type { TableContract } from '../../core/data/contract.ts';
import { random } from '../../core/random.ts';
import { compareModels, judging, type Judged } from './judge.ts';
import { inOneGo } from './step-through.ts';
import { verdictOf, verdictSentence } from './verdict.ts';

const classes: TableContract = {
  kind: 'table',
  columns: [],
  target: { type: 'classes', name: 'y', classes: ['no', 'yes'].map((label) => ({ label, values: [label] })) },
};
const number: TableContract = {
  kind: 'table',
  columns: [],
  target: { type: 'number', name: 'y', mean: 0, standardDeviation: 1 },
};

/** `yes` [rows]: the share of the second class. */
function judgedClasses(yes: readonly number[], truths: readonly number[]): Judged {
  const outputs = Float64Array.from(yes.flatMap((share) => [1 - share, share]));
  const rows = { count: yes.length, features: new Float32Array(0), targets: Int32Array.from(truths) };
  return inOneGo(judging(classes, outputs, rows, 1))!;
}
const entry = (model: string, judged: Judged, chosen: Judged) => ({
  model,
  title: model,
  options: {},
  report: judged.report,
  comparison: compareModels(chosen, judged, 1),
});

test('of few positives a good order is a signal, though no answer is better than “no” for all', () => {
  // 200 rows, 3 % positive: each positive stands above nine of ten negatives, and every share is below a half.
  const truths = Array.from({ length: 200 }, (_, row) => (row < 6 ? 1 : 0));
  const model = judgedClasses(
    truths.map((truth, row) => (truth === 1 ? 0.4 : (row % 100) / 225)),
    truths,
  );
  const floor = judgedClasses(
    truths.map(() => 0.03),
    truths,
  );
  expect(model.report.type === 'classes' && model.report.rocArea).toBeGreaterThan(0.88);
  expect(compareModels(model, floor, 1).gain).toBe(0);
  expect(verdictOf([model], floor)).toEqual({ verdict: 'signal', shows: [true] });
  const baselines = [entry('constant', floor, model)];
  expect(verdictSentence(entry('m', model, model), baselines, { doesModel: true, showing: [] })).toMatch(
    /better order than chance \(area below ROC 0\.9\d?\)/,
  );
});

test('four rows to none are no signal, as the exact test says', () => {
  const truths = [1, 1, 1, 1, 0, 0, 0, 0, 0, 1];
  // All of one share but four, so that the order is no evidence either.
  const model = judgedClasses([0.6, 0.6, 0.6, 0.6, 0.4, 0.4, 0.4, 0.4, 0.6, 0.4], truths);
  const floor = judgedClasses(
    truths.map(() => 0.4),
    truths,
  );
  const compared = compareModels(model, floor, 1);
  expect(compared.gain).toBeGreaterThan(0);
  expect(compared.pValue).toBeGreaterThan(0.125);
  expect(verdictOf([model, model], floor).verdict).toBe('no signal');
});

test('where a baseline alone finds a signal, the columns do tell and the sentence says who heard it', () => {
  const truths = Array.from({ length: 60 }, (_, row) => row % 2);
  const floor = judgedClasses(
    truths.map(() => 0.4),
    truths,
  );
  const failing = floor;
  const good = judgedClasses(
    truths.map((truth, row) => (row % 20 === 0 ? 0.5 : 0.1 + 0.8 * truth)),
    truths,
  );
  const found = verdictOf([failing, good], floor);
  expect(found).toEqual({ verdict: 'signal', shows: [false, true] });
  const baselines = [entry('constant', floor, failing), entry('logistic', good, failing)];
  const says = verdictSentence(entry('mlp', failing, failing), baselines, {
    doesModel: false,
    showing: [baselines[1]!],
  });
  expect(says).toMatch(/^logistic finds a signal in these columns; mlp does not/);
});

test('many models that guess show a signal in one of twenty runs at most', () => {
  let signals = 0;
  for (let seed = 0; seed < 100; seed += 1) {
    const draw = random(seed, 'guesses');
    const truths = Array.from({ length: 40 }, () => draw.below(2));
    const guess = () =>
      judgedClasses(
        truths.map(() => draw.next()),
        truths,
      );
    const floor = judgedClasses(
      truths.map(() => 0.49),
      truths,
    );
    if (verdictOf([guess(), guess(), guess(), guess()], floor).verdict === 'signal') signals += 1;
  }
  expect(signals).toBeLessThan(9);
});

test('of many numbers the intervals come at once, and are those of the bootstrap', () => {
  const of = (count: number, seed = 1) => {
    const draw = random(5, 'numbers');
    const targets = Float32Array.from({ length: count }, () => draw.normal());
    const near = Float64Array.from(targets, (target) => target + 0.5 * draw.normal());
    const rows = { count, features: new Float32Array(0), targets };
    const model = inOneGo(judging(number, near, rows, seed))!;
    const floor = inOneGo(judging(number, new Float64Array(count), rows, seed))!;
    if (model.report.type !== 'number') throw new Error('A number was judged.');
    return { report: model.report, gain: compareModels(model, floor, 1).interval!, model, floor };
  };
  const [drawn, told] = [of(1000), of(1001)];
  for (const name of ['rmseInterval', 'r2Interval'] as const)
    for (const side of ['low', 'high'] as const)
      expect(Math.abs(told.report[name]![side] - drawn.report[name]![side]), name).toBeLessThan(0.006);
  expect(Math.abs(told.gain.low - drawn.gain.low)).toBeLessThan(0.012);
  expect(verdictOf([told.model], told.floor).verdict).toBe('signal');
  // Nothing is drawn: a thousand draws of 200,000 rows took a minute.
  expect(of(1001, 2).report).toEqual(told.report);
  expect(of(1000, 2).report).not.toEqual(drawn.report);
});
