// What a version is worth on rows that judge: scored in pieces of a fixed size, and added up in their order, so that the sums are
// the same on any number of threads.
import { figure } from '#lib/core/metrics/figures.ts';
import { MetricName } from '#lib/core/metrics/metric-name.ts';
import type { SettledTally, Tally } from '#lib/core/metrics/tally.ts';
import { addTallies } from '#lib/core/metrics/tally-sums.ts';
import type { JudgedAsNew } from '#lib/participant/new-device.ts';
import type { Figures, ResultLine } from './lines.ts';
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

/** In the order of the devices, so that the sums are the same on any number of threads. */
export function summed(all: readonly JudgedAsNew[]): Partial<JudgedAsNew> {
  const sum = (tallies: readonly Tally[]): Tally | undefined =>
    tallies.reduce<Tally | undefined>(
      (before, tally) => (before === undefined ? tally : addTallies(before, tally)),
      undefined,
    );
  const tally = sum(all.map((one) => one.tally));
  const personal = sum(all.flatMap((one) => one.personal ?? []));
  return { ...(tally && { tally }), ...(personal && { personal }) };
}

export const tookPartFigures = ({
  tally,
  personal,
}: Partial<JudgedAsNew>): Pick<ResultLine, 'tookPart' | 'ownOfTookPart'> => ({
  ...(tally === undefined ? {} : { tookPart: figuresOf(tally) }),
  ...(personal == null ? {} : { ownOfTookPart: figuresOf(personal) }),
});

/** Every figure that can be measured. */
export function figuresOf(tally: Tally | SettledTally): Figures {
  const figures: Figures = {};
  for (const name of MetricName.options) {
    const value = figure(tally, name);
    if (value !== undefined) figures[name] = value;
  }
  return figures;
}
