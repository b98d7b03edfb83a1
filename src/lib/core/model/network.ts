// From a NetworkSpec to a network whose shapes are proven and whose parameters have their place in one flat
// Float32Array [P]. Every floor above speaks of parameters only through this layout.
import { fail, ok, type Result } from '../result.ts';
import { rangesOf, type Range } from './ranges.ts';
import { isSequenceLayer, placeSequence } from './sequence.ts';
import type { LayerSpec, NetworkSpec, Padding } from './spec.ts';

export { initialParameters } from './initial.ts';

/** What it is to its layer, by which it starts. The last two are running statistics of a normalisation: no gradient moves them. */
export type SlotRole =
  'kernel' | 'recurrent-kernel' | 'embedding' | 'bias' | 'lstm-bias' | 'gamma' | 'beta' | 'mean' | 'variance';

/** One tensor of parameters: `length` values from `offset` of the flat buffer, row-major in `shape`. */
export interface ParameterSlot {
  readonly name: string;
  readonly role: SlotRole;
  /** `normalisation`: of a batch, whose rows it mixes; a layer normalisation is as any other. */
  readonly layer: 'linear' | 'normalisation';
  readonly shape: readonly number[];
  readonly offset: number;
  readonly length: number;
  readonly fanIn: number;
  readonly fanOut: number;
}

export interface BuiltLayer {
  readonly index: number;
  readonly name: string;
  readonly spec: LayerSpec;
  /** Without the batch axis. */
  readonly inputShape: readonly number[];
  readonly outputShape: readonly number[];
  /** All of its parameters, in the order of the buffer. */
  readonly slots: readonly ParameterSlot[];
  /**
   * Dense: kernel [in, units], bias [units]. Conv2d: kernel [kh, kw, in, filters], bias [filters]. Of a layer for sequences there are
   * `slots` alone, by sequence.ts.
   */
  readonly kernel: ParameterSlot | undefined;
  readonly bias: ParameterSlot | undefined;
  /** Batch normalisation: [channels] each. */
  readonly normalisation: NormalisationSlots | undefined;
}

export interface NormalisationSlots {
  readonly gamma: ParameterSlot;
  readonly beta: ParameterSlot;
  readonly mean: ParameterSlot;
  readonly variance: ParameterSlot;
}

/** Whether gradients move it. */
export const isTrained = ({ role }: ParameterSlot): boolean => role !== 'mean' && role !== 'variance';

/** What gradients move, of the flat buffer: all of it where nothing is normalised. */
export const trainedRanges = (network: Network): readonly Range[] =>
  rangesOf(network.slots.filter(isTrained));

/** The lowest layer with parameters: gradients are wanted down to it. */
export const lowestTrained = ({ layers }: Pick<Network, 'layers'>): number =>
  layers.find((layer) => layer.slots.length > 0)?.index ?? 0;

export interface Network {
  readonly spec: NetworkSpec;
  readonly layers: readonly BuiltLayer[];
  readonly slots: readonly ParameterSlot[];
  /** P: the length of the flat parameter buffer. */
  readonly parameterCount: number;
  /** Classes, or predicted numbers. */
  readonly outputSize: number;
}

export interface ShapeError {
  readonly kind: 'shape';
  readonly layer: number;
  readonly expected: string;
  readonly got: string;
  readonly message: string;
  /** The layers before it, whose shapes are proven. */
  readonly built: readonly BuiltLayer[];
}

/** Above this a model is refused: 64 Mi parameters are 256 MiB a copy, more than a phone's tab survives. */
export const MAXIMUM_PARAMETERS = 64 * 1024 * 1024;

const product = (shape: readonly number[]): number => shape.reduce((total, side) => total * side, 1);

/** Output side of a window of `size` moved by `stride`, and the zeros before and after it (TensorFlow's SAME/VALID). */
export function windowed(
  input: number,
  size: number,
  stride: number,
  padding: Padding,
): { readonly output: number; readonly before: number; readonly after: number } {
  if (padding === 'valid') return { output: Math.floor((input - size) / stride) + 1, before: 0, after: 0 };
  const output = Math.ceil(input / stride);
  const total = Math.max(0, (output - 1) * stride + size - input);
  return { output, before: Math.floor(total / 2), after: total - Math.floor(total / 2) };
}

/**
 * Proves every shape, and lays the parameters out in layer order, kernel before bias. Of a `part` of a network it is not asked that it ends
 * in an answer (backbone.ts).
 */
