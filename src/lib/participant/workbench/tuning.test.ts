// What tuning promises: halving finds what a grid finds for a part of its cost, each way of searching is the same for the same seed, and
// the baseline that learns nothing is beside every model, as scikit-learn has it.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { sharedData } from '../../../../test/contract/shared-data.ts';
import { createSystemClock } from '../../adapters/system-clock.ts';
import { selectExamples } from '../../core/data/examples.ts';
import { random } from '../../core/random.ts';
import { promotion, sharesFor } from '../../core/search/halving.ts';
import { gridOf, type Dimension } from '../../core/search/space.ts';
import { sourceOfText } from '../../modalities/source-file.ts';
import { patientCohortCsv } from '../../modalities/table/sample-patient-cohort.ts';
import { searchModels, type Search } from './auto.ts';
import { tableData, type BenchData } from './bench-data.ts';
import { fitModel, predictAndClose } from './fit.ts';
import { meritOfOutputs, type Report } from './judge.ts';
import { leadersOf } from './leaderboard.ts';
import { benchModelNamed, chosenWith } from './models.ts';
import { partsOf } from './try-out.ts';
import { runBench } from './run-bench.ts';
import { searchWays } from './search-ways.ts';
import { spaceOf } from './spaces.ts';

const surroundings = {
  clock: createSystemClock(),
  openEngine: () => Promise.reject(new Error('No network is trained here.')),
};

async function dataOf(text: string, target: string): Promise<BenchData> {
  const settings = { target, kind: null, without: [], heldOut: 0.2, group: null, time: null };
  const read = await tableData([sourceOfText('table.csv', text)], settings);
  if (!read.ok) throw new Error(read.error);
  return read.value;
}

/** `y` follows x, but for noise; every seventh row is of the rarer kind in any case. */
function table(rows: number): string {
  const draw = random(5, 'tuning');
  const lines = Array.from({ length: rows }, (_, row) => {
    const x = draw.normal();
    return `${x.toFixed(3)},${draw.normal().toFixed(3)},${x + draw.normal() / 2 > 0.4 || row % 7 === 0 ? 'yes' : 'no'},${(3 * x + draw.normal()).toFixed(3)}`;
  });
  return ['x,z,kind,y', ...lines].join('\n');
}

const adult = sharedData('tabular/adult-train.csv');
/** Of the kind that the signs of two numbers make together, but for noise: no tree of one split sees it. */
function crossed(rows: number): string {
  const draw = random(6, 'crossed');
  const lines = Array.from({ length: rows }, () => {
    const [x, z] = [draw.normal(), draw.normal()];
    return `${x.toFixed(3)},${z.toFixed(3)},${draw.normal().toFixed(3)},${x * z + x / 2 + draw.normal() / 4 > 0 ? 'yes' : 'no'}`;
  });
  return ['x,z,other,kind', ...lines].join('\n');
}
/** Adult's rows where they are at hand. */
const searched: { readonly text: string; readonly target: string } =
  adult === undefined
    ? { text: crossed(6000), target: 'kind' }
    : {
        text: readFileSync(adult, 'utf8').split('\n').slice(0, 2001).join('\n'),
        target: 'income',
      };
test(
  'halving takes at most 40 % of the epochs of a grid of 27 boosted trees, for the same best within a point, in any order',
  { timeout: 60_000 },
  async () => {
    const { contract, training: rows } = await dataOf(searched.text, searched.target);
    const [part] = partsOf(rows);
    const unseen = selectExamples(rows, part!.judging);
    const model = benchModelNamed('boosted-trees')!;
    const dimension = (name: string, minimum: number, maximum: number): Dimension => ({
      name,
      minimum,
      maximum,
      scale: name === 'depth' ? 'linear' : 'log',
      isWhole: name === 'depth',
    });
    const grid = gridOf(
      [dimension('depth', 1, 5), dimension('rate', 0.01, 0.3), dimension('lambda', 0.3, 10)],
      27,
    );
    expect(grid).toHaveLength(27);
    const known = new Map<string, number>();
    /** Share of wrong answers of a setting that learnt from a share of the rows. An epoch is a stage over all rows. */
    const lossOf = async (at: number, share: number): Promise<number> => {
      const key = `${at} ${share}`;
      const before = known.get(key);
      if (before !== undefined) return before;
      const kept = part!.training.filter((_, i) => Math.floor((i + 1) * share) > Math.floor(i * share));
      const { options } = chosenWith(model, { ...grid[at], stages: 30 });
      const fitted = await fitModel(
        { model, options, contract, rows: selectExamples(rows, kept), seed: 1 },
        surroundings,
      );
      if (!fitted.ok) throw new Error(fitted.error);
      const loss = 1 - meritOfOutputs(contract, await predictAndClose(fitted.value, unseen), unseen);
      known.set(key, loss);
      return loss;
    };
    const all: number[] = [];
    for (const at of grid.keys()) all.push(await lossOf(at, 1));
    // The grid is no plain: whoever is wrong about it is far behind.
    expect(Math.max(...all) - Math.min(...all)).toBeGreaterThan(0.05);
    const shares = sharesFor(27, part!.training.length, 40);
    expect(shares).toHaveLength(4);
    for (let seed = 0; seed < 5; seed += 1) {
      const draw = random(seed, 'order');
      const order = [...grid.keys()];
      const tried: { readonly at: number; readonly share: number; readonly loss: number }[] = [];
      let cost = 0;
      for (;;) {
        const going = promotion(tried, shares, ({ at }) => String(at));
        const [fresh] = going === undefined ? order.splice(draw.below(Math.max(1, order.length)), 1) : [];
        const at = going?.one.at ?? fresh;
        if (at === undefined) break;
        const share = going?.share ?? shares[0]!;
        cost += share;
        tried.push({ at, share, loss: await lossOf(at, share) });
      }
      expect(order).toEqual([]);
      expect(cost).toBeLessThanOrEqual(0.4 * grid.length);
      const best = Math.min(...tried.filter((one) => one.share === 1).map((one) => one.loss));
      expect(best - Math.min(...all)).toBeLessThanOrEqual(0.01);
    }
  },
);

