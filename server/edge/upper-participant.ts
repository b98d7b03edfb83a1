// The edge as one participant of the upper federation: the code that takes part for a tab or a headless device, with what the devices
// here learn in place of training. It stays away while too few of them are here, and takes over what the upper federation changes.
import { createSocketLink } from '#lib/adapters/socketio/link.ts';
import { termsOf } from '#lib/participant/agreed-terms.ts';
import { JoinRefused } from '#lib/participant/equipment.ts';
import { readJoined, writeJoined } from '#lib/participant/joined.ts';
import { datasetsOf } from '#lib/participant/learner.ts';
import { takePart } from '#lib/participant/take-part.ts';
import { onlyOne } from '#lib/participant/training-turn.ts';
import type { Clock } from '#lib/ports/clock.ts';
import { LinkLost } from '#lib/ports/coordinator-link.ts';
import type { ParticipantStore } from '#lib/ports/participant-store.ts';
import type { FederationView } from '#lib/protocol/views.ts';
import type { Coordinator } from '../coordinator/coordinator.ts';
import { LACK_MS, progressSentence, type EdgeLearner } from './edge-learner.ts';
import { named, whyNoEdge, type Above, type EdgeRules } from './mirror.ts';
import { EdgeRefused, takeOver } from './take-over.ts';

export interface UpperParticipant {
  /** What it waits for or does, in a sentence. */
  status(): string;
  /** Something has moved here. */
  look(): void;
  open(): Promise<void>;
  close(): Promise<void>;
}

const LOOK_EVERY_MS = 2_000;
const LAST_SCORE_WITHIN_MS = 15_000;
const DATASET = 'devices';
const NO_ENGINE = async (): Promise<never> => {
  throw new Error('An edge trains nothing itself.');
};

