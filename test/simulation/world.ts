// A whole federation on a loopback link: a coordinator on stores in memory, a clock moved by hand, and devices that train
// on nothing but send what devices send. The process can be killed at any durable write and built anew from what was kept.
import * as v from 'valibot';
import { bytesOf, digestOf, participantIdOf } from '#lib/core/digest.ts';
import type { FederationSpec } from '#lib/core/federation.ts';
import { FederationId, type Digest, type ParticipantId } from '#lib/core/ids.ts';
import { random } from '#lib/core/random.ts';
import { acceptedReports, isAsynchronous } from '#lib/core/round/round-state.ts';
import type { Judged, JudgedInVain } from '#lib/core/search/judged.ts';
import { provedSteps } from '#lib/core/transparency/check-inclusion.ts';
import { followHead, headFaultSentence } from '#lib/core/transparency/follow-head.ts';
import type { SignedHead } from '#lib/core/transparency/statements.ts';
import { codecNamed } from '#lib/core/update/codec/index.ts';
import { updateContext } from '#lib/core/update/context.ts';
import type { UpdateOffer, UpdateReply } from '#lib/protocol/http.ts';
import type { Committed, Configured, ServerMessages } from '#lib/protocol/messages.ts';
import type { ActsEnd } from '../../server/acts.ts';
import { memoryBlobs, type MemoryBlobs } from '../../server/adapters/memory-blobs.ts';
import { memoryServerKey } from '../../server/adapters/ed25519.ts';
import { memoryRecords } from '../../server/adapters/memory-records.ts';
import { Reputation } from '../../server/coordinator/reputation.ts';
import type { Connection } from '../../server/coordinator/connection.ts';
import { openCoordinator, type Coordinator } from '../../server/coordinator/coordinator.ts';
import type { Meter } from '../../server/ports/meter.ts';
import { readParameters } from '../../server/coordinator/stored-updates.ts';
import { firstBrokenEntry } from '../../server/coordinator/journal.ts';
import type { ClientMessage } from '../../server/coordinator/messages.ts';
import type { Upstream } from '../../server/coordinator/upstream.ts';
import { isDiskFull } from '../../server/http/reply.ts';
import { seededBytes } from '../../server/simulate/seeded-bytes.ts';
import { silentLog, type Log } from '../../server/ports/log.ts';
import type { Records } from '../../server/ports/records.ts';
import { handClock, settle, type HandClock } from './hand-clock.ts';
import { countedTally } from '../support/counted-tally.ts';

export const federation = v.parse(FederationId, 'two-moons');

/** Of the device with this number: nobody signs anything here. */
export const publicKeyOf = (index: number): Uint8Array =>
  Uint8Array.from({ length: 32 }, (_, at) => (at === 31 ? index : at === 30 ? index >> 8 : 0));

export interface Sent {
  readonly offer: UpdateOffer;
  readonly bytes: Uint8Array;
}

/** At which durable write the process dies: before it is on disk, or after, with nobody told. */
export interface Crash {
  readonly write: number;
  readonly when: 'before' | 'after';
}

/** What the network makes of one message: when each copy of it arrives, in milliseconds from now; none: it is lost. */
export interface Network {
  copies(of: 'message-up' | 'message-down' | 'request' | 'reply'): readonly number[];
}

const serverKey = memoryServerKey();

export class World {
  /** undefined: everything arrives at once, and once. */
  network: Network | undefined;
  coordinator!: Coordinator;
  blobs: MemoryBlobs = memoryBlobs();
  readonly clock: HandClock;
  readonly devices: Device[] = [];
  /** Durable writes so far, over all processes. */
  writes = 0;
  restarts = 0;
  fatal: unknown;
  /** Contributions that devices could prove. */
  proved = 0;
  #head: SignedHead | undefined;
  #reputation: Reputation | undefined;
  #acts: (() => ActsEnd) | undefined;
  #upstream: (() => Upstream) | undefined;
  #meter: Meter | undefined;
  #log: Log = silentLog;
  #crash: Crash | undefined;
  #generation = 0;
  #isDead = false;

