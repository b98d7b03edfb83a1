// FedPop (Chen, Krompaß, Gu & Tresp 2025, "FedPop: Federated Population-based Hyperparameter Tuning", AAAI 39(15), arXiv 2308.08634,
// Algorithm 1), the part of it that tunes inside one federation, FedPop-L: the devices of a round train by different members of a population of
// settings, one shared model; from time to time the worse members take the settings of better ones (exploit), a little changed or, by a
// small chance, drawn anew (explore). What lists cannot name is found between their values, and the population follows the run.
//
// Left out is FedPop-G, which does the same to the server's settings (its rate, its momentum): those can only be told apart by training
// several whole models beside each other, and a federation has one. The server's settings stay as its strategy has them.
//
// What is not the authors' (github.com/HaokunChen245/FedPop): the first members are spread over the ranges (theirs lie around one place,
// since their models beside each other are spread); a device is drawn a member of its own (theirs deal each to one device of the cohort);
// a loss counts as its change against the mean of its round, by the rows that it is of; nobody is replaced before every member was judged
// in three rounds (whoever long was not, since those who train by it never end in time, is the worst), where theirs replace every five whatever was judged, as the figures of few devices mislead; who stays keeps what it was
// judged by; what is drawn anew may lie anywhere in the ranges (theirs: near the first place); and changes, which become smaller towards
// the planned end, never vanish.
import * as v from 'valibot';
import type { StrategyIssue } from '../aggregation/check-strategy.ts';
import type { LocalTuning } from '../federation.ts';
import { random, type Random } from '../random.ts';
import type { TriedSettings } from './settings-tried.ts';
import { fromUnit, toUnit, type Dimension } from './space.ts';
import type { TrialReport, TunedSpec, Tuner } from './tuner.ts';

type Choice = Extract<LocalTuning, { by: 'fedpop' }>;

const Member = v.strictObject({
  learningRate: v.number(),
  localEpochs: v.number(),
  batchSize: v.number(),
  /** Rounds that it was judged in, and rounds that judged any since it is there. */
  cohorts: v.number(),
  age: v.number(),
  /** Σ share of a round's rows · (change − the round's), and Σ of those shares, over these rounds, each discounted by those after it. */
  sum: v.number(),
  weight: v.number(),
});
type Member = v.InferOutput<typeof Member>;
const FedpopState = v.strictObject({ population: v.array(Member), rounds: v.number() });
export type FedpopState = v.InferOutput<typeof FedpopState>;

/** How fast earlier rounds of a member are forgotten (the authors' discount). */
const KEPT = 0.9;
/** Before every member was judged in so many rounds, none is replaced: one cohort's word is luck. */
export const LEAST_COHORTS = 3;
/** The share of the population that is replaced at a time, and that it is replaced by (the authors' quantile). */
const REPLACED = 0.3;
/** How far a rate is moved at most, as a share of its range on a log scale: of 0.001 to 1 by a factor of about 2.8. */
const STEP = 0.15;
/** The chance that a replaced member is drawn anew (the authors'). */
const DRAWN_ANEW = 0.1;
/** What of both is left at the planned end. */
const LEAST_STRENGTH = 0.2;
/** Digits of a rate: as a person would name it. */
const DIGITS = 3;

const dimensions = [
  { name: 'learningRate', scale: 'log', isWhole: false },
  { name: 'localEpochs', scale: 'linear', isWhole: true },
  { name: 'batchSize', scale: 'log', isWhole: true },
] as const;

export const fedpop: Tuner<Choice, FedpopState> = {
  state: FedpopState,
  first: (choice, { plan }) => ({ population: spread(choice, plan), rounds: 0 }),
  inPlay: (_choice, _spec, { population }) =>
    population.map((member) => ({ ...settingsOf(member), chance: 1 / population.length })),
  after(choice, spec, state, reports, draw) {
    const population = judgedBy(state.population, reports);
    if (population === undefined) return state;
    const rounds = state.rounds + 1;
    return {
      population: population.every((member) => isJudged(member) || isLost(member, population.length))
        ? evolved(choice, population, Math.max(LEAST_STRENGTH, 1 - rounds / spec.rules.maximumRounds), draw)
        : population,
      rounds,
    };
  },
  told: ({ population }) => ({
    population: population.map((member) => ({ ...settingsOf(member), cohorts: member.cohorts })),
  }),
  check(choice, { rules }) {
    const issues: StrategyIssue[] = [];
    const add = (path: string, message: string): void =>
      void issues.push({ path: `tuning.${path}`, message });
    for (const { name } of dimensions) {
      const range = choice[name];
      if (range !== undefined && range.least >= range.most)
        add(
          name,
          `From ${range.least} to ${range.most} there is nothing: name the lower end and then a higher one.`,
        );
    }
    if (dimensions.every(({ name }) => choice[name] === undefined))
      add(
        'learningRate',
        'No range is no choice: name the lowest and the highest value of one of the settings.',
      );
    if (rules.goal < 2)
      add(
        'population',
        'Members are compared within a round, and rounds of one device compare nothing: let a round close with at least 2, or choose FedEx.',
      );
    return issues;
  },
};