export function buildNetwork(
  spec: NetworkSpec,
  use: 'whole' | 'part' = 'whole',
): Result<Network, ShapeError> {
  const layers: BuiltLayer[] = [];
  const slots: ParameterSlot[] = [];
  let shape: readonly number[] = spec.inputShape;
  let offset = 0;
  let normalises = false;

  const refuse = (index: number, expected: string, got: string): { ok: false; error: ShapeError } => {
    const name = spec.layers[index]?.type ?? 'output';
    const message = `Layer ${index + 1} (${name}) expected ${expected}, but got ${got}.`;
    return fail({ kind: 'shape', layer: index, expected, got, message, built: layers });
  };
  const slot = (
    name: string,
    role: SlotRole,
    slotShape: readonly number[],
    fanIn: number,
    fanOut: number,
  ): ParameterSlot => {
    const made: ParameterSlot = {
      name,
      role,
      layer: normalises ? 'normalisation' : 'linear',
      shape: slotShape,
      offset,
      length: product(slotShape),
      fanIn,
      fanOut,
    };
    offset += made.length;
    slots.push(made);
    return made;
  };

  for (const [index, layer] of spec.layers.entries()) {
    const name = `${layer.type}_${index + 1}`;
    const text = `[${shape.join(', ')}]`;
    let outputShape: readonly number[] = shape;
    let kernel: ParameterSlot | undefined;
    let bias: ParameterSlot | undefined;
    let normalisation: NormalisationSlots | undefined;
    const firstSlot = slots.length;
    normalises = layer.type === 'batch-normalisation';
    const last = index === spec.layers.length - 1;
    if ('activation' in layer && layer.activation === 'softmax' && !last)
      return refuse(index, 'softmax on the last layer only', 'softmax before the last layer');

    switch (layer.type) {
      case 'dense': {
        const [inputs] = shape;
        if (shape.length !== 1 || inputs === undefined)
          return refuse(
            index,
            'a flat input [F] (add a flatten layer before it, or of a sequence an average of all steps)',
            text,
          );
        kernel = slot(`${name}/kernel`, 'kernel', [inputs, layer.units], inputs, layer.units);
        if (layer.useBias) bias = slot(`${name}/bias`, 'bias', [layer.units], inputs, layer.units);
        outputShape = [layer.units];
        break;
      }
      case 'conv2d':
      case 'max-pool2d':
      case 'average-pool2d': {
        const [height, width, channels] = shape;
        if (height === undefined || width === undefined || channels === undefined)
          return refuse(index, 'an image [H, W, C]', text);
        const [windowHeight, windowWidth] = layer.type === 'conv2d' ? layer.kernelSize : layer.poolSize;
        const rows = windowed(height, windowHeight, layer.strides[0], layer.padding).output;
        const columns = windowed(width, windowWidth, layer.strides[1], layer.padding).output;
        if (rows < 1 || columns < 1)
          return refuse(index, `an image of at least ${windowHeight} × ${windowWidth}`, text);
        if (layer.type === 'conv2d') {
          const area = windowHeight * windowWidth;
          kernel = slot(
            `${name}/kernel`,
            'kernel',
            [windowHeight, windowWidth, channels, layer.filters],
            area * channels,
            area * layer.filters,
          );
          if (layer.useBias)
            bias = slot(`${name}/bias`, 'bias', [layer.filters], area * channels, layer.filters);
        }
        outputShape = [rows, columns, layer.type === 'conv2d' ? layer.filters : channels];
        break;
      }
      case 'global-average-pool2d': {
        const channels = shape[2];
        if (channels === undefined) return refuse(index, 'an image [H, W, C]', text);
        outputShape = [channels];
        break;
      }
      case 'flatten':
        outputShape = [product(shape)];
        break;
      case 'reshape':
        if (product(layer.shape) !== product(shape))
          return refuse(index, `${product(layer.shape)} values for [${layer.shape.join(', ')}]`, text);
        outputShape = layer.shape;
        break;
      case 'batch-normalisation': {
        const channels = shape[shape.length - 1] ?? 0;
        const of = (role: SlotRole, word: string): ParameterSlot =>
          slot(`${name}/${word}`, role, [channels], channels, channels);
        normalisation = {
          gamma: of('gamma', 'gamma'),
          beta: of('beta', 'beta'),
          mean: of('mean', 'moving_mean'),
          variance: of('variance', 'moving_variance'),
        };
        break;
      }
      case 'activation':
      case 'dropout':
        break;
      default: {
        if (!isSequenceLayer(layer)) {
          layer satisfies never;
          break;
        }
        const placed = placeSequence(layer, shape, (word, ...rest) => slot(`${name}/${word}`, ...rest));
        if ('expected' in placed) return refuse(index, placed.expected, text);
        outputShape = placed.outputShape;
      }
    }
    if (offset > MAXIMUM_PARAMETERS)
      return refuse(index, `at most ${MAXIMUM_PARAMETERS} parameters`, `${offset} parameters`);
    layers.push({
      index,
      name,
      spec: layer,
      inputShape: shape,
      outputShape,
      slots: slots.slice(firstSlot),
      kernel,
      bias,
      normalisation,
    });
    shape = outputShape;
  }

  const [outputSize] = shape;
  if (shape.length !== 1 || outputSize === undefined)
    return refuse(spec.layers.length - 1, 'a flat output [K]', `[${shape.join(', ')}]`);
  if (use === 'part') return ok({ spec, layers, slots, parameterCount: offset, outputSize });
  if (spec.loss === 'categorical-crossentropy' && outputSize < 2)
    return refuse(spec.layers.length - 1, 'at least 2 outputs, one a class', `${outputSize}`);
  // Rows carry one target each.
  if (spec.loss === 'mean-squared-error' && outputSize !== 1)
    return refuse(spec.layers.length - 1, 'one output, the predicted number', `${outputSize}`);
  const head = spec.layers[spec.layers.length - 1];
  if (
    spec.loss === 'mean-squared-error' &&
    head !== undefined &&
    'activation' in head &&
    head.activation === 'softmax'
  )
    return refuse(
      spec.layers.length - 1,
      'softmax only where classes are predicted',
      'softmax under a squared error',
    );
  if (!slots.some((one) => one.role === 'kernel'))
    return refuse(spec.layers.length - 1, 'at least one dense or convolution layer', 'none');
  return ok({ spec, layers, slots, parameterCount: offset, outputSize });
}
