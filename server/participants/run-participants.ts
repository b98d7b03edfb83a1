// Several headless participants in one process: the participant of the browser, with the engines of Node and a store in memory or
// in files.
import { memoryDatasetStore } from '#lib/adapters/memory/datasets.ts';
import { createSocketLink } from '#lib/adapters/socketio/link.ts';
import { createRequests, readView } from '#lib/adapters/socketio/requests.ts';
import { createSystemClock } from '#lib/adapters/system-clock.ts';
import { splitExamples } from '#lib/core/data/split.ts';
import { createQueue, type Engines } from '#lib/participant/engine.ts';
import { readJoined, writeJoined } from '#lib/participant/joined.ts';
import { createOwnLimits, NO_LIMITS, writeLimits } from '#lib/participant/own-limits.ts';
import type { ParticipationView } from '#lib/participant/participation.ts';
import { takePart } from '#lib/participant/take-part.ts';
import { onlyOne } from '#lib/participant/training-turn.ts';
import { LinkLost } from '#lib/ports/coordinator-link.ts';
import { FederationView, type VersionView } from '#lib/protocol/views.ts';
import { openKeptState, type KeptState } from './kept-state.ts';
import { readOwnData, UnusableData, type OwnData } from './own-data.ts';
import type { HeadlessLine, HeadlessSetup } from './setup.ts';
import { roundTeller, teller } from './tellers.ts';

export interface RunningParticipants {
  /** All have left, each for its own reason. Rejects with UnusableData or LinkLost when they could not begin. */
  readonly done: Promise<void>;
  /** Checks out and closes; what was being trained is given up. Where state is kept, it stays for a later process instead. */
  stop(): Promise<void>;
}

/** Checking out takes this long at most. */
const STOP_WITHIN_MS = 3_000;
/** The last version is scored within this, or not at all. */
const LAST_SCORE_WITHIN_MS = 15_000;
const LEFT = 'A participant that had joined before cannot take part in this federation any more.';

interface Shared {
  readonly setup: HeadlessSetup;
  readonly engines: Engines;
  readonly queue: ReturnType<typeof createQueue>;
  say(line: HeadlessLine): void;
}

export function runParticipants(
  setup: HeadlessSetup,
  engines: Engines,
  say: (line: HeadlessLine) => void,
): RunningParticipants {
  const shared: Shared = { setup, engines, queue: createQueue(), say };
  const stopping = new AbortController();
  const participants: ReturnType<typeof runOne>[] = [];
  const begin = async (): Promise<void> => {
    const first = await viewOf(setup);
    const { spec } = first;
    const { own, refused, firstRefusal } = await readOwnData(setup, spec);
    if (refused > 0) say({ type: 'refused-rows', refused, first: firstRefusal ?? '' });
    const kept: KeptState[] = [];
    try {
      for (const { index } of own) kept.push(await openKeptState(setup.state, index, setup.federation));
    } catch (failure) {
      for (const one of kept) one.close();
      throw failure;
    }
    if (stopping.signal.aborted) return kept.forEach((one) => one.close());
    for (const [nth, data] of own.entries()) participants.push(runOne(shared, first, data, kept[nth]!));
    await Promise.all(participants.map((one) => one.done));
  };
  return {
    done: begin(),
    async stop() {
      stopping.abort();
      await Promise.all(participants.map((one) => one.stop()));
    },
  };
}

/** Rejects with UnusableData, or with LinkLost when nobody answers. */
async function viewOf(setup: HeadlessSetup): Promise<FederationView> {
  try {
    const view = await readView(
      createRequests(setup.url),
      `/api/federations/${setup.federation}`,
      FederationView,
    );
    if (view === undefined)
      throw new UnusableData(`There is no federation “${setup.federation}” at ${setup.url}.`);
    return view;
  } catch (failure) {
    if (failure instanceof LinkLost)
      throw new LinkLost(`No answer from ${setup.url}. Is the server running there?`, { cause: failure });
    throw failure;
  }
}