  private constructor(
    readonly seed: number,
    readonly kept: Records,
    clock?: HandClock,
  ) {
    this.clock = clock ?? handClock(seed);
  }

  static async open(
    seed: number,
    spec: FederationSpec,
    devices: number,
    kept: Records = memoryRecords(),
    /** Whether what cannot be used weighs on whoever sent it. */
    {
      weighs = false,
      acts,
      log = silentLog,
      clock,
      upstream,
      meter,
    }: {
      readonly weighs?: boolean;
      readonly acts?: () => ActsEnd;
      readonly log?: Log;
      /** Of worlds that are one above the other. */
      readonly clock?: HandClock;
      readonly meter?: Meter;
      /** Of each process, where the server is an edge. */
      readonly upstream?: () => Upstream;
    } = {},
  ): Promise<World> {
    const world = new World(seed, kept, clock);
    world.#acts = acts;
    world.#upstream = upstream;
    world.#meter = meter;
    world.#log = log;
    if (weighs) world.#reputation = new Reputation(world.clock);
    await world.#start();
    const created = await world.coordinator.create(federation, spec);
    if (!created.ok) throw new Error(created.error.message);
    for (let index = 0; index < devices; index += 1) world.devices.push(new Device(world, index));
    return world;
  }

  get isDead(): boolean {
    return this.#isDead;
  }

  crashAt(crash: Crash): void {
    this.#crash = crash;
  }

  /** The process is gone; whatever it was doing never goes on. */
  kill(): void {
    this.#isDead = true;
    this.#generation += 1;
  }

  /** A new process on the same stores; every device connects again when it finds out. */
  async restart(): Promise<void> {
    this.kill();
    this.restarts += 1;
    this.blobs = this.blobs.reopened();
    await this.#start();
    for (const device of this.devices) device.serverIsBack();
    await settle();
  }

