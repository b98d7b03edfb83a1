// What taking part costs, before anybody does: time by the speed that a device measured on this very model, bytes by the codecs' own
// lengths, which are exact but for what HTTP and the WebSocket put round them (some hundred bytes a message).
import { medianOf } from '../aggregation/order-statistics.ts';
import type { RoundRules } from '../federation.ts';
import type { TrainingPlan } from '../model/spec.ts';
import { cohortSize } from '../round/round.ts';

export interface DeviceForecast {
  /** Milliseconds of training, without the network’s. */
  readonly epochMs: number;
  readonly roundMs: number;
  /** Bytes a round. */
  readonly up: number;
  readonly down: number;
  /** Over all rounds, if it is in each: bytes, the first version whole, and hours of training. */
  readonly bytes: number;
  readonly hours: number;
}

export interface WireBytes {
  /** Of one update, as it leaves a device. */
  readonly update: number;
  /** Of a version: whole, and as a device fetches it that holds the one before. */
  readonly version: number;
  readonly step: number;
}

/** `rows`: to train on. `stepMs`: of one batch, as the self-test measured it. */
export function forecastDevice(
  { localEpochs, batchSize }: Pick<TrainingPlan, 'localEpochs' | 'batchSize'>,
  rounds: number,
  rows: number,
  stepMs: number,
  { update, version, step }: WireBytes,
): DeviceForecast {
  const epochMs = Math.ceil(rows / batchSize) * stepMs;
  const roundMs = localEpochs * epochMs;
  return {
    epochMs,
    roundMs,
    up: update,
    down: step,
    bytes: version + Math.max(0, rounds - 1) * step + rounds * update,
    hours: (rounds * roundMs) / 3_600_000,
  };
}

export interface FleetForecast {
  readonly devices: number;
  /** Those of them that said how fast they are. */
  readonly measured: number;
  /** Devices by the milliseconds that they train in a round: above the one before, and up to this. */
  readonly histogram: readonly { readonly upToMs: number; readonly devices: number }[];
  /** null: nobody measured. */
  readonly trainingMs: { readonly median: number; readonly slowest: number } | null;
  /** Until the last update that a round waits for; null: nobody measured, or too few are here. */
  readonly roundMs: number | null;
  /** Of training over all rounds, by all devices that are asked; null likewise. */
  readonly deviceHours: number | null;
  /** Devices that would come too late for a round. */
  readonly late: number;
}

/** A first bound of a quarter of a second, then twice as much each time: nobody is known by its own speed. */
const FIRST_MS = 250;

/** `times`: milliseconds of training in a round of each device that measured; `devices`: all that are here. */
export function forecastFleet(times: readonly number[], devices: number, rules: RoundRules): FleetForecast {
  const sorted = times.toSorted((a, b) => a - b);
  const asked = rules.mode.type === 'asynchronous' ? rules.goal : cohortSize(rules);
  const here = Math.min(asked, sorted.length);
  // Whom chance picks has the fleet's quantiles: the round ends with the goal-th of those who were asked.
  const waitedFor = Math.min(1, rules.goal / Math.max(1, here));
  const enough = sorted.length >= rules.minimum && sorted.length > 0;
  const mean = sorted.reduce((sum, one) => sum + one, 0) / Math.max(1, sorted.length);
  return {
    devices,
    measured: sorted.length,
    histogram: histogramOf(sorted),
    trainingMs:
      sorted.length === 0 ? null : { median: coarse(medianOf(sorted)), slowest: coarse(sorted.at(-1)!) },
    roundMs: enough ? coarse(sorted[Math.ceil(waitedFor * sorted.length) - 1]!) : null,
    deviceHours: enough ? (rules.maximumRounds * asked * mean) / 3_600_000 : null,
    late: sorted.filter((one) => one > rules.reportingDeadlineMs).length,
  };
}

function histogramOf(sorted: readonly number[]): FleetForecast['histogram'] {
  const bins: { upToMs: number; devices: number }[] = [];
  for (let upToMs = FIRST_MS, at = 0; at < sorted.length; upToMs *= 2) {
    const from = at;
    while (at < sorted.length && sorted[at]! <= upToMs) at += 1;
    if (bins.length > 0 || at > from) bins.push({ upToMs, devices: at - from });
  }
  return bins;
}

/** Two digits: more would be one device's own. */
const coarse = (value: number): number => Number(value.toPrecision(2));

/** What a coordinator could change, a sentence each; none where nothing stands out. */
export function suggestions(
  { roundMs, late, measured }: FleetForecast,
  {
    plan,
    rules,
    transfer,
    updateBytes,
    modelBytes,
  }: {
    readonly plan: Pick<TrainingPlan, 'localEpochs' | 'batchSize'>;
    readonly rules: Pick<RoundRules, 'reportingDeadlineMs' | 'goal'>;
    readonly transfer: { readonly uplink: string };
    readonly updateBytes: number;
    readonly modelBytes: number;
  },
): string[] {
  const told: string[] = [];
  if (late > 0)
    told.push(
      `${late} of ${measured} devices would not be done by the deadline for updates: give rounds more time${plan.localEpochs > 1 ? `, or fewer than ${plan.localEpochs} local epochs` : ''}.`,
    );
  if (roundMs !== null && roundMs > 600_000 && plan.localEpochs > 1)
    told.push(
      'A round trains for more than ten minutes: fewer local epochs and more rounds keep devices here.',
    );
  if (plan.batchSize < 16 && roundMs !== null && roundMs > 60_000)
    told.push(
      `Batches of ${plan.batchSize} rows leave an engine idle: 32 train the same rows in fewer steps.`,
    );
  if (transfer.uplink === 'f32' && updateBytes >= modelBytes && modelBytes > 1_000_000)
    told.push('Updates go up exactly: eden:3 sends about a tenth of the bytes, unbiased.');
  return told;
}
