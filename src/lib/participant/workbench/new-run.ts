// A run of a kept dataset before it has begun: its record with nothing found yet, and the setup that the command line would be given.
import type { Digest } from '../../core/ids.ts';
import type { RunManifest, TrainSetup } from './run-manifest.ts';
import type { RunDataset, RunRecord } from './run-record.ts';
import type { RowsHeldOut } from './rows-held-out.ts';

/** Networks train on what the command line trains them on, so that they come out the same to the bit. */
export const TAB_BACKEND = 'simd';

export type RunWishes = Pick<
  TrainSetup,
  'budgetMs' | 'trials' | 'search' | 'seed' | 'layers' | 'backbone' | 'folds'
> & {
  readonly model: string;
};

/** `target`: null for pictures. */
export const setupOf = (
  {
    name,
    target,
    task,
    recipe,
    series,
    split,
  }: Pick<TrainSetup, 'target' | 'task' | 'recipe' | 'series'> & {
    readonly name: string;
    readonly split: RowsHeldOut;
  },
  { model, layers, backbone, budgetMs, trials, search, folds, seed }: RunWishes,
): TrainSetup => ({
  data: [rowsFileName(name)],
  target,
  task,
  without: [],
  ...split,
  series,
  recipe,
  layers,
  backbone,
  model,
  budgetMs,
  trials,
  search,
  fairness: null,
  positive: null,
  checkLabels: false,
  folds,
  save: null,
  seed,
  backend: TAB_BACKEND,
});

/** What the rows of a dataset are called where they are saved as a file. */
export const rowsFileName = (dataset: string): string =>
  `${dataset.replace(/\.[a-z0-9]{1,8}$/i, '').replaceAll(/[^\p{L}\p{N}_-]+/gu, '-')}.csv`;

export interface NewRun {
  readonly id: string;
  readonly dataset: RunDataset;
  readonly setup: TrainSetup;
  readonly data: Digest;
  readonly program: Pick<RunManifest, 'program' | 'node'>;
  /** The run that is had again. */
  readonly againOf: string | null;
  readonly startedAt: number;
}

export const newRecord = ({ id, dataset, setup, data, program, againOf, startedAt }: NewRun): RunRecord => ({
  id,
  dataset,
  manifest: { format: 1, setup, ...program, data, trials: [], finished: null },
  outcome: { type: 'running' },
  baselines: [],
  leftOut: [],
  curve: [],
  again: againOf === null ? null : { of: againOf, isSame: null },
  startedAt,
  endedAt: null,
  searchedMs: 0,
});
