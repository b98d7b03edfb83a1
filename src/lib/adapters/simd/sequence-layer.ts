// Layers for sequences over one linear memory: the passes of core, whose products the kernel takes. What lies between products is loops:
// a step of a recurrence is small, and its gates are no products.
import { appliedActivation } from '../../core/model/head.ts';
import type { BuiltLayer } from '../../core/model/network.ts';
import { activate, activationBackward } from '../../core/model/reference/activation.ts';
import { plainProduct, type MatrixProduct } from '../../core/model/reference/products.ts';
import { sequencePass, type LayerPass } from '../../core/model/reference/sequence-pass.ts';
import type { SequenceSpec } from '../../core/model/sequence.ts';
import { sizeOf, type PlacedLayer, type Site } from './layers.ts';

/** Multiplications below which a loop is done before the kernel has its inputs. */
const WORTH_A_KERNEL = 2048;

/** Floats of the largest matrix that takes part in a product of the layer, and of its widest row. */
function largest({ spec, inputShape }: BuiltLayer, batch: number): readonly [number, number] {
  const [steps = 0, channels = 0] = inputShape;
  const rows = steps * batch;
  const of = (...widths: number[]): readonly [number, number] => {
    const widest = Math.max(channels, ...widths);
    return [widest * Math.max(rows, channels, ...widths), widest];
  };
  switch (spec.type) {
    case 'gru':
      return of(spec.units, 3 * spec.units);
    case 'lstm':
      return of(spec.units, 4 * spec.units);
    case 'step-dense':
      return of(spec.units);
    case 'transformer-block':
      return of(3 * channels, spec.feedForward, steps);
    default:
      return [0, 0];
  }
}

export function sequenceLayer(
  { layer, batch, layout, x, training, below }: Site,
  spec: SequenceSpec,
): PlacedLayer {
  const length = batch * sizeOf(layer.outputShape);
  const inputs = batch * sizeOf(layer.inputShape);
  const y = layout.floats(length);
  const [most, widest] = largest(layer, batch);
  const [first, second, third] = [layout.floats(most), layout.floats(most), layout.floats(most)];
  const zeroRow = layout.floats(widest);
  const activation = appliedActivation(layer);
  return {
    y,
    bind({ kernels, buffer, parameters }, dy, spare) {
      const view = (address: number, count: number): Float32Array => new Float32Array(buffer, address, count);
      const [from, to] = [view(x, inputs), view(y, length)];
      const [above, down] = [view(dy, training ? length : 0), view(spare, training && below ? inputs : 0)];
      const [left, right, made] = [view(first, most), view(second, most), view(third, most)];
      const values = layer.slots.map((slot) => view(parameters + 4 * slot.offset, slot.length));
      const product: MatrixProduct = (a, b, rows, inner, columns) => {
        if (rows * inner * columns < WORTH_A_KERNEL) return plainProduct(a, b, rows, inner, columns);
        left.set(a);
        right.set(b);
        kernels.productOfRows(
          rows, columns, first, 4 * inner, 1, 0, inner, second, 4 * columns,
          third, 4 * columns, zeroRow, 0, rows, -Infinity,
        ); // prettier-ignore
        return made.slice(0, rows * columns);
      };
      let pass: LayerPass | undefined;
      return {
        dx: training && below ? spare : dy,
        prepare: () => {
          if (widest > 0) kernels.clear(zeroRow, 4 * widest);
        },
        forward() {
          pass = sequencePass(layer, { x: from, batch, parameters: values, product });
          to.set(pass.y);
          activate(activation, to);
          if (!training) pass = undefined;
        },
        backward(sink) {
          if (pass === undefined) throw new Error(`Layer ${layer.name} (${spec.type}) was not run forward.`);
          activationBackward(activation, to, above);
          const of = pass.back(above);
          pass = undefined;
          if (below) down.set(of.dx);
          for (const [place, { offset, length: count }] of layer.slots.entries()) {
            const gradient = of.slots[place] ?? [];
            const target = view(sink.address + 4 * offset, count);
            for (let i = 0; i < count; i += 1)
              target[i] = (sink.adds ? target[i]! : 0) + sink.factor * gradient[i]!;
          }
        },
      };
    },
  };
}
