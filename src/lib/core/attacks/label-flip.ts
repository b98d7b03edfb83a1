// Label flipping: the device trains honestly on wrong labels, y → L − 1 − y.
// Fang, Cao, Jia & Gong 2020, "Local Model Poisoning Attacks to Byzantine-Robust Federated Learning", after
// Biggio, Nelson & Laskov 2012, "Poisoning Attacks against Support Vector Machines".
import { fail, ok } from '../result.ts';
import type { RowsAttack } from './attack.ts';

export const labelFlip: RowsAttack = {
  name: 'labelflip',
  title: 'Label flip',
  description: 'Trains on wrong labels: of L classes, y becomes L − 1 − y.',
  paper: 'Fang et al. 2020',
  acts: 'on-rows',
  options: [],
  poison(rows, { classes }) {
    const { targets } = rows;
    if (classes === undefined || !(targets instanceof Int32Array))
      return fail({
        kind: 'needs-classes',
        message: 'Labels can only be flipped among classes; this target is a number.',
      });
    return ok({ ...rows, targets: targets.map((target) => classes - 1 - target) });
  },
};
