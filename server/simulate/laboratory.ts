// A federation in one process: the server's own coordinator on stores in memory and a clock that goes from event to event, and
// simulated devices that check in, train on the pool, and offer and deliver as devices do. Everything that chance decides comes
// from the seed; how many threads train, and how fast, changes nothing of what is made.
import * as v from 'valibot';
import { strategyOf } from '#lib/core/aggregation/strategy-spec.ts';
import { attackNamed } from '#lib/core/attacks/index.ts';
import type { FederationSpec } from '#lib/core/federation.ts';
import { participantIdOf } from '#lib/core/digest.ts';
import { FederationId, ParticipantSecret, type Digest, type ParticipantId } from '#lib/core/ids.ts';
import type { Tally } from '#lib/core/metrics/tally.ts';
import { buildNetwork, type Network } from '#lib/core/model/network.ts';
import { random } from '#lib/core/random.ts';
import { Committed, Configured, Abandoned } from '#lib/protocol/messages.ts';
import type { RoundView } from '#lib/protocol/views.ts';
import { memoryBlobs } from '../adapters/memory-blobs.ts';
import type { Connection } from '../coordinator/connection.ts';
import { openCoordinator, type Coordinator } from '../coordinator/coordinator.ts';
import type { ClientMessage } from '../coordinator/messages.ts';
import { readParameters } from '../coordinator/stored-updates.ts';
import type { Blobs } from '../ports/blobs.ts';
import { silentLog } from '../ports/log.ts';
import type { Checkpoint } from './checkpoint.ts';
import { craftedUpdate, decodedUpdate, type HostileRound } from './crafted-update.ts';
import type { SimulatedDevice } from './devices.ts';
import type { ResultLine, RoundLine } from './lines.ts';
import { Presence } from './presence.ts';
import { roundRecords, type RoundRecords } from './round-records.ts';
import { emptyTally, figuresOf, scoreOnPool } from './scoring.ts';
import { UnusableSetup, type SimulationSetup } from './setup.ts';
import { Trainings } from './trainings.ts';
import { virtualClock, type VirtualClock } from './virtual-clock.ts';
import type { DeviceMemory, JobResult, TrainingResult } from './workbench.ts';
import { copied, type WorkerPool } from './worker-pool.ts';

const federation = v.parse(FederationId, 'simulation');

/** A run of which so many rounds in a row make no version ends: it would go on like that for ever. */
const MOST_ABANDONED = 10;
/** How long a device that left a round stays away. */
const AWAY_SECONDS = { least: 30, most: 300 } as const;

export interface LaboratoryParts {
  readonly setup: SimulationSetup;
  readonly spec: FederationSpec;
  readonly devices: readonly SimulatedDevice[];
  readonly testRows: number;
  readonly pool: WorkerPool;
  /** Where an earlier process stood. */
  readonly from: Checkpoint | undefined;
  onRound(line: RoundLine): void;
  /** A version is made and scored, and nothing is under way: what `checkpoint` gives now can be gone on with. */
  onBoundary(checkpoint: () => Checkpoint, isLast: boolean): Promise<void>;
}

