// Two hundred devices that sum 100,000 values exactly, each with its neighbours on a ring.
import { bonawitz, costOf, costRows } from './secure-sum-cost.ts';
import type { Row } from './row.ts';

export const run = async (): Promise<Row[]> =>
  costRows('200 × 100,000 values, 32 bits, 10 % gone', await costOf(200, 20, 100_000, 32), bonawitz);
