// The simulated devices: what each is for the whole simulation, all of it drawn from the seed. A device costs its row numbers
// and little else, so that ten thousand of them fit where one model does.
import * as v from 'valibot';
import { splitExamples } from '#lib/core/data/split.ts';
import { participantIdOf } from '#lib/core/digest.ts';
import type { FederationSpec } from '#lib/core/federation.ts';
import { FederationId, type ParticipantId } from '#lib/core/ids.ts';
import { random } from '#lib/core/random.ts';
import { neverTrains } from '#lib/core/round/held-out-devices.ts';
import { notEligible, type DeviceFacts } from '#lib/core/round/select.ts';
import { UnusableSetup, type SimulationSetup } from './setup.ts';

/** The federation of every simulation. */
export const simulated = v.parse(FederationId, 'simulation');

export interface SimulatedDevice {
  /** From 0. */
  readonly index: number;
  readonly participant: ParticipantId;
  /** Of them it learns; where it never trains they are all that it has. */
  readonly rows: Uint32Array;
  /** By these it judges versions, and its own model. */
  readonly judging: Uint32Array;
  /** How fast it trains. */
  readonly rowsPerSecond: number;
  readonly isHostile: boolean;
  /** Trusted: others' updates are measured against its own. It is always there, and never leaves a round. */
  readonly isRoot: boolean;
  /** It never trains: by the rule of the server, which needs no telling. */
  readonly isHeldOut: boolean;
  /** With day-night: from when on it is there each day, for DAILY_MS; no two devices at the same moment. */
  readonly wakesAtMs: number;
}

/** The speed of the middle device: a phone on a small model. */
const ROWS_PER_SECOND = 1000;
/** σ of ln(speed) with heavy tails: the slowest twentieth are 27 times slower than the fastest. */
const SPEED_SPREAD = 1;
export const DAY_MS = 86_400_000;
/** Devices wait idle and charging, most of them at night (Bonawitz et al. 2019, §9: four times as many as by day). */
export const DAILY_MS = 8 * 3_600_000;
/** Mostly there around midnight; spread of the moment when they begin to be. */
const WAKES = { mean: -4 * 3_600_000, deviation: 4 * 3_600_000 } as const;
/** Moments of different devices differ by multiples of this, which doubles add exactly. */
const FRACTION_MS = 2 ** -14;

/** Rows of a root: as many as suffice in the paper (Cao et al. 2021, §VI-A). */
const ROOT_ROWS = 100;

/** What it says of itself when it checks in. Where rows are only added up, no device measures its speed. */
export const factsOf = ({ rows, rowsPerSecond }: SimulatedDevice, spec: FederationSpec): DeviceFacts => ({
  examples: rows.length,
  tags: [],
  examplesPerSecond: 'network' in spec ? rowsPerSecond : undefined,
});

/** Drawn from all rows alike, whoever holds them: a root's rows are like the devices' data. */
export const rootRows = (seed: number, rows: number): Uint32Array =>
  random(seed, 'root')
    .shuffle(Uint32Array.from({ length: rows }, (_, row) => row))
    .slice(0, ROOT_ROWS);

/** One for each of `parts`, and behind them the root where there are rows for it. */
export function simulatedDevices(
  setup: Pick<SimulationSetup, 'seed' | 'attackers' | 'speeds' | 'heldOutDevices'>,
  parts: readonly Uint32Array[],
  root?: Uint32Array,
): SimulatedDevice[] {
  const { seed } = setup;
  const order = random(seed, 'hostile').shuffle(Uint32Array.from(parts, (_, index) => index));
  const hostile = new Set(order.subarray(0, Math.round(setup.attackers * parts.length)));
  const isHeldOut = neverTrains(simulated, setup);
  return [...parts, ...(root === undefined ? [] : [root])].map((rows, index) => {
    const draw = random(seed, 'device', index);
    // It signs nothing: a public key without a private one is identity enough.
    const publicKey = Uint8Array.from({ length: 32 }, () => draw.below(256));
    const spread = draw.normal();
    const wakes = WAKES.mean + WAKES.deviation * draw.normal();
    const participant = participantIdOf(publicKey);
    return {
      index,
      participant,
      isHeldOut: isHeldOut(participant),
      rows,
      judging: isHeldOut(participant) ? rows : new Uint32Array(0),
      rowsPerSecond:
        setup.speeds === 'uniform' ? ROWS_PER_SECOND : ROWS_PER_SECOND * Math.exp(SPEED_SPREAD * spread),
      isHostile: hostile.has(index),
      isRoot: index === parts.length,
      wakesAtMs: Math.floor(((wakes % DAY_MS) + DAY_MS) % DAY_MS) + FRACTION_MS * index,
    };
  });
}

/**
 * As each device that trains for itself, too, holds rows out by their hashes: mixed otherwise than where rounds try settings
 * (participant/judging.ts), which part what is left to learn from. `hashes`: of all rows.
 */
export function holdingOut(device: SimulatedDevice, hashes: Uint32Array): SimulatedDevice {
  // Of what a hostile one reports nothing is asked, and a root's rows are others' too.
  if (device.isHeldOut || device.isHostile || device.isRoot) return device;
  const all = device.rows;
  // MurmurHash3's constant.
  const mixed = Uint32Array.from({ length: 2 * all.length }, (_, at) =>
    Math.imul(hashes[2 * all[at >> 1]! + (at & 1)]!, 0x85ebca6b),
  );
  const { training, heldOut } = splitExamples({ count: all.length, hashes: mixed });
  if (training.length === 0) return device;
  const of = (some: Uint32Array): Uint32Array => some.map((row) => all[row]!);
  return { ...device, rows: of(training), judging: of(heldOut) };
}

/** How many are left out for their speed; a sentence to tell, undefined where there is none. Throws UnusableSetup. */
export function leftOutForSpeed(
  devices: readonly SimulatedDevice[],
  spec: FederationSpec,
  setup: Pick<SimulationSetup, 'deadlineSeconds' | 'deadlineShare'>,
): string | undefined {
  const reasons = devices.flatMap((device) => notEligible(spec, factsOf(device, spec)) ?? []);
  if (reasons.length === 0) return undefined;
  const left = devices.length - reasons.length;
  const many = `${reasons.length} of ${devices.length} devices would train longer than ${setup.deadlineShare} of ${setup.deadlineSeconds} s`;
  const { goal, minimum, mode } = spec.rules;
  // A device has one place in a buffer, which waits until it is full.
  const least = mode.type === 'asynchronous' ? goal : minimum;
  if (left < least)
    throw new UnusableSetup(
      `--deadline-share ${setup.deadlineShare}: ${many}, and a round needs at least ${least}, where ${left} are left. Use a larger share or a longer --deadline.`,
    );
  return `${many}, and are left out.${left < goal ? ` Rounds want ${goal} devices, and wait in vain for more than ${left}.` : ''}`;
}
