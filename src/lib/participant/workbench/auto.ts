// The search for a model: every model of the catalogue with its usual settings, then the settings of the best three kinds by the
// tree-structured Parzen estimator (or at random, or on a grid), many on few rows first (asynchronous successive halving). Judged within the training rows alone: the held-out
// rows see the chosen model once. Which place is tried next depends on what was tried and on the seed, never on the clock; the clock
// only says when to end. So that a search can be had again: by the number of its trials.
import { classLabels, type DataContract } from '../../core/data/contract.ts';
import { selectExamples, type Examples } from '../../core/data/examples.ts';
import { foldsOf, type Together } from '../../core/data/row-split.ts';
import type { OptionValues } from '../../core/named-options.ts';
import { ok, fail, type Result } from '../../core/result.ts';
import { random } from '../../core/random.ts';
import { promotion, sharesFor } from '../../core/search/halving.ts';
import { gridOf, type Setting } from '../../core/search/space.ts';
import { byPrior, nextByParzen } from '../../core/search/tree-parzen.ts';
import { fitModel, predictAndClose, type FitSurroundings } from './fit.ts';
import { meritOfOutputs } from './judge.ts';
import { bestOf, leadersOf, type Leader } from './leaderboard.ts';
import { benchModelNamed, benchModels, chosenWith, type BenchModel, type ChosenModel } from './models.ts';
import type { SearchWay } from './search-ways.ts';
import { spaceOf } from './spaces.ts';
import type { Trial } from './trial.ts';

export interface Search {
  readonly contract: DataContract;
  readonly rows: Examples;
  readonly seed: number;
  /** On the surroundings' monotonic clock; null: none. */
  readonly deadline: number | null;
  readonly mostTrials: number | null;
  /** Where settings are looked for. */
  readonly way: SearchWay;
  /** What an earlier search of the same rows and seed found, in its order: it is not tried again. */
  readonly known: readonly Trial[];
  /** Rows that are told apart in the split are told apart here too: as the BenchData's. */
  readonly together?: Together | undefined;
  /** Which models are tried, by name; all that suit the rows where it is left out. */
  isTried?(model: string): boolean;
}

export interface Found {
  readonly chosen: ChosenModel;
  readonly leaders: readonly Leader[];
  /** In order. */
  readonly trials: readonly Trial[];
}

/** Up to so many rows each of five parts judges once; beyond, one part is enough. */
const FOLDED_ROWS = 3000;
const FOLDS = 5;
/** So many settings are parted down to one: three rungs. */
const PARTED = 9;
const FEWEST_ROWS = 1500;
const KINDS = 3;
/** Without a deadline or a number of trials a search ends after so many. */
const USUAL_TRIALS = 60;
/** More of one kind would only fit the luck of the rows that judge. */
const MOST_OF_A_KIND = 60;
/** What is most often good is tried first, so that a short budget has seen it. */
const FIRST = ['linear', 'logistic', 'boosted-trees', 'forest'];
/** What needs no trial: baselines that are fitted anyway, and cannot be the answer. */
const NOT_TRIED = new Set(['constant', 'rule']);

const settingKey = (options: OptionValues): string =>
  JSON.stringify(Object.entries(options).toSorted(([a], [b]) => (a < b ? -1 : 1)));
const keyOf = ({ model, options, share }: Pick<Trial, 'model' | 'options' | 'share'>): string =>
  JSON.stringify([model, settingKey(options), share]);

