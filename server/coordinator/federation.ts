// One federation, alive: its records in memory, its attendance, its present round. Everything that changes it goes through
// one queue, in turn: receive → step → durable → heard of. What may be asked of it by whom is in messages.ts (devices),
// updates.ts (uploads) and actions.ts (the coordinator).
import * as v from 'valibot';
import { RoundNumber, VersionNumber, type Digest, type ParticipantId } from '#lib/core/ids.ts';
import type { Network } from '#lib/core/model/network.ts';
import {
  acceptedReports,
  isOver,
  memberOf,
  type Aggregation,
  type EndedRound,
  type Reporting,
  type Round,
} from '#lib/core/round/round-state.ts';
import type { Effect, RoundEvent } from '#lib/core/round/round-events.ts';
import { openRound, step, type QuantumOf } from '#lib/core/round/round.ts';
import { quantumFor } from '#lib/core/aggregation/fixed-point-sum.ts';
import { optionsOf, strategyOf } from '#lib/core/aggregation/strategy-spec.ts';
import type { AggregationSetting } from '#lib/core/aggregation/strategy.ts';
import type { FederationSpec } from '#lib/core/federation.ts';
import type { Codec } from '#lib/core/update/codec/codec.ts';
import { FIRST_VERSIONS, versionContext } from '#lib/core/update/broadcast.ts';
import { codecNamed } from '#lib/core/update/codec/index.ts';
import { MAXIMUM_COORDINATE } from '#lib/protocol/limits.ts';
import {
  changedNothing,
  RecordsFull,
  type Change,
  type FederationRecord,
  type RunRecord,
} from '../ports/records.ts';
import { Attendance } from './attendance.ts';
import { planCommit, type Commit } from './commit.ts';
import { viewOf } from './federation-view.ts';
import { Interlude } from './interlude.ts';
import type { Journal } from './journal.ts';
import { Postponed } from './postponed.ts';
import { goOnFromIntact } from './restore.ts';
import type { Downlink } from './publish.ts';
import { RoundDriver, type RoundHost } from './round-driver.ts';
import { Throttled } from './throttled.ts';
import {
  AFTER_ABANDON_MS,
  BROADCAST_EVERY_MS,
  RECONNECT_GRACE_MS,
  type Surroundings,
} from './surroundings.ts';
import type { VersionList } from './version-list.ts';
import { compactView } from './views.ts';

export interface FederationParts {
  readonly record: FederationRecord;
  readonly run: RunRecord | undefined;
  readonly network: Network;
  readonly versions: VersionList;
  readonly journal: Journal;
}

/** What an update of a run must be. */
export interface WantedUpdate {
  readonly uplink: Codec;
  /** Values that it decodes to. */
  readonly length: number;
  readonly asksBaseLoss: boolean;
  /** Local steps that the plan makes of so many examples. */
  readonly mostSteps: (examples: number) => number;
}

export class Federation {
  record: FederationRecord;
  run: RunRecord | undefined;
  network: Network;
  readonly versions: VersionList;
  readonly journal: Journal;
  readonly attendance = new Attendance();
  readonly driver: RoundDriver;
  /** Why no round may open, in a sentence: the disk lost what they would train from. */
  damage: string | undefined;
  /**
   * The strategy that made what is remembered with the newest version, by name. Another one starts from zeros: moments are no
   * controls, and two strategies remember vectors of different lengths.
   */
  rememberedBy: string | undefined;
  /** Something waits for room on the disk; no round opens before that is done. */
  isOutOfSpace = false;
  readonly #interlude: Interlude;
  readonly #postponed: Postponed;
  readonly #graces = new Map<ParticipantId, () => void>();
  #commit: Commit | undefined;
  #bytesDown = 0;
  #tail: Promise<unknown> = Promise.resolve();
  #isClosed = false;
  readonly #broadcast: Throttled;

