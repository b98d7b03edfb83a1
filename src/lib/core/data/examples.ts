// Examples once read and encoded: flat typed arrays, the only form in which data reaches a Trainer or a store.
import { hashCounts } from './hash-counts.ts';

/** In place of a class index: nobody has said yet what the example is. It is kept, and neither learnt from nor judged by. */
export const UNLABELLED = -1;

/** `count` examples, row-major. Owns its buffers. */
export interface Examples {
  readonly count: number;
  /** [count, ...exampleShape]. A Uint8Array holds image bytes and stands for value / 255; a Float32Array holds features. */
  readonly features: Uint8Array | Float32Array;
  /** [count]: class indices or UNLABELLED (Int32Array), or scaled numbers (Float32Array). */
  readonly targets: Int32Array | Float32Array;
  /** [count, 2]: 64 bits over the encoded example and its target (example-hash.ts): deduplication, and splits that do not move. */
  readonly hashes: Uint32Array;
  /** Of recordings just read, [count]: 16-bit samples, for the ear alone. A store keeps them apart (sounds), and no reading of rows has them. */
  readonly sounds?: readonly Int16Array<ArrayBuffer>[];
  /** [columns of texts][count], in the contract's order: cells as they were read, '' where missing; absent where there is no such column. */
  readonly texts?: readonly (readonly string[])[];
}

/** The values of one example. */
export const exampleSize = ({ count, features }: Pick<Examples, 'count' | 'features'>): number =>
  count === 0 ? 0 : features.length / count;

/** What a Trainer needs of them. */
type Rows = Omit<Examples, 'hashes' | 'sounds' | 'texts'>;

/** The rows at `indices`, copied, in that order. */
export function selectRows(rows: Rows, indices: ArrayLike<number>): Rows {
  const size = exampleSize(rows);
  const count = indices.length;
  const features =
    rows.features instanceof Uint8Array ? new Uint8Array(count * size) : new Float32Array(count * size);
  const targets = rows.targets instanceof Int32Array ? new Int32Array(count) : new Float32Array(count);
  for (let row = 0; row < count; row += 1) {
    const from = indices[row] ?? 0;
    features.set(rows.features.subarray(from * size, (from + 1) * size), row * size);
    targets[row] = rows.targets[from] ?? 0;
  }
  return { count, features, targets };
}

/** The examples at `indices`, copied, in that order, with their sounds where they have any. */
export function selectExamples(examples: Examples, indices: ArrayLike<number>): Examples {
  const hashes = new Uint32Array(indices.length * 2);
  for (let row = 0; row < indices.length; row += 1) {
    const from = indices[row] ?? 0;
    hashes.set(examples.hashes.subarray(from * 2, from * 2 + 2), row * 2);
  }
  const { sounds, texts } = examples;
  return {
    ...selectRows(examples, indices),
    hashes,
    ...(sounds === undefined ? {} : { sounds: Array.from(indices, (from) => sounds[from]!) }),
    ...(texts === undefined ? {} : { texts: textsAt(texts, indices) }),
  };
}

const textsAt = (
  texts: NonNullable<Examples['texts']>,
  rows: ArrayLike<number>,
): NonNullable<Examples['texts']> => texts.map((cells) => Array.from(rows, (row) => cells[row] ?? ''));

/** Those that have a label; the same object where all have. */
export function labelledExamples(examples: Examples): Examples {
  const { count, targets } = examples;
  if (!(targets instanceof Int32Array) || !targets.includes(UNLABELLED)) return examples;
  return selectExamples(
    examples,
    Array.from({ length: count }, (_, row) => row).filter((row) => targets[row] !== UNLABELLED),
  );
}

/** As a store keeps them in chunks. */
export function withoutSounds({ count, features, targets, hashes, texts }: Examples): Examples {
  return { count, features, targets, hashes, ...(texts === undefined ? {} : { texts }) };
}

/** The bytes that examples take in memory and, nearly, on disk. */
export const examplesBytes = (examples: Examples): number =>
  examples.features.byteLength +
  examples.targets.byteLength +
  examples.hashes.byteLength +
  (examples.sounds ?? []).reduce((bytes, sound) => bytes + sound.byteLength, 0) +
  (examples.texts ?? []).reduce((sum, cells) => sum + lettersOf(cells), 0);

/** As bytes, nearly: most letters are one. */
const lettersOf = (cells: readonly string[]): number => cells.reduce((sum, cell) => sum + cell.length, 0);

/** All parts one after the other, copied, without sounds; undefined for no parts. All must be of one contract. */
export function joinExamples(parts: readonly Examples[]): Examples | undefined {
  const [first] = parts;
  if (first === undefined) return undefined;
  const total = (length: (part: Examples) => number): number =>
    parts.reduce((sum, part) => sum + length(part), 0);
  const features =
    first.features instanceof Uint8Array
      ? new Uint8Array(total((part) => part.features.length))
      : new Float32Array(total((part) => part.features.length));
  const count = total((part) => part.count);
  const targets = first.targets instanceof Int32Array ? new Int32Array(count) : new Float32Array(count);
  const hashes = new Uint32Array(count * 2);
  let row = 0;
  let value = 0;
  for (const part of parts) {
    features.set(part.features, value);
    targets.set(part.targets, row);
    hashes.set(part.hashes, row * 2);
    row += part.count;
    value += part.features.length;
  }
  const { texts } = first;
  return texts === undefined
    ? { count, features, targets, hashes }
    : {
        count,
        features,
        targets,
        hashes,
        texts: texts.map((_, column) => parts.flatMap((part) => part.texts?.[column] ?? [])),
      };
}

/** The rows whose hash is not among `known` ([n, 2]) nor earlier in `examples`. */
export function withoutDuplicates(examples: Examples, known: readonly Uint32Array[]): Examples {
  const seen = hashCounts(known.reduce((total, hashes) => total + hashes.length / 2, examples.count));
  for (const hashes of known) for (let i = 0; i < hashes.length; i += 2) seen.add(hashes[i]!, hashes[i + 1]!);
  const fresh: number[] = [];
  for (let row = 0; row < examples.count; row += 1)
    if (seen.add(examples.hashes[row * 2]!, examples.hashes[row * 2 + 1]!) === 0) fresh.push(row);
  return fresh.length === examples.count ? examples : selectExamples(examples, fresh);
}
