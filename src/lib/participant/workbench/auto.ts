// The search for a model: every model of the catalogue with its usual settings, then the settings of the best three kinds by the
// tree-structured Parzen estimator (or at random, or on a grid), many on few rows first (asynchronous successive halving). Judged within the training rows alone: the held-out
// rows see the chosen model once. Which place is tried next depends on what was tried and on the seed, never on the clock; the clock
// only says when to end. So that a search can be had again: by the number of its trials. At its end the best may answer together (ensemble.ts).
import type { Balance } from '../../core/balance/balances.ts';
import type { DataContract } from '../../core/data/contract.ts';
import type { Examples } from '../../core/data/examples.ts';
import type { Together } from '../../core/data/row-split.ts';
import { readOptions, type OptionValues } from '../../core/named-options.ts';
import { ok, fail, type Result } from '../../core/result.ts';
import { random } from '../../core/random.ts';
import { promotion, sharesFor } from '../../core/search/halving.ts';
import { gridOf, type Setting, type Space } from '../../core/search/space.ts';
import { byPrior, nextByParzen } from '../../core/search/tree-parzen.ts';
import { candidatesOf, findEnsemble } from './ensemble.ts';
import type { FitSurroundings } from './fit.ts';
import { bestOf, leadersOf, type Leader } from './leaderboard.ts';
import { benchModelNamed, benchModels, chosenWith, type BenchModel, type ChosenModel } from './models.ts';
import type { SearchWay } from './search-ways.ts';
import { spaceOf, withinSpace } from './spaces.ts';
import type { Start } from './warm-starts.ts';
import { stepThrough } from './step-through.ts';
import type { Trial } from './trial.ts';
import { partsOf, tryOut, type TriedOut, type TryOut } from './try-out.ts';

export interface Search {
  readonly contract: DataContract;
  readonly rows: Examples;
  readonly seed: number;
  /** On the surroundings' monotonic clock; null: none. */
  readonly deadline: number | null;
  readonly mostTrials: number | null;
  /** Where settings are looked for. */
  readonly way: SearchWay;
  /** Which models, and between which bounds of their settings; null: what suits the rows, as is usual. */
  readonly space: ReadonlyMap<string, Space> | null;
  /** Tried after the usual settings of each model (warm-starts.ts); what does not suit is left out. */
  readonly starts?: readonly Start[];
  /** What an earlier search of the same rows and seed found, in its order: it is not tried again. */
  readonly known: readonly Trial[];
  /** Rows that are told apart in the split are told apart here too: as the BenchData's. */
  readonly together?: Together | undefined;
  /** Of the rows that each trial learns from, the same of all. */
  readonly balance?: Balance | undefined;
  /** Which models are tried, by name; all that suit the rows where it is left out. */
  isTried?(model: string): boolean;
}

export interface Found {
  readonly chosen: ChosenModel;
  readonly leaders: readonly Leader[];
  /** In order. */
  readonly trials: readonly Trial[];
}

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
const NOT_TRIED: ReadonlySet<string> = new Set([
  'constant',
  'rule',
  // And what takes many times as long as a convolution over the same picture: by name.
  'gru',
  'lstm',
  'transformer',
]);

