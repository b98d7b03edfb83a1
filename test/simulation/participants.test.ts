// Real participants (training on WebAssembly) against the real server, over loopback sockets and HTTP: what the command line
// starts, in one process.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import * as v from 'valibot';
import { joinExamples, selectExamples } from '#lib/core/data/examples.ts';
import { splitExamples } from '#lib/core/data/split.ts';
import { bytesOf, digestOf } from '#lib/core/digest.ts';
import { exactAveraging, FederationSpec, plainRounds } from '#lib/core/federation.ts';
import { FederationId } from '#lib/core/ids.ts';
import { figure } from '#lib/core/metrics/figures.ts';
import { networkOf } from '#lib/core/model/families/index.ts';
import { boostedTrees } from '#lib/core/trees/boosted-trees.ts';
import { readEnsemble } from '#lib/core/trees/ensemble-json.ts';
import { patientCohortContract } from '#lib/modalities/table/sample-patient-cohort.ts';
import type { RoundView } from '#lib/protocol/views.ts';
import { startServer, type RunningServer } from '../../server/main.ts';
import { nodeEngines } from '../../server/participants/node-engines.ts';
import { readOwnData } from '../../server/participants/own-data.ts';
import { runParticipants, type RunningParticipants } from '../../server/participants/run-participants.ts';
import type { HeadlessLine, HeadlessSetup } from '../../server/participants/setup.ts';
import { signedIn, type CoordinatorClient } from '../support/coordinator-client.ts';
import { freePort } from '../support/server-process.ts';
import { trainSummed } from '../support/summed-training.ts';

const federation = v.parse(FederationId, 'patients');

function specification(changes: Partial<FederationSpec['rules']>): FederationSpec {
  const network = networkOf('mlp', patientCohortContract, { hidden: [8] });
  if (!network.ok) throw new Error(network.error.message);
  return {
    brief: {
      title: 'Patients',
      purpose: 'Estimates a risk.',
      coordinator: 'A test',
      dataWanted: 'A cohort.',
    },
    metric: { name: 'accuracy', target: null },
    contract: patientCohortContract,
    family: 'mlp',
    network: network.value.spec,
    plan: {
      localEpochs: 2,
      batchSize: 10,
      learningRate: 0.05,
      optimizer: { type: 'sgd', momentum: 0 },
      proximalTerm: 0,
      seed: 3,
    },
    ...exactAveraging,
    rules: {
      ...plainRounds,
      goal: 3,
      minimum: 2,
      overSelection: 1,
      selectionDeadlineMs: 30_000,
      reportingDeadlineMs: 60_000,
      pauseMs: 0,
      maximumRounds: 4,
      ...changes,
    },
    sample: 'patient-cohort',
  };
}

const undoings: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const undo of undoings.splice(0).reverse()) await undo();
});

interface Stage {
  readonly port: number;
  readonly data: string;
  server: RunningServer;
  restart(): Promise<void>;
  coordinator: CoordinatorClient;
}

async function stage(spec: FederationSpec): Promise<Stage> {
  const data = await mkdtemp(join(tmpdir(), 'tributary-participants-'));
  undoings.push(() => rm(data, { recursive: true, force: true, maxRetries: 5 }));
  const port = await freePort();
  const start = (): Promise<RunningServer> =>
    startServer({ pages: 'none', host: '127.0.0.1', port, data, logLevel: 'silent' });
  const server = await start();
  const coordinator = await signedIn(server.signInUrl);
  await coordinator.create(spec, federation);
  await coordinator.act(federation, 'start');
  const made: Stage = {
    port,
    data,
    server,
    coordinator,
    async restart() {
      await made.server.close();
      made.server = await start();
    },
  };
  undoings.push(() => made.server.close());
  return made;
}

const setupOf = (one: Stage, changes: Partial<HeadlessSetup>): HeadlessSetup => ({
  url: `http://127.0.0.1:${one.port}`,
  federation,
  clients: 3,
  indices: [0, 1, 2],
  invitation: null,
  data: { type: 'sample' },
  seed: 1,
  tags: [],
  backend: 'wasm',
  state: null,
  rounds: null,
  ...changes,
});

