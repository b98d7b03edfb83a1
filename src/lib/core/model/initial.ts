// The first parameters of a network, by the seed alone: the same bytes everywhere, so that only what is exact in every engine is
// used (no logarithm, no sine).
import { random, type Random } from '../random.ts';
import type { Network, ParameterSlot } from './network.ts';

/**
 * Initial parameters [P], as Keras does by default: Glorot-uniform kernels (Glorot & Bengio 2010), zero biases, but for the forget gate
 * of an LSTM, whose bias is 1 (Jozefowicz et al. 2015); recurrent kernels of orthonormal rows (Saxe et al. 2014); embeddings uniform
 * in ±0.05; normalisation as nothing, γ and the variance 1, β and the mean 0.
 */
export function initialParameters(network: Network, seed: number): Float32Array<ArrayBuffer> {
  const parameters = new Float32Array(network.parameterCount);
  for (const slot of network.slots) {
    const values = parameters.subarray(slot.offset, slot.offset + slot.length);
    const draw = (): Random => random(seed, 'initial-parameters', slot.name);
    switch (slot.role) {
      case 'gamma':
      case 'variance':
        values.fill(1);
        break;
      case 'kernel':
        uniform(values, draw(), Math.sqrt(6 / (slot.fanIn + slot.fanOut)));
        break;
      case 'embedding':
        uniform(values, draw(), 0.05);
        break;
      case 'recurrent-kernel':
        orthonormalRows(values, slot, draw());
        break;
      case 'lstm-bias':
        values.fill(1, slot.length / 4, slot.length / 2);
        break;
      case 'bias':
      case 'beta':
      case 'mean':
        break;
      default:
        slot.role satisfies never;
    }
  }
  return parameters;
}

function uniform(values: Float32Array, draw: Random, limit: number): void {
  for (let i = 0; i < values.length; i += 1) values[i] = (2 * draw.next() - 1) * limit;
}

/** Rows drawn from a cube, each made orthogonal to those before it (modified Gram–Schmidt, in f64). */
function orthonormalRows(values: Float32Array, { shape }: ParameterSlot, draw: Random): void {
  const [rows = 0, columns = 0] = shape;
  const made: Float64Array[] = [];
  for (let row = 0; row < rows; row += 1) {
    const one = Float64Array.from({ length: columns }, () => 2 * draw.next() - 1);
    for (const other of made) {
      let dot = 0;
      for (let i = 0; i < columns; i += 1) dot += one[i]! * other[i]!;
      for (let i = 0; i < columns; i += 1) one[i]! -= dot * other[i]!;
    }
    let square = 0;
    for (let i = 0; i < columns; i += 1) square += one[i]! * one[i]!;
    const length = Math.sqrt(square);
    for (let i = 0; i < columns; i += 1) one[i]! /= length;
    made.push(one);
    values.set(one, row * columns);
  }
}