const settingsOf = ({ learningRate, localEpochs, batchSize }: Member): TriedSettings => ({
  learningRate,
  localEpochs,
  batchSize,
});

const unjudged = (settings: TriedSettings): Member => ({
  ...settings,
  cohorts: 0,
  age: 0,
  sum: 0,
  weight: 0,
});
const isJudged = ({ cohorts }: Member): boolean => cohorts >= LEAST_COHORTS;
/** It was there for as many rounds as judge all members where each judges one, and hardly any device that trains by it comes back in time. */
const isLost = (member: Member, members: number): boolean =>
  !isJudged(member) && member.age >= 2 * LEAST_COHORTS * members;

/** Each setting that has a range, changed by what is `made` of its place in it; the others stay. */
function moved(
  choice: Choice,
  settings: TriedSettings,
  made: (dimension: Dimension, value: number) => number,
): TriedSettings {
  const next = { ...settings };
  for (const one of dimensions) {
    const range = choice[one.name];
    if (range === undefined) continue;
    const dimension = { ...one, minimum: range.least, maximum: range.most };
    const value = made(dimension, settings[one.name]);
    const short = one.isWhole ? Math.round(value) : Number(value.toPrecision(DIGITS));
    next[one.name] = Math.min(range.most, Math.max(range.least, short));
  }
  return next;
}

/**
 * In as many equal parts as there are members, one in each part of each range (a Latin hypercube: McKay, Beckman & Conover 1979, "A
 * Comparison of Three Methods for Selecting Values of Input Variables"): no luck leaves a part of a range without any.
 */
function spread(choice: Choice, plan: TunedSpec['plan']): Member[] {
  const size = choice.population;
  const draw = random(plan.seed, 'population');
  const parts = new Map(
    dimensions.map(({ name }) => [name as string, draw.shuffle(Array.from({ length: size }, (_, at) => at))]),
  );
  const { learningRate, localEpochs, batchSize } = plan;
  return Array.from({ length: size }, (_, at) =>
    unjudged(
      moved(choice, { learningRate, localEpochs, batchSize }, (dimension) =>
        fromUnit(dimension, ((parts.get(dimension.name)?.[at] ?? 0) + draw.next()) / size),
      ),
    ),
  );
}

/** undefined: the round tells none from another, as all of its devices had the same, or had rows for nothing. */
function judgedBy(population: readonly Member[], reports: readonly TrialReport[]): Member[] | undefined {
  const sound = reports.filter(({ loss, rows }) => Number.isFinite(loss) && rows > 0);
  if (new Set(sound.map(({ settings }) => settings)).size < 2) return undefined;
  const rows = sound.reduce((sum, report) => sum + report.rows, 0);
  const mean = sound.reduce((sum, { loss, rows: own }) => sum + (loss * own) / rows, 0);
  return population.map((member, at) => {
    const own = sound.filter(({ settings }) => settings === at);
    const age = member.age + 1;
    if (own.length === 0) return { ...member, age };
    return {
      ...member,
      age,
      cohorts: member.cohorts + 1,
      sum: KEPT * member.sum + own.reduce((sum, one) => sum + (one.rows * (one.loss - mean)) / rows, 0),
      weight: KEPT * member.weight + own.reduce((sum, one) => sum + one.rows / rows, 0),
    };
  });
}

/** `strength`: 1 at the beginning of a run, less later. */
function evolved(choice: Choice, population: readonly Member[], strength: number, draw: Random): Member[] {
  const score = (member: Member): number => (isJudged(member) ? member.sum / member.weight : Infinity);
  const places = population
    .map((member, at) => ({ at, score: score(member) }))
    .toSorted((one, other) => one.score - other.score || one.at - other.at);
  const count = Math.max(1, Math.round(REPLACED * population.length));
  const better = places.slice(0, count);
  const next = [...population];
  for (const worse of places.slice(-count)) {
    const model = better[draw.below(better.length)];
    // Where all are alike nobody is worse.
    if (model === undefined || model.score === worse.score) continue;
    const isAnew = draw.next() < DRAWN_ANEW * strength;
    next[worse.at] = unjudged(
      moved(choice, settingsOf(population[model.at]!), (dimension, value) =>
        isAnew ? fromUnit(dimension, draw.next()) : changed(dimension, value, strength, draw),
      ),
    );
  }
  return next;
}

/** A rate is moved along its range; epochs by one, and batch sizes by twice, up, down or not at all (the authors' steps). */
function changed(dimension: Dimension, value: number, strength: number, draw: Random): number {
  if (!dimension.isWhole)
    return fromUnit(
      dimension,
      Math.min(1, Math.max(0, toUnit(dimension, value) + STEP * strength * (2 * draw.next() - 1))),
    );
  const step = draw.below(3) - 1;
  return dimension.scale === 'log' ? value * 2 ** step : value + step;
}
