// Receive → step → perform the effects, for one federation's present round. Every call comes from the federation's queue,
// one after the other: what is decided is durable before anybody hears of it.
import type { Digest, FederationId, ParticipantId } from '#lib/core/ids.ts';
import { guardNorm, movedNorm } from '#lib/core/aggregation/norm-guard.ts';
import { failureSentence, type Aggregated, type AggregationFailure } from '#lib/core/aggregation/strategy.ts';
import {
  acceptedReports,
  isAsynchronous,
  isOver,
  memberOf,
  type Aggregation,
  type EndedRound,
  type Report,
  type Reporting,
  type Round,
} from '#lib/core/round/round-state.ts';
import type { Effect, RoundEvent, Step, TimedPhase } from '#lib/core/round/round-events.ts';
import { step, type QuantumOf } from '#lib/core/round/round.ts';
import { ok, type Result } from '#lib/core/result.ts';
import { sumFaultSentence } from '#lib/core/secure-sum/encoding.ts';
import { BlobMissing, BlobSpaceFull } from '../ports/blobs.ts';
import { RecordsFull, type Change, type RoundRecord } from '../ports/records.ts';
import { collecting } from './collecting.ts';
import type { Journal } from './journal.ts';
import type { RoundCosts } from './round-costs.ts';
import { MemberTimers } from './member-timers.ts';
import type { GroupSum } from './secure-sum/sums.ts';
import { decodeSums, versionOfSums } from './secure-sum/version-of-sums.ts';
import { anchorFor, digestsOf, publish, type Downlink, type MadeVersion } from './publish.ts';
import {
  BlobDamaged,
  readBase,
  type AggregationPlan,
  type BaseVersion,
  type Collecting,
  type ReadBase,
} from './stored-updates.ts';
import { REMAINING_EVERY_MS, type Surroundings } from './surroundings.ts';

/** What a round needs of its federation. */
export interface RoundHost {
  readonly id: FederationId;
  readonly quantumOf: QuantumOf;
  /** How the updates of this round become a version, and from which. */
  aggregation(round: Reporting | Aggregation): {
    readonly plan: AggregationPlan;
    readonly base: BaseVersion;
    /** How far the run's versions went from their parents, oldest first, and the guard's factor. */
    readonly norms: readonly number[];
    readonly normFactor: number | null;
    readonly downlink: Downlink;
  };
  readonly journal: Journal;
  readonly costs: RoundCosts;
  /** Reporting of a round with secure sums has closed: they are opened, and aggregateSums is called with them, or the round fails. */
  openSum(): void;
  /** What the sum came to, for the range of the next one (DecodedSum); undefined: it is not to be relied on. */
  sumDecoded(norms: readonly number[] | undefined): void;
  /** Runs `work` after what is queued, and again where the disk has no room for what it writes. */
  enqueue(name: string, work: () => Promise<void>): void;
  write(changes: readonly Change[]): Promise<void>;
  /** Gives up bytes; never rejects. */
  release(digest: Digest): Promise<void>;
  configure(round: Round, participants: readonly ParticipantId[]): void;
  /** Pays for what a version of these updates gives away, durably; why it cannot be paid, in a sentence. */
  charge(round: Aggregation): Promise<string | undefined>;
  /** The changes that a commit of the version `made` of these parameters brings, and the commit's event. */
  planCommit(
    round: Aggregation,
    made: MadeVersion,
    parameters: Float32Array,
    weight: number | undefined,
  ): { readonly event: RoundEvent; readonly changes: readonly Change[] };
  /** `before` ends so: what becomes durable with its end, after its own entries (an asynchronous round's next one). */
  follow(before: Round, ended: EndedRound): readonly Change[];
  /** The round is over and durable. */
  ended(round: EndedRound): void;
  /** An asynchronous round has changed: there may be seats for devices that wait. */
  mayHaveSeats(): void;
  /** The bytes that the round trains from are damaged or gone. */
  baseDamaged(): void;
  /** Something that views show has changed. */
  changed(): void;
}

