// A participant on a memory link, with a coordinator that a test plays by hand: it opens rounds, takes updates, and says what
// became of them. Nothing here decides anything; whole federations are in test/simulation.
import * as v from 'valibot';
import { createHandClock, type HandClock } from '#lib/adapters/memory/hand-clock.ts';
import { createMemoryLink, type MemoryCoordinator, type MemoryLink } from '#lib/adapters/memory/link.ts';
import { createMemoryParticipantStore } from '#lib/adapters/memory/participant-store.ts';
import { createReferenceTrainer } from '#lib/adapters/reference/reference-trainer.ts';
import type { DataContract } from '#lib/core/data/contract.ts';
import type { Examples } from '#lib/core/data/examples.ts';
import { bytesOf, digestOf, digestOfText, participantIdOf } from '#lib/core/digest.ts';
import { exactAveraging, plainRounds, type NetworkFederation } from '#lib/core/federation.ts';
import { FederationId, RoundNumber, RunNumber, VersionNumber, type Digest } from '#lib/core/ids.ts';
import { buildNetwork, initialParameters } from '#lib/core/model/network.ts';
import { random } from '#lib/core/random.ts';
import { createOwnLimits } from '#lib/participant/own-limits.ts';
import type { ParticipationView } from '#lib/participant/participation.ts';
import { takePart, type TakePartOptions, type TakingPart } from '#lib/participant/take-part.ts';
import { onlyOne } from '#lib/participant/training-turn.ts';
import type { LogQuestion } from '#lib/ports/coordinator-link.ts';
import type { DatasetRecord, DatasetStore } from '#lib/ports/dataset-store.ts';
import type { ParticipantStore } from '#lib/ports/participant-store.ts';
import type { Trainer } from '#lib/ports/trainer.ts';
import type { LogReply, UpdateOffer, UpdateReply } from '#lib/protocol/http.ts';
import type { Answer, Configured } from '#lib/protocol/messages.ts';
import type { FederationView, Receipt, RoundView } from '#lib/protocol/views.ts';
import { refusalSentence, type UpdateRefusal } from '#lib/protocol/refusals.ts';

export const federation = v.parse(FederationId, 'points');
export const roundNumber = (round: number): RoundNumber => v.parse(RoundNumber, round);
const version = (number: number): VersionNumber => v.parse(VersionNumber, number);
const run = v.parse(RunNumber, 1);

export const contract: DataContract = {
  kind: 'table',
  columns: ['a', 'b', 'c'].map((name) => ({
    type: 'number',
    name,
    minimum: null,
    maximum: null,
    missingAllowed: false,
    mean: 0,
    standardDeviation: 1,
  })),
  target: {
    type: 'classes',
    name: 'class',
    classes: [
      { label: 'low', values: ['0'] },
      { label: 'high', values: ['1'] },
    ],
  },
};

export const spec: NetworkFederation = {
  brief: {
    title: 'Points',
    purpose: 'To tell two clouds apart.',
    coordinator: 'A test',
    dataWanted: 'Points.',
  },
  metric: { name: 'accuracy', target: null },
  contract,
  family: 'mlp',
  network: {
    inputShape: [3],
    layers: [
      { type: 'dense', units: 4, activation: 'relu', useBias: true },
      { type: 'dense', units: 2, activation: 'softmax', useBias: true },
    ],
    loss: 'categorical-crossentropy',
  },
  plan: {
    localEpochs: 2,
    batchSize: 5,
    learningRate: 0.1,
    optimizer: { type: 'sgd', momentum: 0 },
    proximalTerm: 0,
    seed: 7,
  },
  ...exactAveraging,
  rules: {
    ...plainRounds,
    goal: 1,
    minimum: 1,
    overSelection: 1,
    selectionDeadlineMs: 60_000,
    reportingDeadlineMs: 60_000,
    pauseMs: 0,
    maximumRounds: 10,
  },
  sample: null,
};

const built = buildNetwork(spec.network);
if (!built.ok) throw new Error(built.error.message);
export const network = built.value;

/** Two clouds of points, one a class; four fifths are for training. */
export function clouds(count: number, seed: number): Examples {
  const draw = random(seed, 'clouds');
  const targets = Int32Array.from({ length: count }, (_, row) => row % 2);
  const features = Float32Array.from(
    { length: count * 3 },
    (_, i) => draw.normal() + (targets[Math.floor(i / 3)] === 1 ? 1.5 : -1.5),
  );
  const hashes = Uint32Array.from({ length: count * 2 }, () => draw.below(4294967296));
  return { count, features, targets, hashes };
}

export function datasetsOf(
  examples: Examples,
  changes: Partial<DatasetRecord> = {},
): Pick<DatasetStore, 'record' | 'read' | 'withheld'> {
  const record: DatasetRecord = {
    id: 'own',
    federation,
    name: 'own',
    contract,
    count: examples.count,
    classCounts: [],
    bytes: 0,
    version: digestOfText('own'),
    importedAt: 0,
    source: 'sample',
    ...changes,
  };
  return {
    record: async (id) => (id === 'own' ? record : undefined),
    read: async (id) => (id === 'own' ? examples : undefined),
    withheld: async () => [],
  };
}

