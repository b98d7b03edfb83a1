// Whether a secure sum carries the noise that the federation promises: the device works out itself what that is, and masks nothing that
// would have less.
import { noiseInSum } from '../../core/privacy/noise-in-sum.ts';
import type { Privacy } from '../../core/privacy/rules.ts';
import type { SumConfig } from '../../core/secure-sum/messages.ts';

export function hasPromisedNoise(
  privacy: Privacy,
  { encoding, length, cohort }: Pick<SumConfig, 'encoding' | 'length' | 'cohort'>,
): boolean {
  if (privacy.type !== 'distributed') return true;
  const promised = noiseInSum(privacy, length, cohort);
  return (
    encoding.type === 'noisy' &&
    encoding.clipNorm === privacy.clipNorm &&
    encoding.quantum === promised?.quantum &&
    encoding.variance === promised.variance
  );
}