/** Refused where not one model could be fitted. Rejects with the signal's reason. */
export async function searchModels(
  search: Search,
  surroundings: FitSurroundings,
  tell: (trial: Trial) => void,
): Promise<Result<Found, string>> {
  const { contract, rows } = search;
  const most = search.mostTrials ?? (search.deadline === null ? USUAL_TRIALS : Infinity);
  const known = new Map(search.known.map((trial) => [keyOf(trial), trial]));
  const trials: Trial[] = [];
  const parts = partsOf(rows, search.together);
  // What is known costs no time: a search that goes on after its budget still ends with all that it had found.
  const isLate = (): boolean =>
    search.deadline !== null &&
    trials.length >= search.known.length &&
    surroundings.clock.monotonic() >= search.deadline;
  const isOver = (): boolean => trials.length >= most || isLate();
  /** undefined once the search is over. */
  const tryOne = async (
    model: BenchModel,
    options: OptionValues,
    share: number,
  ): Promise<Trial | undefined> => {
    if (isOver()) return undefined;
    const wanted = { model: model.name, options, share };
    const before = known.get(keyOf(wanted));
    const trial = before ?? (await tried(model, wanted, search, parts, surroundings));
    if (trial === undefined) return undefined;
    known.set(keyOf(trial), trial);
    trials.push(trial);
    tell(trial);
    return trial;
  };

  const suited = benchModels.filter(
    (model) =>
      !NOT_TRIED.has(model.name) &&
      model.unsuited(contract) === undefined &&
      search.isTried?.(model.name) !== false,
  );
  const inOrder = suited.toSorted((a, b) => rankOf(a.name) - rankOf(b.name));
  if (parts.length === 0)
    return fail(
      'The rows cannot be parted to judge models by: they are one group, or of one time. Name a model.',
    );
  for (const model of inOrder)
    if ((await tryOne(model, chosenWith(model, {}).options, 1)) === undefined) break;
  const kinds = suited
    .map((model) => ({ model, loss: bestOf(trials, model.name)?.loss ?? Infinity }))
    .filter(({ model, loss }) => loss < Infinity && spaceOf(model.name).length > 0)
    .toSorted((a, b) => a.loss - b.loss)
    .slice(0, KINDS);
  for (let turn = 0; turn < kinds.length * MOST_OF_A_KIND; turn += 1) {
    const { model } = kinds[turn % kinds.length]!;
    const next = nextTrial(model, search, trials);
    if (next !== undefined && (await tryOne(model, next.options, next.share)) === undefined) break;
  }
  const leaders = leadersOf(suited, trials, await floorOf(search, parts, surroundings), parts.length);
  const [first] = leaders;
  const model = suited.find((one) => one.name === first?.model);
  if (first === undefined || model === undefined)
    return fail('No model could be fitted within the budget. Give it more time (--budget), or name a model.');
  return ok({ chosen: { model, options: first.options }, leaders, trials });
}

const rankOf = (name: string): number => {
  const rank = FIRST.indexOf(name);
  return rank < 0 ? FIRST.length : rank;
};

/** Who goes on to more rows, or a new place on the fewest; undefined: a grid has no more places. */
function nextTrial(
  model: BenchModel,
  { rows, seed, way }: Search,
  trials: readonly Trial[],
): Pick<Trial, 'options' | 'share'> | undefined {
  const space = spaceOf(model.name);
  const shares = sharesFor(PARTED, rows.count, FEWEST_ROWS);
  const own = trials
    .filter((trial) => trial.model === model.name)
    .map(({ options, share, loss }) => ({ options, share, loss: loss ?? Infinity }));
  const going = promotion(own, shares, ({ options }) => settingKey(options));
  if (going !== undefined) return { options: going.one.options, share: going.share };
  const share = shares[0] ?? 1;
  const here = own.filter((trial) => trial.share === share);
  const place = (): Setting | undefined => {
    switch (way) {
      case 'tpe':
        return nextByParzen(
          space,
          here.map(({ options, loss }) => ({ setting: options, loss })),
          { seed },
        );
      case 'random':
        return byPrior(space, random(seed, 'search', model.name, String(here.length)));
      case 'grid':
        // In an order drawn once, so that a search that ends early has seen all over the grid. Where there is one rung the usual
        // settings stand on it too.
        return random(seed, 'grid', model.name).shuffle([...gridOf(space, MOST_OF_A_KIND)])[
          here.length - (shares.length === 1 ? 1 : 0)
        ];
      default:
        return way satisfies never;
    }
  };
  const setting = place();
  return setting === undefined ? undefined : { options: chosenWith(model, setting).options, share };
}

interface Part {
  readonly training: Uint32Array;
  readonly judging: Uint32Array;
}

/**
 * Rows to learn from and to judge by, once or five times. The second word of a row's hash decides: the first made the split. Groups
 * stay whole; of time, each spell is foretold from all before it.
 */
