// A real process with real SQLite and real files, killed by SIGKILL in the middle of rounds and started again.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { build } from 'vite';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { createSocketLink, type SocketLink } from '#lib/adapters/socketio/link.ts';
import { bytesOf, digestOf, participantIdOf } from '#lib/core/digest.ts';
import type { FederationSpec } from '#lib/core/federation.ts';
import type { ParticipantId } from '#lib/core/ids.ts';
import { random } from '#lib/core/random.ts';
import type { UpdateReply } from '#lib/protocol/http.ts';
import type { Configured } from '#lib/protocol/messages.ts';
import type { FederationView } from '#lib/protocol/views.ts';
import { freePort } from '../support/server-process.ts';
import { signedIn, type CoordinatorClient } from '../support/coordinator-client.ts';
import { numberedIdentity } from '../support/proven.ts';
import { exampleSpec } from './example-spec.ts';
import { federation } from './world.ts';
import { countedTally } from '../support/counted-tally.ts';

// Beneath node_modules, so that the program finds its dependencies.
const programs = resolve('node_modules/.cache/tributary-crash');
const data = mkdtempSync(join(tmpdir(), 'tributary-crash-'));
let child: ChildProcess | undefined;
const links: SocketLink[] = [];

beforeAll(async () => {
  await build({
    configFile: false,
    logLevel: 'error',
    publicDir: false,
    build: {
      ssr: true,
      outDir: programs,
      emptyOutDir: true,
      target: 'node20',
      rollupOptions: {
        input: resolve('test/simulation/crash-process.ts'),
        output: { entryFileNames: 'server.js' },
      },
    },
  });
});

afterAll(async () => {
  for (const link of links) link.close();
  await kill();
  rmSync(data, { recursive: true, force: true });
  rmSync(programs, { recursive: true, force: true });
});

