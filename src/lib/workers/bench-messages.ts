// The workbench worker's language: a dataset that is kept here in, a model's figures out. Nothing here has a way to the network; a row
// comes back where its person asks which rows are behind a figure.
import type { Balance } from '../core/balance/balances.ts';
import type { DataContract } from '../core/data/contract.ts';
import type { DatasetVersion, Digest } from '../core/ids.ts';
import type { Frozen } from '../core/model/backbone.ts';
import type { NetworkSpec } from '../core/model/spec.ts';
import type { NumberOption } from '../core/named-options.ts';
import type { Axis, Method } from '../core/projection/projection.ts';
import type { ColumnHead, StepReport } from '../core/recipe/fit.ts';
import type { Projection } from '../modalities/project-dataset.ts';
import type { BackendChoice } from '../participant/participation.ts';
import type { StepView } from '../participant/step-view.ts';
import type { TrainingAlarm } from '../participant/training-alarms.ts';
import type { OfferedModel } from '../participant/workbench/offered-models.ts';
import type { Overfit } from '../participant/workbench/overfit.ts';
import type { Feasibility } from '../participant/workbench/feasibility.ts';
import type { FoundGroups } from '../participant/workbench/grouping/find-groups.ts';
import type { LeftOutColumn } from '../participant/workbench/grouping/group-data.ts';
import type { LiveTraining } from '../participant/workbench/fit.ts';
import type { EngineWish } from '../participant/workbench/new-run.ts';
import type { SplitWish } from '../participant/workbench/rows-held-out.ts';
import type { TrainSetup } from '../participant/workbench/run-manifest.ts';
import type { SearchWay } from '../participant/workbench/search-ways.ts';
import type { SplitShown } from '../participant/workbench/split-shown.ts';
import type { VariedPictures } from '../participant/workbench/varied-pictures.ts';
import type { Look, Looked } from '../participant/workbench/examine/look.ts';
import type { Predicted } from '../participant/workbench/predict-files.ts';
import type { BenchEvent } from '../participant/workbench/run-bench.ts';
import type { TrainedBench } from '../participant/workbench/run-record.ts';
import type { CancelRequest, CommonReply } from './request-messages.ts';

