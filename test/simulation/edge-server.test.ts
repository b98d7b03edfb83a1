// A real hierarchy over loopback sockets and HTTP, in one process: an upper server, an edge as the command line starts it, and headless
// devices. What an edge learns to the last digit is edges.test.ts.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import * as v from 'valibot';
import { createReferenceTrainer } from '#lib/adapters/reference/reference-trainer.ts';
import { plainRounds, type FederationSpec } from '#lib/core/federation.ts';
import { FederationId } from '#lib/core/ids.ts';
import { runEdge, type EdgeOptions, type RunningEdge } from '../../server/edge/run-edge.ts';
import { startServer } from '../../server/main.ts';
import { runParticipants } from '../../server/participants/run-participants.ts';
import { enginesOf } from '../doubles/scripted-federation.ts';
import { signedIn } from '../support/coordinator-client.ts';
import { securePatients } from '../support/secure-patients.ts';

const federation = v.parse(FederationId, 'patients');

const undoings: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const undo of undoings.splice(0).reverse()) await undo();
});

const specification = (): FederationSpec =>
  securePatients(undefined, 2, {
    selection: { ...plainRounds.selection, requiredTags: ['edge'] },
    goal: 1,
    minimum: 1,
  });

const folder = async (): Promise<string> => {
  const path = await mkdtemp(join(tmpdir(), 'tributary-edge-'));
  undoings.push(() => rm(path, { recursive: true, force: true, maxRetries: 5 }));
  return path;
};

test('an edge is one participant above, and ends its run with the one above; started again it is the same', async () => {
  const server = { pages: 'none', host: '127.0.0.1', port: 0, logLevel: 'silent' } as const;
  const upper = await startServer({ ...server, data: await folder() });
  undoings.push(() => upper.close());
  const above = await signedIn(upper.signInUrl);
  await above.create(specification(), federation);
  await above.act(federation, 'start');

  const said: string[] = [];
  const options: EdgeOptions = {
    above: { url: `http://127.0.0.1:${upper.port}`, federation },
    rules: { rounds: 1, devices: 2, minimum: 2, waitMs: 5_000, invited: false, name: 'St Mary’s' },
    server: { ...server, data: await folder() },
    tags: ['edge'],
    invitation: null,
    say: (line) => said.push(line),
  };
  let edge: RunningEdge = await runEdge(options);
  undoings.push(() => edge.close());
  const view = () => edge.server.coordinator.view(federation)!;
  expect(view().spec.brief.purpose).toContain(`“patients” at ${options.above.url}`);
  expect(view().status).toMatch(/Waiting for 2 more devices\.$/);

  const devices = runParticipants(
    {
      url: `http://127.0.0.1:${edge.server.port}`,
      federation,
      clients: 2,
      indices: [0, 1],
      invitation: null,
      data: { type: 'sample' },
      seed: 1,
      tags: [],
      backend: 'cpu',
      state: null,
      rounds: null,
    },
    enginesOf(() => createReferenceTrainer()),
    () => {},
  );
  undoings.push(() => devices.stop());
  // Headless devices leave when the run that they are in has ended.
  await devices.done;

  const versions = await above.versions(federation);
  const here = edge.server.coordinator.versions(federation)!;
  const rows = here.find(({ round }) => round === 1)!.examples;
  expect(versions).toMatchObject([
    { version: 0, evaluation: { participants: 1 } },
    { version: 1, participants: 1, examples: rows },
    { version: 2, participants: 1, examples: rows, evaluation: { participants: 1 } },
  ]);
  // What the edge tells of a version is what its devices say of it together.
  const last = here.findLast(({ digest }) => digest === versions[2]!.digest)!;
  expect(versions[2]!.evaluation!.tally).toEqual(last.evaluation!.tally);
  expect(last.evaluation!.participants).toBe(2);
  // A round for each of the two above; versions 1 and 2 came down.
  expect(here.map(({ round }) => round)).toEqual([null, 1, null, 2, null]);
  // Live is what came down, and not what is on its way up.
  expect(view()).toMatchObject({ state: 'finished', live: 4 });
  const moves = (await edge.server.coordinator.aliases(federation))!;
  expect(moves.map(({ version }) => version)).toEqual([4, 2, 0]);
  const member = (await above.rounds(federation))[0]!.cohort;
  expect(member).toMatchObject([{ name: 'St Mary’s', stage: 'accepted' }]);
  expect(said).toContain('Version 2 is there, with this device’s update in it.');
  expect(said.filter((line) => /Error|\.ts:/.test(line))).toEqual([]);

  await edge.close();
  await above.act(federation, 'start');
  edge = await runEdge(options);
  await above.until(federation, ({ connected }) => connected === 1, 10_000);
  expect(edge.server.coordinator.versions(federation)).toHaveLength(5);
});

test('a federation that is not there, and a server that is not, are said so before anything is made', async () => {
  const server = { pages: 'none', host: '127.0.0.1', port: 0, logLevel: 'silent' } as const;
  const upper = await startServer({ ...server, data: await folder() });
  undoings.push(() => upper.close());
  const options: EdgeOptions = {
    above: { url: `http://127.0.0.1:${upper.port}`, federation },
    rules: { rounds: 1, devices: 2, minimum: 2, waitMs: 5_000, invited: false, name: 'Edge' },
    server: { ...server, data: await folder() },
    tags: [],
    invitation: null,
    say: () => {},
  };
  await expect(runEdge(options)).rejects.toThrow('There is no federation “patients”');
  const above = await signedIn(upper.signInUrl);
  const scaffold = { name: 'scaffold', options: {} };
  await above.create({ ...specification(), strategy: scaffold } as FederationSpec, federation);
  await expect(runEdge(options)).rejects.toThrow('SCAFFOLD keeps a control for each device');
});