async function start(port: number): Promise<string> {
  const started = spawn(process.execPath, [join(programs, 'server.js'), String(port), data], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  child = started;
  const [line] = (await Promise.race([
    once(started.stdout, 'data'),
    once(started, 'exit').then(([code]) => {
      throw new Error(`The server ended with status ${code}.`);
    }),
  ])) as [Buffer];
  return line.toString().trim();
}

async function kill(): Promise<void> {
  const running = child;
  child = undefined;
  if (running === undefined || running.exitCode !== null || running.signalCode !== null) return;
  const gone = once(running, 'exit');
  running.kill('SIGKILL');
  await gone;
}

const identities = await Promise.all(Array.from({ length: 8 }, (_, index) => numberedIdentity(index)));

interface Device {
  readonly index: number;
  readonly decisions: Map<number, UpdateReply>;
  readonly deltas: Map<number, Float32Array<ArrayBuffer>>;
}

/** Takes part as a tab does: checks in at every connection, and sends its update until it is decided on. */
function takePart(url: string, index: number, onDecision: () => void): Device {
  const device: Device = { index, decisions: new Map(), deltas: new Map() };
  const link = createSocketLink({
    url,
    kind: 'headless',
    identity: async () => ({ identity: identities[index]!, name: null }),
    reconnectMostMs: 500,
  });
  links.push(link);
  const examples = 10 * (index + 1);
  link.onState((state) => {
    // A lost answer is made up for by the next connection.
    if (state === 'connected')
      link.send('check-in', { federation, examples, backend: 'cpu' }).catch(() => undefined);
  });
  const train = async ({ round, base }: Configured): Promise<void> => {
    const draws = random(5, 'delta', index, round);
    const delta = Float32Array.from({ length: base.bytes / 4 }, () => draws.next() - 0.5);
    device.deltas.set(round, delta);
    const bytes = bytesOf(delta);
    const offer = {
      round,
      base: base.digest,
      codec: 'f32' as const,
      steps: 1,
      baseLoss: null,
      bytes: bytes.length,
      digest: digestOf(bytes),
      examples,
    };
    for (;;) {
      try {
        device.decisions.set(round, await link.upload(federation, offer, bytes));
        return onDecision();
      } catch {
        // The server is down: the outbox keeps it.
        await new Promise<void>((resolve) => {
          const undo = link.onState(() => {
            undo();
            resolve();
          });
        });
      }
    }
  };
  const begun = new Set<number>();
  link.on('configured', (message) => {
    if (begun.has(message.round)) return;
    begun.add(message.round);
    void train(message);
  });
  link.on('committed', ({ version }) => {
    const tally = countedTally([1, 0, 0, 0]);
    link.send('evaluation', { federation, version, tally, personal: null }).catch(() => undefined);
  });
  return device;
}

/** Of each test. `KILLS=52` makes it a hundred and four over both, in some minutes. */
const KILLS = Number(process.env['KILLS'] ?? 3);
/** Enough for the decisions between them. */
const ROUNDS = Math.max(6, Math.ceil(0.46 * KILLS));

/**
 * Four devices take part until the run has ended, while the server is killed again and again: some decisions after it began, before,
 * in and after the closing of a round, or some milliseconds after it, with devices on their way back.
 */
async function killedAgainAndAgain(spec: FederationSpec): Promise<{
  readonly coordinator: CoordinatorClient;
  readonly devices: readonly Device[];
  readonly view: FederationView;
}> {
  const port = await freePort();
  const coordinator = await signedIn(await start(port));
  await coordinator.create(spec, federation);
  await coordinator.act(federation, 'start');
  let decided = (): void => {};
  const devices = Array.from({ length: 4 }, (_, index) =>
    takePart(`http://127.0.0.1:${port}`, index, () => decided()),
  );
  const draws = random(11, 'kills');
  for (let kills = 0; kills < KILLS; kills += 1) {
    let left = 1 + draws.below(3);
    await new Promise<void>((resolve) => {
      decided = () => {
        left -= 1;
        if (left === 0) resolve();
      };
      if (kills % 3 !== 0) setTimeout(resolve, draws.below(400));
    });
    decided = () => {};
    await kill();
    await start(port);
  }
  const view = await coordinator.until(federation, (one) => one.state === 'finished', 120_000);
  return { coordinator, devices, view };
}

const participantOf = (device: Device): ParticipantId => participantIdOf(identities[device.index]!.publicKey);

afterEach(async () => {
  for (const link of links.splice(0)) link.close();
  await kill();
  rmSync(data, { recursive: true, force: true });
});

test(
  'a server killed in the middle of its rounds keeps every update that it acknowledged, and counts each once',
  async () => {
    const rules = {
      goal: 4,
      minimum: 3,
      overSelection: 1,
      reportingDeadlineMs: 60_000,
      maximumRounds: ROUNDS,
    };
    const { coordinator, devices, view } = await killedAgainAndAgain(exampleSpec({ units: 20_000, rules }));
    expect(view.roundsCommitted).toBe(ROUNDS);

    const versions = await coordinator.versions(federation);
    const rounds = await coordinator.rounds(federation);
    expect(versions.map((one) => one.version)).toEqual(
      Array.from({ length: ROUNDS + 1 }, (_, version) => version),
    );
    let before = await coordinator.parameters(versions[0]!);
    let checked = 0;
    for (const version of versions.slice(1)) {
      const round = rounds.find((one) => one.round === version.round);
      const counted = devices.filter((device) =>
        round?.cohort.some((one) => one.participant === participantOf(device) && one.stage === 'accepted'),
      );
      expect(counted.length).toBe(version.participants);
      for (const device of devices) {
        const decision = device.decisions.get(version.round!);
        if (decision?.type !== 'accepted') continue;
        checked += 1;
        expect(counted).toContain(device);
      }
      const examples = counted.reduce((total, device) => total + 10 * (device.index + 1), 0);
      expect(version.examples).toBe(examples);
      const after = await coordinator.parameters(version);
      for (let at = 0; at < after.length; at += 997) {
        const mean = counted.reduce(
          (total, device) =>
            total + (10 * (device.index + 1) * device.deltas.get(version.round!)![at]!) / examples,
          0,
        );
        expect(Math.abs(after[at]! - before[at]! - mean)).toBeLessThan(1e-6);
      }
      before = after;
    }
    expect(checked).toBeGreaterThanOrEqual(3 * ROUNDS);
  },
  120_000 + 6_000 * KILLS,
);

test(
  'in asynchronous rounds, too, with each update in one version, counted with its age',
  async () => {
    const rules = { goal: 2, minimum: 1, reportingDeadlineMs: 60_000, maximumRounds: 2 * ROUNDS, pauseMs: 0 };
    const { coordinator, devices, view } = await killedAgainAndAgain(
      exampleSpec({
        units: 20_000,
        rules: { ...rules, mode: { type: 'asynchronous', concurrency: 4 } },
        strategy: { name: 'fedbuff', options: {} },
      }),
    );
    expect(view.roundsCommitted).toBe(2 * ROUNDS);
    const versions = await coordinator.versions(federation);
    const rounds = await coordinator.rounds(federation);
    const acknowledged = devices.flatMap((device) =>
      [...device.decisions.values()].flatMap((decision) =>
        decision.type === 'accepted' ? [{ device, receipt: decision.receipt }] : [],
      ),
    );
    let before = await coordinator.parameters(versions[0]!);
    let counted = 0;
    for (const version of versions.slice(1)) {
      expect(version.participants).toBe(2);
      const base = version.parent!;
      const round = rounds.find((one) => one.round === version.round);
      const own = acknowledged.filter(
        ({ receipt }) => (receipt.countedIn ?? receipt.round) === version.round,
      );
      for (const { device } of own)
        expect(
          round?.cohort.some((one) => one.participant === participantOf(device) && one.stage === 'accepted'),
        ).toBe(true);
      const after = await coordinator.parameters(version);
      // Who was answered by a process that died before its answer left knows less than the server does.
      if (own.length === 2) {
        counted += 1;
        for (let at = 0; at < after.length; at += 997) {
          const mean = own.reduce((total, { device, receipt }) => {
            const staleness = base - versions.findIndex((one) => one.digest === receipt.base);
            return total + device.deltas.get(receipt.round)![at]! / (2 * Math.sqrt(1 + staleness));
          }, 0);
          expect(Math.abs(after[at]! - before[at]! - mean)).toBeLessThan(1e-6);
        }
      }
      before = after;
    }
    expect(counted).toBeGreaterThanOrEqual(ROUNDS);
  },
  120_000 + 6_000 * KILLS,
);
