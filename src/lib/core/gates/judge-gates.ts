// What gates say of a version, by the figures that are there of it. One that nobody has measured yet is not passed.
import { classLabels } from '../data/contract.ts';
import type { FederationSpec } from '../federation.ts';
import { classFigures, figure } from '../metrics/figure-of.ts';
import { metrics } from '../metrics/metric-list.ts';
import { devicesOf, latencyAt, type LatencyCount } from '../metrics/latency.ts';
import type { FigureSpread } from '../metrics/spread.ts';
import type { SettledTally } from '../metrics/tally.ts';
import type { Gate } from './gate.ts';
import { LEAST_SLICE, type Slice } from './slice.ts';
import { sliceOf } from './asks-slices.ts';
import { partsIn, type NamedPart } from './slices-asked.ts';

/** A version as the server tells of it (protocol/views.ts). */
export interface MeasuredVersion {
  readonly version: number;
  readonly run: number | null;
  readonly bytes: number;
  readonly bytesUp: number;
  readonly participants: number;
  readonly durationMs: number | null;
  readonly evaluation: {
    readonly participants: number;
    readonly tally: SettledTally;
    readonly spread: FigureSpread | null;
    /** Absent: no device told how long a prediction takes. */
    readonly latency?: readonly LatencyCount[];
    /** What devices counted of the slices that gates are about; absent: none told. */
    readonly slices?: readonly SliceTold[];
    /** Of devices that never trained; absent: none has judged it. */
    readonly neverTrained?: {
      readonly participants: number;
      readonly tally: SettledTally;
      /** Of what each made of it for itself; absent: none made anything. */
      readonly personal?: { readonly participants: number; readonly tally: SettledTally };
    };
  } | null;
}

export interface SliceTold extends NamedPart {
  /** Devices that counted it, whether or not rows of theirs are in it. */
  readonly counted: number;
  readonly isEmpty: boolean;
  /** Of the devices with rows in it; null: so few rows or devices that nothing is said. */
  readonly shown: { readonly participants: number; readonly tally: SettledTally } | null;
}

export interface JudgedGate {
  readonly gate: Gate;
  /** undefined: not measured. */
  readonly figure: number | undefined;
  /** Which part of a column the figure is of, where the gate is about the worst. */
  readonly part?: string;
  readonly standing: 'passed' | 'failed' | 'not-measured';
}

type Judging = Pick<FederationSpec, 'gates' | 'metric' | 'contract'>;

/** Of the kind “at least”: else at most. */
export function isFloor(gate: Gate, { metric }: Pick<FederationSpec, 'metric'>): boolean {
  switch (gate.kind) {
    case 'quality':
      return metrics[gate.metric].higherIsBetter;
    case 'class':
      return true;
    case 'device':
      return metrics[metric.name].higherIsBetter;
    case 'spread':
    case 'latency':
    case 'size':
    case 'bytes':
    case 'rounds':
    case 'duration':
      return false;
    default:
      return gate satisfies never;
  }
}

/** Whether it is judged by what devices say of a version: else by what is known once it is made. */
export const needsEvaluation = ({ kind }: Gate): boolean =>
  kind === 'quality' || kind === 'class' || kind === 'device' || kind === 'spread' || kind === 'latency';

/** Rounds of its run, up to this version; undefined: it is of no round. */
export const roundsUpTo = (
  version: MeasuredVersion,
  versions: readonly Pick<MeasuredVersion, 'version' | 'run'>[],
): number | undefined =>
  version.run === null
    ? undefined
    : versions.filter(({ version: number, run }) => run === version.run && number <= version.version).length;

/** `versions`: all, to count the rounds of a run by. */
export function judgeGates(
  spec: Judging,
  version: MeasuredVersion,
  versions: readonly Pick<MeasuredVersion, 'version' | 'run'>[],
): readonly JudgedGate[] {
  return (spec.gates ?? []).map((gate) => {
    const slice = sliceOf(gate);
    const worst = slice && worstPart(gate, slice, spec, version);
    const value = slice === undefined ? figureFor(gate, spec, version, versions) : worst?.figure;
    if (value === undefined) return { gate, figure: undefined, standing: 'not-measured' };
    const isPassed = isFloor(gate, spec) ? value >= gate.threshold : value <= gate.threshold;
    const part = slice?.part === null && worst !== undefined ? { part: worst.part } : {};
    return { gate, figure: value, ...part, standing: isPassed ? 'passed' : 'failed' };
  });
}

