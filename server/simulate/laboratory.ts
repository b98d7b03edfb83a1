// A federation in one process: the server's own coordinator on stores in memory and a clock that goes from event to event, and
// simulated devices that check in, train on the pool, and offer and deliver as devices do. Everything that chance decides comes
// from the seed; how many threads train, and how fast, changes nothing of what is made.
import * as v from 'valibot';
import { backdoorSuccess, replacement } from '#lib/core/attacks/replacement.ts';
import { federatedModel, firstParameters, tallyShapeOf } from '#lib/core/federated-model.ts';
import type { FederationSpec } from '#lib/core/federation.ts';
import { bytesOf, digestOf, participantIdOf } from '#lib/core/digest.ts';
import type { Digest, ParticipantId, VersionNumber } from '#lib/core/ids.ts';
import type { Tally } from '#lib/core/metrics/tally.ts';
import { emptyTally } from '#lib/core/metrics/tally-sums.ts';
import {
  acceptedReports,
  cohortOf,
  isAsynchronous,
  stageOf,
  type EndedRound,
  type MemberStage,
} from '#lib/core/round/round-state.ts';
import { neverTrains } from '#lib/core/round/held-out-devices.ts';
import type { JudgedAsNew } from '#lib/participant/new-device.ts';
import { Committed, Configured, Abandoned } from '#lib/protocol/messages.ts';
import { memoryServerKey } from '../adapters/ed25519.ts';
import { memoryBlobs } from '../adapters/memory-blobs.ts';
import type { Connection } from '../coordinator/connection.ts';
import { openCoordinator, type Coordinator } from '../coordinator/coordinator.ts';
import type { ClientMessage } from '../coordinator/messages.ts';
import { readParameters } from '../coordinator/stored-updates.ts';
import type { Blobs } from '../ports/blobs.ts';
import { silentLog } from '../ports/log.ts';
import type { Checkpoint } from './checkpoint.ts';
import { Cohort } from './cohort.ts';
import { factsOf, simulated as federation, type SimulatedDevice } from './devices.ts';
import type { Figures, ResultLine, RoundLine } from './lines.ts';
import { recordedRound, type RecordedRound } from './manifest.ts';
import { Presence } from './presence.ts';
import { roundRecords, type KeptRecords, type RoundRecords } from './round-records.ts';
import { figuresOf, scoreOnPool, summed, tookPartFigures, type RowRange } from './scoring.ts';
import { UnusableSetup, type SimulationSetup } from './setup.ts';
import { UnderWay } from './under-way.ts';
import { virtualClock, type VirtualClock } from './virtual-clock.ts';
import type { NewDeviceJob, OwnModelJob } from './workbench.ts';
import { copied, type WorkerPool } from './worker-pool.ts';

/** A run of which so many rounds in a row make no version ends: it would go on like that for ever. */
const MOST_ABANDONED = 10;

/** Answers to a check-in that are no fault of the laboratory. */
const EXPECTED: readonly string[] = ['finished', 'not-eligible'];

export interface LaboratoryParts {
  readonly setup: SimulationSetup;
  readonly spec: FederationSpec;
  readonly devices: readonly SimulatedDevice[];
  /** Behind them lie those of the devices that never train. */
  readonly testRows: number;
  readonly pool: WorkerPool;
  /** Where an earlier process stood. */
  readonly from: Checkpoint | undefined;
  onRound(line: RoundLine, made: RecordedRound): void;
  /** A version is made and scored, and nothing is under way: what `checkpoint` gives now can be gone on with. */
  onBoundary(checkpoint: () => Checkpoint, isLast: boolean): Promise<void>;
}

