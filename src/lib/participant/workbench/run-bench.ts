// A run of the workbench: baselines, then the model, each fitted to training rows and judged once on the held-out ones, and what that
// says. The same in a tab and on a command line; the same bytes for the same rows, settings and seed on the same engine.
import {
  baselinesOf,
  benchModelNamed,
  membersOf,
  takesTerms,
  unsuitedFor,
  variesPictures,
  type ChosenModel,
  type SpokenMember,
} from './models.ts';
import { balancedAs, balanceProblem, type Balanced } from './balance.ts';
import { searchRecipe, type RecipeTried } from './recipe-search.ts';
import { searchModels, type Search } from './auto.ts';
import type { Leader } from './leaderboard.ts';
import type { Trial } from './trial.ts';
import type { BenchData } from './bench-data.ts';
import { fitModel, type Fitted, type FitSurroundings, type TrainingHand } from './fit.ts';
import { compareModels, judging, type Comparison, type Judged, type Report } from './judge.ts';
import { stepThrough } from './step-through.ts';
import { stillTime } from './still-time.ts';
import { balancedVerdict, verdictOf, verdictSentence } from './verdict.ts';
import { tooManyBalanced } from '../../core/balance/balanced-rows.ts';
import type { Balance } from '../../core/balance/balances.ts';
import { countClasses } from '../../core/data/class-counts.ts';
import { classLabels } from '../../core/data/contract.ts';
import type { OptionValues } from '../../core/named-options.ts';
import type { Digest } from '../../core/ids.ts';
import { unfolded } from '../../core/learners/terms-as-columns.ts';
import { fail, ok, type Result } from '../../core/result.ts';

/** One fitted model and what it is worth; all of it can be written down. */
export interface BenchEntry {
  readonly model: string;
  readonly title: string;
  readonly options: OptionValues;
  readonly report: Report;
  readonly digest: Digest;
  readonly bytes: number;
  /** Of the model against this one. */
  readonly comparison: Comparison | undefined;
  /** Of an ensemble. */
  readonly members?: readonly SpokenMember[] | undefined;
}

export interface BenchResult {
  readonly verdict: 'signal' | 'no signal';
  /** In a sentence. */
  readonly says: string;
  readonly model: BenchEntry;
  readonly baselines: readonly BenchEntry[];
  /** Of a search, best first: losses on training rows that were not learnt from. Empty without a search. */
  readonly leaderboard: readonly Leader[];
  /** Trials of the search. */
  readonly trials: number;
  /** Preparations that a search asked about first; absent from what an earlier program kept, and where it asked about none. */
  readonly recipes?: readonly RecipeTried[] | undefined;
  /** Of a run whose classes were brought into balance; absent from any other. */
  readonly balanced?: Balanced | undefined;
}

export type BenchEvent =
  | ({ readonly type: 'recipe' } & RecipeTried)
  | ({ readonly type: 'trial'; readonly number: number } & Trial)
  | { readonly type: 'progress'; readonly model: string; readonly fraction: number }
  /** `ms`: of work; what a person paused is not in it. */
  | { readonly type: 'baseline' | 'model'; readonly entry: BenchEntry; readonly ms: number }
  /** A model that could not be fitted, or a further question that has no answer, in a sentence: the run goes on without it. */
  | { readonly type: 'left-out'; readonly model: string; readonly message: string };

export interface BenchRun {
  readonly data: BenchData;
  /** A model, or a search for one. */
  readonly chosen: ChosenModel | SearchLimits;
  readonly seed: number;
  /** Of what the model, and each trial of a search, learns from; baselines, and what asks which preparation suits, learn from the rows as they are. */
  readonly balance?: Balance | undefined;
}

export type SearchLimits = Pick<Search, 'mostTrials' | 'known' | 'way' | 'space' | 'starts'> & {
  readonly type: 'search';
  /** Milliseconds for the search, from when the baselines are done; null: no limit. */
  readonly budgetMs: number | null;
  /** Whether it asks first which preparation suits. */
  readonly recipes: boolean;
};