export function partsOf(rows: Examples, together?: Together): readonly Part[] {
  const hashes = Uint32Array.from({ length: rows.count }, (_, row) => rows.hashes[2 * row + 1]!);
  const classes = rows.targets instanceof Int32Array ? rows.targets : undefined;
  const isTime = together?.type === 'time';
  const count = rows.count <= FOLDED_ROWS ? FOLDS : 1;
  // One spell more: nothing foretells the first. Where one part is enough it is the latest fifth.
  const spells = count === 1 ? FOLDS : FOLDS + 1;
  const folds = foldsOf({ hashes, classes }, isTime ? spells : FOLDS, together);
  const numbers = Uint32Array.from(folds, (_, row) => row);
  return Array.from({ length: count }, (_, at) => {
    const fold = isTime ? spells - count + at : at;
    return {
      training: numbers.filter((row) => (isTime ? folds[row]! < fold : folds[row] !== fold)),
      judging: numbers.filter((row) => folds[row] === fold),
    };
  }).filter(({ training, judging }) => training.length > 0 && judging.length > 0);
}

/** undefined where the deadline came first. */
async function tried(
  model: BenchModel,
  wanted: Pick<Trial, 'model' | 'options' | 'share'>,
  { contract, rows, seed, deadline }: Search,
  parts: readonly Part[],
  surroundings: FitSurroundings,
): Promise<Trial | undefined> {
  const late = new AbortController();
  const undo =
    deadline === null
      ? undefined
      : surroundings.clock.after(Math.max(0, deadline - surroundings.clock.monotonic()), () => late.abort());
  const signal =
    surroundings.signal === undefined ? late.signal : AbortSignal.any([surroundings.signal, late.signal]);
  const losses: number[] = [];
  let ofRows = 0;
  try {
    for (const { training, judging } of parts) {
      // Rows lie in the order of a file, and files are sorted: every n-th row stands for all.
      const kept = training.filter(
        (_, at) => Math.floor((at + 1) * wanted.share) > Math.floor(at * wanted.share),
      );
      const fitted = await fitModel(
        { model, options: wanted.options, contract, rows: selectExamples(rows, kept), seed },
        { clock: surroundings.clock, openEngine: surroundings.openEngine, signal },
      );
      if (!fitted.ok) return { ...wanted, loss: null, standardError: 0 };
      const unseen = selectExamples(rows, judging);
      const outputs = await predictAndClose(fitted.value, unseen);
      const judged = lossOf(contract, outputs, unseen);
      if (judged === undefined) return { ...wanted, loss: null, standardError: 0 };
      losses.push(judged);
      ofRows = errorOfRows(contract, outputs, unseen, judged);
    }
  } catch (error) {
    if (late.signal.aborted && surroundings.signal?.aborted !== true) return undefined;
    throw error;
  } finally {
    undo?.();
  }
  const loss = losses.reduce((sum, one) => sum + one, 0) / losses.length;
  const variance = losses.reduce((sum, one) => sum + (one - loss) ** 2, 0) / Math.max(1, losses.length - 1);
  return {
    ...wanted,
    loss,
    standardError: losses.length > 1 ? Math.sqrt(variance / losses.length) : ofRows,
  };
}

/** Of a share, √(p (1 − p)/n); of an RMSE by the delta method, s/(2 RMSE √n) with s over the squared errors. */
function errorOfRows(contract: DataContract, outputs: Float64Array, rows: Examples, loss: number): number {
  const { count, targets } = rows;
  if (contract.kind !== 'table' || contract.target.type !== 'number')
    return Math.sqrt((loss * (1 - loss)) / count);
  if (loss === 0) return 0;
  const scale = contract.target.standardDeviation;
  const mean = loss * loss;
  let squares = 0;
  for (let row = 0; row < count; row += 1)
    squares += ((scale * (outputs[row]! - targets[row]!)) ** 2 - mean) ** 2;
  return Math.sqrt(squares / Math.max(1, count - 1) / count) / (2 * loss);
}

/** Share of wrong answers, or RMSE; undefined where an output is no number. */
function lossOf(contract: DataContract, outputs: Float64Array, rows: Examples): number | undefined {
  if (!outputs.every(Number.isFinite)) return undefined;
  const merit = meritOfOutputs(contract, outputs, rows);
  return classLabels(contract) === undefined ? -merit : 1 - merit;
}

/** What needs no trial, judged as trials are, whatever the time: each is held against it. */
async function floorOf(
  search: Search,
  parts: readonly Part[],
  surroundings: FitSurroundings,
): Promise<Trial | undefined> {
  const constant = benchModelNamed('constant');
  if (constant === undefined) throw new Error('The catalogue has the same answer for all.');
  const wanted = { model: constant.name, options: {}, share: 1 };
  return tried(constant, wanted, { ...search, deadline: null }, parts, surroundings);
}
