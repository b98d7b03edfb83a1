// A run of a kept dataset before it has begun: its record with nothing found yet, and the setup that the command line would be given.
import type { Balance } from '../../core/balance/balances.ts';
import type { Digest } from '../../core/ids.ts';
import type { BackendName } from '../../ports/trainer.ts';
import type { RunManifest, TrainSetup } from './run-manifest.ts';
import type { RunDataset, RunRecord } from './run-record.ts';
import type { RowsHeldOut } from './rows-held-out.ts';

/**
 * Where nobody chooses, networks train on what the command line trains them on, so that they come out the same to the bit in any
 * browser. Not the fastest that passes the self-test: a graphics card is faster by a factor with large models alone, its runs are
 * repeatable within a tolerance only, and the test itself takes longer than most tables do.
 */
export const TAB_BACKEND = 'simd';

/** What a person asks for: an engine, or the fastest that passes the self-test. */
export type EngineWish = BackendName | 'auto';

export type RunWishes = Pick<
  TrainSetup,
  'budgetMs' | 'trials' | 'search' | 'space' | 'seed' | 'layers' | 'backbone' | 'folds'
> & {
  readonly model: string;
  readonly balance: Balance;
  readonly engine: EngineWish;
  readonly starts?: TrainSetup['starts'];
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
  {
    model,
    layers,
    backbone,
    budgetMs,
    trials,
    search,
    space,
    starts = [],
    folds,
    balance,
    seed,
    engine,
  }: RunWishes,
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
  space,
  starts,
  // Who has prepared the rows by hand has said how.
  recipes: model === 'auto' && recipe === null && series === null,
  fairness: null,
  positive: null,
  checkLabels: false,
  ...(balance === 'none' ? {} : { balance }),
  folds,
  save: null,
  seed,
  // The self-test says which it is.
  backend: engine === 'auto' ? TAB_BACKEND : engine,
});

/** What the rows of a dataset are called where they are saved as a file. */
export const rowsFileName = (dataset: string): string =>
  `${dataset.replace(/\.[a-z0-9]{1,8}$/i, '').replaceAll(/[^\p{L}\p{N}_-]+/gu, '-')}.csv`;

export interface NewRun {
  readonly id: string;
  readonly dataset: RunDataset;
  readonly setup: TrainSetup;
  readonly data: Digest;
  readonly split?: RunManifest['split'] | undefined;
  readonly program: Pick<RunManifest, 'program' | 'node'>;
  /** The run that is had again. */
  readonly againOf: string | null;
  readonly startedAt: number;
  /** Of its network; TAB_BACKEND is not tested. */
  readonly engine: EngineWish;
}

export const newRecord = ({
  id,
  dataset,
  setup,
  data,
  split,
  program,
  againOf,
  startedAt,
  engine,
}: NewRun): RunRecord => ({
  id,
  dataset,
  manifest: {
    format: 1,
    setup,
    ...program,
    data,
    ...(split === undefined ? {} : { split }),
    trials: [],
    finished: null,
    // Each trial of a search has a network of its own: they train on what was asked for.
    ...(engine === TAB_BACKEND || setup.model === 'auto'
      ? {}
      : { engine: { asked: engine, choice: null, notices: [] } }),
  },
  outcome: { type: 'running' },
  baselines: [],
  leftOut: [],
  curve: [],
  again: againOf === null ? null : { of: againOf, isSame: null },
  startedAt,
  endedAt: null,
  searchedMs: 0,
  workedMs: 0,
});
