// Everything that taking part needs once joined: this device's rows, the federation's model, and for a network an engine that
// passed the test.
import type { SummedModel } from '../core/aggregation/summed-model.ts';
import { buildNetwork, initialParameters, type Network } from '../core/model/network.ts';
import type { TrainingPlan } from '../core/model/spec.ts';
import { digestOfText, participantIdOf } from '../core/digest.ts';
import type { FederationSpec } from '../core/federation.ts';
import { unpreparedSums } from '../core/recipe/unprepared-sums.ts';
import type { Digest, FederationId } from '../core/ids.ts';
import { neverTrains } from '../core/round/held-out-devices.ts';
import type { ParticipantStore, TrainedOn } from '../ports/participant-store.ts';
import { TrainerFailure, type BackendName } from '../ports/trainer.ts';
import { createEngine, type createQueue, type Engine, type Engines } from './engine.ts';
import type { Learner } from './learner.ts';
import type { BackendChoice } from './participation.ts';
import type { GrantedDatasets } from './granted-rows.ts';
import type { Preparing } from './prepared-rows.ts';
import { noTrainingRows, preparedOwnRows, readOwnRows, sameContract, type OwnRows } from './own-rows.ts';
import { openScoreboard, type Scoreboard } from './scoreboard.ts';

interface Equipped {
  /** As the model takes them: what is trained on, and judged by. */
  readonly rows: OwnRows;
  /** As they were read against the contract: what a survey asks about. */
  readonly asRead: OwnRows;
  /** Any rows of the contract as the model takes them; null: as they are. */
  readonly preparing: Preparing | null;
  readonly trainedOn: TrainedOn;
  readonly spec: FederationSpec;
  /** It judges versions, and trains in no round. */
  readonly isHeldOut: boolean;
  /** P */
  readonly parameterCount: number;
  /** Where rows are only added up nothing is asked of it but its turn. */
  readonly engine: Engine;
  readonly scoreboard: Scoreboard;
}
/** For training a network. */
export interface NetworkEquipment extends Equipped {
  readonly network: Network;
  /** What rounds are learned by in place of rows of its own; absent: it trains. */
  readonly learner?: Learner;
}
/** For adding up rows. */
export interface SummingEquipment extends Equipped {
  readonly sums: SummedModel;
}
export type Equipment = NetworkEquipment | SummingEquipment;

/** Version 0 of a run with this plan, [P], where its coordinator imported none. Owns its buffer. */
export const firstOf = (equipment: Equipment, { seed }: TrainingPlan): Float32Array<ArrayBuffer> =>
  'sums' in equipment ? equipment.sums.initial() : initialParameters(equipment.network, seed);

/** Joining was refused: `message` is for the person. */
export class JoinRefused extends Error {
  override readonly name = 'JoinRefused';
  constructor(
    readonly kind:
      | 'unknown-dataset'
      | 'withheld'
      | 'wrong-contract'
      | 'wrong-recipe'
      | 'no-training-rows'
      | 'unsuited'
      | 'unknown-federation'
      | 'no-engine',
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

export interface EquipmentSource {
  readonly federation: FederationId;
  readonly datasets: GrantedDatasets;
  readonly store: ParticipantStore;
  readonly engines: Engines;
  readonly queue: ReturnType<typeof createQueue>;
}

/** Others compute. */
export const NOTHING_COMPUTED: BackendChoice = {
  backend: 'cpu',
  description: 'its devices',
  reason: 'nothing is trained here: what its devices learned together is sent',
  reports: [],
};

/** Whole numbers are added up alike everywhere, so there is nothing to measure. */
const ADDING_UP: BackendChoice = {
  backend: 'cpu',
  description: 'plain sums',
  reason: 'rows are added up in whole numbers, which are the same on every engine',
  reports: [],
};

/** Rejects with JoinRefused. The caller disposes of the engine. */
export async function equip(
  source: EquipmentSource,
  chosen: { readonly dataset: string; readonly backend: BackendName | null },
  spec: FederationSpec,
): Promise<Equipment> {
  const { dataset } = chosen;
  // Asked for before the rows: what is withheld between is in neither.
  const trainedOn = { dataset, withheld: await source.datasets.withheld(dataset) };
  const participant = participantIdOf((await source.store.identity()).publicKey);
  const isHeldOut = neverTrains(source.federation, spec.rules)(participant);
  const asRead = await readOwnRows(source.datasets, dataset, isHeldOut);
  if (asRead === undefined)
    throw new JoinRefused(
      'unknown-dataset',
      'The data chosen for this federation is no longer in this browser. Choose data again.',
    );
  if (!sameContract(asRead.contract, spec.contract))
    throw new JoinRefused(
      'wrong-contract',
      'This data was read for another data contract than the federation has now. Choose data again.',
    );
  if (asRead.training.count === 0) throw new JoinRefused('no-training-rows', noTrainingRows(asRead));
  const { rows, preparing } = await preparedRows(asRead, spec);
  const scoreboard = await openScoreboard(source.store, source.federation, rowsDigest(rows, spec));
  const equipped = { rows, asRead, preparing, trainedOn, spec, isHeldOut, scoreboard };
  if (!('network' in spec)) {
    const { summedModel } = await import('../core/summed-models.ts');
    const sums = summedModel(spec);
    if (!sums.ok) throw new Error(`The federation’s model cannot be built here. ${sums.error.message}`);
    const { parameterCount } = sums.value;
    const engine = createEngine(ADDING_UP, source.engines.create, source.queue);
    return { ...equipped, sums: sums.value, parameterCount, engine };
  }
  const built = buildNetwork(spec.network);
  // The server builds it before it offers it: this is another version of the app.
  if (!built.ok) throw new Error(`The federation’s network cannot be built here. ${built.error.message}`);
  try {
    const choice = await source.engines.choose(built.value, spec.plan.batchSize, chosen.backend);
    const engine = createEngine(choice, source.engines.create, source.queue);
    const { parameterCount } = built.value;
    return { ...equipped, network: built.value, parameterCount, engine };
  } catch (cause) {
    if (!(cause instanceof TrainerFailure)) throw cause;
    throw new JoinRefused(
      'no-engine',
      `No way of computing on this device passed the test on this model. ${cause.message}`,
      { cause },
    );
  }
}

/** Rejects with JoinRefused where the federation's recipe is not one to go by. */
async function preparedRows(
  asRead: OwnRows,
  spec: FederationSpec,
): Promise<Pick<Equipped, 'rows' | 'preparing'>> {
  if (spec.recipe !== undefined && !('network' in spec))
    throw new JoinRefused('wrong-recipe', unpreparedSums('Models of this kind'));
  const prepared = await preparedOwnRows(asRead, spec);
  if (!prepared.ok) throw new JoinRefused('wrong-recipe', prepared.error);
  return prepared.value;
}

/** What scores are of: other rows, or the same prepared in another way, have others. */
const rowsDigest = ({ version }: OwnRows, { recipe }: FederationSpec): Digest =>
  recipe === undefined ? version : digestOfText(`${version} ${recipe.digest}`);