interface Timer {
  readonly phase: TimedPhase;
  readonly dueAt: number;
  readonly cancel: () => void;
}

export class RoundDriver {
  round: Round | undefined;
  #timer: Timer | undefined;
  readonly #members: MemberTimers;
  #stopHeartbeat: (() => void) | undefined;
  #collecting: Collecting | undefined;
  /** Why the round makes no version, decided on and not yet written. */
  #givenUp: string | undefined;
  /** Updates that this process itself received and checked. */
  readonly #fresh = new Set<Digest>();

  constructor(
    private readonly host: RoundHost,
    private readonly around: Surroundings,
  ) {
    this.#members = new MemberTimers(around.clock, (participant, round) =>
      host.enqueue(`overdue/${participant}`, async () => {
        await this.feed({ type: 'overdue', participant, round, at: around.clock.now() });
      }),
    );
  }

  /** Milliseconds left of the present phase; null where no deadline runs. */
  get remainingMs(): number | null {
    return this.#timer === undefined ? null : Math.max(0, this.#timer.dueAt - this.around.clock.monotonic());
  }

  /** What a member has left to report: of its own deadline, or of the round's. */
  leftMsOf(participant: ParticipantId): number {
    const member = this.round === undefined ? undefined : memberOf(this.round, participant);
    return (member === undefined ? undefined : this.#members.leftMs(member)) ?? this.remainingMs ?? 0;
  }

  /** Takes up the round that an earlier process left: the same deadlines go on with what was left of them. */
  resume({ round, remainingMs }: RoundRecord): void {
    this.host.costs.begin(round);
    this.round = round;
    if (round.phase === 'selection')
      this.#startTimer('selection', remainingMs ?? round.rules.selectionDeadlineMs);
    if (round.phase === 'reporting' && !isAsynchronous(round))
      this.#startTimer('reporting', remainingMs ?? round.rules.reportingDeadlineMs);
    this.#members.keep(round);
    if (isAsynchronous(round)) this.#heartbeat();
    // A secure sum is taken up by whoever opens it.
    if (round.phase === 'aggregation' && round.sums === undefined)
      this.host.enqueue('aggregate', () => this.#aggregate());
  }

  /** Opens a round with its first candidates; `changes` become durable with it. */
  async open(opened: Step, changes: readonly Change[]): Promise<void> {
    this.#abandonCollecting();
    this.#fresh.clear();
    this.host.costs.begin(opened.round);
    if (opened.round.phase !== 'selection') {
      await this.#apply(opened, changes);
      return isAsynchronous(opened.round) ? this.#heartbeat() : undefined;
    }
    const start: Effect = {
      type: 'start-timer',
      phase: 'selection',
      ms: opened.round.rules.selectionDeadlineMs,
    };
    await this.#apply({ round: opened.round, effects: [start, ...opened.effects] }, changes);
  }

  /** Goes on with a buffer that became durable with the end of the one before. */
  goOnWith(buffer: Reporting): void {
    this.host.costs.begin(buffer);
    this.#fresh.clear();
    this.round = buffer;
    this.#members.keep(buffer);
    this.#heartbeat();
  }

  /** The effects that an event had. `changes` become durable together with them, and only where something was recorded. */
  async feed(event: RoundEvent, changes: readonly Change[] = [], sum?: GroupSum): Promise<readonly Effect[]> {
    if (this.round === undefined) return [];
    const next = step(withSum(this.round, sum), event, this.host.quantumOf);
    await this.#apply(next, next.effects.some((effect) => effect.type === 'record') ? changes : []);
    return next.effects;
  }

  /** The round’s secure sum has moved on, and a crash may forget that. */
  setSum(sum: GroupSum): void {
    if (this.round !== undefined) this.round = withSum(this.round, sum);
  }

  /** The same, with a line in the journal; `changes` become durable with it. */
  async recordSum(moved: GroupSum, changes: readonly Change[]): Promise<void> {
    const { round, remainingMs } = this;
    if (round === undefined || isOver(round)) return;
    const next = withSum(round, moved);
    const { sum } = moved;
    const payload = { round: round.round, ...linesOf(moved) };
    await this.host.write([
      ...changes,
      { type: 'put-round', record: { federation: this.host.id, round: next, remainingMs } },
      {
        type: 'append-journal',
        record: this.host.journal.next(`sum-${sum.phase}`, payload, this.around.clock.now()),
      },
    ]);
    this.round = next;
  }

  /** The sums of the round’s updates, their masks off. Within the queue. */
  aggregateSums(words: readonly Uint32Array<ArrayBuffer>[]): Promise<void> {
    return this.#aggregate(words);
  }

  /** Marks an update as checked by this process: folding it need not read its digest again. */
  trust(update: Digest): void {
    this.#fresh.add(update);
  }

  /** Stops all timers; what is left of the deadline is written. */
  async close(): Promise<void> {
    const { round, remainingMs } = this;
    const isTimed = this.#isTimed;
    const timed = round === undefined ? undefined : this.#members.timed(round);
    this.#stopTimer();
    this.#members.stop();
    if (timed !== undefined && isTimed) await this.#writeRemaining(timed, remainingMs);
  }

  /** Whether anything of a deadline is to be remembered. */
  get #isTimed(): boolean {
    return this.#timer !== undefined || this.#members.count > 0;
  }

  /** A deadline that is remembered less exactly is no reason to end: without room for it, what was written before stands. */
  async #writeRemaining(round: Round, remainingMs: number | null): Promise<void> {
    try {
      await this.host.write([
        { type: 'put-round', record: { federation: this.host.id, round, remainingMs } },
      ]);
    } catch (error) {
      if (!(error instanceof RecordsFull)) throw error;
      this.around.log.warn(
        { federation: this.host.id, round: round.round },
        'the disk is full: what is left of the deadline was not written down',
      );
    }
  }

  async #apply(next: Step, changes: readonly Change[]): Promise<void> {
    const at = this.around.clock.now();
    const entries = next.effects.flatMap((effect) => (effect.type === 'record' ? [effect.entry] : []));
    if (entries.length > 0 || changes.length > 0) {
      const remainingMs = remainingAfter(next.effects, this.remainingMs);
      const round = this.#members.timed(next.round);
      const written = entries.map(({ type, ...payload }): Change => {
        const cost = type === next.round.phase ? this.host.costs.told(next.round) : {};
        const told = { round: next.round.round, ...payload, ...cost };
        const record = this.host.journal.next(type, told, at);
        return { type: 'append-journal', record };
      });
      const before = this.round;
      const ends = before !== undefined && !isOver(before) && isOver(round);
      await this.host.write([
        ...changes,
        { type: 'put-round', record: { federation: this.host.id, round, remainingMs } },
        ...written,
        ...(ends ? this.host.follow(this.#members.timed(before), round) : []),
      ]);
      if (ends) this.host.costs.written();
    }
    this.round = next.round;
    // Members that go on in the buffer that follows keep theirs: it takes over while the effects are performed.
    if (!isOver(next.round)) this.#members.keep(next.round);
    for (const effect of next.effects) this.#perform(effect);
    if (isOver(this.round)) this.#members.keep(this.round);
    else if (isAsynchronous(this.round)) this.host.mayHaveSeats();
    this.host.changed();
  }

  #perform(effect: Effect): void {
    const { round } = this;
    if (round === undefined) return;
    switch (effect.type) {
      case 'start-timer':
        return this.#startTimer(effect.phase, effect.ms);
      case 'stop-timer':
        return this.#stopTimer();
      case 'configure':
        return this.host.configure(round, effect.participants);
      case 'accept':
        // Nobody reads a masked update alone.
        if (hasSum(round)) return;
        // The reply goes first; the fold waits its turn in the queue.
        return this.host.enqueue('fold', () => this.#fold(effect.report));
      case 'aggregate':
        if (hasSum(round)) return this.host.openSum();
        return this.host.enqueue('aggregate', () => this.#aggregate());
      case 'announce-commit':
      case 'announce-abandon':
        this.#abandonCollecting();
        if (isOver(round)) this.host.ended(round);
        return;
      // Written above, and answered by whoever fed the event.
      case 'record':
      case 'refuse':
      case 'ask-again':
        return;
      default:
        effect satisfies never;
    }
  }

  #startTimer(phase: TimedPhase, ms: number): void {
    this.#stopTimer();
    const { round } = this;
    if (round === undefined) return;
    const { clock } = this.around;
    const cancel = clock.after(ms, () => {
      this.host.enqueue('deadline', async () => {
        await this.feed({ type: 'deadline', round: round.round, phase, at: clock.now() });
      });
    });
    this.#timer = { phase, dueAt: clock.monotonic() + ms, cancel };
    this.#heartbeat();
  }

  #stopTimer(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#stopHeartbeat?.();
    this.#stopHeartbeat = undefined;
  }

  #heartbeat(): void {
    this.#stopHeartbeat?.();
    this.#stopHeartbeat = this.around.clock.after(REMAINING_EVERY_MS, () => {
      this.host.enqueue('heartbeat', async () => {
        const { round, remainingMs } = this;
        if (round === undefined || isOver(round)) return;
        if (this.#isTimed) await this.#writeRemaining(this.#members.timed(round), remainingMs);
        this.#heartbeat();
      });
    });
  }

  async #fold(report: Report): Promise<void> {
    const { round } = this;
    if (round === undefined || (round.phase !== 'reporting' && round.phase !== 'aggregation')) return;
    try {
      await this.#collectingOf(round).add(report, !this.#fresh.has(report.update));
    } catch (error) {
      // Half an update may be in the sum: it is made anew from the stored updates when the round closes.
      this.#abandonCollecting();
      this.around.log.warn(
        { federation: this.host.id, round: round.round, error: String(error) },
        'an update could not be folded in',
      );
    }
  }

  /** `words`: secure sums, one for each group; absent where the updates are read one by one. */
  async #aggregate(words?: readonly Uint32Array<ArrayBuffer>[]): Promise<void> {
    const { round } = this;
    if (round?.phase !== 'aggregation') return;
    // Without room for the end of the round this comes here again: what was decided is not decided anew.
    this.#givenUp ??= await this.#commit(round, words);
    if (this.#givenUp === undefined) return;
    await this.feed({ type: 'failed', reason: this.#givenUp, at: this.around.clock.now() });
    this.#givenUp = undefined;
  }

  /** Why there is no new version, in a sentence, with nothing left of it; undefined where it is durable. */
  async #commit(
    round: Aggregation,
    words?: readonly Uint32Array<ArrayBuffer>[],
  ): Promise<string | undefined> {
    const made = await this.#makeVersion(round, words);
    if (!made.ok) return made.error;
    const { version, parameters, weight } = made.value;
    const kept = digestsOf(version);
    const { event, changes } = this.host.planCommit(round, version, parameters, weight);
    try {
      await this.feed(event, changes);
      return undefined;
    } catch (error) {
      if (!(error instanceof RecordsFull)) throw error;
      // First: it makes room for the end of the round to be written.
      for (const one of kept) await this.host.release(one);
      return NO_ROOM;
    }
  }

  /** Bytes of the new version, durable; or why there are none, in a sentence. */
  async #makeVersion(
    round: Aggregation,
    words?: readonly Uint32Array<ArrayBuffer>[],
  ): Promise<
    Result<
      {
        readonly version: MadeVersion;
        readonly parameters: Float32Array;
        /** Rows that its devices count, as a secure sum says them; undefined: their reports do. */
        readonly weight: number | undefined;
      },
      string
    >
  > {
    const { blobs, fatal } = this.around;
    const failed = (error: string): { ok: false; error: string } => ({ ok: false, error });
    const { plan, base, norms, normFactor, downlink } = this.host.aggregation(round);
    let from: ReadBase;
    let weight: number | undefined;
    let made: Result<Aggregated, AggregationFailure>;
    try {
      if (words === undefined) {
        const state = this.#collectingOf(round);
        for (const report of acceptedReports(round)) await state.add(report, !this.#fresh.has(report.update));
        from = await readBase(blobs, plan, base);
        // Before any noise is drawn. What was charged stays charged, whatever comes of it.
        const refusal = await this.host.charge(round);
        if (refusal !== undefined) return failed(refusal);
        made = await state.finish(from);
      } else {
        const decoded = decodeSums(plan, round.sums ?? [], words, round.rules.goal);
        this.host.sumDecoded(decoded.ok ? decoded.value.norms : undefined);
        if (!decoded.ok) return failed(sumFaultSentence(decoded.error));
        ({ weight } = decoded.value);
        from = await readBase(blobs, plan, base);
        made = versionOfSums(plan, decoded.value.sums, from);
      }
    } catch (error) {
      if (error instanceof BlobSpaceFull || error instanceof RecordsFull) return failed(NO_ROOM);
      if (!(error instanceof BlobMissing) && !(error instanceof BlobDamaged)) throw error;
      if (error.digest === base.digest || error.digest === base.state || error.digest === base.residual)
        this.host.baseDamaged();
      return failed(`${error.message} The round cannot be averaged.`);
    } finally {
      this.#abandonCollecting();
    }
    if (!made.ok) return failed(failureSentence(made.error));
    // Of the zeros that stand for it in updates, codecs and servers with a memory may make something else.
    for (const own of plan.own ?? [])
      made.value.parameters.set(from.master.subarray(own.from, own.to), own.from);
    const norm = movedNorm(from.master, made.value.parameters);
    const guarded = normFactor === null ? ok(null) : guardNorm(norms, norm, normFactor);
    if (!guarded.ok) return failed(failureSentence(guarded.error));
    try {
      const anchor = await anchorFor(blobs, downlink, round, from.held);
      const version = await publish(blobs, made.value, anchor, downlink, norm);
      return ok({ version, parameters: made.value.parameters, weight });
    } catch (error) {
      if (error instanceof BlobSpaceFull) return failed(NO_ROOM);
      fatal(error);
      throw error;
    }
  }

  #collectingOf(round: Reporting | Aggregation): Collecting {
    return (this.#collecting ??= collecting(this.around.blobs, this.host.aggregation(round).plan));
  }

  /** What was spooled for it is deleted; what stays behind is swept at the next start. */
  #abandonCollecting(): void {
    const given = this.#collecting;
    this.#collecting = undefined;
    given?.close().catch((error: unknown) => {
      this.around.log.warn(
        { federation: this.host.id, error: String(error) },
        'spooled updates were left behind',
      );
    });
  }
}

const hasSum = (round: Round): boolean => 'sums' in round && round.sums !== undefined;

const withSum = (round: Round, moved: GroupSum | undefined): Round =>
  moved !== undefined && (round.phase === 'reporting' || round.phase === 'aggregation')
    ? { ...round, sums: Object.assign([...(round.sums ?? [])], { [moved.group]: moved.sum }) }
    : round;

/** Who is where, by slots: what of an attempt the journal keeps. */
const linesOf = ({ group, sum }: GroupSum): Readonly<Record<string, unknown>> => ({
  ...(group === 0 ? {} : { group }),
  ...('shared' in sum ? { shared: sum.shared.map(({ slot }) => slot) } : {}),
  ...('summed' in sum ? { summed: sum.summed } : {}),
  ...('reason' in sum ? { reason: sum.reason } : {}),
});

const NO_ROOM = 'The disk of the server is full: the new version could not be kept.';

const remainingAfter = (effects: readonly Effect[], before: number | null): number | null =>
  effects.reduce<number | null>(
    (left, effect) =>
      effect.type === 'start-timer' ? effect.ms : effect.type === 'stop-timer' ? null : left,
    before,
  );