export class Laboratory {
  readonly #records: RoundRecords;
  readonly #blobs: Blobs;
  readonly #clock: VirtualClock;
  readonly #presence: Presence;
  readonly #cohort: Cohort;
  /** P */
  readonly #parameterCount: number;
  readonly #connections = new Map<number, Connection>();
  readonly #byParticipant = new Map<string, SimulatedDevice>();
  readonly #underWay = new UnderWay();
  #coordinator!: Coordinator;
  #abandonedInARow = 0;
  #scoringMs = 0;
  #bytesDownTold: number;
  #deviceMsTold: number;
  /** Of the version that was scored last: under privacy the server is told of none. */
  #lastFigures: Figures = {};
  /** Likewise: of models of their own the server hears from devices that never train alone. */
  #lastTookPart: Partial<JudgedAsNew> | undefined;
  /** By device, among the rows that judge. */
  readonly #judging = new Map<number, RowRange>();
  #isStopped = false;
  #invitation: string | undefined;
  /** The end of a round is told to all devices in one go, and heard once. */
  #isEnding = false;
  readonly #held: Map<Digest, Uint8Array>;
  /** Tells what versions do on the test rows, which are nobody's, and takes part in no round. */
  readonly #judge: Connection;

  constructor(private readonly parts: LaboratoryParts) {
    const { setup, spec, devices, from } = parts;
    const built = federatedModel(spec);
    if (!built.ok) throw new Error(built.error.message);
    this.#parameterCount = built.value.parameterCount;
    this.#records = roundRecords(from?.records);
    this.#held = new Map(from?.blobs);
    this.#blobs = memoryBlobs(this.#held);
    this.#clock = virtualClock(setup.seed, from?.elapsedMs);
    this.#cohort = new Cohort({
      setup,
      spec,
      parameterCount: this.#parameterCount,
      initial: digestOf(bytesOf(firstParameters(built.value, spec))),
      pool: parts.pool,
      clock: this.#clock,
      blobs: this.#blobs,
      coordinator: () => this.#coordinator,
      leave: (device, ms) => this.#presence.leave(device, ms),
      tell: (device, message) => this.#tell(device, message),
      do: (work) => this.#underWay.do(work),
    });
    for (const { index, memory } of from?.memories ?? [])
      this.#cohort.memories.set(index, { ...this.#cohort.memories.get(index), ...memory });
    for (const { index, versions } of from?.held ?? []) this.#cohort.held.set(index, versions);
    this.#cohort.bytesDown = this.#bytesDownTold = from?.bytesDown ?? 0;
    this.#cohort.deviceMs = this.#deviceMsTold = from?.deviceMs ?? 0;
    let judging = parts.testRows;
    for (const device of devices) {
      this.#byParticipant.set(device.participant, device);
      this.#judging.set(device.index, { from: judging, to: (judging += device.judging.length) });
    }
    this.#judge = {
      id: 'laboratory',
      participant: judgeId(spec),
      name: null,
      kind: 'headless',
      send: () => {},
    };
    this.#presence = new Presence(
      devices,
      setup.availability === 'day-night',
      this.#clock,
      (device) => this.#checkIn(device),
      (device) => this.#disconnect(device),
    );
  }

  /** Where the run stands once it has ended, or was stopped between two rounds. Rejects with UnusableSetup. */
  async run(): Promise<ResultLine | undefined> {
    await this.#begin();
    while (!this.#isStopped) {
      await this.#underWay.quiet(this.#coordinator);
      if (this.#view.state === 'finished') return this.#result();
      if (this.#isStopped) break;
      if (!this.#clock.step()) throw new Error('Nothing is left to happen, and the run has not ended.');
    }
    return undefined;
  }

  /** Milliseconds of all jobs, over all threads. */
  get engineMs(): number {
    return this.#cohort.engineMs + this.#scoringMs;
  }

  /** [P]: of the last version. */
  lastParameters(): Promise<Float32Array> {
    return readParameters(this.#blobs, this.#view.head.digest, this.#parameterCount);
  }

  /** It ends at the next boundary. */
  stop(): void {
    this.#isStopped = true;
  }

  get #view() {
    const view = this.#coordinator.view(federation);
    if (view === undefined) throw new Error('The simulated federation is gone.');
    return view;
  }

  async #begin(): Promise<void> {
    const { spec, from } = this.parts;
    this.#coordinator = await openCoordinator({
      records: this.#records,
      blobs: this.#blobs,
      clock: this.#clock,
      log: silentLog,
      noise: this.#clock.bytes,
      key: memoryServerKey(),
      fatal: (error) => this.#underWay.fail(error),
    });
    if (from === undefined) {
      const created = await this.#coordinator.create(federation, spec);
      if (!created.ok) throw new UnusableSetup(created.error.message);
      await this.#inviteAll();
      this.#presence.begin(undefined);
      await this.#underWay.quiet(this.#coordinator);
      for (const device of this.parts.devices.filter((one) => one.isRoot)) await this.#trust(device);
      await this.#act('start');
      return;
    }
    if (this.#view.state === 'finished') return;
    // No round opens before everybody who was there is there again.
    await this.#act('pause');
    await this.#inviteAll();
    this.#presence.begin(from.presence);
    await this.#underWay.quiet(this.#coordinator);
    this.#clock.drawFor(this.#view.roundsCommitted);
    await this.#act('resume');
  }

  /** A cohort is drawn from those who were let in: here that is everybody. */
  async #inviteAll(): Promise<void> {
    const { devices, spec } = this.parts;
    if (spec.access.type === 'open') return;
    const wanted = { note: '', devices: devices.length, expiresInMs: null };
    this.#invitation = (await this.#coordinator.invite(federation, wanted))?.code;
  }

  async #act(action: 'start' | 'pause' | 'resume'): Promise<void> {
    const done = await this.#coordinator.act(federation, action);
    if (done?.ok !== true) throw new Error(`The simulated run could not ${action}.`);
  }

  async #trust({ participant }: SimulatedDevice): Promise<void> {
    const done = await this.#coordinator.trust(federation, participant, true);
    if (done?.ok !== true) throw new Error('The root of the simulation is not trusted.');
  }

  #checkIn(device: SimulatedDevice): void {
    const { index, participant } = device;
    const connection: Connection = {
      id: `device-${index}`,
      participant,
      name: null,
      kind: 'headless',
      send: (name, message) => {
        if (name === 'configured') this.#cohort.configured(device, v.parse(Configured, message));
        // All devices are told; the first to hear of it speaks for the laboratory.
        else if (name === 'committed' && !this.#isEnding) this.#committed(v.parse(Committed, message));
        else if (name === 'abandoned' && !this.#isEnding) this.#abandoned(v.parse(Abandoned, message));
      },
    };
    this.#connections.set(index, connection);
    const { examples, examplesPerSecond } = factsOf(device, this.parts.spec);
    this.#tell(device, {
      name: 'check-in',
      message: {
        federation,
        examples,
        backend: 'none',
        ...(examplesPerSecond === undefined ? {} : { examplesPerSecond }),
        ...(this.#invitation === undefined ? {} : { invitation: this.#invitation }),
      },
    });
  }

  #disconnect(device: SimulatedDevice): void {
    const connection = this.#connections.get(device.index);
    this.#connections.delete(device.index);
    this.#cohort.gone(device);
    if (connection !== undefined) this.#coordinator.disconnected(connection);
  }

  #tell(device: SimulatedDevice, message: ClientMessage): void {
    const connection = this.#connections.get(device.index);
    if (connection === undefined) return;
    this.#underWay.do(async () => {
      const answer = await this.#coordinator.receive(connection, message);
      // What comes after the round has ended is refused, as it would be from afar; a device that is left out stays away.
      if (!answer.ok && message.name === 'check-in' && !EXPECTED.includes(answer.error))
        throw new Error(answer.message);
    });
  }

  #committed(message: Committed): void {
    this.#roundEnded();
    this.#abandonedInARow = 0;
    this.#underWay.do(async () => {
      await this.#coordinator.idle();
      this.#isEnding = false;
      const { head, roundsCommitted, state } = this.#view;
      const ended = this.#ended;
      const isDue = roundsCommitted % this.parts.setup.evaluateEvery === 0 || state === 'finished';
      const tally = isDue ? await this.#score(message.digest) : undefined;
      const unseen = isDue ? await this.#scoreUnseen(message) : {};
      const tookPart = isDue ? await this.#scoreTookPart(message) : {};
      if (isDue) this.#lastTookPart = tookPart;
      const backdoor = isDue ? await this.#backdoor(message.digest) : undefined;
      this.#forget();
      const reporters = acceptedReports(ended).flatMap(
        ({ participant }) => this.#byParticipant.get(participant) ?? [],
      );
      this.#cohort.counted(reporters);
      this.parts.onRound(
        {
          ...this.#outline(ended),
          version: head.version,
          metrics: tally === undefined ? null : figuresOf(tally),
          ...(unseen.tally === undefined ? {} : { neverTrained: figuresOf(unseen.tally) }),
          ...(unseen.personal == null ? {} : { ownOfNeverTrained: figuresOf(unseen.personal) }),
          ...tookPartFigures(tookPart),
          ...(backdoor === undefined ? {} : { backdoor }),
          bytesUp: acceptedReports(ended).reduce((total, { bytes }) => total + bytes, 0),
          ...this.#spentSince(),
          reason: null,
        },
        recordedRound(this.parts, ended, this.#records.accepted(), message),
      );
      if (tally !== undefined) {
        this.#lastFigures = figuresOf(tally);
        if (this.parts.spec.privacy.type === 'none')
          await this.#tellScore(this.#judge, message.version, tally);
      }
      this.#clock.drawFor(roundsCommitted);
      await this.parts.onBoundary(() => this.#checkpoint(), state === 'finished');
      // Nobody holds rows of its own to score: without this the server would wait for their tallies.
      if (!this.#isStopped && this.parts.spec.privacy.type === 'none')
        for (const device of reporters) this.#tellNothing(device, message);
    });
  }

  #abandoned({ reason }: Abandoned): void {
    this.#roundEnded();
    this.#abandonedInARow += 1;
    this.#underWay.do(async () => {
      await this.#coordinator.idle();
      this.#isEnding = false;
      // The buffer that was open when the run reached its end is no round of it.
      if (this.#view.state === 'finished') return;
      this.parts.onRound(
        {
          ...this.#outline(this.#ended),
          version: null,
          metrics: null,
          bytesUp: 0,
          ...this.#spentSince(),
          reason,
        },
        recordedRound(this.parts, this.#ended, this.#records.accepted()),
      );
      if (this.#abandonedInARow >= MOST_ABANDONED)
        throw new UnusableSetup(
          `${MOST_ABANDONED} rounds in a row made no version. The last: ${reason} Use a lower --learning-rate or --dropout, or a longer --deadline.`,
        );
    });
  }

  /** What devices fetched, and how long they trained, since it was asked last. */
  #spentSince(): Pick<RoundLine, 'bytesDown' | 'deviceSeconds'> {
    const { bytesDown, deviceMs } = this.#cohort;
    const since = {
      bytesDown: bytesDown - this.#bytesDownTold,
      deviceSeconds: (deviceMs - this.#deviceMsTold) / 1000,
    };
    this.#bytesDownTold = bytesDown;
    this.#deviceMsTold = deviceMs;
    return since;
  }

  #roundEnded(): void {
    this.#isEnding = true;
    this.#cohort.ended();
  }

  get #ended(): EndedRound {
    const ended = this.#records.ended();
    if (ended === undefined) throw new Error('No round has ended yet.');
    return ended;
  }

  #outline(round: EndedRound) {
    const count = (wanted: MemberStage): number =>
      cohortOf(round).filter(({ standing }) => stageOf(standing) === wanted).length;
    const { tuning } = this.#view;
    const { spec } = this.parts;
    const ages = acceptedReports(round).map(({ staleness }) => staleness);
    return {
      type: 'round' as const,
      round: round.round,
      participants: count('accepted'),
      refused: count('refused'),
      dropped: count('dropped'),
      ...(isAsynchronous(round) && ages.length > 0
        ? { staleness: ages.reduce((sum, age) => sum + age, 0) / ages.length }
        : {}),
      ...(tuning === undefined
        ? {}
        : {
            tuning: tuning.map(({ learningRate, chance }) => ({ rate: learningRate, chance })),
            ...(spec.tuning === undefined ? {} : { tunedBy: spec.tuning.by }),
          }),
      simulatedSeconds: this.#clock.monotonic() / 1000,
    };
  }

  /** How far a backdoor is open; undefined where the attack opens none. */
  async #backdoor(digest: Digest): Promise<number | undefined> {
    const { attack } = this.parts.setup;
    return attack?.name === replacement.name
      ? backdoorSuccess(await this.#score(digest, true), attack.options['target'] ?? 0)
      : undefined;
  }

  async #score(digest: Digest, triggered = false): Promise<Tally> {
    return this.#scoreRows(digest, { from: 0, to: this.parts.testRows }, triggered);
  }

  /**
   * Each device that is there and never trains tells what the version does on its rows, and what it makes of it for itself where the
   * federation personalises; undefined: there is none.
   */
  async #scoreUnseen({ version, digest }: Committed): Promise<Partial<JudgedAsNew>> {
    const all: JudgedAsNew[] = [];
    for (const device of this.parts.devices.filter((one) => one.isHeldOut)) {
      const range = this.#judging.get(device.index);
      const connection = this.#connections.get(device.index);
      if (connection === undefined || range === undefined || device.judging.length === 0) continue;
      const judged =
        this.parts.spec.personalisation.type === 'none'
          ? { tally: await this.#scoreRows(digest, range), personal: null }
          : await this.#judged({
              type: 'as-new',
              number: version,
              parameters: await this.#shared(digest),
              ...range,
            });
      if (judged === null) continue;
      all.push(judged);
      await this.#tellScore(connection, version, judged.tally, judged.personal);
    }
    return summed(all);
  }

  /** The same of devices that have trained, by the rows that they hold out: the version as it is, and each one's own model. */
  async #scoreTookPart({
    version,
    digest,
  }: Pick<Committed, 'version' | 'digest'>): Promise<Partial<JudgedAsNew>> {
    const { personalisation } = this.parts.spec;
    if (personalisation.type === 'none') return {};
    const { memories, held } = this.#cohort;
    const parameters = await this.#shared(digest);
    const asked = this.parts.devices.flatMap(({ index, isHeldOut, judging, rows: training }) => {
      const range = this.#judging.get(index);
      const memory = memories.get(index) ?? {};
      // Whoever is asked to train holds a version.
      const hasTrained = personalisation.type === 'finetune' ? held.has(index) : memory.own !== undefined;
      if (isHeldOut || judging.length === 0 || range === undefined || !hasTrained) return [];
      return this.#judged({ type: 'as-own', number: version, parameters, ...range, training, memory });
    });
    return summed((await Promise.all(asked)).filter((one) => one !== null));
  }

  /** A version [P], for all that ask. */
  async #shared(digest: Digest): Promise<Float32Array> {
    return copied(Float32Array, await readParameters(this.#blobs, digest, this.#parameterCount));
  }

  async #judged(job: NewDeviceJob | OwnModelJob): Promise<JudgedAsNew | null> {
    const result = await this.parts.pool.work(job);
    if (result.type !== 'judged') throw new Error('A device that judges was answered by another.');
    this.#scoringMs += result.engineMs;
    return result.judged;
  }

  async #scoreRows(digest: Digest, range: RowRange, triggered = false): Promise<Tally> {
    const { tally, engineMs } = await scoreOnPool(
      this.parts.pool,
      await this.#shared(digest),
      range,
      triggered,
    );
    this.#scoringMs += engineMs;
    return tally;
  }

  /** How long a prediction takes nobody says: here time is made up, and no device is anybody's. */
  async #tellScore(
    by: Connection,
    version: VersionNumber,
    tally: Tally,
    personal: Tally | null = null,
  ): Promise<void> {
    const answer = await this.#coordinator.receive(by, {
      name: 'evaluation',
      message: { federation, version, tally, personal },
    });
    if (!answer.ok) throw new Error(answer.message);
  }

  #tellNothing(device: SimulatedDevice, { version }: Committed): void {
    const tally = emptyTally(tallyShapeOf(this.parts.spec));
    this.#tell(device, { name: 'evaluation', message: { federation, version, tally, personal: null } });
  }

  /**
   * Bytes of earlier versions are asked for by nobody, but in asynchronous rounds by devices that come back to a task, as long as
   * its base still counts: a thousand of them would fill the memory.
   */
  #forget(): void {
    const versions = this.#records.kept()?.versions ?? [];
    const first = versions.length - 1 - this.#ended.maximumStaleness;
    const earlier = versions[first - 1];
    if (earlier === undefined) return;
    const bytesOfAll = (some: readonly KeptVersion[]): Digest[] =>
      some.flatMap((one) => [...blobsOf(one), ...anchorsOf(versions, one)]);
    const wanted = new Set(bytesOfAll(versions.slice(first)));
    for (const digest of bytesOfAll([earlier])) if (!wanted.has(digest)) void this.#blobs.release(digest);
  }

  #checkpoint(): Checkpoint {
    const records = this.#records.kept();
    const head = records?.versions.at(-1);
    if (records === undefined || head === undefined) throw new Error('Nothing has begun yet.');
    const bytes = new Map<Digest, Uint8Array>();
    for (const digest of [...blobsOf(head), ...anchorsOf(records.versions, head)]) {
      const held = this.#held.get(digest);
      if (held !== undefined) bytes.set(digest, held);
    }
    return {
      elapsedMs: this.#clock.monotonic(),
      presence: this.#presence.state,
      records,
      held: Array.from(this.#cohort.held, ([index, versions]) => ({ index, versions })),
      bytesDown: this.#cohort.bytesDown,
      deviceMs: this.#cohort.deviceMs,
      memories: Array.from(this.#cohort.memories, ([index, memory]) => ({ index, memory })),
      blobs: bytes,
    };
  }

  async #result(): Promise<ResultLine> {
    const { head, status, roundsCommitted } = this.#view;
    const versions = this.#records.kept()?.versions ?? [];
    const participants = this.parts.devices.length;
    const unseen = head.evaluation?.neverTrained;
    // Gone on with at its end it was not judged here yet.
    const tookPart = this.#lastTookPart ?? (await this.#scoreTookPart(head));
    return {
      type: 'result',
      rounds: roundsCommitted,
      metrics:
        head.evaluation === null || head.evaluation.participants === 0
          ? this.#lastFigures
          : figuresOf(head.evaluation.tally),
      ...(unseen === undefined ? {} : { neverTrained: figuresOf(unseen.tally) }),
      ...(unseen?.personal === undefined ? {} : { ownOfNeverTrained: figuresOf(unseen.personal.tally) }),
      ...tookPartFigures(tookPart),
      bytesUpPerParticipant: versions.reduce((total, one) => total + one.bytesUp, 0) / participants,
      bytesDownPerParticipant: this.#cohort.bytesDown / participants,
      deviceSeconds: this.#cohort.deviceMs / 1000,
      simulatedSeconds: this.#clock.monotonic() / 1000,
      versionDigest: head.digest,
      outcome: this.#records.kept()?.run?.outcome ?? status,
    };
  }
}

/** It is none of those that never train, whose word is kept apart. */
function judgeId({ rules }: FederationSpec): ParticipantId {
  const isHeldOut = neverTrains(federation, rules);
  for (let key = 0; ; key += 1) {
    const participant = participantIdOf(new Uint8Array(32).fill(key));
    if (!isHeldOut(participant)) return participant;
  }
}

type KeptVersion = KeptRecords['versions'][number];

/** The parameters that a version's difference starts from. */
const anchorsOf = (versions: readonly KeptVersion[], { delta }: KeptVersion): Digest[] =>
  delta === null ? [] : [versions[delta.anchor]!.digest];

/** Everything that is kept of a version. */
const blobsOf = ({ digest, state, residual, delta }: KeptVersion): Digest[] =>
  [digest, state, residual, delta?.digest].filter((one) => one !== null && one !== undefined);