export interface Script {
  readonly clock: HandClock;
  readonly store: ParticipantStore;
  readonly coordinator: ScriptedCoordinator;
  readonly link: MemoryLink;
  readonly part: TakingPart;
  readonly views: ParticipationView[];
  readonly faults: unknown[];
  /** The page is loaded anew: same store, same coordinator, new everything else. */
  reload(changes?: ScriptChanges): Promise<Script>;
  /** Lets everything run that does not wait for time, until `holds`. */
  until(what: string, holds: (view: ParticipationView) => boolean): Promise<ParticipationView>;
}

export interface ScriptedCoordinator extends MemoryCoordinator {
  view: FederationView;
  readonly said: { readonly name: string; readonly message: unknown }[];
  readonly uploads: { readonly offer: UpdateOffer; readonly bytes: Uint8Array }[];
  readonly rounds: Map<number, RoundView>;
  /** What the next check-ins are answered with; null: ok. */
  refusal: (Answer & { readonly ok: false }) | null;
  /** The decision on the next uploads; the default takes them. */
  decide: (offer: UpdateOffer, bytes: Uint8Array) => Promise<UpdateReply>;
  /** What the log of versions says; the default has none yet. */
  answerLog: (question: LogQuestion) => LogReply;
  downloads: number;
  /** Something else to be had by its digest: a control. */
  serve(values: Float32Array<ArrayBuffer>): NonNullable<Configured['controls']>;
  configured(round: number, changes?: Partial<Configured>): Configured;
  /** The base moved on by `bytes` (the sum of one update). */
  commit(round: number, counted?: boolean): { readonly version: number; readonly digest: Digest };
}

export function scriptedCoordinator(participant: Parameters<typeof participantIdOf>[0]): ScriptedCoordinator {
  const versions = new Map<string, Float32Array<ArrayBuffer>>();
  let head = 0;
  let parameters = initialParameters(network, 1);
  const digestNow = (): Digest => digestOf(bytesOf(parameters));
  versions.set(digestNow(), parameters);
  const headView = (): FederationView['head'] => ({
    version: version(head),
    digest: digestNow(),
    bytes: parameters.byteLength,
    norm: head === 0 ? null : 1,
    parent: head === 0 ? null : version(head - 1),
    run: head === 0 ? null : run,
    round: null,
    committedAt: 0,
    participants: 0,
    examples: 0,
    evaluation: null,
    bytesUp: 0,
    delta: null,
    damaged: false,
    bytesDown: 0,
    durationMs: null,
  });
  const self: ScriptedCoordinator = {
    view: {
      id: federation,
      spec,
      createdAt: 0,
      state: 'running',
      run,
      roundsCommitted: 0,
      connected: 1,
      checkedIn: 1,
      updateBytes: 4 * network.parameterCount,
      round: null,
      head: headView(),
      live: version(0),
      roots: null,
      status: '',
    },
    said: [],
    uploads: [],
    rounds: new Map(),
    refusal: null,
    downloads: 0,
    async answer(name, message) {
      self.said.push({ name, message });
      if (name === 'check-in' && self.refusal !== null) return self.refusal;
      return { ok: true, view: name === 'watch' || name === 'check-in' ? self.view : null };
    },
    async parameters(digest) {
      self.downloads += 1;
      const found = versions.get(digest);
      if (found === undefined) throw new Error('There is no such version.');
      return found;
    },
    async blob(digest) {
      return new Uint8Array((await self.parameters(digest)).slice().buffer);
    },
    async upload(_federation, offer, bytes) {
      self.uploads.push({ offer, bytes });
      return self.decide(offer, bytes);
    },
    async decide(offer) {
      const receipt: Receipt = {
        federation,
        run,
        round: offer.round,
        participant: participantIdOf(participant),
        base: offer.base,
        update: offer.digest,
        bytes: offer.bytes,
        examples: offer.examples,
        receivedAt: 1,
      };
      return { type: 'accepted', receipt, signed: { key: '1'.repeat(64), signature: '2'.repeat(128) } };
    },
    answerLog: () => ({ head: null, consistency: null, inclusion: null }),
    log: async (_federation, question) => self.answerLog(question),
    federation: async () => self.view,
    round: async (_federation, round) => self.rounds.get(round),
    serve(values) {
      const digest = digestOf(bytesOf(values));
      versions.set(digest, values);
      return { digest, bytes: values.byteLength };
    },
    configured(round, changes = {}) {
      self.rounds.set(round, roundView(round, 'reporting', head));
      self.view = { ...self.view, round: self.rounds.get(round) ?? null };
      return {
        federation,
        run,
        round: roundNumber(round),
        base: { version: version(head), digest: digestNow(), bytes: parameters.byteLength, deltas: [] },
        plan: spec.plan,
        uplink: 'f32',
        asks: [],
        controls: null,
        deadlineMs: 60_000,
        ...changes,
      };
    },
    commit(round, counted = true) {
      const delta = new Float32Array(
        self.uploads.at(-1)?.bytes.slice().buffer ?? new ArrayBuffer(parameters.byteLength),
      );
      parameters = parameters.map((value, i) => value + (counted ? delta[i]! : 0.01));
      versions.set(digestNow(), parameters);
      head += 1;
      self.rounds.set(round, { ...roundView(round, 'committed', head - 1), version: version(head) });
      self.view = { ...self.view, head: headView(), round: self.rounds.get(round) ?? null };
      return { version: head, digest: digestNow() };
    },
  };
  return self;
}