export interface BenchOutcome {
  readonly result: BenchResult;
  /** As they were prepared in the end. */
  readonly data: BenchData;
  readonly chosen: ChosenModel;
  /** The model itself; closed by whoever called. */
  readonly fitted: Fitted;
  /** [held-out rows, outputs] */
  readonly outputs: Float64Array<ArrayBuffer>;
}

/** Refused with a sentence where the model cannot be fitted. Rejects with the signal's reason. */
export async function runBench(
  { data: given, chosen, seed, balance = 'none' }: BenchRun,
  surroundings: FitSurroundings,
  tell: (event: BenchEvent) => void,
): Promise<Result<BenchOutcome, string>> {
  // Said before the baselines have taken their time.
  const unsuited = 'model' in chosen ? unsuitedFor(chosen, given.contract) : undefined;
  if ('model' in chosen && unsuited !== undefined)
    return fail(`${chosen.model.title} does not suit these data: ${unsuited}`);
  // A search varies no pictures, but where its space has it: its trials would not be alike.
  const problem = balanceProblem(balance, given.contract, 'model' in chosen && variesPictures(chosen));
  if (problem !== undefined) return fail(problem);
  // Asked here, where it is one answer: in a search every trial would fail of it.
  const tooMany = balance === 'none' ? undefined : tooManyBalanced(given.contract, given.training);
  if (tooMany !== undefined) return fail(tooMany);
  const began = surroundings.clock.monotonic();
  const { data, tried: recipes } =
    'recipes' in chosen && chosen.recipes
      ? await searchRecipe(
          given,
          seed,
          surroundings,
          (one) => tell({ type: 'recipe', ...one }),
          (fraction) => tell({ type: 'progress', model: 'Preparations', fraction }),
        )
      : { data: given, tried: [] };
  const askedMs = surroundings.clock.monotonic() - began;
  const fitAndJudge = async (
    { model, options }: ChosenModel,
    own: { readonly hand?: FitSurroundings['hand']; readonly balance?: Balance } = {},
  ) => {
    const { hand } = own;
    const onProgress = (fraction: number): void => tell({ type: 'progress', model: model.name, fraction });
    const fitted = await fitModel(
      {
        ...{ model, options, contract: data.contract, rows: data.training, seed },
        balance: own.balance,
        // What a person waits for is watched.
        heldOut: hand?.onTraining === undefined ? undefined : data.heldOut,
      },
      { ...surroundings, hand, onProgress },
    );
    if (!fitted.ok) return fitted;
    let isHandedOn = false;
    try {
      const outputs = await fitted.value.predict(data.heldOut.features, data.heldOut.count);
      if (!outputs.every(Number.isFinite))
        return fail(`${model.title} predicts something that is no number. Another setting may help.`);
      const judged = await stepThrough(judging(data.contract, outputs, data.heldOut, seed), surroundings);
      if (judged === undefined) return fail('No row is held out.');
      isHandedOn = true;
      return ok({ fitted: fitted.value, judged, outputs });
    } finally {
      if (!isHandedOn) fitted.value.close();
    }
  };
  const baselines: { readonly one: ChosenModel; readonly judged: Judged; readonly fitted: Fitted }[] = [];
  for (const one of baselinesOf(data.contract)) {
    const started = surroundings.clock.monotonic();
    const done = await fitAndJudge(one);
    if (!done.ok) {
      tell({ type: 'left-out', model: one.model.name, message: done.error });
      continue;
    }
    done.value.fitted.close();
    baselines.push({ one, judged: done.value.judged, fitted: done.value.fitted });
    const ms = surroundings.clock.monotonic() - started;
    tell({ type: 'baseline', entry: entryOf(one, done.value.judged, done.value.fitted, undefined), ms });
  }
  const searched =
    'model' in chosen
      ? undefined
      : await search(data, chosen, { seed, balance }, surroundings, tell, askedMs);
  if (searched?.ok === false) return searched;
  const one = 'model' in chosen ? chosen : searched?.value.chosen;
  if (one === undefined) throw new Error('Either a model was chosen, or a search found one.');
  const started = surroundings.clock.monotonic();
  const still = stillTime(surroundings.clock);
  const hand: TrainingHand | undefined = surroundings.hand && {
    ...surroundings.hand,
    onStanding(isPaused) {
      still.stand(isPaused);
      surroundings.hand?.onStanding(isPaused);
    },
  };
  // Baselines and trials that fail are left out; what a person waits for stands still, and asks.
  const done = await fitAndJudge(one, { hand, balance });
  if (!done.ok) return done;
  const { fitted, judged, outputs } = done.value;
  const entry = entryOf(one, judged, fitted, undefined);
  tell({ type: 'model', entry, ms: surroundings.clock.monotonic() - started - still.ms() });
  const compared = baselines.map((baseline) =>
    entryOf(baseline.one, baseline.judged, baseline.fitted, compareModels(judged, baseline.judged, seed)),
  );
  const floor = baselines.find(({ one: { model } }) => model.name === 'constant')?.judged;
  // A model that is one of the baselines to the last bit is one look, not two.
  const others = baselines.filter(
    (other) => other.one.model.name !== 'constant' && other.fitted.digest !== fitted.digest,
  );
  const { verdict, shows } = verdictOf([judged, ...others.map((other) => other.judged)], floor);
  const showing = compared.filter(({ digest }) =>
    others.some((other, at) => shows[at + 1] === true && other.fitted.digest === digest),
  );
  return ok({
    data,
    fitted,
    outputs,
    chosen: one,
    result: {
      verdict,
      says: [
        verdictSentence(entry, compared, { doesModel: shows[0] === true, showing }),
        ...(balance === 'none' ? [] : [balancedVerdict(entry, compared)]),
      ].join(' '),
      model: entry,
      baselines: compared,
      leaderboard: searched?.value.leaders ?? [],
      trials: searched?.value.trials.length ?? 0,
      ...(recipes.length === 0 ? {} : { recipes }),
      ...(balance === 'none' ? {} : { balanced: balancedOf(data, one, balance, fitted) }),
    },
  });
}

