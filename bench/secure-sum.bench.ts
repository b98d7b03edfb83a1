// A hundred devices that sum the CNN of McMahan et al. 2017 in a ring of 4 bits.
import { costOf, costRows } from './secure-sum-cost.ts';
import type { Row } from './row.ts';

/** Parameters of its model for MNIST. */
const CNN = 1_663_370;

export const run = async (): Promise<Row[]> =>
  costRows('CNN, 100 devices, 4 bits, 10 gone', await costOf(100, 10, CNN, 4), { expansion: 1.98 });
