// A run of the workbench as this device keeps it: written as it goes, so that a closed tab loses nothing that was told, and readable
// for good. Rows are not in it; the model is, in a file of its own beside it.
import type { Histogram } from '../../core/exploration/number-summary.ts';
import type { DatasetVersion, Digest } from '../../core/ids.ts';
import type { TrainingPlan } from '../../core/model/spec.ts';
import type { HistoryPoint } from '../../ports/participant-store.ts';
import type { KeptCheckpoint } from '../kept-checkpoint.ts';
import type { Analysis } from './analyse.ts';
import type { CrossValidation } from './cross-validate.ts';
import type { FoundGroups } from './grouping/find-groups.ts';
import { withoutRowsOf } from './grouping/one-row.ts';
import type { BenchEntry, BenchResult } from './run-bench.ts';
import type { RunManifest } from './run-manifest.ts';
import type { SentRun } from './send-run.ts';

/** What came of a run. */
export interface TrainedBench {
  readonly result: BenchResult;
  readonly analysis: Analysis;
  /** Of predicted − true, in the target's own units; null for classes. */
  readonly residuals: Histogram | null;
  /** Of the target among the rows learnt from, in whose squares the losses of slices are told; null for classes. */
  readonly standardDeviation: number | null;
  readonly classes: readonly string[] | null;
  /** Where it was asked for, and could be had. */
  readonly crossValidation?: CrossValidation;
  readonly target: string;
  readonly seed: number;
  /** Over the rows as they were read. */
  readonly data: Digest;
}

export type RunOutcome =
  /** Or cut off, where no tab holds it. */
  | { readonly type: 'running' }
  /** By a person's hand; it can go on. */
  | { readonly type: 'stopped' }
  | { readonly type: 'failed'; readonly message: string }
  | { readonly type: 'finished'; readonly trained: TrainedBench; readonly model: ModelShape }
  /** Finished, too: of a model without a target. */
  | { readonly type: 'grouped'; readonly found: FoundGroups; readonly model: ModelShape };

/** Of the model's file. */
export interface ModelShape {
  readonly bytes: number;
  /** Whoever is given the file is given rows that it was learnt from. */
  readonly holdsRows: boolean;
  /** Unix ms: since then it is not here any more, for the data whose rows it held was erased. */
  readonly erasedAt?: number;
}

export interface RunRecord {
  readonly id: string;
  readonly dataset: RunDataset;
  readonly manifest: RunManifest;
  readonly outcome: RunOutcome;
  /** Judged so far. */
  readonly baselines: readonly BenchEntry[];
  /** What could not be fitted or answered, in sentences. */
  readonly leftOut: readonly string[];
  /**
   * Training loss of a network by step, of trees by stage or by tree; empty for what learns by a formula. Of a network that is
   * trained yet, as it was at its last checkpoint; of one that was stopped or has ended, every point that was shown.
   */
  readonly curve: readonly CurvePoint[];
  /** Of its network, that another run can branch from, the latest first; absent from what an earlier program kept. */
  readonly checkpoints?: readonly KeptCheckpoint[];
  /** What that network is trained by; of several, or none, absent. */
  readonly plan?: Pick<TrainingPlan, 'learningRate' | 'localEpochs'>;
  /**
   * The run that this one has again; whether every bit of the model is as there, null until it has ended; and whether it is the same
   * as far as its engines allow (run-again.ts), absent from what an earlier program kept.
   */
  readonly again: {
    readonly of: string;
    readonly isSame: boolean | null;
    readonly isWithin?: boolean | null;
  } | null;
  /** Unix ms. */
  readonly startedAt: number;
  readonly endedAt: number | null;
  /** Of the search's budget, used by now. */
  readonly searchedMs: number;
  /** That a tab worked on it, over all goes and without what a person paused; absent from what an earlier program kept. */
  readonly workedMs?: number;
}

export interface RunDataset {
  readonly id: string;
  readonly name: string;
  /** Which of its states, and its digest. */
  readonly state: number;
  readonly version: DatasetVersion;
}

/** What a network is scored by beside its training loss stands at the ends of epochs. */
export type CurvePoint = Pick<HistoryPoint, 'step' | 'loss'> & Partial<HistoryPoint>;

/** What a person writes on a run, in any tab and at any time, and where the person has sent it. */
export interface RunLabels {
  /** Without doubles, in order. */
  readonly tags: readonly string[];
  readonly note: string;
  /** To which tracking store, and when (Unix ms); absent: to none. */
  readonly sent?: SentRun & { readonly at: number };
}

export const NO_LABELS: RunLabels = { tags: [], note: '' };

export interface KeptRun {
  readonly record: RunRecord;
  readonly labels: RunLabels;
}

/** Everything of a run, as it is taken away and put back. */
export interface WholeRun extends KeptRun {
  readonly model: Uint8Array<ArrayBuffer> | undefined;
}

/** Where runs are kept. What a promise that resolved has written is on the disk, whole; test/contract/run-store.ts repeats it. */
export interface RunStore {
  /** Newest first. Rejects with DataLocked, as all of these do. */
  list(): Promise<readonly KeptRun[]>;
  read(id: string): Promise<KeptRun | undefined>;
  /** The model's file; undefined where there is none. */
  model(id: string): Promise<Uint8Array<ArrayBuffer> | undefined>;
  /** Makes or replaces the record, and with it the model's file where one is given. Rejects with StorageFull. */
  put(record: RunRecord, model?: Uint8Array<ArrayBuffer>): Promise<void>;
  /** Replaces what a person wrote; of a run that is gone nothing is written. */
  label(id: string, labels: RunLabels): Promise<void>;
  /** Takes the run away and gives it whole, so that it can be put back; its checkpoints go for good. */
  remove(id: string): Promise<WholeRun | undefined>;
  restore(run: WholeRun): Promise<void>;
  /** What may hold rows goes for good: its checkpoints, and a model that is made of rows; its record says since when. */
  eraseRows(id: string, at: number): Promise<void>;
}

/** The record of a run whose checkpoints are gone. */
export const withoutCheckpoints = ({ checkpoints: _, ...record }: RunRecord): RunRecord => record;

/** The record of a run once the rows that its model is made of are erased; undefined where it is made of none. */
export function withoutRows(record: RunRecord, at: number): RunRecord | undefined {
  const { outcome } = record;
  if ((outcome.type !== 'finished' && outcome.type !== 'grouped') || !outcome.model.holdsRows)
    return undefined;
  const model = { ...outcome.model, erasedAt: at };
  return {
    ...record,
    outcome:
      outcome.type === 'grouped'
        ? { ...outcome, model, found: withoutRowsOf(outcome.found) }
        : { ...outcome, model },
  };
}
