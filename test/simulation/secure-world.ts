// A federation with secure sums on a loopback link: the server's coordinator on stores in memory, and devices whose part in a sum is the
// app's own. Their keys and masks are made by Node's synchronous calls (mock core/secure-sum/primitives.ts by doubles/node-primitives.ts),
// so that a clock moved by hand waits for all of it.
import * as v from 'valibot';
import { createMemoryParticipantStore } from '#lib/adapters/memory/participant-store.ts';
import { participantIdOf } from '#lib/core/digest.ts';
import type { FederationSpec } from '#lib/core/federation.ts';
import { FederationId, type ParticipantId } from '#lib/core/ids.ts';
import { random } from '#lib/core/random.ts';
import { acceptedReports, type EndedRound } from '#lib/core/round/round-state.ts';
import type { Equipment } from '#lib/participant/equipment.ts';
import { createSumRound, type SumRound } from '#lib/participant/secure-sum/sum-round.ts';
import type { ClientMessages, Configured, ServerMessages } from '#lib/protocol/messages.ts';
import { memoryServerKey } from '../../server/adapters/ed25519.ts';
import { memoryBlobs, type MemoryBlobs } from '../../server/adapters/memory-blobs.ts';
import { memoryRecords, type MemoryRecords } from '../../server/adapters/memory-records.ts';
import type { Connection } from '../../server/coordinator/connection.ts';
import { openCoordinator, type Coordinator } from '../../server/coordinator/coordinator.ts';
import type { ClientMessage } from '../../server/coordinator/messages.ts';
import { readParameters } from '../../server/coordinator/stored-updates.ts';
import { seededBytes } from '../../server/simulate/seeded-bytes.ts';
import { silentLog } from '../../server/ports/log.ts';
import { testIdentity } from '../doubles/node-primitives.ts';
import { handClock, settle, type HandClock } from './hand-clock.ts';

export const federation = v.parse(FederationId, 'masked-moons');
/** Of exampleSpec’s model. */
export const PARAMETERS = 6;

type SumName = Extract<keyof ClientMessages, `sum-${string}`>;

export class SecureWorld {
  coordinator!: Coordinator;
  blobs: MemoryBlobs = memoryBlobs();
  readonly kept: MemoryRecords = memoryRecords();
  readonly clock: HandClock;
  readonly devices: SecureDevice[] = [];
  fatal: unknown;
  #generation = 0;

  private constructor(
    readonly seed: number,
    readonly spec: FederationSpec,
  ) {
    this.clock = handClock(seed);
  }

  static async open(seed: number, spec: FederationSpec, devices: number): Promise<SecureWorld> {
    const world = new SecureWorld(seed, spec);
    await world.#open();
    const created = await world.coordinator.create(federation, spec);
    if (!created.ok) throw new Error(created.error.message);
    for (let index = 0; index < devices; index += 1) world.devices.push(new SecureDevice(world, index));
    return world;
  }

  async start(): Promise<void> {
    const started = await this.coordinator.act(federation, 'start');
    if (started?.ok !== true) throw new Error('The federation did not start.');
    for (const device of this.devices) device.connect();
    await settle();
  }

  /** The process is gone, and another opens what it kept; devices connect again, and hold what they held. */
  async restart(): Promise<void> {
    this.#generation += 1;
    this.blobs = this.blobs.reopened();
    await this.#open();
    for (const device of this.devices) device.connect();
    await settle();
  }

  async #open(): Promise<void> {
    const generation = (this.#generation += 1);
    const isCurrent = (): boolean => generation === this.#generation;
    const { clock, kept } = this;
    this.coordinator = await openCoordinator({
      // A dead process writes nothing, and its timers do nothing.
      records: { ...kept, write: (changes) => (isCurrent() ? kept.write(changes) : new Promise(() => {})) },
      blobs: this.blobs,
      clock: { ...clock, after: (ms, action) => clock.after(ms, () => void (isCurrent() && action())) },
      log: silentLog,
      key: memoryServerKey(),
      fatal: (error) => (this.fatal ??= error),
    });
  }

  /** Moves time on until `holds`; false where it never did. */
  async until(holds: () => boolean, mostMs: number, stepMs = 250): Promise<boolean> {
    for (let passed = 0; passed < mostMs && !holds(); passed += stepMs) {
      await this.clock.advance(stepMs);
      if (this.fatal !== undefined) throw this.fatal;
    }
    return holds();
  }

  get head(): number {
    return this.coordinator.view(federation)?.head.version ?? -1;
  }

  /** Ended ones, the oldest first. */
  async rounds(): Promise<readonly EndedRound[]> {
    const kept = await this.kept.rounds(federation, { limit: 10_000 });
    return kept
      .map(({ round }) => round)
      .filter((round) => round.phase === 'committed' || round.phase === 'abandoned')
      .sort((a, b) => a.round - b.round);
  }

  /** Each version is the mean by rows of what those of its sum masked, and of nothing else. How many there are. */
  async check(): Promise<number> {
    const committed = (await this.rounds()).filter((round) => round.phase === 'committed');
    for (const [index, round] of committed.entries()) {
      const before = await this.parameters(index);
      const after = await this.parameters(index + 1);
      const summed = acceptedReports(round).map(({ participant }) =>
        this.devices.find((one) => one.participant === participant)!,
      );
      const rows = summed.reduce((sum, device) => sum + device.examples, 0);
      for (const [i, value] of after.entries()) {
        const mean = summed.reduce(
          (sum, device) => sum + (device.examples * device.sent.get(round.round)![i]!) / rows,
          0,
        );
        if (!(Math.abs(value - before[i]! - mean) < 1e-5))
          throw new Error(`Version ${index + 1} is not the mean of its sum (seed ${this.seed}).`);
      }
    }
    return committed.length;
  }

