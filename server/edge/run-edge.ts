// An edge: a server for devices of its own, and beside it one participant of the upper federation, in one process over one data
// directory. It takes part while enough of its devices are here.
import { join } from 'node:path';
import * as v from 'valibot';
import { createRequests, readView } from '#lib/adapters/socketio/requests.ts';
import { createSystemClock } from '#lib/adapters/system-clock.ts';
import { LinkLost } from '#lib/ports/coordinator-link.ts';
import { FederationView } from '#lib/protocol/views.ts';
import { startServer, type RunningServer, type ServerOptions } from '../main.ts';
import { openKeptState } from '../participants/kept-state.ts';
import { createEdgeLearner } from './edge-learner.ts';
import { named, whyNoEdge, type Above, type EdgeRules } from './mirror.ts';
import { EdgeRefused, takeOver } from './take-over.ts';
import { openUpperParticipant } from './upper-participant.ts';

export interface EdgeOptions {
  readonly above: Above;
  readonly rules: EdgeRules;
  readonly server: Omit<ServerOptions, 'upstream'> & { readonly data: string };
  readonly tags: readonly string[];
  /** The code of an invitation to the upper federation. */
  readonly invitation: string | null;
  /** What happens, for the terminal. */
  say(line: string): void;
}

export interface RunningEdge {
  readonly server: RunningServer;
  /** What is under way goes on at the next start. */
  close(): Promise<void>;
}

/** Rejects with EdgeRefused, or as startServer does. */
export async function runEdge(options: EdgeOptions): Promise<RunningEdge> {
  const { above, rules, say } = options;
  const first = await viewAbove(above);
  const refusal = first && whyNoEdge(first.spec, above);
  if (refusal !== undefined) throw new EdgeRefused(refusal);
  const clock = createSystemClock();
  const undoings: (() => Promise<void> | void)[] = [() => clock.close()];
  const close = async (): Promise<void> => {
    for (const undo of undoings.splice(0).reverse()) await undo();
  };
  try {
    let status = (): string => `Waits for ${named(above)}.`;
    let moved = (): void => {};
    const edge = createEdgeLearner({
      above,
      rounds: rules.rounds,
      minimum: rules.minimum,
      clock,
      status: () => status(),
      onMoved: () => moved(),
    });
    const server = await startServer({ ...options.server, upstream: edge.upstream });
    undoings.push(() => server.close());
    const { coordinator } = server;
    edge.attach(coordinator);
    await takeOver(coordinator, first?.spec, options);
    const kept = await openKeptState(join(options.server.data, 'upstream'), 0, above.federation);
    undoings.push(() => kept.close());
    const participant = openUpperParticipant(options, {
      edge,
      coordinator,
      clock,
      store: kept.store,
      spec: first?.spec,
    });
    undoings.push(() => participant.close());
    status = participant.status;
    moved = participant.look;
    await participant.open();
    say(`It learns for ${named(above)}.`);
    return { server, close };
  } catch (failure) {
    await close();
    throw failure;
  }
}

/** undefined: nobody answers. Rejects with EdgeRefused. */
async function viewAbove(above: Above): Promise<FederationView | undefined> {
  try {
    const view = await readView(
      createRequests(above.url),
      `/api/federations/${above.federation}`,
      FederationView,
    );
    if (view !== undefined) return view;
    throw new EdgeRefused(
      `There is no federation ${named(above)}. Check --federation against the address of its page.`,
    );
  } catch (failure) {
    if (failure instanceof LinkLost) return undefined;
    if (failure instanceof v.ValiError)
      throw new EdgeRefused(
        `What ${above.url} says of “${above.federation}” cannot be read here: it runs another version of Tributary. Bring both to the same one.`,
        { cause: failure },
      );
    throw failure;
  }
}
