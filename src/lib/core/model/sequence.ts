// Layers for sequences [steps, channels]: which they are, and how their parameters lie in the flat buffer. What they compute is
// reference/sequence-pass.ts.
import type { ParameterSlot, SlotRole } from './network.ts';
import type { LayerSpec } from './spec.ts';

const TYPES = [
  'embedding',
  'gru',
  'lstm',
  'step-dense',
  'layer-normalisation',
  'position-embedding',
  'transformer-block',
  'global-average-pool1d',
] as const satisfies readonly LayerSpec['type'][];

export type SequenceSpec = Extract<LayerSpec, { readonly type: (typeof TYPES)[number] }>;

/** Whether it is one of these: an engine that has none of them asks once. */
export const isSequenceLayer = (spec: LayerSpec): spec is SequenceSpec =>
  TYPES.some((type) => type === spec.type);

/** Why an engine without kernels for such layers refuses a network; undefined where it has none of them. */
export const sequenceRefusal = (
  layers: readonly { readonly name: string; readonly spec: LayerSpec }[],
  engine: string,
): string | undefined => {
  const foreign = layers.find(({ spec }) => isSequenceLayer(spec));
  return foreign && `${engine} has no kernels for layer ${foreign.name}.`;
};

/** Declares a parameter of the layer; its fans are what Glorot's limit is taken of. */
export type DeclareSlot = (
  word: string,
  role: SlotRole,
  shape: readonly number[],
  fanIn: number,
  fanOut: number,
) => ParameterSlot;

export type PlacedSequence =
  | { readonly outputShape: readonly number[]; readonly slots: readonly ParameterSlot[] }
  | { readonly expected: string };

/** Lays out one layer over `shape`, or says what shape it expected. */
export function placeSequence(
  spec: SequenceSpec,
  shape: readonly number[],
  declare: DeclareSlot,
): PlacedSequence {
  const [steps, channels] = shape;
  if (spec.type === 'embedding') {
    if (steps === undefined || shape.length !== 1) return { expected: 'token ids [steps]' };
    const { vocabulary, units } = spec;
    return {
      outputShape: [steps, units],
      slots: [declare('embeddings', 'embedding', [vocabulary, units], vocabulary, units)],
    };
  }
  if (spec.type === 'layer-normalisation') {
    const width = shape[shape.length - 1] ?? 0;
    return {
      outputShape: shape,
      slots: [
        declare('gamma', 'gamma', [width], width, width),
        declare('beta', 'beta', [width], width, width),
      ],
    };
  }
  if (steps === undefined || channels === undefined || shape.length !== 2)
    return { expected: 'a sequence [steps, channels]' };
  switch (spec.type) {
    case 'gru':
    case 'lstm': {
      const { units } = spec;
      const gates = spec.type === 'gru' ? 3 : 4;
      const twice = spec.type === 'gru' && spec.resetAfter;
      return {
        outputShape: spec.returnSequences ? [steps, units] : [units],
        slots: [
          declare('kernel', 'kernel', [channels, gates * units], channels, gates * units),
          declare('recurrent_kernel', 'recurrent-kernel', [units, gates * units], units, gates * units),
          declare(
            'bias',
            spec.type === 'lstm' ? 'lstm-bias' : 'bias',
            twice ? [2, gates * units] : [gates * units],
            channels,
            gates * units,
          ),
        ],
      };
    }
    case 'step-dense':
      return {
        outputShape: [steps, spec.units],
        slots: [
          declare('kernel', 'kernel', [channels, spec.units], channels, spec.units),
          ...(spec.useBias ? [declare('bias', 'bias', [spec.units], channels, spec.units)] : []),
        ],
      };
    case 'position-embedding':
      return {
        outputShape: shape,
        slots: [declare('embeddings', 'embedding', [steps, channels], steps, channels)],
      };
    case 'transformer-block': {
      const { heads, feedForward } = spec;
      if (channels % heads !== 0)
        return { expected: `as many channels as ${heads} heads divide (a multiple of ${heads})` };
      const norm = (word: string): ParameterSlot[] => [
        declare(`${word}_norm/gamma`, 'gamma', [channels], channels, channels),
        declare(`${word}_norm/beta`, 'beta', [channels], channels, channels),
      ];
      /** `parts` matrices side by side, each with fans of its own. */
      const matrix = (word: string, from: number, to: number, parts = 1): ParameterSlot[] => [
        declare(`${word}/kernel`, 'kernel', [from, parts * to], from, to),
        declare(`${word}/bias`, 'bias', [parts * to], from, to),
      ];
      return {
        outputShape: shape,
        slots: [
          ...norm('attention'),
          ...matrix('query_key_value', channels, channels, 3),
          ...matrix('attention_output', channels, channels),
          ...norm('feed_forward'),
          ...matrix('feed_forward', channels, feedForward),
          ...matrix('feed_forward_output', feedForward, channels),
        ],
      };
    }
    case 'global-average-pool1d':
      return { outputShape: [channels], slots: [] };
    default:
      return spec satisfies never;
  }
}
