import { describe, expect, test } from 'vitest';
import { TrainerFailure } from '../ports/trainer.ts';
import { asTrainerFailure } from './engine-failures.ts';

describe('what an engine throws becomes what the app can answer', () => {
  test.each([
    ['a WebGPU allocation', new Error('Out of memory: buffer of 2147483648 bytes'), 'out-of-memory'],
    [
      'a WASM heap at its end',
      new RangeError('WebAssembly.Memory.grow(): Maximum memory size exceeded, out of memory'),
      'out-of-memory',
    ],
    ['a host array', new RangeError('Array buffer allocation failed'), 'out-of-memory'],
    ['a typed array', new RangeError('Invalid typed array length: 4294967296'), 'out-of-memory'],
    [
      'a WebGL texture',
      new Error('Requested texture size [20000x20000] greater than WebGL maximum'),
      'out-of-memory',
    ],
    [
      'a lost GPU device',
      new DOMException('A valid external Instance reference no longer exists.', 'AbortError'),
      'device-lost',
    ],
    [
      'a lost WebGL context',
      new Error('WebGL: CONTEXT_LOST_WEBGL: loseContext: context lost'),
      'device-lost',
    ],
    ['a kernel that is not there', new Error('complex64 is not yet supported'), 'unsupported'],
  ])('%s', (_, error, kind) => {
    const failure = asTrainerFailure(error);
    expect(failure?.kind).toBe(kind);
    expect(failure?.cause).toBe(error);
    expect(failure?.message).toContain(error.message);
  });

  test('a failure stays what it is', () => {
    const failure = new TrainerFailure('unsupported', 'no such layer');
    expect(asTrainerFailure(failure)).toBe(failure);
  });

  test('a bug, and a run that was called off, are left alone', () => {
    expect(asTrainerFailure(new TypeError('x is undefined'))).toBeUndefined();
    expect(asTrainerFailure(new DOMException('This operation was aborted', 'AbortError'))).toBeUndefined();
  });
});
