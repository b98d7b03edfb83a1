// Before the first contribution: what somebody who reads this device's update could rebuild of the rows it was made of. Updates are
// made here by the very code that makes them in a round (work-round.ts: engine, clip, noise, codec), and then attacked. Nothing leaves
// the device. An attack that fails proves little, as better ones may be known to others: what is found is the least that is possible.
import * as v from 'valibot';
import { secureSumOf, type NetworkFederation } from '../core/federation.ts';
import {
  Digest,
  RoundNumber,
  RunNumber,
  VersionNumber,
  type FederationId,
  type ParticipantId,
} from '../core/ids.ts';
import { selectRows } from '../core/data/examples.ts';
import { attackOn, attackUpdate, type AttackName } from '../core/inversion/attack-update.ts';
import { findingsOf, type Findings } from '../core/inversion/findings.ts';
import { encodedRows } from '../core/inversion/likeness.ts';
import type { Network } from '../core/model/network.ts';
import { ownPart } from '../core/model/own-part.ts';
import { noiseInSum, noisyUnits } from '../core/privacy/noise-in-sum.ts';
import { random } from '../core/random.ts';
import { plansTried } from '../core/search/settings-tried.ts';
import { groupsOf } from '../core/secure-sum/groups.ts';
import { LEAST_COHORT } from '../core/secure-sum/rules.ts';
import { codecNamed, decodeAll } from '../core/update/codec/index.ts';
import { deltaOfChange } from '../core/update/control.ts';
import { updateContext } from '../core/update/context.ts';
import type { Clock } from '../ports/clock.ts';
import type { Rows } from '../ports/trainer.ts';
import type { Configured } from '../protocol/messages.ts';
import { batchesOf } from './batch-order.ts';
import type { Engine } from './engine.ts';
import { readOneByOne } from './form-update.ts';
import type { OwnRows } from './own-rows.ts';
import { drawFromPlatform } from './protection.ts';
import { spreadRows } from './spread-rows.ts';
import { createTrainingControl } from './training-control.ts';
import { roundTraining, workRound } from './work-round.ts';

/**
 * one-row: an update of one row in one step, the worst that can be. one-batch: one step on one batch. whole: all rows by the
 * federation's own plan, which is what is sent; under a secure sum, what would be read if the sum were broken.
 * sum: what a secure sum shows, of this device's rows dealt out among as many devices.
 * Where rounds try several plans, each is by the one of them that gives most away.
 */
export type SettingName = 'one-row' | 'one-batch' | 'whole' | 'sum';

export interface PreviewedSetting extends Findings {
  readonly name: SettingName;
  /** Training rows that the update was made of, and steps; of all devices together in a sum. */
  readonly rows: number;
  readonly steps: number;
  /** Devices whose updates are read as one. */
  readonly devices: number;
}

export interface RebuildPreview {
  readonly attack: AttackName;
  readonly settings: readonly PreviewedSetting[];
}

export interface Previewed {
  readonly federation: FederationId;
  readonly participant: ParticipantId;
  readonly spec: NetworkFederation;
  readonly network: Network;
  /** [P]: the newest version, which a first contribution would start from. */
  readonly base: Float32Array<ArrayBuffer>;
  readonly rows: OwnRows;
}

interface Surroundings {
  readonly engine: Engine;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** 0 … 1, and what is done now. */
  onProgress(fraction: number, setting: SettingName): void;
}

/** Rows that guesses are compared with, at most, evenly spread over all. */
const MOST_COMPARED = 400;
/** A sum of more devices than this is played with so many. */
const MOST_DEVICES = 10;

/** A round of this failed, as it would have in earnest: the sentence for the person. */
export class PreviewFailed extends Error {
  override readonly name = 'PreviewFailed';
}