const isQuick = (name: string): boolean => name === 'tree' || name === 'logistic';
test.each(searchWays)(
  'a search by %s is the same for the same seed, and goes on after its time with all that it had found',
  async (way) => {
    const { contract, training: rows } = await dataOf(table(160), 'kind');
    const search: Search = {
      contract,
      rows,
      seed: 3,
      deadline: null,
      mostTrials: 16,
      way,
      space: null,
      known: [],
      isTried: isQuick,
    };
    const whole = await searchModels(search, surroundings, () => {});
    if (!whole.ok) throw new Error(whole.error);
    const { trials } = whole.value;
    expect(trials).toHaveLength(16);
    expect(
      new Set(trials.map(({ model, options }) => JSON.stringify([model, options]))).size,
    ).toBeGreaterThan(10);
    // Its time is over before it goes on: nothing is tried, and nothing is forgotten.
    const late = { ...search, mostTrials: null, known: trials.slice(0, 9), deadline: -1 };
    const told: unknown[] = [];
    const ended = await searchModels(late, surroundings, (trial) => told.push(trial));
    expect(ended.ok && ended.value.trials).toEqual(trials.slice(0, 9));
    expect(told).toHaveLength(9);
  },
);

test.each([
  ['heart_disease', patientCohortCsv(11, 400), 'logistic'],
  ['kind', table(400), 'boosted-trees'],
  ['y', table(400), 'linear'],
])(
  'a search for %s ends within its budget, and comes within 2 points of the model that suits its making',
  { timeout: 60_000 },
  async (target, text, suited) => {
    const data = await dataOf(text, target);
    // Twenty milliseconds pass with each look at the clock, so that every machine tries the same.
    let now = 0;
    const clock = { ...surroundings.clock, monotonic: () => (now += 20) };
    const search = {
      type: 'search',
      way: 'tpe',
      // All but networks, which need an engine.
      space: new Map(
        ['logistic', 'linear', 'tree', 'forest', 'boosted-trees'].map((name) => [name, spaceOf(name)]),
      ),
      known: [],
      recipes: false,
      mostTrials: null,
      budgetMs: 200_000,
    } as const;
    const told: number[] = [];
    const found = await runBench({ data, chosen: search, seed: 2 }, { ...surroundings, clock }, (event) => {
      if (event.type === 'trial') told.push(now);
    });
    if (!found.ok) throw new Error(found.error);
    const { result } = found.value;
    expect(told.length).toBeGreaterThan(5);
    expect(result.trials).toBe(told.length);
    // The last one was begun in time.
    expect((told.at(-2) ?? 0) - (told[0] ?? 0)).toBeLessThan(search.budgetMs);
    const byHand = await runBench(
      { data, chosen: chosenWith(benchModelNamed(suited)!, {}), seed: 2 },
      surroundings,
      () => {},
    );
    if (!byHand.ok) throw new Error(byHand.error);
    const points = (report: Report): number =>
      100 * (report.type === 'classes' ? report.accuracy : (report.r2 ?? Number.NaN));
    expect(points(result.model.report)).toBeGreaterThanOrEqual(points(byHand.value.result.model.report) - 2);
  },
);

test('a grid ends when every place was tried', async () => {
  const { contract, training: rows } = await dataOf(table(60), 'kind');
  const only = (name: string): boolean => name === 'logistic';
  const found = await searchModels(
    {
      contract,
      rows,
      seed: 1,
      deadline: null,
      mostTrials: null,
      way: 'grid',
      space: null,
      known: [],
      isTried: only,
    },
    surroundings,
    () => {},
  );
  // Its usual settings, and nine levels of its one setting.
  expect(found.ok && found.value.trials).toHaveLength(10);
});