  constructor(
    parts: FederationParts,
    readonly around: Surroundings,
  ) {
    this.record = parts.record;
    this.run = parts.run;
    this.network = parts.network;
    this.versions = parts.versions;
    this.journal = parts.journal;
    this.#interlude = new Interlude(around.clock, () => this.background('go-on', () => this.goOn()));
    this.#postponed = new Postponed(around.clock, () => this.background('try-again', () => this.#tryAgain()));
    this.driver = new RoundDriver(this.#host(), around);
    this.#broadcast = new Throttled(around.clock, BROADCAST_EVERY_MS, () => {
      const view = compactView(viewOf(this));
      for (const watcher of this.attendance.watchers()) watcher.send('federation', view);
    });
  }

  /** Runs `work` when everything before it is done. Rejects with what `work` throws. */
  enqueue<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#tail.then(() => {
      if (this.#isClosed) throw new Error(`The federation ${this.record.id} is closed.`);
      return work();
    });
    this.#tail = done.catch(() => undefined);
    return done;
  }

  /** Resolves once nothing is queued any more. */
  async idle(): Promise<void> {
    for (let tail; tail !== this.#tail;) {
      tail = this.#tail;
      await tail;
    }
  }

  /**
   * Queued work that nobody waits for, tried again where the disk is full: any other failure of it is a bug or a broken disk,
   * and ends the process.
   */
  background(name: string, work: () => Promise<void>): void {
    this.enqueue(() => this.whenThereIsRoom(name, work)).catch((error: unknown) => {
      if (!this.#isClosed) this.around.fatal(error);
    });
  }

  /** Does `work` now, or again and again until the disk has room for what it writes. Within the queue. */
  async whenThereIsRoom(name: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof RecordsFull)) throw error;
      this.#postponed.add(name, work);
      if (this.isOutOfSpace) return;
      this.isOutOfSpace = true;
      this.around.log.error(
        { federation: this.record.id, work: name },
        'the disk is full: what cannot be written waits for room',
      );
      this.changed();
    }
  }

  async #tryAgain(): Promise<void> {
    for (const [name, work] of this.#postponed.take()) await this.whenThereIsRoom(name, work);
    if (this.#postponed.count > 0) return;
    this.isOutOfSpace = false;
    this.around.log.info({ federation: this.record.id }, 'the disk has room again');
    await this.whenThereIsRoom('open', async () => {
      // Whoever came while nothing could be written.
      const candidates = this.attendance.candidates();
      const at = this.around.clock.now();
      await this.feed({ type: 'available', candidates, population: candidates.length, at });
      await this.openIfDue();
    });
    this.changed();
  }

  /** One durable transaction. Throws RecordConflict and RecordsFull, with all as before; any other failure ends the process. */
  async write(changes: readonly Change[]): Promise<void> {
    try {
      await this.around.records.write(changes);
      this.journal.written();
    } catch (error) {
      this.journal.undo();
      if (!changedNothing(error)) this.around.fatal(error);
      throw error;
    }
  }

  entry(type: string, payload: Readonly<Record<string, unknown>> = {}): Change {
    return { type: 'append-journal', record: this.journal.next(type, payload, this.around.clock.now()) };
  }

  get openRound(): Round | undefined {
    const { round } = this.driver;
    return round === undefined || isOver(round) ? undefined : round;
  }

  /** Goes on where an earlier process stopped: within its queue, before anybody connects. */
  resume(round: Parameters<RoundDriver['resume']>[0]): void {
    if (round.round.phase === 'selection')
      // Whoever was a candidate connects and checks in again.
      this.driver.resume({ ...round, round: { ...round.round, candidates: [] } });
    else this.driver.resume(round);
    if (round.round.phase !== 'reporting') return;
    for (const { candidate, standing } of round.round.cohort)
      if (standing.type === 'active') this.startGrace(candidate.participant);
  }

  feed(event: RoundEvent, changes: readonly Change[] = []): Promise<readonly Effect[]> {
    return this.driver.feed(event, changes);
  }

  /** A cohort member without a connection has a while to come back. */
  startGrace(participant: ParticipantId): void {
    this.#graces.get(participant)?.();
    const cancel = this.around.clock.after(RECONNECT_GRACE_MS, () => {
      this.#graces.delete(participant);
      this.background(`lost/${participant}`, async () => {
        if (!this.attendance.has(participant))
          await this.feed({ type: 'lost', participant, at: this.around.clock.now() });
      });
    });
    this.#graces.set(participant, cancel);
  }

  stopGrace(participant: ParticipantId): void {
    this.#graces.get(participant)?.();
    this.#graces.delete(participant);
  }

  /** It is no longer here: nothing more of it is waited for between rounds. */
  left(participant: ParticipantId): void {
    this.#interlude.left(participant);
  }

  evaluated(version: VersionNumber, participant: ParticipantId): void {
    this.#interlude.evaluated(version, participant);
    this.changed();
  }

  /**
   * Parameter bytes of the newest version that were sent, counted for the version that will be made from it: most devices
   * fetch it as soon as it is committed, to score it, and train from the same copy. Requests for parameters name nobody (they
   * are the same for all, and caches on the way may keep them): what others than devices fetch counts too.
   */
  countDownload(digest: Digest, bytes: number): void {
    const { head } = this.versions;
    if ([head.digest, head.delta?.digest, head.state].includes(digest)) this.#bytesDown += bytes;
  }

  /** Whether these bytes are a version's, or a control that devices of this run train with. */
  parametersAt(digest: Digest): ReturnType<VersionList['standingOf']> {
    const standing = this.versions.standingOf(digest);
    if (standing !== 'unknown' || !strategyOf(this.#spec.strategy).asks.includes('controls')) return standing;
    const version = this.versions.ofState(digest);
    const isOfRun = version !== undefined && (version.run === this.run?.run || digest === this.#remembered);
    return !isOfRun ? 'unknown' : this.versions.isDamaged(version.version) ? 'damaged' : 'intact';
  }

  /** Opens the next round where one is due and enough devices wait. Within the queue. */
  async openIfDue(): Promise<void> {
    const { record, run, attendance } = this;
    if (
      record.state !== 'running' ||
      run === undefined ||
      this.openRound !== undefined ||
      this.damage !== undefined ||
      this.isOutOfSpace
    )
      return;
    if (this.#interlude.between !== undefined || attendance.checkedIn < run.spec.rules.minimum) return;
    const { clock } = this.around;
    const candidates = attendance.candidates();
    for (let last = candidates.length - 1; last > 0; last -= 1) {
      const other = Math.floor(clock.draw() * (last + 1));
      [candidates[last], candidates[other]] = [candidates[other]!, candidates[last]!];
    }
    const at = clock.now();
    const round = v.parse(RoundNumber, record.lastRound + 1);
    const { head } = this.versions;
    const opened = openRound({
      round,
      run: run.run,
      base: head.version,
      baseDigest: head.digest,
      rules: run.spec.rules,
      openedAt: at,
    });
    const next: FederationRecord = { ...record, lastRound: round };
    const population = candidates.length;
    await this.driver.open(step(opened, { type: 'available', candidates, population, at }, this.#quantumOf), [
      { type: 'change-federation', record: next },
      this.entry('opened', { round, run: run.run, base: head.version }),
    ]);
    this.record = next;
  }

  /** Ends the run, and its open round with it. Within the queue. */
  async finishRun(outcome: string): Promise<void> {
    const at = this.around.clock.now();
    await this.feed({ type: 'cancelled', reason: outcome, at });
    const { run } = this;
    const ended = run === undefined ? undefined : { ...run, endedAt: at, outcome };
    const record: FederationRecord = { ...this.record, state: 'finished' };
    await this.write([
      { type: 'change-federation', record },
      ...(ended === undefined ? [] : [{ type: 'put-run', record: ended } as const]),
      this.entry('finished', { outcome }),
    ]);
    this.#interlude.cancel();
    this.record = record;
    this.run = ended;
    this.changed();
  }

  /** What is due where no round is open: the end of a run that reached its target, or the next round. Within the queue. */
  async goOn(): Promise<void> {
    if (!(await this.finishAtTarget())) await this.openIfDue();
    this.changed();
  }

  /** Whether the newest version reached the target, which ends the run. Within the queue. */
  async finishAtTarget(): Promise<boolean> {
    const { record, versions, run } = this;
    if (run === undefined || (record.state !== 'running' && record.state !== 'paused')) return false;
    if (
      this.openRound !== undefined ||
      versions.head.run !== run.run ||
      !versions.headReaches(run.spec.metric)
    )
      return false;
    await this.finishRun(`The run ended: version ${versions.head.version} reached its target.`);
    return true;
  }

  #host(): RoundHost {
    return {
      id: this.record.id,
      quantumOf: this.#quantumOf,
      aggregation: (round) => this.#aggregation(round),
      journal: this.journal,
      enqueue: (name, work) => this.background(name, work),
      write: (changes) => this.write(changes),
      release: (digest) => this.release(digest),
      configure: (round, participants) => this.#configure(round, participants),
      planCommit: (round, made) => {
        const { run, record } = this;
        if (run === undefined) throw new Error(`Round ${round.round} belongs to no run.`);
        const version = v.parse(VersionNumber, this.versions.head.version + 1);
        const at = this.around.clock.now();
        this.#commit = planCommit({
          record,
          run,
          round,
          version,
          made,
          bytesDown: this.#bytesDown,
          at,
        });
        return {
          event: { type: 'aggregated', version, digest: made.digest, at },
          changes: this.#commit.changes,
        };
      },
      baseDamaged: () => this.background('check-versions', () => goOnFromIntact(this)),
      ended: (round) => this.#ended(round),
      changed: () => this.changed(),
    };
  }

  /** What the present run was started with. */
  get #spec(): FederationSpec {
    return this.run?.spec ?? this.record.spec;
  }

  #setting(population: number): AggregationSetting {
    const { plan, strategy } = this.#spec;
    return {
      parameterCount: this.network.parameterCount,
      options: optionsOf(strategy),
      training: {
        learningRate: plan.learningRate,
        momentum: plan.optimizer.type === 'sgd' ? plan.optimizer.momentum : 0,
        proximalTerm: plan.proximalTerm,
      },
      population,
    };
  }

  /** Fine enough for the sum that this cohort can make, and no finer: the sum stays exact. Without a sum, 1. */
  readonly #quantumOf: QuantumOf = (claims) => {
    const strategy = strategyOf(this.#spec.strategy);
    if (strategy.needs === 'individual') return 1;
    const weight = claims.reduce((total, examples) => total + strategy.weightBound(examples), 0);
    return quantumFor(weight, MAXIMUM_COORDINATE * strategy.scaleBound(this.#setting(claims.length)));
  };

  /** What the present strategy remembers with the newest version; null: nothing yet. */
  get #remembered(): Digest | null {
    return this.rememberedBy === this.#spec.strategy.name ? this.versions.head.state : null;
  }

  #aggregation(round: Reporting | Aggregation): ReturnType<RoundHost['aggregation']> {
    const { head } = this.versions;
    return {
      plan: {
        federation: this.record.id,
        round: round.round,
        strategy: strategyOf(this.#spec.strategy),
        setting: this.#setting(round.population),
        quantum: round.quantum,
      },
      base: { digest: round.baseDigest, state: this.#remembered, residual: head.residual },
      norms: this.versions.norms(round.run),
      normFactor: this.#spec.guard.normFactor,
      downlink: this.#downlink(head.version + 1),
    };
  }

  /** Versions of a run begin where those before it ended: its first ones go down finer. */
  #downlink(version: number): Downlink {
    const wanted = codecNamed(this.#spec.transfer.downlink);
    const isFirst = this.record.roundsCommitted < FIRST_VERSIONS && wanted.name.startsWith('eden:');
    return {
      codec: isFirst ? codecNamed('q8') : wanted,
      seed: versionContext(this.record.id, version),
    };
  }

  #configure(round: Round, participants: readonly ParticipantId[]): void {
    const { head } = this.versions;
    const { plan, strategy, transfer } = this.#spec;
    const { asks, stateLength } = strategyOf(strategy);
    const state = asks.includes('controls') ? this.#remembered : null;
    const controls =
      state === null
        ? null
        : { digest: state, bytes: 4 * stateLength(this.#setting(this.attendance.checkedIn)) };
    for (const participant of participants) {
      const connection = this.attendance.connectionOf(participant);
      if (connection === undefined) {
        this.startGrace(participant);
        continue;
      }
      connection.send('configured', {
        federation: this.record.id,
        run: round.run,
        round: round.round,
        base: {
          version: round.base,
          digest: round.baseDigest,
          bytes: head.bytes,
          deltas: this.versions.deltasTo(round.base),
        },
        plan,
        uplink: transfer.uplink,
        asks: [...asks],
        controls,
        deadlineMs: Math.ceil(this.driver.remainingMs ?? 0),
      });
    }
  }

  #ended(round: EndedRound): void {
    for (const cancel of this.#graces.values()) cancel();
    this.#graces.clear();
    const reports = acceptedReports(round);
    const federation = this.record.id;
    const commit = this.#commit;
    this.#commit = undefined;
    if (round.phase === 'committed' && commit !== undefined) {
      this.versions.add(commit.version);
      this.rememberedBy = commit.run.spec.strategy.name;
      this.#bytesDown = 0;
      this.record = commit.record;
      this.run = commit.run;
      for (const { candidate, connection } of this.attendance.devices())
        connection.send('committed', {
          federation,
          round: round.round,
          version: round.version,
          digest: round.digest,
          bytes: commit.version.bytes,
          deltas: this.versions.deltasTo(round.version),
          counted: memberOf(round, candidate.participant)?.standing.type === 'accepted',
        });
      this.around.log.info(
        {
          federation,
          round: round.round,
          version: round.version,
          participants: reports.length,
          bytes: commit.version.bytesUp,
        },
        'round committed',
      );
      if (this.record.state !== 'finished') {
        const awaited = reports.map((report) => report.participant).filter((one) => this.attendance.has(one));
        this.#interlude.begin(round.rules.pauseMs, round.version, awaited);
      }
    } else if (round.phase === 'abandoned') {
      for (const { connection } of this.attendance.devices())
        connection.send('abandoned', { federation, round: round.round, reason: round.reason });
      this.around.log.warn({ federation, round: round.round, reason: round.reason }, 'round abandoned');
      this.#interlude.begin(Math.max(round.rules.pauseMs, AFTER_ABANDON_MS));
    }
    // The updates have served: what is kept of them is their digests and counts.
    for (const report of reports) void this.release(report.update);
  }

  /** Gives up bytes that are needed no longer; a file that stays behind is swept at the next start. */
  async release(digest: Digest): Promise<void> {
    try {
      await this.around.blobs.release(digest);
    } catch (error) {
      this.around.log.warn(
        { digest, error: String(error) },
        'bytes that are needed no longer could not be deleted',
      );
    }
  }

  /** Tells the watchers, at most twice a second. */
  changed(): void {
    this.#broadcast.ask();
  }

  get wanted(): WantedUpdate {
    const { plan, strategy, transfer } = this.#spec;
    const { asks, updateLength } = strategyOf(strategy);
    return {
      uplink: codecNamed(transfer.uplink),
      length: updateLength(this.network.parameterCount),
      asksBaseLoss: asks.includes('base-loss'),
      mostSteps: (examples) => plan.localEpochs * Math.ceil(examples / plan.batchSize),
    };
  }

  /** Between two rounds: what is waited for. */
  get between(): 'evaluations' | 'pause' | undefined {
    return this.#interlude.between;
  }

  /** Lets the queue run dry, writes what is left of the deadline, and stops every timer. */
  async close(): Promise<void> {
    await this.enqueue(() => this.driver.close());
    this.#isClosed = true;
    this.#interlude.cancel();
    this.#postponed.stop();
    this.#broadcast.stop();
    for (const cancel of this.#graces.values()) cancel();
  }
}
