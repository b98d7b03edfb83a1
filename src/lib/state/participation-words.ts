// A participant's state in words: one heading, one strip of four steps, and for every reason that stops it one button.
import type { FederationSpec } from '../core/federation.ts';
import type { BlockedReason, ParticipationState, ParticipationView } from '../participant/participation.ts';
import { about, count, percent } from './format.ts';

/** What pressing the one button of a blocked state does. */
export type ReasonAction = 'resume' | 'move-here' | 'switch-engine' | 'manage-storage' | 'rejoin';

export interface ReasonButton {
  readonly label: string;
  readonly action: ReasonAction;
}

/** The button of each reason; undefined where only waiting helps. */
export function reasonButton(reason: BlockedReason): ReasonButton | undefined {
  switch (reason) {
    case 'user-paused':
      return { label: 'Resume', action: 'resume' };
    case 'other-tab':
      return { label: 'Move here', action: 'move-here' };
    case 'gpu-lost':
      return { label: 'Choose the engine', action: 'switch-engine' };
    case 'oom':
      return { label: 'Choose another engine', action: 'switch-engine' };
    case 'storage-full':
      return { label: 'Manage storage', action: 'manage-storage' };
    case 'diverged':
      return { label: 'Take part again', action: 'rejoin' };
    case 'federation-paused':
    case 'offline':
    case 'late':
    case 'frozen-back':
    case 'excluded':
    case 'budget-spent':
    case 'own-limit':
    case 'come-back':
    case 'other-history':
    case 'other-terms':
      return undefined;
    default:
      return reason satisfies never;
  }
}

/** Reasons that the person should notice at once are amber; what passes by itself is blue. */
export function reasonTone(reason: BlockedReason): 'info' | 'warn' | 'danger' {
  switch (reason) {
    case 'user-paused':
    case 'federation-paused':
    case 'other-tab':
    case 'late':
    case 'frozen-back':
    case 'budget-spent':
    case 'own-limit':
    case 'come-back':
      return 'info';
    case 'offline':
    case 'gpu-lost':
      return 'warn';
    case 'oom':
    case 'storage-full':
    case 'diverged':
    case 'excluded':
    case 'other-history':
    case 'other-terms':
      return 'danger';
    default:
      return reason satisfies never;
  }
}

/** What a device does in a round: it trains a network, or adds up its rows (trees, clusters), where nothing is averaged. */
export type Work = 'training' | 'adding-up';

export const workOf = (spec: FederationSpec): Work => ('network' in spec ? 'training' : 'adding-up');

/** Held out, and nothing else to be told of it. */
const judgesAlone = ({ isHeldOut, state }: ParticipationView): boolean =>
  isHeldOut && (state === 'waiting' || state === 'resting');

/** The heading of the live screen: "Training, round 13 of 40". */
export function heading(view: ParticipationView, maximumRounds: number, work: Work): string {
  const trains = work === 'training';
  const round = view.round === null ? '' : `, round ${count(view.round)} of ${count(maximumRounds)}`;
  if (view.blocked?.reason === 'user-paused') return `Paused${round}`;
  if (judgesAlone(view)) return 'This device only judges';
  switch (view.state) {
    case 'idle':
      return 'Ready to take part';
    case 'checking':
      return trains ? 'Measuring this device' : 'Getting ready';
    case 'waiting':
      return `Waiting for a round`;
    case 'receiving':
      return `Receiving the model${round}`;
    case 'training':
      return `${trains ? 'Training' : 'Adding up'}${round}`;
    case 'sending':
      return `Sending ${trains ? 'the update' : 'the sums'}${round}`;
    case 'averaging':
      return `${trains ? 'Your update is' : 'Your sums are'} in${round}`;
    case 'resting':
      return 'Resting until the next round';
    case 'done':
      return 'The run has ended';
    default:
      return view.state satisfies never;
  }
}

