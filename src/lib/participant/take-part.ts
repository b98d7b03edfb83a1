// Taking part in one federation: check in, work each round this device is picked for, send what was trained, learn the
// decision. Messages are hints that may be lost; whatever counts is asked for again or lies in the store.
import type { FederationId, RoundNumber, VersionNumber } from '../core/ids.ts';
import type { Clock } from '../ports/clock.ts';
import { LinkLost, WrongBytes, type CoordinatorLink } from '../ports/coordinator-link.ts';
import { StorageFull, type DatasetStore } from '../ports/dataset-store.ts';
import type { Checkpoint, HistoryPoint, OutboxEntry, ParticipantStore } from '../ports/participant-store.ts';
import type { BackendName } from '../ports/trainer.ts';
import type { UpdateReply } from '../protocol/http.ts';
import type { Abandoned, Answer, ClientMessages, Committed, Configured } from '../protocol/messages.ts';
import type { FederationView } from '../protocol/views.ts';
import { createBlockList } from './blocked.ts';
import { openContributions, type Contributions } from './contributions.ts';
import { createQueue, type Engines } from './engine.ts';
import { equip, JoinRefused, type Equipment } from './equipment.ts';
import { readJoined, writeJoined, type Joined } from './joined.ts';
import { parametersOf } from './parameter-source.ts';
import type { ParticipationView } from './participation.ts';
import { createGate, transfer } from './patience.ts';
import { createVersionScoring, type NamedVersion } from './score-versions.ts';
import { watchSleep } from './sleep-watch.ts';
import type { TrainingProgress } from './train-locally.ts';
import { createTrainingControl, type TrainingControl } from './training-control.ts';
import type { TrainingTurn } from './training-turn.ts';
import { createViewPace } from './view-pace.ts';
import { checkpointKey, roundTraining, workRound } from './work-round.ts';

export interface TakePartOptions {
  readonly federation: FederationId;
  readonly link: CoordinatorLink;
  readonly datasets: Pick<DatasetStore, 'record' | 'read'>;
  readonly store: ParticipantStore;
  readonly engines: Engines;
  readonly clock: Clock;
  readonly turn: TrainingTurn;
  /** Work of participants that share a processor runs one piece at a time. */
  readonly queue?: ReturnType<typeof createQueue>;
  /** Called when this device has joined and before it checks in: the link may have to say who it is. */
  readonly onJoined?: () => void;
  /** Whether a browser may freeze this; a process is never told that its tab was. */
  readonly mayFreeze: boolean;
  /** Uniform in [0, 1), for waiting times. */
  readonly uniform?: () => number;
  onView(view: ParticipationView): void;
  /** A bug or a broken store: the work in hand was given up. */
  onFault(fault: unknown): void;
}

export interface JoinRequest {
  readonly dataset: string;
  readonly name: string | null;
  readonly backend: BackendName | null;
}

export interface TakingPart {
  readonly view: ParticipationView;
  /** Watches the federation, and goes on taking part if this device had joined. */
  open(): Promise<void>;
  /** Rejects with JoinRefused. */
  join(request: JoinRequest): Promise<void>;
  pause(): Promise<void>;
  resume(): Promise<void>;
  leave(when: 'now' | 'after-round'): Promise<void>;
  /** Takes training over from the other tab of this browser. */
  moveHere(): void;
  /** Stops everything and keeps what is stored; the coordinator sees a connection go. */
  close(): Promise<void>;
}

/** The round in hand. */
interface RoundInHand {
  readonly round: RoundNumber;
  readonly message: Configured | null;
  readonly control: TrainingControl;
  readonly ending: AbortController;
  stage: 'receiving' | 'training' | 'sending' | 'averaging';
  fraction: number | null;
  progress: TrainingProgress | null;
  deadlineAt: number | null;
  undoDeadline: () => void;
}

