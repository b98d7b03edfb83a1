// A server with one federation under secure aggregation and participants of it, over loopback sockets and HTTP.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as v from 'valibot';
import type { FederationSpec } from '#lib/core/federation.ts';
import { FederationId } from '#lib/core/ids.ts';
import type { Engines } from '#lib/participant/engine.ts';
import { startServer, type RunningServer } from '../../server/main.ts';
import { nodeEngines } from '../../server/participants/node-engines.ts';
import { runParticipants, type RunningParticipants } from '../../server/participants/run-participants.ts';
import type { HeadlessLine } from '../../server/participants/setup.ts';
import { signedIn, type CoordinatorClient } from './coordinator-client.ts';
import { freePort } from './server-process.ts';

export const federation = v.parse(FederationId, 'patients');

export interface Played {
  readonly coordinator: CoordinatorClient;
  readonly lines: readonly HeadlessLine[];
  /** [P] by version. */
  readonly versions: readonly Float32Array[];
  /** Of version 1. */
  readonly examples: number;
}

export interface Stage {
  readonly url: string;
  readonly coordinator: CoordinatorClient;
  readonly lines: HeadlessLine[];
  /** Starts participants; their data are those of these indices. */
  start(indices: readonly number[], engines?: Engines): RunningParticipants;
  restart(): Promise<void>;
  /** Stops the server; where its data lie. */
  stop(): Promise<string>;
  played(): Promise<Played>;
}

/** `undoings`: what is to be done in the end, last first. */
export async function stage(spec: FederationSpec, undoings: (() => Promise<unknown>)[]): Promise<Stage> {
  const data = await mkdtemp(join(tmpdir(), 'tributary-secure-'));
  undoings.push(() => rm(data, { recursive: true, force: true, maxRetries: 5 }));
  const port = await freePort();
  const open = (): Promise<RunningServer> =>
    startServer({ pages: 'none', host: '127.0.0.1', port, data, logLevel: 'silent' });
  let server = await open();
  undoings.push(() => server.close());
  const coordinator = await signedIn(server.signInUrl);
  await coordinator.create(spec, federation);
  await coordinator.act(federation, 'start');
  const lines: HeadlessLine[] = [];
  const url = `http://127.0.0.1:${port}`;
  return {
    url,
    coordinator,
    lines,
    start(indices, engines = nodeEngines()) {
      const running = runParticipants(
        {
          url,
          federation,
          clients: 7,
          indices: [...indices],
          data: { type: 'sample' },
          seed: 1,
          tags: [],
          backend: 'wasm',
          state: null,
          invitation: null,
          rounds: null,
        },
        engines,
        (line) => lines.push(line),
      );
      undoings.push(() => running.stop());
      return running;
    },
    async restart() {
      await server.close();
      server = await open();
    },
    async stop() {
      await server.close();
      return data;
    },
    async played() {
      const views = await coordinator.versions(federation);
      const versions = await Promise.all(
        views.map(async ({ digest }) => {
          const response = await fetch(`${url}/api/parameters/${digest}`);
          return new Float32Array(await response.arrayBuffer());
        }),
      );
      return { coordinator, lines, versions, examples: views[1]!.examples };
    },
  };
}

/** Lines that tell of a fault in the program. */
export const faults = (lines: readonly HeadlessLine[]): readonly HeadlessLine[] =>
  lines.filter((line) => line.type === 'event' && line.notable && /Error|\.ts:/.test(line.message));