function participants(
  one: Stage,
  changes: Partial<HeadlessSetup>,
): {
  readonly running: RunningParticipants;
  readonly lines: HeadlessLine[];
  readonly onLine: Set<() => void>;
} {
  const lines: HeadlessLine[] = [];
  const onLine = new Set<() => void>();
  const setup = setupOf(one, changes);
  const running = runParticipants(setup, nodeEngines(), (said) => {
    lines.push(said);
    for (const look of onLine) look();
  });
  undoings.push(() => running.stop());
  return { running, lines, onLine };
}

const faults = (lines: readonly HeadlessLine[]): readonly HeadlessLine[] =>
  lines.filter((line) => line.type === 'event' && line.notable && /Error|\.ts:/.test(line.message));

test('three participants take a run to its end: every version has all three in it, and it is evaluated', async () => {
  const one = await stage(specification({}));
  const { running, lines } = participants(one, {});
  await running.done;
  const versions = await one.coordinator.versions(federation);
  expect(versions.map((version) => version.version)).toEqual([0, 1, 2, 3, 4]);
  expect(versions.slice(1).every((version) => version.participants === 3)).toBe(true);
  for (const version of versions) expect(version.evaluation?.participants).toBe(3);
  const [first, last] = [versions[0]!, versions[4]!].map((version) =>
    figure(version.evaluation!.tally, 'loss')!,
  );
  expect(last).toBeLessThan(first!);
  expect(lines.filter((line) => line.type === 'left')).toHaveLength(3);
  expect(lines.filter((line) => line.type === 'round').at(-1)).toMatchObject({
    version: 4,
    participants: 3,
    value: expect.any(Number),
  });
  expect(faults(lines)).toEqual([]);
});

test('SCAFFOLD with models of one’s own, over the wire: controls are fetched, every round commits, and both models are told of', async () => {
  const spec = specification({});
  const one = await stage({
    ...spec,
    strategy: { name: 'scaffold', options: {} },
    personalisation: { type: 'ditto', lambda: 1 },
  });
  const { running, lines } = participants(one, {});
  await running.done;
  expect(faults(lines)).toEqual([]);
  const versions = await one.coordinator.versions(federation);
  expect(versions.map((version) => version.version)).toEqual([0, 1, 2, 3, 4]);
  for (const { version, bytes, bytesUp, evaluation } of versions.slice(1)) {
    // [Δy ; Δc] of three.
    expect(bytesUp).toBe(3 * 2 * bytes);
    expect(evaluation).toMatchObject({ participants: 3, personal: { participants: 3 } });
    expect(evaluation?.spread?.participants).toBe(3);
    const told = lines.filter((line) => line.type === 'evaluation' && line.version === version);
    expect(told.every((line) => line.type === 'evaluation' && line.personal !== null)).toBe(true);
  }
  // From version 1 on each device fetches the control of the base beside the version itself: once each.
  expect(versions[3]!.bytesDown).toBe(3 * 2 * versions[3]!.bytes);
});

test('where versions go down as differences each device fetches one a version, and these are the bytes that are told', async () => {
  const one = await stage({
    ...specification({ maximumRounds: 3 }),
    transfer: { uplink: 'f32', downlink: 'q8' },
  });
  const { running, lines } = participants(one, {});
  await running.done;
  expect(faults(lines)).toEqual([]);
  const versions = await one.coordinator.versions(federation);
  expect(versions.map((version) => version.version)).toEqual([0, 1, 2, 3]);
  // Version 0 is made of the seed; version 1 is fetched when it is committed, and counts for version 2.
  expect(versions.map((version) => version.bytesDown)).toEqual([
    0,
    0,
    3 * versions[1]!.delta!.bytes,
    3 * versions[2]!.delta!.bytes,
  ]);
});