export function openUpperParticipant(
  {
    above,
    rules,
    tags,
    invitation,
    say,
  }: {
    readonly above: Above;
    readonly rules: EdgeRules;
    readonly tags: readonly string[];
    readonly invitation: string | null;
    say(line: string): void;
  },
  {
    edge,
    coordinator,
    clock,
    store,
    spec,
  }: {
    readonly edge: EdgeLearner;
    readonly coordinator: Coordinator;
    readonly clock: Clock;
    readonly store: ParticipantStore;
    /** Of the upper federation, as it is at the start; undefined: nobody answered. */
    readonly spec: FederationView['spec'] | undefined;
  },
): UpperParticipant {
  const { federation: id, url } = above;
  const own = coordinator.view(id);
  if (own === undefined) throw new Error('The edge’s own federation is made before it takes part above.');
  /** Why it takes no part, in a sentence. */
  let problem: string | undefined;
  let upper: FederationView | undefined;
  /** What was taken over last, or could not be. */
  let followed = '';
  /** When the run above was seen to have ended. */
  let endedSince: number | undefined;
  let isTaking = false;
  let isClosed = false;
  let isLooking = false;
  let isToLook = false;
  let undoLook = (): void => {};
  let said: string | undefined;

  const link = createSocketLink({
    url,
    kind: 'headless',
    identity: async () => ({ identity: await store.identity(), name: rules.name.slice(0, 40) }),
    reconnectMostMs: 5_000,
    onMalformed: (name, why) => say(`The message “${name}” of ${url} could not be read: ${why}`),
  });
  const part = takePart({
    federation: id,
    link,
    datasets: datasetsOf(id, own.spec.contract),
    store,
    engines: { choose: NO_ENGINE, create: NO_ENGINE },
    clock,
    turn: onlyOne,
    learner: edge.learner,
    mayFreeze: false,
    onView({ lastEvent }) {
      if (lastEvent !== null && lastEvent !== said) say(lastEvent);
      said = lastEvent ?? said;
      look();
      // What the devices here are told of it.
      coordinator.goOn(id);
    },
    onFault: (fault) => say(fault instanceof Error ? (fault.stack ?? fault.message) : String(fault)),
  });
  link.on('federation', (view) => {
    if (view.id !== id) return;
    upper = view;
    look();
  });

  /** One look at a time; what moves meanwhile is looked at after it. */
  function look(): void {
    isToLook = true;
    if (isLooking || isClosed) return;
    isLooking = true;
    void (async () => {
      try {
        while (isToLook && !isClosed) {
          isToLook = false;
          await lookNow();
        }
      } catch (failure) {
        say(failure instanceof Error ? (failure.stack ?? failure.message) : String(failure));
      } finally {
        isLooking = false;
      }
    })();
  }

  async function lookNow(): Promise<void> {
    const isFree = part.view.round === null;
    if (upper !== undefined && isFree) {
      await follow(upper.spec);
      await endOrBegin(upper);
    }
    if (isTaking && part.view.state === 'idle') {
      // It left by itself, and said why.
      isTaking = false;
      problem = part.view.lastEvent ?? undefined;
    }
    if (isTaking && isFree && (problem !== undefined || (!edge.isEnough && edge.lackedMs >= LACK_MS))) {
      isTaking = false;
      await part.pause();
    } else if (!isTaking && problem === undefined && edge.isEnough) await take();
    else if (isTaking && isFree && coordinator.rowsHere(id) > edge.learner.rows) {
      edge.claim();
      part.checkInAgain();
    }
  }

  /** Takes over what the upper federation asks for now. */
  async function follow(spec: FederationView['spec']): Promise<void> {
    const text = JSON.stringify(spec);
    if (text === followed) return;
    followed = text;
    try {
      const refusal = whyNoEdge(spec, above);
      if (refusal !== undefined) throw new EdgeRefused(refusal);
      await takeOver(coordinator, spec, { above, rules });
      problem = undefined;
    } catch (failure) {
      if (!(failure instanceof EdgeRefused)) {
        // The disk was full, perhaps: it is tried again.
        followed = '';
        throw failure;
      }
      if (problem !== failure.message) say(failure.message);
      problem = failure.message;
    }
  }

  /** The run here ends with the one above, once its last version is scored, and begins with the next. */
  async function endOrBegin({ state, head }: FederationView): Promise<void> {
    const here = coordinator.view(id);
    if (here === undefined) return;
    if (state !== 'finished') {
      // Whoever ends it by hand in the console here wants it to be over.
      const wasOver = endedSince !== undefined;
      if (state === 'running') endedSince = undefined;
      if (state === 'running' && here.state === 'finished' && wasOver) await coordinator.act(id, 'start');
      return;
    }
    endedSince ??= clock.monotonic();
    if (here.state !== 'running') return;
    const isScored = part.view.localEvaluations.some(({ version }) => version === head.version);
    if (isScored || clock.monotonic() - endedSince >= LAST_SCORE_WITHIN_MS)
      await coordinator.act(id, 'finish');
  }

  async function take(): Promise<void> {
    edge.claim();
    if ((await readJoined(store, id)) !== undefined) {
      isTaking = true;
      return part.resume();
    }
    try {
      await part.join({ dataset: DATASET, name: rules.name, backend: null, tags, invitation });
      isTaking = true;
    } catch (failure) {
      // It is tried again at the next look.
      if (failure instanceof LinkLost) return;
      if (!(failure instanceof JoinRefused)) throw failure;
      problem = failure.message;
      say(failure.message);
    }
  }

  return {
    status() {
      const { underWay } = edge;
      if (underWay !== undefined) return progressSentence(above, underWay, rules.rounds);
      if (problem !== undefined) return problem;
      const { state, blocked, link: line, round } = part.view;
      if (line !== 'connected') return `Waits for ${url}: there is no connection.`;
      if (!isTaking) return `Takes part in ${named(above)} as soon as enough devices are here.`;
      if (blocked !== null) return `${named(above)}: ${blocked.message}`;
      if (state === 'done') return `The run of ${named(above)} has ended.`;
      if (state === 'sending' || state === 'averaging')
        return `What was learned here for round ${round} of ${named(above)} is ${state === 'sending' ? 'being sent' : 'sent'}.`;
      if (round !== null) return `Round ${round} of ${named(above)} is under way.`;
      return `Waits for the next round of ${named(above)}.`;
    },
    look,
    async open() {
      const joined = await readJoined(store, id);
      if (joined !== undefined) {
        // What was learned for a round that may still be open is not given up for want of devices that are not back yet.
        const round = coordinator.learnedHere(id)?.adopted.round ?? null;
        const isKnown = (await store.receipts.list(id)).some(({ receipt }) => receipt.round === round);
        edge.claim();
        isTaking = edge.isEnough || (round !== null && !isKnown) || (await store.outbox.list(id)).length > 0;
        await writeJoined(store, id, {
          ...joined,
          dataset: DATASET,
          name: rules.name,
          tags: [...tags],
          invitation,
          // Rows are its devices', and what they agreed to each of them holds to; whoever starts the edge agrees for the edge.
          terms: spec === undefined ? joined.terms : termsOf(spec),
          pausedAt: isTaking ? null : clock.now(),
        });
      }
      await part.open();
      const again = (): void => {
        undoLook = clock.after(LOOK_EVERY_MS, () => {
          look();
          again();
        });
      };
      again();
      look();
    },
    async close() {
      isClosed = true;
      undoLook();
      await part.close();
      link.close();
    },
  };
}