/** A paused device that is in a round gives it up after this long, so that the round need not wait for its deadline. */
const PAUSE_GRACE_MS = 20_000;
/** Progress is told to the coordinator this often. */
const TELL_EVERY_MS = 1_000;
/** A notice that needs no action goes by itself. */
const NOTICE_MS = 60_000;
const RETRY_CHECK_IN_MS = 15_000;
const HISTORY_KEPT = 2_000;

const megabytes = (bytes: number): string => (bytes < 1e5 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`);

class Ended extends Error {
  override readonly name = 'Ended';
}

export function takePart(options: TakePartOptions): TakingPart {
  const { federation, link, store, clock } = options;
  const uniform = options.uniform ?? Math.random;
  const queue = options.queue ?? createQueue();
  const blocks = createBlockList(() => clock.now());
  const gate = createGate();
  const living = new AbortController();
  const undoings: (() => void)[] = [];

  let view: FederationView | undefined;
  let joined: Joined | null = null;
  let equipment: Equipment | undefined;
  let equipping: Promise<Equipment> | undefined;
  let checking = false;
  let contributions: Contributions | undefined;
  let hasTurn = false;
  let superseded = false;
  let returnTurn: (() => void) | undefined;
  let checkedIn = false;
  let hand: RoundInHand | undefined;
  let lastRound: RoundNumber | undefined;
  let earlier: readonly HistoryPoint[] = [];
  let leaveAfterRound = false;
  let lastEvent: string | null = null;
  let undoGrace: () => void = () => {};
  let undoRetry: () => void = () => {};
  const ended = new Map<RoundNumber, { readonly version: VersionNumber | null }>();
  /** The round whose end this device heard of before the view that shows it. */
  let justEnded: RoundNumber | undefined;

  // ─── What the screen knows ────────────────────────────────────────────────────────────────────────────────────────

  function present(): ParticipationView {
    if (link.state === 'offline' && joined !== null)
      blocks.set({
        reason: 'offline',
        closesAt: hand?.deadlineAt ?? null,
        work: hand === undefined || hand.stage === 'averaging' ? null : hand.stage === 'sending' ? 'sending' : 'training',
      });
    else blocks.clear('offline');
    if (joined !== null && view?.state === 'paused' && hand === undefined) blocks.set({ reason: 'federation-paused' });
    else blocks.clear('federation-paused');
    const training = hand?.stage === 'training' ? hand.progress : null;
    return {
      federation,
      state: stateNow(),
      blocked: joined === null ? null : blocks.first(clock.now()),
      link: link.state,
      round: hand?.round ?? null,
      base: hand?.message?.base.version ?? null,
      fraction: hand?.fraction ?? null,
      etaMs: training?.etaMs ?? null,
      deadlineAt: hand?.deadlineAt ?? null,
      backend: equipment?.engine.choice ?? null,
      examplesPerSecond: training?.examplesPerSecond ?? null,
      history: [...earlier, ...pointsOf(hand)],
      bytes: link.bytes,
      roundsContributed: contributions?.count ?? 0,
      bytesSent: contributions?.bytesSent ?? 0,
      localEvaluations: equipment?.scoreboard.scored.map(({ version, tally }) => ({ version, tally })) ?? [],
      leaveAfterRound,
      lastEvent,
    };
  }
  function stateNow(): ParticipationView['state'] {
    if (joined === null) return 'idle';
    if (checking) return 'checking';
    if (hand !== undefined) return hand.stage;
    if (view?.state === 'finished') return 'done';
    if (justEnded !== undefined) return 'resting';
    const round = view?.round;
    const resting = round !== null && round !== undefined && round.phase !== 'selection' && round.phase !== 'abandoned';
    return resting ? 'resting' : 'waiting';
  }
  function pointsOf(one: RoundInHand | undefined): readonly HistoryPoint[] {
    if (one?.progress == null) return [];
    const start = earlier.at(-1)?.step ?? 0;
    return one.progress.history.map((point) => ({ ...point, step: start + point.step, epoch: one.round }));
  }
  const pace = createViewPace(clock, () => options.onView(present()));
  const happened = (event: string): void => {
    lastEvent = event;
    pace.changed();
  };

  // ─── Telling the coordinator ──────────────────────────────────────────────────────────────────────────────────────

  /** A hint: when the connection goes first, the next check-in says it all again. */
  async function tell<Name extends keyof ClientMessages>(name: Name, message: ClientMessages[Name]): Promise<Answer | undefined> {
    try {
      return await link.send(name, message);
    } catch (failure) {
      if (failure instanceof LinkLost) return undefined;
      throw failure;
    }
  }
  /** Work whose failure is not the caller's: what can be answered is answered inside, the rest is a fault. */
  function background(work: Promise<unknown>): void {
    work.catch((failure: unknown) => {
      if (failure instanceof Ended || living.signal.aborted) return;
      options.onFault(failure);
    });
  }

  async function attend(): Promise<void> {
    if (link.state !== 'connected') return;
    const answer = await tell('watch', { federation });
    if (answer?.ok === true && answer.view !== null) seen(answer.view);
    await checkIn();
    if (joined === null) return;
    await settleWaiting();
    if (equipment !== undefined) await scoring.tellAll(equipment);
  }

  async function checkIn(): Promise<void> {
    undoRetry();
    if (joined === null || joined.pausedAt !== null || !hasTurn || superseded || equipment === undefined) return;
    if (link.state !== 'connected' || view?.state === 'finished') return;
    const answer = await tell('check-in', {
      federation,
      examples: equipment.rows.training.count,
      backend: equipment.engine.choice.backend,
    });
    if (answer === undefined) {
      // Not answered although connected: once more in a while; a reconnection comes by itself.
      undoRetry = clock.after(RETRY_CHECK_IN_MS, () => background(checkIn()));
      return;
    }
    if (answer.ok) {
      checkedIn = true;
      blocks.clear('excluded', 'other-tab');
      if (answer.view !== null) seen(answer.view);
      pace.changed();
      return;
    }
    checkedIn = false;
    switch (answer.error) {
      case 'finished':
        background(attendLater());
        break;
      case 'other-connection':
        standBack();
        break;
      case 'malformed':
      case 'unknown-event':
      case 'unknown-federation':
      case 'not-identified':
      case 'too-many':
      case 'not-in-cohort':
      case 'unknown-version':
        blocks.set({ reason: 'excluded', detail: answer.message });
        undoRetry = clock.after(RETRY_CHECK_IN_MS, () => background(checkIn()));
        break;
      default:
        answer.error satisfies never;
    }
    pace.changed();
  }
  /** The run is over: the view says so, and a new run brings another. */
  async function attendLater(): Promise<void> {
    const fresh = await link.federation(federation);
    if (fresh !== undefined) seen(fresh);
  }

  function seen(next: FederationView): void {
    if (next.id !== federation) return;
    const before = view;
    view = next;
    justEnded = undefined;
    const reopened = before !== undefined && before.state === 'finished' && next.state !== 'finished';
    if (reopened) checkedIn = false;
    if (joined !== null && !checkedIn && next.state !== 'finished' && (reopened || before === undefined)) background(checkIn());
    if (joined !== null && hand?.stage === 'averaging' && next.round !== null && next.round.round > hand.round)
      background(settleWaiting());
    if (hand === undefined) scoreLater(next.head);
    if (leaveAfterRound && hand === undefined) background(leaveNow());
    pace.changed();
  }

  // ─── Joining and equipment ────────────────────────────────────────────────────────────────────────────────────────

  async function federationView(): Promise<FederationView> {
    if (view !== undefined) return view;
    const fetched = await link.federation(federation);
    if (fetched === undefined)
      throw new JoinRefused('unknown-federation', `There is no federation “${federation}” here. Check the link you were given.`);
    view = fetched;
    return fetched;
  }

  async function equipFor(one: Pick<Joined, 'dataset' | 'backend'>, spec: FederationView['spec']): Promise<Equipment> {
    checking = true;
    pace.changed();
    try {
      return await equip({ ...options, queue }, one, spec);
    } finally {
      checking = false;
      pace.changed();
    }
  }
  /** Builds the equipment once; a failed attempt is forgotten. */
  async function equipped(): Promise<Equipment> {
    if (joined === null) throw new Ended();
    const one = joined;
    equipping ??= federationView()
      .then(({ spec }) => equipFor(one, spec))
      .finally(() => (equipping = undefined));
    const made = await equipping;
    if (joined === null) {
      made.engine.dispose();
      throw new Ended();
    }
    equipment = made;
    return made;
  }
  function dropEquipment(): void {
    equipment?.engine.dispose();
    equipment = undefined;
  }

  function takeTurn(steal: boolean): void {
    returnTurn?.();
    returnTurn = options.turn.request({
      steal,
      onState(state) {
        if (joined === null || living.signal.aborted) return;
        switch (state) {
          case 'held':
            hasTurn = true;
            superseded = false;
            blocks.clear('other-tab');
            background(begin());
            break;
          case 'waiting':
            hasTurn = false;
            blocks.set({ reason: 'other-tab' });
            break;
          case 'lost':
            hasTurn = false;
            standBack();
            takeTurn(false);
            break;
          default:
            state satisfies never;
        }
        pace.changed();
      },
    });
  }
  /** The turn is ours: send what an earlier visit trained, get ready, check in. */
  async function begin(): Promise<void> {
    const made = equipment ?? (await equipWithPatience());
    if (made === undefined) return;
    const waitingEntries = await store.outbox.list(federation);
    for (const entry of waitingEntries) if (hand === undefined) background(sendAgain(entry));
    await attend();
    if (view !== undefined && hand === undefined) scoreLater(view.head);
  }
  /** After a reload the view may not have come yet, and the data may be gone: then the device leaves, and says why. */
  async function equipWithPatience(): Promise<Equipment | undefined> {
    try {
      return await transfer({ link, clock, gate, uniform }, living.signal, equipped);
    } catch (failure) {
      if (!(failure instanceof JoinRefused)) throw failure;
      await leaveNow();
      happened(failure.message);
      return undefined;
    }
  }
  /** Another connection of this participant trains now. */
  function standBack(): void {
    superseded = true;
    checkedIn = false;
    blocks.set({ reason: 'other-tab' });
    if (hand !== undefined) surrender(hand);
    pace.changed();
  }

  // ─── Rounds ───────────────────────────────────────────────────────────────────────────────────────────────────────

  function takeInHand(round: RoundNumber, message: Configured | null): RoundInHand {
    const one: RoundInHand = {
      round,
      message,
      control: createTrainingControl(joined?.pausedAt == null ? 'running' : 'paused'),
      ending: new AbortController(),
      stage: message === null ? 'sending' : 'receiving',
      fraction: null,
      progress: null,
      deadlineAt: null,
      undoDeadline: () => {},
    };
    hand = one;
    lastRound = round;
    return one;
  }
  function letGo(one: RoundInHand): void {
    one.undoDeadline();
    one.control.stop();
    one.ending.abort(new Ended());
    if (hand !== one) return;
    earlier = [...earlier, ...pointsOf(one)].slice(-HISTORY_KEPT);
    hand = undefined;
    undoGrace();
    if (leaveAfterRound) background(leaveNow());
    else if (view !== undefined) scoreLater(view.head);
    pace.changed();
  }
  /** Writes a checkpoint before it stops, for the tab that goes on. */
  function surrender(one: RoundInHand): void {
    if (one.stage !== 'training') return letGo(one);
    one.control.pause();
    undoGrace();
    // Progress tells when the checkpoint lies in the store (see onProgress below).
  }
  function setDeadline(one: RoundInHand, deadlineMs: number): void {
    one.undoDeadline();
    one.deadlineAt = clock.now() + deadlineMs;
    one.undoDeadline = clock.after(deadlineMs, () => missed(one, 'deadline'));
  }
  function missed(one: RoundInHand, cause: 'deadline' | 'round-closed'): void {
    // What is being sent gets its decision from the coordinator, whatever the time here.
    if (hand !== one || one.stage === 'sending' || one.stage === 'averaging') return;
    late(one.round, cause);
    background(store.checkpoints.remove(checkpointKey({ federation, round: one.round })));
    letGo(one);
  }
  function late(round: RoundNumber, cause: 'deadline' | 'round-closed'): void {
    blocks.set({ reason: 'late', round, cause });
    passNotice('late');
  }
  const passNotice = (reason: 'late' | 'frozen-back' | 'gpu-lost' | 'storage-full'): void => {
    clock.after(NOTICE_MS, () => {
      blocks.clear(reason);
      pace.changed();
    });
  };
  const storageFull = (full: StorageFull): void => {
    blocks.set({ reason: 'storage-full', neededBytes: full.neededBytes, freeBytes: full.freeBytes });
    passNotice('storage-full');
    pace.changed();
  };
  /** Writes where there is room; training goes on from memory where there is none. */
  async function kept(write: Promise<void>): Promise<void> {
    try {
      await write;
    } catch (failure) {
      if (!(failure instanceof StorageFull)) throw failure;
      storageFull(failure);
    }
  }

  async function configured(message: Configured): Promise<void> {
    if (message.federation !== federation || joined === null || joined.pausedAt !== null || superseded) return;
    if (contributions?.has(message.round) === true) return;
    if (hand?.round === message.round) return setDeadline(hand, message.deadlineMs);
    if (hand !== undefined && hand.round > message.round) return;
    if (hand !== undefined) letGo(hand);
    blocks.clear('late', 'diverged', 'gpu-lost', 'oom', 'storage-full', 'frozen-back');
    const one = takeInHand(message.round, message);
    setDeadline(one, message.deadlineMs);
    pace.changed();
    try {
      const entries = await store.outbox.list(federation);
      const trained = entries.find((entry) => entry.round === message.round && entry.offer.base === message.base.digest);
      const entry = trained ?? (await train(one, message));
      if (entry !== undefined) await send(one, entry);
    } catch (failure) {
      if (one.ending.signal.aborted) return;
      if (failure instanceof WrongBytes || failure instanceof JoinRefused) happened(failure.message);
      else options.onFault(failure);
      await giveUp(one, failure instanceof Error ? failure.message : 'Something broke on the device.');
    }
  }
  async function giveUp(one: RoundInHand, reason: string): Promise<void> {
    letGo(one);
    await tell('withdraw', { federation, round: one.round, reason: reason.slice(0, 200) });
  }

  /** undefined: there is nothing to send. */
  async function train(one: RoundInHand, message: Configured): Promise<OutboxEntry | undefined> {
    const { signal } = one.ending;
    // A new run may have another model: its view says which.
    if (view?.run !== message.run) {
      const fresh = await transfer({ link, clock, gate, uniform }, signal, () => link.federation(federation));
      if (fresh !== undefined) view = fresh;
    }
    if (equipment !== undefined && view !== undefined && JSON.stringify(view.spec.network) !== JSON.stringify(equipment.spec.network))
      dropEquipment();
    const own = equipment ?? (await equipped());
    const { network, rows, engine, spec } = own;
    const base = await transfer({ link, clock, gate, uniform }, signal, (attempt) =>
      parametersOf({ store, link }, message.base, {
        signal: attempt,
        onFull: storageFull,
        onProgress: (fraction) => progressed(one, 'receiving', fraction),
      }),
    );
    if (base.length !== network.parameterCount)
      throw new WrongBytes(`The version has ${base.length} parameters where the model has ${network.parameterCount}.`);
    await scoring.score(own, message.base, async () => base, signal);
    signal.throwIfAborted();
    const stored: Checkpoint | undefined = await store.checkpoints.get(checkpointKey(message));
    const training = roundTraining(message, network, rows, base, spec.metric.name, stored);
    if (training.checkpoint !== undefined) happened(`Went on with round ${one.round} from where this device had stopped.`);
    progressed(one, 'training', 0);
    const outcome = await engine.alone(() =>
      workRound(message, training, {
        engine,
        clock,
        control: one.control,
        saveCheckpoint: (checkpoint) => (signal.aborted ? Promise.resolve() : kept(store.checkpoints.put(checkpoint))),
        onProgress(progress) {
          one.progress = progress;
          progressed(one, 'training', progress.fraction);
          // The turn went to another tab: the checkpoint lies in the store, and this tab stops.
          if (progress.paused && superseded) letGo(one);
        },
        onNotice(sentence, failure) {
          blocks.set({ reason: failure.kind === 'out-of-memory' ? 'oom' : 'gpu-lost', message: sentence });
          passNotice('gpu-lost');
          happened(sentence);
        },
      }),
    );
    if (signal.aborted) return undefined;
    switch (outcome.type) {
      case 'stopped':
        return undefined;
      case 'failed':
        await store.checkpoints.remove(training.key);
        if (outcome.kind === 'diverged') blocks.set({ reason: 'diverged', detail: outcome.message });
        else {
          const sentence =
            outcome.kind === 'out-of-memory'
              ? 'Not enough memory for this model here.'
              : `No way of computing is left on this device: ${outcome.message}`;
          blocks.set({ reason: outcome.kind === 'out-of-memory' ? 'oom' : 'gpu-lost', message: sentence });
          // The next round measures anew: a device that was lost may be back.
          dropEquipment();
        }
        await giveUp(one, outcome.message);
        return undefined;
      case 'trained':
        // Before the first byte is sent: from here on a reload sends again and never trains again.
        await kept(store.outbox.put(outcome.entry));
        await store.checkpoints.remove(training.key);
        return outcome.entry;
      default:
        return outcome satisfies never;
    }
  }
  let toldAt = -Infinity;
  function progressed(one: RoundInHand, stage: 'receiving' | 'training' | 'sending', fraction: number): void {
    if (hand !== one) return;
    const moved = one.stage !== stage;
    one.stage = stage;
    one.fraction = fraction;
    pace.changed();
    const now = clock.monotonic();
    if (link.state !== 'connected' || (!moved && now - toldAt < TELL_EVERY_MS)) return;
    toldAt = now;
    const told = { federation, round: one.round, stage: stage === 'sending' ? 'uploading' : stage, fraction } as const;
    background(tell('progress', told));
  }

  async function sendAgain(entry: OutboxEntry): Promise<void> {
    const one = takeInHand(entry.round, null);
    happened(`Sending the update of round ${entry.round}, trained before.`);
    try {
      await send(one, entry);
    } catch (failure) {
      if (one.ending.signal.aborted) return;
      letGo(one);
      throw failure;
    }
  }
  async function send(one: RoundInHand, entry: OutboxEntry): Promise<void> {
    const { signal } = one.ending;
    progressed(one, 'sending', 0);
    const reply = await transfer({ link, clock, gate, uniform }, signal, (attempt) =>
      link.upload(federation, entry.offer, entry.bytes, {
        signal: attempt,
        onProgress: (fraction) => progressed(one, 'sending', fraction),
      }),
    );
    await kept(record(entry, reply));
    if (reply.type === 'refused') {
      refused(one, reply);
      return;
    }
    happened(`Sent update ${entry.round} (${megabytes(entry.bytes.byteLength)}).`);
    const known = ended.get(one.round);
    if (known !== undefined) {
      await contributions?.settled(one.round, known.version);
      return letGo(one);
    }
    one.undoDeadline();
    one.stage = 'averaging';
    one.fraction = null;
    pace.changed();
  }
  async function record(entry: OutboxEntry, reply: UpdateReply): Promise<void> {
    contributions ??= await openContributions(store, federation);
    await contributions.decided(entry, reply, clock.now());
  }
  function refused(one: RoundInHand, reply: UpdateReply & { readonly type: 'refused' }): void {
    switch (reply.refusal.kind) {
      case 'round-closed':
      case 'stale-base':
        late(one.round, 'round-closed');
        break;
      case 'not-finite':
      case 'too-large-coordinate':
        blocks.set({ reason: 'diverged', detail: reply.message });
        break;
      case 'not-in-cohort':
      case 'duplicate':
      case 'wrong-federation':
      case 'wrong-length':
      case 'wrong-digest':
      case 'invalid':
        break;
      default:
        reply.refusal satisfies never;
    }
    happened(reply.message);
    letGo(one);
  }

  async function committed(message: Committed): Promise<void> {
    if (message.federation !== federation) return;
    ended.set(message.round, { version: message.counted ? message.version : null });
    await contributions?.settled(message.round, message.counted ? message.version : null);
    if (joined === null) return;
    justEnded = message.round;
    if (message.counted) happened(`Version ${message.version} is there, with this device’s update in it.`);
    if (hand?.round === message.round) {
      if (hand.stage === 'averaging') letGo(hand);
      else missed(hand, 'round-closed');
    }
    scoreLater(message);
  }
  async function abandoned(message: Abandoned): Promise<void> {
    if (message.federation !== federation) return;
    ended.set(message.round, { version: null });
    await contributions?.settled(message.round, null);
    if (joined === null) return;
    happened(`Round ${message.round} was abandoned: ${message.reason}`);
    const one = hand;
    if (one?.round !== message.round) return;
    letGo(one);
    await store.checkpoints.remove(checkpointKey(message));
    await store.outbox.remove(federation, message.round);
  }
  /** After a reload or a silence: what became of the rounds whose end was not heard of. */
  async function settleWaiting(): Promise<void> {
    if (contributions === undefined) return;
    try {
      for (const round of await contributions.reconcile(link))
        if (hand?.round === round && hand.stage === 'averaging') letGo(hand);
    } catch (failure) {
      if (!(failure instanceof LinkLost)) throw failure;
      // Asked again at the next connection.
    }
  }

  // ─── Scoring versions ─────────────────────────────────────────────────────────────────────────────────────────────

  const scoring = createVersionScoring({
    federation,
    tell,
    onEngineLost(lost) {
      if (equipment === lost) dropEquipment();
    },
    onFull: storageFull,
    onChanged: pace.changed,
  });
  function scoreLater(named: NamedVersion): void {
    const own = equipment;
    if (joined === null || joined.pausedAt !== null || superseded || !hasTurn || own === undefined) return;
    if (scoring.wants(own, named)) background(scoreWithPatience(own, named));
  }
  async function scoreWithPatience(own: Equipment, named: NamedVersion): Promise<void> {
    const { signal } = living;
    const load = (): Promise<Float32Array<ArrayBuffer>> =>
      transfer({ link, clock, gate, uniform }, signal, (attempt) =>
        parametersOf({ store, link }, named, { signal: attempt, onFull: storageFull }),
      );
    try {
      await scoring.score(own, named, load, signal);
    } catch (failure) {
      // A version that cannot be had here is scored by others.
      if (!(failure instanceof WrongBytes)) throw failure;
      happened(failure.message);
    }
  }

  // ─── What the person asks for ─────────────────────────────────────────────────────────────────────────────────────

  async function remember(next: Joined | null): Promise<void> {
    joined = next;
    await kept(writeJoined(store, federation, next));
  }
  async function leaveNow(): Promise<void> {
    const one = hand;
    const was = joined;
    leaveAfterRound = false;
    joined = null;
    undoGrace();
    undoRetry();
    returnTurn?.();
    returnTurn = undefined;
    hasTurn = false;
    superseded = false;
    blocks.clear('user-paused', 'other-tab', 'late', 'frozen-back', 'gpu-lost', 'oom', 'storage-full', 'diverged', 'excluded');
    gate.reopen();
    if (one !== undefined) {
      letGo(one);
      if (one.stage !== 'averaging') await tell('withdraw', { federation, round: one.round, reason: 'The participant left.' });
    }
    if (was === null) return;
    if (checkedIn && link.state === 'connected') await tell('check-out', { federation });
    checkedIn = false;
    dropEquipment();
    await remember(null);
    if (one !== undefined) await store.checkpoints.remove(checkpointKey({ federation, round: one.round }));
    for (const entry of await store.outbox.list(federation)) await store.outbox.remove(federation, entry.round);
    pace.changed();
  }

  function slept(gapMs: number): void {
    if (joined === null) return;
    blocks.set({ reason: 'frozen-back', gapMs });
    passNotice('frozen-back');
    if (hand?.deadlineAt != null && hand.deadlineAt <= clock.now()) missed(hand, 'deadline');
    background(attend());
    pace.changed();
  }

  return {
    get view() {
      return present();
    },
    async open() {
      contributions = await openContributions(store, federation);
      undoings.push(
        link.on('federation', seen),
        link.on('configured', (message) => background(configured(message))),
        link.on('committed', (message) => background(committed(message))),
        link.on('abandoned', (message) => background(abandoned(message))),
        link.on('superseded', (message) => {
          if (message.federation === federation && joined !== null) standBack();
        }),
        link.onState((state) => {
          if (state !== 'connected') checkedIn = false;
          else background(attend());
          pace.changed();
        }),
        link.onBytes(() => pace.changed()),
        options.mayFreeze ? watchSleep(clock, slept) : () => {},
      );
      joined = (await readJoined(store, federation)) ?? null;
      if (joined?.pausedAt != null) {
        gate.shut();
        blocks.set({ reason: 'user-paused' });
      }
      // A paused device waits with everything until the person resumes.
      if (joined !== null && joined.pausedAt === null) takeTurn(false);
      background(attend());
      pace.changed();
    },
    async join(request) {
      if (joined !== null) await leaveNow();
      const { spec } = await federationView();
      const made = await equipFor(request, spec);
      equipment = made;
      await remember({ federation, ...request, pausedAt: null, joinedAt: clock.now() });
      options.onJoined?.();
      takeTurn(false);
      pace.changed();
    },
    async pause() {
      if (joined === null || joined.pausedAt !== null) return;
      gate.shut();
      hand?.control.pause();
      blocks.set({ reason: 'user-paused' });
      await remember({ ...joined, pausedAt: clock.now() });
      const one = hand;
      if (one === undefined) {
        checkedIn = false;
        await tell('check-out', { federation });
      } else
        undoGrace = clock.after(PAUSE_GRACE_MS, () => {
          checkedIn = false;
          background(tell('check-out', { federation }));
          if (one.stage === 'averaging') return;
          background(tell('withdraw', { federation, round: one.round, reason: 'The participant paused.' }));
        });
      pace.changed();
    },
    async resume() {
      if (joined === null || joined.pausedAt === null) return;
      undoGrace();
      await remember({ ...joined, pausedAt: null });
      blocks.clear('user-paused');
      gate.reopen();
      hand?.control.resume();
      if (hasTurn) background(begin());
      else takeTurn(false);
      pace.changed();
    },
    async leave(when) {
      if (when === 'after-round' && hand !== undefined) {
        leaveAfterRound = true;
        pace.changed();
        return;
      }
      await leaveNow();
    },
    moveHere() {
      if (joined === null) return;
      superseded = false;
      takeTurn(true);
    },
    async close() {
      living.abort(new Ended());
      for (const undo of undoings) undo();
      undoGrace();
      undoRetry();
      pace.close();
      const one = hand;
      if (one !== undefined) {
        one.undoDeadline();
        one.control.stop();
        one.ending.abort(new Ended());
      }
      returnTurn?.();
      // Whatever is being computed ends at its next step.
      await queue(async () => undefined);
      dropEquipment();
    },
  };
}