/** Where nobody says which models are tried. */
export const isTriedAsUsual = (model: string): boolean => !NOT_TRIED.has(model);

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
  const { contract, rows, balance } = search;
  const most = search.mostTrials ?? (search.deadline === null ? USUAL_TRIALS : Infinity);
  const known = new Map(search.known.map((trial) => [keyOf(trial), trial]));
  const trials: Trial[] = [];
  const parts = partsOf(rows, search.together);
  const task = { contract, rows, parts, seed: search.seed, deadline: search.deadline, balance };
  /** Of the trials that an ensemble may be made of: what they said. */
  const said = new Map<string, TriedOut>();
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
    const tried = before === undefined ? await tryOut(model, wanted, task, surroundings) : undefined;
    const trial = before ?? tried?.trial;
    if (trial === undefined) return undefined;
    known.set(keyOf(trial), trial);
    trials.push(trial);
    if (tried !== undefined) said.set(keyOf(trial), tried);
    const wantedOnes = new Set(candidatesOf(trials).map(keyOf));
    for (const key of said.keys()) if (!wantedOnes.has(key)) said.delete(key);
    tell(trial);
    return trial;
  };

  const spaceFor = (model: string): Space => search.space?.get(model) ?? spaceOf(model);
  const suited = benchModels.filter(
    (model) =>
      (search.space === null ? isTriedAsUsual(model.name) : search.space.has(model.name)) &&
      model.unsuited(contract) === undefined &&
      search.isTried?.(model.name) !== false,
  );
  const inOrder = suited.toSorted((a, b) => rankOf(a.name) - rankOf(b.name));
  if (parts.length === 0)
    return fail(
      'The rows cannot be parted to judge models by: they are one group, or of one time. Name a model.',
    );
  if (search.space !== null && suited.length === 0)
    return fail(
      `Of the models to search through none suits these rows: ${[...search.space.keys()].join(', ')}. Choose others.`,
    );
  for (const model of inOrder) {
    const usual = withinSpace(spaceFor(model.name), chosenWith(model, {}).options);
    if ((await tryOne(model, usual, 1)) === undefined) break;
  }
  for (const start of search.starts ?? []) {
    const model = suited.find(({ name }) => name === start.model);
    // Of an earlier program: a setting may be gone since.
    const options = model && readOptions(model, start.options);
    if (model === undefined || options?.ok !== true) continue;
    const within = withinSpace(spaceFor(model.name), options.value);
    if (trials.some((trial) => keyOf(trial) === keyOf({ model: model.name, options: within, share: 1 })))
      continue;
    if ((await tryOne(model, within, 1)) === undefined) break;
  }
  /** Not looked for: usual settings, and where earlier runs ended. */
  const given = trials.slice();
  const kinds = suited
    .map((model) => ({ model, loss: bestOf(trials, model.name)?.loss ?? Infinity }))
    .filter(({ model, loss }) => loss < Infinity && spaceFor(model.name).length > 0)
    .toSorted((a, b) => a.loss - b.loss)
    .slice(0, KINDS);
  for (let turn = 0; turn < kinds.length * MOST_OF_A_KIND; turn += 1) {
    const { model } = kinds[turn % kinds.length]!;
    const next = nextTrial(model, spaceFor(model.name), search, trials, given);
    if (next !== undefined && (await tryOne(model, next.options, next.share)) === undefined) break;
  }
  const modelOf = ({ model: name, options }: Trial): ChosenModel => {
    const model = suited.find((one) => one.name === name);
    if (model === undefined) throw new Error(`A trial is of a model that was tried, not of ${name}.`);
    return { model, options };
  };
  const tried: TriedOut[] = [];
  for (const trial of candidatesOf(trials)) {
    // Of a search that goes on, what a trial had said is not kept: it is asked once more.
    const own =
      said.get(keyOf(trial)) ??
      (await tryOut(modelOf(trial).model, trial, { ...task, deadline: null }, surroundings));
    if (own !== undefined && own.outputs.length > 0) tried.push({ ...own, trial });
  }
  const together = await stepThrough(
    findEnsemble({ contract, rows, parts, balance, tried, modelOf }),
    surroundings,
  );
  const floor = await floorOf(task, surroundings);
  const leaders = leadersOf({ suited, trials, floor, folds: parts.length, together });
  const [first] = leaders;
  if (first === undefined)
    return fail('No model could be fitted within the budget. Give it more time (--budget), or name a model.');
  const isTogether = together !== undefined && first.model === together.model.name;
  const chosen = isTogether ? { model: together.model, options: {} } : modelOf(first);
  return ok({ chosen, leaders, trials });
}

const rankOf = (name: string): number => {
  const rank = FIRST.indexOf(name);
  return rank < 0 ? FIRST.length : rank;
};

/** Who goes on to more rows, or a new place on the fewest; undefined: a grid has no more places. */
function nextTrial(
  model: BenchModel,
  space: Space,
  { rows, seed, way }: Search,
  trials: readonly Trial[],
  given: readonly Trial[],
): Pick<Trial, 'options' | 'share'> | undefined {
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
        // In an order drawn once, so that a search that ends early has seen all over the grid. Where there is one rung what was
        // given stands on it too.
        return random(seed, 'grid', model.name).shuffle([...gridOf(space, MOST_OF_A_KIND)])[
          here.length - (shares.length === 1 ? given.filter((trial) => trial.model === model.name).length : 0)
        ];
      default:
        return way satisfies never;
    }
  };
  const setting = place();
  return setting === undefined ? undefined : { options: chosenWith(model, setting).options, share };
}

/** What needs no trial, judged as trials are, whatever the time: each is held against it. */
async function floorOf(task: TryOut, surroundings: FitSurroundings): Promise<Trial | undefined> {
  const constant = benchModelNamed('constant');
  if (constant === undefined) throw new Error('The catalogue has the same answer for all.');
  const wanted = { model: constant.name, options: {}, share: 1 };
  const asTheyAre = { ...task, deadline: null, balance: undefined };
  return (await tryOut(constant, wanted, asTheyAre, surroundings))?.trial;
}
