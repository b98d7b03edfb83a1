// What is wrong with a training that goes on, told as soon as its figures show it: numbers that are none, a loss that rises above where
// it began, one that falls no more, and a device that has become slower.
import type { HistoryPoint } from '../ports/participant-store.ts';

export type TrainingAlarm =
  /** Training stands at the step before, whose numbers are all finite. */
  | { readonly type: 'not-finite'; readonly step: number; readonly what: 'loss' | 'parameter' }
  /** `loss`: mean of the newest points; `first`: of the first point. */
  | { readonly type: 'diverging'; readonly step: number; readonly loss: number; readonly first: number }
  | { readonly type: 'plateau'; readonly step: number; readonly since: number }
  /** Examples a second, now and at best. */
  | { readonly type: 'slower'; readonly rate: number; readonly best: number };

/** Whether it pauses training: nothing good comes of going on unasked. */
export const pausesTraining = ({ type }: TrainingAlarm): boolean =>
  type === 'not-finite' || type === 'diverging';

const short = (value: number): string => String(Number(value.toPrecision(3)));

/** What happened, and what to do. */
export function alarmSentence(alarm: TrainingAlarm): string {
  switch (alarm.type) {
    case 'not-finite':
      return `Step ${alarm.step} makes ${alarm.what === 'loss' ? 'the loss' : 'a parameter'} something that is no number (NaN or infinity). Training stands before that step, with the last good parameters. Branch from there with a lower learning rate, or stop and keep the model as it stands.`;
    case 'diverging':
      return `The loss has risen to ${short(alarm.loss)}, from ${short(alarm.first)} at the beginning: training runs away from what it is to learn. Branch from an earlier checkpoint with a lower learning rate; or resume, if you know why.`;
    case 'plateau':
      return `The loss has hardly fallen since step ${alarm.since}. More epochs of the same will probably not help: stop and keep it, or branch with another learning rate.`;
    case 'slower':
      return `It works off ${short(alarm.rate)} examples a second, where it did ${short(alarm.best)}: the device may be hot, low on battery or busy, or this tab is in the background. The result is the same, only later.`;
    default:
      return alarm satisfies never;
  }
}

/** Points whose mean is held against the first. */
const RECENT = 5;
const RISEN = 2;
/** Of at most 200 points of a whole training. */
const FLAT_POINTS = 40;
const FLAT_WINDOW = 10;
/** Of all that the loss had fallen: less than this in FLAT_POINTS counts as nothing. */
const FLAT_SHARE = 0.005;
/** Of the best speed, and for how long below it. */
const SLOW_SHARE = 0.6;
const SLOW_MS = 10_000;

export interface TrainingAlarms {
  /** After each point; each kind is told once. */
  heardPoint(history: readonly HistoryPoint[]): TrainingAlarm | undefined;
  /** With each measurement of speed; told once, and again after it has recovered. */
  heardRate(rate: number | null, now: number): TrainingAlarm | undefined;
}

export function createTrainingAlarms(): TrainingAlarms {
  let hasDiverged = false;
  let isFlat = false;
  let best = 0;
  let slowSince: number | undefined;
  let toldSlow = false;
  return {
    heardPoint(history) {
      const [first] = history;
      const last = history.at(-1);
      if (first === undefined || last === undefined) return undefined;
      const loss = meanLoss(history.slice(-RECENT));
      if (!hasDiverged && history.length > RECENT && loss > RISEN * first.loss) {
        hasDiverged = true;
        return { type: 'diverging', step: last.step, loss, first: first.loss };
      }
      if (isFlat || history.length < FLAT_POINTS + 2 * FLAT_WINDOW) return undefined;
      const since = history.at(-FLAT_POINTS)!;
      const before = meanLoss(history.slice(-FLAT_POINTS - FLAT_WINDOW, -FLAT_POINTS));
      const now = meanLoss(history.slice(-FLAT_WINDOW));
      if (before - now >= FLAT_SHARE * Math.max(0, first.loss - now)) return undefined;
      isFlat = true;
      return { type: 'plateau', step: last.step, since: since.step };
    },
    heardRate(rate, now) {
      if (rate === null) return undefined;
      best = Math.max(best, rate);
      if (rate >= SLOW_SHARE * best) {
        slowSince = undefined;
        toldSlow = false;
        return undefined;
      }
      slowSince ??= now;
      if (toldSlow || now - slowSince < SLOW_MS) return undefined;
      toldSlow = true;
      return { type: 'slower', rate, best };
    },
  };
}

const meanLoss = (points: readonly HistoryPoint[]): number =>
  points.reduce((sum, { loss }) => sum + loss, 0) / points.length;
