// The devices' side of one round: configured, each trains on the pool until its moment on the clock and then offers and delivers
// what it made, gives up where training failed, or goes away in the middle of it. Hostile devices' updates are put in place here.
import { strategyOf } from '#lib/core/aggregation/strategy-spec.ts';
import { attackNamed } from '#lib/core/attacks/index.ts';
import type { FederationSpec } from '#lib/core/federation.ts';
import type { Digest } from '#lib/core/ids.ts';
import { random } from '#lib/core/random.ts';
import { wayTo } from '#lib/core/update/broadcast.ts';
import type { Configured } from '#lib/protocol/messages.ts';
import type { Coordinator } from '../coordinator/coordinator.ts';
import type { ClientMessage } from '../coordinator/messages.ts';
import { readParameters } from '../coordinator/stored-updates.ts';
import type { Blobs } from '../ports/blobs.ts';
import type { Clock } from '../ports/clock.ts';
import { craftedUpdate, decodedUpdate, type HostileRound } from './crafted-update.ts';
import type { SimulatedDevice } from './devices.ts';
import { UnusableSetup, type SimulationSetup } from './setup.ts';
import { Trainings } from './trainings.ts';
import type { DeviceMemory, JobResult, TrainingResult } from './workbench.ts';
import { copied, type WorkerPool } from './worker-pool.ts';

/** How long a device that left a round stays away. */
const AWAY_SECONDS = { least: 30, most: 300 } as const;
/** As long as a reason may be (protocol/messages.ts). */
const REASON_CHARACTERS = 200;

export interface CohortParts {
  readonly setup: SimulationSetup;
  readonly spec: FederationSpec;
  /** P */
  readonly parameterCount: number;
  /** Version 0, which every device can make of the spec. */
  readonly initial: Digest;
  readonly pool: WorkerPool;
  readonly clock: Clock;
  readonly blobs: Blobs;
  coordinator(): Coordinator;
  /** The device goes away, and comes back after `ms`. */
  leave(device: SimulatedDevice, ms: number): void;
  tell(device: SimulatedDevice, message: ClientMessage): void;
  /** The clock stands still until it is done. */
  do(work: () => Promise<void>): void;
}

export class Cohort {
  /** Milliseconds of trainings, over all threads. */
  engineMs = 0;
  /** What devices fetched, over the whole run. */
  bytesDown = 0;
  /** Milliseconds that devices trained on the simulation's clock, over the whole run and all devices. */
  deviceMs = 0;
  /** What devices keep from round to round, by their indices. */
  readonly memories = new Map<number, DeviceMemory>();
  /** The versions that each device keeps: what it fetched last, and the anchor of that. */
  readonly held = new Map<number, readonly Digest[]>();
  readonly #trainings: Trainings;
  readonly #zeros: Float32Array;
  /** The newest round that any device was configured in, and those that were. */
  #round = 0;
  #cohort: SimulatedDevice[] = [];
  /** What each device was asked last, by the round that it was configured in. */
  readonly #asked = new Map<number, number>();
  /** Those that are at it: the round that each was configured in, and since when. */
  readonly #tasks = new Map<number, { readonly round: number; readonly since: number }>();
  /** Of bases. */
  readonly #values = new Map<Digest, Promise<Float32Array>>();
  /** What devices' controls will be once a version holds their updates. */
  readonly #nextControls = new Map<number, Float32Array<ArrayBuffer>>();
  /** What the hostile of a round report alike. */
  #common: Promise<Float32Array<ArrayBuffer> | undefined> | undefined;

  constructor(private readonly parts: CohortParts) {
    this.#trainings = new Trainings(parts.pool);
    this.#zeros = copied(Float32Array, new Float32Array(parts.parameterCount));
  }

  /** What it was training is given up. */
  gone(device: SimulatedDevice): void {
    this.#leavesTask(device.index);
    this.#trainings.drop(device);
  }

