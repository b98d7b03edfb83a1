// What each layer does forward and backward, as kernels. Layers that need no product or window are here; the others have files
// of their own. The gradient of a tensor is stored times the derivative of the activation that made it, by whichever kernel
// makes it: activations cost no kernel of their own, neither forward nor backward.
import { appliedActivation } from '../../core/model/head.ts';
import type { BuiltLayer, ParameterSlot } from '../../core/model/network.ts';
import { isSequenceLayer } from '../../core/model/sequence.ts';
import type { LayerSpec } from '../../core/model/spec.ts';
import { TrainerFailure } from '../../ports/trainer.ts';
import { convolutionLayer } from './convolution-layer.ts';
import { denseLayer } from './dense-layer.ts';
import { globalAverageLayer, poolLayer } from './pool-layer.ts';
import { sizeOf, type Regions } from './regions.ts';
import type { RecordLayout } from './step-record.ts';
import { activated, each, slope, type Dispatch, type Numbers, type Tensor } from './wgsl.ts';

export interface Site {
  readonly layer: BuiltLayer;
  /** The most rows that a step has. */
  readonly batch: number;
  /** The buffer of values. */
  readonly values: Regions;
  /** Its input [batch, ...inputShape]. */
  readonly x: Tensor;
  readonly record: Regions;
  readonly recordLayout: RecordLayout;
  readonly training: boolean;
  /** Whether anything below it has parameters, so that the gradient of its input is wanted. */
  readonly below: boolean;
  /** Declares `apply(at, gradient)` for a parameter. */
  readonly apply: (numbers: Numbers) => string;
}

export interface PlacedLayer {
  readonly y: Tensor;
  readonly forward: readonly Dispatch[];
  /** `dy`: where its output's gradient lies; `spare`: room for the input's. Says where that lies then. */
  backward(dy: number, spare: number): { readonly dispatches: readonly Dispatch[]; readonly dx: number };
}

/** A layer that leaves its input as it is. */
const passing = (x: Tensor): PlacedLayer => ({
  y: x,
  forward: [],
  backward: (dy) => ({ dispatches: [], dx: dy }),
});

/**
 * Where a layer's kernel lies among the parameters. Its bias follows it, as one row more: a product takes both at once, with a
 * column of ones beside its input.
 */
export function weightsOf(layer: BuiltLayer): { readonly kernel: ParameterSlot; readonly biasRows: 0 | 1 } {
  const { kernel, bias } = layer;
  if (kernel === undefined) throw new Error(`Layer ${layer.name} has no kernel.`);
  if (bias !== undefined && bias.offset !== kernel.offset + kernel.length)
    throw new Error(`The bias of layer ${layer.name} does not follow its kernel.`);
  return { kernel, biasRows: bias === undefined ? 0 : 1 };
}

/** Whether there are kernels for it here: a network with another layer is left to other engines. */
export const hasKernels = (spec: LayerSpec): boolean =>
  spec.type !== 'batch-normalisation' && !isSequenceLayer(spec);

/** Lays one layer's values out; whoever calls goes up the network. Throws TrainerFailure('unsupported') without hasKernels. */
export function placedLayer(site: Site): PlacedLayer {
  const { layer, batch, values, x, training } = site;
  const { spec } = layer;
  const units = sizeOf(layer.outputShape);
  switch (spec.type) {
    case 'dense':
      return denseLayer(site, spec.units);
    case 'conv2d':
      return convolutionLayer(site);
    case 'max-pool2d':
    case 'average-pool2d':
      return poolLayer(site, spec.type);
    case 'global-average-pool2d':
      return globalAverageLayer(site);
    case 'flatten':
    case 'reshape':
      return passing(x);
    case 'activation': {
      const activation = appliedActivation(layer);
      if (activation === 'linear') return passing(x);
      // A copy: the layer below may need its own output for its own derivative.
      const y = { offset: values.take(batch * units), activation };
      const value = activated(activation, `values[${x.offset}u + index]`);
      return {
        y,
        forward: [each(batch, units, `values[${y.offset}u + index] = ${value};`)],
        backward: (dy) => ({
          dispatches:
            x.activation === 'linear'
              ? []
              : [each(batch, units, `values[${dy}u + index] *= slope(index);`, slope(x))],
          dx: dy,
        }),
      };
    }
    case 'dropout': {
      if (!training || spec.rate === 0) return passing(x);
      const y = { offset: values.take(batch * units), activation: 'linear' } as const;
      const first = site.record.take(Math.ceil((batch * units) / 32));
      site.recordLayout.masks.push({ layer: layer.index, rate: spec.rate, units, first });
      const kept = `fn kept(at : u32) -> f32 {
return select(0.0, ${1 / (1 - spec.rate)}f, ((record[${first}u + (at >> 5u)] >> (at & 31u)) & 1u) == 1u);
}`;
      return {
        y,
        forward: [
          each(
            batch,
            units,
            `values[${y.offset}u + index] = values[${x.offset}u + index] * kept(index);`,
            kept,
          ),
        ],
        backward: (dy) => ({
          dispatches: [
            each(
              batch,
              units,
              `values[${dy}u + index] *= kept(index) * slope(index);`,
              `${kept}\n${slope(x)}`,
            ),
          ],
          dx: dy,
        }),
      };
    }
    default:
      throw new TrainerFailure('unsupported', `Our WebGPU kernels have none for layer ${layer.name}.`);
  }
}
