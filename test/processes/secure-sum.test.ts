// The server never holds what a single device learned: neither in its memory, nor on its disk, nor in its log. The devices are in
// another process, and what each of them trained is known there; the server's process is searched for it, byte for byte.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import * as v from 'valibot';
import { FederationId } from '#lib/core/ids.ts';
import { usualSecureSum } from '#lib/core/secure-sum/rules.ts';
import type { Engines } from '#lib/participant/engine.ts';
import { runParticipants } from '../../server/participants/run-participants.ts';
import { signedIn } from '../support/coordinator-client.ts';
import { enginesWith } from '../support/held-engines.ts';
import { securePatients } from '../support/secure-patients.ts';
import { eachWritablePart } from '../support/process-memory.ts';
import { serverProcess } from '../support/server-process.ts';

const federation = v.parse(FederationId, 'patients');

/** Engines that note every state which training comes to. */
const noted = (states: Float32Array[]): Engines =>
  enginesWith((session) => ({
    async state() {
      const state = await session.state();
      states.push(state.parameters.slice());
      return state;
    },
  }));

/** Six values of the first layer as they lie in memory: nothing else looks like them by chance. */
const traceOf = (values: Float32Array): Buffer =>
  Buffer.from(values.buffer.slice(values.byteOffset, values.byteOffset + 24));

async function contents(folder: string): Promise<readonly Buffer[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return Promise.all(
    entries.filter((entry) => entry.isFile()).map((entry) => readFile(join(entry.parentPath, entry.name))),
  );
}

async function search(secure: boolean): Promise<{
  readonly versions: number;
  readonly found: Readonly<Record<'base' | 'made' | 'trained' | 'deltas', number>>;
  readonly log: string;
}> {
  const server = await serverProcess({ arguments: ['--log-level', 'debug'] });
  try {
    const coordinator = await signedIn(server.signInUrl);
    await coordinator.create(securePatients(secure ? usualSecureSum : undefined, 1), federation);
    await coordinator.act(federation, 'start');
    const states: Float32Array[] = [];
    const running = runParticipants(
      {
        url: server.url,
        federation,
        clients: 6,
        indices: [0, 1, 2, 3, 4, 5],
        data: { type: 'sample' },
        seed: 1,
        tags: [],
        backend: 'cpu',
        state: null,
        invitation: null,
        rounds: null,
      },
      noted(states),
      () => {},
    );
    await running.done;
    await running.stop();
    const versions = await coordinator.versions(federation);
    const parameters = await Promise.all(
      versions.map(
        async ({ digest }) =>
          new Float32Array(await (await fetch(`${server.url}/api/parameters/${digest}`)).arrayBuffer()),
      ),
    );
    const [base, made] = parameters;
    const trained = states.filter((state) => !traceOf(state).equals(traceOf(base!)));
    // Each of six devices came to a state of its own.
    expect(new Set(trained.map((state) => traceOf(state).toString('hex'))).size).toBeGreaterThanOrEqual(6);
    const traces = {
      base: [traceOf(base!)],
      made: [traceOf(made!)],
      trained: trained.map(traceOf),
      deltas: trained.map((state) => traceOf(state.map((value, i) => Math.fround(value - base![i]!)))),
    };
    const found = { base: 0, made: 0, trained: 0, deltas: 0 };
    const look = (bytes: Buffer): void => {
      for (const [name, wanted] of Object.entries(traces) as [keyof typeof found, Buffer[]][])
        for (const trace of wanted) if (bytes.includes(trace)) found[name] += 1;
    };
    expect(eachWritablePart(server.pid, look)).toBeGreaterThan(20e6);
    for (const file of await contents(server.dataFolder)) look(file);
    return { versions: versions.length, found, log: server.output() };
  } finally {
    await server.close();
  }
}

test.runIf(process.platform === 'linux')(
  'the server never holds what one device learned: not in memory, not on disk, not in its log',
  async () => {
    const masked = await search(true);
    expect(masked.versions).toBe(2);
    // The search finds what is there: what all devices are given, and the sum that came of it.
    expect(masked.found.base).toBeGreaterThan(0);
    expect(masked.found.made).toBeGreaterThan(0);
    expect(masked.found).toMatchObject({ trained: 0, deltas: 0 });
    expect(masked.log).not.toMatch(/"norm"|"examples"|delta/);
    // And where updates are read one by one, it finds them.
    expect((await search(false)).found.deltas).toBeGreaterThan(0);
  },
  300_000,
);
