// Models that answer together: who is chosen and with which weight, what that is worth on rows that had no part in the choice, and that
// the answer is the same once it was saved.
import { expect, test } from 'vitest';
import { createSystemClock } from '../../adapters/system-clock.ts';
import { random } from '../../core/random.ts';
import { selectEnsemble } from '../../core/search/ensemble.ts';
import { sourceOfText } from '../../modalities/source-file.ts';
import { tableData, type BenchData } from './bench-data.ts';
import { candidatesOf } from './ensemble.ts';
import { readModelFile, writeModelFile } from './model-file.ts';
import { benchModelNamed, chosenWith, ensembleOf, finishedAs, holdsRows } from './models.ts';
import { runBench, type SearchLimits } from './run-bench.ts';
import { inOneGo } from './step-through.ts';
import { tradeOffs } from './trade-offs.ts';
import type { Trial } from './trial.ts';

const surroundings = {
  clock: createSystemClock(),
  openEngine: () => Promise.reject(new Error('No network is trained here.')),
};
const rule = { kind: 'errors' as const, rounds: 12, members: 5 };
const all = (count: number): Uint32Array => Uint32Array.from({ length: count }, (_, at) => at);

test('two that err to opposite sides are taken as often as takes their errors away', () => {
  // 1/3 · 2 + 2/3 · (−1) = 0 on every row; the third is better than either alone, and makes their mean worse.
  const models = [Float64Array.of(2, 2), Float64Array.of(-1, -1), Float64Array.of(0.9, -0.9)];
  const found = inOneGo(selectEnsemble(models, all(2), { ...rule, rounds: 20 }));
  expect(found.loss).toBeLessThan(0.05);
  const own = inOneGo(selectEnsemble(models.slice(0, 2), all(2), rule));
  expect(own).toEqual({ picks: [1, 2], loss: 0 });
  // With room for one alone it is the best one.
  expect(inOneGo(selectEnsemble(models, all(2), { ...rule, members: 1 })).picks).toEqual([0, 0, 1]);
  // Only rows that are asked for count.
  expect(
    inOneGo(selectEnsemble([Float64Array.of(9, 0), Float64Array.of(0, 1)], Uint32Array.of(1), rule)).picks,
  ).toEqual([1, 0]);
});

test('shares of classes are weighed by nats, in which one row that is sure and wrong does not outweigh all', () => {
  // −ln 0.001 / 3 + 2 · −ln 0.99 / 3 = 2.31 against −ln 0.5 = 0.69: the careful one, and mixed they are better still.
  const models = [Float64Array.of(0, 0.99, 0.99), Float64Array.of(0.5, 0.5, 0.5)];
  const found = inOneGo(selectEnsemble(models, all(3), { kind: 'shares', rounds: 1, members: 5 }));
  expect(found.picks).toEqual([0, 1]);
  expect(found.loss).toBeCloseTo(Math.LN2, 12);
  const mixed = inOneGo(selectEnsemble(models, all(3), { kind: 'shares', rounds: 20, members: 5 }));
  expect(mixed.loss).toBeLessThan(found.loss);
  expect(mixed.picks.every((count) => count > 0)).toBe(true);
});

const trial = (model: string, loss: number | null, share = 1): Trial => ({
  model,
  options: {},
  share,
  loss,
  standardError: 0,
});

test('the eight best trials may be members, and the best of each kind', () => {
  const forests = Array.from({ length: 10 }, (_, at) => trial('forest', 0.1 + at / 100));
  const found = candidatesOf([
    trial('tree', 0.5),
    trial('tree', 0.4),
    trial('k-nn', null),
    trial('linear', 0.05, 1 / 3),
    ...forests,
  ]);
  expect(found).toEqual([...forests.slice(0, 8), trial('tree', 0.4)]);
});

test('whoever is beaten in score, size and time by one other is off the front; half as much time again is the same', () => {
  const one = (title: string, loss: number, bytes: number, msPerThousand: number) => ({
    title,
    loss,
    bytes,
    msPerThousand,
  });
  const offs = tradeOffs([
    one('Forest', 0.1, 900, 8),
    one('Line', 0.2, 10, 1),
    one('Neighbours', 0.3, 500, 9),
    one('Tree', 0.2, 20, 0.9),
    { title: 'Known', loss: 0.1, bytes: undefined, msPerThousand: undefined },
  ]);
  expect(offs.map((off) => off?.isOnFront)).toEqual([true, true, false, false, undefined]);
  expect(offs.map((off) => off?.says)).toEqual([
    'It is the best.',
    'It is the smallest.',
    expect.stringMatching(/^(Forest|Line) is as good/),
    'Line is as good, as small and as quick, or better.',
    undefined,
  ]);
});

