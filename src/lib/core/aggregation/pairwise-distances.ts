// Squared distances between all updates of a round, from their inner products: what Krum, Bulyan and the geometric median
// look at. One pass over the blocks; everything after it works on n × n numbers.
import type { UpdateBlock } from './strategy.ts';

/** Coordinates of every update taken at a time: those of 100 updates stay in a 256 KB cache. */
const TILE = 512;

export interface Gram {
  /** Blocks must come in order of their offsets. */
  add(block: UpdateBlock): void;
  /** [n, n], symmetric: ‖x_i − x_j‖², 0 on the diagonal and for equal updates, never below 0. */
  squaredDistances(): Float64Array<ArrayBuffer>;
}

/**
 * Inner products of `count` updates. Each is one chain of f64 additions in the order of the coordinates, wherever the blocks are
 * cut and whatever the order of the updates: the same bytes.
 */
export function gram(count: number): Gram {
  const products = new Float64Array(count * count);
  return {
    add({ values }) {
      const length = values[0]?.length ?? 0;
      for (let from = 0; from < length; from += TILE) {
        const to = Math.min(length, from + TILE);
        for (let i = 0; i < count; i += 2)
          for (let j = i; j < count; j += 4) multiply(products, count, values, i, j, from, to);
      }
    },
    squaredDistances() {
      const distances = new Float64Array(count * count);
      for (let i = 0; i < count; i += 1)
        for (let j = i + 1; j < count; j += 1) {
          const both = products[i * count + i]! + products[j * count + j]!;
          // Rounding can leave a little below 0 for updates that nearly agree.
          const squared = Math.max(0, both - 2 * products[i * count + j]!);
          distances[i * count + j] = squared;
          distances[j * count + i] = squared;
        }
      return distances;
    },
  };
}

/**
 * Adds to the products of updates i, i + 1 with j … j + 3 what the coordinates [from, to) contribute. Eight chains side by side,
 * because one alone waits for its own last addition; beyond the last update it repeats that one, and forgets the result.
 */
function multiply(
  products: Float64Array,
  count: number,
  values: readonly Float32Array[],
  i: number,
  j: number,
  from: number,
  to: number,
): void {
  const last = count - 1;
  const i1 = Math.min(i + 1, last);
  const j1 = Math.min(j + 1, last);
  const j2 = Math.min(j + 2, last);
  const j3 = Math.min(j + 3, last);
  const a = values[i]!;
  const b = values[i1]!;
  const c = values[j]!;
  const d = values[j1]!;
  const e = values[j2]!;
  const f = values[j3]!;
  let ac = products[i * count + j]!;
  let ad = products[i * count + j1]!;
  let ae = products[i * count + j2]!;
  let af = products[i * count + j3]!;
  let bc = products[i1 * count + j]!;
  let bd = products[i1 * count + j1]!;
  let be = products[i1 * count + j2]!;
  let bf = products[i1 * count + j3]!;
  for (let at = from; at < to; at += 1) {
    const x = a[at]!;
    const y = b[at]!;
    const u = c[at]!;
    const v = d[at]!;
    const w = e[at]!;
    const z = f[at]!;
    ac += x * u;
    ad += x * v;
    ae += x * w;
    af += x * z;
    bc += y * u;
    bd += y * v;
    be += y * w;
    bf += y * z;
  }
  products[i * count + j] = ac;
  products[i * count + j1] = ad;
  products[i * count + j2] = ae;
  products[i * count + j3] = af;
  products[i1 * count + j] = bc;
  products[i1 * count + j1] = bd;
  products[i1 * count + j2] = be;
  products[i1 * count + j3] = bf;
}
