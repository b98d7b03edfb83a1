// Holding one round: taking it up, its deadline, its progress, and letting it go.
import type { RoundNumber } from '../core/ids.ts';
import type { Configured } from '../protocol/messages.ts';
import { Ended, type Ground, type RoundInHand } from './ground.ts';
import { pointsOf } from './present.ts';
import { createTrainingControl } from './training-control.ts';
import { checkpointKey } from './round-keys.ts';

export interface Hands {
  take(round: RoundNumber, message: Configured | null): RoundInHand;
  /** Whatever is under way for it ends. */
  letGo(one: RoundInHand): void;
  /** Another tab goes on: a checkpoint is written before it is let go. */
  surrender(one: RoundInHand): void;
  setDeadline(one: RoundInHand, deadlineMs: number): void;
  /** The round will not wait for this device's work. What is being sent gets its decision all the same. */
  missed(one: RoundInHand, cause: 'deadline' | 'round-closed'): void;
  /** To the screen at once, to the coordinator every second. */
  progressed(one: RoundInHand, stage: 'receiving' | 'training' | 'sending', fraction: number): void;
}

const TELL_EVERY_MS = 1_000;
const HISTORY_KEPT = 2_000;

export function createHands(ground: Ground): Hands {
  const { standing, options } = ground;
  const { federation, clock, link, store } = options;
  let toldAt = -Infinity;

  const hands: Hands = {
    take(round, message) {
      const one: RoundInHand = {
        round,
        message,
        control: createTrainingControl(standing.joined?.pausedAt == null ? 'running' : 'paused'),
        ending: new AbortController(),
        stage: message === null ? 'sending' : 'receiving',
        fraction: null,
        progress: null,
        deadlineAt: null,
        undoDeadline: () => {},
        claimed: standing.claimed,
        peers: null,
      };
      standing.hand = one;
      ground.changed();
      return one;
    },
    letGo(one) {
      one.undoDeadline();
      one.control.stop();
      one.ending.abort(new Ended());
      if (standing.hand !== one) return;
      standing.earlier = [...standing.earlier, ...pointsOf(standing, one)].slice(-HISTORY_KEPT);
      standing.hand = undefined;
      ground.whenFree();
      ground.changed();
    },
    surrender(one) {
      // Training tells when its checkpoint lies in the store (rounds.ts), and is let go then; where it stands still, it does.
      if (one.stage === 'training' && one.progress?.paused !== true) one.control.pause();
      else hands.letGo(one);
    },
    setDeadline(one, deadlineMs) {
      one.undoDeadline();
      one.deadlineAt = clock.now() + deadlineMs;
      one.undoDeadline = clock.after(deadlineMs, () => hands.missed(one, 'deadline'));
    },
    missed(one, cause) {
      if (standing.hand !== one || one.stage === 'sending' || one.stage === 'averaging') return;
      ground.notice({ reason: 'late', round: one.round, cause });
      ground.background(store.checkpoints.remove(checkpointKey(federation)));
      hands.letGo(one);
    },
    progressed(one, stage, fraction) {
      if (standing.hand !== one) return;
      const moved = one.stage !== stage;
      one.stage = stage;
      one.fraction = fraction;
      ground.changed();
      const now = clock.monotonic();
      if (link.state !== 'connected' || (!moved && now - toldAt < TELL_EVERY_MS)) return;
      toldAt = now;
      const told = stage === 'sending' ? 'uploading' : stage;
      ground.background(ground.tell('progress', { federation, round: one.round, stage: told, fraction }));
    },
  };
  return hands;
}
