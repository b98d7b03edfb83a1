// Gates as a person reads them: on the console, in a refusal of the API, in a model's card.
import type { FederationSpec } from '../federation.ts';
import { metrics } from '../metrics/metric-list.ts';
import { devicesOf, latencyAt, type LatencyCount, type LatencyPlace } from '../metrics/latency.ts';
import type { Gate } from './gate.ts';
import { isFloor, type JudgedGate } from './judge-gates.ts';
import { LEAST_SLICE, type Slice } from './slice.ts';
import { sliceOf } from './asks-slices.ts';

type Metric = Pick<FederationSpec, 'metric'>;

const latencyPlaceWords: Readonly<Record<LatencyPlace, string>> = {
  worst: 'on the slowest device',
  'worst-quarter': 'on the slowest quarter of devices',
  median: 'on the middle device',
};
const classMetrics = { recall: 'Recall', precision: 'Precision', f1: 'F1' } as const;
const lowered = (title: string): string =>
  /^[A-Z][a-z]/.test(title) ? title[0]!.toLowerCase() + title.slice(1) : title;

/** What a gate is about: for whom (fairness), of what a version costs, or how good it is. */
export const gateKind = (gate: Gate): string =>
  gate.kind === 'class' || gate.kind === 'device' || sliceOf(gate) !== undefined ? 'fairness' : gate.kind;

/** " where sex is Female", " in the part of “sex” where it is worst"; of all rows nothing. */
function whereWords(gate: Gate): string {
  const slice = sliceOf(gate);
  if (slice === undefined) return '';
  return slice.part === null
    ? ` in the part of “${slice.column}” where it is worst`
    : ` where ${slice.column} ${slice.part}`;
}

/** "Accuracy", "Recall of the worst class": the figure. */
export function gateTitle(gate: Gate, { metric }: Metric): string {
  const success = metrics[metric.name].title;
  switch (gate.kind) {
    case 'quality':
      return `${metrics[gate.metric].title}${whereWords(gate)}`;
    case 'class':
      return `${classMetrics[gate.metric]} of ${gate.label === null ? 'the worst class' : `“${gate.label}”`}${whereWords(gate)}`;
    case 'device':
      return gate.place === 'worst'
        ? `${success} on the worst device`
        : `${success} on the worst quarter of devices`;
    case 'spread':
      return `Difference in ${lowered(success)} between devices`;
    case 'latency':
      return `Time of a prediction ${latencyPlaceWords[gate.place]}`;
    case 'size':
      return 'Size of the model';
    case 'bytes':
      return 'Sent by a device in its round';
    case 'rounds':
      return 'Rounds';
    case 'duration':
      return 'Duration of its round';
    default:
      return gate satisfies never;
  }
}

/** A value of the gate's figure with its unit: "90.0 %", "1.2 MB", "40 s". */
export function gateValue(gate: Gate, { metric }: Metric, value: number): string {
  switch (gate.kind) {
    case 'quality':
      return metricText(metrics[gate.metric].isShare, value);
    case 'class':
      return metricText(true, value);
    case 'device':
    case 'spread':
      return metricText(metrics[metric.name].isShare, value);
    case 'size':
    case 'bytes':
      return value < 1000
        ? `${Math.round(value)} B`
        : value < 999_500
          ? `${plain(value / 1000)} kB`
          : `${plain(value / 1e6)} MB`;
    case 'latency':
      return `${plain(value)} ms`;
    case 'rounds':
      return String(value);
    case 'duration':
      return `${plain(value / 1000)} s`;
    default:
      return gate satisfies never;
  }
}

const plain = (value: number): string => String(Number(value.toPrecision(4)));

const metricText = (isShare: boolean, value: number): string =>
  // A tenth of a percent must not make 89.96 % look like the 90 % that it is not.
  isShare ? `${plain(value * 100)}\u202f%` : plain(value);

/** What devices told of it: "up to 4 ms on half of 8 devices, up to 11.31 ms on the slowest". undefined: none did. */
export function latencyWords(told: readonly LatencyCount[] = []): string | undefined {
  const [half, slowest] = [latencyAt(told, 'median'), latencyAt(told, 'worst')];
  if (half === undefined || slowest === undefined) return undefined;
  const devices = devicesOf(told);
  return devices === 1
    ? `up to ${plain(slowest)} ms on the one device that measured it`
    : `up to ${plain(half)} ms on half of ${devices} devices, up to ${plain(slowest)} ms on the slowest`;
}

/** "at least 90 %" */
export const gateLimit = (gate: Gate, spec: Metric): string =>
  `${isFloor(gate, spec) ? 'at least' : 'at most'} ${gateValue(gate, spec, gate.threshold)}`;

/** The figure, and of which part it is where the gate is about the worst. */
export const judgedTitle = (
  { gate, part }: { readonly gate: Gate; readonly part?: string | undefined },
  spec: Metric,
): string =>
  part === undefined ? gateTitle(gate, spec) : `${gateTitle(gate, spec)} (${sliceOf(gate)?.column} ${part})`;

/** "Accuracy is 80 %, and at least 90 % is asked for." */
export function judgedSentence({ gate, figure, part }: JudgedGate, spec: Metric): string {
  const slice = sliceOf(gate);
  const title = judgedTitle({ gate, part }, spec);
  if (figure !== undefined)
    return `${title} is ${gateValue(gate, spec, figure)}, and ${gateLimit(gate, spec)} is asked for.`;
  const needed = slice === undefined ? '' : ` (${neededWords(slice)})`;
  return `${title} is not measured yet${needed}, and ${gateLimit(gate, spec)} is asked for.`;
}

/** "at least 10 held-out rows of 2 devices are needed" */
export const neededWords = ({
  leastRows = LEAST_SLICE.rows,
  leastDevices = LEAST_SLICE.devices,
}: Pick<Slice, 'leastRows' | 'leastDevices'>): string =>
  `at least ${leastRows} held-out rows of ${leastDevices} devices are needed`;
