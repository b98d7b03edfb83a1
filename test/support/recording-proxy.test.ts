import { expect, test } from 'vitest';
import { holds, unmaskedPayloads } from './recording-proxy.ts';

test('the tap takes the masks off frames of every length form', () => {
  const mask = Buffer.from([1, 2, 3, 4]);
  const frame = (text: string): Buffer => {
    const payload = Buffer.from(text);
    const header =
      payload.length < 126
        ? Buffer.from([0x81, 0x80 | payload.length])
        : Buffer.from([0x81, 0x80 | 126, payload.length >> 8, payload.length & 255]);
    return Buffer.concat([header, mask, payload.map((byte, i) => byte ^ (mask[i % 4] ?? 0))]);
  };
  const long = 'y'.repeat(300);
  const joined = unmaskedPayloads(Buffer.concat([frame('first'), frame(long), frame('last')])).toString();
  expect(joined).toBe(`first\n${long}\nlast\n`);
});

test('a marker is found in UTF-8, UTF-16 and base64, and not where it is not', () => {
  const marker = 'heron-4711-marker';
  expect(holds(Buffer.from(`x${marker}x`), marker)).toBe(true);
  expect(holds(Buffer.from(`x${marker}x`, 'utf16le'), marker)).toBe(true);
  for (const before of ['', 'a', 'ab', 'abc'])
    expect(holds(Buffer.from(Buffer.from(`${before}${marker} and more`).toString('base64')), marker)).toBe(
      true,
    );
  expect(holds(Buffer.from('something else altogether'), marker)).toBe(false);
});
