// Classes in balance among the rows that a model learns from: the rare one is found more often, and nothing that was added judges.
import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { sharedData } from '../../../../test/contract/shared-data.ts';
import { createReferenceTrainer } from '../../adapters/reference/reference-trainer.ts';
import { createSystemClock } from '../../adapters/system-clock.ts';
import { augmentedAt } from '../../core/augmentation.ts';
import { balancedRows } from '../../core/balance/balanced-rows.ts';
import type { Balance } from '../../core/balance/balances.ts';
import type { DataContract } from '../../core/data/contract.ts';
import { random } from '../../core/random.ts';
import { sourceOfText } from '../../modalities/source-file.ts';
import type { Trainer } from '../../ports/trainer.ts';
import { createEngine } from '../engine.ts';
import { createTrainingControl } from '../training-control.ts';
import { checkLabels } from './analyse.ts';
import { addedSentence, balancedAs, balanceProblem, shiftedSentence } from './balance.ts';
import { tableData, type BenchData } from './bench-data.ts';
import { crossValidate } from './cross-validate.ts';
import type { FitSurroundings, TrainingHand } from './fit.ts';
import { readModelFile, writeModelFile } from './model-file.ts';
import { benchModelNamed, chosenWith, variesPictures, type ChosenModel } from './models.ts';
import { runBench, type BenchRun } from './run-bench.ts';
import { searchBySetup } from './search-by-setup.ts';
import { inOneGo } from './step-through.ts';

const clock = createSystemClock();
const plain: FitSurroundings = {
  clock,
  openEngine: () => Promise.reject(new Error('No network is trained here.')),
};
const chosen = (name: string, given: Record<string, number> = {}): ChosenModel =>
  chosenWith(benchModelNamed(name)!, given);

async function dataOf(text: string, target: string): Promise<BenchData> {
  const settings = { target, kind: null, without: [], heldOut: 0.2, group: null, time: null };
  const read = await tableData([sourceOfText('table.csv', text)], settings);
  if (!read.ok) throw new Error(read.error);
  return read.value;
}

/** One patient in twelve is ill: two measures and a ward tell, and much overlaps. */
function patients(count: number): string {
  const draw = random(3, 'patients');
  const lines = ['pulse,fever,ward,state'];
  for (let row = 0; row < count; row += 1) {
    const isIll = row % 12 === 0;
    const pulse = 70 + (isIll ? 12 : 0) + 10 * draw.normal();
    const fever = draw.below(9) === 0 ? '' : (37 + (isIll ? 0.9 : 0) + 0.6 * draw.normal()).toFixed(2);
    const ward = ['north', 'south', 'west'][draw.below(isIll ? 2 : 3)]!;
    lines.push(`${pulse.toFixed(1)},${fever},${ward},${isIll ? 'ill' : 'well'}`);
  }
  return lines.join('\n');
}

async function resultOf(run: BenchRun, surroundings = plain) {
  const done = await runBench(run, surroundings, () => {});
  if (!done.ok) throw new Error(done.error);
  done.value.fitted.close();
  return done.value;
}
async function recallOf(data: BenchData, model: ChosenModel, balance: Balance, rare: number) {
  const { result } = await resultOf({ data, chosen: model, seed: 1, balance });
  const { report } = result.model;
  if (report.type !== 'classes') throw new Error('A class is predicted.');
  return { result, report, recall: report.perClass[rare]?.recall ?? 0 };
}

test.each([
  ['a line', chosen('logistic')],
  ['a tree', chosen('tree', { leaf: 20 })],
])('of rows in balance %s finds more of the rare class, by the same held-out rows', async (_, model) => {
  const data = await dataOf(patients(600), 'state');
  const before = {
    digest: data.digest,
    training: data.training.count,
    heldOut: structuredClone(data.heldOut),
  };
  const asTheyAre = await recallOf(data, model, 'none', 0);
  for (const how of ['synthetic', 'repeat'] as const) {
    const { result, report, recall } = await recallOf(data, model, how, 0);
    expect(recall).toBeGreaterThan(asTheyAre.recall + 0.15);
    expect(report.balancedAccuracy).toBeGreaterThan(asTheyAre.report.balancedAccuracy);
    expect(report.count).toBe(asTheyAre.report.count);
    expect(result.baselines.map(({ digest }) => digest)).toEqual(
      asTheyAre.result.baselines.map(({ digest }) => digest),
    );
    expect(result.balanced).toEqual({
      by: how === 'synthetic' ? 'between' : 'copies',
      classes: [
        { label: 'ill', rows: 40, added: 400 },
        { label: 'well', rows: 440, added: 0 },
      ],
    });
    expect(addedSentence(result.balanced!)).toMatch(/400 of “ill” beside 40 of its own/);
    expect(shiftedSentence(result.balanced!, report)).toMatch(/Calibration error .*: 0\.\d{3}\./);
  }
  expect(asTheyAre.result.balanced).toBe(undefined);
  expect({ digest: data.digest, training: data.training.count, heldOut: data.heldOut }).toEqual(before);
});

