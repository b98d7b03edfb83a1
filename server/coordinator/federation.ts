// One federation, alive: its records in memory, its attendance, its present round. Everything that changes it goes through
// one queue, in turn: receive → step → durable → heard of. What may be asked of it by whom is in messages.ts (devices),
// updates.ts (uploads) and actions.ts (the coordinator).
import type { Digest, ParticipantId, VersionNumber } from '#lib/core/ids.ts';
import { ownPart } from '#lib/core/model/own-part.ts';
import {
  isAsynchronous,
  isOver,
  type Aggregation,
  type Reporting,
  type Round,
} from '#lib/core/round/round-state.ts';
import type { Effect, RoundEvent } from '#lib/core/round/round-events.ts';
import type { QuantumOf } from '#lib/core/round/round.ts';
import { neverTrains } from '#lib/core/round/held-out-devices.ts';
import { strategyOf } from '#lib/core/aggregation/strategy-spec.ts';
import { needsRoot, type AggregationSetting } from '#lib/core/aggregation/strategy.ts';
import type { FederatedModel } from '#lib/core/federated-model.ts';
import { secureSumOf, type FederationSpec } from '#lib/core/federation.ts';
import { isDrawn, type Privacy } from '#lib/core/privacy/rules.ts';
import { totalWords } from '#lib/core/secure-sum/masked-words.ts';
import {
  changedNothing,
  type Change,
  type ExclusionRecord,
  type FederationRecord,
  type RunRecord,
  type StoredSurvey,
  type VersionRecord,
} from '../ports/records.ts';
import { Attendance } from './attendance.ts';
import { configure } from './configure.ts';
import { finishAtTarget } from './ending.ts';
import { viewOf } from './federation-view.ts';
import { Interlude } from './interlude.ts';
import type { Briefs } from './briefs.ts';
import type { RoundCosts } from './round-costs.ts';
import type { Invitations } from './invitations.ts';
import type { Journal } from './journal.ts';
import type { Made, VersionLog } from './version-log.ts';
import { promote } from './live-version.ts';
import { Opening } from './opening.ts';
import { Pace } from './pace.ts';
import { ParticipantTimers } from './participant-timers.ts';
import type { PrivacyLedger } from './privacy-ledger.ts';
import { goOnFromIntact } from './restore.ts';
import { RoundDriver, type RoundHost } from './round-driver.ts';
import { RoundEnding } from './round-ending.ts';
import { aggregationSetting } from '#lib/core/aggregation/aggregation-setting.ts';
import { downlinkOf, quantumOf, strategyOfRun, wantedUpdate, type WantedUpdate } from './run-terms.ts';
import { RunPrivacy } from './run-privacy.ts';
import { sealed } from './seal.ts';
import { Seats } from './seats.ts';
import { sumsHost } from './secure-sum/sums-host.ts';
import { Sums, type GroupSum } from './secure-sum/sums.ts';
import { Surveys } from './statistics/surveys.ts';
import { surveysHost } from './statistics/surveys-host.ts';
import { Throttled } from './throttled.ts';
import { TriedSettings } from './tried-settings.ts';
import { BROADCAST_EVERY_MS, RECONNECT_GRACE_MS, type Surroundings } from './surroundings.ts';
import type { VersionList } from './version-list.ts';
import { upstreamOf, type Adopted } from './upstream.ts';
import { WorkQueue } from './work-queue.ts';
import { compactView } from './views.ts';

export interface FederationParts {
  readonly record: FederationRecord;
  readonly run: RunRecord | undefined;
  readonly model: FederatedModel;
  readonly versions: VersionList;
  readonly journal: Journal;
  readonly ledger: PrivacyLedger;
  readonly log: VersionLog;
  readonly invitations: Invitations;
  readonly briefs: Briefs;
  readonly costs: RoundCosts;
  readonly exclusions: readonly ExclusionRecord[];
  readonly surveys: readonly StoredSurvey[];
  /** The last round that each participant was configured in. */
  readonly lastRounds: ReadonlyMap<ParticipantId, number>;
}

