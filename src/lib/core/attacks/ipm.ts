// Inner product manipulation: all hostile devices report −ε · μ. Large, it turns the mean round; small (ε of 0.1 to 0.5), it
// lies so near to the honest that rules by distance and median choose it.
// Xie, Koyejo & Gupta 2020, "Fall of Empires: Breaking Byzantine-tolerant SGD by Inner Product Manipulation".
import { ok } from '../result.ts';
import { optionOf, type OmniscientAttack } from './attack.ts';
import { momentsOf } from './moments.ts';

export const ipm: OmniscientAttack = {
  name: 'ipm',
  title: 'Inner product manipulation',
  description: 'Reports the honest mean, turned round and scaled.',
  paper: 'Xie et al. 2020',
  acts: 'on-honest-updates',
  options: [
    {
      name: 'epsilon',
      title: 'Scale ε',
      hint: '0.5 slips past Krum and the median; 10 breaks the mean.',
      default: 0.5,
      minimum: 0,
      maximum: 1e6,
    },
  ],
  craft(honest, setting) {
    const epsilon = optionOf(setting, 'epsilon');
    // A plain 0 in place of −0.
    return ok(Float32Array.from(momentsOf(honest).mean, (value) => -epsilon * value + 0));
  },
};
