// Being there: watching the federation, holding the turn to train, checking in, and being told that another tab trains.
import { secureSumOf, type FederationSpec } from '../core/federation.ts';
import type { FederationView } from '../protocol/views.ts';
import { weakerTerms } from './agreed-terms.ts';
import { measuredRate } from './engine.ts';
import { JoinRefused } from './equipment.ts';
import type { Equipping } from './equipping.ts';
import { keepTitle } from './federation-title.ts';
import { carriesOn, type Ground } from './ground.ts';
import type { Hands } from './round-in-hand.ts';
import { statedExamples } from './protection.ts';
import type { Rounds } from './rounds.ts';
import { checkpointKey } from './round-keys.ts';

export interface Attendance {
  /** Asks how things stand and checks in: at each connection, and when the device was away. */
  attend(): Promise<void>;
  /** A view of the federation came. */
  seen(view: FederationView): void;
  takeTurn(steal: boolean): void;
  /** The turn is ours, or the person resumed: send what an earlier visit trained, get ready, check in. */
  begin(): Promise<void>;
  /** Enough devices are here: it asks again after so many milliseconds, and not before. */
  comeBack(afterMs: number): void;
  /** Leaves politely where the next round would go beyond what the person allows; says whether it did. */
  heedLimits(): Promise<boolean>;
  /** The coordinator left this device out, or lets in others only. */
  turnedAway(why: string): void;
  /** Another connection of this participant trains now. */
  standBack(): void;
  /** Gives the turn back and asks no more. */
  end(): void;
}

const RETRY_CHECK_IN_MS = 15_000;
/** A new day, a charger, another limit. */
const LOOK_AT_LIMITS_MS = 60_000;

/** What decides on whether a device may take part (core/round/select.ts), to see whether it changed. */
const eligibility = ({ spec: { rules, plan } }: FederationView): string =>
  JSON.stringify([rules.selection, rules.reportingDeadlineMs, plan.localEpochs]);

/**
 * Rows that the device says it has. Under secure aggregation how many they are rides in the sum, and the server is told no more than
 * that they suffice.
 */
const claimedExamples = (spec: FederationSpec, rows: number): number => {
  const { minimumExamples } = spec.rules.selection;
  return secureSumOf(spec) === undefined ? rows : Math.min(rows, minimumExamples);
};