/** The sentence under it; `status` is what the server says of the federation. */
export function explanation(view: ParticipationView, status: string, work: Work): string {
  const trains = work === 'training';
  if (judgesAlone(view))
    return `It was held out by lot, for good: no version learns from its rows, and it tells how each does on them. ${status}`;
  switch (view.state) {
    case 'idle':
      return 'Nothing runs yet, and nothing has been sent.';
    case 'checking':
      return trains
        ? 'A few steps of this model on each engine, to find the fastest that computes rightly.'
        : 'Reading the rows of this device.';
    case 'waiting':
      return status;
    case 'receiving':
      return 'The shared model comes to this device.';
    case 'training':
      if (!trains) return 'One pass over the rows of this device · you can keep using other tabs';
      return `${view.etaMs === null ? 'Measuring how long this takes…' : `${sentenceCase(about(view.etaMs))} left in this round`} · you can keep using other tabs`;
    case 'sending':
      return trains
        ? 'Only the update crosses the line. It is kept here until the server has taken it.'
        : 'Only the sums cross the line. They are kept here until the server has taken them.';
    case 'averaging':
      return `Waiting for the other devices. The new version comes when enough ${trains ? 'updates' : 'sums'} are in.`;
    case 'resting':
      return status;
    case 'done':
      return status;
    default:
      return view.state satisfies never;
  }
}

const sentenceCase = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

export interface Step {
  readonly title: string;
  readonly state: 'done' | 'now' | 'to come';
}

const order = ['receiving', 'training', 'sending', 'averaging'] as const;

/** Now, before and after, of the last three steps. */
const stepWords: Readonly<Record<Work, readonly (readonly [now: string, before: string, after: string])[]>> =
  {
    training: [
      ['Training here', 'Train here', 'Trained here'],
      ['Sending update', 'Send update', 'Update sent'],
      ['Averaging with others', 'Averaged with others', 'Averaged with others'],
    ],
    'adding-up': [
      ['Adding up here', 'Add up here', 'Added up here'],
      ['Sending sums', 'Send sums', 'Sums sent'],
      ['Adding to the others’', 'Added to the others’', 'Added to the others’'],
    ],
  };

/** Model received › Training here › Send update › Averaged; undefined outside a round. */
export function steps(view: ParticipationView, work: Work): readonly Step[] | undefined {
  const at = order.findIndex((state) => state === view.state);
  if (at < 0) return undefined;
  const share = view.fraction === null ? '' : ` · ${percent(view.fraction, 0)}`;
  const words = [['Receiving model', 'Receive model', 'Model received'] as const, ...stepWords[work]];
  return words.map(([now, before, after], index) => ({
    // What the server does has no share here.
    title: index === at ? `${now}${index < 3 ? share : ''}` : index < at ? after : before,
    state: index < at ? 'done' : index === at ? 'now' : 'to come',
  }));
}

/** Whether this device takes part now, paused or not: then *Pause* and *Leave* make sense. */
export const takesPart = (state: ParticipationState): boolean => state !== 'idle' && state !== 'done';

const glyphs: Readonly<Record<ParticipationState, string>> = {
  idle: '○',
  checking: '○',
  waiting: '○',
  receiving: '○',
  training: '■',
  sending: '▲',
  averaging: '●',
  resting: '○',
  done: '●',
};

/** The title of the tab: readable from another one. "■ 58 % · Skin triage · Round 13" */
export function tabTitle(view: ParticipationView | undefined, title: string): string {
  if (view === undefined || view.state === 'idle') return `${title} · Tributary`;
  const glyph =
    view.blocked?.reason === 'user-paused' ? '❚❚' : view.blocked === null ? glyphs[view.state] : '!';
  const share = view.state === 'training' && view.fraction !== null ? ` ${percent(view.fraction, 0)} ·` : '';
  return `${glyph}${share} ${title}${view.round === null ? '' : ` · Round ${view.round}`}`;
}
