// What noise inside a secure sum needs of the other choices: whole numbers of 32 bits that hold it.
import type { StrategyIssue } from '../aggregation/check-strategy.ts';
import type { RoundRules } from '../federation.ts';
import type { Network } from '../model/network.ts';
import { colludingOf, type SecureSumOn } from '../secure-sum/rules.ts';
import { drawsAreExact, noiseInSum } from './noise-in-sum.ts';
import type { Noised } from './rules.ts';

/** `network`: undefined where it could not be built. */
export function checkNoiseInSum(
  privacy: Noised,
  secureSum: SecureSumOn,
  { goal, overSelection, maximumRounds }: RoundRules,
  network: Network | undefined,
): readonly StrategyIssue[] {
  const issues: StrategyIssue[] = [];
  if (secureSum.ring !== 32)
    issues.push({
      path: 'privacy.type',
      // Kairouz, Liu & Steinke 2021, proposition 22: √d/2 steps are what rounding alone makes of the sensitivity.
      message: `Noise inside the sum is made of whole numbers of 32 bits, and does not fit into ${secureSum.ring}: rounding d numbers to steps lets a device change √d/2 of them more, noise must outweigh that, and this ring has ${2 ** secureSum.ring} steps in all. Sum exactly.`,
    });
  if (network === undefined) return issues;
  const length = network.parameterCount;
  const cohort = Math.ceil(goal * overSelection - 1e-9);
  if (noiseInSum(privacy, length, cohort, colludingOf(secureSum)) === undefined)
    issues.push({
      path: 'privacy.noiseMultiplier',
      message: `Noise of ${privacy.noiseMultiplier} on ${length} numbers of ${cohort} devices does not fit into the sum: rounding would change more than the clip norm allows. Choose less noise, or a smaller model.`,
    });
  if (!drawsAreExact(privacy, length, cohort, maximumRounds))
    issues.push({
      path: 'privacy.delta',
      message: `Noise in whole numbers is drawn from a table, and what that leaves of chance is too much for δ ${privacy.delta} at ε ${privacy.epsilon}. Choose a smaller ε, or a larger δ.`,
    });
  return issues;
}
