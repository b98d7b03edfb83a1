// Figures from settled tallies, without the schema library; everybody else imports figures.ts.
// Each figure is undefined where it cannot be measured (no examples), never 0.
import type { MetricName } from './metric-list.ts';
import type { SettledTally } from './tally.ts';

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

type Of<Type extends SettledTally['type']> = Extract<SettledTally, { type: Type }>;
type Readings<Type extends SettledTally['type']> = Partial<
  Record<MetricName, (tally: Of<Type>) => number | undefined>
>;

const ofClasses: Readings<'classification'> = {
  accuracy: ({ confusion, count }) =>
    confusion.reduce(
      (hits, cell, at) => hits + (at % (Math.sqrt(confusion.length) + 1) === 0 ? cell : 0),
      0,
    ) / count,
  'balanced-accuracy': ({ confusion }) => mean(classFigures(confusion).map(({ recall }) => recall)),
  'f1-macro': ({ confusion }) => mean(classFigures(confusion).map(({ f1 }) => f1)),
  // Of more than two classes the mean of each against the others, as scikit-learn's `ovr` and `macro`.
  auc: ({ scores }) => mean((scores?.areas ?? []).map((area) => area ?? undefined)),
  brier: ({ scores, count }) =>
    scores?.squareSum === undefined ? undefined : scores.squareSum / (scores.rows ?? count),
  // Guo et al. 2017, eq. 3: of each bin n_b/n · |hits/n_b − Σ confidence/n_b|.
  'calibration-error': ({ scores, count }) =>
    scores?.calibration?.hits.reduce(
      (error, hits, bin) =>
        error + Math.abs(hits - (scores.calibration?.confidenceSums[bin] ?? 0)) / (scores.rows ?? count),
      0,
    ),
  loss: ({ lossSum, count }) => lossSum / count,
};

const ofNumbers: Readings<'regression'> = {
  loss: ({ squaredErrorSum, count }) => squaredErrorSum / count,
  rmse: ({ squaredErrorSum, count }) => Math.sqrt(squaredErrorSum / count),
  mae: ({ absoluteErrorSum, count }) => absoluteErrorSum / count,
  r2({ squaredErrorSum, targetSum, targetSquareSum, count }) {
    const spread = targetSquareSum - targetSum ** 2 / count;
    return spread <= 0 ? undefined : 1 - squaredErrorSum / spread;
  },
};

/** One figure of a tally; undefined where the tally has no examples or is of the other kind. */
export function figure(tally: SettledTally, name: MetricName): number | undefined {
  if (tally.count === 0) return undefined;
  switch (tally.type) {
    case 'classification':
      return ofClasses[name]?.(tally);
    case 'regression':
      return ofNumbers[name]?.(tally);
    case 'clustering':
      // In units of σ², columns added up.
      return name === 'inertia' ? tally.squaredDistanceSum / tally.count : undefined;
    default:
      return tally satisfies never;
  }
}
