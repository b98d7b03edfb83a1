// How long a population of settings waits before it changes at all: for whoever plans rounds. Apart from fedpop.ts, since what shows a run
// has no use for it.
import type { FederationSpec } from '../federation.ts';
import { LEAST_COHORTS } from './fedpop.ts';

/**
 * About how many rounds pass before the first member is replaced: as many as make it likelier than not that each was judged in three, where
 * each device of a round is given one of them at random. A member misses a round of `goal` devices by (1 − 1/population)^goal; that one is
 * judged is taken to say nothing of another.
 */
export function roundsBeforeChange(population: number, goal: number): number {
  const missed = (1 - 1 / population) ** goal;
  const longest = 2 * LEAST_COHORTS * population;
  for (let rounds = LEAST_COHORTS; rounds < longest; rounds += 1) {
    // P(judged in fewer than three of them): Σ C(rounds, k) (1 − missed)^k missed^(rounds − k) for k below 3.
    let choose = 1;
    let fewer = 0;
    for (let k = 0; k < LEAST_COHORTS; k += 1) {
      fewer += choose * (1 - missed) ** k * missed ** (rounds - k);
      choose *= (rounds - k) / (k + 1);
    }
    if ((1 - fewer) ** population >= 0.5) return rounds;
  }
  return longest;
}

/** That a population is planned which hardly changes within its run; undefined: it does, or none is planned. */
export function tooFewRounds({
  tuning,
  rules: { goal, maximumRounds },
}: Pick<FederationSpec, 'rules' | 'tuning'>): string | undefined {
  if (tuning?.by !== 'fedpop') return undefined;
  const needed = roundsBeforeChange(tuning.population, goal);
  return needed < maximumRounds
    ? undefined
    : `Each of ${tuning.population} settings is judged in three rounds before any gives way, which takes about ${needed} rounds of ${goal} devices, and ${maximumRounds} are planned: hardly any would be found. Plan more rounds, let more devices close one, or try fewer settings at a time.`;
}
