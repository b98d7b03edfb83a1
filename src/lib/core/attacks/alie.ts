// “A little is enough”: all hostile devices report μ − zσ, where z is as large as still lets it pass for one of the honest.
// Baruch, Baruch & Goldberg 2019, "A Little Is Enough: Circumventing Defenses For Distributed Learning", the attack on convergence:
// s = ⌊n/2 + 1⌋ − f honest devices must lie further out than it, z = Φ⁻¹((n − f − s) / (n − f)).
import { fail, ok } from '../result.ts';
import { optionOf, type OmniscientAttack } from './attack.ts';
import { momentsOf } from './moments.ts';
import { normalQuantile } from '../metrics/normal-quantile.ts';

/** z of n and f; at most 0 where f is so small that half the honest and more would be needed; undefined where 2f > n. */
export function alieReach(cohort: number, hostile: number): number | undefined {
  const supporters = Math.floor(cohort / 2 + 1) - hostile;
  const honest = cohort - hostile;
  return supporters <= 0 || honest <= 0 ? undefined : normalQuantile((honest - supporters) / honest);
}

export const alie: OmniscientAttack = {
  name: 'alie',
  title: 'A little is enough',
  description: 'Moves every parameter a little, within what the honest differ by.',
  paper: 'Baruch et al. 2019',
  acts: 'on-honest-updates',
  options: [
    {
      name: 'z',
      title: 'Standard deviations',
      hint: 'How far from the honest mean; 0: by the paper’s formula from the round’s numbers.',
      default: 0,
      minimum: 0,
      maximum: 1000,
    },
  ],
  craft(honest, setting) {
    const given = optionOf(setting, 'z');
    const z = given === 0 ? alieReach(setting.cohort, setting.hostile) : given;
    if (z === undefined)
      return fail({
        kind: 'too-many-hostile',
        message: `With ${setting.hostile} hostile of ${setting.cohort} devices there is no honest majority to hide in. Use at most half, or give z.`,
      });
    const { mean, deviation } = momentsOf(honest);
    return ok(Float32Array.from(mean, (value, i) => value - z * deviation[i]!));
  },
};
