// `tributary start`: the server, until it is told to end.
import type { Command } from 'commander';
import { readConfiguration, settings } from '../configuration.ts';
import { startServer, type RunningServer } from '../main.ts';

export function register(program: Command): void {
  const command = program
    .command('start')
    .description('start the server: pages, API and rounds in one process');
  for (const { flag, variable, help } of Object.values(settings))
    command.option(flag, `${help} [env: ${variable}]`);
  command.action(async (flags: Record<string, unknown>) => {
    const configuration = readConfiguration(flags);
    const server = await startServer({
      ...configuration,
      onSignInUrl: (url) => console.log(`Sign in: ${url}   (the next link, good once)`),
    });
    tellAddresses(server);
    endOnSignal(() => server.close());
  });
}

export function tellAddresses(server: RunningServer): void {
  console.log(`Tributary: ${server.url}`);
  for (const url of server.networkUrls)
    console.log(
      `On this network: ${url}${url.startsWith('http:') ? '   (other devices need HTTPS: --https)' : ''}`,
    );
  console.log(`Sign in: ${server.signInUrl}`);
}

/** The first of the two signals that end a process closes; then it is over. */
export function endOnSignal(close: () => Promise<void>): void {
  const end = (signal: string): void => {
    console.log(`${signal}: closing. Open rounds go on at the next start.`);
    close().then(
      () => process.exit(0),
      (error: unknown) => {
        console.error(error);
        process.exit(1);
      },
    );
  };
  process.once('SIGTERM', () => end('SIGTERM'));
  process.once('SIGINT', () => end('SIGINT'));
}
