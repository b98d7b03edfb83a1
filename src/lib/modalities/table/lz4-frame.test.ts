import { expect, test } from 'vitest';
import { unpackLz4Frame } from './lz4-frame.ts';

/** "a", then 8 from 1 back (which reach into themselves), then "b": 14 61 01 00, and 10 62. */
const block = [0x14, 0x61, 0x01, 0x00, 0x10, 0x62];
const framed = (...blocks: readonly (readonly number[])[]): Uint8Array =>
  Uint8Array.from([0x04, 0x22, 0x4d, 0x18, 0x60, 0x40, 0x82, ...blocks.flat(), 0, 0, 0, 0]);
const packed = [6, 0, 0, 0, ...block];
/** Kept as it is: the highest bit of its length. */
const kept = [2, 0, 0, 0x80, 0x63, 0x64];
const text = (frame: Uint8Array, length: number): string =>
  new TextDecoder().decode(unpackLz4Frame(frame, length));

test('literals, repetitions that reach into themselves, and blocks that are kept as they are', () => {
  expect(text(framed(packed), 10)).toBe('aaaaaaaaab');
  expect(text(framed(packed, kept), 12)).toBe('aaaaaaaaabcd');
  // Of an empty buffer there is the end alone.
  expect(text(framed(), 0)).toBe('');
});

test('a frame that is cut off anywhere, longer or shorter than it says, or points before its start, is refused', () => {
  const whole = framed(packed, kept);
  for (let end = 0; end < whole.length; end += 1)
    expect(() => unpackLz4Frame(whole.subarray(0, end), 12), String(end)).toThrow('stated length');
  for (const length of [0, 9, 11, 13]) expect(() => unpackLz4Frame(whole, length)).toThrow('stated length');
  for (const back of [0, 2]) {
    const wrong = framed([6, 0, 0, 0, 0x14, 0x61, back, 0, 0x10, 0x62]);
    expect(() => unpackLz4Frame(wrong, 10)).toThrow('stated length');
  }
});
