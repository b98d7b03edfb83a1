// Several headless participants in one process: the participant of the browser, with a store in memory and the engines of Node.
import { memoryDatasetStore } from '#lib/adapters/memory/datasets.ts';
import { createMemoryParticipantStore } from '#lib/adapters/memory/participant-store.ts';
import { createSocketLink } from '#lib/adapters/socketio/link.ts';
import { createRequests, readView } from '#lib/adapters/socketio/requests.ts';
import { createSystemClock } from '#lib/adapters/system-clock.ts';
import type { VersionNumber } from '#lib/core/ids.ts';
import { figure } from '#lib/core/metrics/figures.ts';
import type { FederationSpec } from '#lib/core/federation.ts';
import { splitExamples } from '#lib/core/data/split.ts';
import { createQueue, type Engines } from '#lib/participant/engine.ts';
import type { ParticipationView } from '#lib/participant/participation.ts';
import { takePart } from '#lib/participant/take-part.ts';
import { onlyOne } from '#lib/participant/training-turn.ts';
import { LinkLost } from '#lib/ports/coordinator-link.ts';
import { FederationView, type VersionView } from '#lib/protocol/views.ts';
import { readOwnData, UnusableData, type OwnData } from './own-data.ts';
import type { HeadlessLine, HeadlessSetup } from './setup.ts';

export interface RunningParticipants {
  /** All have left, each for its own reason. Rejects with UnusableData or LinkLost when they could not begin. */
  readonly done: Promise<void>;
  /** Checks out and closes; what was being trained is given up. */
  stop(): Promise<void>;
}

/** Checking out takes this long at most. */
const STOP_WITHIN_MS = 3_000;
/** The last version is scored within this, or not at all. */
const LAST_SCORE_WITHIN_MS = 15_000;

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
    const { spec, head } = await viewOf(setup);
    const { own, refused, firstRefusal } = await readOwnData(setup, spec);
    if (refused > 0) say({ type: 'refused-rows', refused, first: firstRefusal ?? '' });
    if (stopping.signal.aborted) return;
    for (const data of own) participants.push(runOne(shared, spec, head.version, data));
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
  spec: FederationSpec,
  firstHead: VersionNumber,
  data: OwnData,
): { readonly done: Promise<void>; stop(): Promise<void> } {
  const participant = data.index + 1;
  const store = createMemoryParticipantStore();
  const datasets = memoryDatasetStore();
  const clock = createSystemClock();
  const link = createSocketLink({
    url: setup.url,
    kind: 'headless',
    identity: async () => ({ secret: await store.secret(), name: data.name }),
    secret: () => store.secret(),
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
  const finished = new Promise<string>((resolve) => (finish = resolve));
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
  const told = teller(say, participant, spec, endIfScored);
  const part = takePart({
    federation: setup.federation,
    link,
    datasets,
    store,
    engines,
    clock,
    queue,
    turn: onlyOne,
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
  let committedBefore: number | undefined;
  // One of all tells of the rounds.
  const tellRound = roundTeller(participant === 1 ? say : () => {}, spec, firstHead);
  link.on('federation', (view) => {
    if (view.id !== setup.federation) return;
    head = view.head;
    tellRound.seen(view.head);
    endIfScored(part.view);
    committedBefore ??= view.roundsCommitted;
    if (setup.rounds !== null && view.roundsCommitted - committedBefore >= setup.rounds)
      finish(`${setup.rounds} rounds are done.`);
  });

  const close = async (): Promise<void> => {
    await part.close();
    link.close();
    clock.close();
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
    await part.open();
    await part.join({
      dataset: 'own',
      name: data.name,
      backend: setup.backend === 'auto' ? null : setup.backend,
    });
    const choice = part.view.backend;
    if (choice !== null)
      say({ type: 'joined', participant, backend: choice.description, reason: choice.reason });
    const reason = await finished;
    undoPatience?.();
    tellRound.flush();
    const { roundsContributed } = part.view;
    await part.leave('now');
    await close();
    say({ type: 'left', participant, rounds: roundsContributed, reason });
  };
  const running = run();
  return {
    done: running,
    async stop() {
      finish('Stopped.');
      // It checks out in its own way; one that is still being measured, or hears no answer, is closed where it stands.
      let undo: () => void = () => {};
      const impatience = new Promise<void>((resolve) => (undo = clock.after(STOP_WITHIN_MS, resolve)));
      await Promise.race([running, impatience]);
      undo();
      await close();
    },
  };
}

/**
 * One line a committed version, once all of its participants have scored it, or a later version is there, or the end. Views come
 * at most twice a second: of several rounds in less, the last is told.
 */
function roundTeller(
  say: (line: HeadlessLine) => void,
  spec: FederationSpec,
  firstHead: VersionNumber,
): { seen(head: VersionView): void; flush(): void } {
  let waiting: VersionView | undefined;
  // What was there before is not news.
  let told: number = firstHead;
  const flush = (): void => {
    if (waiting === undefined) return;
    const { version, participants, evaluation, bytesUp, durationMs } = waiting;
    told = version;
    waiting = undefined;
    const value = evaluation === null ? undefined : figure(evaluation.tally, spec.metric.name);
    say({
      type: 'round',
      version,
      participants,
      metric: spec.metric.name,
      value: value ?? null,
      bytesUp,
      durationMs,
    });
  };
  return {
    seen(head) {
      if (waiting !== undefined && waiting.version < head.version) flush();
      if (head.version <= told) return;
      waiting = head;
      if ((head.evaluation?.participants ?? 0) >= head.participants) flush();
    },
    flush,
  };
}

/** Turns views into lines, each said once. */
function teller(
  say: (line: HeadlessLine) => void,
  participant: number,
  spec: FederationSpec,
  onView: (view: ParticipationView) => void,
): (view: ParticipationView) => void {
  let state = '';
  let event: string | null = null;
  const scored = new Set<number>();
  return (view) => {
    const now = `${view.state} ${view.round} ${view.blocked?.reason}`;
    if (now !== state) {
      state = now;
      say({
        type: 'state',
        participant,
        state: view.state,
        round: view.round,
        blocked: view.blocked?.message ?? null,
      });
    }
    if (view.lastEvent !== null && view.lastEvent !== event) {
      event = view.lastEvent;
      // What every round brings; the round's own line says it for all.
      const notable = !/^(Sent update|Version) \d/.test(event);
      say({ type: 'event', participant, notable, message: event });
    }
    for (const { version, tally } of view.localEvaluations) {
      if (scored.has(version)) continue;
      scored.add(version);
      say({
        type: 'evaluation',
        participant,
        version,
        metric: spec.metric.name,
        value: figure(tally, spec.metric.name) ?? null,
        count: tally.count,
      });
    }
    onView(view);
  };
}
