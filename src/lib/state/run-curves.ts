// Curves of runs, to be drawn over each other: training losses, and what searches had found by each trial.
import type { CurvePoint, RunRecord } from '../participant/workbench/run-record.ts';

/** As a line chart takes it. */
export interface RunSeries {
  readonly name: string;
  readonly role: 'train' | 'held-out' | 'other';
  readonly points: readonly { readonly x: number; readonly y: number }[];
}

/** The loss of each run as it learnt, where it has one; `names` where there are several. */
export const curvesOf = (
  records: readonly RunRecord[],
  names: ReadonlyMap<string, string> = new Map(),
): readonly RunSeries[] =>
  records
    .filter((record) => record.curve.length > 0)
    .map((record) => ({
      name: names.get(record.id) ?? 'train',
      role: records.length === 1 ? 'train' : 'other',
      points: record.curve.map(({ step, loss }) => ({ x: step, y: loss })),
    }));

/** How a network learnt: loss after steps, or the metric after epochs, of rows learnt from and of those held out. Every point. */
export function learningSeries(curve: readonly CurvePoint[], of: 'loss' | 'metric'): readonly RunSeries[] {
  const line = (
    name: string,
    role: RunSeries['role'],
    valueOf: (point: CurvePoint) => number | undefined,
  ): RunSeries => ({
    name,
    role,
    points: curve.flatMap((point) => {
      const y = valueOf(point);
      return y === undefined ? [] : [{ x: point.step, y }];
    }),
  });
  return of === 'loss'
    ? [
        line('Train', 'train', ({ loss }) => loss),
        line('Held-out', 'held-out', ({ heldOutLoss }) => heldOutLoss),
      ]
    : [
        line('Train', 'train', ({ trainingMetric }) => trainingMetric),
        line('Held-out', 'held-out', ({ heldOutMetric }) => heldOutMetric),
      ];
}

/** What the curve of a model is of: its title, and what it goes along. */
export function curveWords(model: string | undefined): { readonly title: string; readonly along: string } {
  if (model === 'forest') return { title: 'Loss on rows that the trees had not drawn', along: 'tree' };
  return { title: 'Training loss', along: model === 'boosted-trees' ? 'stage' : 'step' };
}

/** Of one search: the best of all rows by each trial, and each trial's own loss. Empty where nothing was tried. */
export function trialSeries(record: RunRecord): readonly RunSeries[] {
  const own = record.manifest.trials.flatMap(({ loss }, at) =>
    loss === null ? [] : [{ x: at + 1, y: loss }],
  );
  return own.length === 0
    ? []
    : [
        { name: 'best so far', role: 'train', points: bestSoFar(record) },
        { name: 'each trial', role: 'held-out', points: own },
      ];
}

/** Of trials on all rows alone: fewer rows tell less, and are not compared with more. */
export function bestSoFar({ manifest }: Pick<RunRecord, 'manifest'>): RunSeries['points'] {
  let best = Infinity;
  const points: { x: number; y: number }[] = [];
  for (const [at, { loss, share }] of manifest.trials.entries()) {
    if (share === 1 && loss !== null) best = Math.min(best, loss);
    if (best < Infinity) points.push({ x: at + 1, y: best });
  }
  return points;
}