/** Slopes that a line finds and a step that trees find. */
async function slopesAndStep(rows: number): Promise<BenchData> {
  const draw = random(11, 'ensemble');
  const lines = Array.from({ length: rows }, () => {
    const [z, ...slopes] = Array.from({ length: 6 }, () => draw.normal());
    const y = slopes.reduce((sum, x) => sum + x, 0) + (z! > 0 ? 1.5 : -1.5) + draw.normal() / 2;
    return [z!, ...slopes, y].map((value) => value.toFixed(3)).join(',');
  });
  const settings = { target: 'y', kind: null, without: [], heldOut: 0.2, group: null, time: null };
  const read = await tableData([sourceOfText('table.csv', ['z,a,b,c,d,e,y', ...lines].join('\n'))], settings);
  if (!read.ok) throw new Error(read.error);
  return read.value;
}
const search = (more: Partial<SearchLimits> = {}): SearchLimits => ({
  type: 'search',
  budgetMs: null,
  // A kind each, less the network: none is tried twice.
  mostTrials: 5,
  way: 'tpe',
  space: null,
  recipes: false,
  known: [],
  ...more,
});

test('a search ends with models that answer together where they are better, the same for the same seed and once it was cut off', async () => {
  const data = await slopesAndStep(220);
  const trials: Trial[] = [];
  const done = await runBench({ data, chosen: search(), seed: 1 }, surroundings, (event) => {
    if (event.type === 'trial') trials.push(event);
  });
  if (!done.ok) throw new Error(done.error);
  const { result, chosen, fitted, outputs } = done.value;
  const [first, second] = result.leaderboard;
  expect(first?.model).toBe('ensemble');
  expect(first?.reason).toMatch(/^Better than choosing one of them alone, which comes to/);
  expect(second?.reason).toMatch(/^Lowest loss on rows not learnt from/);
  const members = result.model.members ?? [];
  expect(members.length).toBeGreaterThan(1);
  expect(members.reduce((sum, { weight }) => sum + weight, 0)).toBeCloseTo(1, 12);
  expect(first?.members).toEqual(members);
  const bytesOf = (name: string): number => trials.find(({ model }) => model === name)?.bytes ?? NaN;
  expect(first?.bytes).toBe(members.reduce((sum, { model }) => sum + bytesOf(model), 0));
  expect(finishedAs(chosen)).toMatchObject({
    model: 'ensemble',
    members: [{ weight: members[0]?.weight }, {}],
  });

  // On the held-out rows, too, it is no worse than the best of its members alone.
  const merit = (report: typeof result.model.report): number =>
    report.type === 'number' ? report.rmse : NaN;
  for (const member of chosen.model.type === 'ensemble' ? chosen.model.members : []) {
    const alone = await runBench({ data, chosen: member.chosen, seed: 1 }, surroundings, () => {});
    if (!alone.ok) throw new Error(alone.error);
    expect(merit(result.model.report)).toBeLessThan(merit(alone.value.result.model.report) * 1.05);
  }

  const origin = {
    contract: data.contract,
    preparation: data.preparation?.fitted,
    chosen,
    seed: 1,
    data: data.digest,
    training: data.training,
  };
  const text = writeModelFile(fitted, origin);
  const opened = readModelFile(text);
  if (!opened.ok) throw new Error(opened.error);
  expect(opened.value.predictor.predict(data.heldOut.features, data.heldOut.count)).toEqual(outputs);
  expect(readModelFile(text.replace(/"weight":|"parts":\d+/, '"parts":99')).ok).toBe(false);

  // Cut off after some trials, whose answers are gone: it comes to the same bits.
  const known = trials
    .slice(0, 6)
    .map(({ model, options, share, loss, standardError, bytes, msPerThousand }) => ({
      model,
      options,
      share,
      loss,
      standardError,
      bytes,
      msPerThousand,
    }));
  const again = await runBench({ data, chosen: search({ known }), seed: 1 }, surroundings, () => {});
  expect(again.ok && again.value.fitted.digest).toBe(fitted.digest);
});

test('an ensemble holds rows where a member does', () => {
  const of = (...names: string[]) =>
    ({
      model: ensembleOf(
        names.map((name) => ({ chosen: chosenWith(benchModelNamed(name)!, {}), weight: 1 / names.length })),
      ),
      options: {},
    }) as const;
  expect(holdsRows(of('tree', 'k-nn'))).toBe(true);
  expect(holdsRows(of('tree', 'forest'))).toBe(false);
});
