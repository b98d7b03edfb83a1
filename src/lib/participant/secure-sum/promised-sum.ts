// Whether a secure sum is what the federation promises: the device works out itself how much noise that is, and masks nothing that would
// have less, or that would be opened by fewer devices or hide it among fewer.
import { secureSumOf, type FederationSpec } from '../../core/federation.ts';
import { noiseInSum } from '../../core/privacy/noise-in-sum.ts';
import type { Privacy } from '../../core/privacy/rules.ts';
import { groupsOf } from '../../core/secure-sum/groups.ts';
import type { SumConfig } from '../../core/secure-sum/messages.ts';
import { leavingOf } from '../../core/secure-sum/neighbourhood.ts';
import { colludingOf, LEAST_COHORT } from '../../core/secure-sum/rules.ts';

export function hasPromisedNoise(
  privacy: Privacy,
  { encoding, length, cohort, colluding }: Pick<SumConfig, 'encoding' | 'length' | 'cohort' | 'colluding'>,
): boolean {
  if (privacy.type !== 'distributed') return true;
  const promised = noiseInSum(privacy, length, cohort, colluding);
  return (
    encoding.type === 'noisy' &&
    encoding.clipNorm === privacy.clipNorm &&
    encoding.quantum === promised?.quantum &&
    encoding.variance === promised.variance
  );
}

/** Whether as many may be in league with the server as the federation says, as many must stay, and it is in as many sums. */
export function hasPromisedCohort(
  spec: Pick<FederationSpec, 'secureSum' | 'rules'>,
  config: Pick<SumConfig, 'profile' | 'colluding' | 'leaving' | 'least' | 'groups'>,
): boolean {
  const promised = secureSumOf(spec);
  return (
    promised === undefined ||
    (config.profile === promised.profile &&
      config.colluding === colludingOf(promised) &&
      // A ring is narrower where fewer may be missing.
      config.leaving === leavingOf(spec.rules) &&
      config.least >= LEAST_COHORT &&
      config.groups === groupsOf(spec))
  );
}
