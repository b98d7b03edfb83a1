// What each layer does forward and backward, in kernels. Layers that need no product or window are here; the others have
// files of their own. The same order as core's plain-loop reference, which the contract suite holds this to.
import { dropoutMask } from '../../core/model/dropout.ts';
import { appliedActivation } from '../../core/model/head.ts';
import type { BuiltLayer, ParameterSlot } from '../../core/model/network.ts';
import { activate, activationBackward } from '../../core/model/reference/activation.ts';
import type { DropoutKey } from '../../core/model/reference/passes.ts';
import { globalAverageBackward, globalAverageForward } from '../../core/model/reference/pooling.ts';
import { isSequenceLayer } from '../../core/model/sequence.ts';
import { convolutionLayer } from './convolution-layer.ts';
import { denseLayer } from './dense-layer.ts';
import type { Kernels } from './kernels.ts';
import { padded, type Layout } from './layout.ts';
import { normalisationLayer } from './normalisation-layer.ts';
import { poolLayer } from './pool-layer.ts';
import { sequenceLayer } from './sequence-layer.ts';

/** What a bound layer works on. */
export interface Ground {
  readonly kernels: Kernels;
  readonly buffer: ArrayBuffer;
  /** A row of zeros. */
  readonly zeros: number;
  /** The flat parameter buffer. */
  readonly parameters: number;
}

/** Where gradients go. */
export interface Sink {
  /** Written to, or added to where `adds`. */
  readonly address: number;
  readonly adds: boolean;
  /** What the gradient is multiplied by on its way: −η where it is added to the parameters themselves. */
  readonly factor: number;
}

/** A layer with all of its addresses. */
export interface LayerProgram {
  /** Where the gradient of its input lies after `backward`. */
  readonly dx: number;
  prepare(): void;
  forward(dropout: DropoutKey | undefined): void;
  backward(sink: Sink): void;
  /** What no gradient moves, once the optimiser has taken its step. */
  settle?(): void;
}

export interface Site {
  readonly layer: BuiltLayer;
  readonly batch: number;
  readonly layout: Layout;
  /** Address of its input [batch, ...inputShape]. */
  readonly x: number;
  readonly training: boolean;
  /** Whether anything below it has parameters, so that the gradient of its input is wanted. */
  readonly below: boolean;
}

export interface PlacedLayer {
  /** Address of its output. */
  readonly y: number;
  /** `dy`: where its output's gradient will lie; it may be overwritten. `spare`: room for the input's. */
  bind(ground: Ground, dy: number, spare: number): LayerProgram;
}

export const sizeOf = (shape: readonly number[]): number => shape.reduce((total, side) => total * side, 1);
export const nothing = (): void => {};
export const kernelOf = (layer: BuiltLayer): ParameterSlot => {
  if (layer.kernel === undefined) throw new Error(`Layer ${layer.name} has no kernel.`);
  return layer.kernel;
};

/** The activation of a layer over its output y in place, but for relu forward, which products do as they store. */
export function activationOf(
  layer: BuiltLayer,
  { kernels, buffer }: Ground,
  y: number,
  dy: number,
  length: number,
  training: boolean,
): { readonly forward: () => void; readonly backward: () => void } {
  const activation = appliedActivation(layer);
  switch (activation) {
    case 'linear':
    case 'softmax':
      return { forward: nothing, backward: nothing };
    case 'relu':
      return { forward: nothing, backward: () => kernels.reluBackward(y, dy, padded(length)) };
    case 'sigmoid':
    case 'tanh': {
      const values = new Float32Array(buffer, y, length);
      const gradients = new Float32Array(buffer, dy, training ? length : 0);
      return {
        forward: () => activate(activation, values),
        backward: () => activationBackward(activation, values, gradients),
      };
    }
    default:
      return activation satisfies never;
  }
}

/** Lays one layer's buffers out; whoever calls goes up the network. */
export function layerProgram(site: Site): PlacedLayer {
  const { layer, batch, layout, x, training, below } = site;
  const { spec } = layer;
  const length = batch * sizeOf(layer.outputShape);
  switch (spec.type) {
    case 'dense':
      return denseLayer(site, spec);
    case 'conv2d':
      return convolutionLayer(site);
    case 'max-pool2d':
    case 'average-pool2d':
      return poolLayer(site, spec.type);
    case 'global-average-pool2d': {
      const [height = 0, width = 0, channels = 0] = layer.inputShape;
      const y = layout.floats(length);
      return {
        y,
        bind({ buffer }, dy, spare) {
          const inputs = batch * height * width * channels;
          const [from, to] = [new Float32Array(buffer, x, inputs), new Float32Array(buffer, y, length)];
          // A network that is only asked has no gradients, nor room for them.
          const goesBack = training && below;
          const toGradient = new Float32Array(buffer, dy, goesBack ? length : 0);
          const fromGradient = new Float32Array(buffer, spare, goesBack ? inputs : 0);
          return {
            dx: goesBack ? spare : dy,
            prepare: nothing,
            forward: () => void globalAverageForward(from, batch, height * width, channels, to),
            backward: () => {
              if (below) globalAverageBackward(toGradient, batch, height * width, channels, fromGradient);
            },
          };
        },
      };
    }
    case 'batch-normalisation':
      return normalisationLayer(site, spec);
    case 'flatten':
    case 'reshape':
      return {
        y: x,
        bind: (_, dy) => ({ dx: dy, prepare: nothing, forward: nothing, backward: nothing }),
      };
    case 'activation': {
      const activation = appliedActivation(layer);
      if (activation === 'linear')
        return {
          y: x,
          bind: (_, dy) => ({ dx: dy, prepare: nothing, forward: nothing, backward: nothing }),
        };
      // A copy: the layer below may need its own output for its own derivative.
      const y = layout.floats(length);
      return {
        y,
        bind(ground, dy) {
          const values = new Float32Array(ground.buffer, y, length);
          const of = activationOf(layer, ground, y, dy, length, training);
          return {
            dx: dy,
            prepare: nothing,
            forward() {
              ground.kernels.copy(y, x, 4 * length);
              activate(activation, values);
            },
            backward: of.backward,
          };
        },
      };
    }
    case 'dropout': {
      if (!training || spec.rate === 0)
        return {
          y: x,
          bind: (_, dy) => ({ dx: dy, prepare: nothing, forward: nothing, backward: nothing }),
        };
      const [y, mask] = [layout.floats(length), layout.floats(length)];
      return {
        y,
        bind({ kernels, buffer }, dy) {
          const kept = new Float32Array(buffer, mask, length);
          return {
            dx: dy,
            prepare: nothing,
            forward(dropout) {
              if (dropout === undefined) throw new Error('Dropout needs its seed and step.');
              kept.set(dropoutMask(dropout.seed, dropout.step, layer.index, spec.rate, length));
              kernels.multiply(x, mask, y, padded(length));
            },
            backward: () => kernels.multiply(dy, mask, dy, padded(length)),
          };
        },
      };
    }
    default:
      return isSequenceLayer(spec) ? sequenceLayer(site, spec) : (spec satisfies never);
  }
}
