import { expect, test } from 'vitest';
import { unpackZstd } from './zstd-frame.ts';

/** Twenty times "60,yes\n61,no\n62,yes\n" by zstd 1.5: with its length and a checksum, and with neither. */
const LENGTH = 400;
const bytesOf = (text: string): Uint8Array => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
const frames = [
  'KLUv/WSQAM0AAHg2MCx5ZXMKNjEsbm8KNjICAHg3FQDYrAPh7Jn7',
  'KLUv/QBYzQAAeDYwLHllcwo2MSxubwo2MgIAeDcVANisAw==',
].map(bytesOf);

test('a Zstandard frame unpacks, and is refused where it is cut off anywhere or longer than itself', () => {
  for (const frame of frames) {
    expect(new TextDecoder().decode(unpackZstd(frame, LENGTH))).toBe('60,yes\n61,no\n62,yes\n'.repeat(20));
    for (let end = 0; end < frame.length; end += 1)
      expect(() => unpackZstd(frame.subarray(0, end), LENGTH), String(end)).toThrow('cut off');
    expect(() => unpackZstd(Uint8Array.of(...frame, 0), LENGTH)).toThrow('cut off');
  }
});

test('a frame that states another length than is wanted is refused', () => {
  expect(() => unpackZstd(frames[0]!, LENGTH + 1)).toThrow('stated length');
});