/** Reads, splits and encodes, so that what cannot be learnt is said before anything is. */
export interface OpenRequest {
  readonly id: number;
  readonly name: 'open';
  readonly dataset: string;
  /** A column; of pictures, of no meaning. */
  readonly target: string;
  /** What is done to rows first, as it stands in a file (core/recipe); null: what is usual. */
  readonly recipe: TrainSetup['recipe'];
  /** Windows of a series are learnt from; null: rows as they are. */
  readonly series: TrainSetup['series'];
  readonly split: SplitWish;
}
/** What each part of the split is of. */
export interface SplitRequest extends Omit<OpenRequest, 'name'> {
  readonly name: 'split';
}
export interface TrainRequest {
  readonly id: number;
  readonly name: 'train';
  readonly dataset: string;
  /** Of the dataset, as it was opened. */
  readonly version: DatasetVersion;
  readonly target: string;
  /** As it was opened. */
  readonly recipe: TrainSetup['recipe'];
  readonly series: TrainSetup['series'];
  readonly split: SplitWish;
  readonly training: TrainingWishes;
}
export interface TrainingWishes {
  /** Of the catalogue, with settings as `forest:trees=200`; `auto` searches for one. */
  readonly model: string;
  /** Of the model `layers`; null: another. */
  readonly layers: NetworkSpec | null;
  /** Of these layers, what somebody brought along and nothing moves; null: all are trained. */
  readonly backbone: Frozen | null;
  /** What a model that learns from numbers sees by, in the place of pixels; null: it learns from the rows as they are. */
  readonly sees: NetworkSource | null;
  /** Of a search; both null: its usual number of trials. */
  readonly budgetMs: number | null;
  readonly trials: number | null;
  readonly search: SearchWay;
  /** Of a search; null: as is usual. */
  readonly space: TrainSetup['space'];
  /** Of a search: whether it also begins where earlier runs of this browser ended. */
  readonly isWarm: boolean;
  /** Cross-validation as well, in so many parts; null: none. */
  readonly folds: number | null;
  /** How rare classes are brought up among the rows to learn from. */
  readonly balance: Balance;
  readonly seed: number;
  /** What networks are trained on; a search has no use for `auto`, and takes the usual engine. */
  readonly engine: EngineWish;
}
/** How the rows of a table are taken by a model without a target. */
export interface GroupRows {
  readonly dataset: string;
  /** A column that is left out, since the groups are held against it; null: none. */
  readonly target: string | null;
  readonly without: readonly string[];
  readonly recipe: TrainSetup['recipe'];
}
/** Reads and prepares the rows, so that what is left out is said before anything is looked for. */
export interface OpenGroupsRequest extends GroupRows {
  readonly id: number;
  readonly name: 'open-groups';
}
export interface GroupRequest extends GroupRows {
  readonly id: number;
  readonly name: 'group';
  /** Of the dataset, as it was opened. */
  readonly version: DatasetVersion;
  readonly training: Pick<TrainingWishes, 'model' | 'seed'>;
}
/** The rows that a run has grouped, as they are in its groups. */
export interface LookGroupsRequest {
  readonly id: number;
  readonly name: 'look-groups';
  readonly run: string;
}
/** A run that was cut off or stopped goes on: what it had found is not tried again. */
export interface ResumeRequest {
  readonly id: number;
  readonly name: 'resume';
  readonly run: string;
  /** A search tries no more, and ends with the best that it had found. */
  readonly isEnough: boolean;
}
/** A finished run is had again, of the same rows, as another run. */
export interface AgainRequest {
  readonly id: number;
  readonly name: 'again';
  readonly run: string;
  /** null: the one that it was trained on. */
  readonly engine: EngineWish | null;
}
/** Another run that goes on from a run's checkpoint, of the same rows. */
export interface BranchRequest {
  readonly id: number;
  readonly name: 'branch';
  readonly run: string;
  readonly step: number;
  readonly learningRate: number;
  /** In all, those before the checkpoint among them. */
  readonly localEpochs: number;
}
/** The rows that a run was made of, as a file that `tributary train` reads to the same digest. */
export interface RowsRequest {
  readonly id: number;
  readonly name: 'rows';
  readonly run: string;
}
/** The same, with a column more that names the group of each. */
export interface GroupedRowsRequest extends Omit<RowsRequest, 'name'> {
  readonly name: 'grouped-rows';
}
/** What the model of a run says of a table that is pasted, its header first, or of files, each by its path in what was chosen. */
export interface PredictRequest {
  readonly id: number;
  readonly name: 'predict';
  readonly run: string;
  readonly of: AskedOf;
}
export type AskedOf =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'files'; readonly files: readonly { readonly path: string; readonly blob: Blob }[] };
/** Whether a network can learn one batch by heart; nothing is kept of it. */
export interface OverfitRequest extends Pick<
  TrainRequest,
  'id' | 'dataset' | 'version' | 'target' | 'recipe' | 'series' | 'split'
> {
  readonly name: 'overfit';
  readonly training: Pick<TrainingWishes, 'model' | 'layers' | 'seed'>;
}
/** How a few of the pictures to learn from would be shown by epochs; nothing is kept of it. */
export interface VaryRequest extends Omit<OverfitRequest, 'name'> {
  readonly name: 'vary';
}
/** Whether machine learning is right for rows as they were opened: nothing is kept of it. */
export interface AssessRequest {
  readonly id: number;
  readonly name: 'assess';
  readonly dataset: string;
  readonly target: string;
  readonly recipe: TrainSetup['recipe'];
  readonly series: TrainSetup['series'];
  readonly split: SplitWish;
  readonly seed: number;
}
/** What the model of a run does with the rows that it was judged on, beyond its figures. */
export interface LookRequest {
  readonly id: number;
  readonly name: 'look';
  readonly run: string;
  readonly look: Look;
}
/** What the self-test says of each engine on a network; `preferred` is in use where it passes. */
export interface EnginesRequest extends Omit<OverfitRequest, 'name'> {
  readonly name: 'engines';
  readonly preferred: EngineWish;
}
/** A network by which examples are alike: of a kept run what lies before its answer, or what somebody brought, as far as it is taken. */
export type NetworkSource =
  | { readonly type: 'run'; readonly run: string }
  | { readonly type: 'brought'; readonly spec: NetworkSpec; readonly frozen: Frozen };