export const passesAll = (judged: readonly JudgedGate[]): boolean =>
  judged.every(({ standing }) => standing === 'passed');

function figureFor(
  gate: Gate,
  spec: Judging,
  version: MeasuredVersion,
  versions: readonly Pick<MeasuredVersion, 'version' | 'run'>[],
): number | undefined {
  const { evaluation } = version;
  switch (gate.kind) {
    case 'quality':
    case 'class':
      return evaluation === null ? undefined : figureOfRows(gate, spec, evaluation.tally);
    case 'device': {
      const { higherIsBetter } = metrics[spec.metric.name];
      const spread = evaluation?.spread ?? undefined;
      if (gate.place === 'worst') return higherIsBetter ? spread?.minimum : spread?.maximum;
      return higherIsBetter ? spread?.lowerQuartile : spread?.upperQuartile;
    }
    case 'spread':
      return evaluation?.spread == null ? undefined : evaluation.spread.maximum - evaluation.spread.minimum;
    case 'latency': {
      const { participants = 0, latency = [] } = evaluation ?? {};
      // A few fast devices do not speak for those that could not measure it.
      return devicesOf(latency) * 2 < participants ? undefined : latencyAt(latency, gate.place);
    }
    case 'size':
      return version.bytes;
    case 'bytes':
      // Where cohorts are drawn in secret, and of version 0, nothing is said of it.
      return version.participants === 0 || version.bytesUp === 0
        ? undefined
        : version.bytesUp / version.participants;
    case 'rounds':
      return roundsUpTo(version, versions);
    case 'duration':
      return version.durationMs ?? undefined;
    default:
      return gate satisfies never;
  }
}

function figureOfRows(
  gate: Extract<Gate, { kind: 'quality' | 'class' }>,
  spec: Judging,
  tally: SettledTally,
  /** Rows below which nothing is said of a class. */
  least = 1,
): number | undefined {
  return gate.kind === 'quality' ? figure(tally, gate.metric) : classFigure(gate, spec, tally, least);
}

/**
 * Of a slice's parts the one that does worst; undefined: not measured. As long as one that rows are in cannot be told of, nobody knows that
 * it is not the worst; and half of the devices that scored the version have to have counted each.
 */
function worstPart(
  gate: Gate,
  slice: Slice,
  spec: Judging,
  { evaluation }: MeasuredVersion,
): { readonly part: string; readonly figure: number } | undefined {
  if (evaluation?.slices === undefined || (gate.kind !== 'quality' && gate.kind !== 'class'))
    return undefined;
  const { leastRows = LEAST_SLICE.rows, leastDevices = LEAST_SLICE.devices } = slice;
  let worst: { readonly part: string; readonly figure: number } | undefined;
  for (const { column, part } of partsIn(slice, spec.contract)) {
    const told = evaluation.slices.find((one) => one.column === column && one.part === part);
    if (told === undefined || told.counted * 2 < evaluation.participants) return undefined;
    if (told.isEmpty) continue;
    const { shown } = told;
    if (shown === null || shown.tally.count < leastRows || shown.participants < leastDevices)
      return undefined;
    const own = figureOfRows(gate, spec, shown.tally, leastRows);
    if (own === undefined) return undefined;
    const isWorse = worst === undefined || (isFloor(gate, spec) ? own < worst.figure : own > worst.figure);
    if (isWorse) worst = { part, figure: own };
  }
  return worst;
}

/** The worst is that of the classes that occur: of one that nobody holds out nothing is known. */
function classFigure(
  { metric, label }: Extract<Gate, { kind: 'class' }>,
  { contract }: Judging,
  tally: SettledTally,
  least: number,
): number | undefined {
  if (tally.type !== 'classification') return undefined;
  const figures = classFigures(tally.confusion);
  const asked =
    label === null ? figures : figures.slice((classLabels(contract) ?? []).indexOf(label)).slice(0, 1);
  if (asked.some(({ support }) => support > 0 && support < least)) return undefined;
  if (label !== null) return figures[(classLabels(contract) ?? []).indexOf(label)]?.[metric];
  // A class that occurs and is never predicted has no precision, and no better one than 0.
  const known = figures.filter(({ support }) => support > 0).map((one) => one[metric] ?? 0);
  return known.length === 0 ? undefined : Math.min(...known);
}
