// Port: what a participant keeps on its device besides data: identity, outbox, checkpoints, models, receipts.
import type { Digest, FederationId, RoundNumber } from '../core/ids.ts';
import type { TrainingPlan } from '../core/model/spec.ts';
import type { Judged } from '../core/search/judged.ts';
import type { Inclusion, Signature } from '../core/transparency/statements.ts';
import type { UpdateOffer } from '../protocol/http.ts';
import type { Receipt } from '../protocol/views.ts';
import type { Identity } from './identity.ts';
import type { TrainerState } from './trainer.ts';

/** The rows that an update was made of, and the columns of them that were withheld then. */
export interface TrainedOn {
  readonly dataset: string;
  readonly withheld: readonly string[];
}

/** A trained update on its way: durable here before the first byte is sent, gone once the server has decided. */
export interface OutboxEntry {
  readonly federation: FederationId;
  readonly round: RoundNumber;
  readonly offer: UpdateOffer;
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Absent from what an earlier program kept. */
  readonly rows?: TrainedOn;
  /** What it was trained by, where the round tries several local settings. */
  readonly plan?: TrainingPlan;
}

/** Where local training stands; written every few seconds and on pause. */
export interface Checkpoint {
  /** `local:<run id>` or `round:<federation>`. */
  readonly key: string;
  readonly state: TrainerState;
  readonly epoch: number;
  /** Batches of this epoch already taken. */
  readonly batch: number;
  /** Training loss summed over examples, and their number, since the last history point. */
  readonly pendingLoss: { readonly sum: number; readonly examples: number };
  /** Loss and metric history so far, for the chart. */
  readonly history: readonly HistoryPoint[];
  /** Digest of plan, dataset version and network: a checkpoint of another setting is not taken up. */
  readonly settings: Digest;
  readonly savedAt: number;
}

export interface HistoryPoint {
  readonly step: number;
  readonly epoch: number;
  /** Mean training loss since the last point. */
  readonly loss: number;
  /** Held-out loss and success metric; only at the points where they were measured. */
  readonly heldOutLoss?: number;
  readonly heldOutMetric?: number;
  /** The metric on training rows (the same 1,000 of them at most each time), measured together with the held-out figures. */
  readonly trainingMetric?: number;
}

export interface StoredReceipt {
  readonly receipt: Receipt;
  /** The server’s signature over it; absent from what an earlier program kept. */
  readonly signed?: Signature;
  /** What proves that the update is in its version, once the server has shown it. */
  readonly inclusion?: Inclusion;
  /** The version that the update went into; null until its round is committed, or when it was abandoned. */
  readonly version: number | null;
  readonly outcome: 'waiting' | 'included' | 'abandoned';
  /** Where its round tried several local settings: those that this device was given, and what it told of them. */
  readonly plan?: TrainingPlan;
  readonly judged?: Judged;
}

/** A refused or lost contribution stays on record beside the receipts. */
export interface StoredRefusal {
  readonly federation: FederationId;
  readonly round: RoundNumber;
  readonly message: string;
  readonly at: number;
}

/** Where a run branched from another: its checkpoint after so many steps, and exactly what it was given differently. */
export interface RunOrigin {
  readonly run: string;
  readonly step: number;
  readonly changed: readonly { readonly field: string; readonly from: number; readonly to: number }[];
}

/** A model trained alone, kept on this device. */
export interface LocalModel {
  readonly id: string;
  readonly federation: FederationId | null;
  readonly dataset: string;
  readonly name: string;
  readonly network: unknown;
  /** By which rows are prepared before it sees them (core/recipe/asked.ts); absent: by none. */
  readonly recipe?: unknown;
  readonly parameters: Float32Array<ArrayBuffer>;
  readonly trainedAt: number;
  /** The run that it came of; absent from what an earlier program kept. */
  readonly run?: {
    readonly id: string;
    readonly plan: TrainingPlan;
    readonly loss: number | null;
    readonly origin: RunOrigin | null;
  };
}

export interface ParticipantStore {
  /** Made at the first call, and the same from then on; two tabs that ask at once get the same. */
  identity(): Promise<Identity>;
  outbox: {
    put(entry: OutboxEntry): Promise<void>;
    list(federation: FederationId): Promise<readonly OutboxEntry[]>;
    remove(federation: FederationId, round: RoundNumber): Promise<void>;
  };
  checkpoints: {
    put(checkpoint: Checkpoint): Promise<void>;
    get(key: string): Promise<Checkpoint | undefined>;
    remove(key: string): Promise<void>;
  };
  receipts: {
    put(receipt: StoredReceipt): Promise<void>;
    list(federation?: FederationId): Promise<readonly StoredReceipt[]>;
    putRefusal(refusal: StoredRefusal): Promise<void>;
    refusals(federation?: FederationId): Promise<readonly StoredRefusal[]>;
  };
  /** Downloaded parameters by digest: a reload does not fetch them again. The store may drop old ones. */
  parameters: {
    put(digest: Digest, parameters: Float32Array<ArrayBuffer>): Promise<void>;
    get(digest: Digest): Promise<Float32Array<ArrayBuffer> | undefined>;
  };
  /**
   * What taking part leaves on this device between rounds, by `<kind>:<federation>`: what a codec could not send, a
   * strategy's control, parameters of one's own. Missing counts as zeros.
   */
  vectors: {
    put(key: string, values: Float32Array<ArrayBuffer>): Promise<void>;
    get(key: string): Promise<Float32Array<ArrayBuffer> | undefined>;
    remove(key: string): Promise<void>;
  };
  models: {
    put(model: LocalModel): Promise<void>;
    list(): Promise<readonly LocalModel[]>;
    remove(id: string): Promise<void>;
  };
  /** Small settings and totals (consents, lifetime byte counts, "wants to take part"). */
  settings: {
    get(key: string): Promise<unknown>;
    put(key: string, value: unknown): Promise<void>;
  };
  /** Deletes everything of this device. */
  forget(): Promise<void>;
}