/** Which kept runs have one that sees examples such as those of a dataset. */
export interface NetworksRequest {
  readonly id: number;
  readonly name: 'networks';
  readonly dataset: string;
}
/** Pictures or recordings in a plane by what a network sees in them; nothing is kept of it. */
export interface PlaneRequest {
  readonly id: number;
  readonly name: 'plane';
  readonly dataset: string;
  readonly method: Method;
  readonly by: NetworkSource;
}
/** A hand on the network that a run trains in this worker; of one that has ended nothing is done. */
export interface HandRequest {
  readonly id: number;
  readonly name: 'hand';
  readonly run: string;
  /** A step is taken of one that stands. */
  readonly wants: 'pause' | 'resume' | 'step';
}
/** What makes or goes on with a run. */
export type RunRequest = TrainRequest | GroupRequest | ResumeRequest | AgainRequest | BranchRequest;
export type BenchRequest =
  | OpenRequest
  | SplitRequest
  | AssessRequest
  | OpenGroupsRequest
  | LookGroupsRequest
  | RunRequest
  | RowsRequest
  | GroupedRowsRequest
  | PredictRequest
  | LookRequest
  | OverfitRequest
  | EnginesRequest
  | VaryRequest
  | NetworksRequest
  | PlaneRequest
  | HandRequest
  | CancelRequest;

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
  /** Of the rows as a model sees them, prepared. */
  readonly contract: DataContract;
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
  /** Those that learn from what a network sees; null: of rows of a table. */
  readonly onNetwork: Pick<OpenedBench, 'models' | 'usual'> | null;
}

/** The rows that groups would be looked for among. */
export interface OpenedGroups {
  readonly version: DatasetVersion;
  readonly rows: number;
  readonly features: number;
  /** Columns of the table that groups are made of, and those that are left out. */
  readonly used: readonly string[];
  readonly leftOut: readonly LeftOutColumn[];
  /** Columns that seem to name rows, and why: used or not. */
  readonly naming: readonly LeftOutColumn[];
  readonly notes: readonly string[];
  readonly preparation: OpenedPreparation;
  /** The usual one first. */
  readonly models: readonly OfferedGrouper[];
}
export interface OfferedGrouper {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly options: readonly NumberOption[];
}

/** Rows in the groups of a run. */
export interface LookedGroups {
  /** Of all rows, or of a sample, along the two axes in which they differ most; [rows, 2]. */
  readonly places: Float32Array<ArrayBuffer>;
  readonly axes: readonly Axis[];
  /** [places]: the group of each, from 0; and its place among all rows of the table. */
  readonly groupOf: Int32Array<ArrayBuffer>;
  readonly rows: Uint32Array<ArrayBuffer>;
  readonly total: number;
  readonly header: readonly string[];
  /** [groups]: the rows nearest to the middle, by their places among all rows, and their cells. */
  readonly typical: readonly (readonly { readonly place: number; readonly cells: readonly string[] }[])[];
  /** Whether these rows are those that the dataset has now. */
  readonly isInUse: boolean;
}

/** A run whose network sees such examples. */
export interface KeptNetwork {
  readonly run: string;
  /** Of its model. */
  readonly title: string;
  /** What it was trained on. */
  readonly dataset: string;
  /** Unix ms. */
  readonly startedAt: number;
}
export interface PlaneByNetwork {
  readonly projection: Projection;
  /** Which layer's numbers they are, from 1, what kind it is, and how many of an example. */
  readonly layer: number;
  readonly words: string;
  readonly width: number;
}

