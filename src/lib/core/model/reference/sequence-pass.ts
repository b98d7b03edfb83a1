// Forward and backward of the layers for sequences, one layer at a time. x is [batch, steps, channels]; each gives its output and a way
// back, which holds what it needs of the way forward. Engines with kernels for products use these with a product of their own.
import type { BuiltLayer } from '../network.ts';
import { isSequenceLayer } from '../sequence.ts';
import { embeddingPass, positionPass } from './embedding.ts';
import { gruPass } from './gru.ts';
import { layerNormalisationPass } from './layer-normalisation.ts';
import { lstmPass } from './lstm.ts';
import { zeros, type Numbers } from './numbers.ts';
import { globalAverageBackward, globalAverageForward } from './pooling.ts';
import type { MatrixProduct } from './products.ts';
import { linearPass, transformerPass } from './transformer.ts';

export interface LayerGradient {
  /** As the input is shaped; zeros for token ids, which have none. */
  readonly dx: Numbers;
  /** One a slot of the layer, in their order. */
  readonly slots: readonly Numbers[];
}

export interface LayerPass {
  readonly y: Numbers;
  /** Leaves `dy` alone. May be called once. */
  back(dy: Numbers): LayerGradient;
}

/** What a layer is run on. */
export interface SequenceGround {
  readonly x: Numbers;
  readonly batch: number;
  readonly steps: number;
  /** Of the input; of token ids it is 1. */
  readonly channels: number;
  /** Of each slot of the layer, in their order. */
  readonly parameters: readonly Numbers[];
  readonly product: MatrixProduct;
}

/** The parameter of a layer at a place among its slots. */
export function parameterAt({ parameters }: SequenceGround, place: number): Numbers {
  const found = parameters[place];
  if (found === undefined) throw new Error(`A layer for sequences has no parameter ${place}.`);
  return found;
}

/** Without the activation that a layer names, which is applied to what this gives. Throws for any layer but those of sequence.ts (a bug of the caller). */
export function sequencePass(
  { spec, inputShape, name }: BuiltLayer,
  given: Pick<SequenceGround, 'x' | 'batch' | 'parameters' | 'product'>,
): LayerPass {
  if (!isSequenceLayer(spec)) throw new Error(`Layer ${name} is none for sequences.`);
  const [steps = 0, channels = 1] = inputShape;
  const ground = { ...given, steps, channels };
  switch (spec.type) {
    case 'embedding':
      return embeddingPass(ground, spec.vocabulary, spec.units);
    case 'gru':
      return gruPass(ground, spec);
    case 'lstm':
      return lstmPass(ground, spec);
    case 'step-dense':
      return linearPass(given.x, parameterAt(ground, 0), given.parameters[1], spec.units, given.product);
    case 'layer-normalisation':
      return layerNormalisationPass(given.x, parameterAt(ground, 0), parameterAt(ground, 1), spec.epsilon);
    case 'position-embedding':
      return positionPass(ground);
    case 'transformer-block':
      return transformerPass(ground, spec);
    case 'global-average-pool1d':
      return {
        y: globalAverageForward(given.x, given.batch, steps, channels),
        back: (dy) => ({
          dx: globalAverageBackward(dy, given.batch, steps, channels, zeros(dy, given.x.length)),
          slots: [],
        }),
      };
    default:
      return spec satisfies never;
  }
}
