// What a simulation says: a line a round and a last one, the same bytes for the same seed, so nothing here knows how long it
// took; and the same for the eye.
import type { LocalTuning } from '#lib/core/federation.ts';
import { deviceKinds, energyOf, energyWords, wattsWords } from '#lib/core/forecast/energy.ts';
import { metrics } from '#lib/core/metrics/metric-list.ts';
import type { MetricName } from '#lib/core/metrics/metric-name.ts';
import type { Interval } from '#lib/core/metrics/wilson.ts';

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
  /** On the rows that judge of the devices that are there and never train. */
  readonly neverTrained?: Figures;
  /** Of what each of them made of the version for itself, on the same rows. */
  readonly ownOfNeverTrained?: Figures;
  /** With models of their own: on the held-out rows of devices that have trained, the version as it is. */
  readonly tookPart?: Figures;
  /** And their own models, on the same rows. */
  readonly ownOfTookPart?: Figures;
  /** Under model replacement: the share of the test rows with the trigger that the version takes for the attacker’s class. */
  readonly backdoor?: number;
  /** Where the devices' learning rate is tuned: the rates in play, and the chance of each to be drawn next. */
  readonly tuning?: readonly RateChance[];
  readonly tunedBy?: LocalTuning['by'];
  readonly bytesUp: number;
  readonly bytesDown: number;
  /** That devices trained since the round before, summed over all of them, as fast as the simulation makes them. */
  readonly deviceSeconds: number;
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
  /** On devices that never trained, and of what each made of the version for itself. */
  readonly neverTrained?: Figures;
  readonly ownOfNeverTrained?: Figures;
  /** On held-out rows of devices that have trained, and of their own models. */
  readonly tookPart?: Figures;
  readonly ownOfTookPart?: Figures;
  /** Over the whole run, shared equally among all participants. */
  readonly bytesUpPerParticipant: number;
  readonly bytesDownPerParticipant: number;
  /** In rounds: over the whole run and all devices, also where nothing came of it; what devices train for themselves is not in it. */
  readonly deviceSeconds: number;
  readonly simulatedSeconds: number;
  readonly versionDigest: string;
  /** Why it ended. */
  readonly outcome: string;
}

/** Of the last version over another model: accuracy gained, or error spared; by pairs of the same rows. */
export interface Gap {
  readonly gain: number;
  /** 95 %; null: there are too few rows or devices for one. */
  readonly interval: Interval | null;
  /** McNemar's, where one model stands against one. */
  readonly pValue?: number;
}

export type ReferenceVerdict =
  | 'no signal'
  | 'federating helps'
  | 'only pooling helps'
  | 'one device is enough'
  | 'no difference beyond luck';

interface Standing {
  readonly value: number;
  /** 95 %, by the luck of the test rows. */
  readonly interval: Interval | null;
}

/** What the last version is held against, all of it on the same test rows. */
export interface ReferencesLine {
  readonly type: 'references';
  readonly figure: 'accuracy' | 'rmse';
  readonly testRows: number;
  readonly federated: Standing;
  /** Of all rows in one place. `passes` over them. */
  readonly pooled: Standing & {
    readonly passes: number;
    /** Of the last version over it. */
    readonly gain: Gap;
    /** Of it over the mean of devices alone. */
    readonly overAlone: Gap;
  };
  /** Of so many devices’ own rows, drawn from `of`; each for itself. */
  readonly alone: {
    readonly devices: number;
    readonly of: number;
    readonly passes: number;
    readonly mean: number;
    readonly worst: number;
    readonly best: number;
    readonly gain: Gap;
  };
  /** The most frequent class, or the mean, for every row. */
  readonly sameForAll: number;
  readonly verdict: ReferenceVerdict;
}

/** There is nothing to hold the last version against. */
export interface NoVerdictLine {
  readonly type: 'no-verdict';
  /** In a sentence, with what to do. */
  readonly reason: string;
}

