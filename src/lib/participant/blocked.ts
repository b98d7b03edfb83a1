// Why nothing moves: the closed list of reasons, its order, and the sentence of each. At most one is shown, the first that holds.
import { spoken } from '../core/spoken-duration.ts';
import type { BlockedBy, BlockedReason } from './participation.ts';

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`;
const clockTime = (at: number): string => {
  const time = new Date(at);
  return `${String(time.getHours()).padStart(2, '0')}:${String(time.getMinutes()).padStart(2, '0')}`;
};

/** What each reason is known by. */
export type Block =
  | { readonly reason: 'user-paused' }
  /** The person's own limit of what taking part may cost. */
  | { readonly reason: 'own-limit'; readonly detail: string }
  | { readonly reason: 'federation-paused' }
  | { readonly reason: 'other-tab' }
  /** The server shows another history of versions than this device knows. */
  | { readonly reason: 'other-history'; readonly detail: string }
  /** The federation protects its devices less than their persons agreed to. */
  | { readonly reason: 'other-terms'; readonly detail: string }
  /** null: no round waits for this device. */
  | {
      readonly reason: 'offline';
      readonly closesAt: number | null;
      readonly work: 'training' | 'sending' | null;
    }
  | { readonly reason: 'late'; readonly round: number; readonly cause: 'deadline' | 'round-closed' }
  | { readonly reason: 'frozen-back'; readonly gapMs: number }
  | { readonly reason: 'gpu-lost' | 'oom'; readonly message: string }
  | {
      readonly reason: 'storage-full';
      readonly neededBytes: number | undefined;
      readonly freeBytes: number | undefined;
    }
  | { readonly reason: 'diverged'; readonly detail: string }
  | { readonly reason: 'excluded' | 'budget-spent'; readonly detail: string }
  | { readonly reason: 'come-back'; readonly at: number };

const order: readonly BlockedReason[] = [
  'user-paused',
  'own-limit',
  'federation-paused',
  'other-tab',
  'other-history',
  'other-terms',
  'offline',
  'late',
  'frozen-back',
  'gpu-lost',
  'oom',
  'storage-full',
  'diverged',
  'excluded',
  'budget-spent',
  'come-back',
];

const actors: Readonly<Record<BlockedReason, BlockedBy['actor']>> = {
  'user-paused': 'you',
  'own-limit': 'you',
  'federation-paused': 'coordinator',
  'other-tab': 'browser',
  'other-history': 'coordinator',
  'other-terms': 'coordinator',
  offline: 'network',
  late: 'device',
  'frozen-back': 'browser',
  'gpu-lost': 'device',
  oom: 'device',
  'storage-full': 'browser',
  diverged: 'device',
  excluded: 'coordinator',
  'budget-spent': 'device',
  'come-back': 'coordinator',
};

export function blockSentence(block: Block, since: number, now: number): string {
  switch (block.reason) {
    case 'user-paused':
      return `You paused at ${clockTime(since)}. Nothing runs until you resume.`;
    case 'own-limit':
      return block.detail;
    case 'federation-paused':
      return 'The coordinator paused this run.';
    case 'other-tab':
      return 'Training in another tab of this browser.';
    case 'other-history':
      return `${block.detail} This device trains nothing for such a server: ask its coordinator what happened.`;
    case 'other-terms':
      return `${block.detail} Nothing is trained or answered for that: leave, read what it says now, and join again if you agree.`;
    case 'offline': {
      if (block.work === null) return 'No connection. Taking part goes on as soon as it is back.';
      const closes =
        block.closesAt === null ? '' : ` (round closes in ${spoken(Math.max(0, block.closesAt - now))})`;
      return block.work === 'training'
        ? `No connection. Training goes on; the update waits${closes}.`
        : `No connection. The update is kept and waits${closes}.`;
    }
    case 'late':
      return block.cause === 'deadline'
        ? `You missed round ${block.round}’s deadline. Your work was not used. The next round takes this device again.`
        : `Round ${block.round} closed before this device’s update was in. Your work was not used. The next round takes this device again.`;
    case 'frozen-back':
      return `Your browser froze this tab for ${spoken(block.gapMs)}. It has caught up and takes part again.`;
    case 'gpu-lost':
    case 'oom':
      return block.message;
    case 'storage-full': {
      const needs = block.neededBytes === undefined ? '' : ` It needs ${megabytes(block.neededBytes)}.`;
      const free = block.freeBytes === undefined ? '' : ` ${megabytes(block.freeBytes)} are free.`;
      return `There is no room left in this browser.${needs}${free} Training goes on from memory, and a reload would lose it: delete something under “My device”.`;
    }
    case 'diverged':
      return `Training became unstable; this update was not sent. ${block.detail}`;
    case 'excluded':
      return `The coordinator left this device out: ${block.detail}`;
    case 'budget-spent':
      return block.detail;
    case 'come-back':
      return `Enough devices are here; asked to come back in ${spoken(Math.max(0, block.at - now))}.`;
    default:
      return block satisfies never;
  }
}

export interface BlockList {
  set(block: Block): void;
  clear(...reasons: readonly BlockedReason[]): void;
  has(reason: BlockedReason): boolean;
  /** The first that holds. */
  first(now: number): BlockedBy | null;
}

export function createBlockList(now: () => number): BlockList {
  const held = new Map<BlockedReason, { readonly block: Block; readonly since: number }>();
  return {
    set(block) {
      held.set(block.reason, { block, since: held.get(block.reason)?.since ?? now() });
    },
    clear(...reasons) {
      for (const reason of reasons) held.delete(reason);
    },
    has: (reason) => held.has(reason),
    first(at) {
      for (const reason of order) {
        const found = held.get(reason);
        if (found === undefined) continue;
        const message = blockSentence(found.block, found.since, at);
        return { reason, since: found.since, actor: actors[reason], message };
      }
      return null;
    },
  };
}
