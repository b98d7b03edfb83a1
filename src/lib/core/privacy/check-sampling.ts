// Where it may be counted on that a device is in a round by chance alone: the server itself must draw, independently and in secret,
// from a population that it knows. Volunteers who open a tab when they like are no such population, and neither is a buffer that
// takes whoever is free (Kairouz et al. 2021, "Practical and Private (Deep) Learning without Sampling or Shuffling", §1).
import type { FederationSpec } from '../federation.ts';

/** Why this sampling cannot be had, in a sentence; undefined: it can, or none is asked for. */
export function samplingUnfit({
  privacy,
  rules,
  access,
}: Pick<FederationSpec, 'privacy' | 'rules' | 'access'>): string | undefined {
  if (privacy.type === 'none' || privacy.samplingRate === undefined) return undefined;
  if (privacy.type !== 'central')
    return 'Who is drawn stays secret only where the server adds the noise and sees no more leave the round: choose noise of the server, or no sampling.';
  if (access.type !== 'invited')
    return 'Only from a closed population can the server draw by known chances. Let invited devices in only, or count on no sampling.';
  if (rules.mode.type !== 'synchronous')
    return 'A buffer takes whoever is free, by no known chance. Choose synchronous rounds, or count on no sampling.';
  return undefined;
}
