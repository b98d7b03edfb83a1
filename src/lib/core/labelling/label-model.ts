// One label from many uncertain voices (annotators, weak rules): by majority, or weighed by how right each seems to be, which the voices
// themselves tell: Dawid & Skene, "Maximum Likelihood Estimation of Observer Error-Rates Using the EM Algorithm" (Applied Statistics 28,
// 1979). Each voice has a table of what it says of examples of each class; the tables and the labels are worked out by turns.

/** No vote. */
export const ABSTAINS = -1;

export interface Votes {
  readonly voices: number;
  readonly classes: number;
  /** [examples, voices]: a class index, or ABSTAINS. */
  readonly votes: Int32Array;
}

export interface Combined {
  /** [examples, classes], each adding up to 1; all 0 where nobody voted. */
  readonly shares: Float64Array<ArrayBuffer>;
}

/** The share of each class among the votes. */
export function majority({ voices, classes, votes }: Votes): Combined {
  const examples = votes.length / voices;
  const shares = new Float64Array(examples * classes);
  for (let example = 0; example < examples; example += 1) {
    const own = votes.subarray(example * voices, (example + 1) * voices);
    const given = own.reduce((sum, vote) => sum + Number(vote !== ABSTAINS), 0);
    for (const vote of own) if (vote !== ABSTAINS) shares[example * classes + vote]! += 1 / given;
  }
  return { shares };
}

/** The class with the highest share, ABSTAINS where there is none or two are level. */
export function decided({ shares }: Combined, classes: number, example: number): number {
  let best = ABSTAINS;
  let highest = 0;
  for (let one = 0; one < classes; one += 1) {
    const share = shares[example * classes + one]!;
    // Level but for rounding.
    if (Math.abs(share - highest) < 1e-9) best = ABSTAINS;
    else if (share > highest) {
      highest = share;
      best = one;
    }
  }
  return best;
}

export interface WeighedSettings {
  /** An abstention says something too: a rule that fires for one class alone tells by firing. Of people it does not. */
  readonly abstentionTells: boolean;
  /** [examples]: labels that are known, which stay; ABSTAINS elsewhere. */
  readonly known?: ArrayLike<number> | undefined;
  readonly iterations?: number;
}

export interface Weighed extends Combined {
  /** [voices]: how often a voice's vote is right by this model, where it votes. */
  readonly accuracy: Float64Array<ArrayBuffer>;
  /** [classes] */
  readonly priors: Float64Array<ArrayBuffer>;
}

/** Added to every count, so that what was never seen is unlikely and not impossible. */
const SMOOTHING = 0.1;
const ITERATIONS = 100;
/** It ends earlier where no share moves by more. */
const SETTLED = 1e-5;

/** Begun from the majority; where `abstentionTells`, examples of which nobody says anything stay undecided all the same. */
export function dawidSkene(given: Votes, settings: WeighedSettings): Weighed {
  const { voices, classes, votes } = given;
  const examples = votes.length / voices;
  const outcomes = settings.abstentionTells ? classes + 1 : classes;
  const outcomeOf = (vote: number): number => (vote === ABSTAINS ? classes : vote);
  const { shares } = majority(given);
  const known = settings.known;
  const isVoted = Array.from({ length: examples }, (_, example) =>
    votes.subarray(example * voices, (example + 1) * voices).some((vote) => vote !== ABSTAINS),
  );
  const clamp = (example: number): boolean => {
    const label = known?.[example] ?? ABSTAINS;
    if (label === ABSTAINS) return false;
    shares.fill(0, example * classes, (example + 1) * classes);
    shares[example * classes + label] = 1;
    return true;
  };
  for (let example = 0; example < examples; example += 1) clamp(example);

  const priors = new Float64Array(classes);
  const logs = new Float64Array(classes);
  /** [voices, classes, outcomes] */
  const says = new Float64Array(voices * classes * outcomes);
  for (let turn = 0; turn < (settings.iterations ?? ITERATIONS); turn += 1) {
    // Eqs. 2.3 and 2.4: the tables, given the labels.
    priors.fill(SMOOTHING);
    says.fill(SMOOTHING);
    for (let example = 0; example < examples; example += 1)
      for (let one = 0; one < classes; one += 1) {
        const share = shares[example * classes + one]!;
        if (share === 0) continue;
        priors[one]! += share;
        for (let voice = 0; voice < voices; voice += 1) {
          const outcome = outcomeOf(votes[example * voices + voice]!);
          if (outcome < outcomes) says[(voice * classes + one) * outcomes + outcome]! += share;
        }
      }
    normalise(priors, classes);
    normalise(says, outcomes);
    // Eq. 2.5: the labels, given the tables.
    const logPriors = priors.map(Math.log);
    const logSays = says.map(Math.log);
    let moved = 0;
    for (let example = 0; example < examples; example += 1) {
      if (clamp(example) || isVoted[example] !== true) continue;
      logs.set(logPriors);
      for (let voice = 0; voice < voices; voice += 1) {
        const outcome = outcomeOf(votes[example * voices + voice]!);
        if (outcome >= outcomes) continue;
        for (let one = 0; one < classes; one += 1)
          logs[one]! += logSays[(voice * classes + one) * outcomes + outcome]!;
      }
      const highest = logs.reduce((most, log) => Math.max(most, log), -Infinity);
      const total = logs.reduce((sum, log) => sum + Math.exp(log - highest), 0);
      for (let one = 0; one < classes; one += 1) {
        const share = Math.exp(logs[one]! - highest) / total;
        moved = Math.max(moved, Math.abs(share - shares[example * classes + one]!));
        shares[example * classes + one] = share;
      }
    }
    if (moved < SETTLED) break;
  }
  return { shares, priors, accuracy: accuracies(given, shares) };
}

/** Each group of `size` adds up to 1. */
function normalise(values: Float64Array, size: number): void {
  for (let from = 0; from < values.length; from += size) {
    let total = 0;
    for (let i = from; i < from + size; i += 1) total += values[i]!;
    for (let i = from; i < from + size; i += 1) values[i]! /= total;
  }
}

function accuracies({ voices, classes, votes }: Votes, shares: Float64Array): Float64Array<ArrayBuffer> {
  const right = new Float64Array(voices);
  const given = new Float64Array(voices);
  for (const [at, vote] of votes.entries()) {
    if (vote === ABSTAINS) continue;
    const voice = at % voices;
    given[voice]! += 1;
    right[voice]! += shares[Math.floor(at / voices) * classes + vote]!;
  }
  return right.map((sum, voice) => (given[voice] === 0 ? NaN : sum / given[voice]!));
}