/** What came of a run, which is kept. */
export type EndedRun = EndedTraining | EndedGroups;
interface Ended {
  readonly run: string;
  /** Of a run that was had again: whether every bit of the model is as before; null for a first run. */
  readonly isSame: boolean | null;
  /** And whether it is the same as far as its engines allow. */
  readonly isWithin: boolean | null;
}
export interface EndedTraining extends Ended {
  readonly kind: 'trained';
  readonly trained: TrainedBench;
}
export interface EndedGroups extends Ended {
  readonly kind: 'grouped';
  readonly found: FoundGroups;
}

/** What a run tells on its way: what it has found is kept by then. */
export type RunEvent =
  | BenchEvent
  /** It has begun, and is listed. */
  | { readonly type: 'begun'; readonly run: string }
  | { readonly type: 'asking' }
  /** Of groups: what is being done, and the share of all of it that is, 0–1. */
  | { readonly type: 'grouping'; readonly says: string; readonly share: number }
  /** A network is trained from here on, and can be paused; or stands, or goes on. */
  | { readonly type: 'standing'; readonly isPaused: boolean }
  /** The engines are being tested on the network. */
  | { readonly type: 'testing' }
  /** What the network is trained on; `notice`: why it is another than before. */
  | { readonly type: 'engine'; readonly choice: BackendChoice; readonly notice: string | null }
  | { readonly type: 'training'; readonly training: LiveTraining }
  | { readonly type: 'stepped'; readonly view: StepView }
  /** What is wrong with that; it stands by then where nothing good comes of going on. */
  | { readonly type: 'alarm'; readonly alarm: TrainingAlarm };

export type BenchReply =
  | { readonly type: 'opened'; readonly id: number; readonly opened: OpenedBench }
  | { readonly type: 'parted'; readonly id: number; readonly shown: SplitShown }
  | { readonly type: 'groups-opened'; readonly id: number; readonly opened: OpenedGroups }
  | { readonly type: 'groups-looked'; readonly id: number; readonly looked: LookedGroups }
  | { readonly type: 'rows'; readonly id: number; readonly text: string }
  | { readonly type: 'loss'; readonly id: number; readonly loss: number; readonly step: number }
  | { readonly type: 'engines'; readonly id: number; readonly choice: BackendChoice }
  | { readonly type: 'overfitted'; readonly id: number; readonly overfit: Overfit }
  | { readonly type: 'varied'; readonly id: number; readonly varied: VariedPictures }
  | { readonly type: 'networks'; readonly id: number; readonly networks: readonly KeptNetwork[] }
  /** How far a plane is, 0–1. */
  | { readonly type: 'laying-out'; readonly id: number; readonly share: number }
  | { readonly type: 'laid-out'; readonly id: number; readonly plane: PlaneByNetwork }
  | { readonly type: 'handed'; readonly id: number }
  | { readonly type: 'predicted'; readonly id: number; readonly predicted: Predicted }
  | { readonly type: 'looked'; readonly id: number; readonly looked: Looked }
  | { readonly type: 'event'; readonly id: number; readonly event: RunEvent }
  /** How far an assessment is, 0–1. */
  | { readonly type: 'assessing'; readonly id: number; readonly says: string; readonly fraction: number }
  | { readonly type: 'assessed'; readonly id: number; readonly assessed: Feasibility }
  | { readonly type: 'ended'; readonly id: number; readonly ended: EndedRun }
  /** These rows cannot be learnt from, or not so: the sentence says what to do. */
  | {
      readonly type: 'refused';
      readonly id: number;
      readonly message: string;
      /** Where the recipe is why: which of its steps, from 0 (null: what they left all together), and what those before it did. */
      readonly recipe?: StepsDone & { readonly step: number | null };
      /** Absent, but where the split that is kept is why, and one that is drawn anew would do. */
      readonly isByKeptSplit?: true;
    }
  | CommonReply;