export class Laboratory {
  /** Milliseconds of all jobs, over all threads. */
  engineMs = 0;
  readonly #records: RoundRecords;
  readonly #blobs: Blobs;
  readonly #clock: VirtualClock;
  readonly #presence: Presence;
  readonly #trainings: Trainings;
  readonly #network: Network;
  readonly #connections = new Map<number, Connection>();
  readonly #byParticipant = new Map<string, SimulatedDevice>();
  readonly #memories = new Map<number, DeviceMemory>();
  /** What is under way besides the coordinator's own queue: the clock stands still for it. */
  readonly #work = new Set<Promise<void>>();
  #coordinator!: Coordinator;
  #failure: { readonly error: unknown } | undefined;
  /** The round that devices know of; 0 where it has ended. */
  #round = 0;
  #base: { readonly digest: Digest; readonly parameters: Promise<Float32Array> } | undefined;
  /** What the hostile of a round report alike. */
  #common: Promise<Float32Array<ArrayBuffer> | undefined> | undefined;
  #cohort: SimulatedDevice[] = [];
  #abandonedInARow = 0;
  #isStopped = false;
  /** The end of a round is told to all devices in one go, and heard once. */
  #isEnding = false;
  readonly #held: Map<Digest, Uint8Array>;
  readonly #judge: Connection = {
    id: 'laboratory',
    participant: participantIdOf(v.parse(ParticipantSecret, '0'.repeat(64))),
    name: null,
    kind: 'headless',
    send: () => {},
  };

  constructor(private readonly parts: LaboratoryParts) {
    const { setup, spec, devices, from } = parts;
    const built = buildNetwork(spec.network);
    if (!built.ok) throw new Error(built.error.message);
    this.#network = built.value;
    this.#records = roundRecords(from?.records);
    this.#held = new Map(from?.blobs);
    this.#blobs = memoryBlobs(this.#held);
    this.#clock = virtualClock(setup.seed, from?.elapsedMs);
    this.#trainings = new Trainings(parts.pool);
    for (const { index, memory } of from?.memories ?? []) this.#memories.set(index, memory);
    for (const device of devices) this.#byParticipant.set(device.participant, device);
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
      await this.#quiet();
      if (this.#view.state === 'finished') return this.#result();
      if (this.#isStopped) break;
      if (!this.#clock.step()) throw new Error('Nothing is left to happen, and the run has not ended.');
    }
    return undefined;
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
      fatal: (error) => (this.#failure ??= { error }),
    });
    if (from === undefined) {
      const created = await this.#coordinator.create(federation, spec);
      if (!created.ok) throw new UnusableSetup(created.error.message);
      this.#presence.begin(undefined);
      await this.#quiet();
      await this.#act('start');
      return;
    }
    if (this.#view.state === 'finished') return;
    // No round opens before everybody who was there is there again.
    await this.#act('pause');
    this.#presence.begin(from.presence);
    await this.#quiet();
    this.#clock.drawFor(this.#view.roundsCommitted);
    await this.#act('resume');
  }

  async #act(action: 'start' | 'pause' | 'resume'): Promise<void> {
    const done = await this.#coordinator.act(federation, action);
    if (done?.ok !== true) throw new Error(`The simulated run could not ${action}.`);
  }

  /** Resolves once nothing is under way at this moment of the clock. */
  async #quiet(): Promise<void> {
    do {
      while (this.#work.size > 0) await Promise.all(this.#work);
      await this.#coordinator.idle();
      // With stores in memory everything else is promises, which have run out once the event loop turns.
      await new Promise<void>((resolve) => setImmediate(resolve));
    } while (this.#work.size > 0);
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  #do(work: () => Promise<void>): void {
    const done = work()
      .catch((error: unknown) => void (this.#failure ??= { error }))
      .finally(() => this.#work.delete(done));
    this.#work.add(done);
  }

  #checkIn(device: SimulatedDevice): void {
    const { index, participant, rows } = device;
    const connection: Connection = {
      id: `device-${index}`,
      participant,
      name: null,
      kind: 'headless',
      send: (name, message) => {
        if (name === 'configured') this.#configured(device, v.parse(Configured, message));
        // All devices are told; the first to hear of it speaks for the laboratory.
        else if (name === 'committed' && !this.#isEnding) this.#committed(v.parse(Committed, message));
        else if (name === 'abandoned' && !this.#isEnding) this.#abandoned(v.parse(Abandoned, message));
      },
    };
    this.#connections.set(index, connection);
    this.#tell(device, {
      name: 'check-in',
      message: { federation, examples: rows.length, backend: 'none' },
    });
  }

  #disconnect(device: SimulatedDevice): void {
    const connection = this.#connections.get(device.index);
    this.#connections.delete(device.index);
    this.#trainings.drop(device);
    if (connection !== undefined) this.#coordinator.disconnected(connection);
  }

  #tell(device: SimulatedDevice, message: ClientMessage): void {
    const connection = this.#connections.get(device.index);
    if (connection === undefined) return;
    this.#do(async () => {
      const answer = await this.#coordinator.receive(connection, message);
      // What comes after the round has ended is refused, as it would be from afar.
      if (!answer.ok && message.name === 'check-in' && answer.error !== 'finished')
        throw new Error(answer.message);
    });
  }

  #configured(device: SimulatedDevice, message: Configured): void {
    const { setup } = this.parts;
    if (this.#round !== message.round) {
      this.#round = message.round;
      this.#cohort = [];
      this.#common = undefined;
    }
    const isAgain = this.#cohort.includes(device);
    if (!isAgain) {
      this.#cohort.push(device);
      this.#coordinator.countDownload(message.base.digest, message.base.bytes);
    }
    const draw = random(setup.seed, 'conduct', message.round, device.index, isAgain ? 'again' : 'first');
    const ms = Math.ceil((1000 * setup.localEpochs * device.rows.length) / device.rowsPerSecond);
    if (draw.next() < setup.dropout) {
      const { least, most } = AWAY_SECONDS;
      const awayMs = Math.ceil(1000 * (least + (most - least) * draw.next()));
      this.#later(message.round, Math.ceil(ms * draw.next()), () => this.#presence.leave(device, awayMs));
      return;
    }
    this.#do(async () => {
      // The whole cohort is known once all of it has been told.
      const parameters = await this.#parametersOf(message);
      if (this.#round !== message.round || !this.#presence.has(device)) return;
      this.#trainings.plan(
        device,
        {
          type: 'train',
          message,
          participant: device.participant,
          index: device.index,
          rows: device.rows,
          base: parameters,
          memory: this.#memories.get(device.index) ?? { residual: undefined },
          hostile: device.isHostile && setup.attack !== null ? this.#hostileRound() : null,
        },
        this.#clock.monotonic() + ms,
      );
      this.#later(message.round, ms, () => this.#do(() => this.#report(device, message)));
    });
  }

  /** Unless the round has ended by then. */
  #later(round: number, ms: number, action: () => void): void {
    this.#clock.after(ms, () => {
      if (this.#round === round) action();
    });
  }

  /** Read once for all of the cohort. */
  #parametersOf({ base }: Configured): Promise<Float32Array> {
    if (this.#base?.digest !== base.digest) {
      const parameters = readParameters(this.#blobs, base.digest, this.#network.parameterCount).then((read) =>
        copied(Float32Array, read),
      );
      this.#base = { digest: base.digest, parameters };
    }
    return this.#base.parameters;
  }

  #hostileRound(): HostileRound {
    return {
      cohort: this.#cohort.length,
      hostile: this.#cohort.filter((one) => one.isHostile).length,
      serverLearningRate: this.parts.setup.strategy.options['lr'] ?? 1,
    };
  }

  /** Its training has ended at this moment: what it made is offered, and delivered where it is wanted. */
  async #report(device: SimulatedDevice, message: Configured): Promise<void> {
    if (!this.#presence.has(device)) return;
    const result = await this.#resultOf(device, message);
    if (result === undefined || this.#round !== message.round) return;
    if (result.type === 'failed') {
      this.#tell(device, {
        name: 'withdraw',
        message: { federation, round: message.round, reason: result.message.slice(0, REASON_CHARACTERS) },
      });
      return;
    }
    if (result.memory.residual !== undefined) this.#memories.set(device.index, result.memory);
    const { offer, bytes } = result.entry;
    const reply = await this.#coordinator.offer(federation, device.participant, offer);
    if (reply !== undefined) return;
    const draft = await this.#blobs.draft();
    await draft.append(bytes);
    await this.#coordinator.deliver(federation, device.participant, offer, draft);
  }

  async #resultOf(device: SimulatedDevice, message: Configured): Promise<TrainingResult | undefined> {
    const { setup } = this.parts;
    const attack = setup.attack === null || !device.isHostile ? undefined : attackNamed(setup.attack.name);
    if (attack?.acts === 'on-honest-updates') {
      this.#common ??= this.#craftedByAll(message);
      const delta = await this.#common;
      // Without an honest update there is nothing to know: it trains like the others.
      if (delta !== undefined) {
        this.#trainings.drop(device);
        const { localEpochs, batchSize } = setup;
        const examples = device.rows.length;
        const steps = localEpochs * Math.ceil(examples / batchSize);
        const claims = { examples, steps, baseLoss: message.asks.includes('base-loss') ? 0 : null };
        return craftedUpdate(message, device.participant, delta.slice(), claims);
      }
    }
    const result = this.#counted(await this.#trainings.take(device));
    if (result?.type === 'scored') throw new Error('A training was answered by a score.');
    return result;
  }

  async #craftedByAll(message: Configured): Promise<Float32Array<ArrayBuffer> | undefined> {
    const { setup, spec } = this.parts;
    const attack = setup.attack === null ? undefined : attackNamed(setup.attack.name);
    if (setup.attack === null || attack?.acts !== 'on-honest-updates') return undefined;
    const honest = this.#cohort.filter((one) => !one.isHostile);
    const results = await this.#trainings.results(honest);
    const length = strategyOf(spec.strategy).updateLength(this.#network.parameterCount);
    const updates = results.flatMap((result, at) =>
      result?.type === 'trained' ? [decodedUpdate(result.entry, honest[at]!.participant, length)] : [],
    );
    if (updates.length === 0) return undefined;
    const hostile = this.#hostileRound();
    const made = attack.craft(updates, {
      ...hostile,
      cohort: updates.length + hostile.hostile,
      options: setup.attack.options,
      draw: random(setup.seed, 'attack', message.round),
    });
    if (!made.ok) throw new UnusableSetup(`--attack ${setup.attack.name}: ${made.error.message}`);
    return made.value;
  }

  #counted<T extends JobResult>(result: T | undefined): T | undefined {
    this.engineMs += result?.engineMs ?? 0;
    return result;
  }

  #committed(message: Committed): void {
    this.#roundEnded();
    this.#abandonedInARow = 0;
    this.#do(async () => {
      await this.#coordinator.idle();
      this.#isEnding = false;
      const { round, head, roundsCommitted, state } = this.#view;
      if (round === null) throw new Error('A version was made by no round.');
      const isDue = roundsCommitted % this.parts.setup.evaluateEvery === 0 || state === 'finished';
      const tally = isDue ? await this.#score(message.digest) : undefined;
      this.#forget();
      this.parts.onRound({
        ...this.#outline(round),
        version: head.version,
        metrics: tally === undefined ? null : figuresOf(tally),
        bytesUp: head.bytesUp,
        bytesDown: head.bytesDown,
        reason: null,
      });
      if (tally !== undefined) await this.#tellScore(message, tally);
      this.#clock.drawFor(roundsCommitted);
      await this.parts.onBoundary(() => this.#checkpoint(), state === 'finished');
      // Nobody holds rows of its own to score: without this the server would wait for their tallies.
      if (!this.#isStopped)
        for (const { participant, stage } of round.cohort)
          if (stage === 'accepted') this.#tellNothing(participant, message);
    });
  }

  #abandoned({ reason }: Abandoned): void {
    this.#roundEnded();
    this.#abandonedInARow += 1;
    this.#do(async () => {
      await this.#coordinator.idle();
      this.#isEnding = false;
      const { round } = this.#view;
      if (round === null) throw new Error('There was no round to abandon.');
      this.parts.onRound({
        ...this.#outline(round),
        version: null,
        metrics: null,
        bytesUp: 0,
        bytesDown: 0,
        reason,
      });
      if (this.#abandonedInARow >= MOST_ABANDONED)
        throw new UnusableSetup(
          `${MOST_ABANDONED} rounds in a row made no version. The last: ${reason} Use a lower --learning-rate or --dropout, or a longer --deadline.`,
        );
    });
  }

  #roundEnded(): void {
    this.#isEnding = true;
    this.#round = 0;
    this.#trainings.clear();
  }

  #outline(round: RoundView) {
    const count = (...stages: RoundView['cohort'][number]['stage'][]): number =>
      round.cohort.filter((one) => stages.includes(one.stage)).length;
    return {
      type: 'round' as const,
      round: round.round,
      participants: count('accepted'),
      refused: count('refused'),
      dropped: count('dropped'),
      simulatedSeconds: this.#clock.monotonic() / 1000,
    };
  }

  async #score(digest: Digest): Promise<Tally> {
    const parameters = await readParameters(this.#blobs, digest, this.#network.parameterCount);
    const { tally, engineMs } = await scoreOnPool(
      this.parts.pool,
      copied(Float32Array, parameters),
      this.parts.testRows,
    );
    this.engineMs += engineMs;
    return tally;
  }

  /** Told by a participant that takes part in no round: the test rows are nobody's. */
  async #tellScore({ version }: Committed, tally: Tally): Promise<void> {
    const answer = await this.#coordinator.receive(this.#judge, {
      name: 'evaluation',
      message: { federation, version, tally },
    });
    if (!answer.ok) throw new Error(answer.message);
  }

  #tellNothing(participant: ParticipantId, { version }: Committed): void {
    const device = this.#byParticipant.get(participant);
    if (device === undefined) return;
    const tally = emptyTally(this.parts.spec.contract);
    this.#tell(device, { name: 'evaluation', message: { federation, version, tally } });
  }

  /** Bytes of earlier versions are asked for by nobody: a thousand of them would fill the memory. */
  #forget(): void {
    const versions = this.#records.kept()?.versions ?? [];
    const earlier = versions.at(-2);
    if (earlier === undefined) return;
    for (const digest of [earlier.digest, earlier.state])
      if (digest !== null) void this.#blobs.release(digest);
  }

  #checkpoint(): Checkpoint {
    const records = this.#records.kept();
    const head = records?.versions.at(-1);
    if (records === undefined || head === undefined) throw new Error('Nothing has begun yet.');
    const bytes = new Map<Digest, Uint8Array>();
    for (const digest of [head.digest, head.state]) {
      const held = digest === null ? undefined : this.#held.get(digest);
      if (digest !== null && held !== undefined) bytes.set(digest, held);
    }
    return {
      elapsedMs: this.#clock.monotonic(),
      presence: this.#presence.state,
      records,
      memories: Array.from(this.#memories, ([index, memory]) => ({ index, memory })),
      blobs: bytes,
    };
  }

  #result(): ResultLine {
    const { head, status, roundsCommitted } = this.#view;
    const versions = this.#records.kept()?.versions ?? [];
    const shared = (bytes: (one: (typeof versions)[number]) => number): number =>
      versions.reduce((total, one) => total + bytes(one), 0) / this.parts.devices.length;
    return {
      type: 'result',
      rounds: roundsCommitted,
      metrics: head.evaluation === null ? {} : figuresOf(head.evaluation.tally),
      bytesUpPerParticipant: shared((one) => one.bytesUp),
      bytesDownPerParticipant: shared((one) => one.bytesDown),
      simulatedSeconds: this.#clock.monotonic() / 1000,
      versionDigest: head.digest,
      outcome: this.#records.kept()?.run?.outcome ?? status,
    };
  }
}

/** As long as a reason may be (protocol/messages.ts). */
const REASON_CHARACTERS = 200;