/** A round of a simulation that is had again. */
export interface AgainLine {
  readonly type: 'again';
  readonly round: number;
  /** Its weights are those of the first run. */
  readonly isSame: boolean;
  /** SHA-256 of the weights; null: it made none, or was no round of the first run. */
  readonly first: string | null;
  readonly now: string | null;
  /** What is not as before, in words; null: nothing. */
  readonly differs: string | null;
}

export interface AgainResultLine {
  readonly type: 'again-result';
  readonly verdict: 'same' | 'within' | 'differs';
  /** Held against those of the first run. */
  readonly rounds: number;
  /** The number of the first round whose weights are others. */
  readonly firstDifferent: number | null;
  readonly message: string;
}

export interface NoteLine {
  readonly type: 'note';
  readonly message: string;
}

export type SimulationLine =
  NoteLine | RoundLine | ResultLine | ReferencesLine | NoVerdictLine | AgainLine | AgainResultLine;

const figureText = (name: MetricName, value: number): string =>
  `${metrics[name].title.toLowerCase()} ${metrics[name].isShare ? `${(value * 100).toFixed(2)} %` : value.toPrecision(4)}`;

function devicesText(
  name: MetricName,
  {
    neverTrained,
    ownOfNeverTrained,
    tookPart,
    ownOfTookPart,
  }: Pick<ResultLine, 'neverTrained' | 'ownOfNeverTrained' | 'tookPart' | 'ownOfTookPart'>,
): readonly string[] {
  const [value, own] = [neverTrained?.[name], ownOfNeverTrained?.[name]];
  const [shared, ownOf] = [tookPart?.[name], ownOfTookPart?.[name]];
  return [
    ...(shared === undefined ? [] : [`${figureText(name, shared)} on held-out rows of devices that trained`]),
    ...(ownOf === undefined ? [] : [`${figureText(name, ownOf)} by their own models`]),
    ...(value === undefined ? [] : [`${figureText(name, value)} on devices that never trained`]),
    ...(own === undefined ? [] : [`${figureText(name, own)} by what they made of it for themselves`]),
  ];
}

/** Seconds as a person counts them. */
function duration(seconds: number): string {
  if (seconds < 120) return `${seconds.toFixed(1)} s`;
  if (seconds < 7200) return `${(seconds / 60).toFixed(1)} min`;
  return seconds < 172_800 ? `${(seconds / 3600).toFixed(1)} h` : `${(seconds / 86_400).toFixed(1)} days`;
}