  /** In asynchronous rounds whoever trains is a member of the next one. */
  ended(): void {
    if (this.parts.setup.mode.type === 'asynchronous') return;
    for (const index of [...this.#tasks.keys()]) this.#leavesTask(index);
    this.#trainings.clear();
  }

  /** It trains no more. */
  #leavesTask(index: number): void {
    const task = this.#tasks.get(index);
    if (task === undefined) return;
    this.#tasks.delete(index);
    this.deviceMs += this.parts.clock.monotonic() - task.since;
  }

  /** A version holds these devices' updates: a device's control and the server's move together (participant/controls.ts). */
  counted(devices: readonly SimulatedDevice[]): void {
    for (const device of devices) {
      const control = this.#nextControls.get(device.index);
      if (control !== undefined) this.#remember(device, { control });
    }
  }

  /** A device is told to train. */
  configured(device: SimulatedDevice, message: Configured): void {
    const { setup } = this.parts;
    // A device that comes back to an asynchronous run may be asked for its earlier task again.
    if (message.round > this.#round) {
      this.#round = message.round;
      this.#cohort = [];
      this.#common = undefined;
      this.#values.clear();
      this.#nextControls.clear();
    }
    const isAgain = this.#asked.get(device.index) === message.round;
    this.#asked.set(device.index, message.round);
    this.#leavesTask(device.index);
    this.#tasks.set(device.index, { round: message.round, since: this.parts.clock.monotonic() });
    if (!isAgain) {
      this.#cohort.push(device);
      this.#fetch(device, message.base);
      if (message.controls !== null) this.bytesDown += message.controls.bytes;
    }
    const draw = random(setup.seed, 'conduct', message.round, device.index, isAgain ? 'again' : 'first');
    const ms = Math.ceil((1000 * setup.localEpochs * device.rows.length) / device.rowsPerSecond);
    if (!device.isRoot && draw.next() < setup.dropout) {
      const { least, most } = AWAY_SECONDS;
      const awayMs = Math.ceil(1000 * (least + (most - least) * draw.next()));
      this.#later(device, message, Math.ceil(ms * draw.next()), () => this.parts.leave(device, awayMs));
      return;
    }
    this.parts.do(async () => {
      // The whole cohort is known once all of it has been told.
      const parameters = await this.#valuesOf(message.base.digest);
      const serverControl = await this.#serverControl(message);
      if (!this.#isAtIt(device, message)) return;
      this.#trainings.plan(
        device,
        {
          type: 'train',
          message,
          rows: device.rows,
          participant: device.participant,
          index: device.index,
          base: parameters,
          serverControl,
          memory: this.memories.get(device.index) ?? {},
          hostile: device.isHostile && setup.attack !== null ? this.#hostileRound() : null,
        },
        this.parts.clock.monotonic() + ms,
      );
      this.#later(device, message, ms, () => this.parts.do(() => this.#report(device, message)));
    });
  }

  /** Counts what crosses, as participant/parameter-source.ts fetches it. */
  #fetch({ index }: SimulatedDevice, { digest, bytes, deltas }: Configured['base']): void {
    const held = new Set([...(this.held.get(index) ?? []), this.parts.initial]);
    const anchor = deltas[0]?.from;
    this.held.set(index, anchor === undefined ? [digest] : [digest, anchor]);
    if (held.has(digest)) return;
    const { whole, steps } = wayTo(digest, deltas, (one) => held.has(one));
    this.bytesDown += steps.reduce((sum, step) => sum + step.bytes, whole ? bytes : 0);
  }