export class Federation {
  record: FederationRecord;
  run: RunRecord | undefined;
  model: FederatedModel;
  readonly versions: VersionList;
  readonly journal: Journal;
  readonly ledger: PrivacyLedger;
  readonly log: VersionLog;
  readonly attendance: Attendance;
  readonly invitations: Invitations;
  readonly briefs: Briefs;
  readonly costs: RoundCosts;
  readonly exclusions: Map<ParticipantId, ExclusionRecord>;
  readonly driver: RoundDriver;
  /** The secure sums of the present round, where the run has them. */
  readonly summing: Sums;
  readonly surveys: Surveys;
  /** Cohort members without a connection: each has a while to come back. */
  readonly graces: ParticipantTimers;
  readonly seats: Seats;
  readonly charges: RunPrivacy;
  readonly opening: Opening;
  readonly tried: TriedSettings;
  /** Why no round may open, in a sentence: the disk lost what they would train from. */
  damage: string | undefined;
  /**
   * The strategy that made what is remembered with the newest version, by name. Another one starts from zeros: moments are no
   * controls, and two strategies remember vectors of different lengths.
   */
  rememberedBy: string | undefined;
  /** What an upper federation handed down last; undefined: nothing, or there is none above this one. */
  adopted: Adopted | undefined;
  readonly #interlude: Interlude;
  readonly #queue: WorkQueue;
  readonly #pace: Pace;
  readonly #ending: RoundEnding;
  /** Of the coordinators' acts, the last that a line of the journal names. */
  #actsNamed = 0;
  /** What the last secure sum of the run came to: the range of the next. */
  #sumNorms: readonly number[] | undefined;
  readonly #broadcast: Throttled;