function roundView(round: number, phase: RoundView['phase'], base: number): RoundView {
  return {
    round: roundNumber(round),
    run,
    phase,
    base: version(base),
    goal: 1,
    minimum: 1,
    openedAt: 0,
    deadlineAt: null,
    endedAt: null,
    cohort: [],
    version: null,
    reason: null,
  };
}

export const refusedWith = (refusal: UpdateRefusal): UpdateReply => ({
  type: 'refused',
  refusal,
  message: refusalSentence(refusal),
});

export const committedMessage = (
  round: number,
  made: { readonly version: number; readonly digest: Digest },
  counted = true,
) => ({
  federation,
  round: roundNumber(round),
  version: version(made.version),
  digest: made.digest,
  bytes: network.parameterCount * 4,
  deltas: [],
  counted,
});

/** A trainer whose steps wait for the test. */
export function heldTrainer(): {
  readonly trainer: Trainer;
  readonly steps: () => number;
  allow(steps: number): void;
} {
  const inner = createReferenceTrainer();
  let allowed = 0;
  let taken = 0;
  let wake: () => void = () => {};
  return {
    steps: () => taken,
    allow(steps) {
      allowed += steps;
      wake();
    },
    trainer: {
      ...inner,
      async open(one, plan) {
        const session = await inner.open(one, plan);
        return {
          ...session,
          async step(indices) {
            while (allowed === 0) await new Promise<void>((resolve) => (wake = resolve));
            allowed -= 1;
            taken += 1;
            await session.step(indices);
          },
        };
      },
    },
  };
}

export const enginesOf = (
  create: (backend: string) => Trainer,
  backends: readonly ('wasm' | 'cpu' | 'webgpu')[] = ['cpu'],
): TakePartOptions['engines'] => ({
  async choose() {
    const reports = backends.map((backend, index) => ({
      backend,
      description: backend,
      passed: true as const,
      stepMs: index + 1,
      relativeError: 0,
    }));
    const first = reports[0]!;
    return { backend: first.backend, description: first.description, reason: 'the first', reports };
  },
  create: async (backend) => create(backend),
});

/** A device with 40 rows that is connected and watches; not yet joined. */
/** `isLimited`: it heeds what its person allows, as a browser does. */
export type ScriptChanges = Partial<TakePartOptions> & { readonly isLimited?: boolean };

export async function script(changes: ScriptChanges = {}): Promise<Script> {
  const store = changes.store ?? createMemoryParticipantStore();
  const coordinator = scriptedCoordinator((await store.identity()).publicKey);
  return load(store, coordinator, createHandClock(), changes);
}

async function load(
  store: ParticipantStore,
  coordinator: ScriptedCoordinator,
  clock: HandClock,
  { isLimited = false, ...changes }: ScriptChanges,
): Promise<Script> {
  const link = createMemoryLink(coordinator);
  const views: ParticipationView[] = [];
  const faults: unknown[] = [];
  const part = takePart({
    federation,
    link,
    datasets: datasetsOf(clouds(40, 3)),
    store,
    engines: enginesOf(() => createReferenceTrainer()),
    clock,
    turn: onlyOne,
    mayFreeze: true,
    uniform: () => 0.5,
    ...(isLimited ? { limits: createOwnLimits(store, link, clock) } : {}),
    onView: (view) => views.push(view),
    onFault: (fault) => faults.push(fault),
    ...changes,
  });
  link.connect();
  await part.open();
  return {
    clock,
    store,
    coordinator,
    link,
    part,
    views,
    faults,
    async reload(more = {}) {
      await part.close();
      return load(store, coordinator, clock, { isLimited, ...changes, ...more });
    },
    async until(what, holds) {
      // Signatures come from threads of their own, which a busy machine lets wait: that is no matter of turns.
      const patience = performance.now() + 10_000;
      for (let turn = 0; turn < 2_000 || performance.now() < patience; turn += 1) {
        if (holds(part.view)) return part.view;
        await new Promise<void>((resolve) => setImmediate(resolve));
      }
      const { state, blocked, lastEvent } = part.view;
      throw new Error(
        `Never ${what}. ${JSON.stringify({ state, blocked, lastEvent, faults: faults.map(String) })}`,
      );
    },
  };
}

/** Joined and checked in. */
export async function joined(changes: ScriptChanges = {}): Promise<Script> {
  const one = await script(changes);
  await one.part.join({ dataset: 'own', name: null, backend: null });
  await one.until('checked in', () => one.coordinator.said.some(({ name }) => name === 'check-in'));
  return one;
}
