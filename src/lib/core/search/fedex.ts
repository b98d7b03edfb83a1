// FedEx (Khodak, Tu, Li, Li, Balcan, Smith & Talwalkar 2021, "Federated Hyperparameter Tuning: Challenges, Baselines, and Connections to
// Weight-Sharing", Algorithm 2): the devices of one round train with configurations that are drawn for them, one shared model; the
// losses that they then measure on rows of their own move the chance of each configuration by exponentiated gradient. One run of the
// federation tunes itself, where a search would need many. Pure: the draws are given.

export interface FedexState {
  /** [configurations], which add up to 1. */
  readonly chances: readonly number[];
  /** Rounds whose losses have moved them. */
  readonly rounds: number;
  /** What rounds came to, each discounted by those after it: what a device that measures alone is held against. */
  readonly baseline: { readonly sum: number; readonly weight: number };
  /** Σ ‖∇‖²∞ over rounds, each discounted by those after it, for the adaptive step. */
  readonly squares: number;
}

/** What one device measured: after its training, on rows that it had not trained on. */
export interface FedexReport {
  /** Which configuration it trained with. */
  readonly configuration: number;
  readonly loss: number;
  /** Rows that it was measured on. */
  readonly rows: number;
}

/** How fast earlier rounds are forgotten. */
const DISCOUNT = 0.9;
/**
 * What a round leaves of the steepness of those before it. A sum over all rounds, as the authors have it, is for losses of one scale: a model that
 * learns makes every later difference smaller, and after a first wild round the chances would stand still for good.
 */
const STEEPNESS_KEPT = 0.7;
/**
 * Added to the chance that a gradient is divided by (implicit exploration: Neu 2015, "Explore no more", §3): without it one draw of what
 * is rare is so steep that nothing else moves for many rounds.
 */
const IMPLICIT_EXPLORATION = 0.05;
/** No chance falls so low that its configuration is never seen again, or that one draw of it moves everything. */
const LEAST_CHANCE = 1e-3;

export const firstFedex = (configurations: number): FedexState => ({
  chances: Array.from({ length: configurations }, () => 1 / configurations),
  rounds: 0,
  baseline: { sum: 0, weight: 0 },
  squares: 0,
});

/** The configuration of a draw from 0 to 1. */
export function drawnConfiguration({ chances }: Pick<FedexState, 'chances'>, draw: number): number {
  let sum = 0;
  for (const [at, chance] of chances.entries()) {
    sum += chance;
    if (draw < sum) return at;
  }
  return chances.length - 1;
}

/**
 * What the chances are after a round. The gradient of the expected loss is about Σ rows (loss − baseline)/chance over those who trained
 * with a configuration, over Σ rows; a round whose devices had rows for nothing, or measured no number, moves nothing.
 */
export function afterRound(state: FedexState, reports: readonly FedexReport[]): FedexState {
  const sound = reports.filter(({ loss, rows }) => Number.isFinite(loss) && rows > 0);
  const rows = sound.reduce((sum, report) => sum + report.rows, 0);
  if (rows === 0) return state;
  const mean = sound.reduce((sum, report) => sum + report.loss * report.rows, 0) / rows;
  // Any baseline leaves the expected gradient as it is. The authors take what earlier rounds came to, which differs from this one by
  // how far training is: where each brings less than the one before, whatever is drawn most would be punished for it. What the
  // round's other devices measured is of the same version. A first device that measures alone says nothing.
  const { sum, weight } = state.baseline;
  const against = sound.length > 1 || weight === 0 ? mean : sum / weight;
  const gradient = state.chances.map(() => 0);
  for (const { configuration, loss, rows: own } of sound)
    gradient[configuration]! +=
      (own * (loss - against)) / (rows * (state.chances[configuration]! + IMPLICIT_EXPLORATION));
  const steepest = gradient.reduce((most, one) => Math.max(most, Math.abs(one)), 0);
  const squares = STEEPNESS_KEPT * state.squares + steepest * steepest;
  const baseline = {
    sum: DISCOUNT * state.baseline.sum + mean,
    weight: DISCOUNT * state.baseline.weight + 1,
  };
  const moved = { ...state, rounds: state.rounds + 1, baseline, squares };
  if (squares === 0) return moved;
  // The adaptive schedule: √(2 ln k) over the root of all squares so far.
  const step = Math.sqrt(2 * Math.log(state.chances.length)) / Math.sqrt(squares);
  const weights = state.chances.map((chance, at) => chance * Math.exp(-step * gradient[at]!));
  const total = weights.reduce((sum, one) => sum + one, 0);
  const kept = weights.map((weight) => Math.max(LEAST_CHANCE, weight / total));
  const all = kept.reduce((sum, one) => sum + one, 0);
  return { ...moved, chances: kept.map((one) => one / all) };
}
