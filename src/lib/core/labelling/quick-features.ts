// What the quick model of a labelling page sees of examples. Pictures and spectrograms are averaged over blocks: it is fitted again every few labels, and a
// coarse look tells well enough what is hard. Tables are seen as they are encoded.
import { planeOf, type DataContract } from '../data/contract.ts';

/** At most so many blocks a side. */
const SIDE = 14;

/** Of rows of this contract: [count, size] values from 0 to 1, or as encoded. Owns its buffer. */
export function quickFeatures(
  contract: DataContract,
  features: Uint8Array | Float32Array,
  count: number,
): Float32Array<ArrayBuffer> {
  if (contract.kind === 'table') return Float32Array.from(features);
  const { height, width, channels } = planeOf(contract);
  const [rows, columns] = [Math.min(SIDE, height), Math.min(SIDE, width)];
  const size = rows * columns * channels;
  const seen = new Float32Array(count * size);
  const pixels = new Float64Array(rows * columns);
  const blockOf = (at: number, side: number, blocks: number): number => Math.floor((at * blocks) / side);
  for (let y = 0; y < height; y += 1)
    for (let x = 0; x < width; x += 1)
      pixels[blockOf(y, height, rows) * columns + blockOf(x, width, columns)]! += 1;
  for (let row = 0; row < count; row += 1)
    for (let y = 0; y < height; y += 1) {
      const from = (row * height + y) * width * channels;
      const top = row * size + blockOf(y, height, rows) * columns * channels;
      for (let x = 0; x < width; x += 1) {
        const at = top + blockOf(x, width, columns) * channels;
        for (let channel = 0; channel < channels; channel += 1)
          seen[at + channel]! += features[from + x * channels + channel]!;
      }
    }
  for (let i = 0; i < seen.length; i += 1) seen[i]! /= 255 * pixels[Math.floor((i % size) / channels)]!;
  return seen;
}
