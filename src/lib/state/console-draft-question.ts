// What a federation is for and what a version must reach, as it is being typed.
import * as v from 'valibot';
import { classLabels, type DataContract } from '#lib/core/data/contract.ts';
import type { Brief, FederationSpec } from '#lib/core/federation.ts';
import type { Gate } from '#lib/core/gates/gate.ts';
import { metricNames, metrics } from '#lib/core/metrics/metric-list.ts';
import { measures } from '#lib/core/metrics/metric-name.ts';
import { latencyPlaces } from '#lib/core/metrics/latency.ts';

const words = v.optional(v.string(), '');
export const DraftBrief = v.object({
  title: v.string(),
  purpose: v.string(),
  coordinator: v.string(),
  dataWanted: v.string(),
  decision: words,
  predicts: words,
  unit: words,
  affected: words,
  outOfScope: words,
});
type DraftBrief = v.InferOutput<typeof DraftBrief>;

/** Parts that federations of earlier versions of the app have not: the form asks for all. */
export const newParts = ['decision', 'predicts', 'unit', 'affected', 'outOfScope'] as const;

export const emptyBrief = (): DraftBrief =>
  v.parse(DraftBrief, { title: '', purpose: '', coordinator: '', dataWanted: '' });

export const briefFrom = (brief: Brief): DraftBrief => v.parse(DraftBrief, brief);

export const DraftGate = v.object({
  /** Of the list in the form. */
  key: v.number(),
  /** Which figure, as one of `gateChoices`. */
  figure: v.string(),
  threshold: v.nullable(v.number()),
});
export type DraftGate = v.InferOutput<typeof DraftGate>;
export const DraftGates = v.optional(v.array(DraftGate), () => []);

type Figure = Gate extends infer One ? (One extends Gate ? Omit<One, 'threshold'> : never) : never;

/** A figure as the value of a list's option, and back. */
export const figureText = ({ threshold: _, ...figure }: Gate): string => JSON.stringify(figure);
const readFigure = (text: string): Figure => JSON.parse(text) as Figure;

export const gatesFrom = ({ gates = [] }: Pick<FederationSpec, 'gates'>): DraftGate[] =>
  gates.map((gate, index) => ({ key: index + 1, figure: figureText(gate), threshold: gate.threshold }));

/** As the schema reads them; what has no number yet is said there, at its field. */
export const gatesTyped = (gates: readonly DraftGate[]): unknown =>
  gates.map(({ figure, threshold }) => ({ ...readFigure(figure), threshold }));

/** A gate of the form with a number of its own, to be named by. */
export const gateOf = ({ figure, threshold }: DraftGate): Gate =>
  ({ ...readFigure(figure), threshold: threshold ?? 0 }) as Gate;

/** What can be asked for where the target is of this kind; classes by their labels. */
export function gateChoices(
  target: 'classification' | 'regression' | 'clustering',
  contract: DataContract | undefined,
): readonly Gate[] {
  const labels = (contract === undefined ? undefined : classLabels(contract)) ?? [];
  const quality = metricNames
    .filter((metric) => measures(metric, target))
    .map((metric) => ({ kind: 'quality', metric, threshold: 0 }) as const);
  const recalls = [null, ...labels.slice(0, 50)].map(
    (label) => ({ kind: 'class', metric: 'recall', label, threshold: 0 }) as const,
  );
  return [
    ...quality,
    ...(target === 'classification'
      ? [
          ...recalls,
          { kind: 'class', metric: 'precision', label: null, threshold: 0 } as const,
          { kind: 'class', metric: 'f1', label: null, threshold: 0 } as const,
        ]
      : []),
    { kind: 'device', place: 'worst', threshold: 0 },
    { kind: 'device', place: 'worst-quarter', threshold: 0 },
    { kind: 'spread', threshold: 0 },
    ...latencyPlaces.map((place) => ({ kind: 'latency', place, threshold: 0 }) as const),
    { kind: 'size', threshold: 0 },
    { kind: 'bytes', threshold: 0 },
    { kind: 'rounds', threshold: 0 },
    { kind: 'duration', threshold: 0 },
  ];
}

/** In which unit a threshold is typed, and what one of it is in the spec's. */
export function gateUnit(
  gate: Gate,
  { metric }: Pick<FederationSpec, 'metric'>,
): { readonly scale: number; readonly unit: string } {
  switch (gate.kind) {
    case 'quality':
      return metrics[gate.metric].isShare ? { scale: 100, unit: '%' } : { scale: 1, unit: '' };
    case 'class':
      return { scale: 100, unit: '%' };
    case 'device':
    case 'spread':
      return metrics[metric.name].isShare ? { scale: 100, unit: '%' } : { scale: 1, unit: '' };
    case 'size':
    case 'bytes':
      return { scale: 1e-3, unit: 'kB' };
    case 'latency':
      return { scale: 1, unit: 'ms' };
    case 'rounds':
      return { scale: 1, unit: 'rounds' };
    case 'duration':
      return { scale: 1e-3, unit: 's' };
    default:
      return gate satisfies never;
  }
}
