// Where the simulated devices' work is done: one engine, all rows, and one piece of work after the other. Training is the
// participant's own code (participant/work-round.ts); a hostile device's rows and deltas are changed around it. A workbench is in
// this process or on a thread of its own (worker-pool.ts): what it makes of a job depends on the job alone.
import { createSystemClock } from '#lib/adapters/system-clock.ts';
import { attackNamed } from '#lib/core/attacks/index.ts';
import { withTrigger } from '#lib/core/attacks/replacement.ts';
import type { Attack } from '#lib/core/attacks/attack.ts';
import { classLabels, exampleShape, type DataContract } from '#lib/core/data/contract.ts';
import { selectExamples, type Examples } from '#lib/core/data/examples.ts';
import { digestOfText } from '#lib/core/digest.ts';
import { federatedModel, type FederatedModel } from '#lib/core/federated-model.ts';
import type { FederationSpec } from '#lib/core/federation.ts';
import { modelContract } from '#lib/core/recipe/model-contract.ts';
import type { ParticipantId } from '#lib/core/ids.ts';
import type { Tally } from '#lib/core/metrics/tally.ts';
import type { Network } from '#lib/core/model/network.ts';
import { hasOwnPart, ownPart } from '#lib/core/model/own-part.ts';
import { withValues } from '#lib/core/model/ranges.ts';
import { random } from '#lib/core/random.ts';
import type { JudgedInVain } from '#lib/core/search/judged.ts';
import { seededBytes } from './seeded-bytes.ts';
import { createEngine, createQueue, type Engine } from '#lib/participant/engine.ts';
import { trialOf } from '#lib/participant/judging.ts';
import { ownPlan, tallyOf, trainOwn } from '#lib/participant/own-model.ts';
import { judgeAsNew, type JudgedAsNew } from '#lib/participant/new-device.ts';
import {
  startState,
  trainLocally,
  type TrainingOutcome,
  type TrainingSurroundings,
} from '#lib/participant/train-locally.ts';
import { createTrainingControl, type TrainingControl } from '#lib/participant/training-control.ts';
import { readOneByOne } from '#lib/participant/form-update.ts';
import { askedOnEngine } from '#lib/participant/workbench/ask-network.ts';
import { roundTraining, sumRound, workRound } from '#lib/participant/work-round.ts';
import type { OutboxEntry } from '#lib/ports/participant-store.ts';
import type { BackendName } from '#lib/ports/trainer.ts';
import type { Configured } from '#lib/protocol/messages.ts';
import { nodeEngines } from '../participants/node-engines.ts';
import { craftedUpdate, decodedUpdate, unprotected, type HostileRound } from './crafted-update.ts';
import { simulated as federation } from './devices.ts';
import type { SimulationSetup } from './setup.ts';

/** The same for all workbenches of a simulation; rows may lie in shared memory. */
export interface WorkbenchSetup {
  readonly spec: FederationSpec;
  readonly backend: BackendName;
  readonly training: Examples;
  readonly test: Examples;
  readonly attack: SimulationSetup['attack'];
  readonly seed: number;
}

/** What a device keeps from one of its rounds to the next: [P] each; undefined counts as zeros. */
export interface DeviceMemory {
  /** What its codec could not send. */
  readonly residual?: Float32Array<ArrayBuffer> | undefined;
  /** c_k of SCAFFOLD. */
  readonly control?: Float32Array<ArrayBuffer> | undefined;
  /** The values of its own part, as core/model/ranges.ts packs them; of Ditto its own model. undefined: those of the version. */
  readonly own?: Float32Array<ArrayBuffer> | undefined;
}

export interface TrainingJob {
  readonly type: 'train';
  readonly message: Configured;
  readonly participant: ParticipantId;
  /** Of the device, from 0. */
  readonly index: number;
  /** Its rows, as numbers into all training rows. */
  readonly rows: Uint32Array;
  /** [P], may lie in shared memory. */
  readonly base: Float32Array;
  /** [P]: c of SCAFFOLD, likewise; null: the strategy asks for none. */
  readonly serverControl: Float32Array | null;
  readonly memory: DeviceMemory;
  /** Null: an honest device. */
  readonly hostile: HostileRound | null;
}

export interface ScoringJob {
  readonly type: 'score';
  readonly parameters: Float32Array;
  /** Test rows [from, to). */
  readonly from: number;
  readonly to: number;
  /** The rows with the trigger of the attack, which is model replacement. */
  readonly triggered: boolean;
}

/** What a model says of the test rows: these parameters, or what training on some rows makes of them that no round has a part in. */
export interface ReferenceJob {
  readonly type: 'reference';
  /** [P], may lie in shared memory. */
  readonly parameters: Float32Array;
  readonly training: {
    /** As numbers into all training rows. */
    readonly rows: Uint32Array;
    /** Passes over them. */
    readonly epochs: number;
  } | null;
  readonly testRows: number;
}

