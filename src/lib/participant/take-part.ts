// Taking part in one federation: check in, work each round this device is picked for, send what was trained, learn the
// decision. Messages are hints that may be lost; whatever counts is asked for again or lies in the store. This file joins the
// parts (attendance, rounds, scores) and does what the person asks for.
import { statisticsOf } from '../core/statistics/rules.ts';
import { LinkLost, WrongBytes } from '../ports/coordinator-link.ts';
import type { BackendName } from '../ports/trainer.ts';
import { termsOf } from './agreed-terms.ts';
import { createAttendance } from './attendance.ts';
import { openContributions } from './contributions.ts';
import { firstOf, JoinRefused, type Equipment } from './equipment.ts';
import { createEquipping } from './equipping.ts';
import { createGround, Ended, type TakePartOptions } from './ground.ts';
import { readJoined, writeJoined, type Joined } from './joined.ts';
import { parametersOf } from './parameter-source.ts';
import type { ParticipationView } from './participation.ts';
import type { ServerMessages } from '../protocol/messages.ts';
import type { FederationView } from '../protocol/views.ts';
import type { SumTalk } from './secure-sum/sum-round.ts';
import { createPersonalModels } from './personal-models.ts';
import { createHands } from './round-in-hand.ts';
import { createRounds } from './rounds.ts';
import { createVersionScoring, type NamedVersion } from './score-versions.ts';
import { watchSleep } from './sleep-watch.ts';
import { createSurveys } from './statistics/surveys.ts';
import { checkpointKey } from './round-keys.ts';

export type { TakePartOptions } from './ground.ts';

export interface JoinRequest {
  readonly dataset: string;
  readonly name: string | null;
  readonly backend: BackendName | null;
  /** Labels for rounds that ask for some. */
  readonly tags?: readonly string[];
  /** The code of an invitation, where only invited devices may join. */
  readonly invitation?: string | null;
}

export interface TakingPart {
  readonly view: ParticipationView;
  /** Watches the federation, and goes on taking part if this device had joined. */
  open(): Promise<void>;
  /** Rejects with JoinRefused, or LinkLost where the federation could not be asked for. */
  join(request: JoinRequest): Promise<void>;
  pause(): Promise<void>;
  resume(): Promise<void>;
  leave(when: 'now' | 'after-round'): Promise<void>;
  /** What this device says of its rows has changed: it says so anew. */
  checkInAgain(): void;
  /** Takes training over from the other tab of this browser. */
  moveHere(): void;
  /** Goes on with another engine; what is being trained, from the step where it stands. Rejects with JoinRefused. */
  switchEngine(backend: BackendName): Promise<void>;
  /** Stops everything and keeps what is stored; the coordinator sees a connection go. */
  close(): Promise<void>;
}

/** A paused device that is in a round gives it up after this long, so that the round need not wait for its deadline. */
const PAUSE_GRACE_MS = 20_000;