  async parameters(version: number): Promise<Float32Array> {
    const { digest } = (await this.kept.versions(federation))[version]!;
    return readParameters(this.blobs, digest, PARAMETERS);
  }
}

export class SecureDevice {
  readonly identity: ReturnType<typeof testIdentity>;
  readonly participant: ParticipantId;
  readonly store = createMemoryParticipantStore();
  /** Rounds that it was configured in. */
  readonly drawn: number[] = [];
  /** Why it took part in a sum no further. */
  readonly refusals: string[] = [];
  /** What it masked, by round. */
  readonly sent = new Map<number, Float32Array>();
  readonly examples: number;
  /** What it says instead; undefined: it says nothing. */
  says: (name: SumName, message: ClientMessages[SumName]) => ClientMessages[SumName] | undefined = (
    _,
    message,
  ) => message;
  /** What it makes of its update, in place. */
  learns: (values: Float32Array) => void = () => {};
  /** Masked, it never sends its vector. */
  keepsVector: (round: number) => boolean = () => false;
  #connection: Connection | undefined;
  #connections = 0;
  #round: { readonly number: number; readonly ending: AbortController; readonly sum: SumRound } | undefined;

  constructor(
    readonly world: SecureWorld,
    readonly index: number,
  ) {
    this.identity = testIdentity(seededBytes(world.seed, 'identity', index)(32));
    this.participant = participantIdOf(this.identity.publicKey);
    this.examples = 10 + random(index, 'examples').below(200);
  }

  connect(): void {
    this.#connections += 1;
    const connection: Connection = {
      id: `${this.index}/${this.#connections}`,
      participant: this.participant,
      name: null,
      kind: 'headless',
      send: (name, message) => {
        if (this.#connection === connection) this.#heard(name, message as ServerMessages[typeof name]);
      },
    };
    this.#connection = connection;
    void this.#tell({ name: 'check-in', message: { federation, examples: 1, backend: 'none' } });
  }

  /** It is gone for good, with what it held; `connect` begins anew. */
  disconnect(): void {
    const connection = this.#connection;
    this.#connection = undefined;
    this.#end();
    if (connection !== undefined) this.world.coordinator.disconnected(connection);
  }

  async #tell(message: ClientMessage) {
    const connection = this.#connection;
    return connection === undefined ? undefined : this.world.coordinator.receive(connection, message);
  }

  #end(): void {
    this.#round?.ending.abort(new Error('The round has ended.'));
    this.#round = undefined;
  }

  #heard(name: keyof ServerMessages, message: ServerMessages[keyof ServerMessages]): void {
    if (name === 'configured') return this.#configured(message as Configured);
    if (name === 'committed' || name === 'abandoned') return this.#end();
    const { sum, number } = this.#round ?? {};
    if (sum === undefined || number !== (message as { round?: number }).round) return;
    if (name === 'sum-roster') sum.roster(message as ServerMessages['sum-roster']);
    if (name === 'sum-nonces') sum.nonces((message as ServerMessages['sum-nonces']).nonces);
    if (name === 'sum-forward') sum.forward((message as ServerMessages['sum-forward']).forward);
    if (name === 'sum-question') sum.question((message as ServerMessages['sum-question']).summed);
    if (name === 'sum-consents') sum.consents((message as ServerMessages['sum-consents']).consents);
  }

  #configured(message: Configured): void {
    const { round, secureSum } = message;
    if (this.#round?.number === round) return this.#round.sum.again();
    this.#end();
    if (secureSum === undefined) throw new Error('There is no secure sum.');
    this.drawn.push(round);
    const ending = new AbortController();
    const sum = createSumRound({
      message,
      task: secureSum,
      identity: this.identity,
      store: this.store,
      signal: ending.signal,
      tell: async (name, content) => {
        const said = this.says(name, content);
        return said === undefined ? undefined : this.#tell({ name, message: said } as ClientMessage);
      },
      happened: (sentence) => void this.refusals.push(sentence),
      failed: (sentence) => {
        this.refusals.push(sentence);
        void this.#tell({
          name: 'withdraw',
          message: { federation, round, reason: sentence.slice(0, 200) },
        });
      },
      onPeers: () => {},
    });
    this.#round = { number: round, ending, sum };
    this.world.clock.after(500 + random(this.index, 'training', round).below(3_000), () => {
      if (!ending.signal.aborted) void this.#train(message, sum).catch(() => {});
    });
  }

  /** Rejects where the round ends before. */
  async #train(message: Configured, sum: SumRound): Promise<void> {
    const { round } = message;
    const { world } = this;
    const draws = random(world.seed, 'update', this.index, round);
    const values = Float32Array.from({ length: PARAMETERS }, () => draws.normal() / 10);
    this.learns(values);
    this.sent.set(round, values.slice());
    const facts = { examples: this.examples, steps: 1, baseLoss: null };
    const equipment = { parameterCount: PARAMETERS } as Equipment;
    const { offer, bytes } = await sum.masked(equipment, world.spec, { values, ...facts });
    if (this.keepsVector(round)) return;
    const known = await world.coordinator.offer(federation, this.participant, offer);
    if (known !== undefined) return;
    const draft = await world.blobs.draft();
    await draft.append(bytes);
    await world.coordinator.deliver(federation, this.participant, offer, draft);
  }
}
