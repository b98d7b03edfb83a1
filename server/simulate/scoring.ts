// What a version is worth on rows that judge: scored in pieces of a fixed size, and added up in their order, so that the sums are
// the same on any number of threads.
import { figure } from '#lib/core/metrics/figures.ts';
import { MetricName } from '#lib/core/metrics/metric-name.ts';
import type { SettledTally, Tally } from '#lib/core/metrics/tally.ts';
import { addTallies } from '#lib/core/metrics/tally-sums.ts';
import type { Figures } from './lines.ts';
import type { WorkerPool } from './worker-pool.ts';

const PIECE_ROWS = 1000;

/** Of the rows that judge. */
export interface RowRange {
  readonly from: number;
  readonly to: number;
}

export async function scoreOnPool(
  pool: Pick<WorkerPool, 'work'>,
  parameters: Float32Array,
  { from, to }: RowRange,
  triggered = false,
): Promise<{ readonly tally: Tally; readonly engineMs: number }> {
  const pieces = Array.from({ length: Math.ceil((to - from) / PIECE_ROWS) }, (_, piece) => {
    const first = from + piece * PIECE_ROWS;
    return pool.work({
      type: 'score',
      parameters,
      from: first,
      to: Math.min(to, first + PIECE_ROWS),
      triggered,
    });
  });
  let tally: Tally | undefined;
  let engineMs = 0;
  for (const result of await Promise.all(pieces)) {
    if (result.type !== 'scored') throw new Error('A score was answered by a training.');
    tally = tally === undefined ? result.tally : addTallies(tally, result.tally);
    engineMs += result.engineMs;
  }
  if (tally === undefined) throw new Error('There are no rows to judge by.');
  return { tally, engineMs };
}

/** Every figure that can be measured. */
export function figuresOf(tally: Tally | SettledTally): Figures {
  const figures: Figures = {};
  for (const name of MetricName.options) {
    const value = figure(tally, name);
    if (value !== undefined) figures[name] = value;
  }
  return figures;
}
