// Inverted dropout by a seeded mask (Srivastava et al. 2014): the mask depends only on the seed, the step and the layer, so
// that a resumed run, and every engine, drops the same units.
import { random } from '../random.ts';

/** [length]: 0 with probability `rate`, else 1 / (1 − rate). */
export function dropoutMask(
  seed: number,
  step: number,
  layer: number,
  rate: number,
  length: number,
): Float32Array<ArrayBuffer> {
  const draw = random(seed, 'dropout', step, layer);
  const kept = 1 / (1 - rate);
  const mask = new Float32Array(length);
  for (let i = 0; i < length; i += 1) mask[i] = draw.next() < rate ? 0 : kept;
  return mask;
}