  async #start(): Promise<void> {
    const generation = (this.#generation += 1);
    const isCurrent = (): boolean => generation === this.#generation;
    this.#isDead = false;
    const never = (): Promise<never> => new Promise(() => {});
    const { kept, clock } = this;
    const records: Records = {
      ...kept,
      write: async (changes) => {
        if (!isCurrent()) return never();
        this.writes += 1;
        const dies = this.#crash?.write === this.writes ? this.#crash.when : undefined;
        if (dies === 'before') {
          this.kill();
          return never();
        }
        await kept.write(changes);
        if (dies === 'after') this.kill();
        return isCurrent() ? undefined : never();
      },
    };
    this.coordinator = await openCoordinator({
      records,
      blobs: this.blobs,
      // A dead process's timers do nothing.
      clock: { ...clock, after: (ms, action) => clock.after(ms, () => void (isCurrent() && action())) },
      log: this.#log,
      ...(this.#meter === undefined ? {} : { meter: this.#meter }),
      noise: seededBytes(this.seed, 'noise', this.restarts),
      key: serverKey,
      ...(this.#reputation === undefined ? {} : { reputation: this.#reputation }),
      ...(this.#acts === undefined ? {} : { acts: this.#acts }),
      ...(this.#upstream === undefined ? {} : { upstream: this.#upstream() }),
      fatal: (error) => {
        this.fatal = error;
        this.kill();
      },
    });
  }

  /** Moves time on in steps until `holds`; restarts a process that died. False where it never held. */
  async until(holds: () => boolean, mostMs: number, stepMs = 250): Promise<boolean> {
    for (let passed = 0; passed < mostMs; passed += stepMs) {
      if (this.#isDead) await this.restart();
      if (holds()) return true;
      await this.clock.advance(stepMs, () => this.#isDead);
    }
    return holds();
  }

  async start(): Promise<void> {
    const started = await this.coordinator.act(federation, 'start');
    if (started?.ok !== true) throw new Error('The federation did not start.');
    for (const device of this.devices) device.connect();
    await settle();
  }

  get head(): number {
    return this.coordinator.view(federation)?.head.version ?? -1;
  }

  /**
   * What must hold whatever happened: versions dense, each the weighted mean of exactly the updates that its round
   * accepted (in asynchronous rounds as many as the goal, each counted less with its age), none twice, no acknowledged update missing from a round that committed, and an unbroken journal.
   */
  async check(): Promise<{ readonly committed: number; readonly abandoned: number }> {
    const versions = await this.kept.versions(federation);
    const rounds = (await this.kept.rounds(federation, { limit: 10_000 })).map((one) => one.round);
    const fault = (text: string): never => {
      throw new Error(`${text} (seed ${this.seed})`);
    };
    const shown = this.coordinator.versions(federation);
    // Handed down by an upper federation.
    const adopted = (await this.kept.journal(federation)).flatMap((line) =>
      line.type === 'adopted' ? [(line.payload as { readonly version: number }).version] : [],
    );
    const counted = new Set<string>();
    for (const [index, version] of versions.entries()) {
      if (version.version !== index) fault(`version ${version.version} stands where ${index} should`);
      if (index === 0) continue;
      if (version.round === null) {
        if (adopted.includes(version.version)) continue;
        // It stands in for versions that the disk had damaged.
        const parent = versions.find((one) => one.version === version.parent);
        if (parent?.digest !== version.digest || version.participants !== 0)
          fault(`version ${index} is made of nothing`);
        continue;
      }
      if (shown?.[index]?.damaged === true) continue;
      const round = rounds.find((one) => one.round === version.round);
      if (round?.phase !== 'committed' || round.version !== version.version)
        return fault(`version ${index} has no round`);
      const base = versions[index - 1]!;
      if (version.parent !== base.version || round.baseDigest !== base.digest)
        fault(`version ${index} has another base`);
      const reports = acceptedReports(round);
      if (new Set(reports.map((one) => one.participant)).size !== reports.length)
        fault('a device is counted twice');
      if (reports.length < round.rules.minimum) fault('fewer than the minimum were counted');
      const isAsync = isAsynchronous(round);
      if (isAsync && reports.length !== round.rules.goal) fault('a buffer did not hold its goal');
      for (const one of reports) {
        const key = `${one.participant}/${one.round}`;
        if (counted.has(key)) fault('an update is in two versions');
        counted.add(key);
        if (one.staleness !== round.base - one.version || one.staleness > round.maximumStaleness)
          fault('an update was counted that is too old');
        if (versions[one.version]?.digest !== one.base) fault('an update says a base that it does not have');
      }
      const from = await readParameters(this.blobs, base.digest, base.bytes / 4);
      const made = await readParameters(this.blobs, version.digest, version.bytes / 4);
      const examples = reports.reduce((total, one) => total + one.examples, 0);
      const deltas = reports.map((one) => {
        const sent = this.devices
          .find((device) => device.participant === one.participant)
          ?.sent.get(one.update);
        return {
          weight: isAsync ? 1 / (reports.length * Math.sqrt(1 + one.staleness)) : one.examples / examples,
          delta: sent ?? fault('an update was counted that nobody sent'),
        };
      });
      for (const [at, value] of made.entries()) {
        const mean = deltas.reduce((total, one) => total + one.weight * one.delta[at]!, 0);
        if (Math.abs(value - from[at]! - mean) > round.quantum + 1e-6)
          fault(`version ${index} is not the mean of its updates`);
      }
    }
    for (const device of this.devices)
      for (const reply of device.replies.values()) {
        if (reply.type !== 'accepted') continue;
        const round = reply.receipt.countedIn ?? reply.receipt.round;
        const known = rounds.find((one) => one.round === round);
        if (known === undefined) return fault(`round ${round} is gone, and an acknowledged update with it`);
        if (
          !acceptedReports(known).some(
            (one) => one.participant === device.participant && one.update === reply.receipt.update,
          )
        )
          fault(`round ${round} lost an update that it had acknowledged`);
      }
    await this.#checkLog(versions.length, fault);
    const broken = firstBrokenEntry(await this.kept.journal(federation));
    if (broken !== undefined) fault(`the journal breaks at entry ${broken}`);
    const count = (phase: string): number => rounds.filter((one) => one.phase === phase).length;
    return { committed: count('committed'), abandoned: count('abandoned') };
  }

  /** The log holds every version and begins with what it was before; each device can prove one of its contributions. */
  async #checkLog(versions: number, fault: (text: string) => never): Promise<void> {
    if ((await this.kept.log(federation)).length !== versions) fault('the log does not hold every version');
    const since = this.#head?.head.size ?? 0;
    const reply = await this.coordinator.log(federation, { since });
    const followed = await followHead(this.#head, reply?.head ?? null, reply?.consistency ?? null);
    if (!followed.ok) return fault(headFaultSentence(followed.error));
    this.#head = followed.value;
    for (const { participant, replies, committed } of this.devices) {
      const counted = [...replies.values()].findLast(
        (one) =>
          one.type === 'accepted' &&
          committed.some(
            ({ round, counted }) => counted && round === (one.receipt.countedIn ?? one.receipt.round),
          ),
      );
      if (counted?.type !== 'accepted') continue;
      const { receipt, signed } = counted;
      const round = receipt.countedIn ?? receipt.round;
      const contribution = { round, participant };
      const inclusion = (await this.coordinator.log(federation, { since, contribution }))?.inclusion;
      const steps = await provedSteps({ receipt, signed, inclusion: inclusion ?? undefined });
      if (steps.some(({ holds }) => holds !== true))
        fault(`a receipt of round ${round} proves nothing: ${JSON.stringify(steps)}`);
      this.proved += 1;
    }
  }
}

/** What a device does with its update in one round. */
export type Conduct =
  | 'honest'
  | 'twice'
  | 'not-a-number'
  | 'too-large'
  | 'short'
  | 'wrong-digest'
  | 'wrong-base'
  | 'too-many-examples'
  | 'late'
  | 'silent'
  | 'withdraws'
  | 'loses-connection'
  | 'leaves';

export class Device {
  readonly participant: ParticipantId;
  readonly examples: number;
  /** Everything it ever sent, by digest. */
  readonly sent = new Map<string, Float32Array>();
  /** The last decision on each round's update. */
  readonly replies = new Map<number, UpdateReply>();
  /** The same, by what was offered. */
  readonly #decisions = new Map<string, UpdateReply>();
  readonly committed: Committed[] = [];
  readonly received: (keyof ServerMessages)[] = [];
  conduct: (round: number) => Conduct = () => 'honest';
  trainingMs = (round: number): number => random(this.index, 'training', round).below(4_000) + 200;
  isStopped = false;
  /** How often the server had no room for an update of it. */
  turnedAway = 0;
  /** What it says of its speed when it checks in. */
  examplesPerSecond: number | undefined;
  /** The code that it was sent, of a federation that is closed. */
  invitation: string | undefined;
  /** Why it was left out, when it last asked. */
  notEligible: string | undefined;
  #connection: Connection | undefined;
  #connections = 0;
  #outbox: Sent | undefined;

  constructor(
    readonly world: World,
    readonly index: number,
  ) {
    this.participant = participantIdOf(publicKeyOf(index));
    this.examples = 10 + random(index, 'examples').below(200);
  }

  connect(): void {
    if (this.isStopped) return;
    this.#connections += 1;
    const connection: Connection = {
      id: `${this.index}/${this.#connections}`,
      participant: this.participant,
      name: null,
      kind: 'headless',
      send: (name, message) => {
        const arrives = this.#carried('message-down', () => {
          if (this.#connection !== connection) return;
          this.received.push(name);
          if (name === 'configured') this.#configured(message as Configured);
          if (name === 'committed') this.#committed(message as Committed);
          if (name === 'come-back') this.#comesBack((message as ServerMessages['come-back']).afterMs);
        });
        if (!arrives && this.#connection === connection) this.#breaks();
      },
    };
    this.#connection = connection;
    this.#checkIn();
    // Whatever was trained and not decided on is sent again.
    if (this.#outbox !== undefined) this.#send(this.#outbox);
  }

  /** Runs once for each copy that arrives of a message or request; false: none does. */
  #carried(of: Parameters<Network['copies']>[0], arrive: () => void): boolean {
    const { network, clock } = this.world;
    if (network === undefined) {
      arrive();
      return true;
    }
    const copies = network.copies(of);
    for (const after of copies)
      if (after === 0) arrive();
      else clock.after(after, arrive);
    return copies.length > 0;
  }

  /** What a socket loses it loses with the connection: the device finds out, and comes back. */
  #breaks(): void {
    this.disconnect();
    const connections = this.#connections;
    this.world.clock.after(1_500, () => this.#connections === connections && this.connect());
  }

  disconnect(): void {
    const connection = this.#connection;
    this.#connection = undefined;
    if (connection !== undefined && !this.world.isDead) this.world.coordinator.disconnected(connection);
  }

  serverIsBack(): void {
    this.#connection = undefined;
    this.world.clock.after(random(this.index, 'reconnect', this.#connections).below(3_000), () =>
      this.connect(),
    );
  }

  tell(message: ClientMessage): void {
    const connection = this.#connection;
    if (connection === undefined) return;
    const arrives = this.#carried('message-up', () => {
      if (this.#connection !== connection || this.world.isDead) return;
      this.world.coordinator.receive(connection, message).then(
        (answer) => {
          if (!answer.ok && answer.error === 'enough-devices') this.#comesBack(answer.afterMs);
          if (!answer.ok && answer.error === 'not-eligible') this.notEligible = answer.message;
        },
        (error: unknown) => {
          // The gateway leaves such a message without an answer.
          if (!isDiskFull(error)) this.world.fatal ??= error;
        },
      );
    });
    if (!arrives) this.#breaks();
  }

  #checkIn(): void {
    const { examples, examplesPerSecond, invitation } = this;
    this.tell({
      name: 'check-in',
      message: {
        federation,
        examples,
        backend: 'none',
        ...(examplesPerSecond === undefined ? {} : { examplesPerSecond }),
        ...(invitation === undefined ? {} : { invitation }),
      },
    });
  }

  #comesBack(afterMs: number): void {
    const connections = this.#connections;
    this.world.clock.after(afterMs, () => this.#connections === connections && this.#checkIn());
  }

  /** What it makes of a round: noise, unless a test lets it learn from the base. */
  delta = async (round: number, _base: Digest): Promise<Float32Array<ArrayBuffer>> => {
    const draws = random(this.world.seed, 'delta', this.index, round);
    return Float32Array.from({ length: 6 }, () => draws.normal());
  };
  /** What it hears of versions to train from. */
  onBase: (base: Configured['base']) => void = () => {};
  /** What it hears of how updates are limited. */
  onPrivacy: (privacy: Configured['privacy']) => void = () => {};

  /** What it measures of the settings that it is given, where the round asks for it; undefined: nothing. */
  judges: (plan: Configured['plan'], round: number) => Judged | undefined = () => undefined;
  /** What it says of settings that came to nothing, where it gives a round up. */
  inVain: (round: number) => JudgedInVain | null | undefined = () => undefined;

  #configured({ round, base, plan, asks, deadlineMs, uplink, privacy }: Configured): void {
    const found = asks.includes('judged') ? this.judges(plan, round) : undefined;
    const judged = found === undefined ? {} : { judged: found };
    this.onBase(base);
    this.onPrivacy(privacy);
    if (this.#outbox?.offer.round === round) return;
    const conduct = this.conduct(round);
    const after = (ms: number, action: () => void): void =>
      void this.world.clock.after(ms, () => !this.isStopped && action());
    const train = async (): Promise<void> => {
      this.tell({ name: 'progress', message: { federation, round, stage: 'training', fraction: 0.5 } });
      let delta = await this.delta(round, base.digest);
      if (this.isStopped) return;
      if (conduct === 'not-a-number') delta[3] = NaN;
      if (conduct === 'too-large') delta[2] = 65;
      if (conduct === 'short') delta = delta.slice(1);
      // A liar's bytes go as they are: no codec would encode them.
      const bytes =
        uplink === 'f32'
          ? bytesOf(delta)
          : codecNamed(uplink).encode(delta, updateContext(federation, round, this.participant));
      const digest = conduct === 'wrong-digest' ? digestOf(new Uint8Array(1)) : digestOf(bytes);
      const offer: UpdateOffer = {
        round,
        base: conduct === 'wrong-base' ? digestOf(new Uint8Array(2)) : base.digest,
        codec: uplink,
        steps: 1,
        baseLoss: null,
        bytes: bytes.length,
        digest,
        examples: conduct === 'too-many-examples' ? this.examples + 1 : this.examples,
        ...judged,
      };
      this.sent.set(digest, delta);
      this.#outbox = { offer, bytes };
      this.#send(this.#outbox);
      if (conduct === 'twice') {
        this.#send(this.#outbox);
        after(500, () => this.#outbox !== undefined && this.#send(this.#outbox));
      }
    };
    switch (conduct) {
      case 'silent':
        return;
      case 'withdraws': {
        const inVain = asks.includes('judged') ? this.inVain(round) : undefined;
        return this.tell({
          name: 'withdraw',
          message: {
            federation,
            round,
            reason: 'It was asked to pause.',
            ...(inVain !== undefined && { inVain }),
          },
        });
      }
      case 'leaves':
        this.disconnect();
        return after(90_000, () => this.connect());
      case 'loses-connection':
        after(300, () => this.disconnect());
        after(5_000, () => this.connect());
        return after(this.trainingMs(round), () => void train());
      case 'late':
        return after(deadlineMs + 1_000, () => void train());
      default:
        return after(this.trainingMs(round), () => void train());
    }
  }

  #send(sent: Sent): void {
    if (this.#carried('request', () => this.#deliver(sent))) return;
    this.world.clock.after(2_000, () => this.#outbox === sent && this.#send(sent));
  }

  #deliver(sent: Sent): void {
    const { coordinator } = this.world;
    if (this.world.isDead) return;
    const deliver = async (): Promise<void> => {
      let reply = await coordinator.offer(federation, this.participant, sent.offer);
      if (reply === undefined) {
        const draft = await this.world.blobs.draft();
        await draft.append(sent.bytes);
        reply = await coordinator.deliver(federation, this.participant, sent.offer, draft);
      }
      // An answer that the kill swallowed was never heard.
      if (coordinator !== this.world.coordinator || this.world.isDead) return;
      const heard = this.#carried('reply', () => this.#decided(sent, reply));
      if (!heard) this.world.clock.after(2_000, () => this.#outbox === sent && this.#send(sent));
    };
    deliver().catch((error: unknown) => {
      if (!isDiskFull(error)) {
        this.world.fatal ??= error;
        return;
      }
      this.turnedAway += 1;
      // Answered 507, with Retry-After.
      this.world.clock.after(60_000, () => this.#outbox === sent && this.#send(sent));
    });
  }

  #decided(sent: Sent, reply: UpdateReply): void {
    const offer = JSON.stringify(sent.offer);
    const before = this.#decisions.get(offer);
    if (before?.type === 'accepted' && JSON.stringify(before) !== JSON.stringify(reply))
      this.world.fatal ??= new Error(
        `The decision on an update changed: ${JSON.stringify(before)} became ${JSON.stringify(reply)}.`,
      );
    this.#decisions.set(offer, reply);
    if (this.replies.get(sent.offer.round)?.type !== 'accepted') this.replies.set(sent.offer.round, reply);
    if (this.#outbox === sent) this.#outbox = undefined;
  }

  #committed(message: Committed): void {
    this.committed.push(message);
    const tally = countedTally([1, 0, 1, 0]);
    this.tell({
      name: 'evaluation',
      message: { federation, version: message.version, tally, personal: null },
    });
  }
}
