// Gates as a person reads them: on the console, in a refusal of the API, in a model's card.
import type { FederationSpec } from '../federation.ts';
import { metrics } from '../metrics/metric-list.ts';
import { devicesOf, latencyAt, type LatencyCount, type LatencyPlace } from '../metrics/latency.ts';
import type { Gate } from './gate.ts';
import { isFloor, type JudgedGate } from './judge-gates.ts';

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
export const gateKind = ({ kind }: Gate): string =>
  kind === 'class' || kind === 'device' ? 'fairness' : kind;

/** "Accuracy", "Recall of the worst class": the figure. */
export function gateTitle(gate: Gate, { metric }: Metric): string {
  const success = metrics[metric.name].title;
  switch (gate.kind) {
    case 'quality':
      return metrics[gate.metric].title;
    case 'class':
      return `${classMetrics[gate.metric]} of ${gate.label === null ? 'the worst class' : `“${gate.label}”`}`;
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

/** "Accuracy is 80 %, and at least 90 % is asked for." */
export const judgedSentence = ({ gate, figure }: JudgedGate, spec: Metric): string =>
  figure === undefined
    ? `${gateTitle(gate, spec)} is not measured yet, and ${gateLimit(gate, spec)} is asked for.`
    : `${gateTitle(gate, spec)} is ${gateValue(gate, spec, figure)}, and ${gateLimit(gate, spec)} is asked for.`;