  /** It is here, and trains for the round that it was configured in. */
  #isAtIt(device: SimulatedDevice, { round }: Configured): boolean {
    return this.#tasks.get(device.index)?.round === round;
  }

  /** Unless the device is no more at it by then. */
  #later(device: SimulatedDevice, message: Configured, ms: number, action: () => void): void {
    this.parts.clock.after(ms, () => {
      if (this.#isAtIt(device, message)) action();
    });
  }

  /** [P] values of a blob, read once for all of the cohort. */
  #valuesOf(digest: Digest): Promise<Float32Array> {
    const known = this.#values.get(digest);
    if (known !== undefined) return known;
    const values = readParameters(this.parts.blobs, digest, this.parts.parameterCount).then((read) =>
      copied(Float32Array, read),
    );
    this.#values.set(digest, values);
    return values;
  }

  async #serverControl({ asks, controls }: Configured): Promise<Float32Array | null> {
    if (!asks.includes('controls')) return null;
    return controls === null ? this.#zeros : this.#valuesOf(controls.digest);
  }

  #hostileRound(): HostileRound {
    return {
      // What the root reports is not averaged.
      cohort: this.#cohort.filter((one) => !one.isRoot).length,
      hostile: this.#cohort.filter((one) => one.isHostile).length,
      serverLearningRate: this.parts.setup.strategy.options['lr'] ?? 1,
    };
  }

  /** Its training has ended at this moment: what it made is offered, and delivered where it is wanted. */
  async #report(device: SimulatedDevice, message: Configured): Promise<void> {
    const result = await this.#resultOf(device, message);
    if (result === undefined || !this.#isAtIt(device, message)) return;
    this.#leavesTask(device.index);
    if (result.type === 'failed') {
      this.parts.tell(device, {
        name: 'withdraw',
        message: {
          federation: message.federation,
          round: message.round,
          reason: result.message.slice(0, REASON_CHARACTERS),
          ...(result.inVain === undefined ? {} : { inVain: result.inVain }),
        },
      });
      return;
    }
    const { residual, control, own } = result;
    if (residual !== undefined) this.#remember(device, { residual });
    if (own !== undefined) this.#remember(device, { own });
    if (control !== undefined) this.#nextControls.set(device.index, control);
    const { offer, bytes } = result.entry;
    const reply = await this.parts.coordinator().offer(message.federation, device.participant, offer);
    if (reply !== undefined) return;
    const draft = await this.parts.blobs.draft();
    await draft.append(bytes);
    await this.parts.coordinator().deliver(message.federation, device.participant, offer, draft);
  }

  async #resultOf(device: SimulatedDevice, message: Configured): Promise<TrainingResult | undefined> {
    const { setup } = this.parts;
    const attack = setup.attack === null || !device.isHostile ? undefined : attackNamed(setup.attack.name);
    if (attack?.acts === 'on-honest-updates') {
      this.#common ??= this.#craftedByAll(message);
      const delta = await this.#common;
      // Without an honest update there is nothing to know: it trains like the others.
      if (delta !== undefined) {
        this.#trainings.drop(device);
        const { localEpochs, batchSize } = setup;
        const examples = device.rows.length;
        const steps = localEpochs * Math.ceil(examples / batchSize);
        const claims = { examples, steps, baseLoss: message.asks.includes('base-loss') ? 0 : null };
        return craftedUpdate(message, device.participant, delta.slice(), claims);
      }
    }
    const result = this.#timed(await this.#trainings.take(device));
    if (result !== undefined && result.type !== 'trained' && result.type !== 'failed')
      throw new Error('A training was answered by something else.');
    return result;
  }

  async #craftedByAll(message: Configured): Promise<Float32Array<ArrayBuffer> | undefined> {
    const { setup, spec } = this.parts;
    const attack = setup.attack === null ? undefined : attackNamed(setup.attack.name);
    if (setup.attack === null || attack?.acts !== 'on-honest-updates') return undefined;
    const honest = this.#cohort.filter((one) => !one.isHostile && !one.isRoot);
    const results = await this.#trainings.results(honest);
    const length = strategyOf(spec.strategy).updateLength(this.parts.parameterCount);
    const updates = results.flatMap((result, at) =>
      result?.type === 'trained' ? [decodedUpdate(result.entry, honest[at]!.participant, length)] : [],
    );
    if (updates.length === 0) return undefined;
    const hostile = this.#hostileRound();
    const made = attack.craft(updates, {
      ...hostile,
      cohort: updates.length + hostile.hostile,
      options: setup.attack.options,
      draw: random(setup.seed, 'attack', message.round),
    });
    if (!made.ok) throw new UnusableSetup(`--attack ${setup.attack.name}: ${made.error.message}`);
    return made.value;
  }

  #remember(device: SimulatedDevice, more: DeviceMemory): void {
    this.memories.set(device.index, { ...this.memories.get(device.index), ...more });
  }

  #timed<T extends JobResult>(result: T | undefined): T | undefined {
    this.engineMs += result?.engineMs ?? 0;
    return result;
  }
}