/** The likeliest of a list; or, of a population, where it lies. */
function ratesText({ tuning: chances = [], tunedBy }: RoundLine): readonly string[] {
  const [first] = chances.toSorted((a, b) => b.chance - a.chance);
  if (first === undefined) return [];
  if (chances.some(({ chance }) => chance !== first.chance))
    return [`rate ${first.rate} likeliest, ${(first.chance * 100).toFixed(0)} %`];
  if (tunedBy === 'fedex') return [`${chances.length} rates, equal chances as at the start`];
  const rates = chances.map(({ rate }) => rate);
  return [`${rates.length} rates from ${Math.min(...rates)} to ${Math.max(...rates)}`];
}

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(2)} MB`;

/** Nothing here measures a device: neither its speed nor what it draws. */
function hours(seconds: number): string {
  const energies = Object.values(deviceKinds).map(
    ({ many, watts }) => `by ${many} (${wattsWords(watts)}) ${energyWords(energyOf(1000 * seconds, watts))}`,
  );
  return `${Number((seconds / 3600).toPrecision(2))} device-hours of training as simulated, at made-up speeds; ${energies.join(', ')}`;
}

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
              ...devicesText(metric, line),
              ...(line.backdoor === undefined ? [] : [`backdoor ${(line.backdoor * 100).toFixed(2)} %`]),
              ...ratesText(line),
              `${megabytes(line.bytesUp)} up, ${megabytes(line.bytesDown)} down`,
            ];
      return `Round ${line.round} of ${rounds}: ${parts.join(', ')}; ${duration(line.simulatedSeconds)} simulated`;
    }
    case 'result': {
      const value = line.metrics[metric];
      return [
        `${line.outcome}`,
        `${line.rounds} rounds${value === undefined ? '' : `, ${figureText(metric, value)}`} on the test rows, ${devicesText(
          metric,
          line,
        )
          .map((text) => `${text}, `)
          .join('')}${duration(line.simulatedSeconds)} simulated`,
        `Each participant on average: ${megabytes(line.bytesUpPerParticipant)} up, ${megabytes(line.bytesDownPerParticipant)} down`,
        `All devices together, in rounds: ${hours(line.deviceSeconds)}`,
        `Last version: ${line.versionDigest}`,
      ].join('\n');
    }
    case 'references':
      return referencesText(line);
    case 'no-verdict':
      return `No verdict: ${line.reason}`;
    case 'again':
      return line.isSame
        ? `Round ${line.round}: the same weights as before${line.differs === null ? '' : `, though ${line.differs}`}`
        : `Round ${line.round} differs: ${line.differs ?? ''}`;
    case 'again-result':
      return line.message;
    default:
      return line satisfies never;
  }
}

function referencesText({
  figure,
  testRows,
  federated,
  pooled,
  alone,
  sameForAll,
  verdict,
}: ReferencesLine): string {
  const isShare = figure === 'accuracy';
  const short = (value: number): string => (isShare ? (value * 100).toFixed(2) : value.toPrecision(4));
  const unit = isShare ? ' %' : '';
  const between = (interval: Interval | null): string =>
    interval === null ? '' : ` (${short(interval.low)} to ${short(interval.high)})`;
  const gap = ({ gain, interval, pValue }: Gap): string =>
    `${gain >= 0 ? '+' : ''}${short(gain)}${isShare ? ' points' : ''}${between(interval)}${pValue === undefined ? '' : `, McNemar’s p ${pValue.toPrecision(2)}`}`;
  const devices = `${alone.devices} of ${alone.of} devices`;
  const words: Readonly<Record<ReferenceVerdict, string>> = {
    'no signal': 'No signal: none of these models is better than the same answer for all by more than luck.',
    'federating helps': `Federating helps: by ${short(alone.gain.gain)}${isShare ? ' points' : ''} over what a device makes of its own rows on average, which is more than luck.`,
    'only pooling helps': `Others’ rows would help, and these rounds gain nothing beyond luck: all rows in one place gain ${short(pooled.overAlone.gain)}${isShare ? ' points' : ''} over a device alone. Try more rounds or other settings.`,
    'one device is enough':
      'The rows of one device are enough: federating gains nothing here that is worth a round.',
    'no difference beyond luck': `Nothing is gained or lost beyond luck: as far as ${testRows} test rows${alone.devices < alone.of ? ` and ${alone.devices} devices` : ''} tell, the rows of one device are enough.`,
  };
  return [
    `${isShare ? 'Accuracy' : 'Error (RMSE)'} on the same ${testRows} test rows, 95 % intervals: federated ${short(federated.value)}${unit}${between(federated.interval)}; pooled, all rows in one place, ${short(pooled.value)}${unit}${between(pooled.interval)}; alone, ${devices}, mean ${short(alone.mean)}${unit} (worst ${short(alone.worst)}, best ${short(alone.best)}); the same answer for all ${short(sameForAll)}${unit}`,
    `Federated ${isShare ? 'over' : 'spares, against'} alone ${gap(alone.gain)}; ${isShare ? 'over' : 'against'} pooled ${gap(pooled.gain)}. Trained for ${alone.passes} passes alone, ${pooled.passes} pooled`,
    words[verdict],
  ].join('\n');
}
