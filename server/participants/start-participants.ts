// Headless participants spread over child processes: TensorFlow.js computes on one core a process.
import { fork, type ChildProcess } from 'node:child_process';
import { availableParallelism } from 'node:os';
import * as v from 'valibot';
import { builtProgram } from '../built-program.ts';
import { HeadlessLine, type HeadlessSetup } from './setup.ts';

export interface HeadlessOptions extends Omit<
  HeadlessSetup,
  'indices' | 'state' | 'tags' | 'invitation' | 'mostBytes'
> {
  readonly mostBytes?: number | null;
  readonly tags?: HeadlessSetup['tags'];
  readonly invitation?: string | null;
  /** Default: what a participant keeps goes with its process. */
  readonly state?: string;
  /** Default: one a core, and never more than participants. */
  readonly processes?: number;
  /** A PEM file to trust: a server that shows a certificate which it made itself. */
  readonly certificate?: string;
  onLine(line: HeadlessLine): void;
}

export interface HeadlessParticipants {
  /** 0: every participant left of itself, or was stopped. 1: some process failed. */
  readonly done: Promise<number>;
  /** Asks every participant to leave, and waits for the processes to end. */
  stop(): Promise<void>;
}

/** What has not left after this long is ended. */
const STOP_WITHIN_MS = 10_000;

export function startHeadlessParticipants({
  onLine,
  processes,
  certificate,
  state,
  tags = [],
  invitation = null,
  mostBytes = null,
  ...setup
}: HeadlessOptions): HeadlessParticipants {
  const program = builtProgram('participant-process');
  const count = Math.max(1, Math.min(setup.clients, processes ?? availableParallelism()));
  let stopped = false;
  const env = certificate === undefined ? process.env : { ...process.env, NODE_EXTRA_CA_CERTS: certificate };
  const failures = new Set<string>();
  const children: { readonly child: ChildProcess; readonly ended: Promise<boolean> }[] = [];
  for (let one = 0; one < count; one += 1) {
    // Dealt in turn, so that the processes have equally many.
    const indices = Array.from({ length: setup.clients }, (_, index) => index).filter(
      (index) => index % count === one,
    );
    const child = fork(program, [], {
      env,
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      execArgv: ['--enable-source-maps'],
    });
    let explained = false;
    child.on('message', (message) => {
      const line = v.parse(HeadlessLine, message);
      if (line.type === 'failure') {
        explained = true;
        // The same trouble meets every process; it is told once.
        if (failures.has(line.message)) return;
        failures.add(line.message);
      }
      onLine(line);
    });
    const ended = new Promise<boolean>((resolve) => {
      child.on('error', (error) => {
        onLine({
          type: 'failure',
          message: `A process of participants could not be started: ${error.message}`,
        });
        resolve(false);
      });
      child.on('exit', (code, signal) => {
        const well = code === 0 || stopped;
        if (!well && !explained)
          onLine({
            type: 'failure',
            message: `A process of participants ended (${signal ?? `status ${code}`}).`,
          });
        resolve(well);
      });
    });
    child.send({
      ...setup,
      state: state ?? null,
      tags,
      invitation,
      mostBytes,
      indices,
    } satisfies HeadlessSetup);
    children.push({ child, ended });
  }
  const all = Promise.all(children.map((one) => one.ended));
  return {
    done: all.then((ends) => (ends.every((well) => well) ? 0 : 1)),
    async stop() {
      stopped = true;
      for (const { child } of children) child.kill('SIGTERM');
      const impatience = setTimeout(() => {
        for (const { child } of children) child.kill('SIGKILL');
      }, STOP_WITHIN_MS);
      await all;
      clearTimeout(impatience);
    },
  };
}
