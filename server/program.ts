// What both ways of running share, `npm start` and `vite dev`: stores, coordinator, API and application over one data directory.
import { join } from 'node:path';
import type { Application, PageIntegrity } from './application.ts';
import { openActs } from './acts.ts';
import { ownDataDirectory } from './adapters/data-directory.ts';
import { fileBlobs } from './adapters/file-blobs.ts';
import { fileServerKey } from './adapters/file-server-key.ts';
import { openProcessMeter } from './adapters/process-meter.ts';
import { sqliteRecords } from './adapters/sqlite/records.ts';
import { systemClock } from './adapters/system-clock.ts';
import { Reputation } from './coordinator/reputation.ts';
import { openCoordinator, type Coordinator } from './coordinator/coordinator.ts';
import type { Upstream } from './coordinator/upstream.ts';
import { createTokens, type Tokens } from './gateway/tokens.ts';
import { createApi } from './http/api.ts';
import { bearersOf } from './http/bearers.ts';
import { Sessions } from './http/sessions.ts';
import type { Site } from './http/site.ts';
import { Uploads } from './http/uploads.ts';
import { openMlflow } from './mlflow/mlflow.ts';
import type { Clock } from './ports/clock.ts';
import type { Log } from './ports/log.ts';
import { changedNothing, type Records } from './ports/records.ts';
import type { ServerKey } from './ports/server-key.ts';
import type { Prices } from '#lib/protocol/costs.ts';
import { appVersion } from './project-folder.ts';

export interface Program {
  readonly coordinator: Coordinator;
  readonly application: Application;
  readonly sessions: Sessions;
  readonly tokens: Tokens;
  readonly reputation: Reputation;
  readonly clock: Clock;
  readonly key: ServerKey;
  readonly api: ReturnType<typeof createApi>;
  /** Rounds persist; the data directory is given back. */
  close(): Promise<void>;
}

export async function openProgram(options: {
  readonly data: string;
  readonly site: Site;
  readonly log: Log;
  readonly publicUrl: () => string;
  /** Undefined in development. */
  readonly integrity: PageIntegrity | undefined;
  readonly onTokenUsed: (token: string) => void;
  readonly fatal: (error: unknown) => void;
  /** Of what the server spends. */
  readonly prices: Prices;
  /** Where the server is an edge. */
  readonly upstream?: Upstream;
}): Promise<Program> {
  const { site, log, fatal, upstream } = options;
  const directory = ownDataDirectory(options.data);
  const clock = systemClock;
  const blobs = await fileBlobs(directory.path);
  const records = endingOnFailure(await sqliteRecords(join(directory.path, 'tributary.sqlite')), fatal);
  const key = await fileServerKey(directory.path);
  const reputation = new Reputation(clock);
  const acts = await openActs(records, clock);
  const processMeter = openProcessMeter();
  const coordinator = await openCoordinator({
    records,
    blobs,
    clock,
    log,
    key,
    fatal,
    reputation,
    acts: () => acts.end,
    meter: processMeter.meter,
    ...(upstream === undefined ? {} : { upstream }),
  });
  const sessions = await Sessions.open(records, clock, options.onTokenUsed, acts);
  const tokens = createTokens(clock);
  const uploads = new Uploads(coordinator, blobs, clock, log, bearersOf(tokens, site));
  const mlflow = await openMlflow(directory.path, coordinator, clock);
  const api = createApi({
    coordinator,
    blobs,
    sessions,
    uploads,
    site,
    clock,
    log,
    acts,
    records,
    mlflow,
    prices: options.prices,
  });

  const application: Application = {
    federations: async () => coordinator.summaries(),
    federation: async (id) => coordinator.view(id),
    versions: async (id) => coordinator.versions(id) ?? [],
    version: async (id, version) => coordinator.versions(id)?.find((one) => one.version === version),
    rounds: async (id, page) => (await coordinator.rounds(id, { limit: page?.limit ?? 50 })) ?? [],
    aliases: async (id) => (await coordinator.aliases(id)) ?? [],
    person(cookie) {
      const person = sessions.personOf(cookie);
      return person && { name: person.name, role: person.role };
    },
    get publicUrl() {
      return options.publicUrl();
    },
    appVersion: appVersion(),
    integrity: options.integrity,
  };

  return {
    coordinator,
    application,
    sessions,
    tokens,
    reputation,
    clock,
    key,
    api,
    async close() {
      await uploads.close();
      await coordinator.close();
      processMeter.close();
      mlflow.close();
      await records.close();
      directory.close();
    },
  };
}

/** A durable write whose outcome is unknown ends the process, whoever asked for it. */
const endingOnFailure = (records: Records, fatal: (error: unknown) => void): Records => ({
  ...records,
  write: (changes) =>
    records.write(changes).catch((error: unknown) => {
      if (!changedNothing(error)) fatal(error);
      throw error;
    }),
});
