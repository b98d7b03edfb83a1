// Learning a round by the work of others, where a participant has no rows of its own: an edge (server/edge) lets the devices that
// are connected to it learn, and is one participant of the upper federation. Whoever takes part is told no more than this; keys, outbox,
// receipts and secure sums are those of every participant.
import type { DataContract } from '../core/data/contract.ts';
import { digestOfText } from '../core/digest.ts';
import type { FederationSpec } from '../core/federation.ts';
import type { Digest, FederationId, ParticipantId, RoundNumber, VersionNumber } from '../core/ids.ts';
import type { Tally } from '../core/metrics/tally.ts';
import { buildNetwork } from '../core/model/network.ts';
import type { TrainingPlan } from '../core/model/spec.ts';
import type { Configured } from '../protocol/messages.ts';
import { createEngine, type Engines } from './engine.ts';
import { JoinRefused, NOTHING_COMPUTED, type EquipmentSource, type NetworkEquipment } from './equipment.ts';
import { formUpdate } from './form-update.ts';
import type { GrantedDatasets } from './granted-rows.ts';
import type { OwnRows } from './own-rows.ts';
import { drawFromPlatform } from './protection.ts';
import { openScoreboard } from './scoreboard.ts';
import type { RoundOutcome } from './work-round.ts';

/** A version of the upper federation. */
export interface UpperVersion {
  readonly version: VersionNumber;
  readonly digest: Digest;
}

export interface LearningTask {
  readonly round: RoundNumber;
  readonly base: UpperVersion;
  /** What the round is trained by. */
  readonly plan: TrainingPlan;
  /** [P]: not to be written to. */
  readonly parameters: Float32Array<ArrayBuffer>;
  /** Until the round’s deadline. */
  readonly leftMs: number;
  /** Rows that the server was told of, beyond which an update is refused; null: how many they are rides in a secure sum. */
  readonly claimed: number | null;
  /** Of the rounds that are run for this one, 0–1. */
  onProgress(fraction: number): void;
}

export type Learned =
  | {
      readonly type: 'learned';
      /** [P]; owned by the caller. */
      readonly parameters: Float32Array<ArrayBuffer>;
      /** Rows that they were learned from: no more than were claimed. */
      readonly examples: number;
    }
  /** `reason`: in a sentence, for the upper server. */
  | { readonly type: 'nothing'; readonly reason: string };

export interface Learner {
  /** Why it takes no part in a federation of this spec, in a sentence; undefined: it does. */
  refusal(spec: FederationSpec): string | undefined;
  /** Rows of the devices that are here: what it claims to learn from at most. */
  readonly rows: number;
  /** Asked again with the same round and base after a restart, it goes on from what was learned before. Rejects when aborted. */
  learn(task: LearningTask, signal: AbortSignal): Promise<Learned>;
  /** What the devices say of a version, added up; undefined: none says anything. */
  tally(
    version: UpperVersion,
    parameters: Float32Array<ArrayBuffer>,
    signal: AbortSignal,
  ): Promise<Tally | undefined>;
}

/** Scores are kept for as long as rows are the same: these never change, since there are none. */
const NO_ROWS = digestOfText('the devices of an edge');

/** Rejects with JoinRefused. */
export async function equipLearner(
  learner: Learner,
  { store, federation, queue, engines }: EquipmentSource & { readonly engines: Engines },
  dataset: string,
  spec: FederationSpec,
): Promise<NetworkEquipment> {
  const refusal = learner.refusal(spec);
  if (refusal !== undefined) throw new JoinRefused('unsuited', refusal);
  if (!('network' in spec)) throw new Error('A learner said yes to a federation without a network.');
  const built = buildNetwork(spec.network);
  if (!built.ok) throw new Error(`The federation’s network cannot be built here. ${built.error.message}`);
  const rows = rowsOf(learner, spec.contract);
  return {
    rows,
    // Surveys of the rows, and their recipe, are its devices' own.
    asRead: rows,
    preparing: null,
    trainedOn: { dataset, withheld: [] },
    spec,
    isHeldOut: false,
    network: built.value,
    parameterCount: built.value.parameterCount,
    engine: createEngine(NOTHING_COMPUTED, engines.create, queue),
    scoreboard: await openScoreboard(store, federation, NO_ROWS),
    learner,
  };
}

/** No dataset is read for it, and none can be withheld. */
export const datasetsOf = (federation: FederationId, contract: DataContract): GrantedDatasets => ({
  record: async (id) => ({
    id,
    federation,
    name: id,
    contract,
    count: 0,
    classCounts: [],
    bytes: 0,
    version: NO_ROWS,
    importedAt: 0,
    source: id,
  }),
  read: async () => undefined,
  withheld: async () => [],
});

const rowsOf = (learner: Learner, contract: DataContract): OwnRows => {
  const none = {
    count: 0,
    features: new Float32Array(0),
    targets: new Int32Array(0),
    hashes: new Uint32Array(0),
  };
  return {
    version: NO_ROWS,
    contract,
    training: {
      ...none,
      get count() {
        return learner.rows;
      },
    },
    heldOut: none,
    unlabelled: 0,
    check: undefined,
  };
};

/** One round by others’ work. Rejects when aborted. */
export async function learnRound(
  message: Configured,
  learner: Learner,
  base: Float32Array<ArrayBuffer>,
  {
    participant,
    residual,
    ...task
  }: Pick<LearningTask, 'leftMs' | 'claimed' | 'onProgress'> & {
    readonly participant: ParticipantId;
    readonly residual: Float32Array<ArrayBuffer> | undefined;
  },
  signal: AbortSignal,
): Promise<RoundOutcome> {
  const learned = await learner.learn(
    { ...task, round: message.round, base: message.base, plan: message.plan, parameters: base },
    signal,
  );
  if (learned.type === 'nothing') return { type: 'failed', kind: 'unsuited', message: learned.reason };
  const formed = formUpdate({
    message,
    participant,
    base,
    after: learned.parameters,
    residual,
    own: [],
    controlChange: null,
    examples: learned.examples,
    // Of how many steps others made no single number tells; strategies that ask for it are refused beforehand.
    steps: 1,
    baseLoss: null,
    draw: drawFromPlatform,
  });
  return formed.ok
    ? { type: 'trained', formed: formed.value, own: new Float32Array(0) }
    : { type: 'failed', kind: 'diverged', message: formed.error };
}
