// What figures there are of a version: pages with a small budget import this alone, and figures that the server read.
export const metricNames = [
  'accuracy',
  'balanced-accuracy',
  'f1-macro',
  'auc',
  'brier',
  'calibration-error',
  'loss',
  'rmse',
  'mae',
  'r2',
  'inertia',
] as const;
export type MetricName = (typeof metricNames)[number];

interface Metric {
  readonly title: string;
  readonly higherIsBetter: boolean;
  readonly isShare: boolean;
  /** both: classes and numbers. */
  readonly of: 'classes' | 'number' | 'both' | 'clusters';
}

const up = (title: string, isShare: boolean, of: Metric['of'] = 'classes'): Metric => ({
  title,
  higherIsBetter: true,
  isShare,
  of,
});
const down = (title: string, isShare: boolean, of: Metric['of'] = 'classes'): Metric => ({
  ...up(title, isShare, of),
  higherIsBetter: false,
});

export const metrics: Readonly<Record<MetricName, Metric>> = {
  accuracy: up('Accuracy', true),
  'balanced-accuracy': up('Balanced accuracy', true),
  'f1-macro': up('F1 (macro)', true),
  auc: up('AUC', false),
  brier: down('Brier score', false),
  'calibration-error': down('Calibration error', true),
  loss: down('Loss', false, 'both'),
  rmse: down('RMSE', false, 'number'),
  mae: down('Mean absolute error', false, 'number'),
  r2: up('R²', false, 'number'),
  inertia: down('Inertia per row', false, 'clusters'),
};
