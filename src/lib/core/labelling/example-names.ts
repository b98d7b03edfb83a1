// What an example is called while it is labelled: 64 bits over its features alone, for its hash in the dataset covers the label and
// changes with it. Examples that are alike are told apart by their order.
import { murmur128, occurrenceWord } from '../data/example-hash.ts';
import type { Examples } from '../data/examples.ts';
import { hashCounts } from '../data/hash-counts.ts';
import { bytesOf } from '../digest.ts';

/** [count, 2]. An example keeps its name whatever its label, and wherever other rows go, while its own features stay. */
export function exampleNames({
  count,
  features,
}: Pick<Examples, 'count' | 'features'>): Uint32Array<ArrayBuffer> {
  const names = new Uint32Array(count * 2);
  const bytes = bytesOf(features);
  const size = count === 0 ? 0 : bytes.length / count;
  const seen = hashCounts(count);
  const hash = new Uint32Array(4);
  for (let row = 0; row < count; row += 1) {
    murmur128(hash, bytes, row * size, (row + 1) * size, 0);
    const occurrence = seen.add(hash[0]!, hash[1]!);
    names[row * 2] = hash[0]!;
    names[row * 2 + 1] = occurrenceWord(hash[1]!, occurrence);
  }
  return names;
}

/** Of one example by its features alone, whatever others are alike: a recording's sound is kept by it. */
export const featuresName = (features: Uint8Array | Float32Array): string =>
  exampleName(exampleNames({ count: 1, features }), 0);

/** 16 hexadecimal digits. */
export const exampleName = (names: Uint32Array, row: number): string =>
  names[row * 2]!.toString(16).padStart(8, '0') + names[row * 2 + 1]!.toString(16).padStart(8, '0');
