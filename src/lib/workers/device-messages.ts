// The device worker's language: everything on this device that needs an engine or the link to the coordinator. Every
// request is numbered and answered exactly once: result, failure or cancelled. Events are whole views, replaced not patched.
import type { Examples } from '../core/data/examples.ts';
import type { KeptCheckpoint } from '../participant/kept-checkpoint.ts';
import type { NetworkFederation, Personalisation } from '../core/federation.ts';
import type { Digest, FederationId } from '../core/ids.ts';
import type { MetricName } from '../core/metrics/metric-name.ts';
import type { Tally } from '../core/metrics/tally.ts';
import type { NetworkSpec, TrainingPlan } from '../core/model/spec.ts';
import type { AskedRecipe } from '../core/recipe/asked.ts';
import type { SummedSpec } from '../core/summed-models.ts';
import type { BackendChoice, ParticipationView } from '../participant/participation.ts';
import type { RebuildPreview, SettingName } from '../participant/rebuild-preview.ts';
import type { Crossing, LinkBytes } from '../ports/coordinator-link.ts';
import type { Power } from '../participant/own-limits.ts';
import type { StepView } from '../participant/step-view.ts';
import type { TrainingAlarm } from '../participant/training-alarms.ts';
import type { HistoryPoint, RunOrigin } from '../ports/participant-store.ts';
import type { BackendName } from '../ports/trainer.ts';

export interface LocalRunSettings {
  /** Names the run and its checkpoint. */
  readonly id: string;
  readonly dataset: string;
  /** Empty in what is listed: it is called after its data then. */
  readonly name: string;
  readonly network: NetworkSpec;
  readonly plan: TrainingPlan;
  readonly metric: MetricName;
  /** By which the rows are prepared; absent: by none. */
  readonly recipe?: AskedRecipe | undefined;
  /** null: the fastest that passes the self-test. */
  readonly backend: BackendName | null;
  /** The run that it branched from; null: none. */
  readonly origin?: RunOrigin | null;
}

/** Of another run: they could be branched from. */
export interface KeptRunCheckpoints {
  readonly settings: LocalRunSettings;
  /** Latest first. */
  readonly checkpoints: readonly KeptCheckpoint[];
}

export interface LocalRunView {
  readonly id: string;
  readonly name: string;
  readonly state: 'preparing' | 'training' | 'paused' | 'finished' | 'stopped' | 'failed';
  readonly backend: BackendChoice | null;
  readonly epoch: number;
  readonly epochs: number;
  readonly batch: number;
  readonly batchesPerEpoch: number;
  readonly trainingRows: number;
  readonly heldOutRows: number;
  /** null until measured. */
  readonly examplesPerSecond: number | null;
  readonly etaMs: number | null;
  readonly memoryBytes: number | null;
  readonly history: readonly HistoryPoint[];
  /** Held-out tally of the latest epoch. */
  readonly tally: Tally | null;
  /** The engine that it goes on with in a moment; null: the one it has. */
  readonly switchingTo: BackendName | null;
  /** What is wrong with it; null once it goes on. */
  readonly alarm: TrainingAlarm | null;
  /** The last single step, looked at from inside; null once it goes on. */
  readonly stepped: StepView | null;
  /** What happened that the person should know: a back end lost or switched, training unstable, resumed from a checkpoint. */
  readonly notice: string | null;
}

/** A run that is not running on this page. `elsewhere`: it goes on in another tab of this browser; else it was cut off. */
export interface CutOffRun {
  readonly settings: LocalRunSettings;
  readonly elsewhere: boolean;
}

/**
 * Parameters to run: a version by its digest (fetched and kept), what this device made of one for itself while taking part, or a
 * model trained here.
 */
export type ModelSource =
  | { readonly type: 'version'; readonly digest: Digest; readonly bytes: number }
  | {
      readonly type: 'own';
      readonly federation: FederationId;
      readonly personalisation: Personalisation;
      /** The version that own layers are put on. */
      readonly digest: Digest;
      readonly bytes: number;
    }
  | { readonly type: 'local'; readonly id: string };

/** What is asked about: a network, or a model of sums, with its parameters. */
/** `recipe`: rows are asked about as the contract encodes them, and prepared before the model sees them. */
export type AskedModel = { readonly source: ModelSource } & (
  { readonly network: NetworkSpec; readonly recipe?: AskedRecipe | undefined } | { readonly sums: SummedSpec }
);

