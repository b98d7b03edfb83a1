// What `tributary train` is asked for where nothing is said, for tests that say the rest.
import type { TrainSetup } from '#lib/participant/workbench/run-manifest.ts';

export const usualSetup: Omit<TrainSetup, 'data'> = {
  target: null,
  task: null,
  without: [],
  heldOut: 0.2,
  group: null,
  time: null,
  series: null,
  recipe: null,
  layers: null,
  backbone: null,
  model: null,
  budgetMs: null,
  trials: null,
  search: 'tpe',
  space: null,
  starts: [],
  recipes: false,
  fairness: null,
  positive: null,
  checkLabels: false,
  folds: null,
  save: null,
  seed: 1,
  backend: 'simd',
};