test('nothing that was added judges: not the held-out rows, the curve, a fold, a trial, nor a label that is doubted', async () => {
  const data = await dataOf(patients(120), 'state');
  const known = new Set<string>();
  const rowsOf = (features: ArrayLike<number>, count: number): string[] =>
    Array.from({ length: count }, (_, row) => {
      const size = features.length / count;
      return Array.from({ length: size }, (_, at) => features[row * size + at]).join(' ');
    });
  const learnAs = ({ training, heldOut }: BenchData): void => {
    for (const { features, count } of [training, heldOut])
      for (const row of rowsOf(features, count)) known.add(row);
  };
  learnAs(data);
  // Every engine's rows: what it learns from, and what it is asked about.
  let [learnt, added, judged] = [0, 0, 0];
  const judgedBy = (features: ArrayLike<number>, count: number): void => {
    for (const row of rowsOf(features, count)) {
      judged += 1;
      if (!known.has(row)) throw new Error(`A row that was made up judges: ${row}`);
    }
  };
  const watched = (): Trainer => {
    const trainer = createReferenceTrainer();
    return {
      ...trainer,
      async open(network, plan) {
        const session = await trainer.open(network, plan);
        return {
          ...session,
          setRows(rows) {
            learnt += rows.count;
            added += rowsOf(rows.features, rows.count).filter((row) => !known.has(row)).length;
            return session.setRows(rows);
          },
          evaluate(rows, options) {
            judgedBy(rows.features, rows.count);
            return session.evaluate(rows, options);
          },
          predict(features, count) {
            judgedBy(features, count);
            return session.predict(features, count);
          },
        };
      },
    };
  };
  const choice = { backend: 'reference', description: '', reason: '', reports: [] } as const;
  const surroundings = { ...plain, openEngine: async () => createEngine(choice, async () => watched()) };
  let trainingRows = 0;
  const hand: TrainingHand = {
    control: createTrainingControl(),
    onAlarm() {},
    onStanding() {},
    onTraining: (training) => ({ trainingRows } = training),
  };
  const mlp = chosen('mlp', { epochs: 1, units: 2, layers: 1 });
  const { digest } = (
    await resultOf({ data, chosen: mlp, seed: 1, balance: 'synthetic' }, { ...surroundings, hand })
  ).result.model;
  expect(trainingRows).toBe(data.training.count);
  expect({ learnt, added, judged }).toEqual({ learnt: 176, added: 80, judged: 96 + 2 * 24 });

  const parts: BenchData = {
    ...data,
    part(fold, folds) {
      const part = data.part(fold, folds);
      if (part.ok) learnAs(part.value);
      return part;
    },
  };
  expect((await crossValidate(parts, mlp, 3, 1, surroundings, 'synthetic')).ok).toBe(true);
  expect((await checkLabels(data, mlp, 1, surroundings, 'synthetic')).ok).toBe(true);
  const search = searchBySetup(
    { search: 'random', space: { mlp: { epochs: [1, 2], units: [2, 3], layers: [1, 1] } } },
    { budgetMs: null, mostTrials: 2, known: [] },
  );
  if (!search.ok) throw new Error(search.error);
  added = 0;
  await resultOf({ data, chosen: search.value, seed: 1, balance: 'synthetic' }, surroundings);
  // Two trials in five parts, then the model: each had rows of its own made up.
  expect(added).toBeGreaterThan(11 * 40);

  // By the seed to the same bits, and by another to others.
  const again = (seed: number) => resultOf({ data, chosen: mlp, seed, balance: 'synthetic' }, surroundings);
  const second = await again(1);
  expect(second.result.model.digest).toBe(digest);
  expect((await again(2)).result.model.digest).not.toBe(digest);
  const { contract, preparation, training } = data;
  const file = writeModelFile(second.fitted, {
    ...{ contract, preparation: preparation?.fitted, chosen: mlp, seed: 1, data: data.digest, training },
  });
  const opened = readModelFile(file);
  expect(opened.ok && opened.value.isBalanced).toBe(true);
});

