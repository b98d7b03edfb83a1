// Why nothing runs, or what happens next: one sentence.
import { freeSeats } from '#lib/core/round/buffer.ts';
import {
  acceptedReports,
  isAsynchronous,
  isOver,
  type Reporting,
  type Round,
} from '#lib/core/round/round-state.ts';
import { cohortSize } from '#lib/core/round/round.ts';
import type { Noised } from '#lib/core/privacy/rules.ts';
import type { RunState } from '#lib/protocol/views.ts';

export interface Situation {
  readonly state: RunState;
  readonly outcome: string | null;
  readonly round: Round | undefined;
  readonly minimum: number;
  readonly checkedIn: number;
  /** Between two rounds: what is waited for. */
  readonly between: 'evaluations' | 'pause' | undefined;
  readonly headVersion: number;
  /** The version whose parameters the newest repeats, because the disk had damaged what came after it. */
  readonly restoredFrom: number | null;
  /** Where updates are measured against those of a device that is trusted as root; null: they are not. */
  readonly root: 'not-chosen' | 'away' | 'here' | null;
  /** What an upper federation does or waits for, in a sentence; null: there is none above this one. */
  readonly upstream: string | null;
}

/** To a device that may be in no further release. */
export const spentSentence = ({ epsilon, delta }: Noised): string =>
  `This device’s privacy budget here is spent: one more update would take it beyond ε ${epsilon} at δ ${delta}. What it gave stays in the model.`;

/** Why a run ends before its last round: `spent` of the devices that are here may be in no further release. */
export const spentOutcome = ({ epsilon, delta }: Noised, spent: number): string =>
  `The run ended: the privacy budget (ε ${epsilon} at δ ${delta}) of ${spent === 1 ? 'a device' : `${spent} devices`} that ${spent === 1 ? 'is' : 'are'} here is spent, and too few others are left for a round.`;

const devices = (count: number): string => (count === 1 ? '1 more device' : `${count} more devices`);

export function statusSentence(now: Situation): string {
  const sentence = whatHappens(now);
  return now.restoredFrom === null
    ? sentence
    : `${sentence} Version ${now.headVersion} holds the parameters of version ${now.restoredFrom} again: what came after that was damaged on the server’s disk.`;
}

const collecting = (round: Reporting): string =>
  `Round ${round.round} collects updates as they come: ${acceptedReports(round).length} of ${round.rules.goal} are in.`;

/** A device has one place in a buffer: one that nobody is left for waits for others. */
function lacking(round: Reporting, checkedIn: number): string {
  if (round.cohort.some((member) => member.standing.type === 'active')) return '';
  const missing = round.rules.goal - acceptedReports(round).length;
  return checkedIn === 0 || freeSeats(round) > 0 ? ` Waiting for ${devices(missing)}.` : '';
}

function rootAwaited(root: Situation['root']): string {
  switch (root) {
    case 'not-chosen':
      return ' No device is trusted as root yet: the coordinator chooses one on the console’s page of participants.';
    case 'away':
      return ' It waits for a device that is trusted as root.';
    case 'here':
    case null:
      return '';
    default:
      return root satisfies never;
  }
}

function whatHappens(now: Situation): string {
  const open = now.round !== undefined && !isOver(now.round) ? now.round : undefined;
  switch (now.state) {
    case 'draft':
      return 'The coordinator has not started this federation yet.';
    case 'finished':
      return now.outcome ?? 'The run has ended.';
    case 'paused':
      if (open !== undefined && isAsynchronous(open))
        return 'Paused by the coordinator: updates that are under way still count, and no device begins another.';
      return open === undefined
        ? 'Paused by the coordinator: no new round opens.'
        : `Paused by the coordinator: round ${open.round} goes on, and no new one opens after it.`;
    case 'running':
      break;
    default:
      return now.state satisfies never;
  }
  if (now.upstream !== null) {
    const isBusy = open !== undefined || now.checkedIn < now.minimum;
    return isBusy ? `${now.upstream} ${whatHappens({ ...now, upstream: null })}` : now.upstream;
  }
  if (open !== undefined) {
    switch (open.phase) {
      case 'selection':
        return `Round ${open.round} is choosing its devices: ${open.candidates.length} of ${cohortSize(open.rules)} are here.${rootAwaited(now.root)}`;
      case 'reporting':
        if (isAsynchronous(open)) return `${collecting(open)}${lacking(open, now.checkedIn)}`;
        if (open.drawnFrom !== undefined)
          return `Round ${open.round} is under way, with the devices that the server drew for it; how many, and which, it tells nobody.`;
        if (acceptedReports(open).length >= open.rules.goal)
          return `Round ${open.round} has its ${open.rules.goal} updates and waits for that of the root.`;
        return `Round ${open.round} is under way: ${acceptedReports(open).length} of ${open.rules.goal} updates are in.`;
      case 'aggregation':
        return `Round ${open.round} has its updates, and its version is being made.`;
      default:
        return open satisfies never;
    }
  }
  if (now.checkedIn < now.minimum) return `Waiting for ${devices(now.minimum - now.checkedIn)}.`;
  if (now.root === 'away') return 'Waiting for a device that is trusted as root.';
  if (now.between === 'evaluations') return `The devices are scoring version ${now.headVersion}.`;
  return 'The next round opens shortly.';
}
