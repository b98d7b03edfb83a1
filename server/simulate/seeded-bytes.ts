// Bytes of a seed, for the noise of simulations, which replay. Noise that protects somebody never comes from a seed.
import type { DrawBytes } from '#lib/core/privacy/random-bits.ts';
import { random } from '#lib/core/random.ts';

export function seededBytes(seed: number, ...labels: (string | number)[]): DrawBytes {
  const stream = random(seed, ...labels);
  return (bytes) => {
    const words = new Uint32Array(Math.ceil(bytes / 4));
    stream.fill(words);
    return new Uint8Array(words.buffer, 0, bytes);
  };
}
