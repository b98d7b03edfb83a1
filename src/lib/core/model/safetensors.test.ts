import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { buildNetwork, initialParameters } from './network.ts';
import { parametersFrom, readSafetensors, writeSafetensors } from './safetensors.ts';

const built = buildNetwork({
  inputShape: [3],
  layers: [
    { type: 'dense', units: 2, activation: 'relu', useBias: true },
    { type: 'dense', units: 2, activation: 'softmax', useBias: false },
  ],
  loss: 'categorical-crossentropy',
});
if (!built.ok) throw new Error(built.error.message);
const network = built.value;
const parameters = initialParameters(network, 1);

/** A file of this header (padded) and this many bytes of tensors. */
function fileOf(header: unknown, dataBytes: number): Uint8Array {
  const json = new TextEncoder().encode(JSON.stringify(header));
  const file = new Uint8Array(8 + json.length + dataBytes);
  new DataView(file.buffer).setBigUint64(0, BigInt(json.length), true);
  file.set(json, 8);
  return file;
}
const entry = (shape: number[], from: number, to: number, dtype = 'F32') => ({
  dtype,
  shape,
  data_offsets: [from, to],
});

describe('safetensors', () => {
  test('what is written reads back bit for bit, with its metadata', () => {
    const file = writeSafetensors(network, parameters, { federation: 'digits', version: '12' });
    const read = readSafetensors(file);
    if (!read.ok) throw new Error(read.error.message);
    expect(read.value.metadata).toEqual({ federation: 'digits', version: '12' });
    expect(read.value.tensors.map((tensor) => [tensor.name, tensor.shape])).toEqual([
      ['dense_1/kernel', [3, 2]],
      ['dense_1/bias', [2]],
      ['dense_2/kernel', [2, 2]],
    ]);
    const flat = parametersFrom(network, read.value.tensors);
    expect(flat.ok && flat.value).toEqual(parameters);
  });

  test('tensors start at a multiple of eight bytes', () => {
    for (const note of ['', 'a', 'ab', 'abc', 'abcd', 'abcde', 'abcdef', 'abcdefg']) {
      const file = writeSafetensors(network, parameters, { note });
      expect(Number(new DataView(file.buffer).getBigUint64(0, true)) % 8).toBe(0);
    }
  });

  test('it reads from a view into a larger buffer', () => {
    const file = writeSafetensors(network, parameters);
    const shifted = new Uint8Array(file.length + 3);
    shifted.set(file, 3);
    expect(readSafetensors(shifted.subarray(3)).ok).toBe(true);
  });

  test.each([
    ['nothing', new Uint8Array(0), 'truncated'],
    [
      'a header length beyond the file',
      Uint8Array.of(255, 255, 255, 255, 255, 255, 255, 255, 0),
      'truncated',
    ],
    ['a header that is a list', fileOf([], 0), 'header'],
    ['metadata that is no text', fileOf({ __metadata__: { a: 1 } }, 0), 'header'],
    ['a tensor without a shape', fileOf({ a: { dtype: 'F32', data_offsets: [0, 0] } }, 0), 'header'],
    ['another dtype', fileOf({ a: entry([1], 0, 2, 'F16') }, 2), 'dtype'],
    ['a hole before the first tensor', fileOf({ a: entry([1], 4, 8) }, 8), 'layout'],
    ['an overlap', fileOf({ a: entry([2], 0, 8), b: entry([1], 4, 8) }, 8), 'layout'],
    ['offsets that do not fit the shape', fileOf({ a: entry([2], 0, 4) }, 4), 'layout'],
    [
      'a shape whose product overflows',
      fileOf({ a: entry([9007199254740991, 9007199254740991], 0, 4) }, 4),
      'layout',
    ],
    ['a tensor beyond the end', fileOf({ a: entry([2], 0, 8) }, 4), 'layout'],
    ['bytes of no tensor', fileOf({ a: entry([1], 0, 4) }, 8), 'layout'],
  ])('%s is refused', (_, file, kind) => {
    const read = readSafetensors(file);
    expect(!read.ok && read.error.kind).toBe(kind);
  });

  test('tensors of another network are refused by name and shape', () => {
    const read = readSafetensors(fileOf({ 'dense_1/kernel': entry([2, 3], 0, 24) }, 24));
    if (!read.ok) throw new Error(read.error.message);
    const flat = parametersFrom(network, read.value.tensors);
    expect(!flat.ok && flat.error.message).toBe('Expected dense_1/kernel of shape [3, 2], got [2, 3].');
  });

  test('any bytes get an answer, never an exception', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => void readSafetensors(bytes)),
      { numRuns: 500, seed: 1 },
    );
    const header = fc.dictionary(
      fc.string(),
      fc.oneof(
        fc.jsonValue(),
        fc.record({
          dtype: fc.constant('F32'),
          shape: fc.array(fc.integer()),
          data_offsets: fc.tuple(fc.integer(), fc.integer()),
        }),
      ),
    );
    fc.assert(
      fc.property(header, fc.nat(64), (given, bytes) => void readSafetensors(fileOf(given, bytes))),
      { numRuns: 500, seed: 2 },
    );
  });

  test('any flipped bit of the header or its length is refused or changes only names and metadata', () => {
    const file = writeSafetensors(network, parameters, { a: 'b' });
    const headerEnd = file.length - 4 * parameters.length;
    let refused = 0;
    for (let at = 0; at < headerEnd; at += 1) {
      const damaged = file.slice();
      damaged[at]! ^= 1 << (at % 8);
      const read = readSafetensors(damaged);
      if (!read.ok) refused += 1;
      else
        expect(read.value.tensors.reduce((total, tensor) => total + tensor.values.length, 0)).toBe(
          network.parameterCount,
        );
    }
    expect(refused).toBeGreaterThan(headerEnd / 3);
  });
});