test('participants leave after the rounds they were asked for, and the server sees them go', async () => {
  const one = await stage(specification({ maximumRounds: 50 }));
  const { running, lines } = participants(one, { rounds: 2 });
  await running.done;
  expect(lines.filter((line) => line.type === 'left').map((line) => line.reason)).toEqual(
    Array(3).fill('2 rounds are done.'),
  );
  const view = await one.coordinator.until(federation, (now) => now.checkedIn === 0, 30_000);
  expect(view.roundsCommitted).toBeGreaterThanOrEqual(2);
  expect(faults(lines)).toEqual([]);
});

test('a server that restarts in mid-run loses nothing acknowledged, and the participants come back by themselves', async () => {
  const one = await stage(specification({ maximumRounds: 8 }));
  const { running, lines } = participants(one, {});
  await one.coordinator.until(federation, (view) => view.roundsCommitted >= 2, 60_000);
  const before = await one.coordinator.versions(federation);
  await one.restart();
  await running.done;
  const versions = await one.coordinator.versions(federation);
  expect(versions.at(-1)?.version).toBe(8);
  for (const version of before) expect(versions[version.version]).toMatchObject({ digest: version.digest });
  const rounds: RoundView[] = await one.coordinator.rounds(federation);
  // No report counts twice: each committed round has each participant once.
  for (const round of rounds.filter((each) => each.phase === 'committed'))
    expect(new Set(round.cohort.map((member) => member.participant)).size).toBe(round.cohort.length);
  expect(faults(lines)).toEqual([]);
});

async function stateDirectory(): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), 'tributary-state-'));
  undoings.push(() => rm(made, { recursive: true, force: true, maxRetries: 5 }));
  return made;
}
/** Resolves with the first line, of those said already or later, for which `holds`. */
function line(
  said: { readonly lines: HeadlessLine[]; readonly onLine: Set<() => void> },
  holds: (line: HeadlessLine) => boolean,
): Promise<HeadlessLine> {
  return new Promise((resolve) => {
    const look = (): void => {
      const found = said.lines.find(holds);
      if (found === undefined) return;
      said.onLine.delete(look);
      resolve(found);
    };
    said.onLine.add(look);
    look();
  });
}
const isState =
  (state: string) =>
  (one: HeadlessLine): boolean =>
    one.type === 'state' && one.state === state;

test('participants whose state is kept come back as the same ones, and stopping them gives up no place', async () => {
  const one = await stage(specification({ maximumRounds: 6 }));
  const state = await stateDirectory();
  const first = participants(one, { state });
  await one.coordinator.until(federation, (view) => view.roundsCommitted >= 2, 60_000);
  await first.running.stop();
  expect((await one.coordinator.federation(federation)).state).toBe('running');
  const second = participants(one, { state });
  await second.running.done;
  const rounds = await one.coordinator.rounds(federation);
  expect(rounds.filter((round) => round.phase === 'committed')).toHaveLength(6);
  expect(new Set(rounds.flatMap((round) => round.cohort.map((member) => member.participant))).size).toBe(3);
  expect(second.lines.filter(({ type }) => type === 'joined')).toHaveLength(3);
  expect(faults([...first.lines, ...second.lines])).toEqual([]);
});

test('an update that was trained and not sent when its process ended is sent by the next, and not trained again', async () => {
  const spec = specification({ goal: 1, minimum: 1, maximumRounds: 1 });
  // Long enough for the server to be gone before it ends.
  const one = await stage({ ...spec, plan: { ...spec.plan, localEpochs: 300 } });
  const state = await stateDirectory();
  const alone = { clients: 1, indices: [0], state };
  const first = participants(one, alone);
  await line(first, isState('training'));
  await one.server.close();
  await line(first, isState('sending'));
  await first.running.stop();

  await one.restart();
  const second = participants(one, alone);
  await second.running.done;
  expect(second.lines.filter(isState('training'))).toEqual([]);
  const [round, ...more] = await one.coordinator.rounds(federation);
  expect(more).toEqual([]);
  expect(round).toMatchObject({ round: 1, phase: 'committed', version: 1 });
  expect(second.lines.filter((said) => said.type === 'left')).toMatchObject([{ rounds: 1 }]);
  expect(faults([...first.lines, ...second.lines])).toEqual([]);
});