function runOne(
  { setup, engines, queue, say }: Shared,
  first: FederationView,
  data: OwnData,
  { store, isKept, close: closeState }: KeptState,
): { readonly done: Promise<void>; stop(): Promise<void> } {
  const { spec } = first;
  const participant = data.index + 1;
  const datasets = memoryDatasetStore();
  const clock = createSystemClock();
  const link = createSocketLink({
    url: setup.url,
    kind: 'headless',
    identity: async () => ({ identity: await store.identity(), name: data.name }),
    reconnectMostMs: 5_000,
    onMalformed: (name, problem) =>
      say({
        type: 'event',
        participant,
        notable: true,
        message: `The message “${name}” could not be read: ${problem}`,
      }),
  });
  let finish: (reason: string) => void = () => {};
  let giveUp: (failure: UnusableData) => void = () => {};
  const finished = new Promise<string>((resolve, reject) => {
    finish = resolve;
    giveUp = reject;
  });
  // It is awaited once joined: a failure before that must not go unheard as one that nobody handles.
  finished.catch(() => {});
  let isStopped = false;
  const split = splitExamples(data.examples);
  let head: VersionView | undefined;
  const ended = (): void => finish('The run has ended.');
  let undoPatience: (() => void) | undefined;
  /** The last version is scored before the participant goes: nobody else will. The first waits for the scores of all, to tell them. */
  const endIfScored = (view: ParticipationView): void => {
    if (view.state !== 'done') return;
    undoPatience ??= clock.after(LAST_SCORE_WITHIN_MS, ended);
    const isScored =
      split.heldOut.length === 0 || view.localEvaluations.some((one) => one.version === head?.version);
    const isTold =
      participant !== 1 || head === undefined || (head.evaluation?.participants ?? 0) >= head.participants;
    if (isScored && isTold) ended();
  };
  let isJoined = false;
  let isEquipped = false;
  const told = teller(say, participant, spec, (view) => {
    if (isJoined && !isEquipped && view.backend !== null) {
      isEquipped = true;
      const { description, reason } = view.backend;
      say({ type: 'joined', participant, backend: description, reason });
    }
    // It had joined in an earlier process, and cannot take part any more: its data no longer fits, perhaps.
    if (isJoined && !isEquipped && view.state === 'idle')
      void clock.tick().then(() => giveUp(new UnusableData(part.view.lastEvent ?? LEFT)));
    endIfScored(view);
    if (isJoined && view.blocked?.reason === 'own-limit') finish(view.blocked.message);
  });
  const mostBytes = setup.mostBytes ?? null;
  const limits = mostBytes === null ? undefined : createOwnLimits(store, link, clock);
  const part = takePart({
    federation: setup.federation,
    link,
    datasets,
    store,
    engines,
    clock,
    queue,
    turn: onlyOne,
    ...(limits === undefined ? {} : { limits }),
    mayFreeze: false,
    onView: told,
    onFault: (fault) =>
      say({
        type: 'event',
        participant,
        notable: true,
        message: fault instanceof Error ? (fault.stack ?? fault.message) : String(fault),
      }),
  });
  // One of all tells of the rounds.
  const tellRound = roundTeller(participant === 1 ? say : () => {}, spec, first.head.version);
  link.on('federation', (view) => {
    if (view.id !== setup.federation) return;
    head = view.head;
    tellRound.seen(view.head);
    endIfScored(part.view);
    // Counted from one and the same moment by all: who began to count with the first message that it hears, which may come a
    // round later, would wait for rounds that the others no longer take part in.
    if (setup.rounds !== null && view.roundsCommitted - first.roundsCommitted >= setup.rounds)
      finish(`${setup.rounds} rounds are done.`);
  });

  const close = async (): Promise<void> => {
    await part.close();
    await limits?.close();
    link.close();
    clock.close();
    closeState();
  };
  const run = async (): Promise<void> => {
    say({
      type: 'data',
      participant,
      name: data.name,
      training: split.training.length,
      heldOut: split.heldOut.length,
    });
    const writer = await datasets.write({
      id: 'own',
      federation: setup.federation,
      name: data.name,
      contract: spec.contract,
      source: data.source,
    });
    await writer.append(data.examples, data.examples.count);
    await writer.finish();
    const wishes = {
      dataset: 'own',
      name: data.name,
      backend: setup.backend === 'auto' ? null : setup.backend,
      tags: setup.tags,
      invitation: setup.invitation,
    };
    if (mostBytes !== null) await writeLimits(store, { ...NO_LIMITS, bytesInAll: mostBytes });
    const joined = await readJoined(store, setup.federation);
    // Joining anew would give up what an earlier process trained and did not send.
    if (joined !== undefined)
      await writeJoined(store, setup.federation, { ...joined, ...wishes, pausedAt: null });
    await part.open();
    if (joined === undefined) await part.join(wishes);
    isJoined = true;
    told(part.view);
    const reason = await finished;
    undoPatience?.();
    tellRound.flush();
    const { roundsContributed } = part.view;
    if (!(isStopped && isKept)) await part.leave('now');
    await close();
    say({ type: 'left', participant, rounds: roundsContributed, reason });
  };
  const running = run();
  return {
    done: running,
    async stop() {
      isStopped = true;
      finish(isKept ? 'Stopped. What it keeps is there for the next start.' : 'Stopped.');
      // It checks out in its own way; one that is still being measured, or hears no answer, is closed where it stands.
      let undo: () => void = () => {};
      const impatience = new Promise<void>((resolve) => (undo = clock.after(STOP_WITHIN_MS, resolve)));
      await Promise.race([running, impatience]);
      undo();
      await close();
    },
  };
}
