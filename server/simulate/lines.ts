// What a simulation says: a line a round and a last one, the same bytes for the same seed, so nothing here knows how long it
// took; and the same for the eye.
import { metrics } from '#lib/core/metrics/metric-list.ts';
import type { MetricName } from '#lib/core/metrics/metric-name.ts';

export type Figures = Partial<Record<MetricName, number>>;

export interface RateChance {
  readonly rate: number;
  /** Of being drawn in the next round. */
  readonly chance: number;
}

export interface RoundLine {
  readonly type: 'round';
  readonly round: number;
  /** Null: the round was abandoned, and made none. */
  readonly version: number | null;
  /** Updates in the version. */
  readonly participants: number;
  /** Cohort members whose update was refused. */
  readonly refused: number;
  /** Cohort members that went away, gave up because their training failed, or were too late. */
  readonly dropped: number;
  /** In asynchronous rounds: how many versions were made while an update in this one was trained, on average. */
  readonly staleness?: number;
  /** On the test rows; null: not scored. */
  readonly metrics: Figures | null;
  /** On all rows of the devices that are there and never train. */
  readonly neverTrained?: Figures;
  /** Under model replacement: the share of the test rows with the trigger that the version takes for the attacker’s class. */
  readonly backdoor?: number;
  /** Where the devices' learning rate is tuned: the rates in play, and the chance of each to be drawn next. */
  readonly tuning?: readonly RateChance[];
  readonly bytesUp: number;
  readonly bytesDown: number;
  /** Since the simulation began. */
  readonly simulatedSeconds: number;
  /** Why it was abandoned. */
  readonly reason: string | null;
}

export interface ResultLine {
  readonly type: 'result';
  /** Committed. */
  readonly rounds: number;
  readonly metrics: Figures;
  /** On devices that never trained. */
  readonly neverTrained?: Figures;
  /** Over the whole run, shared equally among all participants. */
  readonly bytesUpPerParticipant: number;
  readonly bytesDownPerParticipant: number;
  readonly simulatedSeconds: number;
  readonly versionDigest: string;
  /** Why it ended. */
  readonly outcome: string;
}

export interface NoteLine {
  readonly type: 'note';
  readonly message: string;
}

export type SimulationLine = NoteLine | RoundLine | ResultLine;

const figureText = (name: MetricName, value: number): string =>
  `${metrics[name].title.toLowerCase()} ${metrics[name].isShare ? `${(value * 100).toFixed(2)} %` : value.toPrecision(4)}`;

function unseenText(name: MetricName, figures: Figures | undefined): readonly string[] {
  const value = figures?.[name];
  return value === undefined ? [] : [`${figureText(name, value)} on devices that never trained`];
}

/** Seconds as a person counts them. */
function duration(seconds: number): string {
  if (seconds < 120) return `${seconds.toFixed(1)} s`;
  if (seconds < 7200) return `${(seconds / 60).toFixed(1)} min`;
  return seconds < 172_800 ? `${(seconds / 3600).toFixed(1)} h` : `${(seconds / 86_400).toFixed(1)} days`;
}

/** The likeliest, or where they lie when all are as likely: a population. */
function ratesText(chances: readonly RateChance[]): readonly string[] {
  const [first] = chances.toSorted((a, b) => b.chance - a.chance);
  if (first === undefined) return [];
  if (chances.some(({ chance }) => chance !== first.chance))
    return [`rate ${first.rate} likeliest, ${(first.chance * 100).toFixed(0)} %`];
  const rates = chances.map(({ rate }) => rate);
  return [`${rates.length} rates from ${Math.min(...rates)} to ${Math.max(...rates)}`];
}

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(2)} MB`;

/** `metric`: the one that the run is about; `rounds` planned. */
export function spokenLine(line: SimulationLine, metric: MetricName, rounds: number): string {
  switch (line.type) {
    case 'note':
      return line.message;
    case 'round': {
      const value = line.metrics?.[metric];
      const lost = [
        ...(line.refused > 0 ? [`${line.refused} refused`] : []),
        ...(line.dropped > 0 ? [`${line.dropped} dropped out`] : []),
      ];
      const parts =
        line.version === null
          ? [`abandoned: ${line.reason ?? ''}`, ...lost]
          : [
              `${line.participants} participants`,
              ...lost,
              ...(line.staleness === undefined ? [] : [`${line.staleness.toFixed(1)} versions stale`]),
              ...(value === undefined ? [] : [figureText(metric, value)]),
              ...unseenText(metric, line.neverTrained),
              ...(line.backdoor === undefined ? [] : [`backdoor ${(line.backdoor * 100).toFixed(2)} %`]),
              ...(line.tuning === undefined ? [] : ratesText(line.tuning)),
              `${megabytes(line.bytesUp)} up, ${megabytes(line.bytesDown)} down`,
            ];
      return `Round ${line.round} of ${rounds}: ${parts.join(', ')}; ${duration(line.simulatedSeconds)} simulated`;
    }
    case 'result': {
      const value = line.metrics[metric];
      return [
        `${line.outcome}`,
        `${line.rounds} rounds${value === undefined ? '' : `, ${figureText(metric, value)}`} on the test rows, ${unseenText(
          metric,
          line.neverTrained,
        )
          .map((text) => `${text}, `)
          .join('')}${duration(line.simulatedSeconds)} simulated`,
        `Each participant on average: ${megabytes(line.bytesUpPerParticipant)} up, ${megabytes(line.bytesDownPerParticipant)} down`,
        `Last version: ${line.versionDigest}`,
      ].join('\n');
    }
    default:
      return line satisfies never;
  }
}
