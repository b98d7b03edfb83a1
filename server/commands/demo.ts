// `tributary demo`: the server, two federations on samples, and headless participants whose rounds commit while you watch.
import { join } from 'node:path';
import { InvalidArgumentError, type Command } from 'commander';
import * as v from 'valibot';
import { FederationId } from '#lib/core/ids.ts';
import { FederationView } from '#lib/protocol/views.ts';
import { readConfiguration, settings } from '../configuration.ts';
import type { Connection } from '../coordinator/connection.ts';
import { digitsFederation, patientsFederation, type DemoFederation } from '../demo/demo-federations.ts';
import { createRoundLines } from '../demo/round-lines.ts';
import { startServer, type RunningServer } from '../main.ts';
import { startHeadlessParticipants } from '../participants/start-participants.ts';

const DEMO_DATA = join('.', 'data', 'demo');

export function register(program: Command): void {
  const command = program
    .command('demo')
    .description('the app with headless participants whose rounds commit while you watch; join from your tab')
    .option('--clients <number>', 'headless participants', clientsOf, 8);
  for (const { flag, variable, help } of Object.values(settings))
    command.option(
      flag,
      `${help.replace('(default: ./data)', `(default: ${DEMO_DATA})`)} [env: ${variable}]`,
    );
  command.action(async (flags: Record<string, unknown> & { readonly clients: number }) => {
    const configuration = readConfiguration({ data: DEMO_DATA, logLevel: 'warn', ...flags });
    const server = await startServer({
      ...configuration,
      onSignInUrl: (url) => console.log(`Sign in: ${url}   (the next link, good once)`),
    });
    const digits = await opened(server, digitsFederation(flags.clients));
    await opened(server, patientsFederation());
    console.log(`Tributary: ${server.url}`);
    console.log(`Join:      ${server.url}/f/${digits}`);
    console.log(`Sign in:   ${server.signInUrl}   (coordinator, good once)`);
    console.log(
      `\n${flags.clients} headless participants join the federation “${digits}”. Each round's line follows; end with Ctrl+C.`,
    );

    const say = createRoundLines((line) => console.log(line));
    await watch(server, digits, say);
    const participants = startHeadlessParticipants({
      url: `${configuration.https || configuration.tlsCert !== undefined ? 'https' : 'http'}://localhost:${server.port}`,
      federation: digits,
      clients: flags.clients,
      data: { type: 'sample' },
      seed: 1,
      backend: 'auto',
      rounds: null,
      // They trust the certificate that this server shows.
      ...(configuration.tlsCert !== undefined
        ? { certificate: configuration.tlsCert }
        : configuration.https
          ? { certificate: join(configuration.data, 'tls', 'cert.pem') }
          : {}),
      onLine: (line) => {
        if (line.type === 'failure') console.error(line.message);
      },
    });
    let ending = false;
    const end = (): void => {
      if (ending) return;
      ending = true;
      console.log('Closing. Open rounds go on at the next start.');
      participants
        .stop()
        .then(() => server.close())
        .then(
          () => process.exit(0),
          (error: unknown) => {
            console.error(error);
            process.exit(1);
          },
        );
    };
    process.once('SIGTERM', end);
    process.once('SIGINT', end);
  });
}

function clientsOf(text: string): number {
  const count = Number(text);
  if (!Number.isSafeInteger(count) || count < 1 || count > 200)
    throw new InvalidArgumentError('A whole number from 1 to 200.');
  return count;
}

/** Makes the federation if there is none, and sees that it runs: an earlier demo's versions go on. */
async function opened(server: RunningServer, { id: name, spec }: DemoFederation): Promise<FederationId> {
  const { coordinator } = server;
  const id = v.parse(FederationId, name);
  const view = coordinator.view(id);
  if (view === undefined) {
    const made = await coordinator.create(id, spec);
    if (!made.ok) throw new Error(made.error.message);
  }
  const state = coordinator.view(id)?.state;
  if (state !== 'running') {
    const started = await coordinator.act(id, state === 'paused' ? 'resume' : 'start');
    if (started?.ok === false) throw new Error(started.error.message);
  }
  return id;
}

/** A watcher inside the process: it takes no seat, and hears what every page hears. */
async function watch(
  server: RunningServer,
  federation: FederationId,
  onView: (view: FederationView) => void,
): Promise<void> {
  const connection: Connection = {
    id: 'demo',
    participant: null,
    kind: 'headless',
    name: null,
    send: (event, message) => {
      if (event === 'federation') onView(v.parse(FederationView, message));
    },
  };
  const answer = await server.coordinator.receive(connection, { name: 'watch', message: { federation } });
  if (answer.ok && answer.view !== null) onView(answer.view);
}