test('a state directory has one owner, and a second command is told so', async () => {
  const one = await stage(specification({ maximumRounds: 50 }));
  const state = await stateDirectory();
  const first = participants(one, { state });
  await line(first, ({ type }) => type === 'joined');
  const second = participants(one, { state });
  await expect(second.running.done).rejects.toThrow(
    `The state directory ${join(state, 'participant-1')} is in use by another Tributary process`,
  );
  await first.running.stop();
});

test('a federation that does not exist is named, and nobody waits for it', async () => {
  const one = await stage(specification({}));
  const { running } = participants(one, { federation: v.parse(FederationId, 'elsewhere') });
  await expect(running.done).rejects.toThrow('There is no federation “elsewhere”');
});

test('boosted trees over the wire: through a restart of the server, the versions of pooled rows to the bit, and a file of them', async () => {
  const { brief, rules } = specification({});
  const spec = v.parse(FederationSpec, {
    brief,
    metric: { name: 'accuracy', target: null },
    contract: patientCohortContract,
    family: 'boosted-trees',
    trees: { stages: 3, depth: 3, bins: 16 },
    rules: { ...rules, minimum: 3, maximumRounds: 100 },
    sample: 'patient-cohort',
  });
  if (spec.family !== 'boosted-trees') throw new Error('They are trees.');
  const one = await stage(spec);
  const { running, lines } = participants(one, {});
  await one.coordinator.until(federation, (view) => view.roundsCommitted >= 3, 60_000);
  await one.restart();
  await running.done;
  expect(faults(lines)).toEqual([]);

  const trees = boostedTrees(spec.trees, patientCohortContract);
  if (!trees.ok) throw new Error(trees.error.message);
  const { own } = await readOwnData(setupOf(one, {}), spec);
  const training = own.map(({ examples }) => selectExamples(examples, splitExamples(examples).training));
  const pooled = trainSummed(trees.value, [joinExamples(training)!]).versions;
  const versions = await one.coordinator.versions(federation);
  expect(versions.map((version) => version.digest)).toEqual(
    pooled.map((version) => digestOf(bytesOf(version))),
  );
  expect(versions.at(-1)?.evaluation?.participants).toBe(3);

  const file = async (format: string): Promise<Response> =>
    fetch(
      `http://127.0.0.1:${one.port}/api/federations/patients/versions/${versions.length - 1}/export${format}`,
    );
  const text = await (await file('')).text();
  const read = readEnsemble(text, patientCohortContract);
  expect(read.ok && read.value.parameters).toEqual(pooled.at(-1));
  const refused = await file('?format=tfjs');
  expect([refused.status, await refused.json()]).toMatchObject([400, { error: 'unknown-format' }]);
});

test('participants leave politely before what they allow has crossed, and their rounds are whole', async () => {
  const one = await stage(specification({ maximumRounds: 40, goal: 1, minimum: 1 }));
  const mostBytes = 90_000;
  const { running, lines } = participants(one, { clients: 1, indices: [0], mostBytes });
  await running.done;
  const left = lines.find((line) => line.type === 'left');
  expect(left).toMatchObject({ reason: expect.stringContaining('you let taking part cost are used') });
  expect(left?.rounds).toBeGreaterThan(0);
  expect(left?.rounds).toBeLessThan(40);
  const { checkedIn, roundsCommitted } = await one.coordinator.federation(federation);
  expect(checkedIn).toBe(0);
  expect(roundsCommitted).toBe(left?.rounds);
  // Said in its own sentence, and under the limit by what the next round may take.
  const used = Number(/^([\d.]+) MB/.exec(left?.reason ?? '')?.[1]) * 1e6;
  expect(used).toBeLessThanOrEqual(mostBytes);
});
