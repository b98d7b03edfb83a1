// What all parts of taking part stand on: what the device knows now (Standing), and the small things that each part does the
// same way: tell, wait, keep, say.
import type { FederationId, RoundNumber, VersionNumber } from '../core/ids.ts';
import type { Clock } from '../ports/clock.ts';
import { LinkLost, type CoordinatorLink } from '../ports/coordinator-link.ts';
import { StorageFull } from '../ports/dataset-store.ts';
import type { HistoryPoint, ParticipantStore } from '../ports/participant-store.ts';
import type { Answer, ClientMessages, Configured } from '../protocol/messages.ts';
import type { FederationView } from '../protocol/views.ts';
import { createBlockList, type Block, type BlockList } from './blocked.ts';
import type { Contributions } from './contributions.ts';
import { createQueue, type Engines } from './engine.ts';
import type { Equipment } from './equipment.ts';
import type { GrantedDatasets } from './granted-rows.ts';
import type { Joined } from './joined.ts';
import type { Learner } from './learner.ts';
import { createLogKeeper, type LogKeeper } from './log-keeper.ts';
import type { OwnLimits } from './own-limits.ts';
import type { ParticipationView } from './participation.ts';
import { createGate, transfer, type Gate } from './patience.ts';
import { presentView } from './present.ts';
import type { TrainingProgress } from './train-locally.ts';
import type { TrainingControl } from './training-control.ts';
import type { TrainingTurn } from './training-turn.ts';
import type { SumPeers, SumRound } from './secure-sum/sum-round.ts';
import type { Answered } from './statistics/answered-surveys.ts';
import { createViewPace } from './view-pace.ts';

export interface TakePartOptions {
  readonly federation: FederationId;
  readonly link: CoordinatorLink;
  readonly datasets: GrantedDatasets;
  readonly store: ParticipantStore;
  readonly engines: Engines;
  readonly clock: Clock;
  readonly turn: TrainingTurn;
  /** Work of participants that share a processor runs one piece at a time. */
  readonly queue?: ReturnType<typeof createQueue>;
  /** Called when this device has joined and before it checks in: the link may have to say who it is. */
  readonly onJoined?: () => void;
  /** What rounds are learned by in place of rows of this device: an edge's. */
  readonly learner?: Learner;
  /** What the person lets taking part cost; absent: nothing is limited. */
  readonly limits?: OwnLimits | undefined;
  /** Whether a browser may freeze this; a process is never told that its tab was. */
  readonly mayFreeze: boolean;
  /** Uniform in [0, 1), for waiting times. */
  readonly uniform?: () => number;
  onView(view: ParticipationView): void;
  /** A bug or a broken store: the work in hand was given up. */
  onFault(fault: unknown): void;
}

/** The round that this device works on. */
export interface RoundInHand {
  readonly round: RoundNumber;
  /** null: its update was trained in an earlier visit, and only has to be sent. */
  readonly message: Configured | null;
  readonly control: TrainingControl;
  readonly ending: AbortController;
  stage: 'receiving' | 'training' | 'sending' | 'averaging';
  fraction: number | null;
  progress: TrainingProgress | null;
  deadlineAt: number | null;
  undoDeadline: () => void;
  /** Rows that the server knew of when it asked. */
  readonly claimed: number;
  /** Its part in the round’s secure sum; absent where updates are read one by one. */
  sum?: SumRound;
  /** Who else is in that sum, once they have shown their keys. */
  peers: SumPeers | null;
}

/** What this device knows now; every part writes its own lines of it. */
export interface Standing {
  /** The federation as last heard. */
  view: FederationView | undefined;
  joined: Joined | null;
  /** The back ends are being measured. */
  checking: boolean;
  equipment: Equipment | undefined;
  contributions: Contributions | undefined;
  /** Surveys that it has answered. */
  surveyed: readonly Answered[];
  /** This tab may train. */
  hasTurn: boolean;
  /** Another connection of this participant trains. */
  superseded: boolean;
  checkedIn: boolean;
  /** Rows that it said it had: no more than the server knows of. */
  claimed: number;
  /** It asks to be let in, and was not answered yet: what the server asks of it may come before the answer. */
  asksIn: boolean;
  hand: RoundInHand | undefined;
  /** The round whose end this device heard of before the view that shows it. */
  justEnded: RoundNumber | undefined;
  /** How rounds ended, as far as this visit heard: a decision may come later than the end. */
  readonly ended: Map<RoundNumber, VersionNumber | null>;
  /** Loss of earlier rounds of this visit. */
  earlier: readonly HistoryPoint[];
  leaveAfterRound: boolean;
  lastEvent: string | null;
}

