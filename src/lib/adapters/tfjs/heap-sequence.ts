// Layers for sequences on a device with host memory: the passes of core, whose products the back end's own kernel takes.
import { plainProduct, type MatrixProduct } from '../../core/model/reference/products.ts';
import { sequencePass } from '../../core/model/reference/sequence-pass.ts';
import type { Device, Tensor } from './device.ts';
import type { HeapMemory } from './heap-device.ts';
import type { HeapProducts } from './heap-products.ts';

/** Multiplications below which a loop is done before a kernel has its inputs. */
const WORTH_A_KERNEL = 8192;

/**
 * `products` of the bare memory: what they make is freed at once, since a step of training makes a product for each step of a
 * sequence. `allocate`: a tensor that lives until endStep().
 */
export function heapSequence(
  memory: HeapMemory,
  products: HeapProducts,
  allocate: (shape: readonly number[]) => Tensor,
): NonNullable<Device['sequence']> {
  const { view } = memory;
  const product: MatrixProduct = (a, b, rows, inner, columns) => {
    if (rows * inner * columns < WORTH_A_KERNEL) return plainProduct(a, b, rows, inner, columns);
    const held: Tensor[] = [];
    const hold = (shape: readonly number[], values: ArrayLike<number>): Tensor => {
      const tensor = memory.allocate(shape);
      held.push(tensor);
      view(tensor).set(values);
      return tensor;
    };
    try {
      const y = products.matMul(hold([rows, inner], a), hold([inner, columns], b));
      held.push(y);
      return new Float32Array(view(y));
    } finally {
      for (const tensor of held) memory.disposeData(tensor.dataId);
    }
  };
  const uploaded = (values: ArrayLike<number>, shape: readonly number[]): Tensor => {
    const tensor = allocate(shape);
    view(tensor).set(values);
    return tensor;
  };
  return (layer, x, parameters, batch) => {
    // Copies: a later allocation may move the heap under a view.
    const pass = sequencePass(layer, {
      x: view(x).slice(),
      batch,
      parameters: parameters.map((tensor) => view(tensor).slice()),
      product,
    });
    return {
      y: uploaded(pass.y, [batch, ...layer.outputShape]),
      back(dy) {
        const of = pass.back(view(dy).slice());
        return {
          dx: uploaded(of.dx, x.shape),
          slots: layer.slots.map(({ shape }, place) => uploaded(of.slots[place] ?? [], shape)),
        };
      },
    };
  };
}
