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
  readonly dataFolder: string;
  /** Of the process now running; each start prints a new one. */
  readonly signInUrl: string;
  /** SIGKILL: no time to say goodbye. */
  kill(): Promise<void>;
  /** Starts again on the same port and data. */
  start(): Promise<void>;
  /** Ends it and deletes its data. */
  close(): Promise<void>;
  /** What it printed since its last start. */
  output(): string;
}

export async function serverProcess(options: { readonly arguments?: readonly string[] } = {}): Promise<ServerProcess> {
  const port = await freePort();
  const dataFolder = await mkdtemp(join(tmpdir(), 'tributary-e2e-'));
  let child: ChildProcess | undefined;
  let output = '';
  let signInUrl = '';

  const end = async (signal: NodeJS.Signals): Promise<void> => {
    const running = child;
    child = undefined;
    if (running === undefined || running.exitCode !== null) return;
    const exited = once(running, 'exit');
    running.kill(signal);
    await exited;
  };

  const start = async (): Promise<void> => {
    output = '';
    const args = ['start', '--host', '127.0.0.1', '--port', String(port), '--data', dataFolder, ...(options.arguments ?? [])];
    const started = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    child = started;
    await new Promise<void>((resolveStart, rejectStart) => {
      const read = (chunk: Buffer): void => {
        output += chunk.toString();
        const link = /https?:\/\/\S+\/sign-in\?token=\S+/.exec(output);
        if (link === null) return;
        signInUrl = link[0];
        resolveStart();
      };
      started.stdout.on('data', read);
      started.stderr.on('data', read);
      started.once('exit', (code) => rejectStart(new Error(`The server ended with status ${code}:\n${output}`)));
    });
  };

  await start();
  return {
    url: `http://127.0.0.1:${port}`,
    dataFolder,
    get signInUrl() {
      return signInUrl;
    },
    kill: () => end('SIGKILL'),
    start,
    close: async () => {
      await end('SIGTERM');
      await rm(dataFolder, { recursive: true, force: true });
    },
    output: () => output,
  };
}
