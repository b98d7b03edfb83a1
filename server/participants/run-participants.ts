// Several headless participants in one process: the participant of the browser, with a store in memory and the engines of Node.
import { memoryDatasetStore } from '#lib/adapters/memory/datasets.ts';
import { createMemoryParticipantStore } from '#lib/adapters/memory/participant-store.ts';
import { createSocketLink } from '#lib/adapters/socketio/link.ts';
import { createRequests, readView } from '#lib/adapters/socketio/requests.ts';
import { createSystemClock } from '#lib/adapters/system-clock.ts';
import { figure } from '#lib/core/metrics/figures.ts';
import type { FederationSpec } from '#lib/core/federation.ts';
import { splitExamples } from '#lib/core/data/split.ts';
import { createQueue, type Engines } from '#lib/participant/engine.ts';
import type { ParticipationView } from '#lib/participant/participation.ts';
import { takePart } from '#lib/participant/take-part.ts';
import { onlyOne } from '#lib/participant/training-turn.ts';
import { LinkLost } from '#lib/ports/coordinator-link.ts';
import { FederationView } from '#lib/protocol/views.ts';
import { readOwnData, UnusableData, type OwnData } from './own-data.ts';
import type { HeadlessLine, HeadlessSetup } from './setup.ts';

export interface RunningParticipants {
  /** All have left, each for its own reason. Rejects with UnusableData or LinkLost when they could not begin. */
  readonly done: Promise<void>;
  /** Checks out and closes; what was being trained is given up. */
  stop(): Promise<void>;
}

interface Shared {
  readonly setup: HeadlessSetup;
  readonly engines: Engines;
  readonly queue: ReturnType<typeof createQueue>;
  say(line: HeadlessLine): void;
}

export function runParticipants(setup: HeadlessSetup, engines: Engines, say: (line: HeadlessLine) => void): RunningParticipants {
  const shared: Shared = { setup, engines, queue: createQueue(), say };
  const stopping = new AbortController();
  const participants: ReturnType<typeof runOne>[] = [];
  const begin = async (): Promise<void> => {
    const spec = await specOf(setup);
    const { own, refused, firstRefusal } = await readOwnData(setup, spec);
    if (refused > 0) say({ type: 'refused-rows', refused, first: firstRefusal ?? '' });
    if (stopping.signal.aborted) return;
    for (const data of own) participants.push(runOne(shared, spec, data, participants.length === 0));
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
async function specOf(setup: HeadlessSetup): Promise<FederationSpec> {
  try {
    const view = await readView(createRequests(setup.url), `/api/federations/${setup.federation}`, FederationView);
    if (view === undefined) throw new UnusableData(`There is no federation “${setup.federation}” at ${setup.url}.`);
    return view.spec;
  } catch (failure) {
    if (failure instanceof LinkLost) throw new LinkLost(`No answer from ${setup.url}. Is the server running there?`, { cause: failure });
    throw failure;
  }
}

function runOne(
  { setup, engines, queue, say }: Shared,
  spec: FederationSpec,
  data: OwnData,
  tellsRounds: boolean,
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
    onMalformed: (name, problem) => say({ type: 'event', participant, message: `The message “${name}” could not be read: ${problem}` }),
  });
  let finish: (reason: string) => void = () => {};
  const finished = new Promise<string>((resolve) => (finish = resolve));
  const told = teller(say, participant, spec, (view) => {
    if (view.state === 'done') finish('The run has ended.');
  });
  const part = takePart({
    federation: setup.federation,
    link,
    datasets,
    store,
    engines,
    clock,
    queue,
    turn: onlyOne,
    onView: told,
    onFault: (fault) => say({ type: 'event', participant, message: fault instanceof Error ? (fault.stack ?? fault.message) : String(fault) }),
  });
  let committedBefore: number | undefined;
  let lastVersion: number | undefined;
  link.on('federation', (view: FederationView) => {
    if (view.id !== setup.federation) return;
    const { head, roundsCommitted } = view;
    if (tellsRounds && lastVersion !== undefined && head.version > lastVersion)
      say({ type: 'round', version: head.version, participants: head.participants, bytesUp: head.bytesUp, durationMs: head.durationMs });
    lastVersion = head.version;
    committedBefore ??= roundsCommitted;
    if (setup.rounds !== null && roundsCommitted - committedBefore >= setup.rounds) finish(`${setup.rounds} rounds are done.`);
  });

  const close = async (): Promise<void> => {
    await part.close();
    link.close();
    clock.close();
  };
  const run = async (): Promise<void> => {
    const split = splitExamples(data.examples);
    say({ type: 'data', participant, name: data.name, training: split.training.length, heldOut: split.heldOut.length });
    const writer = await datasets.write({ id: 'own', federation: setup.federation, name: data.name, contract: spec.contract, source: data.source });
    await writer.append(data.examples, data.examples.count);
    await writer.finish();
    await part.open();
    await part.join({ dataset: 'own', name: data.name, backend: setup.backend === 'auto' ? null : setup.backend });
    const choice = part.view.backend;
    if (choice !== null) say({ type: 'joined', participant, backend: choice.description, reason: choice.reason });
    const reason = await finished;
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
      // A participant that has not begun yet is closed where it stands.
      await Promise.race([running, close()]);
      await close();
    },
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
      say({ type: 'state', participant, state: view.state, round: view.round, blocked: view.blocked?.message ?? null });
    }
    if (view.lastEvent !== null && view.lastEvent !== event) {
      event = view.lastEvent;
      say({ type: 'event', participant, message: event });
    }
    for (const { version, tally } of view.localEvaluations) {
      if (scored.has(version)) continue;
      scored.add(version);
      say({ type: 'evaluation', participant, version, metric: spec.metric.name, value: figure(tally, spec.metric.name) ?? null, count: tally.count });
    }
    onView(view);
  };
}
