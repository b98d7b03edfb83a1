// The workbench worker's language: a dataset that is kept here in, a model's figures out. Nothing here has a way to the network, and
// no row comes back.
import type { Canonical } from '../core/canonical.ts';
import type { Histogram } from '../core/exploration/number-summary.ts';
import type { DatasetVersion, Digest } from '../core/ids.ts';
import type { ColumnHead, StepReport } from '../core/recipe/fit.ts';
import type { Analysis } from '../participant/workbench/analyse.ts';
import type { BenchEvent, BenchResult } from '../participant/workbench/run-bench.ts';
import type { CancelRequest, CommonReply } from './request-messages.ts';

/** Reads, splits and encodes, so that what cannot be learnt is said before anything is. */
export interface OpenRequest {
  readonly id: number;
  readonly name: 'open';
  readonly dataset: string;
  /** A column; of pictures, of no meaning. */
  readonly target: string;
  /** What is done to rows first, as it stands in a file (core/recipe); null: what is usual. */
  readonly recipe: Canonical | null;
}
export interface TrainRequest {
  readonly id: number;
  readonly name: 'train';
  readonly dataset: string;
  /** Of the dataset, as it was opened. */
  readonly version: DatasetVersion;
  readonly target: string;
  /** As it was opened. */
  readonly recipe: Canonical | null;
  readonly training: TrainingWishes;
}
export interface TrainingWishes {
  /** Of the catalogue, with its usual settings; `auto` searches for one. */
  readonly model: string;
  /** Of a search; both null: its usual number of trials. */
  readonly budgetMs: number | null;
  readonly trials: number | null;
  readonly seed: number;
}
export type BenchRequest = OpenRequest | TrainRequest | CancelRequest;

export interface OfferedModel {
  readonly name: string;
  readonly title: string;
  readonly description: string;
}

/** What the steps of a recipe did to the rows to learn from. */
export interface StepsDone {
  readonly reports: readonly StepReport[];
  /** [reports + 1]: the columns that each step found, and what the last left. */
  readonly found: readonly (readonly ColumnHead[])[];
}
export interface OpenedPreparation extends StepsDone {
  readonly recipe: Digest;
  /** Over what the recipe learnt and all prepared rows. */
  readonly digest: Digest;
}

/** What would be learnt from. */
export interface OpenedBench {
  readonly version: DatasetVersion;
  readonly target: string;
  readonly training: number;
  readonly heldOut: number;
  /** How the held-out rows were chosen, as a phrase. */
  readonly split: string;
  /** Labels in target order; null: a number. */
  readonly classes: readonly string[] | null;
  readonly notes: readonly string[];
  /** null: pictures, which are taken as they are. */
  readonly preparation: OpenedPreparation | null;
  /** Those that suit these rows. */
  readonly models: readonly OfferedModel[];
  /** The name of the one that is trained where nobody chooses. */
  readonly usual: string;
}

export interface TrainedBench {
  readonly result: BenchResult;
  readonly analysis: Analysis;
  /** Of predicted − true, in the target's own units; null for classes. */
  readonly residuals: Histogram | null;
  /** Of the target among the rows learnt from, in whose squares the losses of slices are told; null for classes. */
  readonly standardDeviation: number | null;
  readonly classes: readonly string[] | null;
  readonly target: string;
  readonly seed: number;
  /** Over the rows as they were read. */
  readonly data: Digest;
}

export type BenchReply =
  | { readonly type: 'opened'; readonly id: number; readonly opened: OpenedBench }
  | { readonly type: 'event'; readonly id: number; readonly event: BenchEvent | { readonly type: 'asking' } }
  | { readonly type: 'trained'; readonly id: number; readonly trained: TrainedBench }
  /** These rows cannot be learnt from, or not so: the sentence says what to do. */
  | {
      readonly type: 'refused';
      readonly id: number;
      readonly message: string;
      /** Where the recipe is why: which of its steps, from 0 (null: what they left all together), and what those before it did. */
      readonly recipe?: StepsDone & { readonly step: number | null };
    }
  | CommonReply;