/** What a device that never trains makes of a version for itself (participant/new-device.ts). */
export interface NewDeviceJob {
  readonly type: 'as-new';
  /** Of the version. */
  readonly number: number;
  /** [P], may lie in shared memory. */
  readonly parameters: Float32Array;
  /** Rows by which it judges, among the test rows: [from, to). */
  readonly from: number;
  readonly to: number;
}

/** What the model of its own says on a device that has trained, and what the version does, by the same rows. */
export interface OwnModelJob extends Omit<NewDeviceJob, 'type'> {
  readonly type: 'as-own';
  /** To learn from, as numbers into all training rows. */
  readonly training: Uint32Array;
  readonly memory: DeviceMemory;
}

export type Job = TrainingJob | ScoringJob | ReferenceJob | NewDeviceJob | OwnModelJob;

export type TrainingResult =
  | {
      readonly type: 'trained';
      readonly entry: OutboxEntry;
      readonly residual: Float32Array<ArrayBuffer> | undefined;
      /** c_k once a version holds this update. */
      readonly control: Float32Array<ArrayBuffer> | undefined;
      /** Its own part, or its own model, as trained; undefined: there is none. */
      readonly own?: Float32Array<ArrayBuffer> | undefined;
    }
  /** The sentence that the device would show and withdraw with. */
  | { readonly type: 'failed'; readonly message: string; readonly inVain?: JudgedInVain | null | undefined };

export type ReferenceResult =
  /** [testRows, outputs] */
  | { readonly type: 'said'; readonly outputs: Float64Array<ArrayBuffer> }
  /** Training came to nothing, or was cut short: the sentence of it. */
  | {
      readonly type: 'unsaid';
      readonly kind: Extract<TrainingOutcome, { type: 'failed' }>['kind'] | 'stopped';
      readonly message: string;
    };

/** `engineMs`: time spent in training or scoring. */
export type JobResult = (
  | TrainingResult
  | ReferenceResult
  | { readonly type: 'scored'; readonly tally: Tally }
  /** Null: its rows are too few to be parted. */
  | { readonly type: 'judged'; readonly judged: JudgedAsNew | null }
) & {
  readonly engineMs: number;
};

export interface Workbench {
  /** Pieces of work are done in the order in which they are asked for. */
  work(job: Job): Promise<JobResult>;
  /** What a reference trains ends at its next step; what waits rejects. */
  close(): void;
}

export function openWorkbench(setup: WorkbenchSetup): Workbench {
  const built = federatedModel(setup.spec);
  if (!built.ok) throw new Error(built.error.message);
  const clock = createSystemClock();
  const { backend } = setup;
  const engine = createEngine(
    { backend, description: backend, reason: 'chosen for the simulation', reports: [] },
    nodeEngines().create,
  );
  const inTurn = createQueue();
  const control = createTrainingControl();
  const bench: Bench = { setup, model: built.value, engine, clock, control };
  return {
    work: (job) =>
      inTurn(async () => {
        if (control.state === 'stopped') throw new Error('The workbench is closed.');
        const begun = performance.now();
        const result = await worked(bench, job);
        return { ...result, engineMs: performance.now() - begun };
      }),
    close() {
      control.stop();
      engine.dispose();
      clock.close();
    },
  };
}

interface Bench {
  readonly setup: WorkbenchSetup;
  readonly model: FederatedModel;
  readonly engine: Engine;
  readonly clock: ReturnType<typeof createSystemClock>;
  /** Of what references train: no round would wait for it. */
  readonly control: TrainingControl;
}

async function worked(bench: Bench, job: Job) {
  switch (job.type) {
    case 'train':
      return train(bench, job);
    case 'score':
      return score(bench, job);
    case 'reference':
      return askReference(bench, job);
    case 'as-new':
      return judgeNewDevice(bench, job);
    case 'as-own':
      return judgeOwnModel(bench, job);
    default:
      return job satisfies never;
  }
}

/** Checkpoints are not kept, so what they would be compared by is the same for all. */
const UNVERSIONED = digestOfText('simulated rows');