export interface DeviceRequests {
  /** Self-tests the back ends on this model and picks one; `preferred` overrides the choice if it passes. */
  'choose-backend': {
    request: {
      readonly network: NetworkSpec;
      readonly batchSize: number;
      readonly preferred: BackendName | null;
    };
    result: BackendChoice;
  };
  /** Answers as soon as it runs. Views follow as events. */
  'start-local-run': { request: LocalRunSettings; result: null };
  'pause-local-run': { request: { readonly id: string }; result: null };
  /** One step of a paused run, looked at from inside. */
  'step-local-run': { request: { readonly id: string }; result: null };
  'resume-local-run': { request: { readonly id: string }; result: null };
  /** Ends it and keeps the model so far. */
  'stop-local-run': { request: { readonly id: string }; result: null };
  /** Goes on with another engine that passed the self-test, paused or not, from the step where it stands. */
  'switch-local-run-engine': {
    request: { readonly id: string; readonly backend: BackendName };
    result: null;
  };
  /** Runs that were cut off by a reload and can go on, and those that go on in another tab. */
  'cut-off-local-runs': { request: null; result: readonly CutOffRun[] };
  /** Checkpoints of the last runs that can be branched from. */
  'kept-checkpoints': { request: null; result: readonly KeptRunCheckpoints[] };
  'discard-checkpoints': { request: { readonly run: string }; result: null };
  /** Starts another run from a kept checkpoint; only these fields of its plan are its own. Answers with its settings once it runs. */
  'branch-local-run': {
    request: {
      readonly run: string;
      readonly step: number;
      /** Of the new run. */
      readonly id: string;
      readonly learningRate: number;
      readonly localEpochs: number;
    };
    result: LocalRunSettings;
  };
  /** Takes a run up that was cut off; as start-local-run. Refused while another tab has it. */
  'go-on-local-run': { request: { readonly id: string }; result: null };
  /** Deletes what is left of a run that was cut off. */
  'discard-local-run': { request: { readonly id: string }; result: null };
  /** Watches a federation and resumes taking part if this device had joined it. */
  open: { request: { readonly federation: FederationId }; result: ParticipationView };
  join: {
    request: {
      readonly federation: FederationId;
      readonly dataset: string;
      readonly name: string | null;
      readonly backend: BackendName | null;
      readonly tags?: readonly string[];
      readonly invitation?: string | null;
    };
    result: null;
  };
  pause: { request: { readonly federation: FederationId }; result: null };
  resume: { request: { readonly federation: FederationId }; result: null };
  leave: {
    request: { readonly federation: FederationId; readonly when: 'now' | 'after-round' };
    result: null;
  };
  /** Goes on with another engine that passed the self-test; a round in hand, from the step where it stands. */
  'switch-engine': {
    request: { readonly federation: FederationId; readonly backend: BackendName };
    result: null;
  };
  /** What the page knows of the device’s power and connection, which a worker is not told. */
  'set-power': { request: Power; result: null };
  /** What crossed the link since the worker began: the newest of it one by one, and all of it by kind. */
  crossings: {
    request: null;
    result: { readonly crossings: readonly Crossing[]; readonly bytes: LinkBytes };
  };
  /** Takes training over from the other tab of this browser. */
  'move-here': { request: { readonly federation: FederationId }; result: null };
  /** [count, outputs]: class probabilities, a number, or squared distances to centres; answered by a transferred buffer. */
  predict: {
    request: AskedModel & {
      readonly features: Uint8Array | Float32Array;
      readonly count: number;
      /** [columns of texts][count] */
      readonly texts?: Examples['texts'];
    };
    result: Float32Array;
  };
  /** Scores a model on the held-out rows of a dataset on this device. */
  evaluate: {
    request: AskedModel & { readonly dataset: string };
    result: Tally;
  };
  /**
   * What could be rebuilt of this dataset's rows from an update of them. One at a time: another request stops the one before, which
   * is answered as cancelled. How far it is follows as events.
   */
  'preview-rebuilding': {
    request: {
      readonly federation: FederationId;
      readonly spec: NetworkFederation;
      /** The newest version. */
      readonly digest: Digest;
      readonly bytes: number;
      readonly dataset: string;
    };
    result: RebuildPreview;
  };
  'stop-preview': { request: null; result: null };
}

export type DeviceEvent =
  | { readonly type: 'participation'; readonly view: ParticipationView }
  | { readonly type: 'local-run'; readonly view: LocalRunView }
  | { readonly type: 'rebuilding'; readonly fraction: number; readonly setting: SettingName }
  | { readonly type: 'kept-checkpoints'; readonly runs: readonly KeptRunCheckpoints[] }
  /** Another tab let go of a run: what is there to go on with now. */
  | { readonly type: 'cut-off-runs'; readonly runs: readonly CutOffRun[] };

export type DeviceRequestMessage = {
  [Name in keyof DeviceRequests]: {
    readonly id: number;
    readonly name: Name;
    readonly request: DeviceRequests[Name]['request'];
  };
}[keyof DeviceRequests];

/** `kind` is a short code ('device-lost', 'storage-full', 'unknown-dataset', …); `message` a sentence for the person. */
export type DeviceReply =
  | { readonly type: 'result'; readonly id: number; readonly result: unknown }
  | { readonly type: 'failure'; readonly id: number; readonly kind: string; readonly message: string }
  | { readonly type: 'cancelled'; readonly id: number }
  | { readonly type: 'event'; readonly event: DeviceEvent };