function balancedOf(
  { contract, training }: BenchData,
  chosen: ChosenModel,
  balance: Exclude<Balance, 'none'>,
  { added = [] }: Fitted,
): Balanced {
  const labels = classLabels(contract) ?? [];
  const counts = countClasses(contract, training.targets);
  return {
    by: balancedAs(balance, contract, variesPictures(chosen)),
    classes: labels.map((label, at) => ({ label, rows: counts[at] ?? 0, added: added[at] ?? 0 })),
  };
}

function search(
  data: BenchData,
  { mostTrials, known, way, space, starts = [], budgetMs }: SearchLimits,
  { seed, balance }: Pick<BenchRun, 'seed' | 'balance'>,
  surroundings: FitSurroundings,
  tell: (event: BenchEvent) => void,
  askedMs: number,
) {
  const { clock } = surroundings;
  let number = 0;
  // Said once, and not by a trial of each that finds nothing.
  const large = unfolded(data.contract)?.tooLarge(data.training.count);
  if (large !== undefined)
    tell({
      type: 'left-out',
      model: 'all but lines',
      message: `Models that are no lines were not tried. ${large}`,
    });
  return searchModels(
    {
      contract: data.contract,
      rows: data.training,
      together: data.together,
      ...{ seed, balance },
      mostTrials,
      known,
      way,
      space,
      starts,
      ...(large === undefined ? {} : { isTried: isLine }),
      deadline: budgetMs === null ? null : clock.monotonic() + Math.max(budgetMs / 2, budgetMs - askedMs),
    },
    surroundings,
    (trial) => tell({ type: 'trial', number: (number += 1), ...trial }),
  );
}

/** Whether a model learns from terms as they are encoded. */
function isLine(name: string): boolean {
  const model = benchModelNamed(name);
  return model !== undefined && takesTerms(model);
}

const entryOf = (
  chosen: ChosenModel,
  { report }: Judged,
  fitted: Fitted,
  comparison: Comparison | undefined,
): BenchEntry => ({
  model: chosen.model.name,
  title: chosen.model.title,
  options: chosen.options,
  report,
  digest: fitted.digest,
  bytes: fitted.bytes,
  comparison,
  members: membersOf(chosen),
});