async function train({ setup, model, engine, clock }: Bench, job: TrainingJob): Promise<TrainingResult> {
  const { metric } = setup.spec;
  const contract = modelContract(setup.spec);
  const attack = job.hostile === null || setup.attack === null ? undefined : attackNamed(setup.attack.name);
  const honest = selectExamples(setup.training, job.rows);
  const rows = attack === undefined ? honest : poisoned(attack, honest, contract, setup, job.index);
  if (model.type === 'sums') {
    const summed = sumRound(job.message, job.participant, model.sums, job.base, rows);
    if (summed.type === 'failed') return { type: 'failed', message: summed.message };
    return {
      type: 'trained',
      entry: readOneByOne(summed.formed).entry,
      residual: undefined,
      control: undefined,
    };
  }
  const { network } = model;
  const changesDelta = attack?.acts === 'on-own-delta' || attack?.acts === 'on-rows-and-own-delta';
  // A delta that is to be changed is taken exactly, and encoded as asked afterwards.
  const message = changesDelta ? { ...unprotected(job.message), uplink: 'f32' } : job.message;
  const own = ownPart(network, setup.spec.personalisation);
  const base = withValues(job.base, own, job.memory.own);
  const control =
    job.serverControl === null
      ? undefined
      : { server: job.serverControl, own: job.memory.control ?? new Float32Array(network.parameterCount) };
  const trial = message.asks.includes('judged') ? trialOf(rows, engine, network, message.plan) : undefined;
  const training = roundTraining(message, {
    network,
    rows: { version: UNVERSIONED, training: trial?.rows.training ?? rows },
    base,
    own,
    metric: metric.name,
    checkpoint: undefined,
    control,
  });
  const { participant } = job;
  const residual = changesDelta ? undefined : job.memory.residual;
  const outcome = await workRound(
    message,
    training,
    {
      participant,
      residual,
      own,
      control,
      draw: seededBytes(setup.seed, 'noise', message.round, job.index),
      trial,
    },
    unwatched({ engine, clock }),
  );
  if (outcome.type === 'stopped') throw new Error(UNSTOPPED);
  if (outcome.type === 'failed') return { type: 'failed', message: outcome.message, inVain: outcome.inVain };
  const { entry, controlChange } = readOneByOne(outcome.formed);
  const kept =
    own.length === 0 ? await trainedBeside({ engine, clock }, network, setup.spec, job, rows) : outcome.own;
  if (!changesDelta || job.hostile === null || setup.attack === null)
    return {
      type: 'trained',
      entry,
      residual: outcome.formed.residual ?? undefined,
      control:
        control === undefined || controlChange === null
          ? undefined
          : Float32Array.from(control.own, (own, i) => own + controlChange[i]!),
      own: kept,
    };
  const delta = attack.craft(decodedUpdate(entry, participant, entry.bytes.length / 4), {
    ...job.hostile,
    options: setup.attack.options,
    draw: random(setup.seed, 'attack', job.message.round, job.index),
  });
  return craftedUpdate(job.message, participant, delta, entry.offer);
}

/** Ditto’s own model after the round; undefined: it stays as it was, or there is none. */
async function trainedBeside(
  { engine, clock }: Pick<Bench, 'engine' | 'clock'>,
  network: Network,
  spec: FederationSpec,
  { message, base, memory, hostile }: TrainingJob,
  training: Examples,
): Promise<Float32Array<ArrayBuffer> | undefined> {
  if (spec.personalisation.type !== 'ditto' || hostile !== null) return undefined;
  const shared = new Float32Array(base);
  const made = await trainOwn(
    { engine, network, spec, rows: { training, heldOut: training } },
    ownPlan(message.plan, spec.personalisation, message.round),
    { base: shared, start: memory.own ?? shared },
    { federation, clock, onEvent: () => {} },
    new AbortController().signal,
  );
  return made.type === 'finished' ? made.parameters : undefined;
}

const UNSTOPPED = 'Nobody stops a simulated device.';

const unwatched = ({ engine, clock }: Pick<Bench, 'engine' | 'clock'>): TrainingSurroundings => ({
  engine,
  clock,
  control: createTrainingControl(),
  saveCheckpoint: async () => {},
  onProgress: () => {},
  onNotice: () => {},
});

async function askReference(
  { setup, model, engine, clock, control }: Bench,
  { parameters, training, testRows }: ReferenceJob,
): Promise<ReferenceResult> {
  const { spec, test } = setup;
  if (model.type === 'sums' || !('network' in spec)) throw new Error('Sums were refused before.');
  const { network } = model;
  let asked = new Float32Array(parameters);
  if (training !== null) {
    const outcome = await trainLocally(
      {
        key: 'reference',
        settings: UNVERSIONED,
        network,
        // There is no base to stay near: nobody else trains.
        plan: { ...spec.plan, localEpochs: training.epochs, proximalTerm: 0 },
        training: selectExamples(setup.training, training.rows),
        heldOut: null,
        metric: spec.metric.name,
        base: asked,
        checkpoint: undefined,
      },
      { ...unwatched({ engine, clock }), control },
    );
    if (outcome.type === 'stopped') return { type: 'unsaid', kind: 'stopped', message: 'It was stopped.' };
    if (outcome.type === 'failed') return { type: 'unsaid', kind: outcome.kind, message: outcome.message };
    asked = outcome.parameters;
  }
  const trained = { network, plan: spec.plan, parameters: asked };
  // Behind them lie rows of devices.
  const features = test.features.subarray(0, (test.features.length / test.count) * testRows);
  return { type: 'said', outputs: await askedOnEngine(engine, trained, features, testRows, undefined) };
}