test('a grid that is left early was seen on all sides: no setting stood still', async () => {
  const { contract, training: rows } = await dataOf(table(60), 'kind');
  const only = (name: string): boolean => name === 'tree';
  const found = await searchModels(
    {
      contract,
      rows,
      seed: 1,
      deadline: null,
      mostTrials: 9,
      way: 'grid',
      space: null,
      known: [],
      isTried: only,
    },
    surroundings,
    () => {},
  );
  if (!found.ok) throw new Error(found.error);
  const [, ...places] = found.value.trials;
  for (const { name } of spaceOf('tree'))
    expect(new Set(places.map(({ options }) => options[name])).size, name).toBeGreaterThan(2);
});

test('the same answer for all stands beside every model, with the figures of DummyClassifier and DummyRegressor', async () => {
  for (const [target, model] of [
    ['kind', 'logistic'],
    ['kind', 'constant'],
    ['y', 'linear'],
  ] as const) {
    const data = await dataOf(table(150), target);
    const chosen = chosenWith(benchModelNamed(model)!, {});
    const done = await runBench({ data, chosen, seed: 1 }, surroundings, () => {});
    if (!done.ok) throw new Error(done.error);
    const floor = done.value.result.baselines.find((one) => one.model === 'constant');
    expect(floor?.comparison).toBeDefined();
    const { training, heldOut } = data;
    if (floor?.report.type === 'classes') {
      // strategy="prior": predict_proba is the share of each class learnt from, predict the most frequent one.
      const prior = [0, 1].map(
        (one) => training.targets.filter((target) => target === one).length / training.count,
      );
      const most = prior[1]! > prior[0]! ? 1 : 0;
      const hits = heldOut.targets.filter((target) => target === most).length;
      expect(floor.report.accuracy).toBeCloseTo(hits / heldOut.count, 12);
      const nats = Array.from(heldOut.targets, (target) => -Math.log(prior[target]!));
      expect(floor.report.logLoss).toBeCloseTo(nats.reduce((sum, one) => sum + one, 0) / heldOut.count, 12);
      expect(floor.report.rocArea).toBe(0.5);
    } else {
      // strategy="mean".
      const mean = Array.from(training.targets).reduce((sum, one) => sum + one, 0) / training.count;
      const { contract } = data;
      if (contract.kind !== 'table' || contract.target.type !== 'number')
        throw new Error('A number was meant.');
      const squares = Array.from(heldOut.targets, (target) => (target - mean) ** 2);
      const rmse = Math.sqrt(squares.reduce((sum, one) => sum + one, 0) / heldOut.count);
      expect(floor?.report.type === 'number' && floor.report.rmse).toBeCloseTo(
        rmse * contract.target.standardDeviation,
        10,
      );
    }
  }
});

test('the figures of five folds, of three and of one are judged by what so many folds allow', () => {
  const trial = { model: 'tree', options: {}, share: 1, standardError: 0.03 };
  const floor = { ...trial, loss: 0.5, standardError: 0.04 };
  // Two errors of 0.03 and 0.04 are one of 0.05.
  for (const [folds, point] of [
    [1, 1.96],
    [2, 4.303],
    [3, 2.776],
    [5, 2.306],
  ] as const) {
    const [leader] = leadersOf({
      suited: [benchModelNamed('tree')!],
      trials: [{ ...trial, loss: 0.2 }],
      floor,
      folds,
      together: undefined,
    });
    expect(leader?.gain?.interval?.low).toBeCloseTo(0.3 - point * 0.05, 3);
  }
});

test('trees tell how far off they were as they grew: boosted ones by stage on their own rows, a forest on rows not drawn', async () => {
  const { contract, training: rows } = await dataOf(table(200), 'kind');
  const fit = async (name: string, options: Record<string, number>) => {
    const model = benchModelNamed(name)!;
    const fitted = await fitModel(
      { model, options: chosenWith(model, options).options, contract, rows, seed: 1 },
      surroundings,
    );
    if (!fitted.ok) throw new Error(fitted.error);
    return fitted.value;
  };
  const boosted = await fit('boosted-trees', { stages: 12 });
  expect(boosted.curve.map(({ step }) => step)).toEqual(Array.from({ length: 12 }, (_, at) => at + 1));
  const shares = await boosted.predict(rows.features, rows.count);
  const nats = Array.from(rows.targets, (target, row) => -Math.log(shares[2 * row + target]!));
  expect(boosted.curve.at(-1)?.loss).toBeCloseTo(nats.reduce((sum, one) => sum + one, 0) / rows.count, 5);
  expect(boosted.curve[0]!.loss).toBeGreaterThan(boosted.curve.at(-1)!.loss);
  const forest = await fit('forest', { trees: 30 });
  expect(forest.curve).toHaveLength(30);
  expect(forest.curve.at(-1)!.loss).toBeLessThan(forest.curve[0]!.loss);
  // Rows that it had drawn it knows better.
  const own = await forest.predict(rows.features, rows.count);
  const known = Array.from(rows.targets, (target, row) => -Math.log(Math.max(own[2 * row + target]!, 1e-6)));
  expect(known.reduce((sum, one) => sum + one, 0) / rows.count).toBeLessThan(forest.curve.at(-1)!.loss);
  expect((await fit('tree', {})).curve).toEqual([]);
});
