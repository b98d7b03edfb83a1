// Noise instead of an update: every value is drawn from N(0, sd²).
// Blanchard, El Mhamdi, Guerraoui & Stainer 2017, "Machine Learning with Adversaries", experiments ("Gaussian Byzantine", sd = 200).
// An update's values are far smaller than 1 as a rule: sd = 1 is loud.
import { optionOf, type DeltaAttack } from './attack.ts';

export const gaussian: DeltaAttack = {
  name: 'gaussian',
  title: 'Gaussian noise',
  description: 'Reports random numbers.',
  paper: 'Blanchard et al. 2017, experiments',
  acts: 'on-own-delta',
  options: [
    {
      name: 'sd',
      title: 'Standard deviation',
      hint: 'Of every value that it reports.',
      default: 1,
      minimum: 0,
      maximum: 1e6,
    },
  ],
  craft(own, setting) {
    const deviation = optionOf(setting, 'sd');
    return Float32Array.from(own, () => deviation * setting.draw.normal());
  },
};