export function takePart(options: TakePartOptions): TakingPart {
  const { federation, link, store, clock } = options;
  const ground = createGround(options);
  const { standing, blocks, gate, living } = ground;
  const hands = createHands(ground);
  const equipping = createEquipping(ground);
  const personal = createPersonalModels({
    federation,
    store,
    clock,
    onFull: ground.storageFull,
    onEvent: ground.happened,
    onTrained: (ms) => options.limits?.trained(ms),
  });
  const scoring = createVersionScoring({
    federation,
    clock,
    personal,
    spec: (equipment) => standing.view?.spec ?? equipment.spec,
    // By terms that nobody agreed to scores of rows might be told that are to stay here.
    tell: async (name, tally) => (blocks.has('other-terms') ? undefined : ground.tell(name, tally)),
    onEngineLost: (lost) => lost === standing.equipment && equipping.drop(),
    onFull: ground.storageFull,
    onChanged: ground.changed,
  });
  const rounds = createRounds(ground, hands, equipping, scoring, personal);
  const surveys = createSurveys(ground, equipping, personal);
  const attendance = createAttendance(ground, hands, equipping, rounds, {
    tellScores: async () => standing.equipment && scoring.tellAll(standing.equipment),
    leave: leaveNow,
    stopBeside,
  });
  const undoings: (() => void)[] = [];
  /** Of what goes on beside rounds: whatever ends that ends the training of a device that is held out, too. */
  let beside = new AbortController();
  let undoGrace: () => void = () => {};

  ground.whenFree = () => {
    undoGrace();
    const { view, equipment } = standing;
    if (standing.leaveAfterRound) return ground.background(leaveNow());
    if (view === undefined || equipment === undefined || !mayScore()) return;
    ground.background(heedThenScore(equipment, view));
  };

  /** Nobody paused it, and no other tab or connection has its turn. */
  const mayScore = (): boolean =>
    standing.joined?.pausedAt === null && standing.hasTurn && !standing.superseded;

  async function heedThenScore(equipment: Equipment, { head }: FederationView): Promise<void> {
    if (options.limits !== undefined && (await attendance.heedLimits())) return;
    if (scoring.wants(equipment, head))
      await scoreHere({ ...head, deltas: head.delta === null ? [] : [head.delta] });
  }

  /** undefined where it may not take part as it is now: that is said where it next would. */
  async function equippedNow(): Promise<Equipment | undefined> {
    try {
      return await equipping.ready();
    } catch (failure) {
      if (failure instanceof JoinRefused || failure instanceof LinkLost || failure instanceof Ended)
        return undefined;
      throw failure;
    }
  }

  async function scoreHere(named: NamedVersion): Promise<void> {
    // A column that was withheld since is in no score either.
    const equipment = await equippedNow();
    if (equipment === undefined || !mayScore()) return;
    const signal = equipment.isHeldOut ? AbortSignal.any([living.signal, beside.signal]) : living.signal;
    const { plan } = standing.view?.spec ?? equipment.spec;
    const initial = (): Float32Array<ArrayBuffer> => firstOf(equipment, plan);
    const load = (): Promise<Float32Array<ArrayBuffer>> =>
      ground.patiently(signal, (attempt) =>
        parametersOf({ federation, store, link, initial }, named, {
          signal: attempt,
          onFull: ground.storageFull,
        }),
      );
    try {
      await scoring.score(equipment, named, load, signal);
    } catch (failure) {
      // It is scored when it is seen again.
      if (signal.aborted) return;
      // A version that cannot be had here is scored by others.
      if (!(failure instanceof WrongBytes)) throw failure;
      ground.happened(failure.message);
    }
  }
  function stopBeside(): void {
    personal.stop();
    surveys.stop();
    beside.abort();
    beside = new AbortController();
  }

  async function remember(next: Joined | null): Promise<void> {
    standing.joined = next;
    await ground.kept(writeJoined(store, federation, next));
  }

  /** `isSameData`: to join again with it. Else nothing of these rows stays to be sent with an update of others. */
  async function leaveNow(isSameData = false): Promise<void> {
    const { hand, joined } = standing;
    standing.leaveAfterRound = false;
    standing.joined = null;
    stopBeside();
    undoGrace();
    attendance.end();
    blocks.clear(
      'user-paused',
      'own-limit',
      'other-tab',
      'other-history',
      'other-terms',
      'late',
      'frozen-back',
      'gpu-lost',
      'oom',
      'storage-full',
      'diverged',
      'excluded',
      'come-back',
    );
    gate.reopen();
    if (hand !== undefined) {
      hands.letGo(hand);
      if (hand.stage !== 'averaging')
        await ground.tell('withdraw', { federation, round: hand.round, reason: 'The participant left.' });
    }
    if (joined === null) return;
    if (standing.checkedIn) await ground.tell('check-out', { federation });
    standing.checkedIn = false;
    equipping.drop();
    await remember(null);
    await (isSameData ? store.checkpoints.remove(checkpointKey(federation)) : rounds.forget());
    for (const entry of await store.outbox.list(federation))
      await store.outbox.remove(federation, entry.round);
    ground.changed();
  }

  function slept(gapMs: number): void {
    if (standing.joined === null) return;
    ground.notice({ reason: 'frozen-back', gapMs });
    const { hand } = standing;
    if (hand?.deadlineAt != null && hand.deadlineAt <= clock.now()) hands.missed(hand, 'deadline');
    ground.background(attendance.attend());
  }

  return {
    get view() {
      return ground.present();
    },
    async open() {
      standing.contributions = await openContributions(store, federation);
      standing.surveyed = await surveys.answered();
      standing.joined = (await readJoined(store, federation)) ?? null;
      undoings.push(
        link.on('federation', attendance.seen),
        link.on('configured', (message) => ground.background(rounds.configured(message))),
        link.on('committed', (message) => ground.background(committed(message))),
        link.on('abandoned', (message) => ground.background(rounds.abandoned(message))),
        link.on('sum-roster', (message) => summing(message, (sum) => sum.roster(message))),
        link.on('sum-nonces', (message) => summing(message, (sum) => sum.nonces(message.nonces))),
        link.on('sum-forward', (message) => summing(message, (sum) => sum.forward(message.forward))),
        link.on('sum-question', (message) => summing(message, (sum) => sum.question(message.summed))),
        link.on('sum-consents', (message) => summing(message, (sum) => sum.consents(message.consents))),
        ...surveys.listen(),
        link.on('come-back', (message) => {
          if (message.federation === federation && standing.joined !== null)
            attendance.comeBack(message.afterMs);
        }),
        link.on('turned-away', (message) => {
          if (message.federation !== federation || standing.joined === null) return;
          attendance.turnedAway(message.message);
        }),
        link.on('superseded', (message) => {
          if (message.federation !== federation || standing.joined === null) return;
          attendance.standBack();
        }),
        link.onState((state) => {
          if (state === 'connected') ground.background(attendance.attend());
          else standing.checkedIn = false;
          ground.changed();
        }),
        link.onBytes(ground.changed),
        options.mayFreeze ? watchSleep(clock, slept) : () => {},
      );
      if (standing.joined?.pausedAt != null) {
        // A paused device waits with everything until the person resumes.
        gate.shut();
        blocks.set({ reason: 'user-paused' });
      } else if (standing.joined !== null) attendance.takeTurn(false);
      ground.background(attendance.attend());
      ground.changed();
    },
    async join(request) {
      if (standing.joined === null) await rounds.forget();
      else await leaveNow(standing.joined.dataset === request.dataset);
      standing.equipment = await equipping.prepare(request);
      const { dataset, name, backend, tags = [], invitation = null } = request;
      const joined = { federation, dataset, name, backend, tags: [...tags], invitation };
      const { spec } = standing.equipment;
      // Whoever has no rows of its own answers no question about them.
      const surveys = options.learner === undefined ? (statisticsOf(spec)?.mostSurveys ?? 0) : 0;
      await remember({
        ...joined,
        pausedAt: null,
        joinedAt: clock.now(),
        surveys,
        terms: termsOf(spec),
        leftOfOthers: false,
      });
      options.onJoined?.();
      attendance.takeTurn(false);
      ground.changed();
    },
    async pause() {
      const { joined, hand } = standing;
      if (joined === null || joined.pausedAt !== null) return;
      gate.shut();
      hand?.control.pause();
      stopBeside();
      blocks.set({ reason: 'user-paused' });
      await remember({ ...joined, pausedAt: clock.now() });
      const checkOut = (): void => {
        standing.checkedIn = false;
        ground.background(ground.tell('check-out', { federation }));
      };
      if (hand === undefined) checkOut();
      else
        undoGrace = clock.after(PAUSE_GRACE_MS, () => {
          if (standing.hand === hand && hand.stage !== 'averaging') {
            // A checkpoint or the outbox keeps the work, should the round still want it later.
            hands.surrender(hand);
            ground.background(
              ground.tell('withdraw', { federation, round: hand.round, reason: 'The participant paused.' }),
            );
          }
          checkOut();
        });
      ground.changed();
    },
    async resume() {
      if (standing.joined === null || standing.joined.pausedAt === null) return;
      undoGrace();
      await remember({ ...standing.joined, pausedAt: null });
      blocks.clear('user-paused');
      gate.reopen();
      standing.hand?.control.resume();
      if (standing.hasTurn) ground.background(attendance.begin());
      else attendance.takeTurn(false);
      ground.changed();
    },
    async leave(when) {
      if (when === 'now' || standing.hand === undefined) return leaveNow();
      standing.leaveAfterRound = true;
      ground.changed();
    },
    checkInAgain() {
      if (standing.joined?.pausedAt === null) ground.background(attendance.attend());
    },
    moveHere() {
      if (standing.joined === null) return;
      standing.superseded = false;
      attendance.takeTurn(true);
    },
    async switchEngine(backend) {
      const { joined, equipment, hand } = standing;
      if (joined === null) return;
      if (equipment === undefined) {
        // None is ready, the last one having been lost, perhaps: getting ready tests this one first.
        await remember({ ...joined, backend });
        if (standing.hasTurn) ground.background(attendance.begin());
        return;
      }
      const { engine } = equipment;
      if (engine.choice.reports.find((report) => report.backend === backend)?.passed !== true)
        throw new JoinRefused(
          'no-engine',
          `That engine did not pass the self-test on this model. It goes on with ${engine.choice.description}.`,
        );
      await remember({ ...joined, backend });
      hand?.control.switchTo(backend);
      // After what is being computed: training that ends before it looks, and scoring, are not cut off in their middle.
      const afterwards = async (): Promise<void> => {
        if (hand !== undefined && hand.control.takeWanted() === null) return;
        if (!engine.switchTo(backend)) return;
        ground.happened(`Switched to ${engine.choice.description}.`);
        // It may have been too slow for these rounds.
        if (blocks.has('excluded')) ground.background(attendance.attend());
      };
      ground.background(engine.alone(afterwards));
    },
    async close() {
      ground.close();
      stopBeside();
      for (const undo of undoings) undo();
      undoGrace();
      const { hand } = standing;
      if (hand !== undefined) {
        hand.undoDeadline();
        hand.control.stop();
        hand.ending.abort(new Ended());
      }
      attendance.end();
      // Whatever is being computed ends at its next step.
      await ground.queue(async () => undefined);
      equipping.drop();
    },
  };

  function summing(
    { federation: of, round, survey }: Pick<ServerMessages['sum-roster'], 'federation' | 'round' | 'survey'>,
    say: (sum: SumTalk) => void,
  ): void {
    if (of === federation) (survey === undefined ? rounds : surveys).summing(round, say);
  }

  async function committed(message: Parameters<typeof rounds.committed>[0]): Promise<void> {
    await rounds.committed(message);
    // From this message alone: the view that shows the version comes when it comes.
    const { equipment } = standing;
    if (message.federation !== federation || equipment === undefined || !mayScore()) return;
    if (blocks.has('own-limit')) return;
    // It trains, with no round before it that looked at them.
    if (equipment.isHeldOut && (await attendance.heedLimits())) return;
    if (scoring.wants(equipment, message)) await scoreHere(message);
  }
}
