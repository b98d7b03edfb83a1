// y = x·W + b and its gradients, as products over one linear memory.
import { appliedActivation } from '../../core/model/head.ts';
import type { LayerSpec } from '../../core/model/spec.ts';
import { activationOf, kernelOf, nothing, sizeOf, type PlacedLayer, type Site } from './layers.ts';
import { padded } from './layout.ts';

/** Inner dimension that a forward product takes at once: that many rows of W by eight columns stay in the first cache. */
const INNER_BLOCK = 256;
/** Examples whose input gradient is taken at once, as columns; a cache line of them. */
const EXAMPLE_BLOCK = 16;
/** Rows of W that pass all blocks of examples before the next do: they stay in the second cache. */
const ROW_BLOCK = 64;
/** Rows of dW that are finished before the next are begun: their cache lines are written whole. */
const GRADIENT_BLOCK = 16;

export function denseLayer(
  { layer, batch, layout, x, training, below }: Site,
  { units }: LayerSpec & { type: 'dense' },
): PlacedLayer {
  const inputs = sizeOf(layer.inputShape);
  const length = batch * units;
  const y = layout.floats(length);
  const wanted = training && below;
  const exampleBlocks = Math.ceil(batch / EXAMPLE_BLOCK);
  // dyᵀ by blocks of examples, each [units, EXAMPLE_BLOCK]; and one block of dxᵀ, [ROW_BLOCK, EXAMPLE_BLOCK].
  const turned = wanted ? layout.floats(exampleBlocks * EXAMPLE_BLOCK * units) : 0;
  const corner = wanted ? layout.floats(ROW_BLOCK * EXAMPLE_BLOCK) : 0;
  const floor = appliedActivation(layer) === 'relu' ? 0 : -Infinity;
  const kernel = kernelOf(layer);
  return {
    y,
    bind(ground, dy, spare) {
      const { kernels, zeros } = ground;
      const weights = ground.parameters + 4 * kernel.offset;
      const bias = layer.bias === undefined ? zeros : ground.parameters + 4 * layer.bias.offset;
      const activation = activationOf(layer, ground, y, dy, length, training);
      const row = 4 * units;

      /** dxᵀ = W·dyᵀ: only the small matrices are turned, and W is read once, in order. */
      const inputGradient = (): void => {
        for (let block = 0; block < exampleBlocks; block += 1)
          kernels.transpose(
            dy + block * EXAMPLE_BLOCK * row,
            row,
            Math.min(EXAMPLE_BLOCK, batch - block * EXAMPLE_BLOCK),
            units,
            turned + 4 * block * EXAMPLE_BLOCK * units,
            4 * EXAMPLE_BLOCK,
          );
        for (let from = 0; from < inputs; from += ROW_BLOCK) {
          const rows = Math.min(ROW_BLOCK, inputs - from);
          for (let block = 0; block < exampleBlocks; block += 1) {
            const examples = Math.min(EXAMPLE_BLOCK, batch - block * EXAMPLE_BLOCK);
            // Rounded up to whole vectors: the columns beside the examples hold whatever they hold, and are not read.
            kernels.productOfRows(
              rows, padded(examples), weights + from * row, row, 1, 0, units,
              turned + 4 * block * EXAMPLE_BLOCK * units, 4 * EXAMPLE_BLOCK, corner, 4 * EXAMPLE_BLOCK, zeros, 0, rows, -Infinity,
            ); // prettier-ignore
            kernels.transpose(
              corner,
              4 * EXAMPLE_BLOCK,
              rows,
              examples,
              spare + 4 * (block * EXAMPLE_BLOCK * inputs + from),
              4 * inputs,
            );
          }
        }
      };

      return {
        dx: wanted ? spare : dy,
        prepare: nothing,
        forward() {
          for (let from = 0; from < inputs; from += INNER_BLOCK) {
            const first = from === 0;
            const inner = Math.min(INNER_BLOCK, inputs - from);
            kernels.productOfRows(
              batch, units, x + 4 * from, 4 * inputs, 1, 0, inner, weights + from * row, row,
              y, row, first ? bias : y, first ? 0 : row, batch, from + inner === inputs ? floor : -Infinity,
            ); // prettier-ignore
          }
          activation.forward();
        },
        backward(sink) {
          activation.backward();
          if (wanted) inputGradient();
          // W must not change before dx has been taken, nor dy.
          if (sink.factor !== 1) kernels.scale(dy, padded(length), sink.factor);
          const to = sink.address + 4 * kernel.offset;
          kernels.productOfColumns(
            inputs, units, x, 4 * inputs, 1, 0, batch, dy, row,
            to, row, sink.adds ? to : zeros, sink.adds ? row : 0, GRADIENT_BLOCK, -Infinity,
          ); // prettier-ignore
          if (layer.bias === undefined) return;
          const biasGradient = sink.address + 4 * layer.bias.offset;
          kernels.columnSums(dy, batch, units, sink.adds ? biasGradient : zeros, biasGradient);
        },
      };
    },
  };
}