/** A hostile device's rows are the same in every round. */
function poisoned(
  attack: Attack,
  rows: Examples,
  contract: DataContract,
  { attack: chosen, seed }: WorkbenchSetup,
  index: number,
): Examples {
  if (!('poison' in attack) || chosen === null) return rows;
  const made = attack.poison(rows, {
    options: chosen.options,
    exampleShape: exampleShape(contract),
    classes: classLabels(contract)?.length,
    draw: random(seed, 'poison', index),
  });
  // What does not fit the data was refused before anything began.
  if (!made.ok) throw new Error(made.error.message);
  return made.value;
}

/** Its rows are parted by their hashes, mixed: as they are, they may have told which rows are nobody's, and none would judge. */
async function judgeNewDevice(
  { setup, model, engine, clock }: Bench,
  { number, parameters, from, to }: NewDeviceJob,
): Promise<{ readonly type: 'judged'; readonly judged: JudgedAsNew | null }> {
  const { spec, test } = setup;
  if (model.type === 'sums') throw new Error('Models of one’s own were refused before.');
  const all = selectExamples(
    test,
    Uint32Array.from({ length: to - from }, (_, row) => from + row),
  );
  // As participant/judging.ts mixes them.
  const mixed = { ...all, hashes: all.hashes.map((hash) => Math.imul(hash, 0x9e3779b1)) };
  const judged = await judgeAsNew(
    { engine, network: model.network, spec },
    mixed,
    spec,
    { number, parameters: new Float32Array(parameters) },
    { federation, clock, onEvent: () => {} },
    new AbortController().signal,
  );
  return { type: 'judged', judged: judged ?? null };
}

/** Null: it has no model of its own by now, or training came to nothing. */
async function judgeOwnModel(
  { setup, model, engine, clock }: Bench,
  { number, parameters, from, to, training, memory }: OwnModelJob,
): Promise<{ readonly type: 'judged'; readonly judged: JudgedAsNew | null }> {
  const { spec, test } = setup;
  if (model.type === 'sums') throw new Error('Models of one’s own were refused before.');
  const { network } = model;
  const rows = {
    training: selectExamples(setup.training, training),
    heldOut: selectExamples(
      test,
      Uint32Array.from({ length: to - from }, (_, row) => from + row),
    ),
  };
  const device = { engine, network, spec, rows };
  const { signal } = new AbortController();
  const version = new Float32Array(parameters);
  let own = memory.own;
  if (hasOwnPart(spec.personalisation))
    own = own && withValues(version, ownPart(network, spec.personalisation), own);
  else if (spec.personalisation.type === 'finetune') {
    const plan = ownPlan(spec.plan, spec.personalisation, number);
    const around = { federation, clock, onEvent: () => {} };
    const tuned = await trainOwn(device, plan, { base: version }, around, signal);
    own = tuned.type === 'finished' ? tuned.parameters : undefined;
  }
  if (own === undefined) return { type: 'judged', judged: null };
  const tally = await tallyOf(device, version, signal);
  return { type: 'judged', judged: { tally, personal: await tallyOf(device, own, signal) } };
}

async function score(
  { setup, model, engine }: Bench,
  { parameters, from, to, triggered }: ScoringJob,
): Promise<{ readonly type: 'scored'; readonly tally: Tally }> {
  const size = setup.test.features.length / setup.test.count;
  const rows = {
    count: to - from,
    features: setup.test.features.subarray(from * size, to * size),
    targets: setup.test.targets.subarray(from, to),
  };
  if (model.type === 'sums') {
    const scored = model.sums.evaluate(parameters, rows);
    if (!scored.ok) throw new Error(scored.error.message);
    return { type: 'scored', tally: scored.value };
  }
  const trainer = await engine.trainer();
  const session = await trainer.open(model.network, setup.spec.plan);
  try {
    await session.setState(startState(new Float32Array(parameters)));
    const tally = await session.evaluate(triggered ? marked(rows, setup) : rows);
    return { type: 'scored', tally };
  } finally {
    session.close();
  }
}

function marked(
  rows: Omit<Examples, 'hashes'>,
  { attack, spec, seed }: WorkbenchSetup,
): Omit<Examples, 'hashes'> {
  const made = withTrigger(
    { ...rows, hashes: new Uint32Array(2 * rows.count) },
    {
      options: attack?.options ?? {},
      exampleShape: exampleShape(modelContract(spec)),
      classes: classLabels(spec.contract)?.length,
      draw: random(seed, 'trigger'),
    },
  );
  // A trigger that does not fit the data was refused before anything began.
  if (!made.ok) throw new Error(made.error.message);
  return made.value;
}
