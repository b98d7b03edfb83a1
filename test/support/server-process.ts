// The real server in a process of its own, on loopback, to be killed and started again on the same data.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const program = resolve('build/server-programs/cli.js');

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const probe = createServer();
  probe.listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  await once(probe, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

export interface ServerProcess {
  readonly url: string;
  /** Of the process now running; 0 while there is none. */
  readonly pid: number;
  readonly dataFolder: string;
  /** Printed last by the process now running: each is good once, and the next is printed when it has been used. */
  readonly signInUrl: string;
  /** SIGTERM, as an operator or a container ends it; its exit status. */
  stop(): Promise<number | null>;
  /** SIGKILL: no time to say goodbye. */
  kill(): Promise<void>;
  /** Starts again on the same port and data. */
  start(): Promise<void>;
  /** Ends it and deletes its data. */
  close(): Promise<void>;
  /** What it printed since its last start. */
  output(): string;
}

export async function serverProcess(
  options: { readonly arguments?: readonly string[] } = {},
): Promise<ServerProcess> {
  const port = await freePort();
  const dataFolder = await mkdtemp(join(tmpdir(), 'tributary-e2e-'));
  let child: ChildProcess | undefined;
  let output = '';
  let signInUrl = '';

  const end = async (signal: NodeJS.Signals): Promise<number | null> => {
    const running = child;
    child = undefined;
    if (running === undefined || running.exitCode !== null) return running?.exitCode ?? null;
    const exited = once(running, 'exit');
    running.kill(signal);
    await exited;
    return running.exitCode;
  };

  const start = async (): Promise<void> => {
    output = '';
    const args = [
      'start',
      '--host',
      '127.0.0.1',
      '--port',
      String(port),
      '--data',
      dataFolder,
      ...(options.arguments ?? []),
    ];
    const started = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    child = started;
    await new Promise<void>((resolveStart, rejectStart) => {
      const read = (chunk: Buffer): void => {
        output += chunk.toString();
        const link = output.match(/https?:\/\/\S+\/sign-in\?token=\S+(?=\s)/g)?.at(-1);
        if (link === undefined) return;
        signInUrl = link;
        resolveStart();
      };
      started.stdout.on('data', read);
      started.stderr.on('data', read);
      started.once('exit', (code) =>
        rejectStart(new Error(`The server ended with status ${code}:\n${output}`)),
      );
    });
  };

  await start();
  return {
    url: `${options.arguments?.includes('--https') === true ? 'https' : 'http'}://127.0.0.1:${port}`,
    dataFolder,
    get pid() {
      return child?.pid ?? 0;
    },
    get signInUrl() {
      return signInUrl;
    },
    stop: () => end('SIGTERM'),
    kill: async () => void (await end('SIGKILL')),
    start,
    close: async () => {
      await end('SIGTERM');
      await rm(dataFolder, { recursive: true, force: true });
    },
    output: () => output,
  };
}
