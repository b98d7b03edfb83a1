// Sign flipping: the device trains honestly and reports the opposite, −s · Δ.
// Li, Xu, Chen, Giannakis & Ling 2019, "RSA: Byzantine-Robust Stochastic Aggregation Methods for Distributed Learning from
// Heterogeneous Datasets". Against the honest devices' mean, which is known to who sees all updates, see ipm.ts.
import { optionOf, type DeltaAttack } from './attack.ts';

export const signFlip: DeltaAttack = {
  name: 'signflip',
  title: 'Sign flip',
  description: 'Reports the opposite of what it learned, enlarged.',
  paper: 'Li et al. 2019',
  acts: 'on-own-delta',
  options: [
    {
      name: 'scale',
      title: 'Scale',
      hint: 'How many times its own length.',
      default: 1,
      minimum: 0,
      maximum: 1e6,
    },
  ],
  craft(own, setting) {
    const scale = optionOf(setting, 'scale');
    // A plain 0 in place of −0.
    return Float32Array.from(own, (value) => -scale * value + 0);
  },
};