/** A buffer's end is not the end of what is being trained: asynchronous rounds carry it on. */
export const carriesOn = ({ view }: Standing): boolean => view?.spec.rules.mode.type === 'asynchronous';

/** Whether the server may ask something of it: it followed the log of this server, and checked in. */
export const mayBeAsked = ({ checkedIn, asksIn }: Standing, blocks: BlockList): boolean =>
  (checkedIn || asksIn) && !blocks.has('other-history');

export interface Ground {
  readonly options: TakePartOptions;
  readonly standing: Standing;
  readonly blocks: BlockList;
  readonly gate: Gate;
  /** Holds the server to the history that this device knows. */
  readonly log: LogKeeper;
  readonly queue: ReturnType<typeof createQueue>;
  /** Aborted when the page goes. */
  readonly living: AbortController;
  /** The device has no round in hand any more. */
  whenFree: () => void;
  present(): ParticipationView;
  changed(): void;
  /** The last thing that happened, in a sentence. */
  happened(event: string): void;
  /** A block that goes by itself after a minute. */
  notice(block: Block): void;
  /** A hint: undefined when the connection goes first, and the next check-in says it all again. */
  tell<Name extends keyof ClientMessages>(
    name: Name,
    message: ClientMessages[Name],
  ): Promise<Answer | undefined>;
  /** Work whose failure is not the caller's: what can be answered is answered inside, the rest is a fault. */
  background(work: Promise<unknown>): void;
  /** A transfer that waits for the connection and outlasts losses and pauses. */
  patiently<T>(signal: AbortSignal, attempt: (signal: AbortSignal) => Promise<T>): Promise<T>;
  /** Writes where there is room; work goes on from memory where there is none. */
  kept(write: Promise<void>): Promise<void>;
  storageFull(full: StorageFull): void;
  close(): void;
}

/** The reason of everything that is aborted because it is over. */
export class Ended extends Error {
  override readonly name = 'Ended';
}

const NOTICE_MS = 60_000;

export function createGround(options: TakePartOptions): Ground {
  const { link, clock } = options;
  const uniform = options.uniform ?? Math.random;
  const standing: Standing = {
    view: undefined,
    joined: null,
    checking: false,
    equipment: undefined,
    contributions: undefined,
    surveyed: [],
    hasTurn: false,
    superseded: false,
    checkedIn: false,
    claimed: 0,
    asksIn: false,
    hand: undefined,
    justEnded: undefined,
    ended: new Map(),
    earlier: [],
    leaveAfterRound: false,
    lastEvent: null,
  };
  const blocks = createBlockList(() => clock.now());
  const gate = createGate();
  const living = new AbortController();
  const present = (): ParticipationView =>
    presentView(options.federation, standing, blocks, link, clock.now());
  const pace = createViewPace(clock, () => options.onView(present()));
  const passing = new Map<Block['reason'], () => void>();

  const ground: Ground = {
    options,
    standing,
    blocks,
    log: createLogKeeper({
      federation: options.federation,
      store: options.store,
      link,
      blocks,
      kept: (write) => ground.kept(write),
      changed: () => pace.changed(),
    }),
    gate,
    queue: options.queue ?? createQueue(),
    living,
    whenFree: () => {},
    present,
    changed: pace.changed,
    happened(event) {
      standing.lastEvent = event;
      pace.changed();
    },
    notice(block) {
      blocks.set(block);
      passing.get(block.reason)?.();
      const pass = (): void => {
        passing.delete(block.reason);
        blocks.clear(block.reason);
        pace.changed();
      };
      passing.set(block.reason, clock.after(NOTICE_MS, pass));
      pace.changed();
    },
    async tell(name, message) {
      try {
        return await link.send(name, message);
      } catch (failure) {
        if (failure instanceof LinkLost) return undefined;
        throw failure;
      }
    },
    background(work) {
      work.catch((failure: unknown) => {
        if (failure instanceof Ended || living.signal.aborted) return;
        options.onFault(failure);
      });
    },
    patiently: (signal, attempt) => transfer({ link, clock, gate, uniform }, signal, attempt),
    async kept(write) {
      try {
        await write;
      } catch (failure) {
        if (!(failure instanceof StorageFull)) throw failure;
        ground.storageFull(failure);
      }
    },
    storageFull: ({ neededBytes, freeBytes }) =>
      ground.notice({ reason: 'storage-full', neededBytes, freeBytes }),
    close() {
      living.abort(new Ended());
      for (const undo of passing.values()) undo();
      pace.close();
    },
  };
  return ground;
}
