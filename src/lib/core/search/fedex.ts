// FedEx (Khodak, Tu, Li, Li, Balcan, Smith & Talwalkar 2021, "Federated Hyperparameter Tuning: Challenges, Baselines, and Connections to
// Weight-Sharing", Algorithm 2): the devices of one round train with configurations that are drawn for them, one shared model; the
// losses that they then measure on rows of their own move the chance of each configuration by exponentiated gradient. One run of the
// federation tunes itself, where a search would need many. A configuration is one of the settings of the spec's lists.
//
// What is not the authors': losses are held against the mean of their round (theirs: of earlier rounds); steps are a quarter as long, and
// divided by the gradients' size as the chances weigh it (theirs: the largest part of each); older gradients are slowly forgotten; and
// gradients, chances and steps have the bounds below. With their steps the luck of a few devices crowns one of several alike.
import * as v from 'valibot';
import type { StrategyIssue } from '../aggregation/check-strategy.ts';
import type { LocalTuning } from '../federation.ts';
import { settingsTried } from './settings-tried.ts';
import type { TrialReport, Tuner } from './tuner.ts';

const FedexState = v.strictObject({
  /** [settings], which add up to 1. */
  chances: v.array(v.number()),
  /** Rounds whose losses have moved them. */
  rounds: v.number(),
  /** What rounds came to, each discounted by those after it: what a device that measures alone is held against. */
  baseline: v.strictObject({ sum: v.number(), weight: v.number() }),
  /** Σ chance · ∇² over rounds, each discounted by those after it, for the adaptive step. */
  squares: v.number(),
});
export type FedexState = v.InferOutput<typeof FedexState>;

/** How fast earlier rounds are forgotten as a baseline. */
const BASELINE_KEPT = 0.9;
/** The same of how large gradients were: differences become smaller as the model learns. */
const SQUARES_KEPT = 0.99;
/** Of √(2 ln k), the authors' whole step. */
const STEP = 0.25;
/** No chance is multiplied by more than e in a round, before all are made to add up to 1 again. */
const LONGEST_STEP = 1;
/** Gradients of losses from −1 to 1 below this are no differences; without it rounding alone would be steep once all before it is forgotten. */
const FLOOR = 0.01;
/**
 * Added to the chance that a gradient is divided by (implicit exploration: Neu 2015, "Explore no more", §3): without it one draw of what
 * is rare is so steep that nothing else moves for many rounds.
 */
const IMPLICIT_EXPLORATION = 0.05;
/** No chance falls so low that its configuration is never seen again, or that one draw of it moves everything. */
const LEAST_CHANCE = 1e-3;

const MOST_SETTINGS = 20;

export const fedex: Tuner<Extract<LocalTuning, { by: 'fedex' }>, FedexState> = {
  state: FedexState,
  first: (tuning, { plan }) => firstFedex(settingsTried({ plan, tuning }).length),
  inPlay: (tuning, { plan }, { chances }) =>
    settingsTried({ plan, tuning }).map((settings, at) => ({ ...settings, chance: chances[at] ?? 0 })),
  after: (_tuning, _spec, state, reports) => afterRound(state, reports),
  told: ({ chances }) => ({ chances }),
  check(tuning, { plan }) {
    const issues: StrategyIssue[] = [];
    const add = (path: string, message: string): void =>
      void issues.push({ path: `tuning.${path}`, message });
    for (const name of ['learningRates', 'localEpochs', 'batchSizes'] as const)
      if (new Set(tuning[name]).size < tuning[name].length)
        add(name, 'The same value stands here twice: name each once.');
    const count = settingsTried({ plan, tuning }).length;
    if (count < 2)
      add('learningRates', 'One combination is no choice: name at least two values of one of the lists.');
    if (count > MOST_SETTINGS)
      add(
        'learningRates',
        `The lists make ${count} combinations, and rounds cannot tell so many apart: at most ${MOST_SETTINGS}.`,
      );
    return issues;
  },
};

export const firstFedex = (settings: number): FedexState => ({
  chances: Array.from({ length: settings }, () => 1 / settings),
  rounds: 0,
  baseline: { sum: 0, weight: 0 },
  squares: 0,
});

/**
 * What the chances are after a round. The gradient of the expected loss is about Σ rows (loss − baseline)/chance over those who trained
 * with a configuration, over Σ rows. A round whose devices had rows for nothing, or measured no number, moves nothing, and neither does
 * one whose devices all had the same configuration: against their own mean they say nothing of any other.
 */
export function afterRound(state: FedexState, reports: readonly TrialReport[]): FedexState {
  const sound = reports.filter(({ loss, rows }) => Number.isFinite(loss) && rows > 0);
  const rows = sound.reduce((sum, report) => sum + report.rows, 0);
  if (rows === 0) return state;
  const mean = sound.reduce((sum, report) => sum + report.loss * report.rows, 0) / rows;
  const { sum, weight } = state.baseline;
  const baseline = { sum: BASELINE_KEPT * sum + mean, weight: BASELINE_KEPT * weight + 1 };
  const isAlone = sound.length === 1;
  const isOfOne = sound.every(({ settings }) => settings === sound[0]!.settings);
  if (isAlone ? weight === 0 : isOfOne) return ifFinite({ ...state, baseline }, state);
  // The authors take what earlier rounds came to, which differs from this one by how far training is: where each brings less than the
  // one before, whatever is drawn most would be punished for it. What the round's devices measured is of one version. Their mean holds
  // each report itself, which shortens its gradient by its own share of the rows and turns none round.
  const against = isAlone ? sum / weight : mean;
  const gradient = state.chances.map(() => 0);
  for (const { settings, loss, rows: own } of sound)
    gradient[settings]! +=
      (own * (loss - against)) / (rows * (state.chances[settings]! + IMPLICIT_EXPLORATION));
  // Weighed by the chances, as regret bounds for drawn losses have it (Shalev-Shwartz 2012, "Online Learning and Online Convex
  // Optimization", §2.8, local norms): a rare one that is far worse would otherwise keep all others from being told apart.
  const size = gradient.reduce((all, one, at) => all + state.chances[at]! * one * one, 0);
  const squares = Math.max(FLOOR * FLOOR, SQUARES_KEPT * state.squares + size);
  const rate = (STEP * Math.sqrt(2 * Math.log(state.chances.length))) / Math.sqrt(squares);
  const weights = state.chances.map((chance, at) => {
    const step = Math.min(LONGEST_STEP, Math.max(-LONGEST_STEP, rate * gradient[at]!));
    return chance * Math.exp(-step);
  });
  const total = weights.reduce((all, one) => all + one, 0);
  const kept = weights.map((one) => Math.max(LEAST_CHANCE, one / total));
  const all = kept.reduce((most, one) => most + one, 0);
  const chances = kept.map((one) => one / all);
  return ifFinite({ chances, rounds: state.rounds + 1, baseline, squares }, state);
}

/** What is no number is never kept: no later round could be reckoned from it. */
const ifFinite = (next: FedexState, before: FedexState): FedexState =>
  [...next.chances, next.baseline.sum, next.baseline.weight, next.squares].every(Number.isFinite)
    ? next
    : before;
