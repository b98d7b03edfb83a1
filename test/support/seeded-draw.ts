// Bytes for noise that come out the same in every run of a test.
import type { DrawBytes } from '#lib/core/privacy/random-bits.ts';
import { random } from '#lib/core/random.ts';

export function seededDraw(...labels: (string | number)[]): DrawBytes {
  const stream = random(1, ...labels);
  return (bytes) => {
    const words = new Uint32Array(Math.ceil(bytes / 4));
    stream.fill(words);
    return new Uint8Array(words.buffer, 0, bytes);
  };
}
