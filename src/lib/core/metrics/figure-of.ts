// Figures from tallies, without the schema library: pages with a small budget import this, everybody else figures.ts.
// Each figure is undefined where it cannot be measured (no examples), never 0.
import type { Tally } from './tally.ts';

export const metricNames = [
  'accuracy',
  'balanced-accuracy',
  'f1-macro',
  'loss',
  'rmse',
  'mae',
  'r2',
  'inertia',
] as const;
type MetricName = (typeof metricNames)[number];

export const metrics: Readonly<
  Record<
    MetricName,
    {
      readonly title: string;
      readonly higherIsBetter: boolean;
      readonly isShare: boolean;
      /** both: classes and numbers. */
      readonly of: 'classes' | 'number' | 'both' | 'clusters';
    }
  >
> = {
  accuracy: { title: 'Accuracy', higherIsBetter: true, isShare: true, of: 'classes' },
  'balanced-accuracy': { title: 'Balanced accuracy', higherIsBetter: true, isShare: true, of: 'classes' },
  'f1-macro': { title: 'F1 (macro)', higherIsBetter: true, isShare: true, of: 'classes' },
  loss: { title: 'Loss', higherIsBetter: false, isShare: false, of: 'both' },
  rmse: { title: 'RMSE', higherIsBetter: false, isShare: false, of: 'number' },
  mae: { title: 'Mean absolute error', higherIsBetter: false, isShare: false, of: 'number' },
  r2: { title: 'R²', higherIsBetter: true, isShare: false, of: 'number' },
  inertia: { title: 'Inertia per row', higherIsBetter: false, isShare: false, of: 'clusters' },
};

/** Recall, precision and F1 of one class; undefined where the class does not occur (or is never predicted). */
export interface ClassFigures {
  readonly support: number;
  readonly recall: number | undefined;
  readonly precision: number | undefined;
  readonly f1: number | undefined;
}

export function classFigures(confusion: readonly number[]): ClassFigures[] {
  const size = Math.round(Math.sqrt(confusion.length));
  const at = (row: number, column: number): number => confusion[row * size + column] ?? 0;
  return Array.from({ length: size }, (_, one) => {
    let support = 0;
    let predicted = 0;
    for (let other = 0; other < size; other += 1) {
      support += at(one, other);
      predicted += at(other, one);
    }
    const hits = at(one, one);
    return {
      support,
      recall: support === 0 ? undefined : hits / support,
      precision: predicted === 0 ? undefined : hits / predicted,
      // F1 = 2·TP / (2·TP + FP + FN); undefined only where the class neither occurs nor is predicted.
      f1: support + predicted === 0 ? undefined : (2 * hits) / (support + predicted),
    };
  });
}

const mean = (values: readonly (number | undefined)[]): number | undefined => {
  const known = values.filter((value) => value !== undefined);
  return known.length === 0 ? undefined : known.reduce((total, value) => total + value, 0) / known.length;
};

/** One figure of a tally; undefined where the tally has no examples or is of the other kind. */
export function figure(tally: Tally, name: MetricName): number | undefined {
  if (tally.count === 0) return undefined;
  if (tally.type === 'classification') {
    const classes = classFigures(tally.confusion);
    switch (name) {
      case 'accuracy': {
        const size = classes.length;
        let hits = 0;
        for (let one = 0; one < size; one += 1) hits += tally.confusion[one * size + one] ?? 0;
        return hits / tally.count;
      }
      case 'balanced-accuracy':
        return mean(classes.map((one) => one.recall));
      case 'f1-macro':
        return mean(classes.map((one) => one.f1));
      case 'loss':
        return tally.lossSum / tally.count;
      case 'rmse':
      case 'mae':
      case 'r2':
      case 'inertia':
        return undefined;
      default:
        return name satisfies never;
    }
  }
  // In units of σ², columns added up.
  if (tally.type === 'clustering')
    return name === 'inertia' ? tally.squaredDistanceSum / tally.count : undefined;
  switch (name) {
    case 'loss':
      return tally.squaredErrorSum / tally.count;
    case 'rmse':
      return Math.sqrt(tally.squaredErrorSum / tally.count);
    case 'mae':
      return tally.absoluteErrorSum / tally.count;
    case 'r2': {
      const spread = tally.targetSquareSum - tally.targetSum ** 2 / tally.count;
      return spread <= 0 ? undefined : 1 - tally.squaredErrorSum / spread;
    }
    case 'accuracy':
    case 'balanced-accuracy':
    case 'f1-macro':
    case 'inertia':
      return undefined;
    default:
      return name satisfies never;
  }
}
