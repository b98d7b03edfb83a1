// `npx tributary …` as a person would run it: a process of its own, its JSON lines read as they come.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';

const program = resolve('build/server-programs/cli.js');

export interface RunningCommand {
  readonly process: ChildProcess;
  /** Everything it printed on standard output so far, by line. */
  readonly lines: readonly string[];
  /** SIGTERM, and waits for the end. */
  stop(): Promise<void>;
}

export function startCommand(args: readonly string[]): RunningCommand {
  const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines: string[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => lines.push(line));
  return {
    process: child,
    lines,
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, 'exit');
      child.kill('SIGTERM');
      await exited;
    },
  };
}

/** Runs a command to its end; the JSON of its last line. Throws with its output when it fails. */
export async function commandResult(args: readonly string[]): Promise<unknown> {
  const running = startCommand(args);
  const [code] = (await once(running.process, 'close')) as [number | null];
  if (code !== 0)
    throw new Error(`tributary ${args.join(' ')} ended with status ${code}:\n${running.lines.join('\n')}`);
  return JSON.parse(running.lines.at(-1) ?? 'null');
}

export const sharedData = resolve(process.env['SHARED_DATA'] ?? '../shared/data');