const picture: DataContract = { kind: 'image', height: 4, width: 4, channels: 1, classes: ['a', 'b'] };

test('of pictures a copy is a copy, and is varied otherwise than what it is of', () => {
  const features = Uint8Array.from({ length: 3 * 16 }, (_, at) => (at * 37) % 251);
  const rows = { count: 3, features, targets: Int32Array.of(0, 0, 1) };
  const done = inOneGo(balancedRows(picture, rows, 'synthetic', 1));
  if (!done.ok) throw new Error(done.error);
  const { count, features: all } = done.value.rows;
  expect(count).toBe(4);
  expect(all.subarray(48)).toEqual(features.subarray(32));
  const how = { flip: false, shift: 0.5, turn: 90, light: 0.5, cutout: 0 };
  const [of, copy] = augmentedAt(done.value.rows, [4, 4, 1], how, 1, 0, [2, 3]);
  expect(copy?.pixels).not.toEqual(of?.pixels);
  expect(balancedAs('synthetic', picture, true)).toBe('varied');
  expect(balancedAs('repeat', picture, false)).toBe('copies');
  expect(variesPictures(chosen('cnn-small', { flip: 1 }))).toBe(true);
  expect(variesPictures(chosen('cnn-small'))).toBe(false);
});

test('what cannot be balanced is refused with what to do instead', async () => {
  const table = (columns: Extract<DataContract, { kind: 'table' }>['columns']): DataContract => ({
    kind: 'table',
    columns,
    target: { type: 'classes', name: 'y', classes: ['a', 'b'].map((label) => ({ label, values: [label] })) },
  });
  const terms = table([{ type: 'terms', name: 'review', terms: ['good'], slots: 1 }]);
  expect(balanceProblem('synthetic', terms, false)).toMatch(/Texts are not made up/);
  expect(balanceProblem('repeat', terms, false)).toBe(undefined);
  expect(balanceProblem('synthetic', picture, false)).toMatch(/varies none.*cnn-small:flip=1/);
  expect(balanceProblem('synthetic', picture, true)).toBe(undefined);
  const sound: DataContract = {
    ...{ kind: 'audio', sampleRate: 8000, milliseconds: 1000, hopMs: 20, mels: 20, classes: ['a', 'b'] },
  };
  expect(balanceProblem('synthetic', sound, false)).toMatch(/Recordings are not made up/);
  const numbers = await dataOf(
    ['x,y', ...Array.from({ length: 40 }, (_, row) => `${row},${row * 3.5}`)].join('\n'),
    'y',
  );
  for (const balance of ['repeat', 'synthetic'] as const)
    expect(
      await runBench({ data: numbers, chosen: chosen('linear'), seed: 1, balance }, plain, () => {}),
    ).toEqual({
      ok: false,
      error: expect.stringMatching(/is a number, and numbers have no rare classes/),
    });
});

const wines = sharedData('tabular/winequality-red.csv');
describe.skipIf(wines === undefined)('of the published wines one in seven is good', () => {
  test('and with good ones made up a line finds more of them', async () => {
    const data = await dataOf(await readFile(wines!, 'utf8'), 'quality>6');
    const asTheyAre = await recallOf(data, chosen('logistic'), 'none', 1);
    const balanced = await recallOf(data, chosen('logistic'), 'synthetic', 1);
    expect(balanced.recall).toBeGreaterThan(asTheyAre.recall + 0.15);
    expect(balanced.report.balancedAccuracy).toBeGreaterThan(asTheyAre.report.balancedAccuracy);
    expect(balanced.report.calibrationError).toBeGreaterThan(asTheyAre.report.calibrationError ?? 1);
  });
});