export function createAttendance(
  ground: Ground,
  hands: Hands,
  equipping: Equipping,
  rounds: Rounds,
  parts: {
    tellScores(): Promise<void>;
    leave(): Promise<void>;
    /** What goes on beside rounds ends. */
    stopBeside(): void;
  },
): Attendance {
  const { standing, blocks, options, living } = ground;
  const { federation, link, store, clock } = options;
  let returnTurn: (() => void) | undefined;
  let undoRetry: () => void = () => {};
  let titleKept: string | undefined;
  /** Asked to stay away until then, by the clock that never jumps. */
  let awayUntil = -Infinity;

  async function checkIn(): Promise<void> {
    if (clock.monotonic() < awayUntil || blocks.has('other-history') || blocks.has('other-terms')) return;
    undoRetry();
    const { joined, equipment, view } = standing;
    if (
      joined === null ||
      joined.pausedAt !== null ||
      !standing.hasTurn ||
      standing.superseded ||
      equipment === undefined
    )
      return;
    if (link.state !== 'connected' || view?.state === 'finished') return;
    if (options.limits !== undefined && (await attendance.heedLimits())) return;
    const later = (): void => {
      undoRetry = clock.after(RETRY_CHECK_IN_MS, () => ground.background(checkIn()));
    };
    const { choice } = equipment.engine;
    const examplesPerSecond = measuredRate(choice, equipment.spec.plan.batchSize);
    const spec = view?.spec ?? equipment.spec;
    standing.asksIn = true;
    const examples = claimedExamples(spec, statedExamples(spec, equipment.rows.training.count));
    // A round may ask before this is answered: by what it says now, or by what it said before.
    standing.claimed = standing.checkedIn ? Math.min(standing.claimed, examples) : examples;
    const answer = await ground.tell('check-in', {
      federation,
      examples,
      backend: choice.backend,
      ...(examplesPerSecond === undefined ? {} : { examplesPerSecond }),
      ...(joined.tags.length === 0 ? {} : { tags: joined.tags }),
      ...(joined.invitation === null ? {} : { invitation: joined.invitation }),
    });
    standing.asksIn = false;
    // Not answered although connected: once more in a while. A reconnection comes by itself.
    if (answer === undefined) return later();
    standing.checkedIn = answer.ok;
    if (answer.ok) {
      standing.claimed = examples;
      blocks.clear('excluded', 'other-tab', 'come-back');
      if (answer.view !== null) attendance.seen(answer.view);
      return ground.changed();
    }
    switch (answer.error) {
      case 'finished': {
        const fresh = await link.federation(federation);
        if (fresh !== undefined) attendance.seen(fresh);
        break;
      }
      case 'other-connection':
        attendance.standBack();
        break;
      case 'enough-devices':
        attendance.comeBack(answer.afterMs);
        break;
      case 'backed-off':
        blocks.set({ reason: 'excluded', detail: answer.message });
        undoRetry = clock.after(answer.afterMs, () => ground.background(checkIn()));
        break;
      case 'not-invited':
      case 'excluded':
      case 'not-eligible':
        // Asked again when the rules or what this device says of itself have changed, and when the server says so.
        blocks.set({ reason: 'excluded', detail: answer.message });
        break;
      case 'malformed':
      case 'unknown-event':
      case 'unknown-federation':
      case 'not-identified':
      case 'too-many':
      case 'not-in-cohort':
      case 'unknown-version':
        blocks.set({ reason: 'excluded', detail: answer.message });
        later();
        break;
      default:
        answer satisfies never;
    }
    ground.changed();
  }

  /** The server shows another history than it did, or does not show it: nothing is trained for it. */
  function turnAway(): void {
    standing.checkedIn = false;
    if (blocks.has('other-history')) {
      parts.stopBeside();
      if (standing.hand !== undefined) hands.surrender(standing.hand);
    }
    undoRetry();
    undoRetry = clock.after(RETRY_CHECK_IN_MS, () => ground.background(attendance.attend()));
    ground.changed();
  }

  /** Whether the person agreed to no less protection than this. Where they did not, the device goes until they join again. */
  function isAgreedTo({ spec }: FederationView): boolean {
    const { joined, hand } = standing;
    const weaker = weakerTerms(joined?.terms ?? null, spec);
    if (weaker === undefined) {
      if (blocks.has('other-terms')) {
        blocks.clear('other-terms');
        ground.background(checkIn());
      }
      return true;
    }
    blocks.set({ reason: 'other-terms', detail: weaker });
    if (hand !== undefined && hand.stage !== 'averaging') hands.letGo(hand);
    if (standing.checkedIn) {
      standing.checkedIn = false;
      ground.background(ground.tell('check-out', { federation }));
    }
    ground.changed();
    return false;
  }

  /** One after the other: an update whose round is long over is refused, and leaves the outbox for the next. */
  async function sendTrained(): Promise<void> {
    for (const entry of await store.outbox.list(federation))
      if (standing.hand === undefined) await rounds.sendAgain(entry);
  }

  const attendance: Attendance = {
    async attend() {
      if (link.state !== 'connected') return;
      const answer = await ground.tell('watch', { federation });
      if (answer?.ok === true && answer.view !== null) attendance.seen(answer.view);
      if (standing.joined === null) return;
      if (!(await ground.log.follow())) return turnAway();
      await checkIn();
      await rounds.settleWaiting();
      await parts.tellScores();
    },
    seen(next) {
      if (next.id !== federation) return;
      const before = standing.view;
      standing.view = next;
      standing.justEnded = undefined;
      ground.changed();
      if (standing.joined === null) return;
      const { title } = next.spec.brief;
      if (title !== titleKept) {
        titleKept = title;
        ground.background(ground.kept(keepTitle(store, federation, title)));
      }
      if (!isAgreedTo(next)) return;
      const reopened = before?.state === 'finished' && next.state !== 'finished';
      if (reopened) {
        standing.checkedIn = false;
        awayUntil = -Infinity;
      }
      const rulesChanged = before !== undefined && eligibility(before) !== eligibility(next);
      if (!standing.checkedIn && (reopened || rulesChanged || before === undefined))
        ground.background(checkIn());
      const { hand } = standing;
      if (hand === undefined) return ground.whenFree();
      const { round } = next;
      if (carriesOn(standing)) {
        // It is over with the run alone, which carries nothing on.
        if (next.state === 'finished' && hand.stage !== 'sending') {
          hands.letGo(hand);
          ground.background(store.checkpoints.remove(checkpointKey(federation)));
          ground.happened('The run ended while this device trained: that update is not needed any more.');
        }
        return;
      }
      if (round === null || round.round < hand.round) return;
      // Its end was told while this device was away.
      const isOver = round.round > hand.round || round.phase === 'committed' || round.phase === 'abandoned';
      if (!isOver) return;
      if (hand.stage !== 'averaging') hands.missed(hand, 'round-closed');
      else if (round.round > hand.round) ground.background(rounds.settleWaiting());
    },
    takeTurn(steal) {
      returnTurn?.();
      returnTurn = options.turn.request({
        steal,
        onState(state) {
          if (standing.joined === null || living.signal.aborted) return;
          standing.hasTurn = state === 'held';
          switch (state) {
            case 'held':
              standing.superseded = false;
              blocks.clear('other-tab');
              ground.background(attendance.begin());
              break;
            case 'waiting':
              blocks.set({ reason: 'other-tab' });
              break;
            case 'lost':
              attendance.standBack();
              attendance.takeTurn(false);
              break;
            default:
              state satisfies never;
          }
          ground.changed();
        },
      });
    },
    async begin() {
      ground.background(sendTrained());
      try {
        await ground.patiently(living.signal, equipping.ready);
      } catch (failure) {
        if (!(failure instanceof JoinRefused)) throw failure;
        // The data is gone, or the federation wants other data now: the device leaves, and says why.
        await parts.leave();
        return ground.happened(failure.message);
      }
      await attendance.attend();
      if (standing.hand === undefined) ground.whenFree();
    },
    comeBack(afterMs) {
      standing.checkedIn = false;
      awayUntil = clock.monotonic() + afterMs;
      blocks.set({ reason: 'come-back', at: clock.now() + afterMs });
      undoRetry();
      undoRetry = clock.after(afterMs, () => {
        blocks.clear('come-back');
        ground.background(checkIn());
        ground.changed();
      });
      ground.changed();
    },
    async heedLimits() {
      const { view } = standing;
      // A round that has begun is finished.
      if (options.limits === undefined || view === undefined || standing.hand !== undefined) return false;
      const refusal = await options.limits.refusal({ down: view.head.bytes, up: view.updateBytes });
      if (refusal === undefined) {
        blocks.clear('own-limit');
        return false;
      }
      blocks.set({ reason: 'own-limit', detail: refusal });
      undoRetry();
      undoRetry = clock.after(LOOK_AT_LIMITS_MS, () => ground.background(checkIn()));
      if (standing.checkedIn) {
        standing.checkedIn = false;
        parts.stopBeside();
        await ground.tell('check-out', { federation });
      }
      ground.changed();
      return true;
    },
    turnedAway(why) {
      parts.stopBeside();
      standing.checkedIn = false;
      undoRetry();
      blocks.set({ reason: 'excluded', detail: why });
      const { hand } = standing;
      if (hand !== undefined && hand.stage !== 'averaging') hands.letGo(hand);
      ground.changed();
    },
    standBack() {
      parts.stopBeside();
      standing.superseded = true;
      standing.checkedIn = false;
      blocks.set({ reason: 'other-tab' });
      if (standing.hand !== undefined) hands.surrender(standing.hand);
      ground.changed();
    },
    end() {
      undoRetry();
      awayUntil = -Infinity;
      returnTurn?.();
      returnTurn = undefined;
      standing.hasTurn = false;
      standing.superseded = false;
    },
  };
  return attendance;
}