/** Rejects with the signal's reason, with PreviewFailed, or with TrainerFailure. */
export async function previewRebuilding(
  previewed: Previewed,
  { engine, clock, signal, onProgress }: Surroundings,
): Promise<RebuildPreview> {
  const { spec, network, rows, base } = previewed;
  const own = ownPart(network, spec.personalisation);
  const others = encodedRows(spreadRows(rows.heldOut, MOST_COMPARED));
  const wanted = settingsOf(spec, rows.training);
  const settings: PreviewedSetting[] = [];
  for (const [index, setting] of wanted.entries()) {
    const tell = (share: number): void => onProgress((index + share) / wanted.length, setting.name);
    tell(0);
    const update = new Float64Array(network.parameterCount);
    const survivors = setting.name === 'sum' ? setting.devices.length : devicesInSum(spec);
    for (const [device, part] of setting.devices.entries()) {
      const formed = await updateOf(previewed, setting.plan, part, { engine, clock, signal });
      const sent = withShareOfNoise(formed, spec, survivors);
      for (let i = 0; i < update.length; i += 1) update[i]! += sent[i]!;
      tell((0.3 * (device + 1)) / setting.devices.length);
    }
    const mine = setting.devices[0]!;
    const attack = attackUpdate({
      network,
      parameters: base,
      update: Float32Array.from(update),
      own,
      target: mine.targets[0]!,
      isImage: rows.contract.kind !== 'table',
    });
    let next = attack.next();
    for (; next.done !== true; next = attack.next()) {
      tell(0.3 + 0.7 * next.value);
      await clock.tick();
      signal.throwIfAborted();
    }
    settings.push({
      name: setting.name,
      rows: setting.devices.reduce((sum, part) => sum + part.count, 0),
      steps: setting.devices.reduce((sum, part) => sum + stepsOf(setting.plan, part), 0),
      devices: setting.devices.length,
      ...findingsOf(rows.contract, next.value, encodedRows(spreadRows(mine, MOST_COMPARED)), others),
    });
  }
  return { attack: attackOn(network), settings };
}

type Plan = NetworkFederation['plan'];
interface Setting {
  readonly name: SettingName;
  readonly plan: Plan;
  /** The rows of each device whose updates are read as one; the first is this one. */
  readonly devices: readonly Rows[];
}

const stepsOf = (plan: Plan, rows: Rows): number => plan.localEpochs * batchesOf(rows.count, plan.batchSize);

/** From the one that gives most away to the one that is in force. */
function settingsOf(spec: NetworkFederation, training: Rows): readonly Setting[] {
  const plans = plansOf(spec);
  // What the fewest steps made of all rows is nearest to a gradient, and so is what a lower rate did.
  const plan = least(plans, (one) => stepsOf(one, training));
  const small = least(plans, ({ batchSize }) => batchSize);
  const once = { ...small, localEpochs: 1 };
  const settings: Setting[] = [{ name: 'one-row', plan: once, devices: [spreadRows(training, 1)] }];
  if (small.batchSize > 1 && training.count > small.batchSize)
    settings.push({ name: 'one-batch', plan: once, devices: [spreadRows(training, small.batchSize)] });
  if (training.count > 1 || plan.localEpochs > 1) settings.push({ name: 'whole', plan, devices: [training] });
  const devices = Math.min(devicesInSum(spec), MOST_DEVICES);
  if (secureSumOf(spec) !== undefined && training.count >= 2 * devices)
    settings.push({
      name: 'sum',
      plan,
      devices: Array.from({ length: devices }, (_, device) => dealt(training, device, devices)),
    });
  return settings;
}

/** What a device may be asked to train by, the lowest rate first. */
const plansOf = (spec: NetworkFederation): readonly Plan[] =>
  plansTried(spec).toSorted((one, other) => one.learningRate - other.learningRate);

const least = (plans: readonly Plan[], of: (plan: Plan) => number): Plan =>
  plans.reduce((one, other) => (of(other) < of(one) ? other : one));

/** Devices whose updates are opened as one sum: the cohort's, or those of one group of it. */
const devicesInSum = (spec: NetworkFederation): number =>
  Math.max(LEAST_COHORT, Math.floor(spec.rules.goal / groupsOf(spec)));