  constructor(
    parts: FederationParts,
    readonly around: Surroundings,
  ) {
    this.record = parts.record;
    this.attendance = new Attendance(neverTrains(parts.record.id, parts.record.spec.rules));
    this.run = parts.run;
    this.model = parts.model;
    this.versions = parts.versions;
    this.journal = parts.journal;
    this.ledger = parts.ledger;
    this.log = parts.log;
    this.invitations = parts.invitations;
    this.briefs = parts.briefs;
    this.costs = parts.costs;
    this.exclusions = new Map(parts.exclusions.map((one) => [one.participant, one]));
    this.opening = new Opening(this, parts.lastRounds);
    this.tried = new TriedSettings(this);
    this.#interlude = new Interlude(around.clock, () => this.background('go-on', () => this.goOn()));
    this.#queue = new WorkQueue(parts.record.id, around, {
      room: async () => {
        // Whoever came while nothing could be written.
        await this.opening.offer(this.attendance.candidates());
        await this.opening.openIfDue();
      },
      changed: () => this.changed(),
    });
    this.#pace = new Pace(around.clock, {
      id: parts.record.id,
      attendance: this.attendance,
      rules: () => this.spec.rules,
      openRound: () => this.openRound,
      typicalRoundMs: () => this.versions.typicalRoundMs,
      isAlwaysWanted: (participant) =>
        this.roots?.includes(participant) === true || this.attendance.isHeldOut(participant),
      needsAll: () => isDrawn(this.spec.privacy),
      left: (participant) => this.left(participant),
    });
    this.charges = new RunPrivacy({
      ledger: parts.ledger,
      noise: around.noise,
      run: () => this.run,
      spec: () => this.spec,
      pendingOf: (participant) => this.surveys.pendingOf(participant),
      write: (changes) => this.write(changes),
      entry: (type, payload) => this.entry(type, payload),
    });
    this.graces = new ParticipantTimers(around.clock, RECONNECT_GRACE_MS, (participant) =>
      this.background(`lost/${participant}`, () => this.#lost(participant)),
    );
    this.seats = new Seats({
      clock: around.clock,
      attendance: this.attendance,
      openRound: () => this.openRound,
      isRunning: () => this.record.state === 'running',
      mayTrain: () => this.damage === undefined && !this.isOutOfSpace,
      inPickingOrder: (candidates) => this.opening.inPickingOrder(candidates),
      feed: (event) => this.feed(event),
      background: (name, work) => this.background(name, work),
    });
    this.#ending = new RoundEnding(this, this.#interlude, this.#pace);
    this.driver = new RoundDriver(this.#host(), around);
    this.summing = new Sums(sumsHost(this, () => this.#sumNorms));
    this.surveys = new Surveys(surveysHost(this), parts.surveys);
    this.#broadcast = new Throttled(around.clock, BROADCAST_EVERY_MS, () => {
      const view = compactView(viewOf(this));
      for (const watcher of this.attendance.watchers()) watcher.send('federation', view);
    });
  }

  enqueue<T>(work: () => Promise<T>): Promise<T> {
    return this.#queue.enqueue(work);
  }

  idle(): Promise<void> {
    return this.#queue.idle();
  }

  background(name: string, work: () => Promise<void>): void {
    this.#queue.background(name, work);
  }

  whenThereIsRoom(name: string, work: () => Promise<void>): Promise<void> {
    return this.#queue.whenThereIsRoom(name, work);
  }

  /** Something waits for room on the disk; no round opens before that is done. */
  get isOutOfSpace(): boolean {
    return this.#queue.isOutOfSpace;
  }

  /** One durable transaction. Throws RecordConflict and RecordsFull, with all as before; any other failure ends the process. */
  async write(changes: readonly Change[]): Promise<void> {
    const { records, clock } = this.around;
    const acts = this.around.acts?.();
    const isNews = acts !== undefined && acts.sequence > this.#actsNamed;
    try {
      const whole = sealed(changes, records, this.journal, clock.now(), isNews ? { acts } : {});
      await records.write(whole);
      // Where nothing was sealed, nothing was said of acts either.
      if (isNews && whole !== changes) this.#actsNamed = acts.sequence;
      this.journal.written();
      this.log.written();
    } catch (error) {
      this.journal.undo();
      this.log.undo();
      if (!changedNothing(error)) this.around.fatal(error);
      throw error;
    }
  }

  entry(type: string, payload: Readonly<Record<string, unknown>> = {}): Change {
    return { type: 'append-journal', record: this.journal.next(type, payload, this.around.clock.now()) };
  }

  /** What the present run promises. */
  get privacy(): Privacy {
    return this.charges.promised;
  }

  /** A version in the log, to be written with it. */
  logged(version: VersionRecord, made: Made): Change {
    return this.log.next(version, made, this.journal.last, this.around.clock.now());
  }

  get openRound(): Round | undefined {
    const { round } = this.driver;
    return round === undefined || isOver(round) ? undefined : round;
  }

  /** Goes on where an earlier process stopped: within its queue, before anybody connects. */
  resume(record: Parameters<RoundDriver['resume']>[0]): void {
    const { roots } = this;
    // Trust may have been given or taken back and not have reached the round.
    const round =
      roots === null || record.round.roots === undefined
        ? record
        : { ...record, round: { ...record.round, roots: [...roots] } };
    if (round.round.phase === 'selection')
      // Whoever was a candidate connects and checks in again.
      this.driver.resume({ ...round, round: { ...round.round, candidates: [] } });
    else this.driver.resume(round);
    this.summing.resume();
    const { phase } = round.round;
    if (phase !== 'reporting' && !(phase === 'aggregation' && isAsynchronous(round.round))) return;
    for (const { candidate, standing } of round.round.cohort)
      if (standing.type === 'active') this.graces.start(candidate.participant);
  }

  /** `sum`: where the round’s secure sum stands after the event. */
  feed(event: RoundEvent, changes: readonly Change[] = [], sum?: GroupSum): Promise<readonly Effect[]> {
    return this.driver.feed(event, changes, sum);
  }

  /** It did not come back in time. */
  async #lost(participant: ParticipantId): Promise<void> {
    if (this.attendance.has(participant)) return;
    this.abandonedBy(participant);
    await this.feed({ type: 'lost', participant, at: this.around.clock.now() });
  }

  /** Weighs on it, except where that would tell whom the server drew. */
  abandonedBy(participant: ParticipantId): void {
    if (!isDrawn(this.spec.privacy)) this.around.reputation?.note(participant, 'abandoned-round');
  }

  /** What it was given to try came to nothing, by its own word: no fault of its own, but not round after round. */
  inVainBy(participant: ParticipantId): void {
    this.around.reputation?.noteInVain(participant);
  }

  /** It is no longer here, however it went: nothing more of it is waited for between rounds, or by a survey. */
  left(participant: ParticipantId): void {
    this.#interlude.left(participant);
    if (!this.surveys.concerns(participant)) return;
    this.background(`survey-left/${participant}`, async () => {
      // It may have come back while this waited its turn.
      if (!this.attendance.has(participant)) await this.surveys.left(participant);
    });
  }

  evaluated(version: VersionNumber, participant: ParticipantId): void {
    this.#interlude.evaluated(version, participant);
    if (this.spec.rules.mode.type === 'asynchronous')
      this.background('target', async () => void (await finishAtTarget(this)));
    this.background('live', () => promote(this));
    this.changed();
  }

  /**
   * Bytes by which devices come to the newest version, counted for the version that will be made from it: most devices
   * fetch it as soon as it is committed, to score it, and train from the same copy. Requests for parameters name nobody (they
   * are the same for all, and caches on the way may keep them): what others than devices fetch counts too.
   */
  countDownload(digest: Digest, bytes: number): void {
    const { head } = this.versions;
    if (digest === head.state || this.versions.fetchedFor(head).includes(digest))
      this.#ending.downloaded(bytes);
  }

  /** Whether these bytes are a version's, or a control that devices of this run train with. */
  parametersAt(digest: Digest): ReturnType<VersionList['standingOf']> {
    const standing = this.versions.standingOf(digest);
    if (standing !== 'unknown' || !strategyOf(this.spec.strategy).asks.includes('controls')) return standing;
    const version = this.versions.ofState(digest);
    const isOfRun = version !== undefined && (version.run === this.run?.run || digest === this.remembered);
    return !isOfRun ? 'unknown' : this.versions.isDamaged(version.version) ? 'damaged' : 'intact';
  }

  /** Devices that updates are measured against; null where the strategy needs none. */
  get roots(): readonly ParticipantId[] | null {
    return needsRoot(strategyOf(this.spec.strategy)) ? this.record.roots : null;
  }

  /** Some device is trusted as root, and none of these is here: a round would wait for it in vain. */
  get isRootAway(): boolean {
    const roots = this.roots ?? [];
    return roots.length > 0 && !roots.some((one) => this.attendance.has(one));
  }

  /** Whether a device with this id is here, was let in, or took part in one of the rounds that are remembered. */
  knows(participant: ParticipantId): boolean {
    return (
      this.attendance.has(participant) ||
      this.invitations.isAdmitted(participant) ||
      this.opening.lastRoundOf(participant) !== undefined
    );
  }

  /** Milliseconds after which a device that checks in is to come back; undefined: there is room for it. */
  comeBackAfter(participant: ParticipantId): number | undefined {
    return this.#pace.comeBackAfter(participant);
  }

  /** What is due: the end of a run that reached its target, the next round, or seats in the open one. Within the queue. */
  async goOn(): Promise<void> {
    await promote(this);
    if (!(await finishAtTarget(this))) {
      await this.opening.openIfDue();
      await this.seats.fill();
    }
    this.changed();
  }

  #host(): RoundHost {
    return {
      id: this.record.id,
      quantumOf: this.quantumOf,
      aggregation: (round) => this.#aggregation(round),
      journal: this.journal,
      costs: this.costs,
      enqueue: (name, work) => this.background(name, work),
      write: (changes) => this.write(changes),
      release: (digest) => this.release(digest),
      configure: (round, participants) => configure(this, round, participants),
      charge: (round) => this.charges.chargeRound(round),
      openSum: () => this.background('sum', () => this.summing.close()),
      sumDecoded: (norms) => (this.#sumNorms = norms),
      planCommit: this.#ending.plan,
      follow: this.#ending.follow,
      mayHaveSeats: () => this.seats.look(),
      baseDamaged: () => this.background('check-versions', () => goOnFromIntact(this)),
      ended: this.#ending.ended,
      changed: () => {
        this.summing.look();
        this.changed();
      },
    };
  }

  /** What the present run was started with. */
  get spec(): FederationSpec {
    return this.run?.spec ?? this.record.spec;
  }

  setting(population: number): AggregationSetting {
    return aggregationSetting(this.spec, this.model.parameterCount, population);
  }

  readonly quantumOf: QuantumOf = (claims) => quantumOf(this.charges.specNow, this.model, claims);

  /** What the present strategy remembers with the newest version; null: nothing yet. */
  get remembered(): Digest | null {
    return this.rememberedBy === this.spec.strategy.name ? this.versions.head.state : null;
  }

  #aggregation(round: Reporting | Aggregation): ReturnType<RoundHost['aggregation']> {
    const { head } = this.versions;
    return {
      plan: {
        federation: this.record.id,
        strategy: strategyOfRun(this.model, this.charges.specNow),
        ...this.charges.centralNoise(round.rules.goal),
        setting: this.setting(round.population),
        quantum: round.quantum,
        roots: round.roots,
        own: this.model.type === 'network' ? ownPart(this.model.network, this.spec.personalisation) : [],
      },
      base: { digest: round.baseDigest, state: this.remembered, residual: head.residual },
      norms: this.versions.norms(round.run),
      normFactor: this.spec.guard.normFactor,
      downlink: downlinkOf(this.spec, this.record.id, this.record.roundsCommitted, this.versions),
    };
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
    upstreamOf(this)?.moved();
  }

  /** Nothing more is waited for between rounds. */
  endInterlude(): void {
    this.#interlude.cancel();
  }

  /** Bytes of a masked vector of the open round; null: it has no secure sum; undefined: devices of the run send none but those. */
  get maskedBytes(): number | null | undefined {
    if (secureSumOf(this.spec) === undefined) return null;
    const { openRound } = this;
    const [sum] = (openRound === undefined || !('sums' in openRound) ? undefined : openRound.sums) ?? [];
    return sum === undefined ? undefined : 4 * totalWords(sum.config);
  }

  get wanted(): WantedUpdate {
    return wantedUpdate(this.spec, this.model);
  }

  /** Between two rounds: what is waited for. */
  get between(): 'evaluations' | 'pause' | undefined {
    return this.#interlude.between;
  }

  /** Lets the queue run dry, writes what is left of the deadline, and stops every timer. */
  async close(): Promise<void> {
    await this.#queue.close(() => this.driver.close());
    this.#interlude.cancel();
    this.summing.stop();
    this.surveys.stop();
    this.#broadcast.stop();
    this.graces.stopAll();
    this.seats.resting.stopAll();
  }
}