/** Where each device adds a share of the noise before it masks, `survivors` of which make the whole: the update with that share. */
function withShareOfNoise(update: Float32Array, spec: NetworkFederation, survivors: number): Float32Array {
  const { privacy, rules } = spec;
  if (privacy.type !== 'distributed') return update;
  const noise = noiseInSum(privacy, update.length, rules.goal, secureSumOf(spec)?.colluding);
  if (noise === undefined)
    throw new PreviewFailed('So much noise does not fit into a secure sum of this model.');
  const rounding = random(0, 'rounding of a preview');
  const { clipNorm } = privacy;
  const units = noisyUnits(update, { ...noise, clipNorm }, survivors, rounding, drawFromPlatform);
  return Float32Array.from(units, (unit) => unit * noise.quantum);
}

/** Every `devices`-th row, from `device` on. */
function dealt(rows: Rows, device: number, devices: number): Rows {
  const count = Math.floor((rows.count - 1 - device) / devices) + 1;
  return selectRows(
    rows,
    Array.from({ length: count }, (_, i) => device + i * devices),
  );
}

const noDigest = v.parse(Digest, '0'.repeat(64));

/** [P]: the delta as whoever receives this device's update reads it. */
async function updateOf(
  { federation, participant, spec, network, base, rows }: Previewed,
  plan: Plan,
  training: Rows,
  { engine, clock, signal }: Omit<Surroundings, 'onProgress'>,
): Promise<Float32Array> {
  const { strategy, transfer, privacy, personalisation } = spec;
  const round = v.parse(RoundNumber, 1);
  const message: Configured = {
    federation,
    run: v.parse(RunNumber, 1),
    round,
    base: { version: v.parse(VersionNumber, 0), digest: noDigest, bytes: 4 * base.length, deltas: [] },
    plan,
    uplink: transfer.uplink,
    // Neither changes what lies in the delta; SCAFFOLD's controls are zeros at the first contribution.
    asks: [],
    controls: null,
    ...(privacy.type === 'none' ? {} : { privacy }),
    deadlineMs: 0,
  };
  const control = createTrainingControl();
  const stop = (): void => control.stop();
  signal.addEventListener('abort', stop);
  try {
    signal.throwIfAborted();
    const outcome = await engine.alone(() =>
      workRound(
        message,
        roundTraining(message, {
          network,
          rows: { ...rows, training },
          base,
          own: ownPart(network, personalisation),
          metric: spec.metric.name,
          checkpoint: undefined,
          control: controlOf(strategy.name, base.length),
        }),
        {
          participant,
          residual: undefined,
          own: ownPart(network, personalisation),
          control: controlOf(strategy.name, base.length),
          draw: drawFromPlatform,
        },
        {
          engine,
          clock,
          control,
          saveCheckpoint: () => Promise.resolve(),
          onProgress: () => {},
          onNotice: () => {},
        },
      ),
    );
    signal.throwIfAborted();
    if (outcome.type === 'failed') throw new PreviewFailed(outcome.message);
    if (outcome.type === 'stopped') throw new Error('Training ended without having been stopped.');
    const { entry } = readOneByOne(outcome.formed);
    const codec = codecNamed(entry.offer.codec);
    const length = strategy.name === 'scaffold' ? 2 * base.length : base.length;
    const read = decodeAll(codec, entry.bytes, length, updateContext(federation, round, participant));
    if (!read.ok) throw new Error(`What ${codec.name} encodes it cannot decode: ${read.error.kind}.`);
    return deltaRead(read.value, base.length, {
      steps: stepsOf(plan, training),
      learningRate: plan.learningRate,
    });
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

/** SCAFFOLD's change of control tells of the delta once more: two that were shortened by chance are nearer to it together than either. */
function deltaRead(
  values: Float32Array<ArrayBuffer>,
  length: number,
  trained: Parameters<typeof deltaOfChange>[2],
): Float32Array<ArrayBuffer> {
  const delta = values.slice(0, length);
  if (values.length === length) return delta;
  const told = deltaOfChange(values.subarray(length), { server: new Float32Array(length) }, trained);
  return delta.map((value, i) => (value + told[i]!) / 2);
}

/** What SCAFFOLD trains with before anything is known of anybody. */
const controlOf = (strategy: string, length: number) =>
  strategy === 'scaffold' ? { server: new Float32Array(length), own: new Float32Array(length) } : undefined;
